//! Which user somebody is who signed in at another server: the one that has its name for them, else the one with their
//! address if that was verified, else a new one.

use postern_store::Connection;
use postern_store::table::LimitColumns;
use postern_store::table::users::{self, UserRow};
use serde_json::{Map, Value};

use super::audit::{self, Action, Actor};
use super::limited::{LimitFields, Now, Said};
use super::sessions::check_open;
use crate::config::SsoSettings;
use crate::directory::{Change, Role};
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::upstream::oidc::Claims;

/// Who made what single sign-on changed, as the log has it.
const ACTOR: &str = "single sign-on";

/// The user, found or made.
pub async fn arrive(engine: &Engine, settings: &SsoSettings, claims: Claims) -> Result<UserRow, Failure> {
    let (settings, now) = (settings.clone(), engine.now());
    let defaults = engine.directory.load().rules.default_user_params.clone();
    let (user, is_changed) = engine
        .transact(move |connection| {
            let arriving = Arriving { connection, settings: &settings, defaults: &defaults, now: &now };
            arriving.user(&claims)
        })
        .await?;
    if is_changed {
        engine.refresh(vec![Change::User(user.user_id.clone())], &[Topic::Users]).await?;
    }
    Ok(user)
}

struct Arriving<'a> {
    connection: &'a Connection,
    settings: &'a SsoSettings,
    defaults: &'a Map<String, Value>,
    now: &'a Now,
}

impl Arriving<'_> {
    /// The user, and whether anything about them is new.
    fn user(&self, claims: &Claims) -> Result<(UserRow, bool), Failure> {
        let known = match users::find_by_sso(self.connection, &claims.subject)? {
            Some(user) => Some(user),
            None => self.by_address(claims)?,
        };
        let Some(before) = known else { return Ok((self.create(claims)?, true)) };
        check_open(&before)?;
        let mut user = before.clone();
        user.sso_user_id = Some(claims.subject.clone());
        if let Some(role) = self.role(claims) {
            user.user_role = role;
        }
        if user.user_alias.is_none() {
            user.user_alias.clone_from(&claims.name);
        }
        if user == before {
            return Ok((user, false));
        }
        user.updated_by = ACTOR.to_owned();
        user.updated_at = self.now.ms();
        user.put(self.connection)?;
        self.record(Action::Updated, &user, Some(before.shown()))?;
        Ok((user, true))
    }

    fn by_address(&self, claims: &Claims) -> Result<Option<UserRow>, Failure> {
        let Some(email) = &claims.email else { return Ok(None) };
        let Some(user) = users::find_by_email(self.connection, email)? else { return Ok(None) };
        let name = &self.settings.name;
        let refuse = |why: String| Err(Failure::forbidden("sso_account_taken", why).with_type("auth_error"));
        if !claims.email_verified {
            return refuse(format!(
                "there is an account with the address {email} already, and {name} does not say that the address was verified. Whoever administers this gateway can put the account's sso_user_id in, or say trust_email where {name} is to be trusted"
            ));
        }
        if user.sso_user_id.is_some() {
            return refuse(format!(
                "the account with the address {email} belongs to somebody else at {name}; whoever administers this gateway can change its sso_user_id"
            ));
        }
        Ok(Some(user))
    }

    fn create(&self, claims: &Claims) -> Result<UserRow, Failure> {
        if !self.settings.create_users {
            let name = &self.settings.name;
            let message = format!(
                "{name} knows you, and this gateway does not: ask whoever administers it for an account"
            );
            return Err(Failure::forbidden("sso_user_unknown", message).with_type("auth_error"));
        }
        let mut limits = LimitColumns::default();
        limits_of(self.defaults).apply(self.connection, &mut limits, None, self.now)?;
        let models = self.defaults.get("models").filter(|models| models.is_array());
        let user = UserRow {
            user_id: ids::new_id().to_string(),
            user_alias: claims.name.clone(),
            // An address that may be anybody's would keep its owner out, or let them in here.
            user_email: claims.email.clone().filter(|_| claims.email_verified),
            user_role: self.role(claims).unwrap_or_else(|| self.default_role()),
            sso_user_id: Some(claims.subject.clone()),
            models: models.map_or_else(|| "[]".to_owned(), ToString::to_string),
            metadata: "{}".into(),
            extra: "{}".into(),
            limits,
            created_by: ACTOR.to_owned(),
            created_at: self.now.ms(),
            updated_by: ACTOR.to_owned(),
            updated_at: self.now.ms(),
            ..UserRow::default()
        };
        user.put(self.connection)?;
        self.record(Action::Created, &user, None)?;
        Ok(user)
    }

    /// The role that the server gives, if it has a say in that.
    fn role(&self, claims: &Claims) -> Option<String> {
        self.settings.claims.role.as_ref()?;
        Some(claims.role(self.settings).map_or_else(|| self.default_role(), str::to_owned))
    }

    /// What the section says, else what the file says of all new users.
    fn default_role(&self) -> String {
        let of_users = self.defaults.get("user_role").and_then(Value::as_str);
        let role = self.settings.default_role.as_deref().or(of_users).and_then(Role::parse);
        role.unwrap_or_default().as_str().to_owned()
    }

    fn record(&self, action: Action, user: &UserRow, before: Option<audit::Shown>) -> Result<(), Failure> {
        let actor = Actor { name: ACTOR.to_owned(), key: String::new() };
        let object = ("user", user.user_id.as_str());
        audit::record(self.connection, &actor, action, object, before, Some(user.shown()))
    }
}

/// The limits that the file gives new users.
fn limits_of(defaults: &Map<String, Value>) -> LimitFields {
    fn said<T>(value: Option<T>) -> Said<T> {
        value.map_or(Said::Nothing, Said::Set)
    }
    let member = |name: &str| defaults.get(name);
    let count = |name: &str| said(member(name).and_then(Value::as_i64));
    let dollars = |name: &str| said(member(name).and_then(Value::as_f64));
    let text = |name: &str| said(member(name).and_then(Value::as_str).map(str::to_owned));
    LimitFields {
        max_budget: dollars("max_budget"),
        soft_budget: dollars("soft_budget"),
        budget_duration: text("budget_duration"),
        rpm_limit: count("rpm_limit"),
        tpm_limit: count("tpm_limit"),
        max_parallel_requests: count("max_parallel_requests"),
        model_max_budget: said(member("model_max_budget").and_then(Value::as_object).cloned()),
        budget_id: text("budget_id"),
        ..LimitFields::default()
    }
}

#[cfg(test)]
mod tests;
