//! Google's format: native to its own provider, translated to and from others.

use postern_testkit::{Dialect, Fault, Reply};
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(world: &World, path: &str, body: &Value) -> Answer {
    let request = world.gateway.client().post(format!("{}{path}", world.gateway.url()));
    receive(request.header("x-goog-api-key", &world.key).json(body)).await
}

fn hello() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]})
}

/// The text of an answer, or of all chunks.
fn text(chunks: &[Value]) -> String {
    chunks
        .iter()
        .flat_map(|chunk| chunk["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default())
        .filter_map(|part| part["text"].as_str().map(str::to_owned))
        .collect()
}

const TARGETS: [&str; 4] = ["go/gemini-2.5-pro", "oa/gpt-4o-mini", "an/claude-x", "demo"];

#[tokio::test]
async fn every_provider_answers_in_googles_words() {
    let world = World::start().await;
    for model in TARGETS {
        for version in ["v1beta", "v1"] {
            let path = format!("/{version}/models/{model}:generateContent");
            let answer = ask(&world, &path, &hello()).await.expect(200);
            let whole = answer.json();
            assert!(!text(std::slice::from_ref(&whole)).is_empty(), "{model}: {whole}");
            assert_eq!(whole["candidates"][0]["finishReason"], "STOP", "{whole}");
            assert!(whole["usageMetadata"]["totalTokenCount"].as_u64().unwrap() > 0, "{whole}");
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["format_in"], &row["outcome"]), (&json!("gemini"), &json!("ok")), "{row}");

            let path = format!("/{version}/models/{model}:streamGenerateContent");
            let events = ask(&world, &format!("{path}?alt=sse"), &hello()).await.expect(200);
            assert!(events.header("content-type").starts_with("text/event-stream"));
            let chunks: Vec<Value> = events.events().iter().map(postern_tests::Event::json).collect();
            assert_eq!(text(&chunks), text(std::slice::from_ref(&whole)), "{model}");
            assert_eq!(chunks.last().unwrap()["candidates"][0]["finishReason"], "STOP");
            let array = ask(&world, &path, &hello()).await.expect(200);
            assert!(array.header("content-type").starts_with("application/json"));
            let chunks = array.json().as_array().unwrap().clone();
            assert_eq!(text(&chunks), text(std::slice::from_ref(&whole)), "{model}");
        }
    }
    let seen = world.gemini.requests();
    assert!(seen.iter().any(|seen| seen.path == "/v1beta/models/gemini-2.5-pro:generateContent"));
    assert!(
        seen.iter()
            .all(|seen| !seen.path.contains("streamGenerateContent") || seen.path.ends_with("?alt=sse"))
    );
}

#[tokio::test]
async fn googles_models_answer_everybody() {
    let world = World::start().await;
    world.gemini.always(Reply::default().reasoning("A greeting is due."));
    for caller in Caller::BOTH {
        for stream in [false, true] {
            let answer = world.ask(caller, "go/gemini-2.5-pro", stream).await;
            // Google's own interface for OpenAI's clients is tried first, which this fake does not have.
            let answer = answer.expect(200);
            let said = if stream { caller.streamed_text(&answer) } else { caller.text_of(&answer.json()) };
            assert!(said.contains("quick brown fox"), "{said}");
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["format_out"], &row["output_tokens"]), (&json!("gemini"), &json!(21)), "{row}");
            assert!(row["cost_nanos"].as_i64().unwrap() > 0, "{row}");
        }
    }
}

#[tokio::test]
async fn errors_and_cuts_are_told_in_googles_words() {
    let world = World::start().await;
    for (path, body, status, word) in [
        ("/v1beta/models/nowhere:generateContent", hello(), 404, "NOT_FOUND"),
        ("/v1beta/models/demo:generateContent", json!({}), 400, "INVALID_ARGUMENT"),
        ("/v1beta/models/demo:explain", hello(), 404, "NOT_FOUND"),
        ("/v1beta/models/oa/fake-429:generateContent", hello(), 429, "RESOURCE_EXHAUSTED"),
    ] {
        let answer = ask(&world, path, &body).await;
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, &error["status"], &error["code"]),
            (status, &json!(word), &json!(status)),
            "{path}"
        );
    }
    let url = format!("{}/v1beta/models/demo:generateContent", world.gateway.url());
    let answer = receive(world.gateway.client().post(url).json(&hello())).await.expect(401);
    assert_eq!(answer.json()["error"]["status"], "UNAUTHENTICATED");
    for (dialect, model) in [(Dialect::OpenAi, "oa/x"), (Dialect::Gemini, "go/x")] {
        for (end, is_array) in [("?alt=sse", false), ("", true)] {
            world.upstream(dialect).next(Fault::CloseBetweenEvents);
            let path = format!("/v1beta/models/{model}:streamGenerateContent{end}");
            let answer = ask(&world, &path, &hello()).await.expect(200);
            let chunks: Vec<Value> = if is_array {
                answer.json().as_array().unwrap().clone()
            } else {
                answer.events().iter().map(postern_tests::Event::json).collect()
            };
            assert!(chunks.last().unwrap()["error"]["message"].is_string(), "{model}{end}: {chunks:?}");
            assert!(chunks.iter().all(|chunk| chunk["candidates"][0]["finishReason"].is_null()));
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn models_are_listed_and_tokens_counted_in_its_shape() {
    let world = World::start().await;
    let get = async |path: &str| {
        let request = world.gateway.client().request(Method::GET, format!("{}{path}", world.gateway.url()));
        receive(request.header("x-goog-api-key", &world.key)).await
    };
    // Its newer clients ask under the path that everybody uses; their key's header tells them apart.
    for version in ["v1beta", "v1"] {
        let list = get(&format!("/{version}/models")).await.expect(200).json();
        let names: Vec<&str> =
            list["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"models/demo") && names.contains(&"models/go/gemini-2.5-pro"), "{names:?}");
        let one = get(&format!("/{version}/models/demo")).await.expect(200).json();
        assert_eq!(one["name"], "models/demo");
        let missing = get(&format!("/{version}/models/nowhere")).await.expect(404).json();
        assert_eq!(missing["error"]["status"], "NOT_FOUND");
    }
    let counted = ask(&world, "/v1beta/models/demo:countTokens", &hello()).await.expect(200);
    assert!(counted.json()["totalTokens"].as_u64().unwrap() > 0);
}
