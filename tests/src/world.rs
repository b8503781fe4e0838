//! A gateway with an OpenAI and an Anthropic provider behind it, and a virtual key.

use postern_testkit::{Dialect, FakeUpstream, GatewayBuilder, TestGateway};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answer::{Answer, receive};
use crate::caller::Caller;

/// The credential of both providers: looked for where it must not be.
pub const PROVIDER_KEY: &str = "sk-provider-credential-7c1f0a94e2b85d36";

/// A row of the ledger with its detail, as the console shows it.
pub type Row = Value;

pub struct World {
    pub gateway: TestGateway,
    pub openai: FakeUpstream,
    pub anthropic: FakeUpstream,
    pub gemini: FakeUpstream,
    pub ollama: FakeUpstream,
    pub cohere: FakeUpstream,
    pub bedrock: FakeUpstream,
    /// A virtual key that may use everything.
    pub key: String,
    _files: TempDir,
}

impl World {
    /// One attempt per request: tests of faults would otherwise wait for retries.
    pub async fn start() -> Self {
        Self::with("litellm_settings: {num_retries: 0}", |builder| builder).await
    }

    /// With a configuration file and whatever else `how` asks for.
    pub async fn with(config: &str, how: impl FnOnce(GatewayBuilder) -> GatewayBuilder) -> Self {
        let files = TempDir::with_prefix("postern-config-").expect("a temporary directory");
        let file = files.path().join("config.yaml");
        std::fs::write(&file, config).expect("a file in a new directory");
        let gateway = how(TestGateway::builder().config(&file)).start().await;
        let (openai, anthropic) = (FakeUpstream::openai().await, FakeUpstream::anthropic().await);
        let gemini = FakeUpstream::gemini().await;
        let (ollama, cohere) = (FakeUpstream::ollama().await, FakeUpstream::cohere().await);
        let bedrock = FakeUpstream::bedrock().await;
        let key = gateway.new_key(json!({"key_alias": "world"})).await;
        let world = Self { gateway, openai, anthropic, gemini, ollama, cohere, bedrock, key, _files: files };
        world.add_provider("openai", "oa", &world.openai.url()).await;
        world.add_provider("anthropic", "an", &world.anthropic.url()).await;
        world.add_provider("gemini", "go", &world.gemini.url()).await;
        world.add_provider("ollama", "ol", &world.ollama.url()).await;
        world.add_provider("cohere", "co", &world.cohere.url()).await;
        world.add_provider("bedrock", "be", &world.bedrock.url()).await;
        world
    }

    pub async fn add_provider(&self, preset: &str, name: &str, url: &str) -> Value {
        let body = json!({"preset": preset, "name": name, "base_url": url, "api_key": PROVIDER_KEY});
        receive(self.gateway.admin(Method::POST, "/console/providers").json(&body)).await.expect(201).json()
    }

    pub fn upstream(&self, dialect: Dialect) -> &FakeUpstream {
        match dialect {
            Dialect::OpenAi | Dialect::Responses | Dialect::Completions => &self.openai,
            Dialect::Anthropic => &self.anthropic,
            Dialect::Gemini => &self.gemini,
            Dialect::Ollama => &self.ollama,
            Dialect::Cohere => &self.cohere,
            Dialect::Bedrock | Dialect::BedrockClaude => &self.bedrock,
        }
    }

    /// `provider/model` at the fake of that dialect.
    pub fn model(dialect: Dialect, model: &str) -> String {
        match dialect {
            Dialect::OpenAi | Dialect::Responses | Dialect::Completions => format!("oa/{model}"),
            Dialect::Anthropic => format!("an/{model}"),
            Dialect::Gemini => format!("go/{model}"),
            Dialect::Ollama => format!("ol/{model}"),
            Dialect::Cohere => format!("co/{model}"),
            Dialect::Bedrock | Dialect::BedrockClaude => format!("be/{model}"),
        }
    }

    pub fn request(&self, caller: Caller, body: &Value) -> reqwest::RequestBuilder {
        self.gateway.post(caller.path(), &self.key, body)
    }

    /// A plain question in the caller's format.
    pub async fn ask(&self, caller: Caller, model: &str, stream: bool) -> Answer {
        receive(self.request(caller, &caller.body(model, stream))).await
    }

    pub async fn admin(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.gateway.admin(method, path);
        receive(if body.is_null() { request } else { request.json(&body) }).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.admin(Method::GET, path, Value::Null).await.expect(200).json()
    }

    /// The ledger's row of a request that was answered.
    pub async fn row(&self, request_id: &str) -> Row {
        self.get(&format!("/console/requests/{request_id}")).await
    }

    /// All rows, newest first.
    pub async fn rows(&self) -> Vec<Row> {
        all_rows(&self.gateway).await
    }

    /// The newest row once there are `count`: for requests whose caller left, which are recorded after it did.
    pub async fn row_number(&self, count: usize) -> Row {
        self.gateway.wait_for_spend_logs(count).await;
        let newest = self.rows().await[0]["id"].as_str().expect("an id").to_owned();
        self.row(&newest).await
    }

    /// The gateway still answers, and nothing in it panicked.
    pub async fn assert_well(&self) {
        let health = receive(self.gateway.client().get(format!("{}/health", self.gateway.url()))).await;
        assert_eq!(health.status, 200, "{}", health.text());
        let stderr = self.gateway.stderr();
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

/// All rows of a gateway's ledger, newest first.
pub async fn all_rows(gateway: &TestGateway) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut path = "/console/requests?limit=500".to_owned();
    loop {
        let page = receive(gateway.admin(Method::GET, &path)).await.expect(200).json();
        rows.extend(page["requests"].as_array().expect("a list of requests").clone());
        match page["next"].as_str() {
            Some(next) => path = format!("/console/requests?limit=500&before={next}"),
            None => return rows,
        }
    }
}
