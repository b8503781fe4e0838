//! What the log is filtered and sorted by, and its pages.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use super::{found, post};

fn all<'a>(entries: &'a [Value], name: &str) -> Vec<&'a str> {
    entries.iter().map(|entry| entry[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_filter_narrows_to_what_it_names() {
    let world = World::start().await;
    let made = post(&world, "/key/generate", json!({"key_alias": "mine"})).await;
    let token = made["token"].as_str().unwrap();
    post(&world, "/key/block", json!({"key": token})).await;
    post(&world, "/key/unblock", json!({"key": token})).await;
    post(&world, "/team/new", json!({"team_id": "red"})).await;
    let ada = post(&world, "/user/new", json!({"user_id": "ada", "user_role": "proxy_admin"})).await;
    let url = format!("{}/team/update", world.gateway.url());
    let by_ada = world.gateway.client().post(url).bearer_auth(ada["key"].as_str().unwrap());
    postern_tests::receive(by_ada.json(&json!({"team_id": "red", "team_alias": "Red"}))).await.expect(200);

    // A key is found by its hash and by itself, in all that was done to it.
    for key in [token, made["key"].as_str().unwrap()] {
        let entries = found(&world, &format!("object_id={key}")).await;
        assert_eq!(all(&entries, "action"), ["unblocked", "blocked", "created"], "{key}");
    }
    for (query, name, expected) in [
        ("action=blocked", "action", "blocked"),
        ("table_name=team", "object_type", "team"),
        ("table_name=LiteLLM_TeamTable", "object_type", "team"),
        ("changed_by=ada", "changed_by", "ada"),
        ("object_id=red", "object_id", "red"),
    ] {
        let entries = found(&world, &format!("{query}&page_size=100")).await;
        assert!(!entries.is_empty(), "{query}");
        assert!(all(&entries, name).iter().all(|value| *value == expected), "{query}: {entries:?}");
    }
    // LiteLLM's documents say the one, its log the other.
    for (said, meant) in [("create", "created"), ("update", "updated"), ("delete", "deleted")] {
        let entries = async |query: String| world.get(&query).await["audit_logs"].clone();
        let (short, long) = (format!("/audit?action={said}"), format!("/audit?action={meant}"));
        assert_eq!(entries(short).await, entries(long).await);
    }
    let by_key = |key: &Value| format!("changed_by_api_key={}", key.as_str().unwrap());
    for key in [&ada["key"], &ada["token"]] {
        assert_eq!(all(&found(&world, &by_key(key)).await, "changed_by"), ["ada"]);
    }
    // Together they narrow further; what nobody did is an empty list.
    assert_eq!(found(&world, "changed_by=ada&object_id=red&action=updated").await.len(), 1);
    for nothing in ["changed_by=ada&action=deleted", "table_name=nothing", "object_id='%20OR%201%3D1"] {
        let page = world.get(&format!("/audit?{nothing}")).await;
        assert_eq!(
            (&page["audit_logs"], &page["total"], &page["total_pages"]),
            (&json!([]), &json!(0), &json!(0))
        );
    }
}

#[tokio::test]
async fn days_and_moments_bound_the_log() {
    let world = World::start().await;
    post(&world, "/budget/new", json!({"budget_id": "gold"})).await;
    let moment = found(&world, "object_id=gold").await[0]["updated_at"].as_str().unwrap().to_owned();
    let day = &moment[..10];
    for (query, is_there) in [
        (format!("start_date={day}"), true),
        (format!("start_date={day}&end_date={day}"), true),
        (format!("start_date={moment}&end_date={moment}"), true),
        ("start_date=2999-01-01".to_owned(), false),
        ("end_date=2001-01-01".to_owned(), false),
        ("end_date=2001-01-01T10:00:00Z".to_owned(), false),
        ("start_date=2001-01-01T10:00:00".to_owned(), true),
    ] {
        let entries = found(&world, &format!("object_id=gold&{query}")).await;
        assert_eq!(!entries.is_empty(), is_there, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_that_is_asked_for() {
    let world = World::start().await;
    for number in 0..7 {
        post(&world, "/budget/new", json!({"budget_id": format!("b{number}")})).await;
    }
    let mut seen: Vec<String> = Vec::new();
    for page in 1..=3 {
        let answer =
            world.get(&format!("/audit?table_name=budget&page_size=3&page={page}&sort_order=asc")).await;
        for (name, value) in [("total", 7), ("page", page), ("page_size", 3), ("total_pages", 3)] {
            assert_eq!(answer[name], json!(value), "{name}");
        }
        let entries = answer["audit_logs"].as_array().unwrap();
        seen.extend(all(entries, "object_id").into_iter().map(str::to_owned));
    }
    assert_eq!(seen, ["b0", "b1", "b2", "b3", "b4", "b5", "b6"]);
    assert!(found(&world, "table_name=budget&page=4&page_size=3").await.is_empty());
    assert!(found(&world, "page=9223372036854775807&page_size=100").await.is_empty());
    assert_eq!(all(&found(&world, "table_name=budget&page_size=2").await, "object_id"), ["b6", "b5"]);
    let by_name = found(&world, "table_name=budget&sort_by=object_id&sort_order=desc&page_size=1").await;
    assert_eq!(all(&by_name, "object_id"), ["b6"]);
    for by in ["updated_at", "action", "table_name", "object_id", "changed_by"] {
        let entries = found(&world, &format!("sort_by={by}&sort_order=asc&page_size=100")).await;
        let mut sorted: Vec<String> = entries
            .iter()
            .map(|entry| {
                entry[if by == "table_name" { "object_type" } else { by }].as_str().unwrap().to_owned()
            })
            .collect();
        let as_told = sorted.clone();
        sorted.sort();
        assert_eq!(as_told, sorted, "{by}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_name() {
    let world = World::start().await;
    for (query, field, status) in [
        ("page=0", "page", 422),
        ("page=-1", "page", 422),
        ("page=x", "page", 422),
        ("page_size=0", "page_size", 422),
        ("page_size=101", "page_size", 422),
        ("sort_by=color", "sort_by", 400),
        ("sort_order=up", "sort_order", 400),
        ("start_date=soon", "start_date", 400),
        ("end_date=2026-13-45", "end_date", 400),
        ("end_date=9999-12-31", "end_date", 400),
    ] {
        let answer = world.admin(Method::GET, &format!("/audit?{query}"), Value::Null).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
        assert!(answer.text().contains(field), "{query}: {}", answer.text());
    }
    world.assert_well().await;
}
