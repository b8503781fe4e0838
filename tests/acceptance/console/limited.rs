//! What a limited user sees of requests, spend, events and the gateway: their own, and that of what they administer.

use std::time::Duration;

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Two organizations with a team each. `ada` administers the team `red`, in which `bob` is; `ora` the organization of it; `zoe`
/// is of the other side. Each of them asked once with a key of their own.
struct Stage {
    world: World,
    keys: Vec<(&'static str, String)>,
    /// Ids of the requests, by who asked.
    requests: Vec<(&'static str, String)>,
}

const PEOPLE: [&str; 4] = ["ada", "bob", "ora", "zoe"];

impl Stage {
    async fn set() -> Self {
        let world = World::start().await;
        let post =
            async |path: &str, body: Value| world.admin(Method::POST, path, body).await.expect(200).json();
        for (organization, team) in [("acme", "red"), ("other", "blue")] {
            post(
                "/organization/new",
                json!({"organization_id": organization, "organization_alias": organization}),
            )
            .await;
            post("/team/new", json!({"team_id": team, "organization_id": organization})).await;
        }
        let member = json!([{"role": "admin", "user_id": "ada"}, {"role": "user", "user_id": "bob"}]);
        post("/team/member_add", json!({"team_id": "red", "member": member})).await;
        let member = json!({"role": "org_admin", "user_id": "ora"});
        post("/organization/member_add", json!({"organization_id": "acme", "member": member})).await;
        let member = json!({"role": "user", "user_id": "zoe"});
        post("/team/member_add", json!({"team_id": "blue", "member": member})).await;
        let mut stage = Self { world, keys: Vec::new(), requests: Vec::new() };
        for user in PEOPLE {
            let body = json!({"user_id": user, "key_alias": format!("of {user}")});
            let key = stage.world.gateway.new_key(body).await;
            stage.keys.push((user, key));
        }
        for (who, body) in [
            ("red team", json!({"team_id": "red", "user_id": "bob", "key_alias": "of red"})),
            ("blue team", json!({"team_id": "blue", "user_id": "zoe", "key_alias": "of blue"})),
        ] {
            let key = stage.world.gateway.new_key(body).await;
            stage.keys.push((who, key));
        }
        for (who, key) in stage.keys.clone() {
            let answer = stage.chat(&key).await.expect(200);
            stage.requests.push((who, answer.request_id().to_owned()));
        }
        stage
    }

    fn key(&self, who: &str) -> &str {
        &self.keys.iter().find(|(known, _)| *known == who).unwrap().1
    }

    fn request(&self, who: &str) -> &str {
        &self.requests.iter().find(|(known, _)| *known == who).unwrap().1
    }

    async fn chat(&self, key: &str) -> Answer {
        let body = Caller::Chat.body("oa/gpt-4o-mini", false);
        receive(self.world.gateway.post("/v1/chat/completions", key, &body)).await
    }

    async fn get(&self, who: &str, path: &str) -> Answer {
        let url = format!("{}{path}", self.world.gateway.url());
        receive(self.world.gateway.client().get(url).bearer_auth(self.key(who))).await
    }
}

/// Whose requests somebody may see.
const SEEN: [(&str, &[&str]); 4] = [
    ("ada", &["ada", "red team"]),
    ("bob", &["bob", "red team"]),
    ("ora", &["ora", "red team"]),
    ("zoe", &["zoe", "blue team"]),
];

#[tokio::test]
async fn requests_overview_status_and_spend_are_of_what_somebody_may_see() {
    let stage = Stage::set().await;
    for (who, seen) in SEEN {
        let mut expected: Vec<&str> = seen.iter().map(|name| stage.request(name)).collect();
        expected.sort_unstable();
        let list = stage.get(who, "/console/requests").await.expect(200).json();
        let mut ids: Vec<&str> =
            list["requests"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{who}");
        for (name, id) in &stage.requests {
            let status = if seen.contains(name) { 200 } else { 403 };
            stage.get(who, &format!("/console/requests/{id}")).await.expect(status);
        }
        stage.get(who, "/console/requests/0197c0de-0000-7000-8000-000000000000").await.expect(403);
        stage.get(who, "/console/requests/nothing").await.expect(403);

        let spend = stage.get(who, "/console/spend?range=7d&by=key").await.expect(200).json();
        assert_eq!(spend["totals"]["requests"], seen.len(), "{who}: {spend}");
        assert_eq!(spend["groups"].as_array().unwrap().len(), seen.len(), "{who}: {spend}");
        let of_keys = spend;
        let status = stage.get(who, "/console/status").await.expect(200).json();
        assert_eq!(
            (&status["requests_today"], &status["setup"]["requests"]),
            (&json!(seen.len()), &json!(seen.len()))
        );

        let logs = stage.get(who, "/spend/logs").await.expect(200).json();
        let mut logged: Vec<&str> = logs
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["metadata"]["postern_request_id"].as_str().unwrap())
            .collect();
        logged.sort_unstable();
        assert_eq!(logged, expected, "{who}");
        let days =
            stage.get(who, "/spend/logs?start_date=2020-01-01&end_date=2099-01-01").await.expect(200).json();
        let spend = days[0]["spend"].as_f64().unwrap();
        let each: f64 = logs.as_array().unwrap().iter().map(|row| row["spend"].as_f64().unwrap()).sum();
        assert!(spend > 0.0 && (spend - each).abs() < 1e-12, "{who}: {days}");
        for hidden in ["of zoe", "of blue"].iter().filter(|_| who != "zoe") {
            for text in [list.to_string(), of_keys.to_string(), logs.to_string(), days.to_string()] {
                assert!(!text.contains(hidden), "{who} sees {hidden} in {text}");
            }
        }
    }
    assert_eq!(stage.world.rows().await.len(), 6);
    stage.world.assert_well().await;
}

#[tokio::test]
async fn spend_logs_answer_about_ones_own_keys_and_users() {
    let stage = Stage::set().await;
    let count = |answer: Answer| answer.expect(200).json().as_array().unwrap().len();
    assert_eq!(count(stage.get("bob", &format!("/spend/logs?api_key={}", stage.key("bob"))).await), 1);
    assert_eq!(count(stage.get("ada", &format!("/spend/logs?api_key={}", stage.key("red team"))).await), 1);
    assert_eq!(count(stage.get("bob", "/spend/logs?user_id=bob").await), 2);
    assert_eq!(count(stage.get("bob", &format!("/spend/logs?request_id={}", stage.request("bob"))).await), 1);
    assert_eq!(count(stage.get("bob", &format!("/spend/logs?request_id={}", stage.request("zoe"))).await), 0);
    for path in [
        format!("/spend/logs?api_key={}", stage.key("zoe")),
        "/spend/logs?api_key=sk-nobody-has-this-one".to_owned(),
        "/spend/logs?user_id=zoe".to_owned(),
    ] {
        stage.get("bob", &path).await.expect(403);
    }
    // A key that belongs to nobody asks about itself.
    let url = format!("{}/spend/logs", stage.world.gateway.url());
    let own = receive(stage.world.gateway.client().get(url).bearer_auth(&stage.world.key)).await;
    assert_eq!(count(own), 0);
    let all = stage.world.get("/spend/logs?user_id=bob").await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert!(all.as_array().unwrap().iter().all(|row| row["user"] == "bob"), "{all}");
}

#[tokio::test]
async fn status_tells_limited_users_no_path_and_no_problem() {
    let config = "{model_list: [{model_name: fixed, litellm_params: {model: openai/x, api_key: sk-x}, unknown_member: 1}]}";
    let world = World::with(config, |builder| builder).await;
    let key = world.gateway.new_key(json!({"user_id": "bob"})).await;
    let whole = world.get("/console/status").await;
    assert!(whole["database"]["path"].is_string() && whole["config"]["path"].is_string(), "{whole}");
    for key in [&key, &world.key] {
        let url = format!("{}/console/status", world.gateway.url());
        let seen = receive(world.gateway.client().get(url).bearer_auth(key)).await.expect(200).json();
        for hidden in ["vault", "database", "config"] {
            assert_eq!(seen[hidden], Value::Null, "{seen}");
        }
        assert_eq!((&seen["credential_problems"], &seen["version"]), (&json!([]), &whole["version"]));
        let data_dir = world.gateway.data_dir().display().to_string();
        assert!(!seen.to_string().contains(&data_dir), "{seen}");
    }
}

/// What comes of a stream of events until `last` does.
async fn events_until(world: &World, key: &str, last: &str) -> String {
    let url = format!("{}/console/events", world.gateway.url());
    let mut response = world.gateway.client().get(url).bearer_auth(key).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut text = String::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
            if text.contains(last) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.unwrap_or_else(|_| panic!("no {last}"));
    text
}

#[tokio::test]
async fn events_are_of_ones_own_requests_and_end_with_the_key() {
    let stage = Stage::set().await;
    let world = &stage.world;
    let watching = events_until(world, stage.key("ada"), "\"key_name\":\"of ada\"");
    let asking = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.chat(stage.key("zoe")).await.expect(200);
        stage.chat(stage.key("red team")).await.expect(200);
        world
            .admin(
                Method::POST,
                "/console/providers",
                json!({"preset": "openai", "name": "new", "api_key": "sk-x-0123456789"}),
            )
            .await
            .expect(201);
        stage.chat(stage.key("ada")).await.expect(200);
    };
    let (seen, ()) = tokio::join!(watching, asking);
    assert!(seen.contains("of red") && !seen.contains("of zoe"), "{seen}");
    assert!(seen.contains("\"models\"") && !seen.contains("\"providers\""), "{seen}");

    // Nobody hears more with a key that is no more than with none.
    let ended = async {
        let url = format!("{}/console/events", world.gateway.url());
        let request = world.gateway.client().get(url).bearer_auth(stage.key("bob"));
        receive(request).await
    };
    let blocking = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.admin(Method::POST, "/key/block", json!({"key": stage.key("bob")})).await.expect(200);
        stage.chat(stage.key("red team")).await.expect(200);
    };
    let both = async { tokio::join!(ended, blocking) };
    let (answer, ()) =
        tokio::time::timeout(Duration::from_secs(10), both).await.expect("the end of the stream");
    assert!(answer.complete && !answer.text().contains("of red"), "{}", answer.text());
    stage.get("bob", "/console/events").await.expect(401);
}
