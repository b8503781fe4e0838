//! Fallbacks that the file names: for a group, for all, for prompts that are too long or refused, in chains.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use postern_testkit::{Behaviour, FakeUpstream, Fault};
use postern_tests::{Answer, Caller};
use serde_json::{Value, json};

use super::{Scene, at, models_asked};

fn refusal(code: &str) -> Behaviour {
    let error = json!({"error": {"message": "no", "type": "invalid_request_error", "code": code}});
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    Behaviour::Raw { status: StatusCode::BAD_REQUEST, headers, body: Bytes::from(error.to_string()) }
}

/// Groups by name, each with one deployment of a model of the same name at one upstream. A name beginning with `broken`
/// fails, `long` has a prompt too long, `refused` refuses it.
async fn scene(settings: Value, groups: &[&str]) -> (FakeUpstream, Scene) {
    let upstream = FakeUpstream::openai().await;
    let models: Vec<_> = groups
        .iter()
        .map(|group| {
            match *group {
                name if name.starts_with("broken") => {
                    upstream.for_model(group, Fault::status(503));
                }
                name if name.starts_with("long") => {
                    upstream.for_model(group, refusal("context_length_exceeded"));
                }
                name if name.starts_with("refused") => {
                    upstream.for_model(group, refusal("content_policy_violation"));
                }
                _ => {}
            }
            at(group, &upstream, json!({"model": format!("openai/{group}")}))
        })
        .collect();
    let mut all = json!({"num_retries": 0, "disable_cooldowns": true});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let scene = Scene::start(all, &models).await;
    (upstream, scene)
}

fn fallbacks(answer: &Answer) -> &str {
    answer.header("x-litellm-attempted-fallbacks")
}

#[tokio::test]
async fn a_group_that_fails_leads_to_the_next() {
    let settings = json!({"fallbacks": [{"broken": ["broken2", "sound"]}]});
    let (upstream, scene) = scene(settings, &["broken", "broken2", "sound", "broken3"]).await;
    for stream in [false, true] {
        let answer = scene.ask("broken", stream).await.expect(200);
        assert_eq!((fallbacks(&answer), answer.header("x-litellm-attempted-retries")), ("2", "0"));
        assert_eq!(answer.header("x-litellm-model-group"), "sound");
        let row = scene.row(answer.request_id()).await;
        assert_eq!((&row["model_requested"], &row["model_group"]), (&json!("broken"), &json!("sound")));
        assert_eq!((&row["attempts"], &row["outcome"]), (&json!(3), &json!("ok")), "{row}");
    }
    assert_eq!(models_asked(&upstream)[..3], ["broken", "broken2", "sound"]);
    assert_eq!(fallbacks(&scene.ask("sound", false).await.expect(200)), "0");
    // Nobody spoke of this one.
    scene.ask("broken3", false).await.expect(503);
}

#[tokio::test]
async fn a_star_stands_for_all_others() {
    let settings = json!({"fallbacks": [{"broken": ["first"]}, {"*": ["second"]}]});
    let (_upstream, scene) = scene(settings, &["broken", "broken2", "first", "second"]).await;
    for (asked, answered) in [("broken", "first"), ("broken2", "second")] {
        let answer = scene.ask(asked, false).await.expect(200);
        assert_eq!(answer.header("x-litellm-model-group"), answered);
    }
}

#[tokio::test]
async fn default_fallbacks_are_for_whatever_has_none_and_for_names_that_nobody_knows() {
    let settings = json!({"fallbacks": [{"broken": ["first"]}], "default_fallbacks": ["broken3", "last"]});
    let (upstream, scene) = scene(settings, &["broken", "broken2", "broken3", "first", "last"]).await;
    for (asked, answered) in [("broken", "first"), ("broken2", "last"), ("broken3", "last")] {
        let answer = scene.ask(asked, false).await.expect(200);
        assert_eq!(answer.header("x-litellm-model-group"), answered);
    }
    let before = upstream.calls();
    let answer = scene.ask("nobody-knows-it", false).await.expect(200);
    assert_eq!(answer.header("x-litellm-model-group"), "last");
    assert_eq!(models_asked(&upstream)[before..], ["broken3", "last"]);
    let row = scene.row(answer.request_id()).await;
    assert_eq!(row["model_requested"], "nobody-knows-it", "{row}");
    // A key that may only use others does not get there by a name that means nothing.
    let key = scene.gateway.new_key(json!({"models": ["broken"]})).await;
    let body = Caller::Chat.body("nobody-knows-it", false);
    scene.ask_with(&key, Caller::Chat, &body).await.expect(403);
}

#[tokio::test]
async fn without_them_an_unknown_name_is_not_found() {
    let (upstream, scene) = scene(json!({"fallbacks": [{"*": ["sound"]}]}), &["sound"]).await;
    scene.ask("nobody-knows-it", false).await.expect(404);
    assert_eq!(upstream.calls(), 0);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_or_refused_has_fallbacks_of_its_own() {
    let settings = json!({
        "fallbacks": [{"long": ["general"]}, {"refused": ["general"]}, {"broken": ["general"]}, {"long2": ["general"]}],
        "context_window_fallbacks": [{"long": ["roomy"]}, {"broken": ["roomy"]}],
        "content_policy_fallbacks": [{"refused": ["liberal"]}, {"broken": ["liberal"]}],
    });
    let groups = ["long", "long2", "refused", "broken", "general", "roomy", "liberal", "long3"];
    let (_upstream, scene) = scene(settings, &groups).await;
    for caller in Caller::BOTH {
        for (asked, answered) in
            [("long", "roomy"), ("refused", "liberal"), ("broken", "general"), ("long2", "general")]
        {
            let answer = scene.ask_with(&scene.key, caller, &caller.body(asked, false)).await.expect(200);
            assert_eq!(answer.header("x-litellm-model-group"), answered, "{asked}");
            assert_eq!(fallbacks(&answer), "1");
        }
    }
    let answer = scene.ask("long3", false).await.expect(400);
    assert_eq!(answer.json()["error"]["code"], "context_length_exceeded", "{}", answer.text());
}

#[tokio::test]
async fn chains_are_followed_and_circles_end() {
    let settings = json!({"fallbacks": [
        {"broken1": ["broken2"]}, {"broken2": ["broken3"]}, {"broken3": ["sound"]},
        {"broken4": ["broken5"]}, {"broken5": ["broken6", "broken4"]}, {"broken6": ["broken4"]},
    ]});
    let groups = ["broken1", "broken2", "broken3", "sound", "broken4", "broken5", "broken6"];
    let (upstream, scene) = scene(settings, &groups).await;
    let answer = scene.ask("broken1", false).await.expect(200);
    assert_eq!((answer.header("x-litellm-model-group"), fallbacks(&answer)), ("sound", "3"));
    assert_eq!(models_asked(&upstream), ["broken1", "broken2", "broken3", "sound"]);
    let answer = scene.ask("broken4", true).await.expect(503);
    assert_eq!(models_asked(&upstream)[4..], ["broken4", "broken5", "broken6"]);
    Caller::Chat.own_error(&answer);
    assert_eq!(scene.row(answer.request_id()).await["attempts"], 3);
}

#[tokio::test]
async fn a_long_list_whose_first_has_fallbacks_of_its_own_is_asked_in_order() {
    let list = ["broken1", "broken2", "broken3", "broken4", "broken5", "broken6", "broken7"];
    let settings = json!({"fallbacks": [{"broken": list}, {"broken1": ["sound"]}]});
    let mut groups = vec!["broken", "sound"];
    groups.extend(list);
    let (upstream, scene) = scene(settings, &groups).await;
    scene.ask("broken", false).await.expect(200);
    assert_eq!(models_asked(&upstream), ["broken", "broken1", "sound"]);
}

#[tokio::test]
async fn so_many_other_groups_are_asked_and_no_more() {
    let list = ["broken1", "broken2", "broken3", "broken4", "broken5", "broken6", "sound"];
    let mut groups = vec!["broken"];
    groups.extend(list);
    for (most, asked) in [(Some(0), 1), (Some(2), 3), (None, 6), (Some(7), 8)] {
        let mut settings = json!({"fallbacks": [{"broken": list}]});
        if let Some(most) = most {
            settings["max_fallbacks"] = json!(most);
        }
        let (upstream, scene) = scene(settings, &groups).await;
        let answer = scene.ask("broken", false).await;
        assert_eq!((answer.status, upstream.calls()), (if asked == 8 { 200 } else { 503 }, asked));
    }
}

#[tokio::test]
async fn what_is_reserved_is_enough_for_the_dearest() {
    let upstream = FakeUpstream::openai().await;
    upstream.for_model("broken", Fault::status(503));
    let models: Vec<_> = [("broken", 0.000_001), ("middle", 0.000_01), ("dear", 0.000_1)]
        .map(|(name, price)| {
            let model = format!("openai/{name}");
            at(
                name,
                &upstream,
                json!({"model": model, "input_cost_per_token": 0, "output_cost_per_token": price}),
            )
        })
        .into();
    let settings = json!({"num_retries": 0, "fallbacks": [{"broken": ["middle"]}, {"middle": ["dear"]}]});
    let scene = Scene::start(settings, &models).await;
    let mut body = Caller::Chat.body("broken", false);
    body["max_tokens"] = json!(100);
    let poor = scene.gateway.new_key(json!({"max_budget": 0.009_9})).await;
    scene.ask_with(&poor, Caller::Chat, &body).await.expect(402);
    assert_eq!(upstream.calls(), 0);
    let rich = scene.gateway.new_key(json!({"max_budget": 0.010_1})).await;
    scene.ask_with(&rich, Caller::Chat, &body).await.expect(200);
    // What it cost is what answered.
    assert!((scene.spend_of(&rich).await - 21.0 * 0.000_01).abs() < 1e-12);
}
