//! `/openapi.json`: the description says what is so. What it says wrongly of statuses and bodies, the fuzz finds (`tests/api`);
//! here is what that cannot see.

use postern_tests::{World, receive};
use reqwest::Method;
use serde_json::{Value, json};

/// Every operation, with its method and path.
fn operations(described: &Value) -> Vec<(String, String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    operations
}

#[tokio::test]
async fn a_member_with_a_default_is_one_that_an_answer_always_has() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    let schemas = described["components"]["schemas"].as_object().unwrap();
    let mut sent: Vec<String> =
        operations(&described).iter().map(|(_, _, operation)| operation["requestBody"].to_string()).collect();
    let mut requests: Vec<&String> = Vec::new();
    while let Some(text) = sent.pop() {
        for (name, schema) in schemas {
            if !requests.contains(&name) && text.contains(&format!("/schemas/{name}\"")) {
                requests.push(name);
                sent.push(schema.to_string());
            }
        }
    }
    assert!(requests.len() > 50, "{requests:?}");
    // Clients are generated from it, which take a default for a promise that the member is there: of a request it would
    // become one that has to be sent.
    for name in requests {
        let members = schemas[name]["properties"].as_object().into_iter().flatten();
        let with_default: Vec<_> = members.filter(|(_, member)| member.get("default").is_some()).collect();
        assert!(with_default.is_empty(), "{name}: {with_default:?}");
    }
}

#[tokio::test]
async fn what_has_to_be_sent_is_described_so() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    let mut wrong = Vec::new();
    for (method, path, operation) in operations(&described) {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let may_be_absent = operation["requestBody"]["required"] == json!(false);
        let Some(name) = body.as_str().and_then(|place| place.rsplit('/').next()) else { continue };
        if operation["tags"][0] == "LLM" || path.contains('{') {
            continue;
        }
        let answer = world.admin(Method::from_bytes(method.as_bytes()).unwrap(), &path, json!({})).await;
        let told = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        let missing = told
            .strip_prefix("the body does not fit: missing field `")
            .and_then(|rest| rest.split('`').next());
        let missing = missing.or_else(|| told.strip_suffix(" is missing").filter(|field| *field != "email"));
        let required =
            described["components"]["schemas"][name]["required"].as_array().cloned().unwrap_or_default();
        if may_be_absent != required.is_empty() {
            wrong.push(format!(
                "{method} {path} has a body that may be absent: {may_be_absent}; it requires {required:?}"
            ));
        }
        match missing {
            Some(missing) if !required.contains(&json!(missing)) => {
                wrong.push(format!("{method} {path}: {told}"));
            }
            None if answer.status == 200 && !required.is_empty() => {
                wrong.push(format!("{method} {path} wants none of {required:?}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let password = &described["components"]["schemas"]["PasswordSignIn"]["required"];
    assert_eq!(password, &json!(["password"]));
}

#[tokio::test]
async fn a_key_has_every_member_that_is_described() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    let required = described["components"]["schemas"]["KeyView"]["required"].as_array().unwrap().clone();
    let made =
        world.admin(Method::POST, "/key/generate", json!({"key_alias": "one"})).await.expect(200).json();
    let path = format!("/key/info?key={}", made["token"].as_str().unwrap());
    let info = world.get(&path).await["info"].clone();
    let listed = world.get("/key/list?return_full_object=true&key_alias=one").await["keys"][0].clone();
    for name in required {
        let name = name.as_str().unwrap();
        assert!(info.get(name).is_some(), "{name} in {info}");
        assert!(listed.get(name).is_some(), "{name} in {listed}");
    }
    assert_eq!(
        (&info["deleted_at"], &info["deleted_by"], &info["user"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn answers_are_json_unless_they_are_streams() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    for (method, path, operation) in operations(&described) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            for kind in response["content"].as_object().into_iter().flat_map(|content| content.keys()) {
                let known = ["application/json", "application/x-ndjson", "text/csv", "text/event-stream"];
                assert!(known.contains(&kind.as_str()), "{method} {path} {status}: {kind}");
            }
        }
    }
    world.admin(Method::POST, "/user/new", json!({"user_id": "ann"})).await.expect(200);
    let removed = world.admin(Method::POST, "/user/delete", json!({"user_ids": ["ann"]})).await.expect(200);
    assert_eq!((removed.header("content-type"), removed.json()), ("application/json", json!(1)));
}

#[tokio::test]
async fn one_or_a_list_of_members_are_described_and_both_taken() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    for schema in ["AddMembers", "MemberAdd"] {
        let place = described["components"]["schemas"][schema]["properties"]["member"].to_string();
        let (name, _) = place.split_once("/schemas/").unwrap().1.split_once('"').unwrap();
        let either = described["components"]["schemas"][name]["oneOf"].as_array().unwrap();
        for one in [&either[0], &either[1]["items"]] {
            assert_eq!(one["required"], json!(["role"]), "{schema}: {either:?}");
            assert!(one["properties"]["user_email"].is_object(), "{schema}: {either:?}");
        }
    }
    world.admin(Method::POST, "/team/new", json!({"team_id": "blue"})).await.expect(200);
    for member in [json!({"role": "user", "user_id": "ann"}), json!([{"role": "user", "user_id": "bob"}])] {
        let body = json!({"team_id": "blue", "member": member});
        world.admin(Method::POST, "/team/member_add", body).await.expect(200);
    }
    let body = json!({"team_id": "blue", "member": [{"role": "king", "user_id": "eve"}]});
    let answer = world.admin(Method::POST, "/team/member_add", body).await.expect(422);
    let told = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(told.contains("king") && told.contains("admin"), "{told}");
    assert!(!world.get("/team/info?team_id=blue").await.to_string().contains("eve"));
}

#[tokio::test]
async fn who_may_not_is_told_with_a_status_that_is_described() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    let mut missing = Vec::new();
    for (method, path, operation) in operations(&described) {
        let responses = operation["responses"].as_object().unwrap();
        let is_said = |status: &str| responses.contains_key(status) || responses.contains_key("default");
        let is_public = operation["security"] == json!([{}]);
        if !is_public && !is_said("401") {
            missing.push(format!("401 of {method} {path}"));
        }
        let url = format!("{}{}", world.gateway.url(), path.replace(['{', '}'], ""));
        let is_stream = operation["responses"]["200"]["content"]["text/event-stream"].is_object();
        if is_public || is_stream || operation["tags"][0] == "LLM" {
            continue;
        }
        // A key of nobody, which may do least.
        let request = world.gateway.client().request(method.parse().unwrap(), url).json(&json!({}));
        let answer = receive(request.bearer_auth(&world.key)).await;
        if !is_said(&answer.status.to_string()) {
            missing.push(format!("{} of {method} {path}", answer.status));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
