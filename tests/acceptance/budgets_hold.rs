//! A budget is a promise: whatever the endpoint, streamed or not, given up half-way or passed through, 200 requests at once
//! never spend more than the budget and one request's error of estimation.

use std::time::Duration;

use futures_util::StreamExt;
use postern_testkit::{Reply, Usage};
use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

/// Dollars per token of output; input costs a tenth.
const PRICE: f64 = 0.001;
const OUTPUT: u64 = 10;
/// What one request comes to: ten tokens of output and a few of input.
const REAL: f64 = OUTPUT as f64 * PRICE;
/// A budget for fifty.
const BUDGET: f64 = 50.0 * REAL;
const REQUESTS: usize = 200;

struct Endpoint {
    name: &'static str,
    path: &'static str,
    body: Value,
}

fn endpoints() -> Vec<Endpoint> {
    let question = json!([{"role": "user", "content": "Hi"}]);
    let chat =
        |stream: bool| json!({"model": "dear", "messages": question, "max_tokens": OUTPUT, "stream": stream});
    vec![
        Endpoint { name: "chat", path: "/v1/chat/completions", body: chat(false) },
        Endpoint { name: "chat, streamed", path: "/v1/chat/completions", body: chat(true) },
        Endpoint { name: "messages", path: "/v1/messages", body: chat(false) },
        Endpoint { name: "messages, streamed", path: "/v1/messages", body: chat(true) },
        Endpoint {
            name: "responses",
            path: "/v1/responses",
            body: json!({"model": "dear", "input": "Hi", "max_output_tokens": OUTPUT, "stream": false}),
        },
        Endpoint {
            name: "responses, streamed",
            path: "/v1/responses",
            body: json!({"model": "dear", "input": "Hi", "max_output_tokens": OUTPUT, "stream": true}),
        },
        Endpoint {
            name: "gemini",
            path: "/v1beta/models/dear:generateContent",
            body: json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generationConfig": {"maxOutputTokens": OUTPUT}}),
        },
        Endpoint {
            name: "ollama, streamed",
            path: "/api/chat",
            body: json!({"model": "dear", "messages": question, "options": {"num_predict": OUTPUT}}),
        },
        Endpoint {
            name: "passed through",
            path: "/providers/oa/chat/completions",
            body: json!({"model": "gpt-4o-mini", "messages": question, "max_tokens": OUTPUT}),
        },
        Endpoint {
            name: "passed through, streamed",
            path: "/providers/oa/chat/completions",
            body: json!({"model": "gpt-4o-mini", "messages": question, "max_tokens": OUTPUT, "stream": true, "stream_options": {"include_usage": true}}),
        },
    ]
}

async fn dear_world() -> World {
    let world = World::start().await;
    let parameters = json!({
        "model": "openai/dear-itself", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": PRICE / 10.0, "output_cost_per_token": PRICE,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    // In pico-dollars.
    let price = json!({"input": (PRICE / 10.0 * 1e12) as i64, "output": (PRICE * 1e12) as i64});
    world.admin(Method::PUT, "/console/prices/openai/gpt-4o-mini", price).await.expect(200);
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: OUTPUT, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
    world
}

async fn spend(world: &World, key: &str) -> f64 {
    world.get(&format!("/key/info?key={key}")).await["info"]["spend"].as_f64().unwrap()
}

/// Asks so often at once; the statuses.
async fn ask(world: &World, key: &str, endpoint: &Endpoint, count: usize) -> Vec<u16> {
    let asked = (0..count).map(|_| async {
        let response =
            world.gateway.post(endpoint.path, key, &endpoint.body).send().await.expect("an answer");
        let status = response.status().as_u16();
        let _ = response.bytes().await;
        status
    });
    futures_util::stream::iter(asked).buffer_unordered(64).collect().await
}

#[tokio::test]
async fn two_hundred_at_once_do_not_spend_more_on_any_endpoint() {
    let world = dear_world().await;
    for endpoint in endpoints() {
        let key = world.gateway.new_key(json!({"max_budget": BUDGET})).await;
        let statuses = ask(&world, &key, &endpoint, REQUESTS).await;
        let served = statuses.iter().filter(|status| **status == 200).count();
        let refused = statuses.iter().filter(|status| **status == 402).count();
        assert_eq!(served + refused, REQUESTS, "{}: {statuses:?}", endpoint.name);
        let spent = spend(&world, &key).await;
        assert!(spent <= BUDGET, "{}: {spent} of {BUDGET} by {served}", endpoint.name);
        // Most of the budget can be used: what is reserved is not lost.
        assert!(served >= 25, "{}: only {served} were served", endpoint.name);
        assert!(spent > served as f64 * REAL * 0.5, "{}: {spent} for {served} requests", endpoint.name);
    }
    world.assert_well().await;
}

#[tokio::test]
async fn what_is_given_up_is_paid_for_and_gives_its_place_back() {
    let world = dear_world().await;
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: OUTPUT, reasoning: 0 };
    let quick = || Reply::default().usage(usage);
    for endpoint in endpoints().into_iter().filter(|endpoint| endpoint.name.ends_with("streamed")) {
        let name = endpoint.name;
        world.openai.always(quick().paced(Duration::from_millis(20)));
        let key = world.gateway.new_key(json!({"max_budget": BUDGET})).await;
        let asked = (0..REQUESTS).map(|_| async {
            let response =
                world.gateway.post(endpoint.path, &key, &endpoint.body).send().await.expect("an answer");
            let status = response.status().as_u16();
            let mut body = response.bytes_stream();
            // The first piece is read, and then nothing more.
            let _ = body.next().await;
            status
        });
        let statuses: Vec<u16> = futures_util::stream::iter(asked).buffer_unordered(64).collect().await;
        assert!(statuses.iter().all(|status| matches!(status, 200 | 402)), "{name}: {statuses:?}");
        // Whoever left is noticed a little later, and holds nothing any more.
        let settled = async {
            let limits = format!("/console/limits?of=key&ids={key}");
            loop {
                let told = world.get(&limits).await["limits"][0].clone();
                if told["in_flight"] == 0 && told["reserved_nanos"] == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), settled)
            .await
            .unwrap_or_else(|_| panic!("{name}: reservations are still held"));
        let given_up = spend(&world, &key).await;
        assert!(given_up > 0.0 && given_up <= BUDGET, "{name}: {given_up} of {BUDGET}");
        // All that is left can be used, and no more than that. Nobody leaves now, so that nothing has to be slow.
        world.openai.always(quick());
        let mut served = 0;
        while ask(&world, &key, &endpoint, 1).await == [200] {
            served += 1;
            assert!(served <= REQUESTS, "{name}: the budget holds nothing back");
        }
        let spent = spend(&world, &key).await;
        let told = format!("{name}: {spent} of {BUDGET}, {given_up} by those who left, {served} served then");
        assert!(spent <= BUDGET && spent > BUDGET - 2.5 * REAL, "{told}");
        assert_eq!(ask(&world, &key, &endpoint, 1).await, [402], "{told}");
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_restart_releases_reservations_and_remembers_what_was_spent() {
    let directory = tempfile::tempdir().unwrap();
    let how = |builder: postern_testkit::GatewayBuilder| builder.data_dir(directory.path());
    let world = World::with("{}", how).await;
    let parameters = json!({
        "model": "openai/dear-itself", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": 0.0, "output_cost_per_token": PRICE,
    });
    let config = json!({"model_list": [{"model_name": "dear", "litellm_params": parameters}]});
    let file = directory.path().join("again.yaml");
    std::fs::write(&file, config.to_string()).unwrap();
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: OUTPUT, reasoning: 0 };
    world.openai.always(Reply::default().usage(usage));
    let key = world.gateway.new_key(json!({"max_budget": 3.0 * REAL})).await;
    let chat = &endpoints()[0];
    assert_eq!(ask(&world, &key, chat, 1).await, [200]);
    // Two more are under way and hold all that is left when the process is killed.
    world.openai.always(Reply::default().usage(usage).paced(Duration::from_secs(5)));
    let streamed = &endpoints()[1];
    let held: Vec<_> = futures_util::future::join_all((0..2).map(|_| async {
        world.gateway.post(streamed.path, &key, &streamed.body).send().await.expect("an answer")
    }))
    .await;
    assert!(held.iter().all(|response| response.status().as_u16() == 200));
    assert_eq!(ask(&world, &key, chat, 1).await, [402], "all of it is reserved");
    let World { gateway, openai, .. } = world;
    gateway.kill().await;
    drop(held);
    openai.always(Reply::default().usage(usage));
    let gateway = how(postern_testkit::TestGateway::builder()).config(&file).start().await;
    let ask = async || {
        let response = gateway.post(chat.path, &key, &chat.body).send().await.expect("an answer");
        response.status().as_u16()
    };
    assert_eq!(ask().await, 200, "what was reserved is free again");
    assert_eq!(ask().await, 200);
    assert_eq!(ask().await, 402, "what was spent before the restart still counts");
}

#[tokio::test]
async fn what_is_used_of_limits_is_told_as_it_changes() {
    let world = dear_world().await;
    let key = world.gateway.new_key(json!({"max_budget": 1.0, "rpm_limit": 9, "tpm_limit": 1000})).await;
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: OUTPUT, reasoning: 0 };
    let gate = postern_testkit::Gate::default();
    world.openai.always(Reply::default().usage(usage).gated(&gate));
    let streamed = &endpoints()[1];
    let response = world.gateway.post(streamed.path, &key, &streamed.body);
    let (response, told) = tokio::join!(response.send(), async {
        tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let told = world.get(&format!("/console/limits?of=key&ids={key}")).await["limits"][0].clone();
                if told["in_flight"] == 1 {
                    gate.open_for_good();
                    return told;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("the request to be under way")
    });
    assert_eq!(
        (&told["spent_nanos"], &told["requests"], &told["rpm_limit"]),
        (&json!(0), &json!(1), &json!(9))
    );
    assert!(told["reserved_nanos"].as_i64().unwrap() >= (REAL * 1e9) as i64, "{told}");
    response.expect("an answer").bytes().await.expect("its body");
    let told = world.get(&format!("/console/limits?of=key&ids={key}")).await["limits"][0].clone();
    assert_eq!(
        (&told["reserved_nanos"], &told["in_flight"], &told["tokens"]),
        (&json!(0), &json!(0), &json!(3 + OUTPUT))
    );
    let url = format!("{}/console/limits?of=key&ids={}", world.gateway.url(), world.key);
    let other = postern_tests::receive(world.gateway.client().get(url).bearer_auth(&key)).await;
    assert_eq!(other.status, 403, "another's key");
}
