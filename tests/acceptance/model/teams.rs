//! Models of teams: their keys' alone, and their administrators' to change.

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Two teams with a key each, an administrator of the first, and a model of the first.
struct Teams {
    world: World,
    key: String,
    other_key: String,
    /// Administers the first team.
    admin: String,
    model: String,
}

async fn call(world: &World, key: &str, method: Method, path: &str, body: Value) -> Answer {
    let request =
        world.gateway.client().request(method, format!("{}{path}", world.gateway.url())).bearer_auth(key);
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

impl Teams {
    async fn set() -> Self {
        let world = World::start().await;
        let post =
            async |path: &str, body: Value| world.admin(Method::POST, path, body).await.expect(200).json();
        let members = json!([{"role": "admin", "user_id": "tina"}]);
        post(
            "/team/new",
            json!({"team_id": "red", "models": ["oa/gpt-4o-mini"], "members_with_roles": members}),
        )
        .await;
        post("/team/new", json!({"team_id": "blue"})).await;
        let admin = world.gateway.new_key(json!({"user_id": "tina"})).await;
        let key = world.gateway.new_key(json!({"team_id": "red"})).await;
        let other_key = world.gateway.new_key(json!({"team_id": "blue"})).await;
        let params =
            json!({"model": "openai/of-red", "api_base": world.openai.url(), "api_key": "sk-of-red"});
        let body = json!({"model_name": "ours", "litellm_params": params, "model_info": {"team_id": "red", "access_groups": ["inner"]}});
        let made = world.gateway.new_model(body).await;
        assert_eq!(made["model_info"]["team_public_model_name"], "ours", "{made}");
        let model = made["model_id"].as_str().unwrap().to_owned();
        Self { world, key, other_key, admin, model }
    }

    async fn ask(&self, key: &str, model: &str) -> Answer {
        receive(self.world.gateway.post("/v1/chat/completions", key, &Caller::Chat.body(model, false))).await
    }

    async fn listed(&self, key: &str, query: &str) -> Vec<String> {
        let list = call(&self.world, key, Method::GET, &format!("/v1/models{query}"), Value::Null).await;
        let list = list.expect(200).json();
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test]
async fn a_teams_model_is_its_keys_alone() {
    let teams = Teams::set().await;
    let world = &teams.world;
    let answer = teams.ask(&teams.key, "ours").await.expect(200);
    assert_eq!(world.openai.last_request().json()["model"], "of-red");
    assert_eq!(world.row(answer.request_id()).await["deployment_id"], teams.model);
    teams.ask(&teams.key, &teams.model).await.expect(200);
    for key in [&teams.other_key, &world.key] {
        for name in ["ours", &teams.model] {
            let refused = teams.ask(key, name).await.expect(403);
            assert_eq!(refused.json()["error"]["type"], "key_model_access_denied", "{}", refused.text());
        }
        assert!(!teams.listed(key, "").await.contains(&"ours".to_owned()));
        call(world, key, Method::GET, "/v1/models/ours", Value::Null).await.expect(404);
        let info = call(world, key, Method::GET, "/model/info", Value::Null).await.expect(200).text();
        assert!(!info.contains("ours") && !info.contains("of-red"), "{info}");
        let groups = call(world, key, Method::GET, "/model_group/info", Value::Null).await.expect(200).text();
        assert!(!groups.contains("ours"), "{groups}");
    }
    assert!(teams.listed(&teams.key, "").await.contains(&"ours".to_owned()));
    assert!(teams.listed(&teams.key, "").await.contains(&"oa/gpt-4o-mini".to_owned()));
    let info = call(world, &teams.key, Method::GET, "/model/info", Value::Null).await.expect(200).text();
    assert!(info.contains("of-red") && !info.contains("sk-of-red"), "{info}");
    // A key of the team may be given less than the team has; a name that the team's models have in common counts, too.
    for (models, status) in
        [(json!(["oa/gpt-4o-mini"]), 403), (json!(["ours"]), 200), (json!(["inner"]), 200)]
    {
        let key = world.gateway.new_key(json!({"team_id": "red", "models": models})).await;
        assert_eq!(teams.ask(&key, "ours").await.status, status, "{models}");
    }
    // The administrator asks for it by its id, and for nobody's by its name.
    teams.ask(world.gateway.admin_key(), &teams.model).await.expect(200);
    teams.ask(world.gateway.admin_key(), "ours").await.expect(403);
    world.assert_well().await;
}

#[tokio::test]
async fn a_team_may_have_a_model_of_a_name_that_others_use_otherwise() {
    let teams = Teams::set().await;
    let world = &teams.world;
    world.gateway.deploy("shared", "openai/of-all", &world.openai).await;
    let params = json!({"model": "openai/of-red", "api_base": world.openai.url(), "api_key": "sk-of-red"});
    let body = json!({"model_name": "shared", "litellm_params": params, "model_info": {"team_id": "red"}});
    let own = world.gateway.new_model(body).await;
    let body = json!({"model_name": "many/*", "litellm_params": {"model": "openai/*", "api_base": world.openai.url(), "api_key": "sk-of-red"}, "model_info": {"team_id": "red"}});
    world.gateway.new_model(body).await;
    for (key, asked, upstream) in [
        (&teams.key, "shared", Some("of-red")),
        (&teams.other_key, "shared", Some("of-all")),
        (&teams.key, "many/anything", Some("anything")),
        (&teams.other_key, "many/anything", None),
    ] {
        let answer = teams.ask(key, asked).await;
        match upstream {
            Some(upstream) => {
                answer.expect(200);
                assert_eq!(world.openai.last_request().json()["model"], upstream, "{asked}");
            }
            None => drop(answer.expect(404)),
        }
    }
    assert_eq!(teams.listed(&teams.key, "").await.iter().filter(|name| *name == "shared").count(), 1);
    // Made everybody's, it is one more of the group that everybody has.
    let path = format!("/model/{}/update", own["model_id"].as_str().unwrap());
    let made =
        world.admin(Method::PATCH, &path, json!({"model_info": {"team_id": null}})).await.expect(200).json();
    assert!(made["model_info"].get("team_public_model_name").is_none(), "{made}");
    let id = own["model_id"].as_str().unwrap();
    teams.ask(&teams.other_key, id).await.expect(200);
}

#[tokio::test]
async fn lists_may_be_asked_for_a_team() {
    let teams = Teams::set().await;
    let admin = teams.world.gateway.admin_key().to_owned();
    let of_red = teams.listed(&admin, "?team_id=red").await;
    let mut sorted = of_red.clone();
    sorted.sort();
    assert_eq!(sorted, ["oa/gpt-4o-mini", "ours"]);
    assert_eq!(teams.listed(&teams.key, "?team_id=red").await, of_red);
    assert_eq!(teams.listed(&teams.admin, "?team_id=red").await, of_red, "whoever is in the team");
    for (key, status) in [(&teams.other_key, 403), (&teams.world.key, 403)] {
        call(&teams.world, key, Method::GET, "/v1/models?team_id=red", Value::Null).await.expect(status);
    }
    teams.world.admin(Method::GET, "/v1/models?team_id=nothing", Value::Null).await.expect(404);
}

#[tokio::test]
async fn a_teams_administrator_changes_the_teams_models_and_no_others() {
    let teams = Teams::set().await;
    let world = &teams.world;
    let common = world.gateway.deploy("common", "openai/x", &world.openai).await;
    let common = common["model_id"].as_str().unwrap();
    let body = json!({"model_name": "theirs", "litellm_params": {"model": "openai/x", "api_key": "sk-of-blue"}, "model_info": {"id": "of-blue", "team_id": "blue"}});
    world.gateway.new_model(body).await;
    let own_key = json!({"model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-of-tina"});
    let new = |params: &Value, team: Value| json!({"model_name": "made", "litellm_params": params, "model_info": {"team_id": team}});
    let admin =
        async |method: Method, path: &str, body: Value| call(world, &teams.admin, method, path, body).await;

    let made = admin(Method::POST, "/model/new", new(&own_key, json!("red"))).await.expect(200).json();
    assert_eq!(made["created_by"], "tina");
    teams.ask(&teams.key, "made").await.expect(200);
    let path = format!("/model/{}/update", made["model_id"].as_str().unwrap());
    admin(Method::PATCH, &path, json!({"litellm_params": {"rpm": 60}})).await.expect(200);

    // What is not the team's is not theirs, nor can it be made so.
    for (method, path, body) in [
        (Method::POST, "/model/new", new(&own_key, json!("blue"))),
        (Method::POST, "/model/new", new(&own_key, Value::Null)),
        (Method::POST, "/model/new", new(&own_key, json!("nothing"))),
        (Method::PATCH, &path, json!({"model_info": {"team_id": "blue"}})),
        (Method::PATCH, &path, json!({"model_info": {"team_id": null}})),
        (Method::PATCH, "/model/of-blue/update", json!({"model_name": "x"})),
        (Method::PATCH, &format!("/model/{common}/update"), json!({"model_name": "x"})),
        (Method::PATCH, "/model/nothing/update", json!({"model_name": "x"})),
        (Method::POST, "/model/delete", json!({"id": "of-blue"})),
        (Method::POST, "/model/delete", json!({"id": common})),
        (Method::POST, "/model/delete", json!({"id": "nothing"})),
        (Method::POST, "/access_group/new", json!({"access_group": "x", "model_names": ["common"]})),
        (Method::POST, "/model_group/make_public", json!({"model_groups": ["common"]})),
    ] {
        let answer = admin(method.clone(), path, body.clone()).await;
        assert_eq!(answer.status, 403, "{method} {path} {body}: {}", answer.text());
    }
    // A member who administers nothing, and a team's key, may not either.
    let delete = json!({"id": made["model_id"]});
    for key in [&teams.key, &world.key] {
        call(world, key, Method::POST, "/model/delete", delete.clone()).await.expect(403);
    }
    admin(Method::POST, "/model/delete", delete).await.expect(200);
    teams.ask(&teams.key, "made").await.expect(404);
    world.assert_well().await;
}

#[tokio::test]
async fn a_teams_administrator_cannot_spend_or_learn_the_gateways_credentials() {
    let teams = Teams::set().await;
    let world = &teams.world;
    let admin =
        async |method: Method, path: &str, body: Value| call(world, &teams.admin, method, path, body).await;
    let new = |params: Value| json!({"model_name": "made", "litellm_params": params, "model_info": {"team_id": "red"}});
    // The provider's own credential: what the team may use anyway, and nothing else.
    admin(Method::POST, "/model/new", new(json!({"model": "oa/gpt-4o"}))).await.expect(403);
    admin(
        Method::POST,
        "/model/new",
        new(json!({"model": "bedrock/x", "aws_profile_name": "default", "api_key": "sk-x"})),
    )
    .await
    .expect(403);
    admin(
        Method::POST,
        "/model/new",
        new(json!({"model": "oa/gpt-4o-mini", "input_cost_per_token": 0, "output_cost_per_token": 0})),
    )
    .await
    .expect(400);
    let free = json!({"model": "oa/gpt-4o-mini", "billing": "local"});
    admin(Method::POST, "/model/new", new(free)).await.expect(400);
    let made =
        admin(Method::POST, "/model/new", new(json!({"model": "oa/gpt-4o-mini"}))).await.expect(200).json();
    let path = format!("/model/{}/update", made["model_id"].as_str().unwrap());
    admin(Method::PATCH, &path, json!({"litellm_params": {"model": "oa/gpt-4o"}})).await.expect(403);
    admin(Method::PATCH, &path, json!({"model_info": {"input_cost_per_token": 0}})).await.expect(400);
    admin(Method::PATCH, &path, json!({"litellm_params": {"billing": "subscription"}})).await.expect(400);
    // The credential that the administrator gave the team's model goes nowhere else.
    let thief = postern_testkit::FakeUpstream::openai().await;
    let path = format!("/model/{}/update", teams.model);
    let body = json!({"litellm_params": {"api_base": thief.url()}});
    admin(Method::PATCH, &path, body).await.expect(400);
    teams.ask(&teams.key, "ours").await.expect(200);
    assert_eq!(thief.calls(), 0);
    let body = json!({"litellm_params": {"api_base": thief.url(), "api_key": "sk-of-tina"}});
    admin(Method::PATCH, &path, body).await.expect(200);
    teams.ask(&teams.key, "ours").await.expect(200);
    assert_eq!(thief.last_request().header("authorization"), "Bearer sk-of-tina");
}
