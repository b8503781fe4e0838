//! `/admin/health` and its history: from the outcomes of requests, without asking anybody.

use postern_testkit::{FakeUpstream, Fault};
use postern_tests::{Caller, World};
use reqwest::Method;
use serde_json::{Value, json};

use super::refused;

fn of<'a>(health: &'a Value, name: &str) -> &'a Value {
    let mut providers = health["providers"].as_array().unwrap().iter();
    providers.find(|provider| provider["provider_name"] == name).unwrap_or_else(|| panic!("{health}"))
}

#[tokio::test]
async fn all_is_well_before_the_first_request() {
    let world = World::start().await;
    let health = world.get("/admin/health").await;
    assert_eq!((&health["status"], &health["database_status"]), (&json!("healthy"), &json!("healthy")));
    assert!(health["cache_status"].is_string(), "{health}");
    assert!(health["timestamp"].as_str().unwrap().ends_with('Z'), "{health}");
    assert_eq!(health["providers"].as_array().unwrap().len(), 6);
    let first = &health["providers"][0];
    assert_eq!((&first["provider_id"], &first["provider_name"]), (&json!(1), &json!("oa")));
    assert_eq!((&first["is_healthy"], &first["consecutive_failures"]), (&json!(true), &json!(0)));
    assert_eq!((&first["success_rate"], &first["response_time_ms"]), (&Value::Null, &Value::Null));
    assert_eq!((&first["state"], &first["deployments"]), (&json!("closed"), &json!([])));
    assert_eq!(world.openai.models_calls(), 0, "nobody was asked");
}

#[tokio::test]
async fn deployments_with_an_address_of_their_own_are_seen_too() {
    let world = World::with("router_settings: {num_retries: 1}", |builder| builder).await;
    for model in ["one", "two"] {
        let params = json!({"model": format!("openai/{model}"), "api_base": world.openai.url(), "api_key": "sk-own-1234"});
        world.gateway.new_model(json!({"model_name": "own", "litellm_params": params})).await;
    }
    world.openai.next(Fault::Status { status: 429, retry_after: Some(60) });
    world.ask(Caller::Chat, "own", false).await.expect(200);
    let health = world.get("/admin/health").await;
    let mut states: Vec<_> = health["other_deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["model_group"].clone(), one["state"].as_str().unwrap().to_owned()))
        .collect();
    states.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(states, [(json!("own"), "closed".to_owned()), (json!("own"), "open".to_owned())], "{health}");
    assert_eq!(health["status"], "degraded");
    assert!(!health.to_string().contains("sk-own-1234"));
}

#[tokio::test]
async fn outcomes_are_seen_and_circuits_open_and_close() {
    let world = World::with("router_settings: {num_retries: 0, cooldown_time: 0.2}", |builder| builder).await;
    world.ask(Caller::Chat, "oa/x", false).await.expect(200);
    let well = world.get("/admin/health").await;
    let provider = of(&well, "oa");
    assert_eq!((&provider["is_healthy"], &provider["success_rate"]), (&json!(true), &json!(100.0)));
    assert!(provider["response_time_ms"].as_f64().unwrap() > 0.0, "{provider}");
    let deployment = &provider["deployments"][0];
    assert_eq!((&deployment["id"], &deployment["model"]), (&json!("oa/x"), &json!("x")));
    assert_eq!((&deployment["state"], &deployment["in_flight"]), (&json!("closed"), &json!(0)));
    assert_eq!((&deployment["last_failure"], &deployment["model_group"]), (&Value::Null, &Value::Null));
    world.openai.next(Fault::status(500)).next(Fault::status(500)).next(Fault::status(500));
    for _ in 0..3 {
        world.ask(Caller::Chat, "oa/x", false).await;
    }
    let ill = world.get("/admin/health").await;
    let provider = of(&ill, "oa");
    assert_eq!(provider["consecutive_failures"], 3, "{provider}");
    assert_eq!(provider["success_rate"], 25.0, "{provider}");
    let deployment = &provider["deployments"][0];
    assert_eq!(
        (&deployment["consecutive_failures"], &deployment["last_failure"]["status"]),
        (&json!(3), &json!(500))
    );
    assert!(deployment["last_failure"]["reason"].is_string() && deployment["last_failure"]["at"].is_string());
    assert!(["open", "half_open"].contains(&deployment["state"].as_str().unwrap()), "{deployment}");
    assert_eq!(world.get("/admin/providers/oa").await["health"]["consecutive_failures"], 3);
    let shown = world.get("/console/providers").await;
    assert!(shown["providers"][0]["circuit"]["reason"].is_string(), "{shown}");
    // It has cooled down at some time, and then an answer closes the circuit.
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        world.ask(Caller::Chat, "oa/x", false).await;
        let again = world.get("/admin/health").await;
        if of(&again, "oa")["state"] == "closed" {
            assert_eq!(
                (&again["status"], &of(&again, "oa")["is_healthy"]),
                (&json!("healthy"), &json!(true))
            );
            break;
        }
    }
    let history = loop {
        let history = world.get("/admin/health/history?provider_id=1&hours=1").await;
        if history["events"].as_array().unwrap().len() >= 2 {
            break history;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let events = history["events"].as_array().unwrap();
    let (closed, opened) = (&events[0], &events[events.len() - 1]);
    assert_eq!(
        (&closed["state"], &closed["cooldown_seconds"]),
        (&json!("closed"), &Value::Null),
        "{history}"
    );
    assert_eq!((&opened["state"], &opened["provider_id"]), (&json!("open"), &json!(1)));
    assert_eq!((&opened["provider_name"], &opened["deployment_id"]), (&json!("oa"), &json!("oa/x")));
    assert!(opened["cooldown_seconds"].as_f64().unwrap() > 0.0 && opened["reason"].is_string(), "{opened}");
    assert_eq!(world.get("/admin/health/history?provider_id=an").await["events"], json!([]));
    let page = world.get("/admin/health/history?limit=1").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    let next = page["next"].as_str().expect("there is more");
    let rest = world.get(&format!("/admin/health/history?before={next}")).await;
    assert_eq!(rest["events"].as_array().unwrap().len(), events.len() - 1);
    world.assert_well().await;
}

#[tokio::test]
async fn some_that_are_ill_degrade_it_and_all_make_it_unhealthy() {
    let world = World::start().await;
    for provider in ["go", "ol", "co", "be"] {
        let path = format!("/admin/providers/{provider}");
        world.admin(Method::DELETE, &path, Value::Null).await.expect(200);
    }
    world.openai.next(Fault::Status { status: 429, retry_after: Some(60) });
    world.ask(Caller::Chat, "oa/x", false).await;
    let health = world.get("/admin/health").await;
    assert_eq!(
        (&health["status"], &of(&health, "oa")["state"]),
        (&json!("degraded"), &json!("open")),
        "{health}"
    );
    assert!(of(&health, "oa")["detail"].is_string() && !of(&health, "oa")["is_healthy"].as_bool().unwrap());
    world.anthropic.next(Fault::Status { status: 429, retry_after: Some(60) });
    world.ask(Caller::Chat, "an/x", false).await;
    assert_eq!(world.get("/admin/health").await["status"], "unhealthy");
    // One that is switched off is nobody's trouble.
    world.admin(Method::PATCH, "/admin/providers/an", json!({"enabled": false})).await.expect(200);
    world
        .admin(Method::PATCH, "/admin/providers/oa", json!({"api_key": "sk-another-0123456789abcdef"}))
        .await
        .expect(200);
    let health = world.get("/admin/health").await;
    assert_eq!(
        (&health["status"], &of(&health, "an")["enabled"]),
        (&json!("healthy"), &json!(false)),
        "{health}"
    );
    // A model that it does not know says nothing of the provider.
    world.openai.next(Fault::status(404));
    world.ask(Caller::Chat, "oa/unknown", false).await;
    assert_eq!(world.get("/admin/health").await["status"], "healthy");
}

#[tokio::test]
async fn before_the_first_request_the_last_test_tells() {
    let world = World::start().await;
    let upstream = FakeUpstream::openai().await;
    upstream.require_key("sk-the-right-key-0123456789");
    let made = world.add_provider("openai", "tested", &upstream.url()).await;
    let path = format!("/console/providers/{}/test", made["id"].as_str().unwrap());
    world.admin(Method::POST, &path, Value::Null).await.expect(200);
    let health = world.get("/admin/health").await;
    let provider = of(&health, "tested");
    assert_eq!((&health["status"], &provider["is_healthy"]), (&json!("degraded"), &json!(false)), "{health}");
    assert_eq!((&provider["success_rate"], &provider["consecutive_failures"]), (&Value::Null, &json!(0)));
    assert!(provider["response_time_ms"].is_number(), "of the test: {provider}");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let world = World::start().await;
    for (query, param) in [
        ("hours=0", "hours"),
        ("hours=721", "hours"),
        ("hours=x", "hours"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("before=x", "before"),
    ] {
        let answer = world.admin(Method::GET, &format!("/admin/health/history?{query}"), Value::Null).await;
        refused(&answer, 400, Some(param));
    }
    let nobody = world.admin(Method::GET, "/admin/health/history?provider_id=99", Value::Null).await;
    refused(&nobody, 404, Some("provider_id"));
    refused(&world.admin(Method::GET, "/admin/health/history?since=1", Value::Null).await, 400, None);
}
