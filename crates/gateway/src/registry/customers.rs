//! Customers: end users, whom requests name. One that is named in a request for the first time gets a row by itself; here is
//! said what they may do.

use postern_store::Connection;
use postern_store::table::customers::{self, CustomerRow};
use postern_store::table::spent::Subject;

use super::audit::{self, Action, Actor};
use super::budgets::{check_id, own};
use super::limited::{LimitFields, Now, Said};
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;

/// What a request says of a customer.
#[derive(Debug, Default)]
pub struct CustomerFields {
    pub alias: Said<String>,
    pub blocked: Option<bool>,
    pub region: Said<String>,
    /// Serves them where the model that they ask for is not in their region.
    pub default_model: Said<String>,
    pub limits: LimitFields,
}

/// Most customers in one request.
const MOST_AT_ONCE: usize = 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const STALE: [Topic; 1] = [Topic::Customers];

pub fn unknown(ids: &[String]) -> Failure {
    let message = format!("End User Id(s)={} do not exist in db", ids.join(", "));
    Failure::not_found("customer_not_found", message).with_type("not_found").with_param("user_id")
}

fn new(user_id: &str, now: &Now) -> CustomerRow {
    let mut row = CustomerRow {
        user_id: user_id.to_owned(),
        created_at: now.ms(),
        updated_at: now.ms(),
        ..CustomerRow::default()
    };
    row.limits.budget_started_at = now.ms();
    row
}

impl CustomerFields {
    fn apply(
        self,
        connection: &Connection,
        actor: &Actor,
        row: &mut CustomerRow,
        whose: own::Whose<'_>,
        now: &Now,
    ) -> Result<(), Failure> {
        match self.alias {
            Said::Nothing => {}
            Said::Clear => row.alias = None,
            Said::Set(alias) => {
                check_id("alias", alias.trim())?;
                row.alias = Some(alias.trim().to_owned());
            }
        }
        row.blocked = self.blocked.unwrap_or(row.blocked);
        match self.region {
            Said::Nothing => {}
            Said::Clear => row.allowed_model_region = None,
            Said::Set(region) => row.allowed_model_region = Some(region),
        }
        match self.default_model {
            Said::Nothing => {}
            Said::Clear => row.default_model = None,
            Said::Set(model) => row.default_model = Some(model),
        }
        own::apply(connection, actor, &mut row.limits, self.limits, whose, now)
    }
}

/// A default model must be one that is served.
fn check_model(engine: &Engine, said: &CustomerFields) -> Result<(), Failure> {
    let Said::Set(model) = &said.default_model else { return Ok(()) };
    if engine.snapshot.load().resolve(model).is_ok() {
        return Ok(());
    }
    let message = format!("default_model: there is no model `{model}`");
    let mut failure = Failure::invalid("unknown_model", message).with_param("default_model");
    failure.error.status = 422;
    Err(failure)
}

/// Makes a customer.
pub async fn create(
    engine: &Engine,
    actor: Actor,
    user_id: String,
    said: CustomerFields,
) -> Result<CustomerRow, Failure> {
    check_id("user_id", &user_id)?;
    check_model(engine, &said)?;
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            if customers::find(connection, &user_id)?.is_some() {
                let message =
                    format!("Customer already exists, passed user_id={user_id}. Please pass a new user_id.");
                let failure = Failure::invalid("customer_exists", message);
                return Err(failure.with_type("bad_request").with_param("user_id"));
            }
            let mut row = new(&user_id, &now);
            said.apply(connection, &actor, &mut row, None, &now)?;
            row.insert(connection)?;
            let shown = Some(row.shown());
            audit::record(connection, &actor, Action::Created, ("customer", &user_id), None, shown)?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Customer(row.user_id.clone())], &STALE).await?;
    Ok(row)
}

/// Changes a customer.
pub async fn update(
    engine: &Engine,
    actor: Actor,
    user_id: String,
    said: CustomerFields,
) -> Result<CustomerRow, Failure> {
    check_model(engine, &said)?;
    let now = engine.now();
    let row = engine
        .transact(move |connection| {
            let found = customers::find(connection, &user_id)?;
            let mut row = found.ok_or_else(|| unknown(std::slice::from_ref(&user_id)))?;
            let before = row.clone();
            let subject = Subject::EndUser(user_id);
            if row.limits.budget_started_at == 0 {
                // Who came by a request has spent since then. Of several at once the one recorded first need not be the first.
                row.limits.budget_started_at = row.created_at - DAY_MS;
            }
            said.apply(connection, &actor, &mut row, Some(&subject), &now)?;
            row.updated_at = now.ms();
            row.put(connection)?;
            let (had, has) = (before.limits.budget_id.as_deref(), row.limits.budget_id.as_deref());
            own::release(connection, &actor, had, has)?;
            let (object, before) = (("customer", row.user_id.as_str()), Some(before.shown()));
            audit::record(connection, &actor, Action::Updated, object, before, Some(row.shown()))?;
            Ok(row)
        })
        .await?;
    engine.refresh(vec![Change::Customer(row.user_id.clone())], &STALE).await?;
    Ok(row)
}

/// The ids of a request, each once.
fn several(mut ids: Vec<String>) -> Result<Vec<String>, Failure> {
    ids.sort();
    ids.dedup();
    if ids.is_empty() || ids.len() > MOST_AT_ONCE {
        let message = format!("user_ids: 1 to {MOST_AT_ONCE} customers at once");
        return Err(Failure::invalid("invalid_user_ids", message).with_param("user_ids"));
    }
    Ok(ids)
}

/// Those of these ids, if all of them exist.
fn all_of(connection: &Connection, ids: &[String]) -> Result<Vec<CustomerRow>, Failure> {
    let mut rows = Vec::new();
    let mut missing = Vec::new();
    for id in ids {
        match customers::find(connection, id)? {
            Some(row) => rows.push(row),
            None => missing.push(id.clone()),
        }
    }
    if missing.is_empty() { Ok(rows) } else { Err(unknown(&missing)) }
}

fn changes(rows: &[CustomerRow]) -> Vec<Change> {
    rows.iter().map(|row| Change::Customer(row.user_id.clone())).collect()
}

/// Blocks customers, also those who were never seen, or lets them in again; all of them or none.
pub async fn set_blocked(
    engine: &Engine,
    actor: Actor,
    ids: Vec<String>,
    blocked: bool,
) -> Result<Vec<CustomerRow>, Failure> {
    let ids = several(ids)?;
    ids.iter().try_for_each(|id| check_id("user_ids", id))?;
    let now = engine.now();
    let rows = engine
        .transact(move |connection| {
            let mut rows = Vec::new();
            if !blocked {
                all_of(connection, &ids)?;
            }
            for id in ids {
                let found = customers::find(connection, &id)?;
                let before = found.as_ref().map(CustomerRow::shown);
                let mut row = found.unwrap_or_else(|| new(&id, &now));
                if row.blocked != blocked {
                    row.updated_at = now.ms();
                }
                row.blocked = blocked;
                if before.is_none() { row.insert(connection) } else { row.put(connection) }?;
                let action = if blocked { Action::Blocked } else { Action::Unblocked };
                audit::record(connection, &actor, action, ("customer", &id), before, Some(row.shown()))?;
                rows.push(row);
            }
            Ok::<_, Failure>(rows)
        })
        .await?;
    engine.refresh(changes(&rows), &STALE).await?;
    Ok(rows)
}

/// Removes customers, all of them or none. One who is named again begins anew.
pub async fn remove(engine: &Engine, actor: Actor, ids: Vec<String>) -> Result<Vec<CustomerRow>, Failure> {
    let ids = several(ids)?;
    let rows = engine
        .transact(move |connection| {
            let rows = all_of(connection, &ids)?;
            for row in &rows {
                customers::remove(connection, &row.user_id)?;
                own::release(connection, &actor, row.limits.budget_id.as_deref(), None)?;
                let object = ("customer", row.user_id.as_str());
                audit::record(connection, &actor, Action::Deleted, object, Some(row.shown()), None)?;
            }
            Ok::<_, Failure>(rows)
        })
        .await?;
    engine.refresh(changes(&rows), &STALE).await?;
    Ok(rows)
}
