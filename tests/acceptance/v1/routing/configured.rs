//! What the router's settings say: deployments for requests with tags.

use postern_testkit::FakeUpstream;
use postern_tests::{Caller, World, receive};
use serde_json::{Value, json};

use super::{CHAT, chat, deploy, post, with};

const CONFIG: &str = "litellm_settings: {num_retries: 0}\nrouter_settings: {enable_tag_filtering: true}";

#[tokio::test]
async fn tags_choose_among_deployments() {
    let world = World::with(CONFIG, |builder| builder).await;
    let [paid, free, everybody] =
        [FakeUpstream::openai().await, FakeUpstream::openai().await, FakeUpstream::openai().await];
    deploy(&world, "tagged", &paid, &json!({"tags": ["paid"]})).await;
    deploy(&world, "tagged", &free, &json!({"tags": ["free", "slow"]})).await;
    deploy(&world, "tagged", &everybody, &json!({"tags": ["default"]})).await;
    let calls = || [paid.calls(), free.calls(), everybody.calls()];
    for said in [json!({"tags": ["paid"]}), json!({"metadata": {"tags": ["paid"]}})] {
        for caller in Caller::BOTH {
            let body = with(caller.body("tagged", false), &said);
            receive(world.request(caller, &body)).await.expect(200);
        }
    }
    assert_eq!(calls(), [4, 0, 0]);
    let request = world.request(Caller::Chat, &chat("tagged", &json!({})));
    receive(request.header("x-litellm-tags", "other, free")).await.expect(200);
    assert_eq!(calls(), [4, 1, 0]);
    // None, or one that nobody has: what is for everybody.
    for said in [json!({}), json!({"tags": []}), json!({"tags": ["nobody-has-this"]})] {
        post(&world, CHAT, &chat("tagged", &said)).await.expect(200);
    }
    assert_eq!(calls(), [4, 1, 3]);
}

#[tokio::test]
async fn a_group_without_the_tag_refuses_and_names_it() {
    let world = World::with(CONFIG, |builder| builder).await;
    let paid = FakeUpstream::openai().await;
    deploy(&world, "paid-only", &paid, &json!({"tags": ["paid"]})).await;
    for caller in Caller::BOTH {
        let body = with(caller.body("paid-only", false), &json!({"tags": ["free"]}));
        let answer = receive(world.request(caller, &body)).await.expect(400);
        let message = caller.own_error(&answer);
        assert!(message.contains("free") && message.contains("paid-only"), "{message}");
        assert_eq!(answer.json()["error"]["param"], Value::from("tags"));
    }
    assert_eq!(paid.calls(), 0);
    // Without tags of its own a request may go anywhere, where nothing is kept for such.
    post(&world, CHAT, &chat("paid-only", &json!({}))).await.expect(200);
}
