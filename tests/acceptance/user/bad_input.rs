//! What makes no sense is refused by its name, and changes nothing; what only looks odd is kept as it is.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{info, make, post};

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_name() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "user_email": "ann@example.com"})).await;
    for (path, known) in [("/user/new", "eve"), ("/user/update", "ann")] {
        for (field, value) in [
            ("max_budget", json!(-1)),
            ("max_budget", json!(1e300)),
            ("soft_budget", json!(-0.5)),
            ("rpm_limit", json!(-1)),
            ("tpm_limit", json!(-5)),
            ("max_parallel_requests", json!(-2)),
            ("budget_duration", json!("soon")),
            ("budget_duration", json!("0d")),
            ("budget_id", json!("none")),
            ("spend", json!(-1)),
            ("user_email", json!("nobody")),
            ("user_email", json!("a@b@c")),
            ("user_alias", json!("a\u{0}b")),
            ("user_alias", json!("x".repeat(201))),
            ("sso_user_id", json!("a\nb")),
            ("models", json!(["x", " "])),
            ("models", json!(["a\u{7}"])),
            ("model_max_budget", json!({"x": "y"})),
            ("guardrails", json!(["pii"])),
            ("object_permission", json!({"vector_stores": ["x"]})),
            ("max_budgets", json!(1)),
            ("user_emial", json!("x@example.com")),
        ] {
            let mut body = json!({"user_id": known});
            body[field] = value;
            let answer = post(&world, path, body.clone()).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
            assert_eq!(answer.json()["error"]["param"], field, "{path} {body}: {}", answer.text());
            assert_eq!(answer.json()["error"]["code"], "400");
            assert_eq!(answer.request_id(), answer.json()["request_id"]);
        }
        for (field, value) in [
            ("user_role", json!("king")),
            ("user_role", json!("org_admin")),
            ("user_id", json!(7)),
            ("user_email", json!(["x@example.com"])),
            ("models", json!("x")),
            ("metadata", json!("x")),
            ("blocked", json!("yes")),
            ("max_budget", json!("much")),
            ("rpm_limit", json!(1.5)),
            ("teams", json!("blue")),
            ("password", json!(12_345_678)),
        ] {
            let mut body = json!({"user_id": known});
            body[field] = value;
            let answer = post(&world, path, body.clone()).await;
            assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
            assert!(answer.json()["detail"][0]["loc"].is_array(), "{}", answer.text());
        }
    }
    for (body, param) in [
        (json!({"user_id": ""}), "user_id"),
        (json!({"user_id": "a\nb"}), "user_id"),
        (json!({"user_id": "x".repeat(201)}), "user_id"),
        (json!({"duration": "soon"}), "duration"),
        (json!({"allowed_routes": ["everything"]}), "allowed_routes"),
        (json!({"key": "sk-0123456789abcdef"}), "key"),
    ] {
        let answer = post(&world, "/user/new", body.clone()).await.expect(400);
        assert_eq!(answer.json()["error"]["param"], param, "{body}: {}", answer.text());
    }
    assert_eq!(world.get("/user/list").await["total"], 1, "a refused user was made");
    let ann = info(&world, "ann").await["user_info"].clone();
    assert_eq!((&ann["created_at"], &ann["key_count"]), (&ann["updated_at"], &json!(1)), "{ann}");
    world.assert_well().await;
}

fn encoded(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

#[tokio::test]
async fn odd_texts_are_kept_as_they_are() {
    let world = World::start().await;
    for (number, odd) in [
        "../../etc/passwd",
        "'; DROP TABLE users; --",
        "\" OR \"\"=\"",
        "%' OR 1=1 --",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "Ünïcödé 🦀 名前",
        "a,b&c=d#e?f",
    ]
    .into_iter()
    .enumerate()
    {
        let made = make(
            &world,
            json!({
                "user_id": odd, "user_alias": odd, "sso_user_id": odd, "models": [odd], "metadata": {odd: odd},
                "key_alias": odd,
            }),
        )
        .await;
        let found = world.get(&format!("/user/info?user_id={}", encoded(odd))).await;
        for shown in [&made, &found["user_info"]] {
            assert_eq!(shown["user_id"], odd);
            assert_eq!(shown["user_alias"], odd);
            assert_eq!(shown["sso_user_id"], odd);
            assert_eq!(shown["models"], json!([odd]));
            assert_eq!(shown["metadata"], json!({odd: odd}));
        }
        assert_eq!(found["keys"][0]["key_alias"], odd);
        assert_eq!(world.get("/user/list").await["total"], number + 1);
    }
    for path in [
        "/user/list?user_email=%25",
        "/user/list?team=%27%20OR%201%3D1%20--",
        "/user/list?user_ids=%27%20OR%20%271",
    ] {
        assert_eq!(world.get(path).await["total"], 0, "{path}");
    }
    let gone = post(&world, "/user/delete", json!({"user_ids": ["' OR 1=1 --"]})).await;
    assert_eq!(gone.status, 404);
    world.assert_well().await;
}

#[tokio::test]
async fn requests_of_no_shape_are_refused() {
    let world = World::start().await;
    for path in ["/user/new", "/user/new_bulk", "/user/update", "/user/bulk_update", "/user/delete"] {
        for body in ["[]", "\"x\"", "{", "7"] {
            let request = world.gateway.admin(Method::POST, path).body(body);
            let answer = postern_tests::receive(request).await;
            assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
        }
    }
    for (path, body) in [
        ("/user/update", json!({})),
        ("/user/update", json!({"user_id": null, "user_alias": "x"})),
        ("/user/update", json!({"user_email": ""})),
        ("/user/delete", json!({})),
        ("/user/delete", json!({"user_ids": []})),
        ("/user/delete", json!({"user_ids": "ann"})),
    ] {
        post(&world, path, body).await.expect(422);
    }
    world.admin(Method::DELETE, "/user/new", Value::Null).await.expect(405);
}
