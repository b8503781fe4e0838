//! `/global/*`, `/spend/keys`, `/spend/users`, `/spend/tags`, `/spend/calculate`, and how many use a tag.

use postern_tests::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::daily_activity::{House, ask, house, key, make, range};
use crate::organization::ask_dear;

fn dollars(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no amount"))
}

fn assert_dollars(value: &Value, expected: f64) {
    assert!((dollars(value) - expected).abs() < 1e-9, "{value} is not {expected}");
}

/// The entry of a list that is named so.
fn named<'v>(list: &'v Value, member: &str, name: &str) -> &'v Value {
    let found = list.as_array().unwrap().iter().find(|entry| entry[member] == name);
    found.unwrap_or_else(|| panic!("no {member} {name} in {list}"))
}

#[tokio::test]
async fn activity_is_told_by_day_and_by_model() {
    let House { world, ann, .. } = house().await;
    let span = range();
    let all = world.get(&format!("/global/activity?{span}")).await;
    assert_eq!((&all["sum_api_requests"], &all["sum_total_tokens"]), (&json!(6), &json!(66)));
    let days = all["daily_data"].as_array().unwrap();
    assert_eq!(days.iter().map(|day| day["api_requests"].as_i64().unwrap()).sum::<i64>(), 6);
    // `Nov 20`, and the same as a date.
    let (shown, iso) = (days[0]["date"].as_str().unwrap(), days[0]["iso_date"].as_str().unwrap());
    assert!(shown.len() == 6 && shown.ends_with(&iso[8..]), "{shown} {iso}");
    let models = world.get(&format!("/global/activity/model?{span}")).await;
    let dear = named(&models, "model", "dear");
    assert_eq!((&dear["sum_api_requests"], &dear["sum_total_tokens"]), (&json!(6), &json!(66)));
    assert_eq!(dear["daily_data"], all["daily_data"]);
    // Whoever asks sees their own.
    let own = ask(&world, &ann, &format!("/global/activity?{span}")).await.expect(200).json();
    assert_eq!(own["sum_api_requests"], 2);
    let providers = world.get(&format!("/global/spend/provider?{span}")).await;
    assert_dollars(&named(&providers, "provider", "openai")["spend"], 0.6);
    let own = ask(&world, &ann, "/global/spend/provider").await.expect(200).json();
    assert_dollars(&named(&own, "provider", "openai")["spend"], 0.2);
}

#[tokio::test]
async fn a_report_is_by_team_customer_user_model_tag_or_key() {
    let House { world, ann, bob, .. } = house().await;
    let span = range();
    let report = async |more: &str| world.get(&format!("/global/spend/report?{span}{more}")).await;
    let sum = |report: &Value, list: &str, member: &str, name: &str| -> f64 {
        let days = report.as_array().unwrap().iter();
        let parts = days.flat_map(|day| day[list].as_array().unwrap());
        parts.filter(|part| part[member] == name).map(|part| dollars(&part["total_spend"])).sum()
    };
    for (by, list, member, sums) in [
        ("team", "teams", "team_name", vec![("red team", 0.2), ("blue team", 0.3), ("Unassigned Team", 0.1)]),
        ("customer", "customers", "customer", vec![("end-1", 0.2), ("end-2", 0.1)]),
        ("user", "users", "user", vec![("ann", 0.2), ("bob", 0.3), ("cat", 0.1)]),
        ("model", "models", "model", vec![("dear", 0.6)]),
        ("tag", "tags", "tag", vec![("a", 0.2), ("b", 0.5)]),
    ] {
        let told = report(&format!("&group_by={by}")).await;
        for (name, expected) in sums {
            assert!((sum(&told, list, member, name) - expected).abs() < 1e-9, "{by} {name}: {told}");
        }
        let day = &told[0];
        assert_eq!(day["group_by_day"], day["group-by-day"]);
        let first = &day[list][0];
        assert_eq!(first["spend"], first["total_spend"]);
        let usage = &first["keys"][0]["usage"]["dear"];
        assert!(
            usage["requests"].as_i64() >= Some(1) && usage["output_tokens"].as_i64() >= Some(10),
            "{first}"
        );
        assert_eq!(first["metadata"][0]["model"], "dear");
    }
    assert_eq!(report("").await, report("&group_by=team").await);
    let keys = report("&group_by=api_key").await;
    let bobs = world.get(&format!("/key/info?key={bob}")).await["info"]["token"].as_str().unwrap().to_owned();
    let of_bob = named(&keys, "api_key", &bobs);
    assert_dollars(&of_bob["total_cost"], 0.3);
    assert_eq!(of_bob["model_details"][0]["total_output_tokens"], 30);
    assert_eq!(keys[0]["api_key"], json!(bobs), "who spent the most comes first");
    // One of them.
    let one = report(&format!("&group_by=user&api_key={bob}")).await;
    assert!(
        (sum(&one, "users", "user", "bob") - 0.3).abs() < 1e-9 && one.as_array().unwrap().len() <= 2,
        "{one}"
    );
    assert!(
        (sum(&report("&group_by=model&team_id=red").await, "models", "model", "dear") - 0.2).abs() < 1e-9
    );
    assert!(
        (sum(&report("&group_by=model&customer_id=end-2").await, "models", "model", "dear") - 0.1).abs()
            < 1e-9
    );
    assert_eq!(report("&group_by=model&internal_user_id=nobody").await, json!([]));
    // Whoever asks sees their own, and is refused what is not.
    let asked =
        async |key: &str, more: &str| ask(&world, key, &format!("/global/spend/report?{span}{more}")).await;
    let own = asked(&ann, "&group_by=user").await.expect(200).json();
    assert!(
        (sum(&own, "users", "user", "ann") - 0.2).abs() < 1e-9 && !own.to_string().contains("bob"),
        "{own}"
    );
    for foreign in [format!("&api_key={bob}"), "&internal_user_id=bob".into(), "&team_id=blue".into()] {
        asked(&ann, &foreign).await.expect(403);
    }
    for wrong in ["group_by=month", "group_by="] {
        world
            .admin(Method::GET, &format!("/global/spend/report?{span}&{wrong}"), Value::Null)
            .await
            .expect(422);
    }
    for wrong in
        ["", "start_date=2026-01-02", "start_date=2026-01-02&end_date=2026-01-01", "start_date=x&end_date=y"]
    {
        for path in ["/global/spend/report", "/global/activity", "/global/activity/model", "/tag/summary"] {
            world.admin(Method::GET, &format!("{path}?{wrong}"), Value::Null).await.expect(400);
        }
    }
    let both = format!("/global/spend/report?{span}&group_by=tag&customer_id=end-1");
    world.admin(Method::GET, &both, Value::Null).await.expect(400);
}

#[tokio::test]
async fn two_teams_of_one_name_are_told_apart() {
    let House { world, .. } = house().await;
    for id in ["one", "two"] {
        make(&world, "/team/new", json!({"team_id": id, "team_alias": "twins"})).await;
        let twin = key(&world, json!({"team_id": id})).await;
        ask_dear(&world, &twin, json!({})).await.expect(200);
    }
    world.row_number(8).await;
    let told = world.get(&format!("/global/spend/report?{}", range())).await;
    let days = told.as_array().unwrap().iter();
    let twins =
        days.flat_map(|day| day["teams"].as_array().unwrap()).filter(|team| team["team_name"] == "twins");
    assert_eq!(twins.count(), 2, "{told}");
}

#[tokio::test]
async fn keys_users_and_tags_tell_what_they_spent() {
    let House { world, ann, bob, .. } = house().await;
    let keys = world.get("/spend/keys").await;
    let first = &keys[0];
    assert_eq!((&first["key_alias"], &first["user_id"]), (&json!("bob's"), &json!("bob")));
    assert_dollars(&first["spend"], 0.3);
    assert!(
        first["token"].as_str().unwrap().starts_with("sk-...")
            && first["token_id"].as_str().unwrap().len() == 64
    );
    assert!(!keys.to_string().contains(bob.as_str()), "no key is shown whole");
    assert_eq!(world.get("/spend/keys?limit=1").await.as_array().unwrap().len(), 1);
    let own = ask(&world, &ann, "/spend/keys").await.expect(200).json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["key_alias"]), (1, &json!("ann's")));
    for wrong in ["limit=0", "limit=x", "limit=10001"] {
        world.admin(Method::GET, &format!("/spend/keys?{wrong}"), Value::Null).await.expect(422);
    }
    let users = world.get("/spend/users").await;
    assert_eq!((&users[0]["user_id"], &users[0]["requests"]), (&json!("bob"), &json!(3)));
    assert_dollars(&users[0]["spend"], 0.3);
    let one = world.get("/spend/users?user_id=cat").await;
    assert_eq!((one.as_array().unwrap().len(), &one[0]["requests"]), (1, &json!(1)));
    assert_eq!(world.get("/spend/users?user_id=nobody").await, json!([]));
    let own = ask(&world, &ann, "/spend/users").await.expect(200).json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["user_id"]), (1, &json!("ann")));
    ask(&world, &ann, "/spend/users?user_id=bob").await.expect(403);
    for query in [String::new(), format!("?{}", range())] {
        let tags = world.get(&format!("/spend/tags{query}")).await;
        let (a, b) = (named(&tags, "request_tag", "a"), named(&tags, "individual_request_tag", "b"));
        assert_eq!((&a["log_count"], &b["log_count"]), (&json!(2), &json!(5)));
        assert_dollars(&b["total_spend"], 0.5);
        let client = tags.as_array().unwrap().iter().find(|tag| tag["log_count"] == 6).unwrap();
        assert!(client["request_tag"].as_str().unwrap().starts_with("User-Agent: "), "{client}");
    }
    let own = ask(&world, &ann, "/spend/tags").await.expect(200).json();
    assert_eq!(named(&own, "request_tag", "b")["log_count"], 2);
    world.admin(Method::GET, "/spend/tags?start_date=2026-01-01", Value::Null).await.expect(400);
}

#[tokio::test]
async fn people_are_counted_by_tag() {
    let House { world, .. } = house().await;
    let nobodys = key(&world, json!({})).await;
    ask_dear(&world, &nobodys, json!({"metadata": {"tags": ["b"]}})).await.expect(200);
    world.row_number(7).await;
    let span = range();
    for path in ["/tag/dau", "/tag/wau", "/tag/mau"] {
        let told = world.get(path).await;
        let all = told["results"].as_array().unwrap();
        // A test that runs over midnight has two days.
        let most = |tag: &str| {
            all.iter()
                .filter(|part| part["tag"] == tag)
                .map(|part| part["active_users"].as_i64().unwrap())
                .max()
        };
        assert_eq!((most("a"), most("b")), (Some(1), Some(3)), "{path}: {told}");
        let first = &all[0];
        assert_eq!(first["period_start"].is_null(), path == "/tag/dau");
        let name = first["date"].as_str().unwrap();
        match path {
            "/tag/dau" => assert_eq!(name.len(), 10),
            "/tag/wau" => assert!(name.starts_with("Week 7 ("), "{name}"),
            _ => assert!(name.starts_with("Month 7 ("), "{name}"),
        }
        let only = world.get(&format!("{path}?tag_filters=a,nothing")).await;
        assert!(only["results"].as_array().unwrap().iter().all(|part| part["tag"] == "a"), "{only}");
        let clients = world.get(&format!("{path}?tag_filter=User-Agent")).await;
        let clients = clients["results"].as_array().unwrap();
        assert!(
            !clients.is_empty()
                && clients.iter().all(|part| part["tag"].as_str().unwrap().contains("User-Agent"))
        );
    }
    let summary = world.get(&format!("/tag/summary?{span}")).await;
    let b = named(&summary["results"], "tag", "b");
    assert_eq!(
        (&b["unique_users"], &b["total_requests"], &b["failed_requests"]),
        (&json!(3), &json!(6), &json!(0))
    );
    assert_dollars(&b["total_spend"], 0.6);
    let distinct = world.get("/tag/distinct").await;
    let tags: Vec<&str> =
        distinct["results"].as_array().unwrap().iter().map(|tag| tag["tag"].as_str().unwrap()).collect();
    assert!(
        tags.contains(&"a") && tags.contains(&"b") && tags.iter().any(|tag| tag.starts_with("User-Agent: "))
    );
    let people = world.get("/tag/user-agent/per-user-analytics").await;
    assert_eq!((&people["total_count"], &people["total_pages"]), (&json!(4), &json!(1)));
    assert_eq!(
        (&people["results"][0]["user_id"], &people["results"][0]["total_requests"]),
        (&json!("bob"), &json!(3))
    );
    let key =
        people["results"].as_array().unwrap().iter().find(|person| person["user_id"].is_null()).unwrap();
    assert_eq!(key["api_key"].as_str().unwrap().len(), 64);
    let page = world.get("/tag/user-agent/per-user-analytics?page=2&page_size=3").await;
    assert_eq!((page["results"].as_array().unwrap().len(), &page["total_pages"]), (1, &json!(2)));
    for wrong in ["page=0", "page_size=0", "page_size=1001", "page=x"] {
        let path = format!("/tag/user-agent/per-user-analytics?{wrong}");
        world.admin(Method::GET, &path, Value::Null).await.expect(422);
    }
}

#[tokio::test]
async fn a_cost_is_calculated_without_asking_anybody() {
    let world = World::start().await;
    crate::organization::dear_model(&world).await;
    let cost = async |body: Value| make(&world, "/spend/calculate", body).await["cost"].as_f64().unwrap();
    let usage = json!({"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000});
    let answer = |model: &str| json!({"completion_response": {"model": model, "usage": usage}});
    // Of a catalogue's model that nobody configured; of one that is served, its own price.
    let listed = cost(answer("gpt-4o-mini")).await;
    assert!((listed - 0.15).abs() < 1e-9, "{listed}");
    assert!((cost(answer("openai/gpt-4o-mini")).await - listed).abs() < 1e-12);
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 10});
    let dear = cost(json!({"model": "dear", "completion_response": {"model": "x", "usage": usage}})).await;
    assert!((dear - 0.1).abs() < 1e-9, "{dear}");
    let prompt = json!([{"role": "user", "content": "word ".repeat(400)}]);
    let asked = cost(json!({"model": "gpt-4o-mini", "messages": prompt})).await;
    assert!((500.0 * 0.15e-6..600.0 * 0.15e-6).contains(&asked), "{asked}");
    for (body, status) in [
        (json!({}), 400),
        (json!({"model": "gpt-4o"}), 400),
        (json!({"messages": []}), 400),
        (json!({"model": "no-such-model", "messages": []}), 400),
        (json!({"completion_response": {"model": "gpt-4o"}}), 400),
        (json!({"model": 7, "messages": []}), 422),
        (json!({"model": "gpt-4o", "messages": "hi"}), 422),
    ] {
        world.admin(Method::POST, "/spend/calculate", body).await.expect(status);
    }
    assert_eq!(world.openai.calls(), 0);
}

#[tokio::test]
async fn usage_is_told_apart_by_everything_and_seen_by_whom_it_belongs_to() {
    let House { world, ann, .. } = house().await;
    let usage = async |query: &str| world.get(&format!("/console/usage?{query}")).await;
    for (by, counts) in [
        ("model", vec![("dear", 6)]),
        ("upstream_model", vec![("x", 6)]),
        ("provider", vec![("openai", 6)]),
        ("key", vec![("ann's", 2), ("bob's", 3)]),
        ("endpoint", vec![("/v1/chat/completions", 6)]),
        ("user", vec![("ann", 2), ("bob", 3), ("cat", 1)]),
        ("team", vec![("red team", 2), ("blue team", 3), ("", 1)]),
        ("organization", vec![("Acme", 5), ("", 1)]),
        ("end_user", vec![("end-1", 2), ("end-2", 1)]),
        ("tag", vec![("a", 2), ("b", 5)]),
    ] {
        let told = usage(&format!("by={by}&since=2h")).await;
        for (name, count) in counts {
            let row = named(&told["rows"], "name", name);
            assert_eq!(row["requests"], count, "{by} {name}: {row}");
            assert_eq!(row["cost_nanos"].as_i64().unwrap(), 100_000_000 * count, "{by} {name}: {row}");
            assert_eq!((&row["subscription_nanos"], &row["unpriced"]), (&json!(0), &json!(0)));
        }
    }
    assert_eq!(usage("").await["rows"], usage("by=model&since=30d").await["rows"]);
    let tools = usage("by=tool").await;
    assert_eq!(tools["rows"][0]["requests"], 6);
    assert_eq!(usage("since=2020-01-01&until=2020-01-02").await["rows"], json!([]));
    let own = ask(&world, &ann, "/console/usage?by=user").await.expect(200).json();
    assert_eq!((own["rows"].as_array().unwrap().len(), &own["rows"][0]["name"]), (1, &json!("ann")));
    for (wrong, status) in [
        ("since=soon", 400),
        ("until=2026-13-01", 400),
        ("since=2026-01-02&until=2026-01-01", 400),
        ("by=mood", 422),
    ] {
        world.admin(Method::GET, &format!("/console/usage?{wrong}"), Value::Null).await.expect(status);
    }
}
