//! `/spend/logs`: the ledger in LiteLLM's words.

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn requests_are_told_in_litellms_shape() {
    let world = World::start().await;
    let answer = world.ask(Caller::Chat, "oa/gpt-4o-mini", false).await.expect(200);
    world.ask(Caller::Messages, "oa/fake-500", false).await.expect(500);
    let logs = world.gateway.spend_logs().await;
    assert_eq!(logs.len(), 2);
    let (failed, good) = (&logs[0], &logs[1]);
    assert_eq!((&failed["status"], &failed["call_type"]), (&json!("failure"), &json!("anthropic_messages")));
    assert!(failed["metadata"]["error_information"]["error_message"].is_string(), "{failed}");
    for (name, value) in [
        ("status", json!("success")),
        ("call_type", json!("acompletion")),
        ("model", json!("gpt-4o-mini")),
        ("model_group", json!("oa/gpt-4o-mini")),
        ("custom_llm_provider", json!("oa")),
        ("prompt_tokens", json!(20)),
        ("completion_tokens", json!(21)),
        ("total_tokens", json!(41)),
    ] {
        assert_eq!(good[name], value, "{name}: {good}");
    }
    assert!(good["spend"].as_f64() > Some(0.0));
    assert_eq!(good["request_id"], answer.json()["id"]);
    assert_eq!(good["metadata"]["postern_request_id"], answer.request_id());
    let id = answer.request_id();
    let found = world.get(&format!("/spend/logs?request_id={id}")).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    let day = good["startTime"].as_str().unwrap()[..10].to_owned();
    let days = world.get(&format!("/spend/logs?start_date={day}&end_date={day}")).await;
    assert_eq!((&days[0]["startTime"], &days[0]["spend"]), (&json!(day), &good["spend"]), "{days}");
    let rows = world.get(&format!("/spend/logs?start_date={day}&end_date={day}&summarize=false")).await;
    assert_eq!(rows.as_array().unwrap().len(), 2);
    for wrong in [
        "start_date=soon",
        "end_date=2026-13-45",
        "end_date=9999-12-31",
        "start_date=%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80",
    ] {
        let answer = world.admin(Method::GET, &format!("/spend/logs?{wrong}"), Value::Null).await.expect(400);
        assert_eq!(answer.json()["error"]["reason"], "invalid_date");
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_key_sees_its_own_requests_only() {
    let world = World::start().await;
    let other = world.gateway.new_key(json!({"key_alias": "other"})).await;
    world.ask(Caller::Chat, "demo", false).await.expect(200);
    let theirs =
        receive(world.gateway.post("/v1/chat/completions", &other, &Caller::Chat.body("demo", false))).await;
    let get = |path: String| {
        receive(world.gateway.client().get(format!("{}{path}", world.gateway.url())).bearer_auth(&world.key))
    };
    let logs = get("/spend/logs".into()).await.expect(200).json();
    assert_eq!(logs.as_array().unwrap().len(), 1);
    get(format!("/spend/logs?api_key={other}")).await.expect(403);
    let found = get(format!("/spend/logs?request_id={}", theirs.request_id())).await.expect(200).json();
    assert_eq!(found, json!([]), "another key's request was shown");
    let all = world.get(&format!("/spend/logs?api_key={other}")).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
}
