//! The `postern` command.

use std::time::Duration;

use postern_testkit::{Dialect, FakeUpstream, Gate, Reply, TestGateway, refused_url};
use postern_tests::{Answer, Caller, World, postern, receive};
use reqwest::Method;
use serde_json::{Value, json};

fn on(directory: &std::path::Path, command: &[&str]) -> Vec<String> {
    let mut arguments: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    arguments.extend(["--data-dir".to_owned(), directory.display().to_string()]);
    arguments
}

/// What the gateway wrote to stderr, once this is in it: it greets after it has said that it listens.
async fn told(gateway: &TestGateway, what: &str) -> String {
    let waited = async {
        while !gateway.stderr().contains(what) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, waited)
        .await
        .unwrap_or_else(|_| panic!("no {what}: {}", gateway.stderr()));
    gateway.stderr()
}

#[tokio::test]
async fn the_version_and_the_api_are_printed() {
    let home = tempfile::tempdir().unwrap();
    let version = postern(home.path(), ["--version"]).await;
    assert_eq!((version.code, version.stdout.as_str()), (Some(0), "postern 0.1.0\n"));
    let api = postern(home.path(), ["openapi"]).await;
    assert_eq!(api.code, Some(0));
    let api: Value = serde_json::from_str(&api.stdout).unwrap();
    assert!(api["paths"]["/v1/chat/completions"]["post"].is_object());
    let wrong = postern(home.path(), ["serve", "--listen", "nowhere"]).await;
    assert_eq!(wrong.code, Some(2));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "left something behind");
}

#[tokio::test]
async fn serve_says_one_line_and_where() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.stdout(), format!("postern: listening on {}\n", gateway.url()));
    assert!(gateway.url().starts_with("http://127.0.0.1:") && !gateway.url().ends_with(":0"));
    // What a person does next, tried as it is printed.
    let stderr = told(&gateway, "curl ").await;
    let run = |command: &str| {
        let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let line = |label: &str| stderr.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap().trim();
    let key = run(line("New key"));
    assert!(key.starts_with("sk-"), "{key}");
    let command = line("Try it").replace("$POSTERN_ADMIN_KEY", key.trim()).replace("curl ", "curl -sS ");
    let answer: Value = serde_json::from_str(&run(&command)).unwrap();
    assert_eq!(answer["model"], "demo", "{answer}");
    let stopped = gateway.stop().await;
    assert_eq!(stopped.code(), Some(0), "{stopped}");
    assert_eq!(stopped.stdout.lines().count(), 1);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let gateway = TestGateway::start().await;
    let address = gateway.url().strip_prefix("http://").unwrap().to_owned();
    let refused = TestGateway::builder().argument("--listen").argument(&address).try_start().await;
    let Err(stopped) = refused else { panic!("two gateways on one port") };
    assert_eq!(stopped.code(), Some(1), "{stopped}");
    let port = address.rsplit(':').next().unwrap();
    assert!(stopped.stderr.contains(&format!("port {port} is in use")), "{stopped}");
}

#[tokio::test]
async fn a_second_gateway_on_the_same_data_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = TestGateway::builder().data_dir(directory.path()).start().await;
    let Err(stopped) = TestGateway::builder().data_dir(directory.path()).try_start().await else {
        panic!("two gateways on one database")
    };
    assert_eq!(stopped.code(), Some(1), "{stopped}");
    assert!(
        stopped.stderr.contains(&first.pid().to_string()) && stopped.stderr.contains("in use"),
        "{stopped}"
    );
    receive(first.client().get(format!("{}/health", first.url()))).await.expect(200);
    // After it was killed there is no owner any more.
    first.kill().await;
    TestGateway::builder().data_dir(directory.path()).start().await;
}

#[tokio::test]
async fn the_administrators_key_is_made_once_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let start = || TestGateway::builder().data_dir(directory.path()).vault("file").admin_key(None).start();
    let gateway = start().await;
    let stderr = told(&gateway, "curl ").await;
    let key = stderr.split_whitespace().find(|word| word.starts_with("sk-")).expect("a key").to_owned();
    let list = |gateway: &TestGateway| {
        receive(gateway.client().get(format!("{}/key/list", gateway.url())).header("x-admin-key", &key))
    };
    list(&gateway).await.expect(200);
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = start().await;
    assert!(!told(&gateway, "curl ").await.contains(&key), "shown a second time");
    list(&gateway).await.expect(200);
}

#[tokio::test]
async fn litellms_variable_names_the_administrators_key_too() {
    let gateway = TestGateway::builder()
        .admin_key(None)
        .environment("LITELLM_MASTER_KEY", "sk-litellm-master-key")
        .start()
        .await;
    let list = format!("{}/key/list", gateway.url());
    receive(gateway.client().get(list).bearer_auth("sk-litellm-master-key")).await.expect(200);
}

#[tokio::test]
async fn keys_are_issued_listed_and_revoked_with_and_without_a_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    // Without: the command opens the data itself.
    let made =
        postern(directory.path(), on(&data, &["keys", "create", "--name", "alone", "--vault", "memory"]))
            .await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let alone = made.stdout.trim().to_owned();
    assert!(alone.starts_with("sk-") && made.stdout.lines().count() == 1, "{made:?}");
    // With: it talks to the one that owns it, and the key is in force at once.
    let gateway = TestGateway::builder().data_dir(&data).start().await;
    let made = postern(
        directory.path(),
        on(&data, &["keys", "create", "--name", "together", "--model", "demo", "--json"]),
    )
    .await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let together: Value = serde_json::from_str(&made.stdout).unwrap();
    let together = together["key"].as_str().unwrap().to_owned();
    let ask = |key: String| {
        let body = Caller::Chat.body("demo", false);
        receive(gateway.post("/v1/chat/completions", &key, &body))
    };
    for key in [&alone, &together] {
        ask(key.clone()).await.expect(200);
    }
    let listed = postern(directory.path(), on(&data, &["keys", "list"])).await;
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("alone") && listed.stdout.contains("together"), "{listed:?}");
    assert!(!listed.stdout.contains(&alone), "shows a key");
    let clash = postern(directory.path(), on(&data, &["keys", "create", "--name", "alone"])).await;
    assert_eq!(clash.code, Some(1), "{clash:?}");
    assert!(clash.stderr.contains("alone"), "{clash:?}");
    let revoked = postern(directory.path(), on(&data, &["keys", "revoke", "alone"])).await;
    assert_eq!(revoked.code, Some(0), "{revoked:?}");
    ask(alone.clone()).await.expect(401);
    ask(together.clone()).await.expect(200);
    let unknown = postern(directory.path(), on(&data, &["keys", "revoke", "alone"])).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert_eq!(gateway.stop().await.code(), Some(0));
    let listed = postern(directory.path(), on(&data, &["keys", "list", "--json", "--vault", "memory"])).await;
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn doctor_tells_by_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let doctor = || async {
        postern(directory.path(), on(&data, &["doctor", "--vault", "memory", "--listen", "127.0.0.1:0"]))
            .await
    };
    let before = doctor().await;
    assert_eq!(before.code, Some(0), "{before:?}");
    for check in ["port", "vault", "database"] {
        assert!(before.stdout.contains(check), "{check}: {before:?}");
    }
    let gateway = TestGateway::builder().data_dir(&data).start().await;
    let running = doctor().await;
    assert_eq!(running.code, Some(0), "{running:?}");
    assert!(running.stdout.contains(gateway.url()), "{running:?}");
    let body = json!({"preset": "openai", "name": "gone", "base_url": refused_url(), "api_key": "sk-0123456789abcdef"});
    receive(gateway.admin(Method::POST, "/console/providers").json(&body)).await.expect(201);
    let broken = doctor().await;
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(
        broken.stdout.lines().any(|line| line.starts_with("FAIL") && line.contains("gone")),
        "{broken:?}"
    );
    gateway.stop().await;
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let other = directory.path().join("other");
    let taken =
        postern(directory.path(), on(&other, &["doctor", "--vault", "memory", "--listen", &address])).await;
    assert_eq!(taken.code, Some(1), "{taken:?}");
}

#[tokio::test]
async fn a_litellm_config_is_understood_and_its_unknown_keys_are_named() {
    let upstream = FakeUpstream::openai().await;
    let config = format!(
        "
model_list:
  - model_name: smart
    litellm_params:
      model: openai/upstream-name
      api_base: {}
      api_key: os.environ/TEST_UPSTREAM_KEY
      strange_parameter: 1
litellm_settings:
  num_retries: 0
  unheard_of: true
general_settings:
  master_key: os.environ/TEST_MASTER_KEY
router_settings:
  model_group_alias: {{quick: smart}}
nonsense: 1
",
        upstream.url()
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.yaml");
    std::fs::write(&file, config).unwrap();
    let gateway = TestGateway::builder()
        .config(&file)
        .admin_key(None)
        .environment("TEST_UPSTREAM_KEY", "sk-from-the-environment")
        .environment("TEST_MASTER_KEY", "sk-master-from-config")
        .start()
        .await;
    for model in ["smart", "quick"] {
        let body = Caller::Chat.body(model, false);
        receive(gateway.post("/v1/chat/completions", "sk-master-from-config", &body)).await.expect(200);
        let seen = upstream.last_request();
        assert_eq!(
            (seen.json()["model"].as_str(), seen.header("authorization")),
            (Some("upstream-name"), "Bearer sk-from-the-environment")
        );
    }
    let body = Caller::Chat.body("smart", false);
    upstream.next(postern_testkit::Fault::status(500));
    receive(gateway.post("/v1/chat/completions", "sk-master-from-config", &body)).await.expect(500);
    assert_eq!(upstream.calls(), 3, "num_retries is 0");
    let stderr = told(&gateway, "curl ").await;
    for key in ["strange_parameter", "unheard_of", "nonsense"] {
        assert!(stderr.contains(key), "no warning names {key}: {stderr}");
    }
    assert!(!stderr.contains("sk-from-the-environment"));
}

#[tokio::test]
async fn a_config_that_cannot_be_read_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    for (text, named) in [
        ("model_list: [", "config.yaml"),
        ("model_list:\n  - model_name: x\n", "model_list[0]"),
        ("litellm_settings: {num_retries: many}", "num_retries"),
    ] {
        let file = directory.path().join("config.yaml");
        std::fs::write(&file, text).unwrap();
        let Err(stopped) = TestGateway::builder().config(&file).try_start().await else {
            panic!("{text} was taken")
        };
        assert_eq!(stopped.code(), Some(1), "{stopped}");
        assert!(stopped.stderr.contains(named), "{stopped}");
    }
    let missing = directory.path().join("missing.yaml");
    let Err(stopped) = TestGateway::builder().config(&missing).try_start().await else { panic!("no file") };
    assert!(stopped.stderr.contains("missing.yaml"), "{stopped}");
}

#[tokio::test]
async fn a_stop_lets_streams_under_way_end() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::with("{}", |builder| builder.data_dir(directory.path())).await;
    let mut under_way = Vec::new();
    for caller in Caller::BOTH {
        for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
            let gate = Gate::new();
            world.upstream(dialect).next(Reply::default().gated(&gate));
            gate.open(1);
            let body = caller.body(&World::model(dialect, "x"), true);
            let response = world.request(caller, &body).send().await.unwrap();
            assert_eq!(response.status().as_u16(), 200);
            under_way.push((caller, gate, response));
        }
    }
    world.gateway.terminate();
    // It takes nobody new from now on.
    let health = format!("{}/health", world.gateway.url());
    let fresh = || reqwest::Client::builder().no_proxy().build().unwrap().get(&health).send();
    while fresh().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut ids = Vec::new();
    for (caller, gate, response) in under_way {
        gate.open_for_good();
        let answer = Answer::of(response).await;
        assert!(answer.complete && caller.is_finished(&answer), "{caller:?}: {}", answer.text());
        ids.push(answer.request_id().to_owned());
    }
    let World { gateway, .. } = world;
    let stopped = gateway.ended().await;
    assert_eq!(stopped.code(), Some(0), "{stopped}");
    let gateway = TestGateway::builder().data_dir(directory.path()).start().await;
    for id in ids {
        let row =
            receive(gateway.admin(Method::GET, &format!("/console/requests/{id}"))).await.expect(200).json();
        assert_eq!((&row["outcome"], &row["output_tokens"]), (&json!("ok"), &json!(21)), "{row}");
    }
}

#[tokio::test]
async fn a_stop_cuts_off_what_outlasts_the_grace_and_records_it() {
    let directory = tempfile::tempdir().unwrap();
    let world =
        World::with("{}", |builder| builder.data_dir(directory.path()).argument("--grace").argument("1"))
            .await;
    let response =
        world.request(Caller::Chat, &Caller::Chat.body("oa/fake-stall", true)).send().await.unwrap();
    let World { gateway, openai, .. } = world;
    let stopped = gateway.stop().await;
    assert_eq!(stopped.code(), Some(0), "{stopped}");
    let answer = Answer::of(response).await;
    assert!(!Caller::Chat.is_finished(&answer));
    drop(openai);
    let gateway = TestGateway::builder().data_dir(directory.path()).start().await;
    let rows = gateway.wait_for_spend_logs(1).await;
    assert_eq!((rows.len(), &rows[0]["status"]), (1, &json!("failure")), "{rows:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    TestGateway::builder().data_dir(directory.path()).start().await.stop().await;
    let file = directory.path().join("postern.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // SQLite keeps its user_version at byte 60 of the file, big end first.
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(&file, &bytes).unwrap();
    let Err(stopped) = TestGateway::builder().data_dir(directory.path()).try_start().await else {
        panic!("a newer database was opened")
    };
    assert_eq!(stopped.code(), Some(1), "{stopped}");
    assert!(stopped.stderr.contains("newer") && stopped.stderr.contains("9999"), "{stopped}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "the database was touched");
}

#[tokio::test]
async fn usage_is_printed_as_a_table_as_json_and_as_csv() {
    let world = World::start().await;
    crate::organization::dear_model(&world).await;
    let home = tempfile::tempdir().unwrap();
    let run = async |command: &[&str]| postern(home.path(), on(world.gateway.data_dir(), command)).await;
    let nothing = run(&["usage"]).await;
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    assert!(nothing.stderr.contains("Nothing was used since"), "{}", nothing.stderr);
    for _ in 0..2 {
        crate::organization::ask_dear(&world, &world.key, json!({})).await.expect(200);
    }
    world.ask(Caller::Chat, "demo", false).await.expect(200);
    let table = run(&["usage", "--by", "model", "--since", "7d"]).await;
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert!(lines[0].starts_with("MODEL") && lines[0].contains("COST USD"), "{}", table.stdout);
    assert!(lines[1].starts_with("dear") && lines[1].contains("0.200000"), "{}", table.stdout);
    let whole = run(&["usage", "--json"]).await;
    let whole: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(
        (&whole["rows"][0]["name"], &whole["rows"][0]["cost_nanos"]),
        (&json!("dear"), &json!(200_000_000))
    );
    let csv = run(&["usage", "--csv", "--by", "provider"]).await;
    let lines: Vec<&str> = csv.stdout.lines().collect();
    assert!(lines[0].starts_with("id,name,requests,errors"), "{}", csv.stdout);
    assert!(lines.iter().any(|line| line.starts_with("openai,openai,2,0,0,0,")), "{}", csv.stdout);
    assert_eq!(lines.len(), whole["rows"].as_array().unwrap().len() + 1);
    let wrong = run(&["usage", "--since", "soon"]).await;
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("since must be how long ago"), "{}", wrong.stderr);
    assert_eq!(run(&["usage", "--json", "--csv"]).await.code, Some(2));
    assert_eq!(run(&["usage", "--by", "mood"]).await.code, Some(2));
}
