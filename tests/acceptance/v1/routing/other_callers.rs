//! Failover for callers of the other formats: as unnoticed before the first token, as plain after it.

use postern_testkit::{FakeUpstream, Fault, REPLY_TEXT};
use postern_tests::{Answer, World};
use serde_json::{Value, json};

use super::{deploy, post};

struct Way {
    path: &'static str,
    body: fn() -> Value,
}

const WAYS: [Way; 5] = [
    Way { path: "/v1/responses", body: || json!({"model": "pair", "input": "Hi", "stream": true}) },
    Way { path: "/v1/completions", body: || json!({"model": "pair", "prompt": "Hi", "stream": true}) },
    Way {
        path: "/v1beta/models/pair:streamGenerateContent?alt=sse",
        body: || json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
    },
    Way {
        path: "/api/chat",
        body: || json!({"model": "pair", "messages": [{"role": "user", "content": "Hi"}]}),
    },
    Way {
        path: "/v2/chat",
        body: || json!({"model": "pair", "messages": [{"role": "user", "content": "Hi"}], "stream": true}),
    },
];

impl Way {
    /// What came, an object each.
    fn parts(&self, answer: &Answer) -> Vec<Value> {
        if self.path == "/api/chat" {
            return answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        }
        let events = answer.events().into_iter().filter(|event| event.data != "[DONE]");
        events.map(|event| event.json()).collect()
    }

    fn text(&self, answer: &Answer) -> String {
        let said = |part: &Value| {
            let text = match self.path {
                "/v1/responses" if part["type"] != "response.output_text.delta" => return None,
                "/v1/responses" => part["delta"].as_str(),
                "/v1/completions" => part["choices"][0]["text"].as_str(),
                "/api/chat" => part["message"]["content"].as_str(),
                "/v2/chat" => part["delta"]["message"]["content"]["text"].as_str(),
                _ => part["candidates"][0]["content"]["parts"][0]["text"].as_str(),
            };
            text.map(str::to_owned)
        };
        self.parts(answer).iter().filter_map(said).collect()
    }

    /// Whether the last that came is an error as the format tells one in a stream.
    fn ends_in_error(&self, answer: &Answer) -> bool {
        let Some(last) = self.parts(answer).pop() else { return false };
        match self.path {
            "/v1/responses" => {
                last["type"] == "error" && last["message"].is_string()
                    || last["type"] == "response.failed" && last["response"]["error"]["message"].is_string()
            }
            "/api/chat" => last["error"].is_string(),
            "/v2/chat" => last["type"] == "message-end" && last["delta"]["finish_reason"] == "ERROR",
            _ => last["error"]["message"].is_string(),
        }
    }
}

#[tokio::test]
async fn callers_of_every_format_are_served_by_whoever_is_well() {
    let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
    for first_is_openai in [true, false] {
        for way in &WAYS {
            let (openai, anthropic) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
            let (failing, well) = if first_is_openai { (&openai, &anthropic) } else { (&anthropic, &openai) };
            let mut made = Vec::new();
            for (order, upstream) in [failing, well].into_iter().enumerate() {
                made.push(
                    deploy(&world, "pair", upstream, &json!({"order": order, "cooldown_time": 0})).await,
                );
            }
            for fault in [Fault::status(500), Fault::ErrorFirstEvent, Fault::CloseBeforeHeaders, Fault::Empty]
            {
                failing.always(fault.clone());
                let calls = well.calls();
                let answer = post(&world, way.path, &(way.body)()).await;
                let told = || format!("{} {fault:?}: {}", way.path, answer.text());
                assert_eq!(answer.status, 200, "{}", told());
                assert_eq!(way.text(&answer), REPLY_TEXT, "{}", told());
                assert!(answer.complete && !way.ends_in_error(&answer), "{}", told());
                assert_eq!(well.calls(), calls + 1, "{}", told());
            }
            for fault in [Fault::CloseBetweenEvents, Fault::ErrorMidStream, Fault::CloseMidEvent] {
                failing.always(fault.clone());
                let (calls, asked) = (well.calls(), failing.calls());
                let answer = post(&world, way.path, &(way.body)()).await.expect(200);
                let told = || format!("{} {fault:?}: {}", way.path, answer.text());
                assert!(answer.complete && way.ends_in_error(&answer), "{}", told());
                assert!(!way.text(&answer).is_empty(), "{}", told());
                assert_eq!((well.calls(), failing.calls()), (calls, asked + 1), "{}", told());
                let row = world.row(answer.request_id()).await;
                assert_eq!(row["outcome"], "error", "{row}");
            }
            for id in made {
                world.admin(reqwest::Method::POST, "/model/delete", json!({ "id": id })).await.expect(200);
            }
        }
    }
}
