//! What is used besides text has its own prices: searches by the size of their context, images that a model draws.

use postern_testkit::{Charge, Reply, Usage};
use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

fn reply(output: u64, members: &Value) -> Reply {
    Reply::default()
        .usage(Usage { input: 1000, cache_read: 0, cache_write: 0, output, reasoning: 0 })
        .charged(Charge::Members(members.as_object().unwrap().clone()))
}

/// Count, price and cost of the line of that kind.
fn line(row: &Value, kind: &str) -> (i64, i64, i64) {
    let mut all = row["cost_lines"].as_array().unwrap().iter();
    let line = all.find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {row}"));
    let number = |name: &str| line[name].as_i64().unwrap_or_else(|| panic!("no {name} in {line}"));
    (number("tokens"), number("price_pico"), number("cost_nanos"))
}

/// What the model costs by the list, pico-dollars.
async fn listed(world: &World, provider: &str, model: &str, price: &str) -> i64 {
    let catalogue = world.get("/console/catalogue").await;
    let mut all = catalogue["models"].as_array().unwrap().iter();
    let found = all.find(|known| known["provider"] == provider && known["id"] == model).unwrap();
    found["prices"][price].as_i64().unwrap_or_else(|| panic!("no {price} in {found}"))
}

#[tokio::test]
async fn a_search_has_the_price_of_its_context() {
    let world = World::start().await;
    world.add_provider("perplexity", "pp", &world.openai.url()).await;
    for (size, said) in [("low", "low"), ("medium", "medium"), ("high", "high"), ("medium", "unheard-of")] {
        world.openai.always(reply(10, &json!({"search_context_size": said})));
        for stream in [false, true] {
            let mut body = Caller::Chat.body("pp/sonar", stream);
            body["stream_options"] = json!({"include_usage": true});
            if !stream {
                body.as_object_mut().unwrap().remove("stream_options");
            }
            let answer =
                receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await.expect(200);
            let row = world.row(answer.request_id()).await;
            let kind = format!("per_search_{size}");
            let price = listed(&world, "perplexity", "sonar", &kind).await;
            assert_eq!(line(&row, &kind), (1, price, price / 1000), "{said}");
            let tokens = line(&row, "input").2 + line(&row, "output").2;
            assert_eq!(row["cost_nanos"], tokens + price / 1000, "{row}");
        }
    }
    // Deep research counts its searches; and a price for one size stands for those without.
    world.openai.always(reply(10, &json!({"search_context_size": "high", "num_search_queries": 3})));
    let price = json!({"input": 0, "output": 0, "per_search_medium": 1_000_000_000});
    world.admin(Method::PUT, "/console/prices/perplexity/home-made", price).await.expect(200);
    let answer = world.ask(Caller::Chat, "pp/home-made", false).await.expect(200);
    let row = world.row(answer.request_id()).await;
    assert_eq!(line(&row, "per_search_high"), (3, 1_000_000_000, 3_000_000), "{row}");
    // What was used is rated anew as what it was.
    let price = json!({"input": 0, "output": 0, "per_search_medium": 1, "per_search_high": 2_000_000_000});
    world.admin(Method::PUT, "/console/prices/perplexity/home-made", price).await.expect(200);
    let again = json!({"provider": "pp", "model": "home-made"});
    world.admin(Method::POST, "/console/prices/rerate", again).await.expect(200);
    assert_eq!(world.row(answer.request_id()).await["cost_nanos"], 6_000_000);
}

#[tokio::test]
async fn images_that_a_model_draws_are_not_priced_as_text() {
    let world = World::start().await;
    let model = "gemini-2.5-flash-image";
    let price = listed(&world, "gemini", model, "image_output").await;
    assert!(price > listed(&world, "gemini", model, "output").await);
    let details = json!([{"modality": "TEXT", "tokenCount": 10}, {"modality": "IMAGE", "tokenCount": 1290}]);
    world.gemini.always(reply(1300, &json!({"candidatesTokensDetails": details})));
    for stream in [false, true] {
        let body = Caller::Chat.body(&format!("go/{model}"), stream);
        let answer = receive(world.gateway.post("/v1/chat/completions", &world.key, &body)).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!(line(&row, "image_output"), (1290, price, 1290 * price / 1000), "{row}");
        assert_eq!((line(&row, "output").0, &row["output_tokens"]), (10, &json!(1300)));
        if !stream {
            // The client is told so in its own format.
            assert_eq!(answer.json()["usage"]["completion_tokens_details"]["image_tokens"], 1290);
        }
    }
    // The formats of OpenAI say it in their own places.
    let price = json!({"input": 1_000_000, "output": 2_000_000, "image_output": 30_000_000});
    world.admin(Method::PUT, "/console/prices/openai/home-made", price).await.expect(200);
    for (path, member, body) in [
        ("/v1/chat/completions", "completion_tokens_details", Caller::Chat.body("oa/home-made", false)),
        ("/v1/responses", "output_tokens_details", json!({"model": "oa/home-made", "input": "Hi"})),
    ] {
        world.openai.always(reply(50, &json!({member: {"image_tokens": 40}})));
        let answer = receive(world.gateway.post(path, &world.key, &body)).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!(line(&row, "image_output"), (40, 30_000_000, 1_200_000), "{path}: {row}");
        assert_eq!(
            (line(&row, "output").0, &row["cost_nanos"]),
            (10, &json!(1_000_000 + 20_000 + 1_200_000))
        );
    }
}
