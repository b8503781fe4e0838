//! `/config/reload` and the configuration file that changes while the gateway runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postern_testkit::{FakeUpstream, Gate, Reply, TestGateway};
use postern_tests::{Answer, Caller, receive, start};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A gateway with a file of its own, which has one deployment of the group `smart`.
struct Configured {
    gateway: Arc<TestGateway>,
    upstream: FakeUpstream,
    folder: TempDir,
}

/// The file with `smart` served by this upstream model.
fn text(upstream: &FakeUpstream, model: &str) -> String {
    format!(
        "litellm_settings: {{num_retries: 0}}\nmodel_list:\n  - model_name: smart\n    litellm_params: {{model: openai/{model}, api_base: {}, api_key: sk-upstream}}\n",
        upstream.url()
    )
}

impl Configured {
    async fn start() -> Self {
        Self::at(|folder, text| {
            let file = folder.join("config.yaml");
            std::fs::write(&file, text).unwrap();
            file
        })
        .await
    }

    async fn at(write: impl FnOnce(&Path, &str) -> PathBuf) -> Self {
        let folder = TempDir::with_prefix("postern-config-").unwrap();
        let upstream = FakeUpstream::openai().await;
        let file = write(folder.path(), &text(&upstream, "first"));
        let gateway = Arc::new(TestGateway::builder().config(&file).start().await);
        Self { gateway, upstream, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("config.yaml")
    }

    fn text(&self, model: &str) -> String {
        text(&self.upstream, model)
    }

    async fn ask(&self, model: &str) -> Answer {
        ask(&self.gateway, model).await
    }

    /// Asks for `smart` until this upstream model answers. Every answer must be a good one.
    async fn until(&self, model: &str) {
        let asked = async {
            loop {
                self.ask("smart").await.expect(200);
                if self.upstream.last_request().json()["model"] == model {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), asked).await;
        waited.unwrap_or_else(|_| panic!("{model} never came: {}", self.gateway.stderr()));
    }

    async fn status(&self) -> Value {
        let request = self.gateway.admin(Method::GET, "/console/status");
        receive(request).await.expect(200).json()["config"].clone()
    }

    /// The status once it has an error, or none any more.
    async fn status_with(&self, error: bool) -> Value {
        let asked = async {
            loop {
                let status = self.status().await;
                if status["error"].is_null() != error {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), asked).await.expect("the status changes")
    }

    async fn reload(&self) -> Answer {
        receive(self.gateway.admin(Method::POST, "/config/reload")).await
    }
}

async fn ask(gateway: &TestGateway, model: &str) -> Answer {
    let body = Caller::Chat.body(model, false);
    receive(gateway.post(Caller::Chat.path(), gateway.admin_key(), &body)).await
}

/// Runs something while `smart` is asked for all the time, and fails if any answer was not a good one.
async fn while_asking(configured: &Configured, work: impl Future<Output = ()>) {
    let done = Arc::new(AtomicBool::new(false));
    let (gateway, stop) = (configured.gateway.clone(), done.clone());
    let asking = start(async move {
        let mut answered = 0;
        while !stop.load(Ordering::Relaxed) {
            let answer = ask(&gateway, "smart").await;
            assert_eq!(answer.status, 200, "after {answered}: {}", answer.text());
            answered += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        answered
    });
    work.await;
    done.store(true, Ordering::Relaxed);
    assert!(asking.await.expect("every answer was good") > 0);
}

#[tokio::test]
async fn a_file_that_is_replaced_or_written_anew_is_in_force_without_a_failed_request() {
    let configured = Configured::start().await;
    while_asking(&configured, async {
        configured.until("first").await;
        let new = configured.folder.path().join("config.yaml.new");
        for model in ["second", "third"] {
            std::fs::write(&new, configured.text(model)).unwrap();
            std::fs::rename(&new, configured.file()).unwrap();
            configured.until(model).await;
        }
        for model in ["fourth", "fifth"] {
            std::fs::write(configured.file(), configured.text(model)).unwrap();
            configured.until(model).await;
        }
    })
    .await;
    let status = configured.status().await;
    assert_eq!((&status["error"], &status["warnings"]), (&Value::Null, &json!([])));
    assert_eq!(status["path"], configured.file().display().to_string());
}

#[tokio::test]
async fn a_link_that_is_turned_to_another_directory_is_followed() {
    // As Kubernetes mounts it: config.yaml -> ..data/config.yaml, ..data -> a directory with a date in its name.
    let write = |folder: &Path, name: &str, text: &str| {
        std::fs::create_dir(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("config.yaml"), text).unwrap();
    };
    let turn = |folder: &Path, name: &str| {
        std::os::unix::fs::symlink(name, folder.join("..data_tmp")).unwrap();
        std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    let configured = Configured::at(|folder, text| {
        write(folder, "..2026_01_01", text);
        turn(folder, "..2026_01_01");
        std::os::unix::fs::symlink("..data/config.yaml", folder.join("config.yaml")).unwrap();
        folder.join("config.yaml")
    })
    .await;
    let folder = configured.folder.path();
    while_asking(&configured, async {
        configured.until("first").await;
        let mut before = "..2026_01_01";
        for (name, model) in [("..2026_01_02", "second"), ("..2026_01_03", "third")] {
            write(folder, name, &configured.text(model));
            turn(folder, name);
            std::fs::remove_dir_all(folder.join(before)).unwrap();
            before = name;
            configured.until(model).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_to_a_file_elsewhere_is_watched_there() {
    let elsewhere = TempDir::with_prefix("postern-elsewhere-").unwrap();
    let real = elsewhere.path().join("real.yaml");
    let configured = Configured::at(|folder, text| {
        std::fs::write(&real, text).unwrap();
        std::os::unix::fs::symlink(&real, folder.join("config.yaml")).unwrap();
        folder.join("config.yaml")
    })
    .await;
    std::fs::write(&real, configured.text("second")).unwrap();
    configured.until("second").await;
}

#[tokio::test]
async fn a_broken_or_missing_file_changes_nothing_and_is_told() {
    let configured = Configured::start().await;
    while_asking(&configured, async {
        let loaded_at = configured.status().await["loaded_at"].clone();
        std::fs::write(configured.file(), format!("{}  broken: [\n", configured.text("second"))).unwrap();
        let status = configured.status_with(true).await;
        assert!(status["error"]["line"].is_i64(), "{status}");
        std::fs::write(
            configured.file(),
            configured.text("second").replace("api_key: sk-upstream", "timeout: 0"),
        )
        .unwrap();
        let timeout = async {
            loop {
                let error = configured.status().await["error"].clone();
                if error["message"].as_str().unwrap_or_default().contains("timeout must be above 0") {
                    return error;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let error = tokio::time::timeout(Duration::from_secs(20), timeout).await.expect("the other error");
        assert_eq!(error["line"], 4, "{error}");
        let told = configured.reload().await.expect(400);
        let message = Caller::Chat.own_error(&told);
        assert_eq!(told.json()["error"]["details"]["line"], 4);
        assert!(
            message.starts_with("line 4, column ")
                && message.contains("model_list[0].litellm_params.timeout"),
            "{message}"
        );

        std::fs::remove_file(configured.file()).unwrap();
        let told = Caller::Chat.own_error(&configured.reload().await.expect(400));
        assert!(told.contains("cannot be read"), "{told}");
        // An editor that empties a file before it fills it.
        std::fs::write(configured.file(), "").unwrap();
        let told = Caller::Chat.own_error(&configured.reload().await.expect(400));
        assert!(told.contains("the file is empty"), "{told}");
        assert_eq!(configured.status().await["loaded_at"], loaded_at);

        std::fs::write(configured.file(), configured.text("third")).unwrap();
        configured.until("third").await;
        let status = configured.status_with(false).await;
        assert!(status["loaded_at"].as_i64() > loaded_at.as_i64(), "{status}");
    })
    .await;
    let log = configured.gateway.stderr();
    assert!(log.contains("was refused, and the one read before stays in force: line 4, column "), "{log}");
    assert!(!log.contains("sk-upstream"), "{log}");
}

#[tokio::test]
async fn a_file_that_comes_with_its_directory_is_read_when_it_is_there_again() {
    let configured = Configured::at(|folder, text| {
        std::fs::create_dir(folder.join("etc")).unwrap();
        std::fs::write(folder.join("etc/config.yaml"), text).unwrap();
        folder.join("etc/config.yaml")
    })
    .await;
    configured.until("first").await;
    let folder = configured.folder.path();
    std::fs::remove_dir_all(folder.join("etc")).unwrap();
    configured.status_with(true).await;
    std::fs::create_dir(folder.join("etc")).unwrap();
    std::fs::write(folder.join("etc/config.yaml"), configured.text("second")).unwrap();
    configured.until("second").await;
    std::fs::write(folder.join("etc/config.yaml"), configured.text("third")).unwrap();
    configured.until("third").await;
}

/// A change that no watcher sees: through another name of the same file, in a directory that is not watched.
fn write_unseen(configured: &Configured, text: &str) -> TempDir {
    let elsewhere = TempDir::with_prefix_in("unseen-", configured.folder.path()).unwrap();
    let other = elsewhere.path().join("other-name");
    std::fs::hard_link(configured.file(), &other).unwrap();
    std::fs::write(&other, text).unwrap();
    elsewhere
}

#[tokio::test]
async fn a_signal_has_the_file_read_again() {
    let configured = Configured::start().await;
    configured.until("first").await;
    let _elsewhere = write_unseen(&configured, &configured.text("second"));
    configured.gateway.hang_up();
    configured.until("second").await;
}

#[tokio::test]
async fn reload_answers_what_has_changed() {
    let configured = Configured::start().await;
    configured.until("first").await;
    let nothing = configured.reload().await.expect(200).json();
    assert_eq!(nothing, json!({"added": [], "changed": [], "removed": [], "warnings": []}));
    let more = format!(
        "{}    model_info: {{id: mine}}\nrouter_settings: {{fallbacks: [{{smart: [lost]}}], wonder: 1}}\n",
        configured.text("second").replace("num_retries: 0", "num_retries: 1")
    );
    let _elsewhere = write_unseen(&configured, &more);
    let answer = configured.reload().await.expect(200).json();
    assert_eq!(
        answer["added"],
        json!(["model_list: smart (mine)", "router_settings.fallbacks", "router_settings.wonder"])
    );
    assert_eq!(answer["changed"], json!(["litellm_settings.num_retries"]));
    assert_eq!(answer["removed"].as_array().unwrap().len(), 1);
    let warnings: Vec<_> = answer["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        warnings,
        [
            "unknown key `router_settings.wonder`",
            "router_settings.fallbacks[0].smart[0]: `lost`: there is no such model group",
        ]
    );
    assert_eq!(configured.status().await["warnings"], answer["warnings"]);
    // In force from the very next request on.
    let asked = configured.ask("smart").await.expect(200);
    assert_eq!(asked.header("x-litellm-model-id"), "mine");
    assert_eq!(configured.upstream.last_request().json()["model"], "second");

    let key = configured.gateway.new_key(json!({})).await;
    let by_key = configured.gateway.post("/config/reload", &key, &json!({}));
    receive(by_key).await.expect(403);
    let without = TestGateway::start().await;
    let answer = receive(without.admin(Method::POST, "/config/reload")).await.expect(400);
    assert!(Caller::Chat.own_error(&answer).contains("--config"));
    let status = receive(without.admin(Method::GET, "/console/status")).await.expect(200).json();
    assert_eq!(status["config"], Value::Null);
}

#[tokio::test]
async fn a_request_under_way_ends_as_it_began() {
    let configured = Configured::start().await;
    let gate = Gate::new();
    configured.upstream.next(Reply::default().gated(&gate));
    let body = Caller::Chat.body("smart", true);
    let request = configured.gateway.post(Caller::Chat.path(), configured.gateway.admin_key(), &body);
    let streaming = start(async move { receive(request).await });
    while configured.upstream.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let _elsewhere = write_unseen(&configured, "model_list: []\n");
    let answer = configured.reload().await.expect(200).json();
    assert_eq!(answer["removed"].as_array().unwrap().len(), 2, "{answer}");
    configured.ask("smart").await.expect(404);
    gate.open_for_good();
    let answer = streaming.await.unwrap().expect(200);
    assert!(Caller::Chat.is_finished(&answer), "{}", answer.text());
}

#[tokio::test]
async fn deployments_that_the_api_added_outlive_a_reload() {
    let configured = Configured::start().await;
    let made = configured.gateway.deploy("added", "openai/of-the-api", &configured.upstream).await;
    let _elsewhere = write_unseen(&configured, &configured.text("second"));
    configured.reload().await.expect(200);
    let answer = configured.ask("added").await.expect(200);
    assert_eq!(json!(answer.header("x-litellm-model-id")), made["model_id"]);
}

#[tokio::test]
async fn what_the_api_changes_during_reloads_is_not_lost() {
    let configured = Configured::start().await;
    configured.until("first").await;
    let gateway = configured.gateway.clone();
    let url = configured.upstream.url();
    let adding = start(async move {
        for number in 0..30 {
            let params = json!({"model": "openai/x", "api_base": url, "api_key": "sk-upstream"});
            let name = format!("added-{number}");
            gateway.new_model(json!({"model_name": name, "litellm_params": params})).await;
            // In force although the file is being put in force, too.
            ask(&gateway, &name).await.expect(200);
        }
    });
    let mut changes = 0;
    while !adding.is_finished() {
        let _elsewhere = write_unseen(&configured, &configured.text(&format!("number-{changes}")));
        let answer = configured.reload().await.expect(200).json();
        assert!(!answer["added"].as_array().unwrap().is_empty(), "{answer}");
        changes += 1;
    }
    adding.await.expect("every deployment was in force");
    assert!(changes > 1);
    for number in 0..30 {
        configured.ask(&format!("added-{number}")).await.expect(200);
    }
    configured.until(&format!("number-{}", changes - 1)).await;
}

#[tokio::test]
async fn the_files_master_key_counts_at_once() {
    let folder = TempDir::with_prefix("postern-config-").unwrap();
    let file = folder.path().join("config.yaml");
    let write = |key: &str| {
        std::fs::write(&file, format!("general_settings: {{master_key: {key}}}\n")).unwrap();
    };
    write("sk-the-first-key-0001");
    let gateway = TestGateway::builder().admin_key(None).config(&file).start().await;
    let call = async |method: Method, path: &str, key: &str| {
        let url = format!("{}{path}", gateway.url());
        receive(gateway.client().request(method, url).bearer_auth(key)).await.status
    };
    assert_eq!(call(Method::GET, "/console/status", "sk-the-first-key-0001").await, 200);
    assert_eq!(call(Method::GET, "/console/status", "sk-another-key-0002").await, 401);
    write("sk-another-key-0002");
    let waited = async {
        while call(Method::GET, "/console/status", "sk-another-key-0002").await != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("the new key counts");
    assert_eq!(call(Method::GET, "/console/status", "sk-the-first-key-0001").await, 401);
    assert!(!gateway.stderr().contains("sk-another-key"), "{}", gateway.stderr());
}

#[tokio::test]
async fn a_file_that_is_wrong_at_the_start_is_told_with_its_line() {
    let folder = TempDir::with_prefix("postern-config-").unwrap();
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, "router_settings:\n  num_retries: 99\n").unwrap();
    let stopped = TestGateway::builder().config(&file).try_start().await.expect_err("refused");
    let expected = format!(
        "the configuration file {} is not valid: line 2, column 3: router_settings.num_retries must be a whole number from 0 to 20",
        file.display()
    );
    assert!(stopped.stderr.contains(&expected), "{}", stopped.stderr);
}
