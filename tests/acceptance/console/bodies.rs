//! Bodies that keys have kept: what is kept and until when, what is taken out, who sees them, and how they are found.
//! `replay` asks them again.

mod replay;
mod search;

use std::time::Duration;

use postern_testkit::{Fault, Gate, GatewayBuilder, Reply, TestGateway};
use postern_tests::{Answer, Caller, PROVIDER_KEY, World, receive};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

async fn call(gateway: &TestGateway, method: Method, path: &str, key: &str, body: Value) -> Answer {
    let request = gateway.client().request(method, format!("{}{path}", gateway.url())).bearer_auth(key);
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

/// What is kept of a request; it is written behind the request's back.
async fn bodies(world: &World, id: &str) -> Value {
    let path = format!("/console/requests/{id}/bodies");
    for _ in 0..200 {
        let answer = world.admin(Method::GET, &path, Value::Null).await;
        if answer.status == 200 {
            return answer.json();
        }
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("no_bodies")));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("nothing was kept of {id}: {}", world.gateway.stderr());
}

/// As many rows as the table has.
fn kept(gateway: &TestGateway) -> i64 {
    let connection = Connection::open(gateway.data_dir().join("postern.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.query_row("SELECT COUNT(*) FROM bodies", [], |row| row.get(0)).unwrap()
}

fn json_of(body: &Value) -> Value {
    serde_json::from_str(body.as_str().unwrap()).unwrap()
}

/// One question with this text, and the id of its request.
async fn ask(world: &World, key: &str, text: &str) -> String {
    let body = json!({"model": "oa/gpt-4o-mini", "messages": [{"role": "user", "content": text}]});
    let answer = receive(world.gateway.post("/v1/chat/completions", key, &body)).await.expect(200);
    answer.request_id().to_owned()
}

#[tokio::test]
async fn nothing_is_kept_unless_a_key_says_so() {
    let world = World::start().await;
    for stream in [false, true] {
        let answer = world.ask(Caller::Chat, "oa/gpt-4o-mini", stream).await.expect(200);
        let row = world.row(answer.request_id()).await;
        assert_eq!(row["bodies_kept_until"], Value::Null);
        let path = format!("/console/requests/{}/bodies", answer.request_id());
        let none = world.admin(Method::GET, &path, Value::Null).await.expect(404);
        assert_eq!(none.json()["error"]["code"], "no_bodies");
        Caller::Chat.own_error(&none);
    }
    let info = world.get(&format!("/key/info?key={}", world.key)).await["info"].clone();
    assert_eq!(
        (&info["keep_bodies_days"], &info["redact"], &info["redact_patterns"]),
        (&Value::Null, &json!([]), &json!([]))
    );
    assert_eq!(world.get("/console/status").await["bodies_dropped"], 0);
    assert_eq!(kept(&world.gateway), 0);
    world.assert_well().await;
}

#[tokio::test]
async fn a_key_has_them_kept_from_its_next_request_on() {
    let world = World::start().await;
    let update = async |body: Value| world.admin(Method::POST, "/key/update", body).await;
    let info = update(json!({"key": world.key, "keep_bodies_days": 3.0})).await.expect(200).json();
    assert_eq!(info["keep_bodies_days"], 3);
    for caller in Caller::BOTH {
        for stream in [false, true] {
            for model in ["oa/gpt-4o-mini", "an/claude-x"] {
                let sent = caller.body(model, stream).to_string();
                let request =
                    world.gateway.client().post(format!("{}{}", world.gateway.url(), caller.path()));
                let answer = receive(request.bearer_auth(&world.key).body(sent.clone())).await.expect(200);
                let bodies = bodies(&world, answer.request_id()).await;
                assert_eq!((&bodies["request"], &bodies["format"]), (&json!(sent), &json!(caller.format())));
                let row = world.row(answer.request_id()).await;
                let until = row["started_at"].as_i64().unwrap() + 3 * DAY;
                assert!((bodies["expires_at"].as_i64().unwrap() - until).abs() < 60_000);
                assert_eq!(row["bodies_kept_until"], bodies["expires_at"]);
                let response = json_of(&bodies["response"]);
                if stream {
                    assert_eq!(caller.text_of(&response), caller.streamed_text(&answer), "{response}");
                } else {
                    assert_eq!(bodies["response"], answer.text());
                }
                for flag in ["request_cut", "response_cut", "request_redacted", "response_redacted"] {
                    assert_eq!(bodies[flag], false, "{flag}");
                }
            }
        }
    }
    // What was kept stays when no more is.
    assert_eq!(kept(&world.gateway), 8);
    assert_eq!(
        update(json!({"key": world.key, "keep_bodies_days": 0})).await.expect(200).json()["keep_bodies_days"],
        Value::Null
    );
    let none = ask(&world, &world.key, "later").await;
    assert_eq!(world.row(&none).await["bodies_kept_until"], Value::Null);
    assert_eq!(kept(&world.gateway), 8);
    world.assert_well().await;
}

#[tokio::test]
async fn every_format_and_what_is_passed_on_is_kept() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    let input = json!({"model": "oa/gpt-4o-mini", "input": "Hi"});
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    let messages = json!([{"role": "user", "content": "Hi"}]);
    for (path, body, member) in [
        ("/v1/responses", input, "output"),
        ("/v1beta/models/go/x:generateContent", contents.clone(), "candidates"),
        ("/v1beta/models/oa/gpt-4o-mini:streamGenerateContent?alt=sse", contents.clone(), "candidates"),
        ("/v1beta/models/oa/gpt-4o-mini:streamGenerateContent", contents, "candidates"),
        ("/api/chat", json!({"model": "oa/gpt-4o-mini", "messages": messages}), "message"),
        ("/v2/chat", json!({"model": "co/x", "messages": messages}), "message"),
        ("/openai/v1/chat/completions", json!({"model": "gpt-4o-mini", "messages": messages}), "choices"),
        (
            "/openai/v1/chat/completions",
            json!({"model": "gpt-4o-mini", "messages": messages, "stream": true}),
            "choices",
        ),
    ] {
        let answer = receive(world.gateway.post(path, &key, &body)).await.expect(200);
        let bodies = bodies(&world, answer.request_id()).await;
        assert_eq!(json_of(&bodies["request"]), body, "{path}");
        assert!(json_of(&bodies["response"]).get(member).is_some(), "{path}: {}", bodies["response"]);
    }
    // Vectors are nothing to read.
    let body = json!({"model": "oa/text-embedding-3-small", "input": ["Hi"]});
    let answer = receive(world.gateway.post("/v1/embeddings", &key, &body)).await.expect(200);
    let embedded = bodies(&world, answer.request_id()).await;
    assert_eq!((json_of(&embedded["request"]), &embedded["response"]), (body, &Value::Null));
    // Of an error there is the request.
    world.openai.next(Fault::status(500));
    let body = Caller::Chat.body("oa/gpt-4o-mini", false);
    let answer = receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(500);
    let failed = bodies(&world, answer.request_id()).await;
    assert_eq!((json_of(&failed["request"]), &failed["response"]), (body, &Value::Null));
    world.assert_well().await;
}

#[tokio::test]
async fn what_is_to_be_redacted_is_taken_out_on_both_sides() {
    let world = World::start().await;
    for (rule, said, left) in [
        ("emails", "write bob@example.com now", "write [email] now"),
        ("phone_numbers", "ring +49 30 1234567 now", "ring [phone number] now"),
        ("card_numbers", "pay 4111 1111 1111 1111 now", "pay [card number] now"),
        ("secrets", "use AKIAIOSFODNN7EXAMPLE now", "use [secret] now"),
    ] {
        let key = world.gateway.new_key(json!({"keep_bodies_days": 1, "redact": [rule]})).await;
        for stream in [false, true] {
            world.openai.next(Reply::text(said));
            let mut body = Caller::Chat.body("oa/gpt-4o-mini", stream);
            body["messages"][0]["content"] = json!(said);
            let answer = receive(world.gateway.post("/v1/chat/completions", &key, &body)).await.expect(200);
            // What goes to the provider and comes back is not touched.
            assert_eq!(world.openai.last_request().json()["messages"][0]["content"], said);
            assert!(stream || answer.text().contains(said));
            let bodies = bodies(&world, answer.request_id()).await;
            assert_eq!(json_of(&bodies["request"])["messages"][0]["content"], left, "{rule}");
            assert_eq!(
                json_of(&bodies["response"])["choices"][0]["message"]["content"],
                left,
                "{rule} {stream}"
            );
            assert_eq!(
                (&bodies["request_redacted"], &bodies["response_redacted"]),
                (&json!(true), &json!(true))
            );
        }
    }
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1, "redact_patterns": ["(?i)falcon"]})).await;
    let id = ask(
        &world,
        &key,
        &format!("Falcon, {PROVIDER_KEY}, {key}, {}, bob@example.com", world.gateway.admin_key()),
    )
    .await;
    let bodies = bodies(&world, &id).await;
    assert_eq!(
        json_of(&bodies["request"])["messages"][0]["content"],
        "[redacted], [credential], [key], [key], bob@example.com"
    );
    world.assert_well().await;
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_by_name() {
    let world = World::start().await;
    for (said, param, told) in [
        (json!({"keep_bodies_days": 401}), "keep_bodies_days", "1 to 400, or 0"),
        (json!({"keep_bodies_days": -1}), "keep_bodies_days", "it is -1"),
        (json!({"redact": ["email"]}), "redact", "`email` is no rule; there are emails, phone_numbers"),
        (json!({"redact_patterns": ["("]}), "redact_patterns", "`(` is no regular expression"),
        (json!({"redact_patterns": ["x*"]}), "redact_patterns", "everywhere"),
        (json!({"redact_patterns": ["a{1000}{1000}"]}), "redact_patterns", "too large"),
    ] {
        for path in ["/key/generate", "/key/update"] {
            let mut body = said.clone();
            if path == "/key/update" {
                body["key"] = json!(world.key);
            }
            let answer = world.admin(Method::POST, path, body).await.expect(400);
            let message = Caller::Chat.own_error(&answer);
            assert!(message.contains(told), "{message}");
            assert_eq!(answer.json()["error"]["param"], param);
        }
    }
    let wrong = json!({"key": world.key, "keep_bodies_days": "three"});
    world.admin(Method::POST, "/key/update", wrong).await.expect(422);
    let info = world.get(&format!("/key/info?key={}", world.key)).await["info"].clone();
    assert_eq!((&info["keep_bodies_days"], &info["redact"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn long_bodies_are_cut_and_marked() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    world.openai.next(Reply::text("answer ".repeat(200_000)));
    let id = ask(&world, &key, &"question ".repeat(200_000)).await;
    let bodies = bodies(&world, &id).await;
    for side in ["request", "response"] {
        let text = bodies[side].as_str().unwrap();
        assert!((1_000_000..=1024 * 1024).contains(&text.len()), "{side}: {}", text.len());
        assert_eq!(bodies[format!("{side}_cut")], true);
    }
    assert!(bodies["request"].as_str().unwrap().starts_with(r#"{"model":"oa/gpt-4o-mini","messages":"#));
    world.assert_well().await;
}

#[tokio::test]
async fn what_has_expired_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let how = |builder: GatewayBuilder| builder.vault("file").data_dir(directory.path());
    let world = World::with("{}", how).await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    let (old, young) = (ask(&world, &key, "the old one").await, ask(&world, &key, "the young one").await);
    bodies(&world, &young).await;
    bodies(&world, &old).await;
    // A day goes by.
    let connection = Connection::open(directory.path().join("postern.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let sql =
        "UPDATE bodies SET expires_at = expires_at - ?1 WHERE number = (SELECT MIN(number) FROM bodies)";
    assert_eq!(connection.execute(sql, [DAY]).unwrap(), 1);
    drop(connection);
    let path = format!("/console/requests/{old}/bodies");
    world.admin(Method::GET, &path, Value::Null).await.expect(404);
    assert_eq!(world.row(&old).await["bodies_kept_until"], Value::Null);
    let found = world.get("/console/requests?q=one").await;
    assert_eq!(found["requests"].as_array().unwrap().len(), 1);
    // The next time that the gateway looks, it is removed.
    let World { gateway, openai: _openai, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    let gateway = how(TestGateway::builder()).start().await;
    for _ in 0..200 {
        if kept(&gateway) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(kept(&gateway), 1);
    let left = receive(gateway.admin(Method::GET, &format!("/console/requests/{young}/bodies"))).await;
    assert_eq!(json_of(&left.expect(200).json()["request"])["messages"][0]["content"], "the young one");
}

#[tokio::test]
async fn a_gateway_that_stops_writes_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let how = |builder: GatewayBuilder| builder.vault("file").data_dir(directory.path());
    let world = World::with("{}", how).await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    for number in 0..20 {
        ask(&world, &key, &format!("number {number}")).await;
    }
    let World { gateway, openai: _openai, .. } = world;
    assert_eq!(gateway.stop().await.code(), Some(0));
    let connection = Connection::open(directory.path().join("postern.db")).unwrap();
    let kept: i64 = connection.query_row("SELECT COUNT(*) FROM bodies", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 20);
}

#[tokio::test]
async fn bodies_are_for_those_who_see_the_request() {
    let world = World::start().await;
    let person = async |user: &str, body: Value| {
        let mut body = body;
        body["user_id"] = json!(user);
        world.gateway.new_key(body).await
    };
    let ada = person("ada", json!({"keep_bodies_days": 1})).await;
    let bob = person("bob", json!({})).await;
    let id = ask(&world, &ada, "between us").await;
    bodies(&world, &id).await;
    let path = format!("/console/requests/{id}/bodies");
    call(&world.gateway, Method::GET, &path, &ada, Value::Null).await.expect(200);
    call(&world.gateway, Method::GET, &path, &bob, Value::Null).await.expect(403);
    let unknown = "/console/requests/0197c0de-0000-7000-8000-000000000000/bodies";
    call(&world.gateway, Method::GET, unknown, &bob, Value::Null).await.expect(403);
    world.admin(Method::GET, unknown, Value::Null).await.expect(404);
    world.admin(Method::GET, "/console/requests/nothing/bodies", Value::Null).await.expect(404);
    call(&world.gateway, Method::GET, &path, &world.key, Value::Null).await.expect(403);

    // Its owner, and nobody else, has them removed.
    let key_id =
        world.get(&format!("/key/info?key={ada}")).await["info"]["key_id"].as_str().unwrap().to_owned();
    let removal = format!("/console/keys/{key_id}/bodies");
    call(&world.gateway, Method::DELETE, &removal, &bob, Value::Null).await.expect(403);
    call(&world.gateway, Method::DELETE, &removal, &world.key, Value::Null).await.expect(403);
    let answer = call(&world.gateway, Method::DELETE, &removal, &ada, Value::Null).await.expect(200);
    assert_eq!(answer.json(), json!({"removed": 1}));
    world.admin(Method::GET, &path, Value::Null).await.expect(404);
    assert_eq!(world.row(&id).await["bodies_kept_until"], Value::Null);
    assert_eq!(world.get("/console/requests?q=between").await["requests"], json!([]));

    // A key that is revoked leaves its bodies until they expire, or the administrator has enough of them.
    let id = ask(&world, &ada, "once more").await;
    bodies(&world, &id).await;
    world.admin(Method::POST, "/key/delete", json!({"keys": [ada]})).await.expect(200);
    bodies(&world, &id).await;
    assert_eq!(
        world.admin(Method::DELETE, &removal, Value::Null).await.expect(200).json(),
        json!({"removed": 1})
    );
    for unknown in ["0197c0de-0000-7000-8000-000000000000", "nothing"] {
        let path = format!("/console/keys/{unknown}/bodies");
        world.admin(Method::DELETE, &path, Value::Null).await.expect(404);
        call(&world.gateway, Method::DELETE, &path, &bob, Value::Null).await.expect(403);
    }
    world.assert_well().await;
}

#[tokio::test]
async fn of_a_stream_that_its_caller_left_there_is_what_they_had() {
    let world = World::start().await;
    let key = world.gateway.new_key(json!({"keep_bodies_days": 1})).await;
    let gate = Gate::new();
    world.openai.next(Reply::text("one two three four five six").gated(&gate));
    let body = Caller::Chat.body("oa/gpt-4o-mini", true);
    gate.open(4);
    let mut response = world.gateway.post("/v1/chat/completions", &key, &body).send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let mut seen = String::new();
    while !seen.contains("two") {
        seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    drop(response);
    assert_eq!(world.row_number(1).await["outcome"], "cancelled");
    let bodies = bodies(&world, &id).await;
    let text = json_of(&bodies["response"])["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(text.starts_with("one two") && !text.contains("six"), "{text}");
}
