//! How requests find a deployment: what they say of it themselves, what they are told of it, and what happens when one does
//! not answer.

mod affinity;
mod circuits;
mod configured;
mod failover;
mod fallbacks;
mod limits;
mod load;
mod members;
mod other_callers;
mod providers;
mod timeouts;
mod told;
mod unavailable;

use postern_testkit::{Dialect, FakeUpstream};
use postern_tests::{Answer, World, receive};
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
/// The credential of deployments that have their own: looked for where it must not be.
const DEPLOYMENT_KEY: &str = "sk-deployment-credential-0d9a4c61";

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    receive(world.gateway.post(path, &world.key, body)).await
}

/// A chat of this model with these members.
fn chat(model: &str, more: &Value) -> Value {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
    with(body, more)
}

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A deployment of a group at this upstream, with whatever else is said of it; its id.
async fn deploy(world: &World, group: &str, upstream: &FakeUpstream, more: &Value) -> String {
    let model = match upstream.dialect() {
        Dialect::Anthropic => "anthropic/claude-x",
        _ => "openai/gpt-4o-mini",
    };
    let parameters =
        with(json!({"model": model, "api_base": upstream.url(), "api_key": DEPLOYMENT_KEY}), more);
    let made = world.gateway.new_model(json!({"model_name": group, "litellm_params": parameters})).await;
    made["model_info"]["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned()
}

/// Nothing that anybody keeps secret is in an answer.
#[track_caller]
fn assert_nothing_secret(world: &World, answer: &Answer) {
    let headers = format!("{:?}", answer.headers);
    let text = answer.text();
    for secret in [DEPLOYMENT_KEY, postern_tests::PROVIDER_KEY, &world.key, world.gateway.admin_key()] {
        assert!(!text.contains(secret) && !headers.contains(secret), "{secret} in {headers} {text}");
    }
}
