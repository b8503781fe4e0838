//! The budgets that are nearest to their end.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::counters::{Level, Scope};
use crate::directory::Directory;
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::ErrorBody;
use postern_store::table::spent::Subject;

/// Money in nano-dollars.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RunningBudget {
    /// `api_key`, `user`, `team`, `organization`, `end_user`, `tag`, `provider`, `proxy`, ...
    pub level: &'static str,
    /// A key's hash, a name, an id.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// Where the budget is for one model.
    pub model: Option<String>,
    /// In the running period.
    pub spent_nanos: i64,
    /// Held for requests under way.
    pub reserved_nanos: i64,
    pub max_budget_nanos: i64,
    pub soft_budget_nanos: Option<i64>,
    /// RFC 3339.
    pub resets_at: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RunningBudgets {
    /// At most twenty, the fullest first.
    pub budgets: Vec<RunningBudget>,
}

const MOST: usize = 20;

/// The budgets of what the caller may see that are nearest to their end
#[utoipa::path(
    get, path = "/console/spend/budgets", tag = "Console",
    responses((status = 200, body = RunningBudgets), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn budgets(
    State(engine): State<Shared>,
    authority: Authority,
) -> Result<Json<RunningBudgets>, Failure> {
    let directory = engine.directory.load_full();
    let now = clock::now_ms();
    let sees_all = authority.seen_by(&directory).is_none();
    let mut found: Vec<(f64, RunningBudget)> = Vec::new();
    for scope in directory.scopes() {
        let Some(most) = scope.budget(now).filter(|_| sees_all || may_see(&authority, &directory, scope))
        else {
            continue;
        };
        let (spent, reserved) = {
            let mut counts = scope.counter.lock();
            counts.enter(scope.period.begun(now));
            (scope.spent(&counts), counts.reserved)
        };
        // Nothing may be spent of nothing: it is as full as can be.
        let share = if most > 0 { spent as f64 / most as f64 } else { 1.0 };
        let budget = RunningBudget {
            level: scope.word(),
            id: scope.id.to_string(),
            name: name(&directory, scope),
            model: scope.model.as_deref().map(str::to_owned),
            spent_nanos: spent,
            reserved_nanos: reserved,
            max_budget_nanos: most,
            soft_budget_nanos: scope.soft_budget,
            resets_at: scope.period.reset_at.filter(|reset| *reset > now).map(clock::text),
        };
        found.push((share, budget));
        // Of very many only the fullest are kept.
        if found.len() >= MOST * 50 {
            keep_the_fullest(&mut found);
        }
    }
    keep_the_fullest(&mut found);
    Ok(Json(RunningBudgets { budgets: found.into_iter().map(|(_, budget)| budget).collect() }))
}

fn keep_the_fullest(found: &mut Vec<(f64, RunningBudget)>) {
    found.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.name.cmp(&other.1.name)));
    found.truncate(MOST);
}

fn may_see(authority: &Authority, directory: &Directory, scope: &Scope) -> bool {
    let thing = match &scope.subject {
        Subject::Key(id) => {
            let Some(key) = directory.key_of(*id) else { return false };
            Thing::Key {
                id: key.id,
                user: key.user_id.as_deref(),
                team: key.team_id.as_deref(),
                organization: key.organization_id.as_deref(),
            }
        }
        Subject::User(user) => Thing::User(user),
        Subject::Team(team) | Subject::TeamMember { team_id: team, .. } => Thing::Team(team),
        Subject::Organization(id) | Subject::OrganizationMember { organization_id: id, .. } => {
            Thing::Organization(id)
        }
        _ => return false,
    };
    authority.check(directory, thing).is_ok()
}

fn name(directory: &Directory, scope: &Scope) -> String {
    let team = |id: &str| directory.team(id).and_then(|team| team.alias.as_deref()).unwrap_or(id).to_owned();
    let organization =
        |id: &str| directory.organization(id).map_or_else(|| id.to_owned(), |known| known.alias.to_string());
    match &scope.subject {
        Subject::Key(id) => {
            directory.key_of(*id).map_or_else(|| scope.id.to_string(), |key| key.label.to_string())
        }
        Subject::Team(id) => team(id),
        Subject::TeamMember { team_id, user_id } => format!("{user_id} in {}", team(team_id)),
        Subject::Organization(id) => organization(id),
        Subject::OrganizationMember { organization_id, user_id } => {
            format!("{user_id} in {}", organization(organization_id))
        }
        Subject::Everything if scope.level == Level::Proxy => "all requests".to_owned(),
        _ => scope.id.to_string(),
    }
}
