//! `GET /v1/models`: what a key may use, and nothing else.

use postern_tests::{World, receive};
use serde_json::{Value, json};

async fn get(world: &World, key: &str, path: &str) -> (u16, Value) {
    let answer =
        receive(world.gateway.client().get(format!("{}{path}", world.gateway.url())).bearer_auth(key)).await;
    (answer.status, answer.json())
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn groups_aliases_and_provider_models_are_listed() {
    let world = World::with("router_settings: {model_group_alias: {quick: smart}}", |builder| builder).await;
    world.gateway.deploy("smart", "openai/x", &world.openai).await;
    for path in ["/v1/models", "/models"] {
        let (status, list) = get(&world, &world.key, path).await;
        assert_eq!((status, &list["object"]), (200, &json!("list")));
        for id in ["demo", "smart", "quick", "oa/gpt-4o-mini"] {
            assert!(ids(&list).contains(&id), "{id} is missing");
        }
        assert!(ids(&list).iter().any(|id| id.starts_with("an/claude-")));
        let model = &list["data"][0];
        assert_eq!(model["object"], "model");
        assert!(model["created"].is_i64() && model["owned_by"].is_string(), "{model}");
    }
    for id in ["smart", "quick", "oa/gpt-4o-mini", "oa:gpt-4o-mini", "oa/anything-new"] {
        let (status, model) = get(&world, &world.key, &format!("/v1/models/{id}")).await;
        assert_eq!((status, &model["id"]), (200, &json!(id)), "{model}");
    }
    let (status, error) = get(&world, &world.key, "/v1/models/nothing").await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("model_not_found")));
}

#[tokio::test]
async fn a_limited_key_sees_what_it_may_use() {
    let world = World::start().await;
    world.gateway.deploy("smart", "openai/x", &world.openai).await;
    let key = world.gateway.new_key(json!({"models": ["smart", "oa/gpt-4o-mini"]})).await;
    let (_, list) = get(&world, &key, "/v1/models").await;
    let mut seen = ids(&list);
    seen.sort_unstable();
    assert_eq!(seen, ["oa/gpt-4o-mini", "smart"]);
    assert_eq!(get(&world, &key, "/v1/models/smart").await.0, 200);
    assert_eq!(get(&world, &key, "/v1/models/demo").await.0, 404, "told that there is one it may not use");
}

#[tokio::test]
async fn model_names_lead_where_they_say() {
    let world = World::with("router_settings: {model_group_alias: {quick: smart}}", |builder| builder).await;
    world.gateway.deploy("smart", "openai/upstream-name", &world.openai).await;
    for (asked, upstream) in [
        ("smart", "upstream-name"),
        ("quick", "upstream-name"),
        ("oa/direct", "direct"),
        ("oa:direct", "direct"),
        ("openai/direct", "direct"),
        ("oa/with/slashes", "with/slashes"),
        ("gpt-4o-mini", "gpt-4o-mini"),
    ] {
        let answer = world.ask(postern_tests::Caller::Chat, asked, false).await.expect(200);
        assert_eq!(world.openai.last_request().json()["model"], upstream, "{asked}");
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["model_requested"], &row["upstream_model"]), (&json!(asked), &json!(upstream)));
    }
    let demo = world.ask(postern_tests::Caller::Messages, "demo", false).await.expect(200);
    let row = world.row(demo.request_id()).await;
    assert_eq!((&row["billing"], &row["cost_nanos"]), (&json!("local"), &json!(0)), "{row}");
}

#[tokio::test]
async fn anthropics_clients_get_their_own_shape_page_by_page() {
    let world = World::start().await;
    world.gateway.deploy("smart", "openai/gpt-4o-mini", &world.openai).await;
    let get = async |path: &str| {
        let url = format!("{}{path}", world.gateway.url());
        let request = world.gateway.client().get(url).header("anthropic-version", "2023-06-01");
        receive(request.header("x-api-key", &world.key)).await
    };
    let all = get("/v1/models?limit=1000").await.expect(200).json();
    assert!(ids(&all).contains(&"smart") && ids(&all).iter().any(|id| id.starts_with("an/claude-")));
    let smart = all["data"].as_array().unwrap().iter().find(|model| model["id"] == "smart").unwrap();
    assert_eq!((&smart["type"], &smart["display_name"]), (&json!("model"), &json!("smart")));
    assert_eq!((&smart["max_input_tokens"], &smart["max_tokens"]), (&json!(128_000), &json!(16_384)));
    assert!(smart["created_at"].as_str().unwrap().ends_with('Z'));

    let mut seen: Vec<String> = Vec::new();
    let mut path = "/v1/models?limit=7".to_owned();
    loop {
        let page = get(&path).await.expect(200).json();
        seen.extend(ids(&page).iter().map(ToString::to_string));
        assert_eq!(page["last_id"], json!(seen.last()));
        if page["has_more"] == false || seen.len() > 100 {
            break;
        }
        path = format!("/v1/models?limit=7&after_id={}", seen.last().unwrap());
    }
    assert_eq!(seen, ids(&all)[..seen.len()]);
    let back = get(&format!("/v1/models?limit=2&before_id={}", seen[3])).await.expect(200).json();
    assert_eq!((ids(&back), &back["has_more"]), (vec![seen[1].as_str(), &seen[2]], &json!(true)));

    let one = get("/v1/models/smart").await.expect(200).json();
    assert_eq!((&one["type"], &one["id"]), (&json!("model"), &json!("smart")));
    for (path, status) in
        [("/v1/models?limit=0", 400), ("/v1/models?after_id=nothing", 404), ("/v1/models/nothing", 404)]
    {
        let answer = get(path).await;
        assert_eq!((answer.status, &answer.json()["type"]), (status, &json!("error")), "{path}");
    }
}
