//! `/user/*`: people, what they are given, and what they may do to each other.

mod bad_input;
mod bulk;
mod delete;
mod info;
mod list;
mod new;
mod power;
mod update;

use postern_testkit::{Reply, Usage};
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

pub async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.admin(Method::POST, path, body).await
}

/// A user, as the administrator makes one.
pub async fn make(world: &World, body: Value) -> Value {
    post(world, "/user/new", body).await.expect(200).json()
}

/// A request with somebody's key.
pub async fn as_key(world: &World, key: &str, method: Method, path: &str, body: Value) -> Answer {
    let url = format!("{}{path}", world.gateway.url());
    let request = world.gateway.client().request(method, url).bearer_auth(key);
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

pub async fn info(world: &World, user_id: &str) -> Value {
    world.get(&format!("/user/info?user_id={user_id}")).await
}

pub async fn is_known(world: &World, user_id: &str) -> bool {
    let path = format!("/user/info?user_id={user_id}");
    world.admin(Method::GET, &path, Value::Null).await.status == 200
}

pub async fn ask(world: &World, key: &str, model: &str) -> Answer {
    receive(world.gateway.post("/v1/chat/completions", key, &Caller::Chat.body(model, false))).await
}

/// A model of which each answer costs ten cents, told beforehand by `max_tokens`.
pub async fn dear_model(world: &World) {
    let parameters = json!({
        "model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let usage = Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
}

pub async fn ask_dear(world: &World, key: &str) -> Answer {
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    receive(world.gateway.post("/v1/chat/completions", key, &body)).await
}

pub fn key(made: &Value) -> &str {
    made["key"].as_str().unwrap()
}

/// An organization, a team in it, and somebody who administers it: their key.
pub async fn organization(world: &World, name: &str) -> String {
    let body = json!({"organization_id": name, "organization_alias": name});
    post(world, "/organization/new", body).await.expect(200);
    let team = json!({"team_id": format!("{name}-team"), "organization_id": name, "team_alias": name});
    post(world, "/team/new", team).await.expect(200);
    let admin = make(world, json!({"user_id": format!("{name}-admin")})).await;
    let member = json!({"role": "org_admin", "user_id": format!("{name}-admin")});
    let body = json!({"organization_id": name, "member": member});
    post(world, "/organization/member_add", body).await.expect(200);
    key(&admin).to_owned()
}
