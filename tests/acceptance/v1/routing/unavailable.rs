//! Nobody can answer: what callers of each format are told, and what they are not.

use postern_testkit::{Behaviour, FakeUpstream};
use postern_tests::{Answer, World};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{assert_nothing_secret, deploy, post};

/// What only the provider says.
const WORDS: &str = "account acme-4711 of jane@example.com is on fire";

/// A way to ask, and where its format has an error's parts.
struct Way {
    path: &'static str,
    body: fn(&str) -> Value,
    message: &'static str,
    /// Where the gateway's own details are.
    details: &'static str,
}

const MESSAGES: fn(&str) -> Value =
    |model| json!({"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});

const WAYS: [Way; 6] = [
    Way {
        path: "/v1/chat/completions",
        body: MESSAGES,
        message: "/error/message",
        details: "/error/details",
    },
    Way {
        path: "/v1/responses",
        body: |model| json!({"model": model, "input": "Hi"}),
        message: "/error/message",
        details: "/error/details",
    },
    Way { path: "/v1/messages", body: MESSAGES, message: "/error/message", details: "/error/details" },
    Way {
        path: "/v1beta/models/GROUP:generateContent",
        body: |_| json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
        message: "/error/message",
        details: "/error/details/0/value",
    },
    Way { path: "/api/chat", body: MESSAGES, message: "/error", details: "/details" },
    Way {
        path: "/v2/chat",
        body: |model| json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]}),
        message: "/message",
        details: "/details",
    },
];

impl Way {
    async fn ask(&self, world: &World, group: &str, status: u16) -> Answer {
        let path = self.path.replace("GROUP", group);
        post(world, &path, &(self.body)(group)).await.expect(status)
    }

    /// What was tried, after a look at the rest of the error.
    #[track_caller]
    fn tried(&self, world: &World, answer: &Answer) -> Vec<Value> {
        let error = answer.json();
        let message = error.pointer(self.message).and_then(Value::as_str).unwrap_or_default();
        assert!(!message.is_empty(), "{}: {error}", self.path);
        if self.path == "/v1/messages" {
            assert_eq!(error["type"], "error", "{error}");
        }
        let after: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=600).contains(&after), "{after}");
        assert_nothing_secret(world, answer);
        assert!(!answer.text().contains("acme-4711"), "the provider's words: {}", answer.text());
        assert_eq!(answer.header("x-request-id").len(), 36);
        let tried = error.pointer(&format!("{}/tried", self.details));
        tried.and_then(Value::as_array).unwrap_or_else(|| panic!("{}: {error}", self.path)).clone()
    }
}

fn on_fire() -> Behaviour {
    let body =
        json!({"error": {"message": format!("{WORDS} {}", super::DEPLOYMENT_KEY), "type": "server_error"}});
    Behaviour::Raw {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        headers: [("content-type".parse().unwrap(), "application/json".parse().unwrap())]
            .into_iter()
            .collect(),
        body: body.to_string().into(),
    }
}

#[tokio::test]
async fn all_down_is_told_in_every_format_and_nothing_secret_with_it() {
    let world = World::with("litellm_settings: {num_retries: 3}", |builder| builder).await;
    for way in &WAYS {
        let group = format!("down{}", way.path.replace(['/', ':'], "-").replace("GROUP", "g"));
        let upstreams = [FakeUpstream::openai().await, FakeUpstream::anthropic().await];
        let mut ids = Vec::new();
        for upstream in &upstreams {
            upstream.always(on_fire());
            ids.push(
                deploy(&world, &group, upstream, &json!({"cooldown_time": 600, "num_retries": 1})).await,
            );
        }
        ids.sort();
        let named = |tried: &[Value]| {
            let mut named: Vec<String> =
                tried.iter().map(|one| one["deployment"].as_str().unwrap().to_owned()).collect();
            named.sort();
            named
        };
        // Asked, and failed.
        for _ in 0..3 {
            let answer = way.ask(&world, &group, 503).await;
            let tried = way.tried(&world, &answer);
            assert_eq!(named(&tried), ids, "{tried:?}");
            assert!(tried.iter().all(|one| one["status"] == 500 && one["reason"] == "failed"), "{tried:?}");
            if way.path == super::CHAT {
                assert_eq!(answer.json()["error"]["code"], "service_unavailable", "{}", answer.text());
            }
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["status"], &row["outcome"]), (&json!(503), &json!("error")), "{row}");
        }
        // Not even asked, since both rest.
        let calls = [upstreams[0].calls(), upstreams[1].calls()];
        for _ in 0..2 {
            let answer = way.ask(&world, &group, 503).await;
            let tried = way.tried(&world, &answer);
            assert_eq!(named(&tried), ids, "{tried:?}");
            assert!(tried.iter().all(|one| one["state"] == "open" && one["status"] == 500), "{tried:?}");
            assert_eq!(answer.header("x-postern-attempts"), "0");
            if way.path == super::CHAT {
                assert_eq!(answer.json()["error"]["code"], "service_unavailable", "{}", answer.text());
            }
        }
        assert_eq!([upstreams[0].calls(), upstreams[1].calls()], calls, "{group}");
    }
}

#[tokio::test]
async fn all_full_is_a_limit_in_every_format() {
    let world = World::start().await;
    for way in &WAYS {
        let group = format!("full{}", way.path.replace(['/', ':'], "-").replace("GROUP", "g"));
        let upstreams = [FakeUpstream::openai().await, FakeUpstream::anthropic().await];
        for upstream in &upstreams {
            deploy(&world, &group, upstream, &json!({"rpm": 2})).await;
        }
        for _ in 0..4 {
            way.ask(&world, &group, 200).await;
        }
        for _ in 0..2 {
            let answer = way.ask(&world, &group, 429).await;
            assert_eq!(way.tried(&world, &answer).len(), 2);
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["status"], &row["attempts"]), (&json!(429), &json!(0)), "{row}");
        }
        assert_eq!((upstreams[0].calls(), upstreams[1].calls()), (2, 2), "{group}");
    }
}

#[tokio::test]
async fn one_providers_own_words_are_passed_on() {
    let world = World::start().await;
    let only = FakeUpstream::openai().await;
    deploy(&world, "only", &only, &json!({"cooldown_time": 0})).await;
    only.always(postern_testkit::Fault::status(503));
    let direct = only.url();
    let answer = post(&world, super::CHAT, &MESSAGES("only")).await.expect(503);
    let error = answer.json();
    assert_eq!(
        error["error"]["message"], "The server had an error while processing your request.",
        "{direct}"
    );
    assert!(error["error"].get("details").is_none(), "{error}");
}
