//! Responses that their callers come back to: kept by the provider, or by the gateway where the provider keeps nothing.

use postern_testkit::{FakeUpstream, Reply};
use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(world: &World, body: &Value) -> Answer {
    receive(world.gateway.post("/v1/responses", &world.key, body)).await
}

async fn call(world: &World, key: &str, method: Method, path: &str) -> Answer {
    let url = format!("{}{path}", world.gateway.url());
    receive(world.gateway.client().request(method, url).bearer_auth(key)).await
}

/// The response of an answer, streamed or not.
fn whole(answer: &Answer, stream: bool) -> Value {
    if stream { answer.events().last().unwrap().json()["response"].clone() } else { answer.json() }
}

#[tokio::test]
async fn a_conversation_goes_on_with_a_provider_that_remembers_nothing() {
    let world = World::start().await;
    for (model, stream) in [("an/claude-x", false), ("an/claude-x", true), ("demo", false)] {
        let mut body = json!({"model": model, "input": "My name is Ada.", "stream": stream, "instructions": "Be brief.",
            "metadata": {"topic": "names"}});
        let answer = ask(&world, &body).await.expect(200);
        assert!(!answer.header("x-postern-dropped").contains("store"));
        let first = whole(&answer, stream);
        assert_eq!(
            (&first["instructions"], &first["metadata"]["topic"]),
            (&json!("Be brief."), &json!("names"))
        );
        body = json!({"model": model, "input": [{"role": "user", "content": "Who am I?"}], "stream": stream,
            "previous_response_id": first["id"]});
        let second = whole(&ask(&world, &body).await.expect(200), stream);
        assert_eq!(second["previous_response_id"], first["id"]);
        body = json!({"model": model, "input": "And now?", "stream": stream, "previous_response_id": second["id"]});
        ask(&world, &body).await.expect(200);
        if model == "demo" {
            continue;
        }
        let sent = world.anthropic.last_request().json();
        let said: Vec<(String, String)> = sent["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| (message["role"].as_str().unwrap().to_owned(), message["content"].to_string()))
            .collect();
        let roles: Vec<&str> = said.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"], "{sent}");
        assert!(said[0].1.contains("My name is Ada.") && said[2].1.contains("Who am I?"), "{sent}");
        // Instructions are of one turn.
        assert_eq!(sent["system"], Value::Null, "{sent}");
    }
}

#[tokio::test]
async fn calls_of_tools_are_part_of_what_is_kept() {
    let world = World::start().await;
    world.anthropic.next(Reply::default().tool("look", json!({"at": "it"})));
    let tools = json!([{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": false}]);
    let first = ask(&world, &json!({"model": "an/claude-x", "input": "Look.", "tools": tools}))
        .await
        .expect(200)
        .json();
    let call = first["output"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["type"] == "function_call")
        .unwrap()
        .clone();
    let result = json!([{"type": "function_call_output", "call_id": call["call_id"], "output": "seen"}]);
    let body =
        json!({"model": "an/claude-x", "input": result, "tools": tools, "previous_response_id": first["id"]});
    ask(&world, &body).await.expect(200);
    let sent = world.anthropic.last_request().json();
    let blocks = sent["messages"].to_string();
    assert!(
        blocks.contains("tool_use") && blocks.contains("tool_result") && blocks.contains("seen"),
        "{blocks}"
    );
}

#[tokio::test]
async fn what_is_kept_is_its_owners_to_read_list_and_delete() {
    let world = World::start().await;
    let input = json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "user", "content": "c"}]);
    let made = ask(&world, &json!({"model": "an/claude-x", "input": input})).await.expect(200).json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(call(&world, &world.key, Method::GET, &path).await.expect(200).json(), made);
    let list = call(&world, &world.key, Method::GET, &format!("{path}/input_items?order=asc&limit=2"))
        .await
        .expect(200)
        .json();
    assert_eq!((list["data"].as_array().unwrap().len(), &list["has_more"]), (2, &json!(true)), "{list}");
    assert_eq!(list["data"][0]["content"], "a");
    let after = list["last_id"].as_str().unwrap();
    let rest = call(&world, &world.key, Method::GET, &format!("{path}/input_items?order=asc&after={after}"))
        .await
        .expect(200)
        .json();
    assert_eq!((&rest["data"][0]["content"], &rest["has_more"]), (&json!("c"), &json!(false)));
    call(&world, &world.key, Method::GET, &format!("{path}/input_items?limit=0")).await.expect(400);
    call(&world, &world.key, Method::POST, &format!("{path}/cancel")).await.expect(400);

    let other = world.gateway.new_key(json!({})).await;
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::GET, format!("{path}/input_items")),
    ] {
        let refused = call(&world, &other, method, &path).await.expect(404);
        assert_eq!(refused.json()["error"]["code"], "response_not_found", "{}", refused.text());
    }
    let stolen = json!({"model": "an/claude-x", "input": "x", "previous_response_id": made["id"]});
    let refused = receive(world.gateway.post("/v1/responses", &other, &stolen)).await.expect(400);
    assert_eq!(refused.json()["error"]["code"], "previous_response_not_found", "{}", refused.text());

    let gone = call(&world, &world.key, Method::DELETE, &path).await.expect(200).json();
    assert_eq!(gone, json!({"id": made["id"], "object": "response", "deleted": true}));
    call(&world, &world.key, Method::GET, &path).await.expect(404);
    ask(&world, &stolen).await.expect(400);
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let world = World::start().await;
    let made =
        ask(&world, &json!({"model": "an/claude-x", "input": "x", "store": false})).await.expect(200).json();
    assert_eq!(made["store"], false);
    call(&world, &world.key, Method::GET, &format!("/v1/responses/{}", made["id"].as_str().unwrap()))
        .await
        .expect(404);
    let world = World::with("general_settings: {keep_responses: false}", |builder| builder).await;
    let made = ask(&world, &json!({"model": "an/claude-x", "input": "x"})).await.expect(200).json();
    call(&world, &world.key, Method::GET, &format!("/v1/responses/{}", made["id"].as_str().unwrap()))
        .await
        .expect(404);
}

#[tokio::test]
async fn what_the_provider_keeps_is_asked_of_it() {
    let world = World::start().await;
    for stream in [false, true] {
        let body = json!({"model": "oa/gpt-4o-mini", "input": "Hi", "stream": stream});
        let made = whole(&ask(&world, &body).await.expect(200), stream);
        let id = made["id"].as_str().unwrap();
        let body = json!({"model": "oa/gpt-4o-mini", "input": "More", "previous_response_id": id});
        ask(&world, &body).await.expect(200);
        assert_eq!(
            world.openai.last_request().json(),
            json!({"model": "gpt-4o-mini", "input": "More", "previous_response_id": id})
        );
        let path = format!("/v1/responses/{id}");
        call(&world, &world.key, Method::GET, &format!("{path}?include=x")).await.expect(200);
        let seen = world.openai.last_request();
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", format!("{path}?include=x").as_str()));
        assert!(seen.header("authorization").starts_with("Bearer sk-provider"));
        call(&world, &world.key, Method::GET, &format!("{path}/input_items")).await.expect(200);
        call(&world, &world.key, Method::POST, &format!("{path}/cancel")).await.expect(200);
        // Another provider does not have it.
        let body = json!({"model": "an/claude-x", "input": "More", "previous_response_id": id});
        let refused = ask(&world, &body).await.expect(400);
        assert_eq!(refused.json()["error"]["param"], "previous_response_id", "{}", refused.text());
        call(&world, &world.key, Method::DELETE, &path).await.expect(200);
        assert_eq!(world.openai.last_request().method, Method::DELETE);
        call(&world, &world.key, Method::GET, &path).await.expect(404);
    }
}

#[tokio::test]
async fn a_long_conversation_is_compacted_by_the_provider_or_summed_up() {
    let world = World::start().await;
    let conversation = json!([{"role": "user", "content": "Rename the crate."}, {"role": "assistant", "content": "Done: it is called wire."}]);
    let body = json!({"model": "oa/gpt-4o-mini", "input": conversation});
    let answer = receive(world.gateway.post("/v1/responses/compact", &world.key, &body)).await.expect(200);
    assert_eq!(answer.json()["object"], "response.compaction");
    assert_eq!(world.openai.last_request().path, "/v1/responses/compact");
    assert_eq!(world.row(answer.request_id()).await["output_tokens"], 21);

    world.anthropic.next(Reply::text("The crate was renamed to wire."));
    let mut body = json!({"model": "an/claude-x", "input": conversation});
    body["tools"] = json!([{"type": "function", "name": "t", "parameters": {}}]);
    body["stream"] = json!(true);
    let answer = receive(world.gateway.post("/v1/responses/compact", &world.key, &body)).await.expect(200);
    let compacted = answer.json();
    assert_eq!(compacted["object"], "response.compaction", "{compacted}");
    let output = compacted["output"].as_array().unwrap();
    assert_eq!((output.len(), &output[0]["content"]), (2, &json!("Rename the crate.")), "{compacted}");
    assert_eq!(world.anthropic.last_request().json()["tools"], Value::Null);
    assert!(compacted["usage"]["total_tokens"].as_u64().unwrap() > 0);

    let mut input = output.clone();
    input.push(json!({"role": "user", "content": "And now?"}));
    for model in ["an/claude-x", "oa/gpt-4o-mini"] {
        ask(&world, &json!({"model": model, "input": input})).await.expect(200);
        let upstream = if model.starts_with("an") { &world.anthropic } else { &world.openai };
        let sent = upstream.last_request().json().to_string();
        assert!(sent.contains("The crate was renamed to wire.") && !sent.contains("compaction"), "{sent}");
    }
}

#[tokio::test]
async fn a_server_without_compaction_sums_up_and_is_none_the_worse_for_it() {
    let world = World::start().await;
    // It imitates chat completions, and knows neither responses nor their compaction.
    let url = format!("{}/v1", world.ollama.url());
    let parameters =
        json!({"model": "openai/local", "api_base": url, "api_key": "sk-local", "cooldown_time": 600});
    for _ in 0..2 {
        let made = json!({"model_name": "local", "litellm_params": parameters});
        world.gateway.new_model(made).await;
    }
    let body = json!({"model": "local", "input": [{"role": "user", "content": "Rename the crate."}]});
    for calls in 1..=4 {
        world.ollama.next(Reply::text("The crate was renamed to wire."));
        let answer =
            receive(world.gateway.post("/v1/responses/compact", &world.key, &body)).await.expect(200);
        let compacted = answer.json();
        assert_eq!(compacted["object"], "response.compaction", "{compacted}");
        assert_eq!(world.ollama.calls(), calls);
        let asked = world.ollama.last_request().json()["messages"].to_string();
        assert!(asked.contains("Sum up this conversation"), "{asked}");
    } // The same where it is only fallen back on.
    let failing = FakeUpstream::openai().await;
    failing.pause_listening().await;
    world.gateway.deploy("failing", "openai/x", &failing).await;
    let body = json!({"model": "failing", "input": body["input"], "fallbacks": ["an/claude-x"]});
    let answer = receive(world.gateway.post("/v1/responses/compact", &world.key, &body)).await.expect(200);
    assert_eq!(answer.json()["object"], "response.compaction", "{}", answer.text());
    assert!(world.anthropic.last_request().json().to_string().contains("Sum up this conversation"));
}
