//! `/user|team|organization|customer|tag/daily/activity`: what was used on each day.

use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{ask_dear, dear_model};

/// Yesterday, today and tomorrow by UTC: a test may run over midnight.
#[expect(clippy::disallowed_methods, reason = "the gateway's clock is the machine's here")]
pub fn range() -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    format!("start_date={}&end_date={}", today.yesterday().unwrap(), today.tomorrow().unwrap())
}

pub async fn make(world: &World, path: &str, body: Value) -> Value {
    world.admin(Method::POST, path, body).await.expect(200).json()
}

pub async fn key(world: &World, body: Value) -> String {
    make(world, "/key/generate", body).await["key"].as_str().unwrap().to_owned()
}

async fn activity(world: &World, path: &str, query: &str) -> Value {
    world.get(&format!("{path}/daily/activity?{}{query}", range())).await
}

pub async fn ask(world: &World, key: &str, path: &str) -> Answer {
    let url = format!("{}{path}", world.gateway.url());
    receive(world.gateway.client().get(url).bearer_auth(key)).await
}

/// The sums of all days, of the named part of their breakdowns.
fn of(answer: &Value, kind: &str, name: &str) -> (i64, f64) {
    let parts =
        answer["results"].as_array().unwrap().iter().map(|day| &day["breakdown"][kind][name]["metrics"]);
    parts.fold((0, 0.0), |(requests, spend), metrics| {
        (
            requests + metrics["api_requests"].as_i64().unwrap_or(0),
            spend + metrics["spend"].as_f64().unwrap_or(0.0),
        )
    })
}

fn names(answer: &Value, kind: &str) -> Vec<String> {
    let days = answer["results"].as_array().unwrap().iter();
    let mut names: Vec<String> =
        days.flat_map(|day| day["breakdown"][kind].as_object().unwrap().keys().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

/// Two people of two teams of one organization, and a third of none; who asked how often is in the names of the keys.
pub struct House {
    pub world: World,
    pub ann: String,
    pub bob: String,
    pub loner: String,
}

pub async fn house() -> House {
    let world = World::start().await;
    dear_model(&world).await;
    make(&world, "/organization/new", json!({"organization_id": "acme", "organization_alias": "Acme"})).await;
    for team in ["red", "blue"] {
        let alias = format!("{team} team");
        make(&world, "/team/new", json!({"team_id": team, "team_alias": alias, "organization_id": "acme"}))
            .await;
    }
    for (user, team) in [("ann", "red"), ("bob", "blue")] {
        make(
            &world,
            "/user/new",
            json!({"user_id": user, "auto_create_key": false, "organizations": ["acme"]}),
        )
        .await;
        make(
            &world,
            "/team/member_add",
            json!({"team_id": team, "member": {"role": "user", "user_id": user}}),
        )
        .await;
    }
    make(&world, "/user/new", json!({"user_id": "cat", "auto_create_key": false})).await;
    let ann = key(&world, json!({"user_id": "ann", "team_id": "red", "key_alias": "ann's"})).await;
    let bob = key(&world, json!({"user_id": "bob", "team_id": "blue", "key_alias": "bob's"})).await;
    let loner = key(&world, json!({"user_id": "cat"})).await;
    for (key, times, more) in [
        (&ann, 2, json!({"user": "end-1", "metadata": {"tags": ["a", "b"]}})),
        (&bob, 3, json!({"metadata": {"tags": ["b"]}})),
        (&loner, 1, json!({"user": "end-2"})),
    ] {
        for _ in 0..times {
            ask_dear(&world, key, more.clone()).await.expect(200);
        }
    }
    world.row_number(6).await;
    House { world, ann, bob, loner }
}

fn assert_spend(found: (i64, f64), requests: i64) {
    assert_eq!(found.0, requests);
    assert!((found.1 - requests as f64 * 0.1).abs() < 1e-9, "{found:?}");
}

#[tokio::test]
async fn each_day_tells_of_models_providers_endpoints_keys_and_whom() {
    let House { world, ann, .. } = house().await;
    let all = activity(&world, "/user", "").await;
    let totals = &all["metadata"];
    assert_eq!((&totals["total_api_requests"], &totals["total_failed_requests"]), (&json!(6), &json!(0)));
    assert_eq!(totals["total_completion_tokens"], 60);
    assert_eq!(totals["total_tokens"], 66);
    assert_eq!(
        (&totals["page"], &totals["total_pages"], &totals["has_more"]),
        (&json!(1), &json!(1), &json!(false))
    );
    assert_spend((6, totals["total_spend"].as_f64().unwrap()), 6);
    for (kind, name, requests) in [
        ("models", "x", 6),
        ("model_groups", "dear", 6),
        ("providers", "openai", 6),
        ("endpoints", "/v1/chat/completions", 6),
        ("entities", "ann", 2),
        ("entities", "bob", 3),
        ("entities", "cat", 1),
    ] {
        assert_spend(of(&all, kind, name), requests);
    }
    let token = world.get(&format!("/key/info?key={ann}")).await["key"].as_str().unwrap().to_owned();
    assert_spend(of(&all, "api_keys", &token), 2);
    let day = &all["results"][0]["breakdown"];
    assert_eq!(day["api_keys"][&token]["metadata"], json!({"key_alias": "ann's", "team_id": "red"}));
    let within = &day["models"]["x"]["api_key_breakdown"][&token]["metrics"];
    assert_eq!(within["api_requests"], day["api_keys"][&token]["metrics"]["api_requests"]);

    // A part of it.
    assert_spend(of(&activity(&world, "/user", "&user_id=bob").await, "models", "x"), 3);
    assert_spend(of(&activity(&world, "/user", "&model=dear").await, "models", "x"), 6);
    assert_eq!(activity(&world, "/user", "&model=other").await["results"], json!([]));
    for key in [ann.as_str(), token.as_str()] {
        assert_spend(of(&activity(&world, "/user", &format!("&api_key={key}")).await, "models", "x"), 2);
    }
    assert_eq!(activity(&world, "/user", "&api_key=sk-unknown").await["results"], json!([]));
}

#[tokio::test]
async fn teams_organizations_customers_and_tags_are_told_of_likewise() {
    let House { world, .. } = house().await;
    let teams = activity(&world, "/team", "").await;
    assert_eq!(names(&teams, "entities"), ["blue", "red"]);
    assert_spend(of(&teams, "entities", "red"), 2);
    assert_eq!(teams["results"][0]["breakdown"]["entities"]["red"]["metadata"]["team_alias"], "red team");
    assert_eq!(teams["metadata"]["total_api_requests"], 5, "what is no team's is not among it");
    assert_eq!(names(&activity(&world, "/team", "&team_ids=red,nobody").await, "entities"), ["red"]);
    assert_eq!(names(&activity(&world, "/team", "&exclude_team_ids=red").await, "entities"), ["blue"]);

    let organizations = activity(&world, "/organization", "").await;
    assert_spend(of(&organizations, "entities", "acme"), 5);
    let of_acme = &organizations["results"][0]["breakdown"]["entities"]["acme"];
    assert_eq!(of_acme["metadata"]["organization_alias"], "Acme");
    assert_eq!(
        activity(&world, "/organization", "&exclude_organization_ids=acme").await["results"],
        json!([])
    );

    let customers = activity(&world, "/customer", "").await;
    assert_spend(of(&customers, "entities", "end-1"), 2);
    assert_spend(of(&customers, "entities", "end-2"), 1);
    assert_eq!(customers["metadata"]["total_api_requests"], 3);
    assert_eq!(names(&activity(&world, "/customer", "&end_user_ids=end-2").await, "entities"), ["end-2"]);

    let tags = activity(&world, "/tag", "").await;
    assert_spend(of(&tags, "entities", "a"), 2);
    assert_spend(of(&tags, "entities", "b"), 5);
    assert_eq!(tags["metadata"]["total_api_requests"], 6, "a request with several tags is one request");
    let clients: Vec<String> =
        names(&tags, "entities").into_iter().filter(|name| name.starts_with("User-Agent: ")).collect();
    assert_eq!(clients.len(), 1, "{clients:?}");
    assert_spend(of(&tags, "entities", &clients[0]), 6);
    let some = activity(&world, "/tag", "&tags=b").await;
    assert_eq!(names(&some, "entities"), ["b"]);
    assert_eq!(some["metadata"]["total_api_requests"], 5);
}

#[tokio::test]
async fn everybody_sees_what_is_theirs() {
    let House { world, ann, bob, loner } = house().await;
    let see = async |key: &str, path: &str| {
        let answer = ask(&world, key, &format!("{path}/daily/activity?{}", range())).await;
        answer.expect(200).json()
    };
    assert_eq!(names(&see(&ann, "/user").await, "entities"), ["ann"]);
    assert_eq!(see(&ann, "/user").await["metadata"]["total_api_requests"], 2);
    assert_eq!(names(&see(&ann, "/user").await, "api_keys").len(), 1);
    // Of one's team one's own, until one administers it.
    ask_dear(&world, &key(&world, json!({"team_id": "red", "key_alias": "robot"})).await, json!({}))
        .await
        .expect(200);
    world.row_number(7).await;
    assert_spend(of(&see(&ann, "/team").await, "entities", "red"), 2);
    make(&world, "/team/member_update", json!({"team_id": "red", "user_id": "ann", "role": "admin"})).await;
    assert_spend(of(&see(&ann, "/team").await, "entities", "red"), 3);
    let query = range();
    for (path, key) in [
        (format!("/user/daily/activity?{query}&user_id=bob"), &ann),
        (format!("/user/daily/activity/aggregated?{query}&user_id=ann"), &bob),
        (format!("/team/daily/activity?{query}&team_ids=blue"), &ann),
        (format!("/team/daily/activity?{query}&team_ids=red,blue"), &bob),
        (format!("/team/daily/activity?{query}&team_ids=red"), &loner),
        (format!("/user/daily/activity?{query}&api_key={bob}"), &ann),
        (format!("/organization/daily/activity?{query}"), &ann),
        (format!("/customer/daily/activity?{query}"), &ann),
        (format!("/tag/daily/activity?{query}"), &ann),
    ] {
        ask(&world, key, &path).await.expect(403);
    }
}

#[tokio::test]
async fn days_are_paged_and_begin_at_the_asked_midnight() {
    let world = World::start().await;
    dear_model(&world).await;
    ask_dear(&world, &world.key, json!({})).await.expect(200);
    let log = world.gateway.wait_for_spend_logs(1).await.remove(0);
    let started: jiff::Timestamp = log["startTime"].as_str().unwrap().parse().unwrap();
    for behind in [0, 480, -540, 1080, -1080] {
        let clock = jiff::tz::Offset::from_seconds(-behind * 60).unwrap();
        let date = clock.to_datetime(started).date();
        let there = |first: jiff::civil::Date, last: jiff::civil::Date| {
            format!("/user/daily/activity?start_date={first}&end_date={last}&timezone={behind}")
        };
        let found = world.get(&there(date, date)).await;
        assert_eq!(found["results"][0]["date"], date.to_string(), "{behind}");
        let (before, after) = (date.yesterday().unwrap(), date.tomorrow().unwrap());
        assert_eq!(world.get(&there(before, before)).await["results"], json!([]));
        assert_eq!(world.get(&there(after, after)).await["results"], json!([]));
    }
    let second = activity(&world, "/user", "&page=2&page_size=1").await;
    assert_eq!(second["results"], json!([]));
    assert_eq!(
        (&second["metadata"]["total_pages"], &second["metadata"]["has_more"]),
        (&json!(1), &json!(false))
    );
    // All days at once, whatever page is asked for, and otherwise the same.
    for of in ["user", "team", "organization", "customer", "tag"] {
        let paged = world.get(&format!("/{of}/daily/activity?{}", range())).await;
        for query in ["", "&page=2&page_size=1"] {
            let whole = world.get(&format!("/{of}/daily/activity/aggregated?{}{query}", range())).await;
            assert_eq!(whole, paged, "{of}");
        }
    }
    assert_eq!(
        world.get(&format!("/user/daily/activity/aggregated?{}", range())).await["metadata"]["total_api_requests"],
        1
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_name() {
    let world = World::start().await;
    for (query, param, status) in [
        ("", "start_date", 400),
        ("start_date=2026-01-01", "end_date", 400),
        ("start_date=&end_date=2026-01-01", "start_date", 400),
        ("start_date=yesterday&end_date=2026-01-01", "start_date", 400),
        ("start_date=2026-02-30&end_date=2026-03-01", "start_date", 400),
        ("start_date=2026-01-02&end_date=2026-01-01", "end_date", 400),
        ("start_date=2026-01-01&end_date=2026-01-01&page=0", "page", 400),
        ("start_date=2026-01-01&end_date=2026-01-01&page_size=0", "page_size", 400),
        ("start_date=2026-01-01&end_date=2026-01-01&page_size=100000", "page_size", 400),
        ("start_date=2026-01-01&end_date=2026-01-01&timezone=9000", "timezone", 400),
        ("start_date=2026-01-01&end_date=2026-01-01&timezone=Berlin", "timezone", 422),
        ("start_date=2026-01-01&end_date=2026-01-01&page=-1", "page", 422),
    ] {
        for path in ["/user", "/team", "/organization", "/customer", "/tag"] {
            let answer =
                world.admin(Method::GET, &format!("{path}/daily/activity?{query}"), Value::Null).await;
            let answer = answer.expect(status);
            assert!(answer.text().contains(param), "{path}?{query}: {}", answer.text());
        }
    }
    // From the first day to the last there is.
    let all = "/user/daily/activity?start_date=0001-01-01&end_date=9999-12-31";
    assert_eq!(world.get(all).await["results"], json!([]));
    let odd =
        format!("/team/daily/activity?{}&team_ids=%27%3B%20DROP%20TABLE%20series%3B%20--,..%2F..", range());
    assert_eq!(world.get(&odd).await["results"], json!([]));
    world.assert_well().await;
}
