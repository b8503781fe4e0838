//! What the configuration file says of routing, end to end: the real program with a file of its own between a caller and
//! fake upstreams that count their calls. What a request says of its own way is in `v1`.

mod checks;
mod cooldowns;
mod fallbacks;
mod hedging;
mod hedging_bills;
mod mirrors;
mod probes;
mod retries;
mod strategies;
mod timeouts;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use postern_testkit::{Dialect, FakeUpstream, TestGateway, Usage};
use postern_tests::{Answer, Caller, all_rows, receive};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// More than anything here takes that does not hang.
const PATIENCE: Duration = Duration::from_secs(20);
/// Fifteen tokens, of which ten are the prompt's.
const TEN_AND_FIVE: Usage = Usage { input: 10, cache_read: 0, cache_write: 0, output: 5, reasoning: 0 };

/// A gateway with a configuration file, and a virtual key.
struct Scene {
    gateway: TestGateway,
    key: String,
    _files: TempDir,
}

/// A deployment of the group at this upstream, for a configuration file.
fn at(group: &str, upstream: &FakeUpstream, parameters: Value) -> Value {
    let provider = if upstream.dialect() == Dialect::Anthropic { "anthropic" } else { "openai" };
    let mut all =
        json!({"model": format!("{provider}/x"), "api_base": upstream.url(), "api_key": "sk-upstream"});
    all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
    json!({"model_name": group, "litellm_params": all})
}

impl Scene {
    /// With these `router_settings` and this `model_list`.
    async fn start(settings: Value, models: &[Value]) -> Self {
        Self::with(&json!({"router_settings": settings, "model_list": models})).await
    }

    async fn with(config: &Value) -> Self {
        let files = TempDir::with_prefix("postern-config-").unwrap();
        let file = files.path().join("config.yaml");
        // JSON is YAML.
        std::fs::write(&file, config.to_string()).unwrap();
        let gateway = TestGateway::builder().config(&file).start().await;
        let key = gateway.new_key(json!({"key_alias": "scene"})).await;
        let status = receive(gateway.admin(Method::GET, "/console/status")).await.expect(200).json();
        assert_eq!(status["config"]["warnings"], json!([]), "a setting that means nothing tests nothing");
        Self { gateway, key, _files: files }
    }

    async fn ask(&self, model: &str, stream: bool) -> Answer {
        self.ask_with(&self.key, Caller::Chat, &Caller::Chat.body(model, stream)).await
    }

    async fn ask_with(&self, key: &str, caller: Caller, body: &Value) -> Answer {
        let asked = receive(self.gateway.post(caller.path(), key, body));
        tokio::time::timeout(PATIENCE, asked).await.expect("an answer in time")
    }

    /// So many plain requests, some at a time, which must all be answered.
    async fn ask_often(&self, model: &str, number: usize) {
        let asked = (0..number).map(|_| self.ask(model, false));
        let mut asked = stream::iter(asked).buffer_unordered(8);
        while let Some(answer) = asked.next().await {
            answer.expect(200);
        }
    }

    async fn get(&self, path: &str) -> Value {
        receive(self.gateway.admin(Method::GET, path)).await.expect(200).json()
    }

    async fn row(&self, request_id: &str) -> Value {
        self.get(&format!("/console/requests/{request_id}")).await
    }

    async fn rows(&self) -> Vec<Value> {
        all_rows(&self.gateway).await
    }

    /// The rows once there are so many, newest first: for those that are written after their caller has gone.
    async fn rows_once(&self, count: usize) -> Vec<Value> {
        self.gateway.wait_for_spend_logs(count).await;
        self.rows().await
    }

    /// What a key has spent, in dollars.
    async fn spend_of(&self, key: &str) -> f64 {
        self.get(&format!("/key/info?key={key}")).await["info"]["spend"].as_f64().unwrap()
    }

    async fn health(&self) -> Value {
        self.get("/admin/health").await
    }
}

/// Waits for something that is to happen.
async fn soon(what: &str, future: impl Future) {
    assert!(tokio::time::timeout(PATIENCE, future).await.is_ok(), "it never came: {what}");
}

/// The models that an upstream was asked for, in order.
fn models_asked(upstream: &FakeUpstream) -> Vec<String> {
    let named = |body: Value| body["model"].as_str().unwrap_or_default().to_owned();
    upstream.requests().iter().map(|request| named(request.json())).collect()
}
