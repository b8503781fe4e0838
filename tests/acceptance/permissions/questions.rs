//! For each route of the table a request that means something: about a thing of the caller's own, or about a foreign one.
//! Things are made for the question, so that what one answer removes no other misses.

use serde_json::{Value, json};

use super::{Side, Stage};

/// Whether the question is about one thing, or about whatever there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Thing,
    List,
}

pub struct Ask {
    pub path: String,
    pub body: Value,
    pub kind: Kind,
}

#[expect(clippy::unnecessary_wraps, reason = "as not every route has something to ask")]
fn thing(path: impl Into<String>, body: Value) -> Option<Ask> {
    Some(Ask { path: path.into(), body, kind: Kind::Thing })
}

#[expect(clippy::unnecessary_wraps, reason = "as not every route has something to ask")]
fn list(path: impl Into<String>, body: Value) -> Option<Ask> {
    Some(Ask { path: path.into(), body, kind: Kind::List })
}

/// The organization and the team of a side.
fn names(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::Own => ("own-org", "own-team"),
        Side::Foreign => ("foreign-org", "foreign-team"),
    }
}

/// A key that is the caller's own in that capacity, or somebody else's.
async fn key(stage: &Stage, capacity: &str, side: Side) -> Value {
    let (_, team) = names(side);
    let body = match (capacity, side) {
        ("internal_user" | "internal_user_viewer", Side::Own) => json!({"user_id": stage.user(capacity)}),
        (_, Side::Foreign) => json!({"team_id": team, "user_id": "foreign-user"}),
        _ => json!({"team_id": team}),
    };
    stage.post("/key/generate", body).await
}

/// A user who is the caller, in the caller's organization, or neither.
async fn user(stage: &Stage, capacity: &str, side: Side) -> String {
    if side == Side::Own && capacity.starts_with("internal") {
        return stage.user(capacity).to_owned();
    }
    let id = stage.fresh(if side == Side::Own { "own-user" } else { "foreign-user" });
    let (organization, _) = names(side);
    stage
        .post("/user/new", json!({"user_id": id, "auto_create_key": false, "organizations": [organization]}))
        .await;
    id
}

async fn team(stage: &Stage, capacity: &str, side: Side) -> String {
    let (organization, _) = names(side);
    let id = stage.fresh(if side == Side::Own { "own-made-team" } else { "foreign-team" });
    let mut members = vec![json!({"role": "user", "user_id": "somebody"})];
    if side == Side::Own && capacity != "org_admin" && capacity != "key" && capacity != "admin_viewer" {
        let role = if capacity == "team_admin" { "admin" } else { "user" };
        members.push(json!({"role": role, "user_id": stage.user(capacity)}));
    }
    let body = json!({"team_id": id, "organization_id": organization, "members_with_roles": members, "models": ["demo", "other"]});
    stage.post("/team/new", body).await;
    id
}

async fn organization(stage: &Stage, capacity: &str, side: Side) -> String {
    let id = stage.fresh(if side == Side::Own { "own-made-org" } else { "foreign-org" });
    stage.post("/organization/new", json!({"organization_id": id, "organization_alias": id})).await;
    let members = json!([{"role": "internal_user", "user_id": "somebody"}]);
    stage.post("/organization/member_add", json!({"organization_id": id, "member": members})).await;
    if side == Side::Own && capacity != "key" && capacity != "admin_viewer" {
        let role = if capacity == "org_admin" { "org_admin" } else { "internal_user" };
        let member = json!({"role": role, "user_id": stage.user(capacity)});
        stage.post("/organization/member_add", json!({"organization_id": id, "member": member})).await;
    }
    id
}

async fn model(stage: &Stage, side: Side) -> String {
    let (_, team) = names(side);
    let id = stage.fresh("model");
    let body = json!({
        "model_name": id, "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "sk-test-0123456789"},
        "model_info": {"id": id, "team_id": team},
    });
    stage.post("/model/new", body).await;
    id
}

/// The question of a route; `None` where it makes no sense for a capacity and a side (a key has one own thing: itself).
pub async fn question(stage: &Stage, method: &str, path: &str, capacity: &str, side: Side) -> Option<Ask> {
    let (organization_id, team_id) = names(side);
    let own = side == Side::Own;
    // Nothing is "theirs" in a capacity that has nothing on this route, so the administrator's own view is enough.
    match path {
        "/key/generate" if capacity.starts_with("internal") => {
            let whose = if own { stage.user(capacity) } else { "foreign-user" };
            thing(path, json!({"user_id": whose}))
        }
        "/key/generate" => thing(
            path,
            json!({"team_id": team_id, "user_id": if own { stage.user(capacity) } else { "foreign-user" }}),
        ),
        "/key/service-account/generate" => thing(path, json!({"team_id": team_id})),
        "/key/info" | "/v2/key/info" | "/key/health" | "/key/list" | "/key/aliases"
            if capacity == "key" && own =>
        {
            let hash = stage.key(capacity);
            match path {
                "/key/info" => thing(format!("{path}?key={hash}"), Value::Null),
                "/v2/key/info" => thing(path, json!({"keys": [hash]})),
                "/key/health" => thing(path, json!({})),
                _ => list(path, Value::Null),
            }
        }
        "/key/info" => {
            let made = key(stage, capacity, side).await;
            thing(format!("{path}?key={}", made["token"].as_str()?), Value::Null)
        }
        "/key/list" => list(format!("{path}?return_full_object=true&size=100"), Value::Null),
        "/key/health" => own.then(|| thing(path, json!({}))).flatten(),
        "/key/update" | "/key/regenerate" | "/key/block" | "/key/unblock" => {
            let made = key(stage, capacity, side).await;
            thing(path, json!({"key": made["token"]}))
        }
        "/key/bulk_update" => {
            let made = key(stage, capacity, side).await;
            thing(path, json!({"keys": [{"key": made["token"], "max_budget": 1.0}]}))
        }
        "/key/{key}/regenerate" => {
            let made = key(stage, capacity, side).await;
            thing(format!("/key/{}/regenerate", made["token"].as_str()?), json!({}))
        }
        "/v2/key/info" | "/key/delete" => {
            let made = key(stage, capacity, side).await;
            thing(path, json!({"keys": [made["token"]]}))
        }
        "/user/new" => {
            let id = stage.fresh("new-user");
            thing(path, json!({"user_id": id, "auto_create_key": false, "organizations": [organization_id]}))
        }
        "/user/new_bulk" => {
            let id = stage.fresh("new-user");
            thing(
                path,
                json!({"users": [{"user_id": id, "organizations": [organization_id]}], "auto_create_keys": false}),
            )
        }
        "/user/info" | "/v2/user/info" => {
            let id = user(stage, capacity, side).await;
            thing(format!("{path}?user_id={id}"), Value::Null)
        }
        "/user/list" => list(format!("{path}?page_size=100"), Value::Null),
        "/user/update" => {
            let id = user(stage, capacity, side).await;
            thing(path, json!({"user_id": id, "user_alias": "x"}))
        }
        "/user/bulk_update" => {
            let id = user(stage, capacity, side).await;
            thing(path, json!({"users": [{"user_id": id, "user_alias": "x"}]}))
        }
        "/user/delete" => {
            let id = user(stage, "org_admin", side).await;
            thing(path, json!({"user_ids": [id]}))
        }
        "/user/daily/activity" | "/user/daily/activity/aggregated" => {
            let id = user(stage, capacity, side).await;
            thing(format!("{path}?start_date=2026-01-01&end_date=2026-01-02&user_id={id}"), Value::Null)
        }
        "/spend/users" if capacity.starts_with("internal") => {
            let id = user(stage, capacity, side).await;
            thing(format!("{path}?user_id={id}"), Value::Null)
        }
        "/global/spend/report" if capacity.starts_with("internal") => {
            let id = user(stage, capacity, side).await;
            thing(
                format!("{path}?start_date=2026-01-01&end_date=2026-01-02&internal_user_id={id}"),
                Value::Null,
            )
        }
        "/invitation/new" | "/invitation/create" => {
            let id = user(stage, "org_admin", side).await;
            thing(path, json!({"user_id": id}))
        }
        "/invitation/info" | "/invitation/update" | "/invitation/delete" => {
            let id = user(stage, "org_admin", side).await;
            let made = stage.post("/invitation/new", json!({"user_id": id})).await;
            let id = made["id"].as_str()?;
            match path {
                "/invitation/info" => thing(format!("{path}?invitation_id={id}"), Value::Null),
                "/invitation/update" => thing(path, json!({"invitation_id": id, "is_accepted": false})),
                _ => thing(path, json!({"invitation_id": id})),
            }
        }
        "/team/new" => {
            thing(path, json!({"team_id": stage.fresh("new-team"), "organization_id": organization_id}))
        }
        "/team/update" | "/team/block" | "/team/unblock" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id}))
        }
        "/team/info" | "/team/permissions_list" => {
            let id = team(stage, capacity, side).await;
            thing(format!("{path}?team_id={id}"), Value::Null)
        }
        "/team/list" | "/v2/team/list" => {
            let who = if capacity == "org_admin" || capacity == "admin_viewer" {
                String::new()
            } else {
                format!("?user_id={}", stage.user(capacity))
            };
            list(format!("{path}{who}"), Value::Null)
        }
        "/team/delete" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_ids": [id]}))
        }
        // Themselves, into a team that is open to everybody.
        "/team/member_add" if own && capacity == "internal_user" => {
            let member = json!({"role": "user", "user_id": stage.user(capacity)});
            thing(path, json!({"team_id": "open-team", "member": member}))
        }
        "/team/member_add" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id, "member": {"role": "user", "user_id": "somebody-else"}}))
        }
        "/team/bulk_member_add" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id, "members": [{"role": "user", "user_id": "somebody-else"}]}))
        }
        "/team/member_update" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id, "user_id": "somebody", "role": "user"}))
        }
        "/team/member_delete" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id, "user_id": "somebody"}))
        }
        "/team/model/add" | "/team/model/delete" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id, "models": ["other"]}))
        }
        "/team/permissions_update" => {
            let id = team(stage, capacity, side).await;
            thing(path, json!({"team_id": id, "team_member_permissions": ["/key/info"]}))
        }
        "/team/{team_id}/callback" => {
            let id = team(stage, capacity, side).await;
            let body = if method == "GET" {
                Value::Null
            } else {
                json!({"callback_name": "langfuse", "callback_type": "success", "callback_vars": {"langfuse_public_key": "x", "langfuse_secret_key": "y"}})
            };
            thing(format!("/team/{id}/callback"), body)
        }
        "/team/{team_id}/disable_logging" => {
            let id = team(stage, capacity, side).await;
            thing(format!("/team/{id}/disable_logging"), json!({}))
        }
        "/team/daily/activity" | "/team/daily/activity/aggregated" => {
            let id = team(stage, capacity, side).await;
            thing(format!("{path}?start_date=2026-01-01&end_date=2026-01-02&team_ids={id}"), Value::Null)
        }
        "/organization/new" => thing(path, json!({"organization_alias": stage.fresh("new-org")})),
        "/organization/info" if method == "GET" => {
            let id = organization(stage, capacity, side).await;
            thing(format!("{path}?organization_id={id}"), Value::Null)
        }
        "/organization/info" => {
            let id = organization(stage, capacity, side).await;
            thing(path, json!({"organizations": [id]}))
        }
        "/organization/list" | "/key/aliases" => list(path, Value::Null),
        "/organization/update" => {
            let id = organization(stage, capacity, side).await;
            thing(path, json!({"organization_id": id, "organization_alias": "x"}))
        }
        "/organization/delete" => {
            let id = organization(stage, capacity, side).await;
            thing(path, json!({"organization_ids": [id]}))
        }
        "/organization/member_add" => {
            let id = organization(stage, capacity, side).await;
            thing(
                path,
                json!({"organization_id": id, "member": {"role": "internal_user", "user_id": "somebody-else"}}),
            )
        }
        "/organization/member_update" => {
            let id = organization(stage, capacity, side).await;
            thing(path, json!({"organization_id": id, "user_id": "somebody", "role": "internal_user_viewer"}))
        }
        "/organization/member_delete" => {
            let id = organization(stage, capacity, side).await;
            thing(path, json!({"organization_id": id, "user_id": "somebody"}))
        }
        "/organization/daily/activity" | "/organization/daily/activity/aggregated" => {
            let id = organization(stage, capacity, side).await;
            thing(
                format!("{path}?start_date=2026-01-01&end_date=2026-01-02&organization_ids={id}"),
                Value::Null,
            )
        }
        "/model/new" => {
            let id = stage.fresh("new-model");
            thing(
                path,
                json!({"model_name": id, "litellm_params": {"model": "openai/gpt-4o-mini"}, "model_info": {"team_id": team_id}}),
            )
        }
        "/model/update" => {
            let id = model(stage, side).await;
            thing(path, json!({"model_info": {"id": id}, "litellm_params": {"model": "openai/gpt-4o"}}))
        }
        "/model/{model_id}/update" => {
            let id = model(stage, side).await;
            thing(format!("/model/{id}/update"), json!({"litellm_params": {"model": "openai/gpt-4o"}}))
        }
        "/model/delete" => {
            let id = model(stage, side).await;
            thing(path, json!({"id": id}))
        }
        // What belongs to the gateway as a whole is nobody's own: who may look, looks at everything.
        _ => whole(stage, method, path, capacity, side).await,
    }
}

async fn tag(stage: &Stage) -> String {
    let name = stage.fresh("tag");
    stage.post("/tag/new", json!({"name": name})).await;
    name
}

async fn whole(stage: &Stage, method: &str, path: &str, capacity: &str, side: Side) -> Option<Ask> {
    if side == Side::Foreign {
        return None;
    }
    match (method, path) {
        // Streams, the listener and the session of the caller are tested by themselves.
        (
            _,
            "/console/events" | "/console/listener" | "/console/sign-out" | "/console/guide"
            | "/config/reload",
        ) => None,
        ("GET" | "DELETE", "/fallback/{model}") => thing("/fallback/nothing", Value::Null),
        ("GET", "/access_group/{access_group}/info") => thing("/access_group/nothing/info", Value::Null),
        ("PUT", "/access_group/{access_group}/update") => {
            thing("/access_group/nothing/update", json!({"model_names": ["x"]}))
        }
        ("DELETE", "/access_group/{access_group}/delete") => {
            thing("/access_group/nothing/delete", Value::Null)
        }
        ("GET", "/audit/{id}") => thing("/audit/0197c0de-0000-7000-8000-000000000000", Value::Null),
        ("POST", "/tag/new") => thing(path, json!({"name": stage.fresh("tag")})),
        ("POST", "/tag/info") => thing(path, json!({"names": [tag(stage).await]})),
        ("POST", "/tag/update" | "/tag/delete") => thing(path, json!({"name": tag(stage).await})),
        ("GET", "/customer/info") => thing("/customer/info?end_user_id=nobody", Value::Null),
        ("GET", "/budget/settings") => thing("/budget/settings?budget_id=nothing", Value::Null),
        ("GET", path) if path.starts_with("/global/") || path == "/tag/summary" => {
            list(format!("{path}?start_date=2026-01-01&end_date=2026-01-02"), Value::Null)
        }
        ("POST", "/spend/calculate") => thing(path, json!({"model": "gpt-4o", "messages": []})),
        ("GET", path) if path.contains("/daily/activity") => {
            thing(format!("{path}?start_date=2026-01-01&end_date=2026-01-02"), Value::Null)
        }
        ("GET", "/console/requests/{id}") if capacity == "admin_viewer" => {
            thing("/console/requests/0197c0de-0000-7000-8000-000000000000", Value::Null)
        }
        ("GET", "/console/requests/{id}/bodies") if capacity == "admin_viewer" => {
            thing("/console/requests/0197c0de-0000-7000-8000-000000000000/bodies", Value::Null)
        }
        ("GET", "/console/requests/{id}" | "/console/requests/{id}/bodies") => None,
        // Whose requests somebody may ask again is that whose rows they see; who may ask none is asked here.
        ("POST", "/console/requests/{id}/replay") if !matches!(capacity, "admin_viewer" | "key") => None,
        ("DELETE", "/console/keys/{id}/bodies") => {
            let id = if side == Side::Own && capacity == "key" {
                stage.world.get(&format!("/key/info?key={}", stage.key(capacity))).await["info"]["key_id"]
                    .clone()
            } else {
                key(stage, capacity, side).await["key_id"].clone()
            };
            thing(format!("/console/keys/{}/bodies", id.as_str().unwrap()), Value::Null)
        }
        ("GET", path) if !path.contains('{') => list(path, Value::Null),
        ("GET", path) => thing(path.replace(['{', '}'], ""), Value::Null),
        (_, path) => thing(path.replace(['{', '}'], ""), json!({})),
    }
}
