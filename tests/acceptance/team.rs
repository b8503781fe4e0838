//! `/team/*`: teams, who is in them, what they may use and spend, and who may change that.

mod access;
mod block;
mod callback;
mod delete;
mod info;
mod limits;
mod list;
mod members;
mod new;
mod roles;
mod update;

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.admin(Method::POST, path, body).await
}

/// The answer of a request that the administrator makes and that succeeds.
async fn done(world: &World, path: &str, body: Value) -> Value {
    post(world, path, body).await.expect(200).json()
}

/// A team of that id with these people: `("ann", "admin")`.
async fn team(world: &World, id: &str, people: &[(&str, &str)]) {
    let members: Vec<Value> =
        people.iter().map(|(user, role)| json!({"user_id": user, "role": role})).collect();
    done(world, "/team/new", json!({"team_id": id, "members_with_roles": members})).await;
}

/// Those whose key it is when somebody who is in a team calls models with it.
async fn team_key(world: &World, team: &str, user: Option<&str>) -> String {
    world.gateway.new_key(json!({"team_id": team, "user_id": user})).await
}

/// A key of a person's own.
async fn own_key(world: &World, user: &str) -> String {
    world.gateway.new_key(json!({"user_id": user})).await
}

/// An organization whose administrator is `admin`.
async fn organization(world: &World, id: &str, admin: &str, more: Value) {
    let mut body = json!({"organization_id": id, "organization_alias": id});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    done(world, "/organization/new", body).await;
    let member = json!({"user_id": admin, "role": "org_admin"});
    done(world, "/organization/member_add", json!({"organization_id": id, "member": member})).await;
}

/// A request with somebody's key.
async fn call(world: &World, key: &str, method: Method, path: &str, body: Value) -> Answer {
    let url = format!("{}{path}", world.gateway.url());
    let request = world.gateway.client().request(method, url).bearer_auth(key);
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

/// A request for a model.
async fn ask(world: &World, key: &str, model: &str) -> Answer {
    receive(world.gateway.post("/v1/chat/completions", key, &Caller::Chat.body(model, false))).await
}

async fn info(world: &World, id: &str) -> Value {
    world.get(&format!("/team/info?team_id={id}")).await
}

/// The row alone.
async fn row(world: &World, id: &str) -> Value {
    info(world, id).await["team_info"].clone()
}

/// That it was refused with this status, about this member, in both families of errors.
#[track_caller]
fn refused(answer: &Answer, status: u16, param: &str) -> String {
    assert_eq!(answer.status, status, "{param}: {}", answer.text());
    let body = answer.json();
    assert_eq!(body["error"]["code"], status.to_string(), "{body}");
    assert_eq!(body["error"]["param"], param, "{body}");
    assert!(!body["detail"].is_null() && body["request_id"].is_string(), "{body}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

/// A model of a cent for each of ten tokens of output.
async fn dear(world: &World) {
    let parameters = json!({
        "model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let usage = postern_testkit::Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    world.openai.always(postern_testkit::Reply::default().usage(usage));
}

/// A request that costs ten cents.
async fn spend(world: &World, key: &str) -> Answer {
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    receive(world.gateway.post("/v1/chat/completions", key, &body)).await
}
