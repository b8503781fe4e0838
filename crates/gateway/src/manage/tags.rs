//! `/tag/*`: names that requests, keys and teams carry.

mod active;

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use postern_store::table::budgets;
use postern_store::table::spend_hourly::MILLISECONDS_PER_HOUR;
use postern_store::table::spend_labels::{self, Label};
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::tags::{self as table, TagRow};
use postern_store::{Connection, SqlError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::auth::permissions::Authority;
use crate::clock;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::budgets::BudgetTable;
use crate::manage::fields::Field;
use crate::registry::audit::Actor;
use crate::registry::limited;
use crate::registry::tags::{self, TagFields};
use crate::routes;
use crate::shapes::routes::Routes;
use crate::shapes::{ErrorBody, JsonBody};
use crate::snapshot::Snapshot;

pub fn routes() -> Routes {
    Routes::default()
        .routes(routes!(create))
        .routes(routes!(update))
        .routes(routes!(info))
        .routes(routes!(remove))
        .routes(routes!(list))
        .routes(routes!(active::daily))
        .routes(routes!(active::weekly))
        .routes(routes!(active::monthly))
        .routes(routes!(active::summary))
        .routes(routes!(active::distinct))
        .routes(routes!(active::per_user))
}

crate::limited! {
    /// What `/tag/new` and `/tag/update` take: absent leaves what is there, null clears it. Money in dollars.
    pub struct TagRequest {
        pub name: String,
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        pub description: Field<String>,
        /// Ids of deployments that are for requests with this tag, where deployments are filtered by tags.
        #[serde(default)]
        #[schema(value_type = Option<Vec<String>>)]
        pub models: Field<Vec<String>>,
        #[serde(default)]
        #[schema(value_type = Option<Object>)]
        pub model_info: Field<Map<String, Value>>,
    }
}

/// A tag. Money in dollars, times RFC 3339.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TagView {
    pub name: String,
    pub description: Option<String>,
    /// Ids of deployments; absent for a name that only requests carry.
    pub models: Option<Vec<String>>,
    /// The model group of each deployment, and what was said besides.
    #[schema(value_type = Option<Object>)]
    pub model_info: Option<Map<String, Value>>,
    /// Of the running period of its budget.
    pub spend: f64,
    pub budget_id: Option<String>,
    pub litellm_budget_table: Option<BudgetTable>,
    pub created_by: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TagAnswer {
    pub message: String,
    pub tag: TagView,
}

fn read(mut body: TagRequest) -> Result<(String, TagFields), Failure> {
    body.check_names(&[])?;
    let limits = body.limits();
    let said = TagFields {
        description: body.description.into(),
        models: body.models.into(),
        model_info: body.model_info.into(),
        limits,
    };
    Ok((body.name, said))
}

fn views(connection: &Connection, snapshot: &Snapshot, rows: Vec<TagRow>) -> Result<Vec<TagView>, SqlError> {
    let questions: Vec<Question> = rows
        .iter()
        .map(|row| Question {
            subject: Subject::Tag(row.name.clone()),
            model_group: None,
            since: row.limits.budget_started_at,
        })
        .collect();
    let spent = spent::sums(connection, &questions)?;
    rows.into_iter().zip(spent).map(|(row, spent)| view(connection, snapshot, row, spent)).collect()
}

fn view(connection: &Connection, snapshot: &Snapshot, row: TagRow, spent: i64) -> Result<TagView, SqlError> {
    let id = row.limits.budget_id.as_deref();
    let budget = id.map(|id| budgets::find(connection, id)).transpose()?.flatten();
    let models: Vec<String> = serde_json::from_str(&row.models).unwrap_or_default();
    let mut model_info: Map<String, Value> = serde_json::from_str(&row.model_info).unwrap_or_default();
    for id in &models {
        if let Some(deployment) = snapshot.deployment(id) {
            model_info.insert(id.clone(), deployment.group.clone().into());
        }
    }
    Ok(TagView {
        litellm_budget_table: BudgetTable::of(&row.limits, budget.as_ref()),
        spend: limited::shown(spent.saturating_add(row.limits.spend_offset_nanos)),
        models: Some(models),
        model_info: Some(model_info),
        description: row.description,
        budget_id: row.limits.budget_id,
        created_by: Some(row.created_by),
        created_at: clock::text(row.created_at),
        updated_at: clock::text(row.updated_at),
        name: row.name,
    })
}

async fn shown(engine: &Shared, row: TagRow) -> Result<TagView, Failure> {
    let snapshot = engine.snapshot.load_full();
    let mut views = engine.read(move |connection| views(connection, &snapshot, vec![row])).await?;
    views.pop().ok_or_else(|| Failure::internal("a tag is not shown"))
}

/// Make a tag
#[utoipa::path(
    post, path = "/tag/new", tag = "Tags", request_body = TagRequest,
    responses(
        (status = 200, body = TagAnswer),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "There is one of that name", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<TagRequest>,
) -> Result<Json<TagAnswer>, Failure> {
    let (name, said) = read(body)?;
    let row = tags::create(&engine, Actor::of(&authority), name, said).await?;
    let message = format!("Tag {} created successfully", row.name);
    Ok(Json(TagAnswer { message, tag: shown(&engine, row).await? }))
}

/// Change a tag
#[utoipa::path(
    post, path = "/tag/update", tag = "Tags", request_body = TagRequest,
    responses(
        (status = 200, body = TagAnswer),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<TagRequest>,
) -> Result<Json<TagAnswer>, Failure> {
    let (name, said) = read(body)?;
    let row = tags::update(&engine, Actor::of(&authority), name, said).await?;
    let message = format!("Tag {} updated successfully", row.name);
    Ok(Json(TagAnswer { message, tag: shown(&engine, row).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct TagNames {
    names: Vec<String>,
}

/// Some tags by name
#[utoipa::path(
    post, path = "/tag/info", tag = "Tags", request_body = TagNames,
    responses(
        (status = 200, body = BTreeMap<String, TagView>),
        (status = 400, description = "No name was sent", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, description = "One of them does not exist", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    JsonBody(body): JsonBody<TagNames>,
) -> Result<Json<BTreeMap<String, TagView>>, Failure> {
    if body.names.is_empty() {
        return Err(Failure::invalid("missing_field", "names: name at least one").with_param("names"));
    }
    let names = body.names.clone();
    let snapshot = engine.snapshot.load_full();
    let found = engine
        .read(move |connection| {
            let rows = body.names.iter().map(|name| table::find(connection, name));
            let rows = rows.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
            views(connection, &snapshot, rows)
        })
        .await?;
    let found: BTreeMap<String, TagView> = found.into_iter().map(|tag| (tag.name.clone(), tag)).collect();
    match names.iter().find(|name| !found.contains_key(*name)) {
        None => Ok(Json(found)),
        Some(missing) => Err(tags::unknown(missing)),
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OneTag {
    name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct DeletedTag {
    pub message: String,
}

/// Remove a tag; what was spent under its name stays in the ledger
#[utoipa::path(
    post, path = "/tag/delete", tag = "Tags", request_body = OneTag,
    responses(
        (status = 200, body = DeletedTag), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OneTag>,
) -> Result<Json<DeletedTag>, Failure> {
    let row = tags::remove(&engine, Actor::of(&authority), body.name).await?;
    Ok(Json(DeletedTag { message: format!("Tag {} deleted successfully", row.name) }))
}

/// All tags, oldest first, and then the names that only requests carry
#[utoipa::path(
    get, path = "/tag/list", tag = "Tags",
    responses((status = 200, body = Vec<TagView>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn list(State(engine): State<Shared>) -> Result<Json<Vec<TagView>>, Failure> {
    let snapshot = engine.snapshot.load_full();
    let shown = engine
        .read(move |connection| {
            let mut shown = views(connection, &snapshot, table::all(connection)?)?;
            let costs: BTreeMap<String, i64> =
                spend_labels::costs(connection, Label::Tag)?.into_iter().collect();
            let mut names = spend_labels::names(connection, Label::Tag)?;
            let known: BTreeSet<String> = shown.iter().map(|tag| tag.name.clone()).collect();
            names.retain(|(name, ..)| !known.contains(name));
            shown.extend(names.into_iter().map(|(name, first, last)| TagView {
                description: Some("Seen in requests only; nothing was said of it.".to_owned()),
                models: None,
                model_info: None,
                spend: limited::shown(costs.get(&name).copied().unwrap_or(0)),
                budget_id: None,
                litellm_budget_table: None,
                created_by: None,
                created_at: clock::text(first * MILLISECONDS_PER_HOUR),
                updated_at: clock::text(last * MILLISECONDS_PER_HOUR),
                name,
            }));
            Ok(shown)
        })
        .await?;
    Ok(Json(shown))
}
