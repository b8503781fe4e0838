//! What no proper client sends, on every route of the management API that the description names: each is refused with a
//! status that is described, in JSON, and the gateway stays well.

use postern_tests::{Answer, World, raw, receive};
use reqwest::Method;
use serde_json::{Value, json};

struct Route {
    method: Method,
    path: String,
    query: Vec<String>,
    has_body: bool,
    statuses: Vec<String>,
}

async fn routes(world: &World) -> Vec<Route> {
    let described = world.get("/openapi.json").await;
    let mut routes = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_stream = operation["responses"]["200"]["content"]["text/event-stream"].is_object();
            if operation["tags"][0] == "LLM" || is_stream {
                continue;
            }
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                query: query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                has_body: operation["requestBody"].is_object(),
                statuses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
            });
        }
    }
    assert!(routes.len() > 100, "{}", routes.len());
    routes
}

impl Route {
    /// The path with this in place of every parameter.
    fn with(&self, value: &str) -> String {
        let segment = |part: &str| if part.starts_with('{') { value.to_owned() } else { part.to_owned() };
        self.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    async fn send(&self, world: &World, path: &str, body: Vec<u8>) -> Answer {
        let client = world.gateway.client();
        let request = client.request(self.method.clone(), format!("{}{path}", world.gateway.url()));
        let request =
            request.bearer_auth(world.gateway.admin_key()).header("content-type", "application/json");
        receive(if self.has_body { request.body(body) } else { request }).await
    }

    fn check(&self, answer: &Answer, what: &str) {
        let told = format!("{} {} {what}: {} {}", self.method, self.path, answer.status, answer.text());
        assert!(answer.status < 500 && self.statuses.contains(&answer.status.to_string()), "{told}");
        if answer.status >= 400 {
            let request_id = answer.request_id().to_owned();
            assert_eq!(answer.json()["request_id"], request_id, "{told}");
        }
    }
}

#[tokio::test]
async fn paths_of_no_characters_and_of_odd_ones() {
    let world = World::start().await;
    for route in routes(&world).await.iter().filter(|route| route.path.contains('{')) {
        for value in [
            "%FF",
            "%00",
            "%0A",
            "%2F",
            "..%2f..%2fkeys",
            "%27%20OR%201=1",
            "%F0%9F%94%91",
            &"x".repeat(5000),
        ] {
            let answer = route.send(&world, &route.with(value), b"{}".to_vec()).await;
            route.check(&answer, value);
            // A link to the console's page is made of whatever the path says; everything else knows nothing of that name.
            assert!(
                answer.status >= 400 || route.path.starts_with("/invitation/claim/"),
                "{} {value}",
                route.path
            );
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn parameters_that_are_said_twice_or_are_no_values() {
    let world = World::start().await;
    for route in routes(&world).await {
        for name in &route.query {
            for value in
                ["%FF", "%00", "", "-1", "99999999999999999999", "NaN", "1e400", "[]", &"x".repeat(20_000)]
            {
                let path = format!("{}?{name}={value}", route.with("x"));
                route.check(&route.send(&world, &path, b"{}".to_vec()).await, &path);
            }
            let path = format!("{}?{name}=1&{name}=2", route.with("x"));
            let answer = route.send(&world, &path, b"{}".to_vec()).await;
            route.check(&answer, &path);
            assert!(answer.status >= 400, "{path}: {}", answer.text());
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let world = World::start().await;
    let deep = |open: &str, count| open.repeat(count).into_bytes();
    let bodies: [(&str, Vec<u8>); 12] = [
        ("deep lists", deep("[", 20_000)),
        ("deep objects", deep(r#"{"metadata":"#, 3000)),
        ("no UTF-8 in a member that nobody asks for", b"{\"zzz\":\"\xff\"}".to_vec()),
        ("half a surrogate", br#"{"user_id":"\ud800"}"#.to_vec()),
        ("a bare NUL", b"\0".to_vec()),
        ("XML", b"<a/>".to_vec()),
        ("a form", b"a=1".to_vec()),
        ("no object", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("a text", br#""x""#.to_vec()),
        ("NaN", br#"{"max_budget":NaN}"#.to_vec()),
        ("two bodies", b"{}{}".to_vec()),
    ];
    for route in routes(&world).await.iter().filter(|route| route.has_body) {
        for (name, body) in &bodies {
            let answer = route.send(&world, &route.with("x"), body.clone()).await;
            route.check(&answer, name);
            assert!(answer.status >= 400, "{} {} {name}: {}", route.method, route.path, answer.text());
        }
    }
    world.assert_well().await;
}

#[tokio::test]
async fn a_sign_in_elsewhere_is_told_what_is_wrong_with_its_parameters() {
    let world = World::start().await;
    for path in ["/sso/login?return_to=/a&return_to=/b", "/sso/callback?state=a&state=b"] {
        let answer = world.admin(Method::GET, path, Value::Null).await.expect(422);
        let told = answer.json();
        assert_eq!(
            (&told["error"]["code"], &told["request_id"]),
            (&json!("invalid_query"), &json!(answer.request_id()))
        );
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n"
        );
        let page = raw(world.gateway.url(), head.as_bytes()).await;
        assert_eq!(page.status, 422);
        assert!(page.header("content-type").starts_with("text/html"), "{}", page.head);
    }
}

#[tokio::test]
async fn what_nests_too_deep_for_the_audit_log_is_refused() {
    let world = World::start().await;
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({"a": inner}));
    for field in ["metadata", "router_settings", "config", "permissions"] {
        for path in ["/key/generate", "/team/new", "/user/new"] {
            let refused =
                world.admin(Method::POST, path, json!({field: nested(120)})).await.expect(422).json();
            assert_eq!(refused["error"]["reason"], "too_deep", "{refused}");
            world.admin(Method::POST, path, json!({field: nested(60)})).await.expect(200);
            // Of a user there are two: theirs, and their key's.
            let told = world.get("/audit?page_size=2").await["audit_logs"].to_string();
            assert!(told.contains(&json!({"a": nested(59)}).to_string()), "{path} {field}: {told}");
        }
    }
}

#[tokio::test]
async fn counts_are_whole_however_they_are_written() {
    let world = World::start().await;
    for (path, named) in [
        ("/key/generate", json!({})),
        ("/user/new", json!({})),
        ("/team/new", json!({"team_id": "blue"})),
        ("/organization/new", json!({"organization_alias": "one"})),
        ("/tag/new", json!({"name": "tag"})),
        ("/budget/new", json!({})),
    ] {
        for wrong in [json!(1.5), json!("9"), json!(1e300), json!(9_223_372_036_854_775_808_u64)] {
            let mut body = named.clone();
            body["rpm_limit"] = wrong;
            let answer = world.admin(Method::POST, path, body.clone()).await;
            assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
            assert_eq!(answer.json()["error"]["param"], "rpm_limit", "{path} {body}: {}", answer.text());
        }
        let mut body = named.clone();
        (body["rpm_limit"], body["tpm_limit"]) = (json!(9.0), json!(1000));
        world.admin(Method::POST, path, body).await.expect(200);
    }
    let body = json!({"rpm_limit": 9.0, "model_rpm_limit": {"demo": 3.0}, "tpm_limit": null});
    let made = world.admin(Method::POST, "/key/generate", body).await.expect(200).json();
    assert_eq!(
        (&made["rpm_limit"], &made["model_rpm_limit"], &made["tpm_limit"]),
        (&json!(9), &json!({"demo": 3}), &Value::Null)
    );
    let member = json!({"team_id": "blue", "member": {"role": "user", "user_id": "ann"}, "rpm_limit": 4.0});
    let added = world.admin(Method::POST, "/team/member_add", member).await.expect(200).json();
    assert_eq!(added["updated_team_memberships"][0]["litellm_budget_table"]["rpm_limit"], 4, "{added}");
}
