//! `/key/*`: virtual keys from issue to revocation, and their limits. Here what any key goes through; the folder has what
//! keys may say, whose they are, who may do what with them, and how they are rotated.

mod fields;
mod lists;
mod owners;
mod roles;
mod rotation;
mod rules;
mod update;

use std::time::Duration;

use postern_testkit::{Gate, Reply, Usage};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: Value) -> postern_tests::Answer {
    world.admin(Method::POST, path, body).await
}

/// The same with somebody's key.
async fn post_as(world: &World, key: &str, path: &str, body: Value) -> postern_tests::Answer {
    receive(world.gateway.post(path, key, &body)).await
}

async fn get_as(world: &World, key: &str, path: &str) -> postern_tests::Answer {
    let url = format!("{}{path}", world.gateway.url());
    receive(world.gateway.client().get(url).bearer_auth(key)).await
}

/// Issues a key with the administrator's; the whole answer.
async fn issue(world: &World, body: Value) -> Value {
    post(world, "/key/generate", body).await.expect(200).json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The row, as the administrator sees it.
async fn row(world: &World, key: &Value) -> Value {
    world.get(&format!("/key/info?key={}", text(key))).await["info"].clone()
}

/// A request for models with a key: its status.
async fn chat(world: &World, key: &Value, model: &str) -> u16 {
    let body = Caller::Chat.body(model, false);
    receive(world.gateway.post("/v1/chat/completions", text(key), &body)).await.status
}

/// How many keys there are.
async fn count(world: &World) -> i64 {
    world.get("/key/list").await["total_count"].as_i64().unwrap()
}

/// A model whose requests cost ten cents when they say `max_tokens` ten.
async fn dear(world: &World) {
    let parameters = json!({
        "model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let usage = Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
}

async fn spend_ten_cents(world: &World, key: &Value) -> u16 {
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    receive(world.gateway.post("/v1/chat/completions", text(key), &body)).await.status
}

#[tokio::test]
async fn a_key_is_issued_shown_once_and_found_again() {
    let world = World::start().await;
    let made = post(
        &world,
        "/key/generate",
        json!({"key_alias": "laptop", "models": ["oa/gpt-4o-mini"], "max_budget": 1.5, "duration": "30d", "rpm_limit": 10, "metadata": {"team": "blue"}}),
    )
    .await
    .expect(200)
    .json();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("sk-") && key.len() >= 40, "{key}");
    assert_eq!(made["token_id"], made["token"]);
    assert_eq!(made["key_name"], format!("sk-...{}", &key[key.len() - 4..]));
    let info = world.get(&format!("/key/info?key={key}")).await;
    assert_eq!(info["key"], made["token"], "the key itself is never shown again");
    let row = &info["info"];
    for (name, value) in [
        ("key_alias", json!("laptop")),
        ("models", json!(["oa/gpt-4o-mini"])),
        ("max_budget", json!(1.5)),
        ("rpm_limit", json!(10)),
        ("spend", json!(0.0)),
        ("blocked", json!(false)),
        ("metadata", json!({"team": "blue"})),
        ("last_used_at", Value::Null),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert!(row["expires"].as_str().is_some_and(|expires| expires.ends_with('Z')));
    // By its hash, and by itself about itself.
    let token = made["token"].as_str().unwrap();
    assert_eq!(world.get(&format!("/key/info?key={token}")).await["info"]["key_alias"], "laptop");
    let url = format!("{}/key/info", world.gateway.url());
    let own = receive(world.gateway.client().get(&url).bearer_auth(key)).await.expect(200).json();
    assert_eq!(own["info"]["key_alias"], "laptop");
    let other = format!("{url}?key={}", world.key);
    receive(world.gateway.client().get(other).bearer_auth(key)).await.expect(403);
    world.admin(Method::GET, "/key/info?key=sk-nothing", Value::Null).await.expect(404);

    receive(world.gateway.post("/v1/chat/completions", key, &Caller::Chat.body("oa/gpt-4o-mini", false)))
        .await
        .expect(200);
    assert!(world.get(&format!("/key/info?key={token}")).await["info"]["last_used_at"].is_string());
}

#[tokio::test]
async fn keys_are_listed_in_pages() {
    let world = World::start().await;
    for number in 0..11 {
        world.gateway.new_key(json!({"key_alias": format!("key-{number}")})).await;
    }
    let page = world.get("/key/list?page=2&size=5").await;
    assert_eq!(page["keys"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&page["total_count"], &page["total_pages"], &page["current_page"]),
        (&json!(12), &json!(3), &json!(2))
    );
    let full = world.get("/key/list?return_full_object=true&size=100").await;
    assert_eq!(full["keys"][0]["key_alias"], "key-10", "newest first");
    let one = world.get("/key/list?key_alias=key-3&return_full_object=true").await;
    assert_eq!((&one["total_count"], &one["keys"][0]["key_alias"]), (&json!(1), &json!("key-3")));
    for wrong in ["page=0", "size=0", "size=101", "page=x"] {
        world.admin(Method::GET, &format!("/key/list?{wrong}"), Value::Null).await.expect(422);
    }
}

#[tokio::test]
async fn a_key_works_at_once_and_stops_at_once() {
    let world = World::start().await;
    for by in ["key", "hash", "alias"] {
        let made =
            post(&world, "/key/generate", json!({"key_alias": "short-lived"})).await.expect(200).json();
        let key = made["key"].as_str().unwrap();
        let ask =
            || receive(world.gateway.post("/v1/chat/completions", key, &Caller::Chat.body("demo", false)));
        ask().await.expect(200);
        let request = match by {
            "key" => json!({"keys": [key]}),
            "hash" => json!({"keys": [made["token"]]}),
            _ => json!({"key_aliases": ["short-lived"]}),
        };
        let deleted = post(&world, "/key/delete", request.clone()).await.expect(200).json();
        assert_eq!(deleted["deleted_keys"], json!([made["token"]]));
        ask().await.expect(401);
        post(&world, "/key/delete", request).await.expect(404);
    }
    post(&world, "/key/delete", json!({})).await.expect(422);
    // What they did stays on record under their name.
    assert!(world.rows().await.iter().all(|row| row["key_name"] == "short-lived"));
}

#[tokio::test]
async fn an_alias_is_taken_once() {
    let world = World::start().await;
    world.gateway.new_key(json!({"key_alias": "laptop"})).await;
    let answer = post(&world, "/key/generate", json!({"key_alias": "laptop"})).await;
    assert!(matches!(answer.status, 400 | 409), "{}", answer.text());
    assert!(answer.text().contains("laptop"), "{}", answer.text());
    assert_eq!(world.get("/key/list").await["total_count"], 2);
}

#[tokio::test]
async fn a_virtual_key_manages_nothing() {
    let world = World::start().await;
    for (method, path) in [
        (Method::POST, "/key/generate"),
        (Method::GET, "/key/list"),
        (Method::POST, "/key/delete"),
        (Method::POST, "/key/block"),
        (Method::POST, "/key/unblock"),
        (Method::POST, "/model/new"),
        (Method::POST, "/model/delete"),
    ] {
        let url = format!("{}{path}", world.gateway.url());
        let body = json!({"key": world.key, "keys": [world.key], "id": "x", "model_name": "x", "litellm_params": {"model": "demo"}});
        let answer =
            receive(world.gateway.client().request(method, url).bearer_auth(&world.key).json(&body)).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    world.ask(Caller::Chat, "demo", false).await.expect(200);
}

/// Everything under a directory, as bytes.
fn contents(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(contents(&entry.path())),
            kind if kind.is_file() => found.push((entry.path(), std::fs::read(entry.path()).unwrap())),
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn no_secret_is_at_rest_outside_the_vault() {
    let world = World::with("{}", |builder| builder.vault("file")).await;
    world.gateway.deploy("smart", "openai/x", &world.openai).await;
    for model in ["oa/x", "an/x", "smart", "oa/fake-401", "oa/fake-500"] {
        for caller in Caller::BOTH {
            world.ask(caller, model, true).await;
        }
    }
    let data = world.gateway.data_dir().to_owned();
    let secrets = [
        ("a virtual key", world.key.clone()),
        ("the administrator's key", world.gateway.admin_key().to_owned()),
        ("a provider's credential", postern_tests::PROVIDER_KEY.to_owned()),
        ("a deployment's credential", "sk-upstream".to_owned()),
    ];
    let searched = |files: &[(std::path::PathBuf, Vec<u8>)]| {
        for (what, secret) in &secrets {
            for (path, bytes) in files {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{what} is in {}", path.display());
            }
        }
    };
    let files = contents(&data);
    assert!(files.iter().any(|(path, _)| path.ends_with("postern.db")) && files.len() >= 3, "{files:?}");
    searched(&files);
    let World { gateway, .. } = world;
    let stopped = gateway.stop().await;
    searched(&[
        ("stderr".into(), stopped.stderr.into_bytes()),
        ("stdout".into(), stopped.stdout.into_bytes()),
    ]);
}

#[tokio::test]
async fn the_file_vault_gives_credentials_back_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let how = |builder: postern_testkit::GatewayBuilder| builder.vault("file").data_dir(directory.path());
    let world = World::with("{}", how).await;
    world.gateway.deploy("smart", "openai/x", &world.openai).await;
    let World { gateway, openai, anthropic: _anthropic, key, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = how(postern_testkit::TestGateway::builder()).start().await;
    for (model, credential) in [("oa/x", postern_tests::PROVIDER_KEY), ("smart", "sk-upstream")] {
        receive(gateway.post("/v1/chat/completions", &key, &Caller::Chat.body(model, false)))
            .await
            .expect(200);
        assert_eq!(openai.last_request().header("authorization"), format!("Bearer {credential}"));
    }
}

#[tokio::test]
async fn a_budget_is_a_promise_even_in_parallel() {
    let world = World::start().await;
    // 21 output tokens at a cent each, told beforehand by max_tokens.
    let parameters = json!({
        "model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    world.openai.always(Reply::default().usage(Usage {
        input: 1,
        cache_read: 0,
        cache_write: 0,
        output: 10,
        reasoning: 0,
    }));
    let key = world.gateway.new_key(json!({"max_budget": 0.25})).await;
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    let asked = (0..8).map(|_| receive(world.gateway.post("/v1/chat/completions", &key, &body)));
    let answers = futures_util::future::join_all(asked).await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 402).collect();
    assert_eq!((served, refused.len()), (2, 6), "$0.25 pays for two requests of $0.10");
    for answer in refused {
        Caller::Chat.own_error(answer);
        assert_eq!(answer.json()["error"]["type"], "budget_exceeded");
        assert_eq!(world.row(answer.request_id()).await["status"], 402);
    }
    assert_eq!(world.openai.calls(), 2);
    let spend = world.get(&format!("/key/info?key={key}")).await["info"]["spend"].as_f64().unwrap();
    assert!((spend - 0.2).abs() < 1e-9, "{spend}");
    // In the other format too; and what has no price cannot be held against a budget.
    let answer = receive(world.gateway.post("/v1/messages", &key, &Caller::Messages.body("dear", false)))
        .await
        .expect(402);
    Caller::Messages.own_error(&answer);
    let answer =
        receive(world.gateway.post("/v1/messages", &key, &Caller::Messages.body("oa/unpriced", false))).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn a_budget_starts_anew_when_its_period_ends() {
    let world = World::start().await;
    let parameters = json!({
        "model": "openai/x", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let usage = Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
    let key = world.gateway.new_key(json!({"max_budget": 0.15, "budget_duration": "3s"})).await;
    let mut body = Caller::Chat.body("dear", false);
    body["max_tokens"] = json!(10);
    let ask = || receive(world.gateway.post("/v1/chat/completions", &key, &body));
    ask().await.expect(200);
    let refused = ask().await.expect(402);
    assert!(refused.text().contains("It resets at"), "{}", refused.text());
    let anew = async {
        while ask().await.status == 402 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), anew).await.expect("the budget to start anew");
    ask().await.expect(402);
}

#[tokio::test]
async fn tokens_per_minute_are_counted_as_they_were_used() {
    let world = World::start().await;
    let usage = Usage { input: 400, cache_read: 0, cache_write: 0, output: 100, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
    let key = world.gateway.new_key(json!({"tpm_limit": 900})).await;
    let ask = || receive(world.gateway.post("/v1/chat/completions", &key, &Caller::Chat.body("oa/x", false)));
    // 500 each: after two of them the minute is used up.
    ask().await.expect(200);
    ask().await.expect(200);
    let answer = ask().await.expect(429);
    assert!(Caller::Chat.own_error(&answer).contains("Limit type: tokens"), "{}", answer.text());
    assert_eq!(world.openai.calls(), 2);
}

#[tokio::test]
async fn requests_per_minute_are_counted() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"rpm_limit": 3})).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer =
            receive(world.gateway.post("/v1/messages", &key, &Caller::Messages.body("oa/x", false))).await;
        if answer.status == 429 {
            Caller::Messages.own_error(&answer);
            let seconds: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
            assert_eq!(world.row(answer.request_id()).await["attempts"], 0);
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    world.ask(Caller::Chat, "oa/x", false).await.expect(200);
}

#[tokio::test]
async fn parallel_requests_are_limited_and_given_back() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"max_parallel_requests": 1})).await;
    let gate = Gate::new();
    world.openai.next(Reply::default().gated(&gate));
    gate.open(1);
    let first = world
        .gateway
        .post("/v1/chat/completions", &key, &Caller::Chat.body("oa/x", true))
        .send()
        .await
        .unwrap();
    let ask = || receive(world.gateway.post("/v1/chat/completions", &key, &Caller::Chat.body("oa/x", false)));
    ask().await.expect(429);
    gate.open_for_good();
    assert!(Caller::Chat.is_finished(&postern_tests::Answer::of(first).await));
    ask().await.expect(200);
    // A client that leaves gives its place back too.
    world.openai.next(postern_testkit::Fault::NeverAnswers);
    let calls = world.openai.calls();
    let asked = postern_tests::start(
        world.gateway.post("/v1/chat/completions", &key, &Caller::Chat.body("oa/x", false)).send(),
    );
    tokio::time::timeout(Duration::from_secs(20), world.openai.wait_for_calls(calls + 1)).await.unwrap();
    ask().await.expect(429);
    asked.abort();
    world.gateway.wait_for_spend_logs(5).await;
    ask().await.expect(200);
}
