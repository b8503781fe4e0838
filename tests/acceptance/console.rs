//! `/console/*`: what the console shows and does, for the administrator alone.

mod alerts;
mod bodies;
mod forecast;
mod limited;
mod prices;
mod session;
mod spend;

use std::time::Duration;

use futures_util::StreamExt;
use postern_testkit::FakeUpstream;
use postern_tests::{Caller, PROVIDER_KEY, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn every_route_is_the_administrators() {
    let world = World::start().await;
    let id = world.get("/console/providers").await["providers"][0]["id"].as_str().unwrap().to_owned();
    let routes = [
        (Method::GET, "/console/spend".to_owned()),
        (Method::GET, "/console/catalogue".into()),
        (Method::GET, "/console/presets".into()),
        (Method::GET, "/console/providers".into()),
        (Method::POST, "/console/providers".into()),
        (Method::POST, "/console/providers/test".into()),
        (Method::PATCH, format!("/console/providers/{id}")),
        (Method::DELETE, format!("/console/providers/{id}")),
        (Method::POST, format!("/console/providers/{id}/test")),
        (Method::GET, "/console/requests".into()),
        (Method::GET, format!("/console/requests/{id}")),
        (Method::GET, "/console/events".into()),
        (Method::PUT, "/console/prices/openai/gpt-4o-mini".into()),
        (Method::DELETE, "/console/prices/openai/gpt-4o-mini".into()),
        (Method::POST, "/console/guide".into()),
        (Method::POST, "/console/listener".into()),
    ];
    for (method, path) in routes {
        let url = format!("{}{path}", world.gateway.url());
        let body = json!({"preset": "openai", "input": 1, "dismissed": true, "running": false});
        let call = |key: Option<&str>| {
            let request = world.gateway.client().request(method.clone(), &url).json(&body);
            receive(match key {
                Some(key) => request.bearer_auth(key),
                None => request,
            })
        };
        let without = call(None).await;
        assert!(matches!(without.status, 401 | 403), "{method} {path}: {}", without.status);
        let virtual_key = call(Some(&world.key)).await;
        assert_eq!(virtual_key.status, 403, "{method} {path}: {}", virtual_key.text());
        Caller::Chat.own_error(&virtual_key);
    }
    assert_eq!(world.get("/console/providers").await["providers"].as_array().unwrap().len(), 7);
    let url = format!("{}/console/session", world.gateway.url());
    let session = receive(world.gateway.client().get(url).bearer_auth(&world.key)).await.expect(200).json();
    assert_eq!((&session["role"], &session["key_name"]), (&json!("key"), &json!("world")));
    assert_eq!(world.get("/console/session").await["role"], "admin");
    // The listener is switched at this machine only, not over the network with the administrator's key.
    world.admin(Method::POST, "/console/listener", json!({"running": false})).await.expect(403);
    world.assert_well().await;
}

#[tokio::test]
async fn status_tells_what_is_set_up() {
    let world = World::start().await;
    let status = world.get("/console/status?tz=Europe/Berlin").await;
    assert_eq!(status["base_url"], world.gateway.url());
    assert_eq!((&status["vault"]["kind"], &status["vault"]["state"]), (&json!("memory"), &json!("ready")));
    assert_eq!((&status["setup"]["providers"], &status["setup"]["keys"]), (&json!(6), &json!(1)));
    assert_eq!(status["requests_today"], 0);
    assert!(status["catalogue"]["models"].as_u64() >= Some(2500));
    world.ask(Caller::Chat, "demo", false).await.expect(200);
    let status = world.get("/console/status").await;
    assert_eq!((&status["requests_today"], &status["setup"]["external_requests"]), (&json!(1), &json!(1)));
    world.admin(Method::POST, "/console/guide", json!({"dismissed": true})).await.expect(204);
    assert_eq!(world.get("/console/status").await["setup"]["guide_dismissed"], true);
    world.admin(Method::GET, "/console/status?tz=Mars/Olympus", Value::Null).await.expect(400);
}

#[tokio::test]
async fn spend_has_every_bucket_of_its_range() {
    let world = World::start().await;
    world.ask(Caller::Chat, "oa/gpt-4o-mini", false).await.expect(200);
    for (range, tz, slots, bucket) in
        [("today", "UTC", 24, "hour"), ("7d", "UTC", 7, "day"), ("30d", "Asia/Kathmandu", 30, "day")]
    {
        let spend = world.get(&format!("/console/spend?range={range}&tz={tz}")).await;
        assert_eq!(
            (spend["slots"].as_array().unwrap().len(), &spend["bucket"]),
            (slots, &json!(bucket)),
            "{range}"
        );
        assert_eq!(spend["totals"]["requests"], 1, "{range}: {spend}");
        assert_eq!(spend["compared"]["totals"]["requests"], 0);
        assert_eq!(spend["groups"][0]["name"], "oa/gpt-4o-mini");
        let keys = world.get(&format!("/console/spend?range={range}&tz={tz}&by=key")).await;
        assert_eq!(keys["groups"][0]["name"], "world");
    }
    for wrong in ["range=never", "tz=Nowhere"] {
        let answer = world.admin(Method::GET, &format!("/console/spend?{wrong}"), Value::Null).await;
        assert!(matches!(answer.status, 400 | 422), "{wrong}: {}", answer.status);
    }
}

#[tokio::test]
async fn requests_are_paged_and_filtered() {
    let world = World::start().await;
    for number in 0..7 {
        let model = ["oa/x", "an/x", "oa/fake-500"][number % 3];
        world.ask(Caller::BOTH[number % 2], model, false).await;
    }
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/console/requests?limit=3".to_owned();
    loop {
        let page = world.get(&path).await;
        let rows = page["requests"].as_array().unwrap();
        assert!(rows.len() <= 3);
        seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/console/requests?limit=3&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|newer, older| newer > older), "newest first: {seen:?}");
    for (filter, count) in [
        ("status=error", 2),
        ("status=ok", 5),
        ("provider=an", 2),
        ("model=oa/x", 3),
        ("key_id=administrator", 0),
        ("search=fake-500", 2),
        ("client=nobody", 0),
    ] {
        let page = world.get(&format!("/console/requests?{filter}")).await;
        assert_eq!(page["requests"].as_array().unwrap().len(), count, "{filter}");
    }
    for wrong in ["limit=0", "limit=501", "status=maybe", "key_id=x", "before=x"] {
        let answer = world.admin(Method::GET, &format!("/console/requests?{wrong}"), Value::Null).await;
        assert!(matches!(answer.status, 400 | 422), "{wrong}: {}", answer.status);
    }
    for unknown in ["x", "00000000-0000-0000-0000-000000000000"] {
        world.admin(Method::GET, &format!("/console/requests/{unknown}"), Value::Null).await.expect(404);
    }
}

#[tokio::test]
async fn events_tell_of_requests_and_changes_as_they_happen() {
    let world = World::start().await;
    let mut events = world.gateway.admin(Method::GET, "/console/events").send().await.unwrap();
    assert_eq!(events.status().as_u16(), 200);
    let answer = world.ask(Caller::Chat, "demo", false).await.expect(200);
    world.gateway.new_key(json!({"key_alias": "new"})).await;
    let mut seen = String::new();
    let wanted = |seen: &str| {
        seen.contains("event: request")
            && seen.contains(answer.request_id())
            && seen.contains("event: stale")
            && seen.contains("keys")
    };
    while !wanted(&seen) {
        let chunk =
            tokio::time::timeout(Duration::from_secs(20), events.chunk()).await.expect("an event").unwrap();
        seen.push_str(&String::from_utf8_lossy(&chunk.expect("the stream goes on")));
    }
    // A watcher does not keep the gateway from stopping.
    let World { gateway, .. } = world;
    let stopped = tokio::time::timeout(Duration::from_secs(25), gateway.stop()).await.expect("it stops");
    assert_eq!(stopped.code(), Some(0), "{stopped}");
}

#[tokio::test]
async fn a_provider_is_added_tested_changed_and_removed() {
    let world = World::start().await;
    let upstream = FakeUpstream::openai().await;
    upstream.require_key("sk-the-right-key-0123456789");
    let body =
        json!({"preset": "openai", "base_url": upstream.url(), "api_key": "sk-a-wrong-key-0123456789"});
    let tested = world.admin(Method::POST, "/console/providers/test", body.clone()).await.expect(200).json();
    assert_eq!((&tested["ok"], &tested["status"]), (&json!(false), &json!(401)), "{tested}");
    let made = world.admin(Method::POST, "/console/providers", body).await.expect(201);
    assert!(!made.text().contains("a-wrong-key"), "{}", made.text());
    let made = made.json();
    let (id, name) = (made["id"].as_str().unwrap(), made["name"].as_str().unwrap());
    assert_eq!(made["credential"]["state"], "stored");
    // Its refusal is seen when it happens, and gone with a new key.
    let answer = world.ask(Caller::Chat, &format!("{name}/x"), false).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    let state = |providers: &Value| {
        let all = providers["providers"].as_array().unwrap();
        all.iter()
            .find(|provider| provider["id"] == id)
            .map(|provider| provider["credential"]["state"].clone())
    };
    assert_eq!(state(&world.get("/console/providers").await), Some(json!("refused")));
    assert_eq!(world.get("/console/status").await["credential_problems"][0]["provider_id"], id);
    let path = format!("/console/providers/{id}");
    world.admin(Method::PATCH, &path, json!({"api_key": "sk-the-right-key-0123456789"})).await.expect(200);
    let tested = world.admin(Method::POST, &format!("{path}/test"), Value::Null).await.expect(200).json();
    assert_eq!((&tested["ok"], &tested["models"]), (&json!(true), &json!(2)), "{tested}");
    world.ask(Caller::Chat, &format!("{name}/x"), false).await.expect(200);
    assert_eq!(state(&world.get("/console/providers").await), Some(json!("stored")));
    world.admin(Method::PATCH, &path, json!({"enabled": false})).await.expect(200);
    let answer = world.ask(Caller::Chat, &format!("{name}/x"), false).await.expect(404);
    assert!(answer.text().contains("switched off"), "{}", answer.text());
    world.admin(Method::PATCH, &path, json!({"enabled": true, "name": "renamed"})).await.expect(200);
    world.ask(Caller::Chat, "renamed/x", false).await.expect(200);
    world.admin(Method::DELETE, &path, Value::Null).await.expect(204);
    world.ask(Caller::Chat, "renamed/x", false).await.expect(404);
    world.admin(Method::DELETE, &path, Value::Null).await.expect(404);
}

#[tokio::test]
async fn a_provider_that_makes_no_sense_is_refused() {
    let world = World::start().await;
    for (body, status) in [
        (json!({"preset": "nobody"}), 400),
        (json!({"preset": "openai", "name": "oa"}), 409),
        (json!({"preset": "openai", "name": "a/b"}), 400),
        (json!({"preset": "openai", "base_url": "ftp://x"}), 400),
        (json!({"preset": "openai", "api_key": "two words"}), 400),
        (json!({"preset": "demo"}), 400),
        (json!({}), 422),
        (json!({"preset": "openai", "mystery": 1}), 422),
    ] {
        let answer = world.admin(Method::POST, "/console/providers", body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    let demo = "/console/providers/00000000-0000-0000-0000-000000000000";
    world.admin(Method::DELETE, demo, Value::Null).await.expect(400);
    let presets = world.get("/console/presets").await;
    assert!(presets["presets"].as_array().unwrap().len() >= 20);
    let providers = world.get("/console/providers").await;
    assert!(!providers.to_string().contains(PROVIDER_KEY));
}

#[tokio::test]
async fn the_catalogue_is_served_once_and_then_unchanged() {
    let world = World::start().await;
    let answer = world.admin(Method::GET, "/console/catalogue", Value::Null).await.expect(200);
    let tag = answer.header("etag").to_owned();
    let again =
        receive(world.gateway.admin(Method::GET, "/console/catalogue").header("if-none-match", &tag)).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let price = json!({"input": 1_000_000, "output": 1_000_000});
    world.admin(Method::PUT, "/console/prices/openai/gpt-4o-mini", price).await.expect(200);
    let changed =
        receive(world.gateway.admin(Method::GET, "/console/catalogue").header("if-none-match", &tag)).await;
    assert_eq!(changed.status, 200);
    for (method, path, body, status) in [
        (Method::PUT, "/console/prices/no-such-provider/some-model", json!({"input": 1}), 404),
        (Method::PUT, "/console/prices/openai/a-model-that-no-list-has", json!({"input": 1}), 200),
        (Method::PUT, "/console/prices/openai/gpt-4o-mini", json!({}), 400),
        (Method::PUT, "/console/prices/openai/gpt-4o-mini", json!({"input": -1}), 400),
        (Method::DELETE, "/console/prices/openai/gpt-4o", Value::Null, 404),
    ] {
        let answer = world.admin(method.clone(), path, body.clone()).await;
        assert!(
            answer.status == status || (status == 400 && answer.status == 422),
            "{method} {path} {body}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_ledger_is_exported_as_csv_and_as_lines_of_json() {
    let world = World::start().await;
    let formula = json!({"model": "demo", "user": "=cmd|' /C calc'!A0", "messages": [{"role": "user", "content": "hi"}]});
    receive(world.gateway.post("/v1/chat/completions", &world.key, &formula)).await.expect(200);
    world.ask(Caller::Chat, "oa/gpt-4o-mini", false).await.expect(200);
    world.ask(Caller::Chat, "oa/fake-500", false).await.expect(500);
    world.row_number(3).await;
    let get = |query: &str, key: &str| {
        let url = format!("{}/console/requests/export?{query}", world.gateway.url());
        receive(world.gateway.client().get(url).bearer_auth(key))
    };
    let admin = world.gateway.admin_key();
    let csv = get("", admin).await.expect(200);
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert!(csv.header("content-disposition").contains("postern-requests.csv"));
    let text = csv.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("time,id,key,user_id,"), "{text}");
    assert!(lines[3].contains("'=cmd|' /C calc'!A0"), "no formula: {}", lines[3]);
    let jsonl = get("format=jsonl", admin).await.expect(200).text();
    let rows: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0]["status"], &rows[0]["outcome"]), (&json!(500), &json!("error")));
    assert_eq!((&rows[1]["model_group"], &rows[1]["input_tokens"]), (&json!("oa/gpt-4o-mini"), &json!(20)));
    assert!(rows[1]["cost_usd"].as_f64() > Some(0.0) && rows[1]["latency_ms"].as_f64() > Some(0.0));
    assert_eq!(rows[2]["end_user"], "=cmd|' /C calc'!A0", "as it was sent");
    // With the filters of the list, and of what may be seen.
    let failed = get("status=error&format=jsonl", admin).await.expect(200).text();
    assert_eq!(failed.lines().count(), 1);
    let nothing = get("model=nothing", admin).await.expect(200).text();
    assert_eq!(nothing.lines().collect::<Vec<_>>(), [lines[0]]);
    assert_eq!(get("model=nothing&format=jsonl", admin).await.expect(200).text(), "");
    for (wrong, status) in [("format=xml", 422), ("status=good", 400), ("key_id=x", 400)] {
        get(wrong, admin).await.expect(status);
    }
    get("", &world.key).await.expect(403);
}

#[tokio::test]
async fn an_export_of_several_pages_has_every_row_once() {
    const ROWS: usize = 4100;
    let world = World::start().await;
    let body = Caller::Chat.body("demo", false);
    let asked = (0..ROWS).map(|_| async {
        let answer = world.gateway.post("/v1/chat/completions", &world.key, &body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
    });
    futures_util::stream::iter(asked).buffer_unordered(64).collect::<Vec<()>>().await;
    world.row_number(ROWS).await;
    let url = format!("{}/console/requests/export?format=jsonl", world.gateway.url());
    let admin = world.gateway.admin_key();
    let text = receive(world.gateway.client().get(url).bearer_auth(admin)).await.expect(200).text();
    let ids: std::collections::BTreeSet<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((ids.len(), text.lines().count()), (ROWS, ROWS));
}
