//! What a key may say: every field comes back and does what it says, or is refused by its name.

use postern_tests::{Caller, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use super::{chat, count, dear, get_as, issue, post, post_as, row, spend_ten_cents, text};

#[tokio::test]
async fn every_field_comes_back() {
    let world = World::start().await;
    post(&world, "/team/new", json!({"team_id": "blue"})).await.expect(200);
    post(&world, "/budget/new", json!({"budget_id": "gold", "max_budget": 7.0})).await.expect(200);
    let said = json!({
        "key_alias": "all", "models": ["oa/*", "demo"], "user_id": "ann", "team_id": "blue", "max_budget": 1.5,
        "soft_budget": 1.0, "budget_duration": "30d", "rpm_limit": 10, "tpm_limit": 1000, "max_parallel_requests": 3,
        "aliases": {"quick": "demo"}, "allowed_routes": ["/v1/*", "info_routes"], "tags": ["a", "b"],
        "enforced_params": ["user"], "blocked": false, "auto_rotate": true, "rotation_interval": "90d",
        "temp_budget_increase": 2.0, "temp_budget_expiry": "2999-01-01T00:00:00Z", "config": {"c": 1},
        "permissions": {"p": true}, "router_settings": {"num_retries": 1}, "allowed_cache_controls": ["no-cache"],
        "rpm_limit_type": "dynamic", "tpm_limit_type": "guaranteed_throughput", "budget_id": "gold",
        "model_rpm_limit": {"demo": 5}, "model_tpm_limit": {"demo": 50},
    });
    let mut body = said.clone();
    body["metadata"] = json!({"cost_centre": 7});
    body["duration"] = json!("30d");
    body["model_max_budget"] = json!({"demo": {"max_budget": 2.0, "budget_duration": "1d"}, "oa/x": 1.0});
    // Accepted, and nothing of it is left.
    body["send_invite_email"] = json!(true);
    body["guardrails"] = json!([]);
    body["object_permission"] = Value::Null;
    let made = issue(&world, body).await;
    let (info, listed) = (row(&world, &made["token"]).await, list_one(&world, "all").await);
    for answer in [&made, &info, &listed] {
        for (name, value) in said.as_object().unwrap() {
            if name == "temp_budget_expiry" {
                assert_eq!(answer[name], "2999-01-01T00:00:00.000Z");
            } else {
                assert_eq!(&answer[name], value, "{name} in {answer}");
            }
        }
        assert_eq!(answer["metadata"]["cost_centre"], 7);
        assert_eq!(answer["metadata"]["tags"], json!(["a", "b"]), "LiteLLM keeps tags in the metadata");
        assert_eq!(answer["metadata"]["enforced_params"], json!(["user"]));
        assert_eq!(answer["metadata"]["model_rpm_limit"], json!({"demo": 5}));
        assert_eq!(answer["model_max_budget"]["demo"]["max_budget"], 2.0);
        assert_eq!(answer["model_max_budget"]["oa/x"]["max_budget"], 1.0);
        assert_eq!(answer["model_spend"], json!({"demo": 0.0, "oa/x": 0.0}));
        assert_eq!(answer["litellm_budget_table"]["max_budget"], 7.0);
        for name in ["expires", "budget_reset_at", "key_rotation_at", "created_at", "updated_at"] {
            assert!(answer[name].is_string(), "{name} in {answer}");
        }
        for (name, value) in [
            ("created_by", json!("default_user_id")),
            ("updated_by", json!("default_user_id")),
            ("rotation_count", json!(0)),
            ("last_rotation_at", Value::Null),
            ("object_permission", Value::Null),
            ("organization_id", Value::Null),
            ("spend", json!(0.0)),
        ] {
            assert_eq!(answer[name], value, "{name}");
        }
    }
    assert_eq!(made["duration"], Value::Null);
    assert!(info.get("key").is_none() && info["user"].is_null(), "{info}");
}

async fn list_one(world: &World, alias: &str) -> Value {
    let path = format!("/key/list?return_full_object=true&key_alias={alias}");
    world.get(&path).await["keys"][0].clone()
}

#[tokio::test]
async fn texts_are_kept_as_they_are_or_refused() {
    let world = World::start().await;
    for odd in [
        "../../etc/passwd",
        "'; DROP TABLE keys; --",
        "\" OR 1=1 --",
        "%_\\",
        "{\"$ne\": 1}",
        "<script>alert(1)</script>",
        "schlüssel 鍵 🔑",
        "${jndi:ldap://x}",
    ] {
        let body = json!({
            "key_alias": odd, "models": [odd], "user_id": odd, "tags": [odd], "aliases": {odd: odd},
            "metadata": {odd: [odd, {"deep": odd}]}, "config": {odd: odd}, "enforced_params": [odd],
        });
        let made = issue(&world, body.clone()).await;
        let known = row(&world, &made["token"]).await;
        for name in ["key_alias", "models", "user_id", "tags", "aliases", "config", "enforced_params"] {
            assert_eq!(known[name], body[name], "{name}");
        }
        assert_eq!(known["metadata"][odd], body["metadata"][odd]);
        for query in ["key_alias", "user_id", "search"] {
            let path = format!("/key/list?{query}={}", encoded(odd));
            assert_eq!(world.get(&path).await["total_count"], 1, "{path}");
        }
        for query in ["team_id", "organization_id", "key_hash"] {
            let path = format!("/key/list?{query}={}", encoded(odd));
            assert_eq!(world.get(&path).await["total_count"], 0, "{path}");
        }
        let path = format!("/key/info?key={}", encoded(odd));
        world.admin(Method::GET, &path, Value::Null).await.expect(404);
        for path in ["/key/update", "/key/block", "/key/regenerate"] {
            post(&world, path, json!({"key": odd})).await.expect(404);
        }
        post(&world, "/key/delete", json!({"keys": [odd]})).await.expect(404);
        post(&world, &format!("/key/{}/regenerate", encoded(odd)), json!({})).await.expect(404);
    }
    assert_eq!(count(&world).await, 9);
    for (field, value) in [
        ("key_alias", json!("a\nb")),
        ("key_alias", json!("x".repeat(201))),
        ("user_id", json!("a\u{0}b")),
        ("models", json!(["a\tb"])),
        ("models", json!([""])),
        ("tags", json!(["x".repeat(300)])),
        ("metadata", json!({"x": "y".repeat(70_000)})),
    ] {
        let answer = post(&world, "/key/generate", json!({field: value})).await.expect(400);
        assert_eq!(answer.json()["error"]["param"], field, "{}", answer.text());
    }
    assert_eq!(count(&world).await, 9);
    world.assert_well().await;
}

/// Percent-encoded for a path or a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |known, byte| format!("{known}%{byte:02X}"))
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_name() {
    let world = World::start().await;
    issue(&world, json!({"key_alias": "taken"})).await;
    for (field, value) in [
        ("max_budget", json!(-1)),
        ("max_budget", json!(1e300)),
        ("soft_budget", json!(-0.5)),
        ("spend", json!(-1)),
        ("rpm_limit", json!(-1)),
        ("tpm_limit", json!(-5)),
        ("max_parallel_requests", json!(-1)),
        ("model_max_budget", json!({"x": -1})),
        ("model_max_budget", json!({"x": "much"})),
        ("model_rpm_limit", json!({"x": -1})),
        ("duration", json!("soon")),
        ("duration", json!("5")),
        ("duration", json!("-1")),
        ("duration", json!("999999999d")),
        ("budget_duration", json!("-1d")),
        ("rotation_interval", json!("often")),
        ("auto_rotate", json!(true)),
        ("key", json!("no-prefix-0123456789")),
        ("key", json!("sk-short")),
        ("key", json!("sk-with blanks in it 0123")),
        ("key_alias", json!("taken")),
        ("team_id", json!("no-such-team")),
        ("organization_id", json!("no-such-organization")),
        ("budget_id", json!("no-such-budget")),
        ("models", json!(["all-team-models"])),
        ("allowed_routes", json!(["chat"])),
        ("tags", json!([" "])),
        ("guardrails", json!(["pii"])),
        ("object_permission", json!({"vector_stores": ["x"]})),
        ("max_budgt", json!(1)),
        ("modles", json!(["demo"])),
    ] {
        let mut body = json!({"metadata": {}});
        body[field] = value;
        let answer = post(&world, "/key/generate", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        let error = &answer.json()["error"];
        let named = if field == "auto_rotate" { "rotation_interval" } else { field };
        assert_eq!(error["param"], named, "{error}");
        assert_eq!(error["code"], "400");
    }
    for metadata in [json!({"tags": "x"}), json!({"enforced_params": [1]}), json!({"model_rpm_limit": [1]})] {
        post(&world, "/key/generate", json!({"metadata": metadata})).await.expect(400);
    }
    let told = post(&world, "/key/generate", json!({"duration": "soon"})).await.text();
    for form in ["30s", "15m", "12h", "30d", "2w", "1mo"] {
        assert!(told.contains(form), "{told}");
    }
    for wrong in [
        json!([]),
        json!("x"),
        json!({"models": "x"}),
        json!({"models": [1]}),
        json!({"max_budget": "much"}),
        json!({"rpm_limit": 1.5}),
        json!({"metadata": []}),
        json!({"aliases": {"a": 1}}),
        json!({"blocked": "yes"}),
        json!({"key_type": "everything"}),
        json!({"rpm_limit_type": "fast"}),
        json!({"temp_budget_increase": 1}),
        json!({"temp_budget_expiry": "2999-01-01T00:00:00Z"}),
    ] {
        let answer = post(&world, "/key/generate", wrong.clone()).await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.text());
        assert!(answer.json()["detail"].is_array(), "{}", answer.text());
    }
    assert_eq!(count(&world).await, 2, "a refused key was issued");
}

#[tokio::test]
async fn a_type_of_key_is_what_it_may_call() {
    let world = World::start().await;
    for (kind, chats, informs, manages) in [
        ("llm_api", 200, 403, 403),
        ("read_only", 403, 200, 403),
        ("management", 403, 200, 200),
        ("default", 200, 200, 200),
    ] {
        let made = issue(&world, json!({"key_type": kind, "user_id": "ann"})).await;
        assert_eq!(chat(&world, &made["key"], "demo").await, chats, "{kind}");
        let key = text(&made["key"]);
        let of_cohere = post_as(&world, key, "/v2/chat", Caller::Chat.body("demo", false)).await;
        assert_eq!(of_cohere.status, chats, "{kind}: {}", of_cohere.text());
        assert_eq!(get_as(&world, key, "/key/info").await.status, informs, "{kind}");
        assert_eq!(get_as(&world, key, "/models").await.status, if kind == "management" { 403 } else { 200 });
        let body = json!({"allowed_routes": made["allowed_routes"]});
        assert_eq!(post_as(&world, key, "/key/generate", body).await.status, manages, "{kind}");
    }
    let both = json!({"key_type": "llm_api", "allowed_routes": ["/v1/messages"]});
    post(&world, "/key/generate", both).await.expect(400);
    let one = issue(&world, json!({"allowed_routes": ["/v1/messages"]})).await;
    assert_eq!(chat(&world, &one["key"], "demo").await, 403);
    post_as(&world, text(&one["key"]), "/v1/messages", Caller::Messages.body("demo", false))
        .await
        .expect(200);
}

#[tokio::test]
async fn metadata_says_tags_and_what_requests_must_have() {
    let world = World::start().await;
    let made =
        issue(&world, json!({"metadata": {"tags": ["blue"], "enforced_params": ["user", "metadata.job"]}}))
            .await;
    assert_eq!(
        (&made["tags"], &made["enforced_params"]),
        (&json!(["blue"]), &json!(["user", "metadata.job"]))
    );
    let key = text(&made["key"]);
    let mut body = Caller::Chat.body("oa/x", false);
    let ask = async |body: &Value| receive(world.gateway.post("/v1/chat/completions", key, body)).await;
    assert!(ask(&body).await.expect(400).text().contains("user"));
    body["user"] = json!("u");
    assert!(ask(&body).await.expect(400).text().contains("metadata.job"));
    body["metadata"] = json!({"job": "j"});
    ask(&body).await.expect(200);
    let change = json!({"key": made["token"], "metadata": {"other": 1}});
    let changed = post(&world, "/key/update", change).await.expect(200).json();
    assert_eq!((&changed["metadata"], &changed["tags"]), (&json!({"other": 1}), &json!([])));
    ask(&Caller::Chat.body("oa/x", false)).await.expect(200);
    // Limits by model that the metadata says are limits; those that are there stay when it is replaced.
    let change = json!({"key": made["token"], "metadata": {"model_rpm_limit": {"oa/x": 1}}});
    let changed = post(&world, "/key/update", change).await.expect(200).json();
    assert_eq!(changed["model_rpm_limit"], json!({"oa/x": 1}));
    ask(&Caller::Chat.body("oa/x", false)).await.expect(200);
    ask(&Caller::Chat.body("oa/x", false)).await.expect(429);
    let change = json!({"key": made["token"], "metadata": {"other": 2}});
    let changed = post(&world, "/key/update", change).await.expect(200).json();
    assert_eq!(changed["model_rpm_limit"], json!({"oa/x": 1}));
}

#[tokio::test]
async fn a_key_has_names_of_its_own_for_models() {
    let world = World::start().await;
    let made = issue(&world, json!({"aliases": {"quick": "oa/x"}, "models": ["demo", "quick"]})).await;
    assert_eq!(chat(&world, &made["key"], "quick").await, 200);
    assert_eq!(world.openai.last_request().json()["model"], "x");
    assert_eq!(chat(&world, &made["key"], "oa/y").await, 403);
}

#[tokio::test]
async fn a_keys_name_for_a_model_opens_nothing_that_others_keep_shut() {
    let world = World::start().await;
    let of_ann = json!({"user_id": "ann", "models": ["demo", "oa/y"], "auto_create_key": false});
    post(&world, "/user/new", of_ann).await.expect(200);
    let acme = json!({"organization_id": "acme", "organization_alias": "acme", "models": ["demo", "oa/y"]});
    post(&world, "/organization/new", acme).await.expect(200);
    let red = json!({"team_id": "red", "models": ["demo", "oa/y"], "model_aliases": {"ours": "oa/y"}});
    post(&world, "/team/new", red).await.expect(200);
    let aliases = json!({"quick": "oa/x", "demo": "oa/x", "good": "oa/y"});
    for (owner, whose) in [
        (json!({"user_id": "ann"}), "user"),
        (json!({"organization_id": "acme"}), "org"),
        (json!({"team_id": "red"}), "team"),
    ] {
        let mut body = owner.clone();
        body["aliases"] = aliases.clone();
        let made = issue(&world, body).await;
        // Not even by a name that they know for something else.
        for name in ["quick", "demo"] {
            let chat = Caller::Chat.body(name, false);
            let answer = post_as(&world, text(&made["key"]), "/v1/chat/completions", chat).await.expect(403);
            assert_eq!(answer.json()["error"]["type"], format!("{whose}_model_access_denied"), "{name}");
        }
        assert_eq!(chat(&world, &made["key"], "good").await, 200, "{whose}");
    }
    assert_eq!(world.openai.calls(), 3);
    // A team's name for a model is the team's, and no more to its organization than what it stands for.
    let blue = json!({"team_id": "blue", "organization_id": "acme", "model_aliases": {"demo": "oa/x", "ours": "oa/y"}});
    post(&world, "/team/new", blue).await.expect(200);
    let of_blue = issue(&world, json!({"team_id": "blue"})).await;
    assert_eq!(chat(&world, &of_blue["key"], "demo").await, 403);
    assert_eq!(chat(&world, &of_blue["key"], "ours").await, 200);
    // Where nobody keeps anything shut, a key's name is enough, whatever its own list says.
    let free = issue(&world, json!({"models": ["demo"], "aliases": {"quick": "oa/x"}})).await;
    assert_eq!(chat(&world, &free["key"], "quick").await, 200);
}

#[tokio::test]
async fn a_key_of_your_own_making_is_one_key() {
    let world = World::start().await;
    let own = "sk-of-my-own-making-0123456789";
    let made = issue(&world, json!({"key": own, "key_alias": "mine", "max_budget": 1})).await;
    assert_eq!(made["key"], own);
    assert_eq!(chat(&world, &json!(own), "demo").await, 200);
    // Again: the same key, said anew.
    let again = issue(&world, json!({"key": own, "key_alias": "still-mine"})).await;
    assert_eq!((&again["key_id"], &again["token"]), (&made["key_id"], &made["token"]));
    assert_eq!((&again["key_alias"], &again["max_budget"]), (&json!("still-mine"), &Value::Null));
    assert_eq!(count(&world).await, 2);
    // The administrator's key, and somebody else's, are taken.
    let admin = world.gateway.admin_key().to_owned();
    let answer = post(&world, "/key/generate", json!({"key": admin})).await.expect(409);
    assert!(!answer.text().contains(&admin), "{}", answer.text());
    let ann = issue(&world, json!({"user_id": "ann"})).await;
    post_as(&world, text(&ann["key"]), "/key/generate", json!({"key": own})).await.expect(409);
    // One's own may be said anew by its owner, who takes nothing back by it.
    let hers =
        issue(&world, json!({"user_id": "ann", "key": "sk-of-hers-0123456789", "blocked": true})).await;
    let body = json!({"key": "sk-of-hers-0123456789"});
    post_as(&world, text(&ann["key"]), "/key/generate", body.clone()).await.expect(403);
    post(&world, "/key/unblock", json!({"key": hers["token"]})).await.expect(200);
    post_as(&world, text(&ann["key"]), "/key/generate", body).await.expect(200);
    // Once revoked it is free.
    post(&world, "/key/delete", json!({"keys": [own]})).await.expect(200);
    let anew = issue(&world, json!({"key": own})).await;
    assert_ne!(anew["key_id"], made["key_id"]);
    assert_eq!(chat(&world, &json!(own), "demo").await, 200);
}

#[tokio::test]
async fn a_budget_is_larger_for_a_while() {
    let world = World::start().await;
    dear(&world).await;
    let made = issue(&world, json!({"max_budget": 0.05})).await;
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 402);
    let past = json!({"key": made["token"], "temp_budget_increase": 1, "temp_budget_expiry": "2020-01-01T00:00:00Z"});
    post(&world, "/key/update", past).await.expect(400);
    // Python writes times without a zone.
    let more = json!({"key": made["token"], "temp_budget_increase": 0.1, "temp_budget_expiry": "2999-01-01T00:00:00"});
    post(&world, "/key/update", more).await.expect(200);
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 200);
    assert_eq!(spend_ten_cents(&world, &made["key"]).await, 402);
    let none = json!({"key": made["token"], "temp_budget_increase": null, "temp_budget_expiry": null});
    let row = post(&world, "/key/update", none).await.expect(200).json();
    assert_eq!((&row["temp_budget_increase"], &row["temp_budget_expiry"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_key_may_be_born_blocked() {
    let world = World::start().await;
    let made = issue(&world, json!({"blocked": true})).await;
    assert_eq!(chat(&world, &made["key"], "demo").await, 401);
    let row = post(&world, "/key/unblock", json!({"key": made["key"]})).await.expect(200);
    assert_eq!(row.json()["blocked"], false);
    assert!(!row.text().contains(text(&made["key"])), "{}", row.text());
    assert_eq!(chat(&world, &made["key"], "demo").await, 200);
    post(&world, "/key/block", json!({"key": made["token"]})).await.expect(200);
    assert_eq!(chat(&world, &made["key"], "demo").await, 401);
    for path in ["/key/block", "/key/unblock"] {
        post(&world, path, json!({"key": "sk-nothing-0123456789"})).await.expect(404);
        post(&world, path, json!({})).await.expect(422);
    }
}

#[tokio::test]
async fn what_is_hidden_in_metadata_and_not_acted_on_is_refused() {
    let world = World::start().await;
    for (path, mut body) in [
        ("/key/generate", json!({"key_alias": "hidden"})),
        ("/organization/new", json!({"organization_id": "hidden", "organization_alias": "hidden"})),
    ] {
        body["metadata"] = json!({"guardrails": ["pii"]});
        let refused = world.admin(Method::POST, path, body.clone()).await.expect(400).json();
        assert_eq!(refused["error"]["param"], "metadata", "{path}: {refused}");
        body["metadata"] = json!({"guardrails": [], "team": "pii"});
        world.admin(Method::POST, path, body).await.expect(200);
    }
}
