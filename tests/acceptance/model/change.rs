//! `/model/update` and `/model/{model_id}/update`: what is said is laid over what is there.

use postern_testkit::FakeUpstream;
use postern_tests::{Caller, World};
use reqwest::Method;
use serde_json::{Value, json};

async fn deployed(world: &World) -> String {
    let params = json!({"model": "openai/gpt-4o-mini", "api_base": world.openai.url(), "api_key": "sk-first", "rpm": 60, "timeout": 20.0});
    let body = json!({"model_name": "smart", "litellm_params": params, "model_info": {"access_groups": ["staff"], "note": "mine"}});
    world.gateway.new_model(body).await["model_id"].as_str().unwrap().to_owned()
}

async fn info(world: &World, id: &str) -> Value {
    world.get(&format!("/model/info?litellm_model_id={id}")).await["data"][0].clone()
}

#[tokio::test]
async fn a_change_is_in_force_from_the_next_request_on() {
    let world = World::start().await;
    let id = deployed(&world).await;
    let other = FakeUpstream::openai().await;
    let body = json!({
        "model_name": "clever", "litellm_params": {"model": "openai/gpt-4o", "base_url": other.url(), "rpm": null},
        "model_info": {"id": id, "tier": "paid"},
    });
    let changed = world.admin(Method::POST, "/model/update", body).await.expect(200).json();
    assert_eq!((&changed["model_id"], &changed["model_name"]), (&json!(id), &json!("clever")));
    // A null says nothing here.
    assert_eq!(
        (&changed["litellm_params"]["rpm"], &changed["litellm_params"]["timeout"]),
        (&json!(60), &json!(20.0))
    );
    let shown = &changed["model_info"];
    assert_eq!(
        (&shown["tier"], &shown["note"], &shown["access_groups"]),
        (&json!("paid"), &json!("mine"), &json!(["staff"]))
    );
    assert_eq!(
        (&changed["updated_by"], &changed["created_by"]),
        (&json!("default_user_id"), &json!("default_user_id"))
    );
    world.ask(Caller::Chat, "smart", false).await.expect(404);
    world.ask(Caller::Chat, "clever", false).await.expect(200);
    let sent = other.last_request();
    // Its key is the one from before.
    assert_eq!((&sent.json()["model"], sent.header("authorization")), (&json!("gpt-4o"), "Bearer sk-first"));
    assert_eq!(world.openai.calls(), 0);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_takes_away_what_is_null() {
    let world = World::start().await;
    let id = deployed(&world).await;
    let path = format!("/model/{id}/update");
    let body =
        json!({"litellm_params": {"rpm": null, "tpm": 9000}, "model_info": {"note": null, "mode": "chat"}});
    let changed = world.admin(Method::PATCH, &path, body).await.expect(200).json();
    let params = &changed["litellm_params"];
    assert!(params.get("rpm").is_none() && params["tpm"] == 9000 && params["timeout"] == 20.0, "{params}");
    assert!(
        changed["model_info"].get("note").is_none() && changed["model_info"]["mode"] == "chat",
        "{changed}"
    );
    // What an answer shows may be sent back as it is.
    let shown = info(&world, &id).await;
    let again = json!({"model_name": shown["model_name"], "model_info": {"id": id, "db_model": true, "created_at": shown["model_info"]["created_at"]}});
    world.admin(Method::PATCH, &path, again).await.expect(200);
    world.ask(Caller::Chat, "smart", false).await.expect(200);

    // A new key takes the old one's place in the vault; null takes it away.
    world.admin(Method::PATCH, &path, json!({"litellm_params": {"api_key": "sk-second"}})).await.expect(200);
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), "Bearer sk-second");
    let gone =
        world.admin(Method::PATCH, &path, json!({"litellm_params": {"api_key": null}})).await.expect(200);
    assert!(!gone.text().contains("sk-"), "{}", gone.text());
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), "", "an address of its own needs no key");
    let text = world.get("/v2/model/info?size=1000").await.to_string();
    assert!(!text.contains("sk-first") && !text.contains("sk-second"), "{text}");
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    let id = deployed(&world).await;
    let before = info(&world, &id).await;
    let path = format!("/model/{id}/update");
    let unknown = "/model/0197c0de-0000-7000-8000-000000000000/update";
    let calls = [
        (Method::POST, "/model/update", json!({"model_info": {"id": id}}), 400),
        (Method::POST, "/model/update", json!({"litellm_params": {"rpm": 1}}), 400),
        (
            Method::POST,
            "/model/update",
            json!({"litellm_params": {"rpm": 1}, "model_info": {"id": "nothing"}}),
            400,
        ),
        (Method::POST, "/model/update", json!({"litellm_params": [], "model_info": {"id": id}}), 422),
        (Method::PATCH, unknown, json!({"model_name": "x"}), 404),
        (Method::PATCH, "/model/..%2F..%2Fetc/update", json!({"model_name": "x"}), 404),
        (Method::PATCH, &path, json!({"model_name": ""}), 400),
        (Method::PATCH, &path, json!({"model_name": "demo"}), 409),
        (Method::PATCH, &path, json!({"model_name": 7}), 422),
        (Method::PATCH, &path, json!({"litellm_params": {"rpm": "many"}}), 422),
        (Method::PATCH, &path, json!({"litellm_params": {"rpm": -1}}), 422),
        (Method::PATCH, &path, json!({"litellm_params": {"model": null}}), 422),
        (Method::PATCH, &path, json!({"litellm_params": {"mystery": 1}}), 400),
        (Method::PATCH, &path, json!({"litellm_params": {"timeout": 0}}), 400),
        (Method::PATCH, &path, json!({"litellm_params": {"model": "nowhere/x", "api_base": null}}), 400),
        (
            Method::PATCH,
            &path,
            json!({"litellm_params": {"extra_headers": {"authorization": "Bearer x"}}}),
            400,
        ),
        (Method::PATCH, &path, json!({"model_info": {"id": "another"}}), 400),
        (Method::PATCH, &path, json!({"model_info": {"team_id": "nobody's"}}), 400),
        (Method::PATCH, &path, json!({"model_info": {"access_groups": "staff"}}), 400),
        (Method::PATCH, &path, json!({"model_nmae": "x"}), 400),
    ];
    for (method, path, body, status) in calls {
        let answer = world.admin(method.clone(), path, body.clone()).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text());
        Caller::Chat.own_error(&answer);
    }
    assert_eq!(info(&world, &id).await, before);
    world.ask(Caller::Chat, "smart", false).await.expect(200);
    assert_eq!(world.openai.last_request().header("authorization"), "Bearer sk-first");
    world.assert_well().await;
}

#[tokio::test]
async fn a_base_model_says_what_a_deployment_of_another_name_costs_and_holds() {
    let world = World::start().await;
    let params =
        json!({"model": "openai/our-own-name", "api_base": world.openai.url(), "api_key": "sk-first"});
    let body = json!({"model_name": "smart", "litellm_params": params, "model_info": {"id": "ours"}});
    world.gateway.new_model(body).await;
    let row = world.row(world.ask(Caller::Chat, "smart", false).await.expect(200).request_id()).await;
    assert_eq!(row["cost_nanos"], Value::Null, "{row}");
    let patch = async |info: Value| {
        world.admin(Method::PATCH, "/model/ours/update", json!({"model_info": info})).await.expect(200);
        world.row(world.ask(Caller::Chat, "smart", false).await.expect(200).request_id()).await["cost_nanos"]
            .clone()
    };
    let mini = patch(json!({"base_model": "gpt-4o-mini"})).await.as_i64().unwrap();
    let large = patch(json!({"base_model": "azure/gpt-4o"})).await.as_i64().unwrap();
    assert!(mini > 0 && large > 5 * mini, "{mini} {large}");
    let shown = info(&world, "ours").await["model_info"].clone();
    assert_eq!((&shown["mode"], &shown["max_input_tokens"]), (&json!("chat"), &json!(128_000)));
    // What is said comes before what the catalogue knows.
    let own = patch(json!({"input_cost_per_token": 0, "output_cost_per_token": 0, "max_input_tokens": 7, "mode": "responses"})).await;
    assert_eq!(own, json!(0));
    let shown = info(&world, "ours").await["model_info"].clone();
    assert_eq!((&shown["mode"], &shown["max_input_tokens"]), (&json!("responses"), &json!(7)));
}
