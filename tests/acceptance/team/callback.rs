//! `/team/{team_id}/callback` and `/team/{team_id}/disable_logging`.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{done, post, refused, team};

#[tokio::test]
async fn callbacks_are_kept_and_their_secrets_are_not_shown() {
    let world = World::with("{}", |builder| builder.vault("file")).await;
    team(&world, "blue/one", &[]).await;
    let secret = "lf-secret-0d5a7be8c41f";
    let body = json!({
        "callback_name": "langfuse", "callback_type": "success",
        "callback_vars": {"langfuse_public_key": "pk-1", "langfuse_secret_key": secret, "langfuse_host": "http://127.0.0.1:1"},
    });
    let added = done(&world, "/team/blue%2Fone/callback", body.clone()).await;
    assert_eq!((&added["status"], &added["data"]["team_id"]), (&json!("success"), &json!("blue/one")));
    assert!(!added.to_string().contains(secret));
    let shown = world.get("/team/blue%2Fone/callback").await;
    assert_eq!(
        shown,
        json!({"status": "success", "data": {
            "team_id": "blue/one", "success_callbacks": ["langfuse"], "failure_callbacks": [],
            "callback_vars": {
                "langfuse_public_key": "pk-1", "langfuse_secret_key": "*****", "langfuse_host": "http://127.0.0.1:1",
            },
        }})
    );
    let again = post(&world, "/team/blue%2Fone/callback", body).await;
    refused(&again, 400, "callback_name");
    let more = json!({"callback_name": "langfuse", "callback_type": "failure", "callback_vars": {}});
    done(&world, "/team/blue%2Fone/callback", more).await;
    let both = json!({"callback_name": "langsmith", "callback_vars": {"langsmith_api_key": "os.environ/LANGSMITH_KEY"}});
    done(&world, "/team/blue%2Fone/callback", both).await;
    let shown = world.get("/team/blue%2Fone/callback").await["data"].clone();
    assert_eq!(shown["success_callbacks"], json!(["langfuse", "langsmith"]));
    assert_eq!(shown["failure_callbacks"], json!(["langfuse", "langsmith"]));
    assert_eq!(
        shown["callback_vars"]["langsmith_api_key"], "os.environ/LANGSMITH_KEY",
        "a reference is no secret"
    );
    // Nowhere in the open.
    for entry in std::fs::read_dir(world.gateway.data_dir()).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "the secret is in {}", entry.path().display());
        }
    }
    assert!(!world.gateway.stderr().contains(secret));
    let off = done(&world, "/team/blue%2Fone/disable_logging", json!({})).await;
    assert_eq!((&off["status"], &off["data"]["success_callbacks"]), (&json!("success"), &json!([])));
    assert!(off["message"].as_str().unwrap().contains("blue/one"));
    let shown = world.get("/team/blue%2Fone/callback").await["data"].clone();
    assert_eq!((&shown["failure_callbacks"], &shown["callback_vars"]), (&json!([]), &json!({})));
}

#[tokio::test]
async fn bad_callbacks_are_refused() {
    let world = World::start().await;
    team(&world, "blue", &[]).await;
    let vars =
        |vars: Value| json!({"callback_name": "langfuse", "callback_type": "success", "callback_vars": vars});
    let answer = post(&world, "/team/blue/callback", vars(json!({"langfuse_secrets": "x"}))).await;
    assert!(refused(&answer, 422, "callback_vars").contains("langfuse_secret_key"), "{}", answer.text());
    let long = post(&world, "/team/blue/callback", vars(json!({"langfuse_host": "x".repeat(9000)}))).await;
    refused(&long, 400, "callback_vars");
    refused(&post(&world, "/team/blue/callback", json!({"callback_name": ""})).await, 400, "callback_name");
    for wrong in [
        json!({}),
        json!({"callback_name": "x", "callback_type": "sometimes"}),
        json!({"callback_name": "x", "callback_vars": {"langfuse_host": 1}}),
    ] {
        post(&world, "/team/blue/callback", wrong).await.expect(422);
    }
    refused(&post(&world, "/team/nothing/callback", vars(json!({}))).await, 404, "team_id");
    refused(&post(&world, "/team/nothing/disable_logging", json!({})).await, 404, "team_id");
    let unknown = world.admin(Method::GET, "/team/nothing/callback", Value::Null).await;
    refused(&unknown, 404, "team_id");
    assert_eq!(world.get("/team/blue/callback").await["data"]["success_callbacks"], json!([]));
}
