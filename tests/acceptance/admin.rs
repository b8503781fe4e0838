//! `/admin/*`: the administration API as LLM Orchestrator documents it, for the administrator alone.

mod health;
mod in_use;
mod keys;
mod logs;
mod providers;
mod stats;

use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Checks everything that the document says of an error, and that it is about this field. Gives back its message.
#[track_caller]
fn refused(answer: &Answer, status: u16, param: Option<&str>) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    let error = answer.json();
    let code = match status {
        400 | 405 | 413 => "invalid_request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        _ => panic!("{status} is not expected here"),
    };
    assert_eq!(error["error"]["code"], code, "{error}");
    let id = answer.request_id();
    assert_eq!((&error["request_id"], &error["error"]["details"]["request_id"]), (&json!(id), &json!(id)));
    let time = error["timestamp"].as_str().unwrap_or_default();
    assert!(time.len() == 24 && time.ends_with('Z'), "no timestamp in {error}");
    assert!(error["error"]["details"]["reason"].is_string(), "{error}");
    if let Some(param) = param {
        assert_eq!(error["error"]["details"]["param"], param, "{error}");
    }
    let message = error["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(!message.is_empty(), "{error}");
    message
}

#[tokio::test]
async fn every_route_is_the_administrators() {
    let world = World::start().await;
    let routes = [
        (Method::GET, "/admin/providers"),
        (Method::POST, "/admin/providers"),
        (Method::GET, "/admin/providers/1"),
        (Method::PATCH, "/admin/providers/1"),
        (Method::DELETE, "/admin/providers/1"),
        (Method::GET, "/admin/health"),
        (Method::GET, "/admin/health/history"),
        (Method::GET, "/admin/stats?hours=24"),
        (Method::GET, "/admin/logs?page=1&page_size=50"),
    ];
    for (method, path) in routes {
        let url = format!("{}{path}", world.gateway.url());
        let request =
            || world.gateway.client().request(method.clone(), &url).json(&json!({"type": "openai"}));
        refused(&receive(request()).await, 401, None);
        refused(&receive(request().bearer_auth("sk-nobody")).await, 401, None);
        refused(&receive(request().header("x-admin-key", &world.key)).await, 401, None);
        refused(&receive(request().bearer_auth(&world.key)).await, 403, None);
    }
    assert_eq!(world.get("/admin/providers").await["total"], 6, "nothing was added or removed");
    let url = format!("{}/admin/providers", world.gateway.url());
    let by_header = world.gateway.client().get(url).header("x-admin-key", world.gateway.admin_key());
    assert_eq!(receive(by_header).await.expect(200).json()["total"], 6);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_same_shape() {
    let world = World::start().await;
    for path in ["/admin", "/admin/", "/admin/nothing", "/admin/providers/1/nothing", "/admin/logs/1"] {
        refused(&world.admin(Method::GET, path, Value::Null).await, 404, None);
    }
    refused(&world.admin(Method::PUT, "/admin/providers/1", json!({})).await, 405, None);
    refused(&world.admin(Method::DELETE, "/admin/stats", Value::Null).await, 405, None);
    let large = json!({"name": "x".repeat(3 * 1024 * 1024)});
    let url = format!("{}/admin/health", world.gateway.url());
    let from_a_page = world.gateway.client().get(url).header("origin", "https://evil.example");
    refused(&receive(from_a_page).await, 403, None);
    // Its connection is not used again, so nothing comes after it.
    refused(&world.admin(Method::POST, "/admin/providers", large).await, 413, None);
}

#[tokio::test]
async fn health_needs_no_key() {
    let world = World::start().await;
    for path in ["/health", "/healthz"] {
        let url = format!("{}{path}", world.gateway.url());
        let health = receive(world.gateway.client().get(url)).await.expect(200).json();
        assert_eq!(health["status"], "healthy", "{path}");
        assert!(health["service"].is_string(), "{health}");
    }
}
