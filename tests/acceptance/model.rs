//! `/model/*`: deployments come into force at once and go at once, and show no credential.

mod change;
mod groups;
mod info;
mod teams;

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_deployment_is_in_force_from_the_next_request_on() {
    let world = World::start().await;
    world.ask(Caller::Chat, "smart", false).await.expect(404);
    let made = world.gateway.deploy("smart", "openai/upstream-name", &world.openai).await;
    let id = made["model_id"].as_str().unwrap().to_owned();
    assert_eq!((&made["model_name"], &made["model_info"]["id"]), (&json!("smart"), &json!(id)));
    assert!(!made.to_string().contains("sk-upstream"), "{made}");
    for caller in Caller::BOTH {
        let answer = world.ask(caller, "smart", false).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!((&row["deployment_id"], &row["model_group"]), (&json!(id), &json!("smart")));
        assert_eq!(answer.header("x-litellm-model-id"), id);
        assert_eq!(world.openai.last_request().header("authorization"), "Bearer sk-upstream");
    }
    let info = world.get(&format!("/model/info?litellm_model_id={id}")).await;
    assert_eq!(info["data"].as_array().unwrap().len(), 1);
    assert_eq!(info["data"][0]["litellm_params"]["model"], "openai/upstream-name");
    assert_eq!(info["data"][0]["model_info"]["db_model"], true);
    assert!(!info.to_string().contains("sk-upstream"), "{info}");
    world.admin(Method::POST, "/model/delete", json!({"id": id})).await.expect(200);
    world.ask(Caller::Chat, "smart", false).await.expect(404);
    world.admin(Method::POST, "/model/delete", json!({"id": id})).await.expect(400);
    world.admin(Method::GET, &format!("/model/info?litellm_model_id={id}"), Value::Null).await.expect(400);
}

#[tokio::test]
async fn a_deployment_that_makes_no_sense_is_refused() {
    let world = World::start().await;
    let calls = [
        json!({"model_name": "", "litellm_params": {"model": "openai/x"}}),
        json!({"model_name": "demo", "litellm_params": {"model": "openai/x"}}),
        json!({"model_name": "x", "litellm_params": {"model": ""}}),
        json!({"model_name": "x", "litellm_params": {"model": "nowhere/x"}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x", "api_base": "no url"}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x", "timeout": 0}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x", "input_cost_per_token": -1}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x", "mystery": 1}}),
        json!({"model_name": "x"}),
        json!({"litellm_params": {"model": "openai/x"}}),
        json!({"model_name": "x\u{0}y", "litellm_params": {"model": "openai/x"}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"id": "a\nb"}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"base_model": 7}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"max_input_tokens": -1}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"input_cost_per_token": "free"}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"team_id": "nobody's"}}),
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_inof": {"team_id": "nobody's"}}),
    ];
    for body in calls {
        let answer = world.admin(Method::POST, "/model/new", body.clone()).await;
        assert!(matches!(answer.status, 400 | 409 | 422), "{body}: {} {}", answer.status, answer.text());
        Caller::Chat.own_error(&answer);
    }
    let body =
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"id": "mine"}});
    world.admin(Method::POST, "/model/new", body.clone()).await.expect(200);
    world.admin(Method::POST, "/model/new", body).await.expect(409);
    assert_eq!(
        world.get("/v2/model/info").await["total_count"],
        2,
        "the built-in one and the one that made sense"
    );
}

#[tokio::test]
async fn names_are_kept_as_they_are_written() {
    let world = World::start().await;
    for name in ["../../etc/passwd", "'; DROP TABLE models; --", "名前", "a/b:c*d", "%2e%2e%2f"] {
        let id = format!("id of {name}");
        let body = json!({"model_name": name, "litellm_params": {"model": "openai/x"}, "model_info": {"id": id, "base_model": name}});
        let made = world.admin(Method::POST, "/model/new", body).await.expect(200).json();
        assert_eq!((&made["model_name"], &made["model_id"]), (&json!(name), &json!(id)));
        let page = world.get("/v2/model/info?size=1000").await;
        let found =
            page["data"].as_array().unwrap().iter().find(|model| model["model_info"]["id"] == id).unwrap();
        assert_eq!((&found["model_name"], &found["model_info"]["base_model"]), (&json!(name), &json!(name)));
        world.admin(Method::POST, "/model/delete", json!({"id": id})).await.expect(200);
    }
    world.assert_well().await;
}

#[tokio::test]
async fn what_stands_in_the_file_is_changed_there() {
    let config = "{model_list: [{model_name: fixed, litellm_params: {model: openai/gpt-4o-mini, api_key: sk-of-file}, model_info: {id: written, access_groups: [staff]}}]}";
    let world = World::with(config, |builder| builder).await;
    let info = world.get("/model/info?litellm_model_id=written").await["data"][0].clone();
    assert_eq!((&info["model_info"]["db_model"], &info["model_name"]), (&json!(false), &json!("fixed")));
    assert_eq!(info["model_info"]["access_groups"], json!(["staff"]));
    assert!(!info.to_string().contains("sk-of-file"), "{info}");
    let change = json!({"litellm_params": {"model": "openai/gpt-4o"}, "model_info": {"id": "written"}});
    for (method, path, body) in [
        (Method::POST, "/model/update", change.clone()),
        (Method::PATCH, "/model/written/update", change),
        (Method::POST, "/model/delete", json!({"id": "written"})),
        (Method::POST, "/model/delete", json!({"id": "demo"})),
        (Method::PUT, "/access_group/staff/update", json!({"model_names": ["demo"]})),
        (Method::DELETE, "/access_group/staff/delete", Value::Null),
        (Method::POST, "/access_group/new", json!({"access_group": "other", "model_names": ["fixed"]})),
    ] {
        let answer = world.admin(method, path, body).await.expect(409);
        let message = Caller::Chat.own_error(&answer);
        assert!(message.contains("configuration file") || message.contains("built-in"), "{path}: {message}");
    }
    let body =
        json!({"model_name": "x", "litellm_params": {"model": "openai/x"}, "model_info": {"id": "written"}});
    world.admin(Method::POST, "/model/new", body).await.expect(409);
    assert_eq!(world.get("/model/info?litellm_model_id=written").await["data"][0], info);
}

#[tokio::test]
async fn a_key_sees_the_deployments_it_may_use() {
    let world = World::start().await;
    world.gateway.deploy("smart", "openai/x", &world.openai).await;
    world.gateway.deploy("other", "openai/x", &world.openai).await;
    let key = world.gateway.new_key(json!({"models": ["smart"]})).await;
    let url = format!("{}/model/info", world.gateway.url());
    let info = receive(world.gateway.client().get(url).bearer_auth(&key)).await.expect(200).json();
    let names: Vec<_> =
        info["data"].as_array().unwrap().iter().map(|model| model["model_name"].clone()).collect();
    assert_eq!(names, ["smart"]);
}
