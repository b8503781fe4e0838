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

#[tokio::test]
async fn the_tags_of_a_key_are_in_the_row_of_each_of_its_requests() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"metadata": {"tags": ["of-key"]}})).await;
    let post = |path: &str, body: &Value| world.gateway.post(path, &key, body);
    let mut tagged = Caller::Chat.body("oa/x", false);
    tagged["metadata"] = json!({"tags": ["of-request", "of-key"]});
    let requests = [
        (post("/v1/chat/completions", &Caller::Chat.body("oa/x", false)), vec!["of-key"]),
        (post("/v1/chat/completions", &tagged), vec!["of-request", "of-key"]),
        (
            post("/v1/messages", &Caller::Messages.body("oa/x", true)).header("x-litellm-tags", "a"),
            vec!["a", "of-key"],
        ),
        (post("/v1/embeddings", &json!({"model": "oa/x", "input": "a"})), vec!["of-key"]),
        (post("/providers/oa/v1/chat/completions", &Caller::Chat.body("x", false)), vec!["of-key"]),
        (post("/v1/responses", &json!({"model": "oa/x", "input": "a"})), vec!["of-key"]),
        (post("/v1/chat/completions", &Caller::Chat.body("oa/fake-500", false)), vec!["of-key"]),
        // Refused before anything is asked.
        (post("/v1/chat/completions", &json!({"model": 7})), vec!["of-key"]),
        (post("/v1/chat/completions", &Caller::Chat.body("nothing-of-that-name", false)), vec!["of-key"]),
        (post("/v1/embeddings", &json!({"model": "nothing-of-that-name", "input": "a"})), vec!["of-key"]),
    ];
    let mut expected = Vec::new();
    for (request, tags) in requests {
        let answer = receive(request).await;
        expected.push((answer.request_id().to_owned(), tags));
    }
    for (id, tags) in &expected {
        let found = world.get(&format!("/spend/logs?request_id={id}")).await;
        let told: Vec<&str> =
            found[0]["request_tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
        let own: Vec<&str> = told.iter().copied().filter(|tag| !tag.starts_with("User-Agent:")).collect();
        assert_eq!(own, *tags, "{}", found[0]);
    }
    let named = world.get("/tag/list").await;
    assert!(named.as_array().unwrap().iter().any(|tag| tag["name"] == "of-key"), "{named}");
}
