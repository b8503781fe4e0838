//! `/console/alerts` and `general_settings.alert_webhooks`: each thing is told once, to those whom it concerns.

mod limits;
pub mod spend;

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use postern_testkit::{FakeUpstream, GatewayBuilder, Reply, TestGateway, Usage};
use postern_tests::{Receiver, Told, World, receive};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "whsec_bm90IHNvIHNlY3JldCBhZnRlciBhbGw=";

#[expect(clippy::disallowed_methods, reason = "the gateway's clock is the machine's here")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Answers of ten cents each.
fn ten_cents() -> Reply {
    Reply::default().usage(Usage { input: 1, cache_read: 0, cache_write: 0, output: 10, reasoning: 0 })
}

fn config(receiver: &Receiver) -> String {
    format!(
        "litellm_settings: {{num_retries: 0}}\ngeneral_settings: {{alert_webhooks: [{{url: '{}/in?token=hidden-in-the-address', secret: os.environ/HOOK_SECRET}}]}}",
        receiver.url()
    )
}

fn with_secret(builder: GatewayBuilder) -> GatewayBuilder {
    builder.environment("HOOK_SECRET", SECRET)
}

/// A model of ten cents, and a key with a budget.
async fn deploy(world: &World) {
    world.openai.always(ten_cents());
    deploy_at(world, &world.openai, json!({})).await;
}

async fn deploy_at(world: &World, upstream: &FakeUpstream, more: Value) {
    let mut parameters = json!({
        "model": "openai/x", "api_base": upstream.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": 0.01,
    });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
}

fn body() -> Value {
    json!({"model": "dear", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]})
}

async fn ask(gateway: &TestGateway, key: &str) -> u16 {
    receive(gateway.post("/v1/chat/completions", key, &body())).await.status
}

async fn alerts_as(gateway: &TestGateway, key: &str) -> Vec<Value> {
    let url = format!("{}/console/alerts", gateway.url());
    let page = receive(gateway.client().get(url).bearer_auth(key)).await.expect(200).json();
    page["alerts"].as_array().unwrap().clone()
}

async fn alerts(gateway: &TestGateway) -> Vec<Value> {
    alerts_as(gateway, gateway.admin_key()).await
}

/// Waits for the list to have so many.
async fn wait_for_alerts(gateway: &TestGateway, count: usize) -> Vec<Value> {
    for _ in 0..400 {
        let found = alerts(gateway).await;
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:#?}", alerts(gateway).await);
}

fn assert_signed(told: &Told) {
    let (id, seconds) = (told.header("webhook-id"), told.header("webhook-timestamp"));
    let now = now().as_second();
    assert!((now - seconds.parse::<i64>().unwrap()).abs() < 300, "{seconds}");
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(&told.body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(told.header("webhook-signature"), expected);
    assert_eq!((told.json()["id"].as_str(), told.header("content-type")), (Some(id), "application/json"));
}

#[tokio::test]
async fn fifty_at_once_tell_each_threshold_once() {
    let receiver = Receiver::start().await;
    let world = World::with(&config(&receiver), with_secret).await;
    deploy(&world).await;
    let key = world
        .gateway
        .new_key(json!({"key_alias": "laptop", "max_budget": 3.0, "budget_duration": "1mo"}))
        .await;
    let asked = (0..50)
        .map(|_| postern_tests::start(receive(world.gateway.post("/v1/chat/completions", &key, &body()))));
    let asked: Vec<_> = asked.collect();
    let answers = futures_util::future::join_all(asked).await;
    let served = answers.into_iter().filter(|answer| answer.as_ref().unwrap().status == 200).count();
    assert!(served <= 30, "{served}");
    while ask(&world.gateway, &key).await == 200 {}
    // The last threshold is told after the others.
    let mut told = receiver.wait_for(1).await;
    for _ in 0..200 {
        if told.iter().any(|told| told.json()["data"]["percent"] == 100) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        told = receiver.told();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let told = receiver.told();
    let percents: Vec<u64> =
        told.iter().map(|told| told.json()["data"]["percent"].as_u64().unwrap()).collect();
    let different: BTreeSet<u64> = percents.iter().copied().collect();
    assert_eq!(different.len(), percents.len(), "{percents:?}");
    assert!(
        different.contains(&100) && different.iter().all(|percent| [50, 80, 100].contains(percent)),
        "{percents:?}"
    );
    told.iter().for_each(assert_signed);
    assert!(told[0].head.starts_with("POST /in?token=hidden-in-the-address HTTP/1.1"), "{}", told[0].head);

    let listed = alerts(&world.gateway).await;
    assert_eq!(listed.len(), told.len());
    let last = &listed[0];
    assert_eq!(
        (&last["kind"], &last["data"]["percent"], &last["data"]["level"]),
        (&json!("budget"), &json!(100), &json!("api_key"))
    );
    assert_eq!(last["title"], "The budget of key laptop is used up");
    let text = last["text"].as_str().unwrap();
    assert!(text.contains("$3.00") && text.contains("It starts anew on 1 "), "{text}");
    assert_eq!(
        (&last["data"]["name"], &last["data"]["budget_nanos"]),
        (&json!("laptop"), &json!(3_000_000_000_i64))
    );
    for alert in &listed {
        let delivery = &alert["delivery"][0];
        assert_eq!(
            (&delivery["state"], &delivery["attempts"], &delivery["error"]),
            (&json!("delivered"), &json!(1), &Value::Null)
        );
        assert_eq!(delivery["target"], receiver.url());
        let sent = told.iter().find(|told| told.json()["id"] == alert["id"]).unwrap().json();
        for member in ["kind", "created_at", "title", "text", "data"] {
            assert_eq!(sent[member], alert[member], "{member}");
        }
    }
    let shown = serde_json::to_string(&listed).unwrap() + &world.gateway.stderr();
    assert!(!shown.contains("hidden-in-the-address") && !shown.contains(SECRET));
    world.assert_well().await;
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_redirects_are_not_followed() {
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    let world = World::with(&config(&receiver), with_secret).await;
    deploy(&world).await;
    let key = world.gateway.new_key(json!({"max_budget": 0.19})).await;
    receiver.next("500 No");
    assert_eq!(ask(&world.gateway, &key).await, 200);
    let told = receiver.wait_for(2).await;
    told.iter().for_each(assert_signed);
    assert_eq!((told[0].header("webhook-id"), &told[0].body), (told[1].header("webhook-id"), &told[1].body));
    let mut delivery = Value::Null;
    for _ in 0..100 {
        delivery = alerts(&world.gateway).await[0]["delivery"][0].clone();
        if delivery["state"] == "delivered" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)), "{delivery}");
    // The next one is sent elsewhere, and does not go there.
    receiver.next(&format!("307 There\r\nlocation: {}", elsewhere.url()));
    let key = world.gateway.new_key(json!({"max_budget": 0.19})).await;
    assert_eq!(ask(&world.gateway, &key).await, 200);
    let told = receiver.wait_for(4).await;
    assert_eq!(told[2].header("webhook-id"), told[3].header("webhook-id"));
    assert_eq!(elsewhere.told().len(), 0);
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_seen_in_the_list() {
    let config =
        format!("general_settings: {{alert_webhooks: [{{url: '{}'}}]}}", postern_testkit::refused_url());
    let world = World::with(&config, |builder| builder).await;
    deploy(&world).await;
    let key = world.gateway.new_key(json!({"max_budget": 0.19})).await;
    assert_eq!(ask(&world.gateway, &key).await, 200);
    wait_for_alerts(&world.gateway, 1).await;
    let mut delivery = Value::Null;
    for _ in 0..100 {
        delivery = alerts(&world.gateway).await[0]["delivery"][0].clone();
        if delivery["attempts"].as_u64() > Some(0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(delivery["state"], "waiting");
    assert!(delivery["error"].as_str().unwrap().contains("cannot be reached"), "{delivery}");
}

#[tokio::test]
async fn a_restart_neither_repeats_nor_loses() {
    let directory = tempfile::tempdir().unwrap();
    let (file, data) = (directory.path().join("config.yaml"), directory.path().join("data"));
    let receiver = Receiver::start().await;
    std::fs::write(&file, config(&receiver)).unwrap();
    let how = |builder: GatewayBuilder| with_secret(builder.vault("file").data_dir(&data));
    let world = World::with(&config(&receiver), how).await;
    deploy(&world).await;
    let told = world.gateway.new_key(json!({"key_alias": "told", "max_budget": 0.12})).await;
    assert_eq!(ask(&world.gateway, &told).await, 200);
    receiver.wait_for(1).await;
    // Nobody has told of this one when the process is gone.
    let lost = world.gateway.new_key(json!({"key_alias": "lost", "max_budget": 0.12})).await;
    assert_eq!(ask(&world.gateway, &lost).await, 200);
    let World { gateway, openai: _openai, .. } = world;
    gateway.kill().await;
    let names = |alerts: &[Value]| -> Vec<String> {
        let mut names: Vec<String> =
            alerts.iter().map(|alert| alert["data"]["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    for _ in 0..2 {
        let gateway = how(TestGateway::builder()).config(&file).start().await;
        let listed = wait_for_alerts(&gateway, 2).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(names(&listed), ["lost", "told"]);
        assert_eq!(names(&alerts(&gateway).await), ["lost", "told"]);
        gateway.kill().await;
    }
    let ids: Vec<String> = receiver.told().iter().map(|told| told.header("webhook-id").to_owned()).collect();
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
}

#[tokio::test]
async fn a_larger_budget_is_told_of_anew() {
    let world = World::start().await;
    deploy(&world).await;
    let key = world.gateway.new_key(json!({"max_budget": 0.2})).await;
    assert_eq!(ask(&world.gateway, &key).await, 200);
    wait_for_alerts(&world.gateway, 1).await;
    world.admin(Method::POST, "/key/update", json!({"key": key, "max_budget": 0.4})).await.expect(200);
    assert_eq!(ask(&world.gateway, &key).await, 200);
    let listed = wait_for_alerts(&world.gateway, 2).await;
    let told: Vec<_> = listed
        .iter()
        .map(|alert| (alert["data"]["percent"].clone(), alert["data"]["budget_nanos"].clone()))
        .collect();
    assert_eq!(told, [(json!(50), json!(400_000_000)), (json!(50), json!(200_000_000))]);
}

#[tokio::test]
async fn everybody_sees_what_is_theirs() {
    let world = World::start().await;
    deploy(&world).await;
    let post = async |path: &str, body: Value| world.admin(Method::POST, path, body).await.expect(200).json();
    post("/team/new", json!({"team_id": "red", "team_alias": "Red", "max_budget": 0.15})).await;
    let member = json!([{"role": "admin", "user_id": "ada"}, {"role": "user", "user_id": "bob"}]);
    post("/team/member_add", json!({"team_id": "red", "member": member})).await;
    let ada = world.gateway.new_key(json!({"user_id": "ada"})).await;
    let bob = world.gateway.new_key(json!({"user_id": "bob"})).await;
    let of_team =
        world.gateway.new_key(json!({"team_id": "red", "key_alias": "of red", "max_budget": 0.12})).await;
    let alone = world.gateway.new_key(json!({"key_alias": "alone", "max_budget": 0.12})).await;
    assert_eq!(ask(&world.gateway, &of_team).await, 200);
    assert_eq!(ask(&world.gateway, &alone).await, 200);
    wait_for_alerts(&world.gateway, 3).await;
    let names = async |key: &str| -> Vec<String> {
        let mut names: Vec<String> = alerts_as(&world.gateway, key)
            .await
            .iter()
            .map(|alert| {
                format!(
                    "{} {}",
                    alert["data"]["level"].as_str().unwrap(),
                    alert["data"]["name"].as_str().unwrap()
                )
            })
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(world.gateway.admin_key()).await, ["api_key alone", "api_key of red", "team Red"]);
    assert_eq!(names(&ada).await, ["api_key of red", "team Red"]);
    assert_eq!(names(&bob).await, [""; 0]);
    assert_eq!(names(&alone).await, ["api_key alone"]);
    assert_eq!(names(&world.key).await, [""; 0]);

    // In pages, the newest first, each once.
    let mut seen = Vec::new();
    let mut path = "/console/alerts?limit=2".to_owned();
    loop {
        let page = world.get(&path).await;
        let ids =
            page["alerts"].as_array().unwrap().iter().map(|alert| alert["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/console/alerts?limit=2&before={next}");
    }
    assert_eq!(seen.len(), 3);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
    for (query, status) in [("limit=0", 400), ("limit=501", 400), ("limit=x", 400), ("before=x", 400)] {
        let answer = world.admin(Method::GET, &format!("/console/alerts?{query}"), Value::Null).await;
        assert!([status, 422].contains(&answer.status), "{query}: {}", answer.status);
    }
}
