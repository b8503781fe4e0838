//! A conversation stays with the deployment that holds its prompt cache, as long as that one can be asked.

use postern_testkit::{FakeUpstream, Fault};
use postern_tests::{Caller, World, receive};
use serde_json::{Value, json};

use super::deploy;

struct Scene {
    world: World,
    upstreams: [FakeUpstream; 2],
}

impl Scene {
    async fn set() -> Self {
        let world = World::with("litellm_settings: {num_retries: 1}", |builder| builder).await;
        let upstreams = [FakeUpstream::openai().await, FakeUpstream::anthropic().await];
        for upstream in &upstreams {
            deploy(&world, "shared", upstream, &json!({"cooldown_time": 600})).await;
        }
        Self { world, upstreams }
    }

    fn calls(&self) -> [usize; 2] {
        [self.upstreams[0].calls(), self.upstreams[1].calls()]
    }

    /// Which of the two answered.
    async fn turn(&self, caller: Caller, body: &Value, session: Option<&str>) -> usize {
        let mut request = self.world.request(caller, body);
        if let Some(session) = session {
            request = request.header("x-session-id", session);
        }
        let answer = receive(request).await.expect(200);
        let base = answer.header("x-litellm-model-api-base");
        self.upstreams.iter().position(|upstream| upstream.url() == base).expect("one of the two")
    }
}

/// The `turn`th request of a conversation that begins like no other.
fn conversation(caller: Caller, name: &str, turn: usize, filler: usize) -> Value {
    let mut body = caller.body("shared", turn % 2 == 1);
    let opening = format!("{name} {}", "word ".repeat(filler));
    let mut messages = vec![json!({"role": "user", "content": opening})];
    for number in 0..turn {
        messages.push(json!({"role": "assistant", "content": format!("answer {number}")}));
        messages.push(json!({"role": "user", "content": format!("question {number}")}));
    }
    body["messages"] = json!(messages);
    body
}

/// Long enough for any provider to cache it.
const LONG: usize = 1500;

#[tokio::test]
async fn a_long_conversation_stays_and_others_spread() {
    let scene = Scene::set().await;
    let mut chosen = [0, 0];
    for number in 0..16 {
        let caller = Caller::BOTH[number % 2];
        let name = format!("conversation {number}");
        let first = scene.turn(caller, &conversation(caller, &name, 0, LONG), None).await;
        for turn in 1..10 {
            let at = scene.turn(caller, &conversation(caller, &name, turn, LONG), None).await;
            assert_eq!(at, first, "{name} moved in turn {turn}");
        }
        chosen[first] += 1;
    }
    // One in 32768 of finding them all at one.
    assert!(chosen[0] > 0 && chosen[1] > 0, "{chosen:?}");
    assert_eq!(scene.calls(), [chosen[0] * 10, chosen[1] * 10]);
}

#[tokio::test]
async fn a_session_that_has_a_name_stays_however_short() {
    let scene = Scene::set().await;
    let body = conversation(Caller::Chat, "short", 0, 1);
    let mut chosen = [0, 0];
    for number in 0..16 {
        let session = format!("session-{number}");
        let first = scene.turn(Caller::Chat, &body, Some(&session)).await;
        for turn in 1..10 {
            assert_eq!(
                scene.turn(Caller::Chat, &body, Some(&session)).await,
                first,
                "{session}, turn {turn}"
            );
        }
        chosen[first] += 1;
    }
    assert!(chosen[0] > 0 && chosen[1] > 0, "{chosen:?}");
    // Without a name there is nothing to stay for.
    let mut places = [0, 0];
    for _ in 0..30 {
        places[scene.turn(Caller::Chat, &body, None).await] += 1;
    }
    assert!(places[0] > 0 && places[1] > 0, "{places:?}");
}

#[tokio::test]
async fn it_moves_when_its_deployment_rests_and_then_stays_there() {
    let scene = Scene::set().await;
    let turn = async |turn: usize| {
        scene.turn(Caller::Messages, &conversation(Caller::Messages, "moves", turn, LONG), None).await
    };
    let first = turn(0).await;
    for number in 1..4 {
        assert_eq!(turn(number).await, first);
    }
    scene.upstreams[first].next(Fault::Status { status: 429, retry_after: Some(1) });
    let other = 1 - first;
    // The turn that finds out is answered by the other already.
    for number in 4..8 {
        assert_eq!(turn(number).await, other, "turn {number}");
    }
    assert_eq!(scene.calls()[first], 5);
    // By now the other holds the cache.
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    for number in 8..12 {
        assert_eq!(turn(number).await, other, "turn {number}");
    }
}
