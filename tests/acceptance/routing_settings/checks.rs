//! What is looked at before a deployment is asked: `enable_pre_call_checks` and `enable_tag_filtering`.

use postern_testkit::FakeUpstream;
use postern_tests::{Caller, receive};
use serde_json::{Value, json};

use super::{Scene, at, models_asked};

/// A prompt of more than ten thousand tokens.
fn long(caller: Caller, model: &str) -> Value {
    let mut body = caller.body(model, false);
    body["messages"][0]["content"] = json!("the quick brown fox jumps over it ".repeat(2_500));
    body
}

#[tokio::test]
async fn a_model_that_takes_too_little_is_passed_over() {
    let upstream = FakeUpstream::openai().await;
    // 8,192 tokens and 128,000.
    let pair = [
        at("smart", &upstream, json!({"model": "openai/gpt-4", "order": 1})),
        at("smart", &upstream, json!({"model": "openai/gpt-4o", "order": 2})),
    ];
    let scene = Scene::start(json!({"enable_pre_call_checks": true}), &pair).await;
    scene.ask("smart", false).await.expect(200);
    for caller in Caller::BOTH {
        scene.ask_with(&scene.key, caller, &long(caller, "smart")).await.expect(200);
    }
    assert_eq!(models_asked(&upstream), ["gpt-4", "gpt-4o", "gpt-4o"]);

    let scene = Scene::start(json!({}), &pair).await;
    scene.ask_with(&scene.key, Caller::Chat, &long(Caller::Chat, "smart")).await.expect(200);
    assert_eq!(models_asked(&upstream)[3..], ["gpt-4"], "nobody asked for the check");
}

#[tokio::test]
async fn none_that_takes_enough_is_an_error_or_leads_to_a_fallback() {
    let upstream = FakeUpstream::openai().await;
    let models = [
        at("small", &upstream, json!({"model": "openai/gpt-4"})),
        at("helped", &upstream, json!({"model": "openai/gpt-4"})),
        at("large", &upstream, json!({"model": "openai/gpt-4o"})),
    ];
    let settings = json!({
        "enable_pre_call_checks": true, "context_window_fallbacks": [{"helped": ["small", "large"]}],
    });
    let scene = Scene::start(settings, &models).await;
    for caller in Caller::BOTH {
        let answer = scene.ask_with(&scene.key, caller, &long(caller, "small")).await.expect(400);
        let told = caller.own_error(&answer);
        assert!(told.contains("no deployment of small takes so many"), "{told}");
        assert_eq!(answer.json()["error"]["code"], "context_length_exceeded");
        assert_eq!(scene.row(answer.request_id()).await["attempts"], 0);
    }
    assert_eq!(upstream.calls(), 0);
    let body = long(Caller::Chat, "helped");
    let answer = scene.ask_with(&scene.key, Caller::Chat, &body).await.expect(200);
    assert_eq!(answer.header("x-litellm-model-group"), "large");
    assert_eq!(models_asked(&upstream), ["gpt-4o"]);
}

/// A group with a deployment for each of these tags, whose model is named after them.
async fn tagged(settings: Value, tags: &[&[&str]]) -> (FakeUpstream, Scene) {
    let upstream = FakeUpstream::openai().await;
    let models: Vec<_> = tags
        .iter()
        .map(|tags| {
            let model = format!("openai/is-{}", tags.join("-"));
            at("smart", &upstream, json!({"model": model, "tags": tags}))
        })
        .collect();
    // In turns, so that all of those that suit are seen.
    let mut all =
        json!({"enable_tag_filtering": true, "session_affinity": false, "routing_strategy": "round-robin"});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    (upstream, Scene::start(all, &models).await)
}

/// The models that answer when it is asked often with this body and header; or the error.
async fn answered(upstream: &FakeUpstream, scene: &Scene, more: &Value, header: &str) -> Vec<String> {
    let before = upstream.calls();
    for _ in 0..12 {
        let mut body = Caller::Chat.body("smart", false);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut request = scene.gateway.post(Caller::Chat.path(), &scene.key, &body);
        if !header.is_empty() {
            request = request.header("x-litellm-tags", header);
        }
        let answer = receive(request).await;
        if answer.status != 200 {
            return vec![format!("{} {}", answer.status, answer.json()["error"]["code"])];
        }
    }
    let mut models = models_asked(upstream)[before..].to_vec();
    models.sort();
    models.dedup();
    models
}

#[tokio::test]
async fn a_request_goes_where_its_tags_are() {
    let (upstream, scene) = tagged(json!({}), &[&["free"], &["paid"], &["paid", "fast"], &["default"]]).await;
    for (body, header, expected) in [
        (json!({"tags": ["free"]}), "", vec!["is-free"]),
        (json!({"metadata": {"tags": ["free"]}}), "", vec!["is-free"]),
        (json!({}), "free", vec!["is-free"]),
        (json!({}), " fast , free", vec!["is-free", "is-paid-fast"]),
        (json!({"tags": ["paid"]}), "", vec!["is-paid", "is-paid-fast"]),
        (json!({"tags": ["paid", "fast"]}), "", vec!["is-paid", "is-paid-fast"]),
        // Without tags, and with tags that no deployment has: what is for everybody.
        (json!({}), "", vec!["is-default"]),
        (json!({"tags": ["unheard-of"]}), "", vec!["is-default"]),
    ] {
        assert_eq!(answered(&upstream, &scene, &body, header).await, expected, "{body} {header}");
    }
}

#[tokio::test]
async fn all_of_them_where_one_is_not_enough() {
    let (upstream, scene) =
        tagged(json!({"tag_filtering_match_any": false}), &[&["paid"], &["paid", "fast"], &["free"]]).await;
    for (body, expected) in [
        (json!({"tags": ["paid"]}), vec!["is-paid", "is-paid-fast"]),
        (json!({"tags": ["paid", "fast"]}), vec!["is-paid-fast"]),
        (json!({"tags": ["fast", "free"]}), vec!["400 \"no_deployment_for_tags\""]),
        // Nothing is said to be for everybody, so all are.
        (json!({}), vec!["is-free", "is-paid", "is-paid-fast"]),
        (json!({"tags": ["unheard-of"]}), vec!["400 \"no_deployment_for_tags\""]),
    ] {
        assert_eq!(answered(&upstream, &scene, &body, "").await, expected, "{body}");
    }
}

#[tokio::test]
async fn nobody_filters_unless_it_is_wanted_and_tags_stay_here() {
    let (upstream, scene) = tagged(json!({"enable_tag_filtering": false}), &[&["free"], &["paid"]]).await;
    let body = json!({"tags": ["free"], "metadata": {"tags": ["free"], "user_id": "u"}});
    assert_eq!(answered(&upstream, &scene, &body, "free").await, ["is-free", "is-paid"]);
    let (filtered, other) = tagged(json!({}), &[&["free"], &["paid"]]).await;
    assert_eq!(answered(&filtered, &other, &body, "").await, ["is-free"]);
    for request in upstream.requests().iter().chain(&filtered.requests()) {
        let sent = request.json();
        assert_eq!((&sent["tags"], &sent["metadata"]["tags"]), (&Value::Null, &Value::Null), "{sent}");
        assert_eq!(sent["metadata"]["user_id"], "u", "{sent}");
        assert_eq!(request.header("x-litellm-tags"), "");
    }
}
