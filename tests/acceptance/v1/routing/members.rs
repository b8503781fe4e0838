//! What requests say to the gateway stays with the gateway, in every format; what they say wrongly is refused in the format
//! they came in, before anybody is asked.

use postern_tests::{Answer, World, receive};
use serde_json::{Value, json};

use super::with;

/// Every member for the gateway. Of the names, all are there.
const SAID: &str = r#""fallback_providers":["an"],"timeout":60,"retry_count":1,"stream_timeout":50.5,"num_retries":2,
  "max_retries":0,"fallbacks":["oa/other"],"context_window_fallbacks":[{"x":["oa/other"]}],
  "content_policy_fallbacks":[{"model":"oa/other"}],"disable_fallbacks":false,"tags":["a"],"#;

/// An inbound format: where it is sent, and a body no serializer would write, with `SAID` in its middle.
struct Inbound {
    path: &'static str,
    body: &'static str,
    provider: &'static str,
}

const INBOUND: [Inbound; 9] = [
    Inbound {
        path: "/v1/chat/completions",
        body: r#"{ "model":"oa/x", SAID "messages":[{"role":"user","content":"Hi"}],"temperature":0.70,"odd":1e3 }"#,
        provider: "oa",
    },
    Inbound {
        path: "/v1/completions",
        body: r#"{"model":"oa/x", SAID "prompt":"Hi","temperature":0.70,"odd":1e3 }"#,
        provider: "oa",
    },
    Inbound {
        path: "/v1/responses",
        body: r#"{"model":"oa/x", SAID "input":"Hi","temperature":0.70,"odd":1e3 }"#,
        provider: "oa",
    },
    Inbound {
        path: "/v1/embeddings",
        body: r#"{"model":"oa/x", SAID "input":"Hi","odd":1e3 }"#,
        provider: "oa",
    },
    Inbound {
        path: "/v1/messages",
        body: r#"{"model":"an/x", SAID "max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"odd":1e3 }"#,
        provider: "an",
    },
    Inbound {
        path: "/v1beta/models/go/x:generateContent",
        body: r#"{ SAID "contents":[{"role":"user","parts":[{"text":"Hi"}]}],"odd":1e3 }"#,
        provider: "go",
    },
    Inbound {
        path: "/api/chat",
        body: r#"{"model":"ol/x", SAID "messages":[{"role":"user","content":"Hi"}],"odd":1e3,"stream":false }"#,
        provider: "ol",
    },
    Inbound { path: "/api/embed", body: r#"{"model":"ol/x", SAID "input":"Hi","odd":1e3 }"#, provider: "ol" },
    Inbound {
        path: "/v2/chat",
        body: r#"{"model":"co/x", SAID "messages":[{"role":"user","content":"Hi"}],"odd":1e3 }"#,
        provider: "co",
    },
];

impl Inbound {
    async fn send(&self, world: &World, body: String) -> Answer {
        let request = world.gateway.client().post(format!("{}{}", world.gateway.url(), self.path));
        let request = request.bearer_auth(&world.key).header("content-type", "application/json");
        receive(request.body(body)).await
    }

    /// What its provider received last.
    fn received(&self, world: &World) -> String {
        let upstream = match self.provider {
            "oa" => &world.openai,
            "an" => &world.anthropic,
            "go" => &world.gemini,
            "ol" => &world.ollama,
            _ => &world.cohere,
        };
        String::from_utf8(upstream.last_request().body.to_vec()).unwrap()
    }

    fn calls(world: &World) -> usize {
        let all = [&world.openai, &world.anthropic, &world.gemini, &world.ollama, &world.cohere];
        all.iter().map(|upstream| upstream.calls()).sum()
    }

    fn without(&self) -> String {
        self.body.replace(" SAID ", " ")
    }
}

#[tokio::test]
async fn no_provider_sees_what_is_said_to_the_gateway() {
    let world = World::start().await;
    for inbound in &INBOUND {
        let path = inbound.path;
        inbound.send(&world, inbound.without()).await.expect(200);
        let plain = inbound.received(&world);
        let own = format!(r#"{SAID}"provider":"{}","#, inbound.provider);
        inbound.send(&world, inbound.body.replace("SAID", &own)).await.expect(200);
        let received = inbound.received(&world);
        // But for the spaces around what was taken out, the same bytes.
        assert_eq!(received.replace([' ', '\n'], ""), plain.replace([' ', '\n'], ""), "{path}");
        // A prompt becomes a chat.
        let is_translated = path == "/v1/completions";
        assert_eq!(received.contains("1e3"), !is_translated, "{path}: not the caller's bytes: {received}");
    }
}

#[tokio::test]
async fn translations_carry_nothing_of_it_either() {
    let world = World::start().await;
    for (inbound, target) in [(0, "an/x"), (0, "go/x"), (1, "an/x"), (2, "an/x"), (4, "oa/x"), (6, "oa/x")] {
        let inbound = &INBOUND[inbound];
        let own = INBOUND.iter().find(|known| target.starts_with(known.provider)).unwrap();
        let body = inbound.body.replace(r#""odd":1e3"#, r#""drop_params":true"#);
        let body = body.replace(&format!("{}/x", inbound.provider), target);
        inbound.send(&world, body.replace(" SAID ", " ")).await.expect(200);
        let plain = own.received(&world);
        inbound.send(&world, body.replace("SAID", SAID)).await.expect(200);
        assert_eq!(own.received(&world), plain, "{} to {target}", inbound.path);
    }
}

#[tokio::test]
async fn an_object_of_that_name_is_openrouters() {
    let world = World::start().await;
    let provider = r#""provider":{ "order":["x"],"max_price":{"prompt":1.50} },"#;
    let inbound = &INBOUND[0];
    let answer = inbound.send(&world, inbound.body.replace("SAID", provider)).await.expect(200);
    let expected = inbound.body.replace("SAID", provider).replace("oa/x", "x");
    assert_eq!(inbound.received(&world), expected);
    assert!(answer.json().get("provider").is_none(), "{}", answer.text());
}

/// What a format says of an error that names a member: the message, where its clients look for it.
fn message_of(path: &str, answer: &Answer) -> String {
    let error = answer.json();
    let message = match path {
        "/api/chat" | "/api/embed" => &error["error"],
        "/v2/chat" => &error["message"],
        _ => &error["error"]["message"],
    };
    if path == "/v1/messages" {
        assert_eq!(error["type"], "error", "{error}");
    }
    if path.contains("generateContent") {
        assert_eq!(
            (&error["error"]["code"], &error["error"]["status"]),
            (&json!(400), &json!("INVALID_ARGUMENT"))
        );
    }
    message.as_str().unwrap_or_else(|| panic!("{path}: no message in {error}")).to_owned()
}

#[tokio::test]
async fn wrong_values_are_refused_in_every_format() {
    let world = World::start().await;
    let wrong: [(Value, &[&str]); 14] = [
        (json!({"timeout": 0}), &["timeout", "above 0 and at most 86400"]),
        (json!({"timeout": "60"}), &["timeout", "number of seconds"]),
        (json!({"timeout": 90000}), &["timeout", "86400"]),
        (json!({"stream_timeout": -1}), &["stream_timeout", "above 0"]),
        (json!({"retry_count": 21}), &["retry_count", "0 to 20"]),
        (json!({"num_retries": 1.5}), &["num_retries", "0 to 20"]),
        (json!({"max_retries": true}), &["max_retries", "whole number"]),
        (json!({"provider": 7}), &["provider"]),
        (json!({"provider": ""}), &["provider"]),
        (json!({"provider": "nobody"}), &["provider", "`nobody`"]),
        (json!({"fallback_providers": "an"}), &["fallback_providers", "array of strings"]),
        (json!({"fallback_providers": ["nobody"]}), &["fallback_providers[0]", "`nobody`"]),
        (json!({"fallbacks": {"a": "b"}}), &["fallbacks"]),
        (json!({"fallbacks": ["nobody-has-this"]}), &["fallbacks", "`nobody-has-this`"]),
    ];
    for inbound in &INBOUND {
        for (member, named) in &wrong {
            let body = with(serde_json::from_str(&inbound.without()).unwrap(), member);
            let answer = inbound.send(&world, body.to_string()).await;
            assert_eq!(answer.status, 400, "{} {member}: {}", inbound.path, answer.text());
            assert_eq!(answer.request_id().len(), 36);
            let message = message_of(inbound.path, &answer);
            for name in *named {
                assert!(message.contains(name), "{} {member}: {message}", inbound.path);
            }
        }
        for name in ["x-litellm-timeout", "x-litellm-stream-timeout", "x-litellm-num-retries"] {
            let request = world.gateway.client().post(format!("{}{}", world.gateway.url(), inbound.path));
            let request = request.bearer_auth(&world.key).header(name, "-1");
            let answer = receive(request.body(inbound.without())).await.expect(400);
            let message = message_of(inbound.path, &answer);
            assert!(message.contains(name) && message.contains("-1"), "{message}");
        }
    }
    assert_eq!(Inbound::calls(&world), 0, "somebody was asked");
}
