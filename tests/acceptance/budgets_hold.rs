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
/// Tokens that an embedding reads.
const EMBEDDED: u64 = 8;

struct Endpoint {
    name: &'static str,
    path: &'static str,
    body: Value,
    /// Dollars that a request comes to.
    real: f64,
}

impl Endpoint {
    fn new(name: &'static str, path: &'static str, body: Value) -> Self {
        Self { name, path, body, real: REAL }
    }

    fn is_streamed(&self) -> bool {
        self.name.ends_with("streamed")
    }
}

/// Every path that a model is asked on, streamed where it can be.
fn endpoints() -> Vec<Endpoint> {
    let question = json!([{"role": "user", "content": "Hi"}]);
    let chat =
        |stream: bool| json!({"model": "dear", "messages": question, "max_tokens": OUTPUT, "stream": stream});
    let completion =
        |stream: bool| json!({"model": "dear", "prompt": "Hi", "max_tokens": OUTPUT, "stream": stream});
    let response =
        |stream: bool| json!({"model": "dear", "input": "Hi", "max_output_tokens": OUTPUT, "stream": stream});
    let contents = json!([{"role": "user", "parts": [{"text": "Hi"}]}]);
    let generate = json!({"contents": contents, "generationConfig": {"maxOutputTokens": OUTPUT}});
    let options = json!({"num_predict": OUTPUT});
    let ollama =
        |stream: bool| json!({"model": "dear", "messages": question, "options": options, "stream": stream});
    let prompt =
        |stream: bool| json!({"model": "dear", "prompt": "Hi", "options": options, "stream": stream});
    vec![
        Endpoint::new("chat", "/v1/chat/completions", chat(false)),
        Endpoint::new("chat, streamed", "/v1/chat/completions", chat(true)),
        Endpoint::new("completions", "/v1/completions", completion(false)),
        Endpoint::new("completions, streamed", "/v1/completions", completion(true)),
        Endpoint::new("azure", "/openai/deployments/dear/chat/completions", chat(false)),
        Endpoint::new("azure, streamed", "/openai/deployments/dear/chat/completions", chat(true)),
        Endpoint::new("engines", "/engines/dear/completions", completion(false)),
        Endpoint::new("messages", "/v1/messages", chat(false)),
        Endpoint::new("messages, streamed", "/v1/messages", chat(true)),
        Endpoint::new("responses", "/v1/responses", response(false)),
        Endpoint::new("responses, streamed", "/v1/responses", response(true)),
        Endpoint::new("gemini", "/v1beta/models/dear:generateContent", generate.clone()),
        Endpoint::new("gemini, streamed", "/v1beta/models/dear:streamGenerateContent?alt=sse", generate),
        Endpoint::new("cohere", "/v2/chat", chat(false)),
        Endpoint::new("cohere, streamed", "/v2/chat", chat(true)),
        Endpoint::new("ollama", "/api/chat", ollama(false)),
        Endpoint::new("ollama, streamed", "/api/chat", ollama(true)),
        Endpoint::new("ollama's prompt", "/api/generate", prompt(false)),
        Endpoint::new("ollama's prompt, streamed", "/api/generate", prompt(true)),
    ]
}

/// What only reads: it costs what is sent.
fn embeddings() -> Vec<Endpoint> {
    // As many as the fake says it has read.
    let text = "word ".repeat(EMBEDDED as usize);
    let embed =
        |name, path, body| Endpoint { real: EMBEDDED as f64 * PRICE, ..Endpoint::new(name, path, body) };
    vec![
        embed("embeddings", "/v1/embeddings", json!({"model": "embed", "input": text})),
        embed("ollama's embeddings", "/api/embed", json!({"model": "embed", "input": text})),
        embed("ollama's old embeddings", "/api/embeddings", json!({"model": "embed", "prompt": text})),
    ]
}

/// What providers are asked for in their own words.
fn passed_through() -> Vec<Endpoint> {
    let question = json!([{"role": "user", "content": "Hi"}]);
    let chat = |model: &str, stream: bool| json!({"model": model, "messages": question, "max_tokens": OUTPUT, "stream": stream});
    let mut counted = chat("gpt-4o-mini", true);
    counted["stream_options"] = json!({"include_usage": true});
    let response = |stream: bool| json!({"model": "gpt-4o-mini", "input": "Hi", "max_output_tokens": OUTPUT, "stream": stream});
    vec![
        Endpoint::new("passed through", "/providers/oa/chat/completions", chat("gpt-4o-mini", false)),
        Endpoint::new("passed through, streamed", "/providers/oa/chat/completions", counted.clone()),
        Endpoint::new("openai passed through", "/openai/v1/chat/completions", chat("gpt-4o-mini", false)),
        Endpoint::new("openai passed through, streamed", "/openai/v1/chat/completions", counted),
        Endpoint::new("responses passed through", "/providers/oa/responses", response(false)),
        Endpoint::new("responses passed through, streamed", "/providers/oa/responses", response(true)),
        Endpoint::new("anthropic passed through", "/anthropic/v1/messages", chat("claude-haiku-4-5", false)),
        Endpoint::new(
            "anthropic passed through, streamed",
            "/anthropic/v1/messages",
            chat("claude-haiku-4-5", true),
        ),
        Endpoint::new("cohere passed through", "/cohere/v2/chat", chat("command-a-03-2025", false)),
        Endpoint::new("cohere passed through, streamed", "/cohere/v2/chat", chat("command-a-03-2025", true)),
    ]
}

async fn dear_world() -> World {
    let world = World::start().await;
    let parameters = json!({
        "model": "openai/dear-itself", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": PRICE / 10.0, "output_cost_per_token": PRICE,
    });
    world.gateway.new_model(json!({"model_name": "dear", "litellm_params": parameters})).await;
    let parameters = json!({
        "model": "openai/embed-itself", "api_base": world.openai.url(), "api_key": "sk-upstream",
        "input_cost_per_token": PRICE, "output_cost_per_token": 0.0,
    });
    world.gateway.new_model(json!({"model_name": "embed", "litellm_params": parameters})).await;
    // In pico-dollars.
    let price = json!({"input": (PRICE / 10.0 * 1e12) as i64, "output": (PRICE * 1e12) as i64});
    for model in ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "cohere/command-a-03-2025"] {
        world.admin(Method::PUT, &format!("/console/prices/{model}"), price.clone()).await.expect(200);
    }
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: OUTPUT, reasoning: 0 };
    for upstream in [&world.openai, &world.anthropic, &world.cohere] {
        upstream.always(Reply::default().usage(usage));
    }
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

/// 200 at once, on each of these.
async fn hold(endpoints: Vec<Endpoint>) {
    let world = dear_world().await;
    for endpoint in endpoints {
        let (name, real) = (endpoint.name, endpoint.real);
        let budget = 50.0 * real;
        let key = world.gateway.new_key(json!({"max_budget": budget})).await;
        let statuses = ask(&world, &key, &endpoint, REQUESTS).await;
        let served = statuses.iter().filter(|status| **status == 200).count();
        let refused = statuses.iter().filter(|status| **status == 402).count();
        assert_eq!(served + refused, REQUESTS, "{name}: {statuses:?}");
        let spent = spend(&world, &key).await;
        assert!(spent <= budget * 1.000_001, "{name}: {spent} of {budget} by {served}");
        // Most of the budget can be used: what is reserved is not lost.
        assert!(served >= 20, "{name}: only {served} were served");
        assert!(spent > served as f64 * real * 0.5, "{name}: {spent} for {served} requests");
    }
    world.assert_well().await;
}

#[tokio::test]
async fn two_hundred_at_once_do_not_spend_more_on_any_endpoint() {
    hold(endpoints()).await;
}

#[tokio::test]
async fn two_hundred_at_once_do_not_spend_more_on_what_only_reads() {
    hold(embeddings()).await;
}

#[tokio::test]
async fn two_hundred_at_once_do_not_spend_more_passed_through() {
    hold(passed_through()).await;
}

/// A provider that sums a conversation up by itself takes no `max_output_tokens`: what it may write is the model's maximum.
#[tokio::test]
async fn a_compaction_is_held_against_the_most_that_it_may_write() {
    let world = dear_world().await;
    let key = world.gateway.new_key(json!({"max_budget": BUDGET})).await;
    let body = json!({"model": "dear", "input": "Hi", "max_output_tokens": OUTPUT});
    let compaction = Endpoint::new("compaction", "/v1/responses/compact", body);
    assert_eq!(ask(&world, &key, &compaction, 1).await, [402]);
    assert_eq!(world.openai.calls(), 0, "nothing was asked");
    let rich = world.gateway.new_key(json!({"max_budget": 20.0})).await;
    let statuses = ask(&world, &rich, &compaction, REQUESTS).await;
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| matches!(status, 200 | 402)),
        "{statuses:?}"
    );
    assert!(spend(&world, &rich).await <= 20.0);
}

#[tokio::test]
async fn what_is_given_up_is_paid_for_and_gives_its_place_back() {
    let world = dear_world().await;
    let usage = Usage { input: 3, cache_read: 0, cache_write: 0, output: OUTPUT, reasoning: 0 };
    let quick = || Reply::default().usage(usage);
    for endpoint in endpoints().into_iter().chain(passed_through()).filter(Endpoint::is_streamed) {
        let name = endpoint.name;
        let upstreams = [&world.openai, &world.anthropic, &world.cohere];
        for upstream in upstreams {
            upstream.always(quick().paced(Duration::from_millis(20)));
        }
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
        for upstream in upstreams {
            upstream.always(quick());
        }
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
