//! `/admin/providers`: the documented requests as they stand, and what each field may be.

use postern_testkit::FakeUpstream;
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::refused;

const KEY: &str = "sk-documented-provider-key-5d0c3e91";

fn documented(base_url: &str) -> Value {
    json!({
        "name": "openai-primary", "type": "openai", "base_url": base_url, "api_key": KEY,
        "enabled": true, "priority": 100, "weight": 100, "timeout": 60,
    })
}

#[tokio::test]
async fn a_provider_is_added_listed_changed_and_removed() {
    let world = World::start().await;
    let upstream = FakeUpstream::openai().await;
    let made = world.admin(Method::POST, "/admin/providers", documented(&upstream.url())).await.expect(200);
    assert!(!made.text().contains(KEY), "{}", made.text());
    let made = made.json();
    assert_eq!(made["id"], 7, "{made}");
    for (field, expected) in [
        ("name", json!("openai-primary")),
        ("type", json!("openai")),
        ("base_url", json!(upstream.url())),
        ("has_api_key", json!(true)),
        ("further_keys", json!([])),
        ("enabled", json!(true)),
        ("priority", json!(100)),
        ("weight", json!(100)),
        ("timeout", json!(60)),
        ("billing", json!("api")),
        ("price_adjustment_percent", json!(0.0)),
        ("settings", json!({})),
        ("health", json!({"state": "closed", "consecutive_failures": 0})),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    assert!(made["api_key_hint"].as_str().unwrap().ends_with(&KEY[KEY.len() - 4..]), "{made}");
    for time in ["created_at", "updated_at"] {
        assert!(made[time].as_str().unwrap().ends_with('Z'), "{made}");
    }
    world.ask(Caller::Chat, "openai-primary/x", false).await.expect(200);
    assert_eq!(upstream.last_request().header("authorization"), format!("Bearer {KEY}"));
    let list = world.get("/admin/providers").await;
    assert_eq!((&list["total"], list["providers"].as_array().unwrap().len()), (&json!(7), 7));
    let ids: Vec<_> = list["providers"].as_array().unwrap().iter().map(|one| one["id"].as_i64()).collect();
    assert_eq!(ids, (1..=7).map(Some).collect::<Vec<_>>());
    for name in ["7", made["uuid"].as_str().unwrap(), "openai-primary", "OpenAI-Primary"] {
        assert_eq!(world.get(&format!("/admin/providers/{name}")).await["id"], 7, "{name}");
    }
    let paid = json!({"billing": "subscription", "price_adjustment_percent": -12.5});
    let paid = world.admin(Method::PATCH, "/admin/providers/7", paid).await.expect(200).json();
    assert_eq!(
        (&paid["billing"], &paid["price_adjustment_percent"]),
        (&json!("subscription"), &json!(-12.5))
    );
    let row =
        world.row(world.ask(Caller::Chat, "openai-primary/x", false).await.expect(200).request_id()).await;
    assert_eq!((&row["billing"], &row["cost_nanos"]), (&json!("subscription"), &json!(0)), "{row}");
    let off =
        world.admin(Method::PATCH, "/admin/providers/7", json!({"enabled": false})).await.expect(200).json();
    assert_eq!(
        (&off["enabled"], &off["priority"], &off["timeout"]),
        (&json!(false), &json!(100), &json!(60))
    );
    assert!(off["updated_at"].as_str() > made["updated_at"].as_str());
    let answer = world.ask(Caller::Chat, "openai-primary/x", false).await.expect(404);
    assert!(answer.text().contains("switched off"), "{}", answer.text());
    let gone = world.admin(Method::DELETE, "/admin/providers/7", Value::Null).await.expect(200).json();
    assert_eq!((&gone["id"], &gone["removed"]), (&json!(7), &json!({"deployments": []})), "{gone}");
    assert!(gone["message"].as_str().unwrap().contains("openai-primary"), "{gone}");
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        refused(&world.admin(method, "/admin/providers/7", json!({})).await, 404, None);
    }
    // Its number is not given again.
    let next = world.admin(Method::POST, "/admin/providers", documented(&upstream.url())).await.expect(200);
    assert_eq!(next.json()["id"], 8);
}

#[tokio::test]
async fn little_has_to_be_said_of_a_provider() {
    let world = World::start().await;
    let made =
        world.admin(Method::POST, "/admin/providers", json!({"type": "google"})).await.expect(200).json();
    assert_eq!(
        (&made["type"], &made["name"]),
        (&json!("gemini"), &json!("gemini")),
        "by another of its names"
    );
    assert_eq!(
        (&made["priority"], &made["weight"], &made["timeout"]),
        (&json!(100), &json!(100), &Value::Null)
    );
    assert_eq!((&made["has_api_key"], &made["api_key_hint"]), (&json!(false), &Value::Null));
    let again =
        world.admin(Method::POST, "/admin/providers", json!({"type": "google"})).await.expect(200).json();
    assert_eq!(again["name"], "gemini-2");
    let changed =
        json!({"priority": 0, "weight": 1_000_000, "timeout": 0.25, "name": "other", "type": "google"});
    let changed = world.admin(Method::PATCH, "/admin/providers/7", changed).await.expect(200).json();
    assert_eq!(
        (&changed["priority"], &changed["weight"], &changed["timeout"], &changed["name"]),
        (&json!(0), &json!(1_000_000), &json!(0.25), &json!("other"))
    );
    let cleared =
        world.admin(Method::PATCH, "/admin/providers/7", json!({"timeout": null})).await.expect(200).json();
    assert_eq!((&cleared["timeout"], &cleared["weight"]), (&Value::Null, &json!(1_000_000)));
}

#[tokio::test]
async fn a_field_that_makes_no_sense_is_refused_by_name() {
    let world = World::start().await;
    let wrong = [
        ("name", json!("a/b")),
        ("name", json!("")),
        ("name", json!(7)),
        ("base_url", json!("ftp://x")),
        ("base_url", json!(["http://x"])),
        ("api_key", json!("two words")),
        ("api_key", json!(7)),
        ("api_keys", json!("sk-one")),
        ("api_keys", json!([7])),
        ("add_api_key", json!("two words")),
        ("remove_keys", json!([2])),
        ("remove_keys", json!(["2"])),
        ("enabled", json!("yes")),
        ("priority", json!(-1)),
        ("priority", json!(1_000_001)),
        ("priority", json!(1.5)),
        ("priority", json!("high")),
        ("weight", json!(-1)),
        ("weight", json!(1_000_001)),
        ("timeout", json!(0)),
        ("timeout", json!(-1)),
        ("timeout", json!(86_401)),
        ("timeout", json!("60")),
        ("settings", json!([])),
        ("settings", json!({"region": 7})),
        ("billing", json!("barter")),
        ("billing", json!(1)),
        ("price_adjustment_percent", json!(-101)),
        ("price_adjustment_percent", json!(1001)),
        ("price_adjustment_percent", json!("ten")),
        ("health", json!({})),
        ("provider_type", json!("openai")),
    ];
    for (field, value) in &wrong {
        let body = json!({"type": "openai", "name": "new", *field: value});
        let answer = world.admin(Method::POST, "/admin/providers", body).await;
        let message = refused(&answer, 400, Some(field));
        assert!(message.contains(field) || *field == "base_url", "{field}: {message}");
        let answer = world.admin(Method::PATCH, "/admin/providers/1", json!({*field: value})).await;
        refused(&answer, 400, Some(field));
    }
    let elsewhere = world.admin(Method::POST, "/admin/providers", json!({"type": "opnai"})).await;
    assert!(refused(&elsewhere, 400, Some("type")).contains("openai"), "near names help");
    for body in [json!({}), json!({"type": null}), json!({"type": 7}), json!({"type": "demo"})] {
        refused(&world.admin(Method::POST, "/admin/providers", body).await, 400, Some("type"));
    }
    let other_type = world.admin(Method::PATCH, "/admin/providers/1", json!({"type": "anthropic"})).await;
    refused(&other_type, 400, Some("type"));
    refused(
        &world
            .admin(Method::POST, "/admin/providers", json!({"type": "openai", "api_keys": ["two words"]}))
            .await,
        400,
        Some("api_keys[0]"),
    );
    for taken in [json!({"type": "openai", "name": "oa"}), json!({"type": "openai", "name": " OA "})] {
        refused(&world.admin(Method::POST, "/admin/providers", taken).await, 409, Some("name"));
    }
    refused(
        &world.admin(Method::PATCH, "/admin/providers/1", json!({"name": "an"})).await,
        409,
        Some("name"),
    );
    for body in ["", "[]", "{", "7", "{\"type\":\"openai\""] {
        let request = world.gateway.admin(Method::POST, "/admin/providers").body(body);
        refused(&receive(request).await, 400, None);
    }
    refused(
        &world.admin(Method::DELETE, "/admin/providers/1?cascade=maybe", Value::Null).await,
        400,
        Some("cascade"),
    );
    refused(&world.admin(Method::DELETE, "/admin/providers/1?force=true", Value::Null).await, 400, None);
    for built_in in ["demo", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("/admin/providers/{built_in}");
        refused(&world.admin(Method::PATCH, &path, json!({"enabled": false})).await, 400, None);
    }
    for nobody in ["0", "99", "-1", "x", "%ff", "00000000-0000-0000-0000-000000000001"] {
        refused(
            &world.admin(Method::GET, &format!("/admin/providers/{nobody}"), Value::Null).await,
            404,
            None,
        );
    }
    let list = world.get("/admin/providers").await;
    assert_eq!(list["total"], 6, "none of these was stored: {list}");
    assert_eq!(
        (&list["providers"][0]["name"], &list["providers"][0]["priority"]),
        (&json!("oa"), &json!(100))
    );
    world.assert_well().await;
}

#[tokio::test]
async fn a_timeout_is_how_long_its_answer_is_waited_for() {
    let world = World::start().await;
    world.openai.for_model("slow", postern_testkit::Fault::NeverAnswers);
    world.admin(Method::PATCH, "/admin/providers/oa", json!({"timeout": 0.3})).await.expect(200);
    let asked = std::time::Instant::now();
    let answer = world.ask(Caller::Chat, "oa/slow", false).await;
    assert_eq!(answer.status, 504, "{}", answer.text());
    // Far less than the ten minutes of the gateway's own.
    assert!(asked.elapsed() < std::time::Duration::from_secs(20));
    // A deployment of a model group has its provider's, unless it says otherwise.
    let params = json!({"model_name": "group", "litellm_params": {"model": "oa/slow"}});
    world.admin(Method::POST, "/model/new", params).await.expect(200);
    assert_eq!(world.ask(Caller::Chat, "group", false).await.status, 504);
}

#[tokio::test]
async fn what_was_set_is_there_after_a_restart_and_no_key_is_in_the_database() {
    let files = tempfile::TempDir::new().unwrap();
    let start = || postern_testkit::TestGateway::builder().data_dir(files.path()).vault("file").start();
    let gateway = start().await;
    let body = json!({
        "name": "kept", "type": "openai", "base_url": "http://127.0.0.1:9/v1", "api_key": KEY,
        "api_keys": ["sk-second-key-0a1b2c3d4e5f", "sk-third-key-5f4e3d2c1b0a"],
        "enabled": false, "priority": 7, "weight": 8, "timeout": 9.5,
    });
    let made = receive(gateway.admin(Method::POST, "/admin/providers").json(&body)).await.expect(200).json();
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = start().await;
    let kept = receive(gateway.admin(Method::GET, "/admin/providers/1")).await.expect(200);
    for secret in [KEY, "sk-second-key", "sk-third-key"] {
        assert!(!kept.text().contains(secret), "{}", kept.text());
    }
    assert_eq!(kept.json(), made, "the same in every member");
    assert_eq!(gateway.stop().await.code(), Some(0));
    for entry in std::fs::read_dir(files.path()).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in [KEY, "sk-second-key-0a1b2c3d4e5f", "sk-third-key-5f4e3d2c1b0a"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}
