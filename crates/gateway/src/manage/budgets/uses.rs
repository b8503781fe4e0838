//! What refers to a budget: how many of each kind, and the first of them by name.

use postern_store::table::budgets::{self, Referring};
use postern_store::{Connection, SqlError};
use serde::Serialize;

/// The most of one kind that are named.
const MOST: i64 = 20;

/// One of those that refer to a budget.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BudgetUser {
    /// A key's hash, a tag's name.
    pub id: String,
    /// What people call it, where it has a name besides its id.
    pub name: Option<String>,
    /// The team or organization that a member is in.
    pub within: Option<String>,
}

impl From<Referring> for BudgetUser {
    fn from(Referring { id, name, within }: Referring) -> Self {
        Self { id, name, within }
    }
}

/// Those of one kind that refer to a budget.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BudgetUse {
    /// `keys`, `users`, `teams`, `team members`, `organizations`, `organization members`, `customers` or `tags`.
    pub kind: &'static str,
    pub count: i64,
    /// At most 20 of them.
    pub first: Vec<BudgetUser>,
}

pub fn of(connection: &Connection, budget_id: &str) -> Result<Vec<BudgetUse>, SqlError> {
    let mut named = budgets::referring(connection, budget_id, MOST)?;
    let counts = budgets::uses(connection, budget_id)?;
    Ok(counts
        .into_iter()
        .map(|(kind, count)| {
            let place = named.iter().position(|(of, _)| *of == kind);
            let first = place.map(|place| named.swap_remove(place).1).unwrap_or_default();
            BudgetUse { kind, count, first: first.into_iter().map(BudgetUser::from).collect() }
        })
        .collect())
}
