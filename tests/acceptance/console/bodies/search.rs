//! `q`: words of what is kept.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, bodies, call};
use postern_testkit::Reply;
use postern_tests::{Caller, World};

fn ids(page: &Value) -> Vec<String> {
    let rows = page["requests"].as_array().unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn requests_are_found_by_what_was_said() {
    let world = World::start().await;
    let key =
        world.gateway.new_key(json!({"keep_bodies_days": 1, "redact": ["emails"], "user_id": "ada"})).await;
    let other = world.gateway.new_key(json!({"keep_bodies_days": 1, "user_id": "bob"})).await;
    world.openai.next(Reply::text("The harbour opens at nine."));
    let first = ask(&world, &key, "When does the harbour open? Ask bob@example.com").await;
    let second = ask(&world, &key, "请把发票号码发给我").await;
    let third = ask(&world, &other, "The harbour of others").await;
    for id in [&first, &second, &third] {
        bodies(&world, id).await;
    }
    let find = async |key: &str, query: &str| {
        let path = format!("/console/requests?{query}");
        ids(&call(&world.gateway, Method::GET, &path, key, Value::Null).await.expect(200).json())
    };
    let admin = world.gateway.admin_key();
    assert_eq!(find(admin, "q=harbour").await, [third.clone(), first.clone()]);
    assert_eq!(find(admin, "q=HARBOUR+nine").await, std::slice::from_ref(&first));
    assert_eq!(find(admin, "q=harb*").await.len(), 2);
    assert_eq!(find(admin, "q=%22harbour+opens%22").await, std::slice::from_ref(&first));
    assert_eq!(find(admin, "q=%E5%8F%91%E7%A5%A8").await, std::slice::from_ref(&second));
    // What was taken out is not found, and roles and models are not what was said.
    for nothing in ["q=bob", "q=example.com", "q=user", "q=mini", "q=harbour+nowhere"] {
        assert_eq!(find(admin, nothing).await, Vec::<String>::new(), "{nothing}");
    }
    // Among what somebody may see, and with other filters.
    assert_eq!(find(&key, "q=harbour").await, std::slice::from_ref(&first));
    assert_eq!(find(&other, "q=harbour").await, std::slice::from_ref(&third));
    assert_eq!(find(admin, "q=harbour&status=error").await, Vec::<String>::new());
    assert_eq!(find(admin, "q=harbour&model=gpt-4o-mini&provider=oa").await.len(), 2);
    // In pages.
    let page = world.get("/console/requests?q=harbour&limit=1").await;
    assert_eq!(ids(&page), std::slice::from_ref(&third));
    let next = page["next"].as_str().unwrap();
    assert_eq!(find(admin, &format!("q=harbour&limit=1&before={next}")).await, std::slice::from_ref(&first));
    // As a file.
    let file = world
        .admin(Method::GET, "/console/requests/export?format=jsonl&q=harbour", Value::Null)
        .await
        .expect(200);
    assert_eq!(file.text().lines().count(), 2);
    assert!(file.text().contains(&first) && file.text().contains(&third));
    world.assert_well().await;
}

#[tokio::test]
async fn whatever_is_looked_for_is_answered() {
    let world = World::start().await;
    for query in [
        "\"",
        "\"\"\"",
        "*",
        "a*b",
        "AND",
        "OR",
        "NOT",
        "NEAR(a b, 2)",
        "a AND",
        "(",
        ")",
        "col:x",
        "words:x",
        "^a",
        "a^b",
        "-a",
        "+a",
        "{a}",
        "a;b",
        "'",
        "'; DROP TABLE bodies; --",
        "\u{0}",
        "a\u{0}b",
        "\u{202e}",
        "é",
        "ﬁ",
        "👍",
        "１２",
        "%",
        "_",
        "\\",
    ] {
        let request = world.gateway.admin(Method::GET, "/console/requests").query(&[("q", query)]);
        let answer = postern_tests::receive(request).await;
        match answer.status {
            200 => assert_eq!(answer.json()["requests"], json!([]), "{query:?}"),
            400 => {
                let message = Caller::Chat.own_error(&answer);
                assert!(message.contains("q must have 1 to 32 words"), "{query:?}: {message}");
                assert!(!query.chars().any(char::is_alphanumeric), "{query:?} has a word");
            }
            status => panic!("{query:?}: {status} {}", answer.text()),
        }
    }
    for long in ["a".repeat(501), "a ".repeat(33)] {
        let request = world.gateway.admin(Method::GET, "/console/requests").query(&[("q", long)]);
        assert_eq!(postern_tests::receive(request).await.expect(400).json()["error"]["param"], "q");
    }
    world.assert_well().await;
}
