//! `POST /v1/responses`: native where the provider speaks it, translated elsewhere.

use postern_testkit::{Dialect, Fault, Reply};
use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

fn body(model: &str, stream: bool) -> Value {
    json!({"model": model, "input": "Hi", "stream": stream})
}

async fn ask(world: &World, body: &Value) -> Answer {
    receive(world.gateway.post("/v1/responses", &world.key, body)).await
}

/// The types of a stream's events, repeated ones once.
fn kinds(answer: &Answer) -> Vec<String> {
    let mut kinds: Vec<String> = answer
        .events()
        .iter()
        .map(|event| {
            let data = event.json();
            assert_eq!(event.name.as_deref(), data["type"].as_str(), "{data}");
            data["type"].as_str().unwrap().to_owned()
        })
        .collect();
    kinds.dedup();
    kinds
}

fn last(answer: &Answer) -> Value {
    answer.events().last().unwrap().json()
}

#[tokio::test]
async fn openai_is_asked_in_its_own_words() {
    let world = World::start().await;
    for stream in [false, true] {
        let answer = ask(&world, &body("oa/gpt-4o-mini", stream)).await.expect(200);
        let seen = world.openai.last_request();
        assert_eq!((seen.path.as_str(), &seen.json()["model"]), ("/v1/responses", &json!("gpt-4o-mini")));
        let whole = if stream { last(&answer)["response"].clone() } else { answer.json() };
        assert_eq!(whole["status"], "completed");
        let row = world.row(answer.request_id()).await;
        assert_eq!(
            (&row["format_in"], &row["format_out"]),
            (&json!("openai_responses"), &json!("openai_responses"))
        );
        assert_eq!((&row["input_tokens"], &row["output_tokens"]), (&json!(20), &json!(21)), "{row}");
        assert!(row["cost_nanos"].as_i64().unwrap() > 0, "{row}");
    }
}

#[tokio::test]
async fn other_providers_answer_in_the_same_words() {
    let world = World::start().await;
    for (dialect, model) in [(Dialect::Anthropic, "claude-x"), (Dialect::OpenAi, "demo")] {
        let model = if model == "demo" { model.to_owned() } else { World::model(dialect, model) };
        let whole = ask(&world, &body(&model, false)).await.expect(200).json();
        assert_eq!(
            (&whole["object"], &whole["status"]),
            (&json!("response"), &json!("completed")),
            "{whole}"
        );
        let text = whole["output"][0]["content"][0]["text"].as_str().unwrap();
        assert!(!text.is_empty());
        assert!(whole["usage"]["total_tokens"].as_u64().unwrap() > 0, "{whole}");

        let streamed = ask(&world, &body(&model, true)).await.expect(200);
        assert_eq!(
            kinds(&streamed),
            [
                "response.created",
                "response.in_progress",
                "response.output_item.added",
                "response.content_part.added",
                "response.output_text.delta",
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.completed",
            ]
        );
        let end = last(&streamed)["response"].clone();
        assert_eq!(end["output"][0]["content"][0]["text"], text, "{end}");
        let numbers: Vec<u64> =
            streamed.events().iter().map(|event| event.json()["sequence_number"].as_u64().unwrap()).collect();
        assert!(numbers.iter().enumerate().all(|(index, number)| index as u64 == *number), "{numbers:?}");
    }
}

#[tokio::test]
async fn a_tool_that_takes_text_survives_a_provider_that_has_none() {
    let world = World::start().await;
    world.anthropic.always(Reply::default().tool("apply_patch", json!({"input": "*** Begin Patch"})));
    let mut body = body("an/claude-x", false);
    body["tools"] = json!([
        {"type": "custom", "name": "apply_patch", "description": "Edits files", "format": {"type": "text"}},
        {"type": "function", "name": "shell", "parameters": {"type": "object", "properties": {}}, "strict": false},
        {"type": "web_search"},
    ]);
    body["store"] = json!(false);
    body["include"] = json!(["reasoning.encrypted_content"]);
    for stream in [false, true] {
        body["stream"] = json!(stream);
        let answer = ask(&world, &body).await.expect(200);
        let whole = if stream { last(&answer)["response"].clone() } else { answer.json() };
        let call = whole["output"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&call["type"], &call["name"], &call["input"]),
            (&json!("custom_tool_call"), &json!("apply_patch"), &json!("*** Begin Patch")),
            "{whole}"
        );
        let sent = world.anthropic.last_request().json();
        assert_eq!(sent["tools"].as_array().unwrap().len(), 2, "{sent}");
        let row = world.row(answer.request_id()).await;
        assert!(row["dropped"].to_string().contains("tools[2]"), "{row}");
    }
    // And back again, with its result.
    body["stream"] = json!(false);
    body["input"] = json!([
        {"role": "user", "content": "Change it."},
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin Patch"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "Done."},
    ]);
    ask(&world, &body).await.expect(200);
    let sent = world.anthropic.last_request().json();
    assert_eq!(sent["messages"][1]["content"][0]["input"], json!({"input": "*** Begin Patch"}), "{sent}");
    assert_eq!(sent["messages"][2]["content"][0]["tool_use_id"], "c1");
}

#[tokio::test]
async fn errors_and_cuts_look_like_its_own() {
    let world = World::start().await;
    let answer = ask(&world, &json!({"model": "demo"})).await.expect(400);
    assert_eq!(answer.json()["error"]["param"], "input", "{}", answer.text());
    let answer =
        ask(&world, &json!({"model": "an/claude-x", "input": "x", "previous_response_id": "resp_1"})).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("previous_response_id")));
    assert_eq!(world.anthropic.calls(), 0);
    let answer = ask(&world, &body("an/fake-429", false)).await.expect(429);
    assert_eq!(answer.header("retry-after"), "1");
    for fault in [Fault::CloseBetweenEvents, Fault::CloseMidEvent, Fault::ErrorMidStream] {
        for model in ["oa/x", "an/x"] {
            world
                .upstream(if model == "oa/x" { Dialect::OpenAi } else { Dialect::Anthropic })
                .next(fault.clone());
            let answer = ask(&world, &body(model, true)).await;
            if answer.status == 200 {
                assert!(!answer.text().contains("response.completed"), "{model} {fault:?}");
                let end = last(&answer);
                assert!(
                    ["error", "response.failed"].contains(&end["type"].as_str().unwrap()),
                    "{model}: {end}"
                );
            }
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_websocket_is_declined_so_that_clients_go_over_to_http() {
    let world = World::start().await;
    for path in ["/v1/responses", "/responses"] {
        let request = world.gateway.client().request(Method::GET, format!("{}{path}", world.gateway.url()));
        let request = request.header("connection", "Upgrade").header("upgrade", "websocket");
        let answer = receive(request.header("sec-websocket-version", "13").bearer_auth(&world.key)).await;
        assert_eq!(answer.status, 426, "{}", answer.text());
    }
}
