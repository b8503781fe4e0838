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

#[tokio::test]
async fn a_wildcard_group_serves_every_model_that_fits() {
    let upstream = postern_testkit::FakeUpstream::openai().await;
    let config = format!(
        "{{litellm_settings: {{num_retries: 0}}, router_settings: {{model_group_alias: {{quick: openai/gpt-4o-mini, unlisted: {{model: demo, hidden: true}}}}}}, model_list: [{{model_name: 'openai/*', model_info: {{id: many}}, litellm_params: {{model: 'openai/*', api_base: '{url}', api_key: sk-many}}}}, {{model_name: 'mine-*', litellm_params: {{model: 'openai/gpt-4o-*', api_base: '{url}', api_key: sk-mine}}}}]}}",
        url = upstream.url()
    );
    let world = World::with(&config, |builder| builder).await;
    let (_, list) = get(&world, &world.key, "/v1/models").await;
    let listed = ids(&list);
    for id in ["openai/gpt-4o-mini", "mine-mini", "quick", "oa/gpt-4o-mini"] {
        assert_eq!(listed.iter().filter(|known| **known == id).count(), 1, "{id}");
    }
    assert!(!listed.iter().any(|id| id.contains('*') || *id == "unlisted"), "{listed:?}");
    for (asked, sent, key) in [
        ("openai/gpt-4o-mini", "gpt-4o-mini", "Bearer sk-many"),
        ("openai/of-tomorrow", "of-tomorrow", "Bearer sk-many"),
        ("quick", "gpt-4o-mini", "Bearer sk-many"),
        ("mine-mini", "gpt-4o-mini", "Bearer sk-mine"),
        ("many/openai/x", "x", "Bearer sk-many"),
    ] {
        let answer = world.ask(postern_tests::Caller::Chat, asked, false).await.expect(200);
        let request = upstream.last_request();
        assert_eq!(
            (&request.json()["model"], request.header("authorization")),
            (&json!(sent), key),
            "{asked}"
        );
        assert_eq!(world.row(answer.request_id()).await["upstream_model"], sent, "{asked}");
    }
    world.ask(postern_tests::Caller::Chat, "unlisted", false).await.expect(200);
    world.ask(postern_tests::Caller::Chat, "openai/*", false).await.expect(404);

    let narrow = world.gateway.new_key(json!({"models": ["openai/*"]})).await;
    let ask = async |model: &str| {
        let body = postern_tests::Caller::Chat.body(model, false);
        receive(world.gateway.post("/v1/chat/completions", &narrow, &body)).await.status
    };
    assert_eq!((ask("openai/anything").await, ask("mine-mini").await, ask("demo").await), (200, 403, 403));
    let (_, list) = get(&world, &narrow, "/v1/models").await;
    assert!(ids(&list).contains(&"openai/gpt-4o-mini"));
    let others: Vec<_> = ids(&list).into_iter().filter(|id| !id.starts_with("openai/")).collect();
    assert_eq!(others, ["quick"], "its alias leads to what the key may use");
    let info = world.get("/model/info").await;
    let names: Vec<_> = info["data"].as_array().unwrap().iter().map(|model| &model["model_name"]).collect();
    assert!(names.contains(&&json!("openai/*")) && names.contains(&&json!("mine-*")), "{names:?}");
}

#[tokio::test]
async fn a_key_may_be_given_access_groups() {
    let world = World::start().await;
    let deploy = async |name: &str, access: Value| {
        let params = json!({"model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream"});
        let body =
            json!({"model_name": name, "litellm_params": params, "model_info": {"access_groups": access}});
        world.gateway.new_model(body).await["model_id"].as_str().unwrap().to_owned()
    };
    let smart = deploy("smart", json!(["staff"])).await;
    let secret = deploy("secret", json!(["board"])).await;
    let key = world.gateway.new_key(json!({"models": ["staff"]})).await;
    let ask = async |model: &str| {
        let body = postern_tests::Caller::Chat.body(model, false);
        receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.status
    };
    // A deployment's id is its model group's.
    assert_eq!((ask("smart").await, ask(&smart).await), (200, 200));
    assert_eq!((ask("secret").await, ask(&secret).await, ask("oa/x").await), (403, 403, 403));
    assert_eq!(ids(&get(&world, &key, "/v1/models").await.1), ["smart"]);
    // A model that joins the group later is the key's, too.
    deploy("later", json!(["staff", "board"])).await;
    assert_eq!(ask("later").await, 200);
    let refused = json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"access_groups": "staff"}});
    let answer = receive(world.gateway.admin(reqwest::Method::POST, "/model/new").json(&refused)).await;
    assert!(answer.expect(400).text().contains("model_info.access_groups"));
}

#[tokio::test]
async fn the_id_of_a_deployment_asks_that_one() {
    let world = World::start().await;
    let one = world.gateway.deploy("smart", "openai/one", &world.openai).await;
    let two = world.gateway.deploy("smart", "openai/two", &world.openai).await;
    for (made, upstream) in [(&one, "one"), (&two, "two")] {
        let id = made["model_id"].as_str().unwrap();
        for _ in 0..5 {
            let answer = world.ask(postern_tests::Caller::Chat, id, false).await.expect(200);
            assert_eq!(world.openai.last_request().json()["model"], upstream);
            let row = world.row(answer.request_id()).await;
            assert_eq!((&row["model_group"], &row["deployment_id"]), (&json!("smart"), &json!(id)));
        }
    }
}

#[tokio::test]
async fn a_bare_name_is_asked_of_every_provider_that_serves_it() {
    let world = World::start().await;
    let other = postern_testkit::FakeUpstream::openai().await;
    world.add_provider("openai", "second", &other.url()).await;
    for _ in 0..40 {
        world.ask(postern_tests::Caller::Chat, "gpt-4o-mini", false).await.expect(200);
    }
    assert!(world.openai.calls() > 0 && other.calls() > 0);
    let limited = world.gateway.new_key(json!({"models": ["gpt-4o-mini"]})).await;
    let (_, list) = get(&world, &limited, "/v1/models").await;
    assert_eq!(ids(&list), ["gpt-4o-mini"], "listed is what may be asked for");
}
