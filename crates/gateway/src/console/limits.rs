//! What is used of limits at this moment: spend with what requests under way have reserved, and the last minute's requests and
//! tokens. From the counters, without the database, so that bars may be drawn anew every second.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::counters::Scope;
use crate::directory::{Directory, Limited};
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

/// The most that are asked about at once: a page of any list.
const MOST: usize = 200;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LimitsQuery {
    #[param(inline)]
    of: Kind,
    /// Ids, with commas between them: hashes of keys, ids of users and so on. At most 200.
    ids: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Key,
    User,
    Team,
    Organization,
    Customer,
    Tag,
}

/// One thing's limits and what is used of them. Money in nano-dollars, times in UTC milliseconds; null: no limit.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LimitUse {
    /// As it was asked about.
    pub id: String,
    /// Where the limits are for one model only.
    pub model: Option<String>,
    pub max_budget_nanos: Option<i64>,
    pub soft_budget_nanos: Option<i64>,
    /// Spent in the running period. Null where there is no budget: nobody counts then.
    pub spent_nanos: Option<i64>,
    /// What requests under way may cost at most.
    pub reserved_nanos: i64,
    pub reset_at: Option<i64>,
    pub rpm_limit: Option<u64>,
    pub tpm_limit: Option<u64>,
    pub max_parallel_requests: Option<u64>,
    /// In the last minute.
    pub requests: u64,
    pub tokens: u64,
    /// Under way.
    pub in_flight: u32,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct LimitUses {
    /// Those that have limits, in the order in which they were asked about.
    pub limits: Vec<LimitUse>,
}

/// What is used of limits at this moment
#[utoipa::path(
    get, path = "/console/limits", tag = "Console", params(LimitsQuery),
    responses(
        (status = 200, body = LimitUses),
        (status = 400, description = "Too many ids", body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, description = "One of them is not yours", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn limits(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<LimitsQuery>,
) -> Result<Json<LimitUses>, Failure> {
    let ids: Vec<&str> = query.ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.len() > MOST {
        let message = format!("{} ids are too many: at most {MOST} at once", ids.len());
        return Err(Failure::invalid("too_many_ids", message).with_param("ids"));
    }
    let directory = engine.directory.load_full();
    let now = clock::now_ms();
    let mut limits = Vec::new();
    for id in ids {
        if let Some(limited) = found(&authority, &directory, query.of, id)? {
            limits.extend(limited.all().map(|scope| used(id, scope, now)));
        }
    }
    Ok(Json(LimitUses { limits }))
}

/// The limits of a thing that the caller may see. What is not there has none; whether it is there is not told to others.
fn found<'d>(
    authority: &Authority,
    directory: &'d Directory,
    kind: Kind,
    id: &str,
) -> Result<Option<&'d Limited>, Failure> {
    let limited = match kind {
        Kind::Key => {
            let hash = crate::ids::parse_hex(&crate::registry::keys::token_of(id));
            let key = hash.and_then(|hash| directory.key(&hash));
            let thing = key.map_or(Thing::Gateway, |key| Thing::Key {
                id: key.id,
                user: key.user_id.as_deref(),
                team: key.team_id.as_deref(),
                organization: key.organization_id.as_deref(),
            });
            authority.check(directory, thing)?;
            key.map(|key| &key.limited)
        }
        Kind::User => {
            authority.check(directory, Thing::User(id))?;
            directory.user(id).map(|user| &user.limited)
        }
        Kind::Team => {
            authority.check(directory, Thing::Team(id))?;
            directory.team(id).map(|team| &team.limited)
        }
        Kind::Organization => {
            authority.check(directory, Thing::Organization(id))?;
            directory.organization(id).map(|organization| &organization.limited)
        }
        Kind::Customer => {
            authority.check(directory, Thing::Gateway)?;
            directory.customer(id).map(|customer| &customer.limited)
        }
        Kind::Tag => {
            authority.check(directory, Thing::Gateway)?;
            directory.tag(id).map(|tag| &tag.limited)
        }
    };
    Ok(limited)
}

fn used(id: &str, scope: &Scope, now: i64) -> LimitUse {
    let mut counts = scope.counter.lock();
    counts.enter(scope.period.begun(now));
    LimitUse {
        id: id.to_owned(),
        model: scope.model.as_deref().map(str::to_owned),
        max_budget_nanos: scope.budget(now),
        soft_budget_nanos: scope.soft_budget,
        spent_nanos: scope.has_budget().then(|| scope.spent(&counts)),
        reserved_nanos: counts.reserved,
        reset_at: scope.period.reset_at.filter(|reset| *reset > now),
        rpm_limit: scope.requests_per_minute,
        tpm_limit: scope.tokens_per_minute,
        max_parallel_requests: scope.parallel,
        requests: counts.requests.used(now),
        tokens: counts.tokens.used(now),
        in_flight: counts.in_flight,
    }
}
