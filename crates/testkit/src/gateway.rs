//! The real `postern` binary as a child process with a temporary data directory, for tests from outside.
//!
//! The binary is `POSTERN_BIN`, or `postern` in the cargo target directory of the running test. Nothing here waits by
//! the clock: the gateway is ready when it says so, and gone when the process is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::FakeUpstream;

mod process;
#[cfg(test)]
mod tests;

use process::Process;
pub use process::Stopped;

/// The administrator's key of every test gateway.
const ADMIN_KEY: &str = "sk-admin-testkit-0123456789abcdef";

/// How to start a [`TestGateway`]. The default: a free port, an empty data directory, the memory vault.
#[derive(Debug, Default)]
pub struct GatewayBuilder {
    data_dir: Option<PathBuf>,
    vault: Option<String>,
    admin_key: AdminKey,
    arguments: Vec<OsString>,
    environment: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
enum AdminKey {
    #[default]
    Usual,
    Given(String),
    MadeByTheGateway,
}

impl GatewayBuilder {
    /// A directory of the test's own, which outlives the gateway: for starting another one on the same data.
    #[must_use]
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    #[must_use]
    pub fn vault(mut self, kind: &str) -> Self {
        self.vault = Some(kind.to_owned());
        self
    }

    /// Another administrator's key, or none, so that the gateway makes its own.
    #[must_use]
    pub fn admin_key(mut self, key: Option<&str>) -> Self {
        self.admin_key = key.map_or(AdminKey::MadeByTheGateway, |key| AdminKey::Given(key.to_owned()));
        self
    }

    /// A further argument of `postern serve`.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts with this configuration file.
    #[must_use]
    pub fn config(self, file: &Path) -> Self {
        self.argument("--config").argument(file)
    }

    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts and waits until the gateway says that it listens. Panics with its output if it ends before that.
    pub async fn start(self) -> TestGateway {
        self.try_start().await.unwrap_or_else(|stopped| panic!("postern did not start: {stopped}"))
    }

    /// The same for tests that expect a refusal.
    pub async fn try_start(self) -> Result<TestGateway, Stopped> {
        let own_directory = match &self.data_dir {
            Some(_) => None,
            None => Some(TempDir::with_prefix("postern-test-").expect("a temporary directory")),
        };
        let data_dir = match (&self.data_dir, &own_directory) {
            (Some(directory), _) => directory.clone(),
            (None, Some(temporary)) => temporary.path().to_path_buf(),
            (None, None) => unreachable!("one of them was just chosen"),
        };
        let admin_key = match self.admin_key {
            AdminKey::Usual => Some(ADMIN_KEY.to_owned()),
            AdminKey::Given(key) => Some(key),
            AdminKey::MadeByTheGateway => None,
        };
        let mut arguments: Vec<OsString> = vec!["serve".into()];
        if !self.arguments.iter().any(|argument| argument == "--listen") {
            arguments.extend(["--listen".into(), "127.0.0.1:0".into()]);
        }
        arguments.extend(["--data-dir".into(), data_dir.clone().into_os_string()]);
        arguments.extend(["--vault".into(), self.vault.unwrap_or_else(|| "memory".to_owned()).into()]);
        arguments.extend(self.arguments);
        let mut environment = self.environment;
        if let Some(key) = &admin_key {
            environment.insert("POSTERN_ADMIN_KEY".to_owned(), key.clone());
        }
        let launch = process::Launch { binary: None, arguments, environment, home: data_dir.clone() };
        let process = tokio::task::spawn_blocking(move || Process::start(launch))
            .await
            .expect("starting a process does not panic")?;
        Ok(TestGateway {
            process,
            data_dir,
            _own_directory: own_directory,
            admin_key,
            client: reqwest_client(),
        })
    }
}

/// A running gateway; dropping it ends the process (SIGTERM, and SIGKILL should that not do).
#[derive(Debug)]
pub struct TestGateway {
    process: Process,
    data_dir: PathBuf,
    _own_directory: Option<TempDir>,
    admin_key: Option<String>,
    client: reqwest::Client,
}

impl TestGateway {
    /// A gateway with nothing configured.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    pub fn builder() -> GatewayBuilder {
        GatewayBuilder::default()
    }

    /// `http://127.0.0.1:PORT`, without `/v1`.
    pub fn url(&self) -> &str {
        &self.process.url
    }

    /// The administrator's key the gateway was started with. Panics if it was to make its own.
    pub fn admin_key(&self) -> &str {
        self.admin_key.as_deref().expect("this gateway was started without an administrator's key")
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// A client that follows no redirect, uses no proxy and sends no header of its own choice.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// What the gateway wrote to stderr so far.
    pub fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// What the gateway wrote to stdout so far.
    pub fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// A request with the administrator's key; `path` starts with `/`.
    pub fn admin(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url())).bearer_auth(self.admin_key())
    }

    /// A POST with a caller's key.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.url())).bearer_auth(key).json(body)
    }

    /// `POST /key/generate`; the new key itself.
    pub async fn new_key(&self, request: Value) -> String {
        let answer = self.administer("/key/generate", &request).await;
        answer["key"].as_str().unwrap_or_else(|| panic!("no key in {answer}")).to_owned()
    }

    /// `POST /model/new`; the whole answer.
    pub async fn new_model(&self, request: Value) -> Value {
        self.administer("/model/new", &request).await
    }

    /// A deployment `name` of `model` (with LiteLLM's provider prefix, `openai/…`) at a fake upstream.
    pub async fn deploy(&self, name: &str, model: &str, upstream: &FakeUpstream) -> Value {
        let parameters = json!({"model": model, "api_base": upstream.url(), "api_key": "sk-upstream"});
        self.new_model(json!({"model_name": name, "litellm_params": parameters})).await
    }

    /// `GET /spend/logs`: the ledger's rows.
    pub async fn spend_logs(&self) -> Vec<Value> {
        let response = self.admin(reqwest::Method::GET, "/spend/logs").send().await.expect("an answer");
        let status = response.status();
        let rows: Value = response.json().await.expect("JSON from /spend/logs");
        assert!(status.is_success(), "/spend/logs answered {status}: {rows}");
        rows.as_array().unwrap_or_else(|| panic!("/spend/logs is no array: {rows}")).clone()
    }

    /// The ledger once it has `count` rows: for requests whose caller left, which are recorded after it did.
    /// Panics if it takes more than 20 seconds.
    pub async fn wait_for_spend_logs(&self, count: usize) -> Vec<Value> {
        for _ in 0..400 {
            let rows = self.spend_logs().await;
            if rows.len() >= count {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the ledger never had {count} rows: {:?}\n{}", self.spend_logs().await, self.stderr());
    }

    /// SIGTERM, then waits for the end and tells how it went; the exit code is for the test to judge.
    pub async fn stop(self) -> Stopped {
        self.process.terminate();
        self.ended().await
    }

    /// Only sends SIGTERM: for tests of what happens while the gateway drains.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// SIGHUP: read the configuration file again.
    pub fn hang_up(&self) {
        self.process.hang_up();
    }

    /// SIGKILL: no chance to flush anything.
    pub async fn kill(self) -> Stopped {
        self.process.kill();
        self.ended().await
    }

    /// Waits for the end without asking for it: after [`Self::terminate`], to which a second signal is an order to hurry.
    pub async fn ended(self) -> Stopped {
        let Self { mut process, .. } = self;
        tokio::task::spawn_blocking(move || process.wait())
            .await
            .expect("waiting for a process does not panic")
    }

    async fn administer(&self, path: &str, request: &Value) -> Value {
        let response = self.admin(reqwest::Method::POST, path).json(request).send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "{path} answered {status}: {text}\n{}", self.stderr());
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path} answered no JSON: {text}"))
    }
}

fn reqwest_client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.build().expect("a client with default settings")
}
