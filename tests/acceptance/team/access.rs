//! `/team/model/add`, `/team/model/delete`, `/team/permissions_list` and `/team/permissions_update`: what a team and its members may
//! use.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, call, done, post, refused, row, team, team_key};

#[tokio::test]
async fn models_are_added_and_taken_away() {
    let world = World::start().await;
    done(&world, "/team/new", json!({"team_id": "blue", "models": ["demo"]})).await;
    let key = team_key(&world, "blue", None).await;
    let refused_model = async |model: &str| {
        let answer = ask(&world, &key, model).await;
        assert!(matches!(answer.status, 401 | 403), "{}", answer.text());
        assert_eq!(answer.json()["error"]["type"], "team_model_access_denied");
    };
    ask(&world, &key, "demo").await.expect(200);
    refused_model("oa/x").await;
    let after = done(&world, "/team/model/add", json!({"team_id": "blue", "models": ["oa/*", "demo"]})).await;
    assert_eq!(after["models"], json!(["demo", "oa/*"]));
    ask(&world, &key, "oa/x").await.expect(200);
    let after =
        done(&world, "/team/model/delete", json!({"team_id": "blue", "models": ["demo", "other"]})).await;
    assert_eq!(after["models"], json!(["oa/*"]));
    refused_model("demo").await;
    // The last one that goes leaves none, and not all.
    let after = done(&world, "/team/model/delete", json!({"team_id": "blue", "models": ["oa/*"]})).await;
    assert_eq!(after["models"], json!(["no-default-models"]));
    refused_model("oa/x").await;
    refused_model("demo").await;
    let after = done(&world, "/team/model/add", json!({"team_id": "blue", "models": ["demo"]})).await;
    assert_eq!(after["models"], json!(["demo"]));
    ask(&world, &key, "demo").await.expect(200);
    team(&world, "all", &[]).await;
    let answer = post(&world, "/team/model/delete", json!({"team_id": "all", "models": ["demo"]})).await;
    refused(&answer, 400, "models");
    for path in ["/team/model/add", "/team/model/delete"] {
        refused(&post(&world, path, json!({"team_id": "x", "models": ["demo"]})).await, 404, "team_id");
        post(&world, path, json!({"team_id": "blue"})).await.expect(422);
        post(&world, path, json!({"team_id": "blue", "models": "demo"})).await.expect(422);
    }
    refused(
        &post(&world, "/team/model/add", json!({"team_id": "blue", "models": [""]})).await,
        400,
        "models",
    );
}

#[tokio::test]
async fn other_names_of_models_are_the_teams() {
    let world = World::start().await;
    done(&world, "/team/new", json!({"team_id": "blue", "model_aliases": {"quick": "demo"}})).await;
    let key = team_key(&world, "blue", None).await;
    ask(&world, &key, "quick").await.expect(200);
    let other = ask(&world, &world.key, "quick").await;
    assert!(matches!(other.status, 400 | 404), "{}", other.text());
    done(&world, "/team/update", json!({"team_id": "blue", "model_aliases": {}})).await;
    assert_ne!(ask(&world, &key, "quick").await.status, 200);
}

#[tokio::test]
async fn what_members_may_do_is_listed_and_set() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "user")]).await;
    let shown = world.get("/team/permissions_list?team_id=blue").await;
    assert_eq!(shown["team_id"], "blue");
    assert_eq!(shown["team_member_permissions"], json!(["/key/info", "/key/health"]));
    let known: Vec<&str> = shown["all_available_permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| route.as_str().unwrap())
        .collect();
    // LiteLLM's.
    for route in [
        "/key/generate",
        "/key/service-account/generate",
        "/key/{key_id}/regenerate",
        "/key/regenerate",
        "/key/update",
        "/key/delete",
        "/key/block",
        "/key/unblock",
        "/key/info",
        "/key/list",
        "/key/health",
    ] {
        assert!(known.contains(&route), "{route} is not among {known:?}");
    }
    assert!(known.iter().all(|route| route.contains("/key/")), "{known:?}");
    // Every one of them can be set.
    let body = json!({"team_id": "blue", "team_member_permissions": known});
    assert_eq!(done(&world, "/team/permissions_update", body).await["team_member_permissions"], json!(known));
    let body = json!({"team_id": "blue", "team_member_permissions": ["/key/list", "/key/list"]});
    assert_eq!(
        done(&world, "/team/permissions_update", body).await["team_member_permissions"],
        json!(["/key/list"])
    );
    for routes in
        [json!(["/key/list", "/key/everything"]), json!(["/team/delete"]), json!([""]), json!(["*"])]
    {
        let body = json!({"team_id": "blue", "team_member_permissions": routes});
        let answer = post(&world, "/team/permissions_update", body).await;
        let message = refused(&answer, 400, "team_member_permissions");
        assert!(message.contains("/key/generate"), "names those that there are: {message}");
    }
    assert_eq!(row(&world, "blue").await["team_member_permissions"], json!(["/key/list"]));
    let body = json!({"team_id": "nothing", "team_member_permissions": []});
    refused(&post(&world, "/team/permissions_update", body).await, 404, "team_id");
    post(&world, "/team/permissions_update", json!({"team_id": "blue"})).await.expect(422);
    let missing = world.admin(Method::GET, "/team/permissions_list", Value::Null).await;
    refused(&missing, 422, "team_id");
    let unknown = world.admin(Method::GET, "/team/permissions_list?team_id=nothing", Value::Null).await;
    refused(&unknown, 404, "team_id");
}

#[tokio::test]
async fn a_members_key_may_do_what_the_team_lets_it() {
    let world = World::start().await;
    team(&world, "blue", &[("ann", "user"), ("bob", "user")]).await;
    let (ann, other) =
        (team_key(&world, "blue", Some("ann")).await, team_key(&world, "blue", Some("bob")).await);
    let block = async |status: u16| {
        let answer = call(&world, &ann, Method::POST, "/key/block", json!({"key": other})).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    };
    block(403).await;
    let allow = json!({"team_id": "blue", "team_member_permissions": ["/key/block"]});
    done(&world, "/team/permissions_update", allow).await;
    block(200).await;
    ask(&world, &other, "demo").await.expect(401);
    done(&world, "/team/permissions_update", json!({"team_id": "blue", "team_member_permissions": []})).await;
    block(403).await;
}
