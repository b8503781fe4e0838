//! When a deployment rests after failures, and for how long: `allowed_fails`, `allowed_fails_policy`, `cooldown_time`,
//! `disable_cooldowns`.

use std::time::Duration;

use postern_testkit::{Behaviour, FakeUpstream, Fault};
use serde_json::{Value, json};

use super::{Scene, at, soon};

/// A deployment that fails and another that does not, each request of which goes to the first if that can be asked.
struct Pair {
    failing: FakeUpstream,
    sound: FakeUpstream,
    scene: Scene,
}

impl Pair {
    async fn start(settings: Value, behaviour: impl Into<Behaviour>) -> Self {
        let (failing, sound) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
        failing.always(behaviour);
        let models = [
            at("smart", &failing, json!({"order": 1, "timeout": 1})),
            at("smart", &sound, json!({"order": 2})),
        ];
        Self { failing, sound, scene: Scene::start(settings, &models).await }
    }

    /// How often the failing one is asked in so many requests.
    async fn asked_in(&self, requests: usize) -> usize {
        let before = self.failing.calls();
        for _ in 0..requests {
            self.scene.ask("smart", false).await;
        }
        self.failing.calls() - before
    }
}

#[tokio::test]
async fn so_many_failures_are_allowed() {
    for (settings, calls) in [
        // Three in a row where nothing is said.
        (json!({"cooldown_time": 60}), 3),
        (json!({"cooldown_time": 60, "allowed_fails": 0}), 1),
        (json!({"cooldown_time": 60, "allowed_fails": 4}), 5),
        (json!({"cooldown_time": 60, "disable_cooldowns": true, "allowed_fails": 0}), 8),
        (json!({"cooldown_time": 0, "allowed_fails": 0}), 8),
    ] {
        let pair = Pair::start(settings.clone(), Fault::status(500)).await;
        assert_eq!(pair.asked_in(8).await, calls, "{settings}");
        assert_eq!(pair.sound.calls(), 8, "{settings}: each was answered");
    }
}

#[tokio::test]
async fn a_policy_says_it_for_each_class_of_error() {
    let limited = Fault::Status { status: 429, retry_after: None };
    let cases = [
        ("InternalServerErrorAllowedFails", Fault::status(500), 3),
        ("AuthenticationErrorAllowedFails", Fault::status(401), 1),
        ("RateLimitErrorAllowedFails", limited, 1),
        ("TimeoutErrorAllowedFails", Fault::NeverAnswers, 3),
    ];
    for (name, fault, otherwise) in cases {
        let settings = json!({"cooldown_time": 60, "allowed_fails_policy": {name: 1}});
        let pair = Pair::start(settings, fault.clone()).await;
        assert_eq!(pair.asked_in(5).await, 2, "{name}");
        let other = if name.starts_with("Internal") { "Timeout" } else { "InternalServer" };
        let settings =
            json!({"cooldown_time": 60, "allowed_fails_policy": {format!("{other}ErrorAllowedFails"): 4}});
        let pair = Pair::start(settings, fault).await;
        assert_eq!(pair.asked_in(5).await, otherwise, "{name}: a policy for others");
    }
}

#[tokio::test]
async fn what_is_the_callers_fault_is_held_against_a_deployment_only_where_a_policy_says_so() {
    let pair = Pair::start(json!({"cooldown_time": 60, "allowed_fails": 0}), Fault::status(400)).await;
    assert_eq!(pair.asked_in(5).await, 5);
    let settings = json!({"cooldown_time": 60, "allowed_fails_policy": {"BadRequestErrorAllowedFails": 1}});
    let pair = Pair::start(settings, Fault::status(400)).await;
    assert_eq!(pair.asked_in(5).await, 2);
    assert_eq!(pair.sound.calls(), 3);
}

#[tokio::test]
async fn it_is_asked_again_when_it_has_cooled_down() {
    let pair = Pair::start(json!({"cooldown_time": 0.5, "allowed_fails": 0}), Fault::status(500)).await;
    assert_eq!(pair.asked_in(1).await, 1);
    pair.failing.always(postern_testkit::Reply::default());
    let again = async {
        while pair.failing.calls() < 2 {
            pair.scene.ask("smart", false).await.expect(200);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("the first is asked again", again).await;
    assert_eq!(pair.asked_in(5).await, 5, "its circuit is closed");
}

#[tokio::test]
async fn a_deployment_has_its_own_time() {
    let (failing, sound) = (FakeUpstream::openai().await, FakeUpstream::openai().await);
    failing.always(Fault::status(500));
    let models = [
        at("never", &failing, json!({"order": 1, "cooldown_time": 0})),
        at("never", &sound, json!({"order": 2})),
        at("long", &failing, json!({"order": 1, "model": "openai/y"})),
        at("long", &sound, json!({"order": 2, "model": "openai/y"})),
    ];
    let scene = Scene::start(json!({"cooldown_time": 60, "allowed_fails": 0}), &models).await;
    for _ in 0..5 {
        scene.ask("never", false).await.expect(200);
    }
    assert_eq!(failing.calls(), 5);
    for _ in 0..5 {
        scene.ask("long", false).await.expect(200);
    }
    assert_eq!(failing.calls(), 6);
}
