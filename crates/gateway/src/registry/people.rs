//! People who come to be known because somebody named them: as a member of a team or of an organization, or by making them.
//! Whoever names a person who is not known makes them here, so that there is one beginning for all.

use postern_store::Connection;
use postern_store::table::users::{self, UserRow};
use serde_json::{Map, Value};

use super::audit::{self, Action, Actor};
use super::budgets::check_id;
use super::limited::{LimitFields, Now, Said};
use crate::directory::Role;
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;

/// How a request names a person: by id, by e-mail address, or by both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub user_id: Option<String>,
    pub user_email: Option<String>,
}

/// What people begin with who were not known before.
#[derive(Debug, Clone)]
pub struct Beginning {
    pub now: Now,
    /// `litellm_settings.default_internal_user_params`.
    pub defaults: Map<String, Value>,
}

impl Beginning {
    pub fn of(engine: &Engine) -> Self {
        Self { now: engine.now(), defaults: engine.directory.load().rules.default_user_params.clone() }
    }
}

impl Named {
    pub fn by_id(id: &str) -> Self {
        Self { user_id: Some(id.to_owned()), user_email: None }
    }

    /// With what was sent trimmed and checked; one of the two must be there.
    pub fn checked(self) -> Result<Self, Failure> {
        let user_id = self.user_id.filter(|id| !id.is_empty());
        if let Some(id) = &user_id {
            check_id("user_id", id)?;
        }
        let user_email = self.user_email.map(|email| check_email(&email)).transpose()?.flatten();
        if user_id.is_none() && user_email.is_none() {
            let message = "Either user_id or user_email must be provided";
            return Err(Failure::invalid("missing_field", message).with_param("user_id"));
        }
        Ok(Self { user_id, user_email })
    }

    /// As errors name them.
    pub fn shown(&self) -> String {
        match (&self.user_id, &self.user_email) {
            (Some(id), _) => format!("user_id={id}"),
            (None, Some(email)) => format!("user_email={email}"),
            (None, None) => "nobody".to_owned(),
        }
    }
}

const LONGEST_EMAIL: usize = 254;

/// An address without the blanks around it, as far as its form tells; an empty one is none.
pub fn check_email(email: &str) -> Result<Option<String>, Failure> {
    let email = email.trim();
    if email.is_empty() {
        return Ok(None);
    }
    let is_odd = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '<' | '>' | '"' | ',' | ';' | '(' | ')' | '\\')
    };
    let is_host = |host: &str| {
        host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        })
    };
    let is_fine = email.rsplit_once('@').is_some_and(|(person, host)| {
        !person.is_empty() && !person.contains('@') && !email.contains(is_odd) && is_host(host)
    });
    if is_fine && email.chars().count() <= LONGEST_EMAIL {
        return Ok(Some(email.to_owned()));
    }
    let message = format!(
        "user_email must be an address such as jo@example.com, of at most {LONGEST_EMAIL} characters"
    );
    Err(Failure::invalid("invalid_email", message).with_param("user_email"))
}

/// The person of that name, if there is one. The id counts where both are given.
pub fn find_user(connection: &Connection, named: &Named) -> Result<Option<UserRow>, Failure> {
    Ok(match (&named.user_id, &named.user_email) {
        (Some(id), _) => users::find(connection, id)?,
        (None, Some(email)) => users::find_by_email(connection, email)?,
        (None, None) => None,
    })
}

/// The person of that name, made with the configured defaults where there is none. Whoever calls puts
/// `Change::User(row.user_id)` in force.
pub fn ensure_user(
    connection: &Connection,
    actor: &Actor,
    named: &Named,
    beginning: &Beginning,
) -> Result<UserRow, Failure> {
    let named = named.clone().checked()?;
    if let Some(known) = find_user(connection, &named)? {
        return Ok(known);
    }
    if let Some(email) = &named.user_email
        && users::find_by_email(connection, email)?.is_some()
    {
        let message = format!("User with email {email} already exists, under another user_id");
        return Err(Failure::conflict("email_exists", message).with_param("user_email"));
    }
    let now = &beginning.now;
    let mut row = UserRow {
        user_id: named.user_id.unwrap_or_else(|| ids::new_id().to_string()),
        user_email: named.user_email,
        user_role: role(&beginning.defaults).as_str().to_owned(),
        models: models(&beginning.defaults).to_string(),
        created_by: actor.name.clone(),
        created_at: now.ms(),
        updated_by: actor.name.clone(),
        updated_at: now.ms(),
        ..UserRow::default()
    };
    limits(&beginning.defaults).apply(connection, &mut row.limits, None, now)?;
    row.insert(connection)?;
    audit::record(connection, actor, Action::Created, ("user", &row.user_id), None, Some(row.shown()))?;
    Ok(row)
}

/// Naming somebody makes nobody an administrator, whatever the defaults say.
pub(super) fn role(defaults: &Map<String, Value>) -> Role {
    let said = defaults.get("user_role").and_then(Value::as_str).and_then(Role::parse);
    said.filter(|role| *role == Role::InternalUserViewer).unwrap_or(Role::InternalUser)
}

pub(super) fn models(defaults: &Map<String, Value>) -> Value {
    let list = defaults.get("models").and_then(Value::as_array);
    list.into_iter().flatten().filter(|model| model.is_string()).cloned().collect()
}

pub(super) fn limits(defaults: &Map<String, Value>) -> LimitFields {
    fn said<T>(value: Option<T>) -> Said<T> {
        value.map_or(Said::Nothing, Said::Set)
    }
    let amount = |name: &str| said(defaults.get(name).and_then(Value::as_f64));
    let count = |name: &str| said(defaults.get(name).and_then(Value::as_i64));
    let text = |name: &str| said(defaults.get(name).and_then(Value::as_str).map(str::to_owned));
    LimitFields {
        max_budget: amount("max_budget"),
        soft_budget: amount("soft_budget"),
        budget_duration: text("budget_duration"),
        rpm_limit: count("rpm_limit"),
        tpm_limit: count("tpm_limit"),
        max_parallel_requests: count("max_parallel_requests"),
        allowed_models: said(
            defaults.get("allowed_models").and_then(|list| serde_json::from_value(list.clone()).ok()),
        ),
        budget_id: text("budget_id"),
        ..LimitFields::default()
    }
}

#[cfg(test)]
mod tests;
