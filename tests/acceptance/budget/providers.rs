//! `router_settings.provider_budget_config`: a provider whose budget is used up is not asked.

use std::time::Duration;

use postern_testkit::{FakeUpstream, Fault, Gate, GatewayBuilder, Reply, TestGateway, Usage};
use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Answers of ten cents each.
fn ten_cents() -> Reply {
    Reply::default().usage(Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 })
}

async fn deploy(world: &World, name: &str, model: &str, upstream: &FakeUpstream, order: i64) {
    let parameters = json!({
        "model": model, "api_base": upstream.url(), "api_key": "sk-upstream", "order": order,
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    world.gateway.new_model(json!({"model_name": name, "litellm_params": parameters})).await;
}

fn body(model: &str, stream: bool) -> Value {
    let mut body = Caller::Chat.body(model, stream);
    body["max_tokens"] = json!(10);
    body
}

async fn ask(world: &World, model: &str) -> Answer {
    receive(world.gateway.post("/v1/chat/completions", &world.key, &body(model, false))).await
}

fn config(limit: f64) -> String {
    format!(
        "litellm_settings: {{num_retries: 0}}\nrouter_settings: {{provider_budget_config: {{openai: {{budget_limit: {limit}, time_period: 1d}}}}}}"
    )
}

async fn spent(world: &World) -> Value {
    world.get("/provider/budgets").await["providers"]["openai"]["spend"].clone()
}

#[tokio::test]
async fn a_provider_over_its_budget_is_not_asked_and_others_are() {
    let world = World::with(&config(0.2), |builder| builder).await;
    world.openai.always(ten_cents());
    let other = FakeUpstream::anthropic().await;
    deploy(&world, "both", "openai/x", &world.openai, 1).await;
    deploy(&world, "both", "anthropic/y", &other, 2).await;
    deploy(&world, "alone", "openai/x", &world.openai, 1).await;
    for _ in 0..2 {
        ask(&world, "both").await.expect(200);
    }
    assert_eq!((world.openai.calls(), other.calls()), (2, 0));
    assert_eq!(spent(&world).await, 0.2);
    for _ in 0..2 {
        ask(&world, "both").await.expect(200);
    }
    assert_eq!((world.openai.calls(), other.calls()), (2, 2), "the next one is asked without a retry");
    let refused = ask(&world, "alone").await.expect(402);
    let error = refused.json()["error"].clone();
    assert_eq!(error["type"], "budget_exceeded");
    assert!(error["message"].as_str().unwrap().contains("Provider=openai"), "{}", refused.text());
    assert_eq!(error["details"]["level"], "provider");
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
    assert_eq!(world.row(refused.request_id()).await["attempts"], 0);
    let refused =
        receive(world.gateway.post("/v1/messages", &world.key, &body("alone", false))).await.expect(402);
    Caller::Messages.own_error(&refused);
    // Passed on as it is, too, by the provider's name.
    let passed = world.gateway.post("/providers/oa/v1/chat/completions", &world.key, &body("gpt-4o", false));
    receive(passed).await.expect(402);
    assert_eq!(world.openai.calls(), 2);
    let shown = world.get("/provider/budgets").await;
    let budget = &shown["providers"]["openai"];
    assert_eq!((&budget["budget_limit"], &budget["time_period"]), (&json!(0.2), &json!("1d")));
    assert!(budget["budget_reset_at"].as_str().is_some_and(|at| at.ends_with("T00:00:00.000Z")));
}

#[tokio::test]
async fn a_providers_budget_holds_in_parallel_and_gives_back() {
    let world = World::with(&config(0.35), |builder| builder).await;
    deploy(&world, "alone", "openai/x", &world.openai, 1).await;
    world.openai.always(ten_cents());
    // What fails is owed nothing.
    world.openai.next(Fault::Status { status: 500, retry_after: None });
    assert_eq!(ask(&world, "alone").await.status, 500);
    let gate = Gate::new();
    world.openai.always(ten_cents().gated(&gate));
    let answers = {
        let asked = (0..8).map(|number| {
            let request =
                world.gateway.post("/v1/chat/completions", &world.key, &body("alone", number % 2 == 0));
            postern_tests::start(receive(request))
        });
        let asked: Vec<_> = asked.collect();
        tokio::time::timeout(Duration::from_secs(20), world.openai.wait_for_calls(4)).await.unwrap();
        gate.open_for_good();
        futures_util::future::join_all(asked).await
    };
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.unwrap().status).collect();
    let served = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((served, statuses.iter().filter(|status| **status == 402).count()), (3, 5), "{statuses:?}");
    assert_eq!(spent(&world).await, 0.3);
    // One whose client leaves is paid for by an estimate, and holds nothing any more.
    ask(&world, "alone").await.expect(402);
}

#[tokio::test]
async fn what_was_spent_counts_after_a_restart_and_by_the_kind_of_provider() {
    let directory = tempfile::tempdir().unwrap();
    let (file, data) = (directory.path().join("config.yaml"), directory.path().join("data"));
    std::fs::write(&file, config(0.25)).unwrap();
    let how = |builder: GatewayBuilder| builder.vault("file").data_dir(&data);
    let world = World::with(&config(5.0), how).await;
    // A provider of that kind with a name of its own.
    let price = json!({"input": 0, "output": 10_000_000_000_i64});
    world.admin(Method::PUT, "/console/prices/openai/gpt-4o-mini", price).await.expect(200);
    world.openai.always(ten_cents());
    for _ in 0..2 {
        ask(&world, "oa/gpt-4o-mini").await.expect(200);
    }
    let World { gateway, openai: _openai, key, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = how(TestGateway::builder()).config(&file).start().await;
    let known = receive(gateway.admin(Method::GET, "/provider/budgets")).await.expect(200).json();
    assert_eq!(known["providers"]["openai"]["spend"], 0.2);
    let again = body("oa/gpt-4o-mini", false);
    receive(gateway.post("/v1/chat/completions", &key, &again)).await.expect(402);
}

#[tokio::test]
async fn without_budgets_there_are_none() {
    let world = World::start().await;
    assert_eq!(world.get("/provider/budgets").await, json!({"providers": {}}));
}

fn limited(limits: &str) -> String {
    format!(
        "litellm_settings: {{num_retries: 0}}\nrouter_settings: {{provider_budget_config: {{openai: {limits}}}}}"
    )
}

#[tokio::test]
async fn a_providers_rates_send_requests_elsewhere_and_then_refuse_them() {
    for (limits, kind) in [("{rpm_limit: 2}", "requests"), ("{tpm_limit: 20}", "tokens")] {
        let world = World::with(&limited(limits), |builder| builder).await;
        let other = FakeUpstream::anthropic().await;
        deploy(&world, "both", "openai/x", &world.openai, 1).await;
        deploy(&world, "both", "anthropic/y", &other, 2).await;
        deploy(&world, "alone", "openai/x", &world.openai, 1).await;
        for _ in 0..3 {
            ask(&world, "both").await.expect(200);
        }
        assert!((1..=2).contains(&world.openai.calls()), "{kind}: {}", world.openai.calls());
        assert_eq!(world.openai.calls() + other.calls(), 3, "{kind}");
        let refused = ask(&world, "alone").await.expect(429);
        let error = refused.json()["error"].clone();
        assert_eq!(
            (&error["details"]["level"], &error["details"]["limit"]),
            (&json!("provider"), &json!(kind)),
            "{error}"
        );
        let wait = refused.header("retry-after").parse::<u64>().unwrap();
        // What was used in this minute counts for a share in the next.
        assert!((1..=120).contains(&wait), "{kind}: {wait} s");
        let passed =
            world.gateway.post("/providers/oa/v1/chat/completions", &world.key, &body("gpt-4o", false));
        receive(passed).await.expect(429);
    }
}

#[tokio::test]
async fn a_providers_parallel_requests_are_counted() {
    let world = World::with(&limited("{max_parallel_requests: 2}"), |builder| builder).await;
    deploy(&world, "alone", "openai/x", &world.openai, 1).await;
    let gate = Gate::new();
    world.openai.always(ten_cents().gated(&gate));
    let asked: Vec<_> = (0..2)
        .map(|_| {
            postern_tests::start(receive(world.gateway.post(
                "/v1/chat/completions",
                &world.key,
                &body("alone", true),
            )))
        })
        .collect();
    tokio::time::timeout(Duration::from_secs(20), world.openai.wait_for_calls(2)).await.unwrap();
    let refused = ask(&world, "alone").await.expect(429);
    assert_eq!(refused.json()["error"]["details"]["limit"], "max_parallel_requests");
    gate.open_for_good();
    for answer in futures_util::future::join_all(asked).await {
        answer.unwrap().expect(200);
    }
    ask(&world, "alone").await.expect(200);
}

#[tokio::test]
async fn a_provider_is_asked_for_nothing_beyond_its_models() {
    let world = World::with(&limited("{allowed_models: [x], soft_budget: 1}"), |builder| builder).await;
    let other = FakeUpstream::anthropic().await;
    deploy(&world, "x", "openai/x", &world.openai, 1).await;
    deploy(&world, "z", "openai/z", &world.openai, 1).await;
    deploy(&world, "both", "openai/z", &world.openai, 1).await;
    deploy(&world, "both", "anthropic/y", &other, 2).await;
    ask(&world, "x").await.expect(200);
    ask(&world, "both").await.expect(200);
    let refused = ask(&world, "z").await.expect(403);
    assert_eq!(refused.json()["error"]["type"], "provider_model_access_denied");
    let passed = world.gateway.post("/providers/oa/v1/chat/completions", &world.key, &body("gpt-4o", false));
    receive(passed).await.expect(403);
    assert_eq!((world.openai.calls(), other.calls()), (1, 1));
    let shown = world.get("/provider/budgets").await["providers"]["openai"].clone();
    assert_eq!(
        (&shown["allowed_models"], &shown["soft_budget"], &shown["budget_limit"]),
        (&json!(["x"]), &json!(1.0), &Value::Null)
    );
}

#[tokio::test]
async fn single_models_of_a_provider_have_limits_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let (file, data) = (directory.path().join("config.yaml"), directory.path().join("data"));
    let limits = "{model_max_budget: {x: 0.2, gpt-4o-mini: {budget_limit: 0.2, time_period: 1mo}}, model_rpm_limit: {z: 1}}";
    std::fs::write(&file, limited(limits)).unwrap();
    let how = |builder: GatewayBuilder| builder.vault("file").data_dir(&data);
    let world = World::with(&limited(limits), how).await;
    let other = FakeUpstream::anthropic().await;
    world.openai.always(ten_cents());
    deploy(&world, "both", "openai/x", &world.openai, 1).await;
    deploy(&world, "both", "anthropic/y", &other, 2).await;
    for model in ["x", "y", "z"] {
        deploy(&world, model, &format!("openai/{model}"), &world.openai, 1).await;
    }
    let price = json!({"input": 0, "output": 10_000_000_000_i64});
    world.admin(Method::PUT, "/console/prices/openai/gpt-4o-mini", price).await.expect(200);
    for model in ["x", "both", "y", "y", "y"] {
        ask(&world, model).await.expect(200);
    }
    assert_eq!((world.openai.calls(), other.calls()), (5, 0));
    ask(&world, "both").await.expect(200);
    assert_eq!(other.calls(), 1, "x has cost what it may, whichever group it is asked for in");
    let refused = ask(&world, "x").await.expect(402);
    let details = refused.json()["error"]["details"].clone();
    assert_eq!(
        (&details["level"], &details["model"]),
        (&json!("model_per_provider"), &json!("x")),
        "{details}"
    );
    ask(&world, "z").await.expect(200);
    ask(&world, "z").await.expect(429);
    // By its own name and passed through, it is one budget.
    ask(&world, "oa/gpt-4o-mini").await.expect(200);
    let pass =
        |model| world.gateway.post("/providers/oa/v1/chat/completions", &world.key, &body(model, false));
    receive(pass("gpt-4o-mini")).await.expect(200);
    receive(pass("gpt-4o-mini")).await.expect(402);
    let shown = world.get("/provider/budgets").await["providers"]["openai"]["models"].clone();
    assert_eq!((&shown["x"]["spend"], &shown["x"]["time_period"]), (&json!(0.2), &json!("1d")), "{shown}");
    assert_eq!((&shown["z"]["rpm_limit"], &shown["z"]["budget_limit"]), (&json!(1), &Value::Null));
    assert!(shown["gpt-4o-mini"]["budget_reset_at"].as_str().is_some_and(|at| at.contains("-01T00:00")));
    // The ledger knows it after a restart.
    let World { gateway, openai: _openai, key, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = how(TestGateway::builder()).config(&file).start().await;
    for model in ["x", "oa/gpt-4o-mini"] {
        receive(gateway.post("/v1/chat/completions", &key, &body(model, false))).await.expect(402);
    }
}
