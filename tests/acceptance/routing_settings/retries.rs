//! How often it is asked again: `num_retries`, `model_group_retries`, `retry_policy`, `model_group_retry_policy`,
//! `retry_after`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, StatusCode};
use postern_testkit::{Behaviour, FakeUpstream, Fault};
use serde_json::{Value, json};

use super::{Scene, at, models_asked};

/// One kind of failure, by the name that policies have for it.
struct Kind {
    name: &'static str,
    behaviour: Behaviour,
    status: u16,
}

fn refusal(status: u16, code: &str) -> Behaviour {
    let error = json!({"error": {"message": "no", "type": "invalid_request_error", "code": code}});
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let status = StatusCode::from_u16(status).unwrap();
    Behaviour::Raw { status, headers, body: Bytes::from(error.to_string()) }
}

fn kinds() -> [Kind; 6] {
    let kind = |name, behaviour, status| Kind { name, behaviour, status };
    [
        kind("BadRequestError", refusal(400, "some_parameter"), 400),
        kind("AuthenticationError", refusal(401, "invalid_api_key"), 401),
        kind("TimeoutError", Fault::NeverAnswers.into(), 504),
        kind("RateLimitError", Fault::Status { status: 429, retry_after: None }.into(), 429),
        kind("ContentPolicyViolationError", refusal(400, "content_policy_violation"), 400),
        kind("InternalServerError", Fault::status(500).into(), 500),
    ]
}

/// How often each of these groups, which have one deployment that fails in that way, is asked.
async fn asked(settings: Value, groups: &[(&str, &Kind)]) -> Vec<usize> {
    let upstream = FakeUpstream::openai().await;
    let models: Vec<_> = groups
        .iter()
        .map(|(group, kind)| {
            upstream.for_model(group, kind.behaviour.clone());
            let timeout = if kind.status == 504 { 0.5 } else { 20.0 };
            at(group, &upstream, json!({"model": format!("openai/{group}"), "timeout": timeout}))
        })
        .collect();
    let mut all = json!({"disable_cooldowns": true});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let scene = Scene::start(all, &models).await;
    let answers = join_all(groups.iter().map(|(group, _)| scene.ask(group, false))).await;
    let asked = models_asked(&upstream);
    let mut counts = Vec::new();
    for ((group, kind), answer) in groups.iter().zip(answers) {
        // What a provider says of its own credential is not the caller's.
        let expected = if kind.status == 401 { vec![401, 502, 503] } else { vec![kind.status] };
        assert!(expected.contains(&answer.status), "{}: {} {}", kind.name, answer.status, answer.text());
        let count = asked.iter().filter(|model| model == group).count();
        assert_eq!(scene.row(answer.request_id()).await["attempts"], count, "{}", kind.name);
        counts.push(count);
    }
    counts
}

#[tokio::test]
async fn none_where_none_are_wanted() {
    let kinds = kinds();
    let groups: Vec<_> = kinds.iter().map(|kind| (kind.name, kind)).collect();
    assert_eq!(asked(json!({"num_retries": 0}), &groups).await, [1; 6]);
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_what_will_not_is_not() {
    let kinds = kinds();
    let groups: Vec<_> = kinds.iter().map(|kind| (kind.name, kind)).collect();
    assert_eq!(asked(json!({"num_retries": 1}), &groups).await, [1, 1, 1, 2, 1, 2]);
}

#[tokio::test]
async fn a_group_has_its_own_number() {
    let kinds = kinds();
    let broken = &kinds[5];
    let settings = json!({"num_retries": 0, "model_group_retries": {"often": 2}});
    assert_eq!(asked(settings, &[("often", broken), ("once", broken)]).await, [3, 1]);
    let settings = json!({"num_retries": 2, "model_group_retries": {"once": 0}});
    assert_eq!(asked(settings, &[("once", broken), ("often", broken)]).await, [1, 3]);
}

#[tokio::test]
async fn a_policy_says_it_for_each_class_of_error() {
    let kinds = kinds();
    let groups: Vec<_> = kinds.iter().map(|kind| (kind.name, kind)).collect();
    for (position, kind) in kinds.iter().enumerate() {
        let policy = json!({format!("{}Retries", kind.name): 2});
        let counts = asked(json!({"num_retries": 0, "retry_policy": policy}), &groups).await;
        let mut expected = [1; 6];
        expected[position] = 3;
        assert_eq!(counts, expected, "{}", kind.name);
    }
    let none: serde_json::Map<_, _> =
        kinds.iter().map(|kind| (format!("{}Retries", kind.name), json!(0))).collect();
    assert_eq!(asked(json!({"num_retries": 2, "retry_policy": none}), &groups).await, [1; 6]);
}

#[tokio::test]
async fn a_groups_own_policy_comes_first() {
    let kinds = kinds();
    let (limited, broken) = (&kinds[3], &kinds[5]);
    let settings = json!({
        "num_retries": 0,
        "retry_policy": {"InternalServerErrorRetries": 0, "RateLimitErrorRetries": 2},
        "model_group_retry_policy": {"own": {"InternalServerErrorRetries": 1}},
        "model_group_retries": {"own": 3},
    });
    assert_eq!(asked(settings.clone(), &[("own", broken), ("other", broken)]).await, [2, 1]);
    // What it does not speak of is as everywhere.
    assert_eq!(asked(settings, &[("own", limited), ("other", limited)]).await, [3, 3]);
}

#[tokio::test]
async fn the_pause_before_the_same_one_is_asked_again_is_at_least_so_long() {
    let upstream = FakeUpstream::openai().await;
    let scene =
        Scene::start(json!({"num_retries": 1, "retry_after": 1.5}), &[at("smart", &upstream, json!({}))])
            .await;
    // Also where the provider asks for less.
    for fault in [Fault::status(500), Fault::status(429)] {
        upstream.next(fault);
        let began = Instant::now();
        scene.ask("smart", false).await.expect(200);
        assert!(began.elapsed() >= Duration::from_millis(1500), "{:?}", began.elapsed());
    }
    assert_eq!(upstream.calls(), 4);
}

#[tokio::test]
async fn another_deployment_is_asked_at_once() {
    let (first, second) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    first.always(Fault::status(500));
    let models = [at("smart", &first, json!({"order": 1})), at("smart", &second, json!({"order": 2}))];
    let scene = Scene::start(json!({"num_retries": 1, "retry_after": 15}), &models).await;
    let began = Instant::now();
    scene.ask("smart", false).await.expect(200);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!((first.calls(), second.calls()), (1, 1));
}
