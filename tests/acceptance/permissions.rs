//! Every route of the management API, asked in every capacity about a thing of one's own and about a foreign one, compared with
//! the table that the gateway declares.

mod questions;

use std::collections::BTreeMap;

use postern_tests::{Answer, World, receive};
use questions::{Ask, Kind, question};
use reqwest::Method;
use serde_json::{Value, json};

const TABLE: &str = include_str!("../../crates/gateway/data/permissions.tsv");
const CAPACITIES: [&str; 7] = [
    "admin_viewer",
    "org_admin",
    "team_admin",
    "team_member",
    "internal_user",
    "internal_user_viewer",
    "key",
];

/// One line of the table.
struct Rule {
    method: Method,
    path: &'static str,
    public: bool,
    reach: BTreeMap<&'static str, &'static str>,
}

fn table() -> Vec<Rule> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let words: Vec<&'static str> = line.split_whitespace().collect();
            let public = words[2..] == ["public"];
            let reach = if public {
                BTreeMap::new()
            } else {
                CAPACITIES.into_iter().zip(words[2..].iter().copied()).collect()
            };
            Rule { method: words[0].parse().unwrap(), path: words[1], public, reach }
        })
        .collect()
}

/// Where routes are that whoever has a key may call.
const FOR_MODELS: [&str; 8] = [
    "/api/",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/messages",
    "/v1/models",
    "/v1/responses",
    "/v2/chat",
];

/// Everything that a team can let its members do.
const MEMBERS_MAY: [&str; 10] = [
    "/key/generate",
    "/key/service-account/generate",
    "/key/update",
    "/key/regenerate",
    "/key/delete",
    "/key/info",
    "/key/list",
    "/key/aliases",
    "/key/health",
    "/key/block",
];

/// Two organizations with a team each, and somebody in every capacity in the first.
pub struct Stage {
    pub world: World,
    /// Keys by capacity.
    keys: BTreeMap<&'static str, String>,
    /// User ids by capacity.
    users: BTreeMap<&'static str, String>,
    number: std::cell::Cell<usize>,
}

/// Where a thing is that somebody asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Own,
    Foreign,
}

impl Stage {
    async fn set() -> Self {
        let config = "litellm_settings: {num_retries: 0, default_internal_user_params: {available_teams: [open-team]}}";
        let world = World::with(config, |builder| builder).await;
        let post =
            async |path: &str, body: Value| world.admin(Method::POST, path, body).await.expect(200).json();
        for side in ["own", "foreign"] {
            post(
                "/organization/new",
                json!({"organization_id": format!("{side}-org"), "organization_alias": side}),
            )
            .await;
            let team = json!({
                "team_id": format!("{side}-team"), "organization_id": format!("{side}-org"), "team_alias": side,
                "team_member_permissions": MEMBERS_MAY,
            });
            post("/team/new", team).await;
        }
        post("/team/new", json!({"team_id": "open-team"})).await;
        let mut keys = BTreeMap::new();
        let mut users = BTreeMap::new();
        for capacity in CAPACITIES {
            if capacity == "key" {
                let made = post("/key/generate", json!({"key_alias": "nobody's"})).await;
                keys.insert(capacity, made["key"].as_str().unwrap().to_owned());
                continue;
            }
            let role = match capacity {
                "admin_viewer" => "proxy_admin_viewer",
                "internal_user_viewer" => "internal_user_viewer",
                _ => "internal_user",
            };
            let id = format!("the-{capacity}");
            let made = post("/user/new", json!({"user_id": id, "user_role": role})).await;
            keys.insert(capacity, made["key"].as_str().unwrap().to_owned());
            users.insert(capacity, id.clone());
            match capacity {
                "org_admin" => {
                    let member = json!({"role": "org_admin", "user_id": id});
                    post("/organization/member_add", json!({"organization_id": "own-org", "member": member}))
                        .await;
                }
                "team_admin" | "team_member" => {
                    let role = if capacity == "team_admin" { "admin" } else { "user" };
                    let member = json!({"role": role, "user_id": id});
                    post("/team/member_add", json!({"team_id": "own-team", "member": member})).await;
                }
                _ => {}
            }
        }
        Self { world, keys, users, number: std::cell::Cell::new(0) }
    }

    pub fn fresh(&self, what: &str) -> String {
        self.number.set(self.number.get() + 1);
        format!("{what}-{}", self.number.get())
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.world.admin(Method::POST, path, body).await.expect(200).json()
    }

    /// The user of a capacity; who has none is somebody else.
    pub fn user(&self, capacity: &str) -> &str {
        self.users.get(capacity).map_or("nobody", String::as_str)
    }

    pub fn key(&self, capacity: &str) -> &str {
        &self.keys[capacity]
    }

    async fn ask(&self, key: &str, ask: &Ask, method: &Method) -> Answer {
        let url = format!("{}{}", self.world.gateway.url(), ask.path);
        let request = self.world.gateway.client().request(method.clone(), url).bearer_auth(key);
        receive(if ask.body.is_null() { request } else { request.json(&ask.body) }).await
    }
}

/// Routes for several things at once say of each how it went.
fn is_refused(answer: &Answer) -> bool {
    let each = answer.status == 200 && answer.text().contains("is not yours");
    answer.status == 401 || answer.status == 403 || each
}

#[tokio::test]
async fn every_route_does_what_the_table_says() {
    let stage = Stage::set().await;
    let mut wrong: Vec<String> = Vec::new();
    let mut asked = 0;
    for rule in table().iter().filter(|rule| !rule.public) {
        for capacity in CAPACITIES {
            let reach = rule.reach[capacity];
            // Whoever administers something, or is in it, is a person besides.
            let person = match capacity {
                "admin_viewer" => "internal_user_viewer",
                "org_admin" | "team_admin" | "team_member" => "internal_user",
                other => other,
            };
            let as_person = reach == "-" && rule.reach[person] != "-";
            for side in [Side::Own, Side::Foreign] {
                let Some(ask) = question(&stage, rule.method.as_str(), rule.path, capacity, side).await
                else {
                    continue;
                };
                let answer = stage.ask(stage.key(capacity), &ask, &rule.method).await;
                asked += 1;
                let may = match (reach, side, ask.kind) {
                    ("all", ..) | ("own", Side::Own, _) => true,
                    // A list of what is not theirs is empty, not forbidden.
                    ("own", Side::Foreign, Kind::List) => {
                        for hidden in ["foreign-team", "foreign-org", "foreign-user"] {
                            if answer.text().contains(hidden) {
                                wrong.push(format!(
                                    "{} {} shows {hidden} to {capacity}",
                                    rule.method, rule.path
                                ));
                            }
                        }
                        true
                    }
                    _ => false,
                };
                // Whether a thing is theirs as that, the line of that capacity is tested for.
                let may = if as_person && side == Side::Own {
                    !is_refused(&answer)
                } else {
                    may || (as_person && ask.kind == Kind::List)
                };
                let text = answer.text();
                let shown: String = text.chars().take(160).collect();
                if is_refused(&answer) == may {
                    wrong.push(format!(
                        "{} {} as {capacity} about {side:?} ({reach}): {} {shown}",
                        rule.method, ask.path, answer.status
                    ));
                } else if answer.status >= 500
                    || answer.status == 405
                    || (answer.status == 404 && text.contains("unknown_path"))
                {
                    wrong.push(format!(
                        "{} {} as {capacity}: {} {shown}",
                        rule.method, ask.path, answer.status
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} are not as the table says:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 500, "{asked}");
    stage.world.assert_well().await;
}

#[tokio::test]
async fn every_described_route_is_in_the_table_or_for_models() {
    let world = World::start().await;
    let described = world.get("/openapi.json").await;
    let rules = table();
    let mut missing = Vec::new();
    let mut stale: Vec<String> = rules.iter().map(|rule| format!("{} {}", rule.method, rule.path)).collect();
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let known = rules.iter().any(|rule| rule.method.as_str() == method && rule.path == path);
            stale.retain(|route| *route != format!("{method} {path}"));
            let for_models = FOR_MODELS.iter().any(|start| path.starts_with(start));
            let for_health = matches!(path.as_str(), "/health" | "/health/liveliness" | "/healthz");
            if !known && !for_models && !for_health {
                missing.push(format!("{method} {path}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "routes that nobody but the administrator may call, because the table forgot them: {missing:?}"
    );
    assert!(stale.is_empty(), "lines of the table without a route: {stale:?}");
}

#[tokio::test]
async fn without_a_key_nothing_but_public_routes_answers() {
    let world = World::start().await;
    for rule in table() {
        let path = rule.path.replace(['{', '}'], "");
        let url = format!("{}{path}", world.gateway.url());
        let answer = receive(world.gateway.client().request(rule.method.clone(), url).json(&json!({}))).await;
        if rule.public {
            assert!(
                !answer.text().contains("No api key passed in"),
                "{} {path}: {}",
                rule.method,
                answer.text()
            );
        } else {
            assert_eq!(answer.status, 401, "{} {path}: {}", rule.method, answer.text());
        }
    }
}
