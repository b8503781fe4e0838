//! `/organization/*`: tenants. `members` is who belongs to them, `view` how they are shown.

pub mod members;
mod view;

use axum::Json;
use axum::extract::State;
use postern_store::table::organizations::{self as table, OrganizationRow};
use serde::Deserialize;
use serde_json::{Map, Value};
use view::Extent;
pub use view::OrganizationView;

use crate::auth::permissions::{Authority, Thing};
use crate::directory::Directory;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::fields::{self, Field};
use crate::registry::audit::Actor;
use crate::registry::organizations::{self, OrganizationFields};
use crate::shapes::{ErrorBody, JsonBody, QueryOf};

/// Members that would restrict something and are not acted on.
const NOT_ACTED_ON: [&str; 1] = ["object_permission"];

crate::limited! {
    /// What `/organization/new` takes. Money in dollars.
    pub struct NewOrganization {
        pub organization_alias: String,
        /// Made up when absent.
        #[serde(default)]
        pub organization_id: Option<String>,
        /// Empty: all.
        #[serde(default)]
        #[schema(value_type = Option<Vec<String>>)]
        pub models: Field<Vec<String>>,
        #[serde(default)]
        #[schema(value_type = Option<Object>)]
        pub metadata: Field<Map<String, Value>>,
        #[serde(default)]
        pub blocked: Option<bool>,
    }
}

crate::limited! {
    /// What `/organization/update` takes: absent leaves what is there, null clears it. Money in dollars.
    pub struct OrganizationUpdate {
        pub organization_id: String,
        #[serde(default)]
        pub organization_alias: Option<String>,
        /// Empty: all.
        #[serde(default)]
        #[schema(value_type = Option<Vec<String>>)]
        pub models: Field<Vec<String>>,
        /// Replaces what is there.
        #[serde(default)]
        #[schema(value_type = Option<Object>)]
        pub metadata: Field<Map<String, Value>>,
        /// Nobody may use anything of a blocked organization.
        #[serde(default)]
        pub blocked: Option<bool>,
    }
}

/// How much of an organization a caller may see.
fn extent(authority: &Authority, directory: &Directory, id: &str) -> Extent {
    let is_theirs =
        authority.sight(directory).is_none_or(|sight| sight.organizations.iter().any(|own| own == id));
    match authority.caller.user_id() {
        Some(user) if !is_theirs => Extent::AsMember(user.to_owned()),
        _ => Extent::Everything,
    }
}

async fn shown(engine: &Shared, row: OrganizationRow) -> Result<OrganizationView, Failure> {
    let mut views = engine
        .read(move |connection| view::organizations(connection, vec![(row, Extent::Everything)]))
        .await?;
    views.pop().ok_or_else(|| Failure::internal("an organization is not shown"))
}

/// Make an organization
#[utoipa::path(
    post, path = "/organization/new", tag = "Organizations", request_body = NewOrganization,
    responses(
        (status = 200, body = OrganizationView),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, description = "There is one of that id", body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn create(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<NewOrganization>,
) -> Result<Json<OrganizationView>, Failure> {
    body.check_names(&NOT_ACTED_ON)?;
    fields::refuse(&body.other, &NOT_ACTED_ON)?;
    if let Field::Given(metadata) = &body.metadata {
        fields::refuse_in_metadata(metadata)?;
    }
    let limits = body.limits();
    let said = OrganizationFields {
        alias: Some(body.organization_alias),
        models: body.models.into(),
        metadata: body.metadata.into(),
        blocked: body.blocked,
        limits,
    };
    let row = organizations::create(&engine, Actor::of(&authority), body.organization_id, said).await?;
    Ok(Json(shown(&engine, row).await?))
}

/// Change an organization
#[utoipa::path(
    patch, path = "/organization/update", tag = "Organizations", request_body = OrganizationUpdate,
    responses(
        (status = 200, body = OrganizationView),
        (status = 400, description = "A field makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "Not yours, or more than you may give", body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn update(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(mut body): JsonBody<OrganizationUpdate>,
) -> Result<Json<OrganizationView>, Failure> {
    body.check_names(&NOT_ACTED_ON)?;
    fields::refuse(&body.other, &NOT_ACTED_ON)?;
    if let Field::Given(metadata) = &body.metadata {
        fields::refuse_in_metadata(metadata)?;
    }
    authority.check(&engine.directory.load(), Thing::Organization(&body.organization_id))?;
    let limits = body.limits();
    let said = OrganizationFields {
        alias: body.organization_alias,
        models: body.models.into(),
        metadata: body.metadata.into(),
        blocked: body.blocked,
        limits,
    };
    let (actor, may_widen) = (Actor::of(&authority), authority.is_administrator());
    let row = organizations::update(&engine, actor, body.organization_id, said, may_widen).await?;
    Ok(Json(shown(&engine, row).await?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OneOrganization {
    organization_id: String,
}

/// An organization with its members and teams; who is only a member sees themselves and their own teams in it
#[utoipa::path(
    get, path = "/organization/info", tag = "Organizations", params(OneOrganization),
    responses(
        (status = 200, body = OrganizationView), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn info(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<OneOrganization>,
) -> Result<Json<OrganizationView>, Failure> {
    let id = query.organization_id;
    let found = find(&engine, &authority, vec![id.clone()]).await?.pop();
    found.map(Json).ok_or_else(|| organizations::unknown(&id))
}

/// Those that exist of some that are the caller's.
async fn find(
    engine: &Shared,
    authority: &Authority,
    ids: Vec<String>,
) -> Result<Vec<OrganizationView>, Failure> {
    let directory = engine.directory.load_full();
    ids.iter().try_for_each(|id| authority.check(&directory, Thing::Organization(id)))?;
    let wanted: Vec<(String, Extent)> = ids
        .into_iter()
        .map(|id| {
            let extent = extent(authority, &directory, &id);
            (id, extent)
        })
        .collect();
    engine
        .read(move |connection| {
            let mut rows = Vec::new();
            for (id, extent) in wanted {
                rows.extend(table::find(connection, &id)?.map(|row| (row, extent)));
            }
            view::organizations(connection, rows)
        })
        .await
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct SomeOrganizations {
    organizations: Vec<String>,
}

/// Some organizations; those that do not exist are left out
#[utoipa::path(
    post, path = "/organization/info", tag = "Organizations", request_body = SomeOrganizations,
    responses(
        (status = 200, body = Vec<OrganizationView>),
        (status = 400, description = "No id was sent", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn info_of_some(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<SomeOrganizations>,
) -> Result<Json<Vec<OrganizationView>>, Failure> {
    if body.organizations.is_empty() {
        let message = "Specify list of organization id's to query. Passed in=[]";
        return Err(Failure::invalid("missing_field", message).with_param("organizations"));
    }
    Ok(Json(find(&engine, &authority, body.organizations).await?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Of this id only.
    org_id: Option<String>,
    /// Whose alias contains this, whatever the case of its letters.
    org_alias: Option<String>,
}

/// Organizations, oldest first; whoever administers not all sees their own
#[utoipa::path(
    get, path = "/organization/list", tag = "Organizations", params(ListQuery),
    responses(
        (status = 200, body = Vec<OrganizationView>), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Vec<OrganizationView>>, Failure> {
    let directory = engine.directory.load_full();
    let alias = query.org_alias.map(|alias| alias.to_lowercase());
    let views = engine
        .read(move |connection| {
            let mut rows = table::all(connection)?;
            rows.retain(|row| {
                let is_asked = query.org_id.as_ref().is_none_or(|id| *id == row.organization_id);
                let alias = alias.as_ref();
                is_asked && alias.is_none_or(|part| row.organization_alias.to_lowercase().contains(part))
            });
            rows.retain(|row| authority.reaches(&directory, Thing::Organization(&row.organization_id)));
            let rows = rows.into_iter().map(|row| {
                let extent = extent(&authority, &directory, &row.organization_id);
                (row, extent)
            });
            view::organizations(connection, rows.collect())
        })
        .await?;
    Ok(Json(views))
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct OrganizationIds {
    organization_ids: Vec<String>,
}

/// Remove organizations with their teams, keys and memberships; the people stay
#[utoipa::path(
    delete, path = "/organization/delete", tag = "Organizations", request_body = OrganizationIds,
    responses(
        (status = 200, description = "As they were", body = Vec<OrganizationView>),
        (status = 400, description = "No id was sent", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn remove(
    State(engine): State<Shared>,
    authority: Authority,
    JsonBody(body): JsonBody<OrganizationIds>,
) -> Result<Json<Vec<OrganizationView>>, Failure> {
    let mut ids = body.organization_ids;
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        let message = "organization_ids: name at least one";
        return Err(Failure::invalid("missing_field", message).with_param("organization_ids"));
    }
    let views = find(&engine, &authority, ids.clone()).await?;
    organizations::remove(&engine, Actor::of(&authority), ids).await?;
    Ok(Json(views))
}
