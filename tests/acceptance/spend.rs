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

#[tokio::test]
async fn pages_are_filtered_by_everything_that_a_row_tells() {
    let world = World::start().await;
    crate::organization::dear_model(&world).await;
    let made = async |path: &str, body: Value| world.admin(Method::POST, path, body).await.expect(200).json();
    made("/team/new", json!({"team_id": "red"})).await;
    made("/user/new", json!({"user_id": "ann", "auto_create_key": false})).await;
    let anns = made("/key/generate", json!({"user_id": "ann", "team_id": "red", "key_alias": "ann's"})).await;
    let anns = anns["key"].as_str().unwrap().to_owned();
    let dear = crate::organization::ask_dear(&world, &anns, json!({"user": "end-1"})).await.expect(200);
    let free = world.ask(Caller::Chat, "demo", false).await.expect(200);
    world.ask(Caller::Messages, "oa/fake-500", false).await.expect(500);
    world.row_number(3).await;
    let page = async |query: &str| world.get(&format!("/spend/logs/v2?{query}")).await;
    let all = page("").await;
    assert_eq!(
        (&all["total"], &all["page"], &all["page_size"], &all["total_pages"]),
        (&json!(3), &json!(1), &json!(50), &json!(1))
    );
    assert_eq!(all["data"], json!(world.gateway.spend_logs().await));
    let today = all["data"][0]["startTime"].as_str().unwrap()[..10].to_owned();
    let hash =
        made("/v2/key/info", json!({"keys": [anns]})).await["info"][0]["token"].as_str().unwrap().to_owned();
    for (query, count) in [
        ("status_filter=success".to_owned(), 2),
        ("status_filter=failure".into(), 1),
        ("error_code=500".into(), 1),
        ("min_spend=0.05".into(), 1),
        ("max_spend=0.05".into(), 2),
        ("min_spend=0.05&max_spend=0.06".into(), 0),
        ("model=dear".into(), 1),
        ("model=x".into(), 1),
        ("key_alias=ann%27s".into(), 1),
        ("key_alias=nobody".into(), 0),
        (format!("api_key={anns}"), 1),
        (format!("api_key={hash}"), 1),
        ("user_id=ann".into(), 1),
        ("team_id=red".into(), 1),
        ("team_id=blue".into(), 0),
        ("end_user=end-1".into(), 1),
        (format!("request_id={}", dear.request_id()), 1),
        (format!("request_id={}", free.json()["id"].as_str().unwrap()), 1),
        (format!("request_id={}&team_id=red", free.request_id()), 0),
        ("request_id=nothing".into(), 0),
        (format!("start_date={today}&end_date=2999-01-01"), 3),
        ("start_date=2020-01-01%2000:00:00&end_date=2020-01-02%2000:00:00".into(), 0),
    ] {
        let told = page(&query).await;
        assert_eq!(
            (&told["total"], told["data"].as_array().unwrap().len()),
            (&json!(count), count),
            "{query}: {told}"
        );
    }
    let second = page("page=2&page_size=2").await;
    assert_eq!((&second["total_pages"], &second["data"][0]), (&json!(2), &all["data"][2]));
    for (wrong, status) in [
        ("page=0", 422),
        ("page_size=1001", 422),
        ("status_filter=maybe", 400),
        ("min_spend=-1", 400),
        ("start_date=yesterday", 400),
        ("end_date=2026-13-01%2000:00:00", 400),
        ("error_code=x", 422),
    ] {
        world.admin(Method::GET, &format!("/spend/logs/v2?{wrong}"), Value::Null).await.expect(status);
    }
    let own = |query: &str| {
        let url = format!("{}/spend/logs/v2?{query}", world.gateway.url());
        receive(world.gateway.client().get(url).bearer_auth(&anns))
    };
    assert_eq!(own("").await.expect(200).json()["total"], 1);
    for foreign in ["user_id=bob", "team_id=blue", &format!("api_key={}", world.key)] {
        own(foreign).await.expect(403);
    }
    // By name it is found only where it may be seen.
    assert_eq!(own(&format!("request_id={}", free.request_id())).await.expect(200).json()["total"], 0);
}
