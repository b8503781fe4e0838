//! Which user somebody is who signed in at another server: the one that has its name for them, else the one with their
//! address if that was verified, else a new one.

use postern_store::Connection;
use postern_store::table::LimitColumns;
use postern_store::table::users::{self as table, UserRow};

use super::audit::{Action, Actor};
use super::people::{self, Beginning};
use super::sessions::check_open;
use super::users;
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
    let (settings, beginning) = (settings.clone(), Beginning::of(engine));
    let (user, changes) = engine
        .transact(move |connection| {
            Arriving { connection, settings: &settings, beginning: &beginning }.user(&claims)
        })
        .await?;
    if !changes.is_empty() {
        engine.refresh(changes, &[Topic::Users]).await?;
    }
    Ok(user)
}

struct Arriving<'a> {
    connection: &'a Connection,
    settings: &'a SsoSettings,
    beginning: &'a Beginning,
}

impl Arriving<'_> {
    /// The user, and what is new about them.
    fn user(&self, claims: &Claims) -> Result<(UserRow, Vec<Change>), Failure> {
        let known = match table::find_by_sso(self.connection, &claims.subject)? {
            Some(user) => Some(user),
            None => self.by_address(claims)?,
        };
        let Some(before) = known else {
            let user = self.create(claims)?;
            let changes = vec![Change::User(user.user_id.clone())];
            return Ok((user, changes));
        };
        check_open(&before)?;
        let mut user = before.clone();
        let mut changes = Vec::new();
        if user.sso_user_id.is_none() {
            // Whoever made the account, and may know its password, need not be whose address it is.
            user.password_hash = None;
            let ended =
                users::end_sessions(self.connection, &actor(), &user.user_id, self.beginning.now.ms())?;
            changes.extend(ended.into_iter().map(Change::Key));
        }
        user.sso_user_id = Some(claims.subject.clone());
        if let Some(role) = self.role(claims) {
            user.user_role = role;
        }
        if user.user_alias.is_none() {
            user.user_alias.clone_from(&claims.name);
        }
        if user == before {
            return Ok((user, changes));
        }
        ACTOR.clone_into(&mut user.updated_by);
        user.updated_at = self.beginning.now.ms();
        user.put(self.connection)?;
        users::record(self.connection, &actor(), Action::Updated, Some(&before), Some(&user))?;
        changes.push(Change::User(user.user_id.clone()));
        Ok((user, changes))
    }

    fn by_address(&self, claims: &Claims) -> Result<Option<UserRow>, Failure> {
        let Some(email) = &claims.email else { return Ok(None) };
        let Some(user) = table::find_by_email(self.connection, email)? else { return Ok(None) };
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
        let Beginning { defaults, now } = self.beginning;
        people::limits(defaults).apply(self.connection, &mut limits, None, now)?;
        let user = UserRow {
            user_id: ids::new_id().to_string(),
            user_alias: claims.name.clone(),
            // An address that may be anybody's would keep its owner out, or let them in here.
            user_email: claims.email.clone().filter(|_| claims.email_verified),
            user_role: self.role(claims).unwrap_or_else(|| self.default_role()),
            sso_user_id: Some(claims.subject.clone()),
            models: people::models(defaults).to_string(),
            metadata: "{}".into(),
            extra: "{}".into(),
            limits,
            created_by: ACTOR.to_owned(),
            created_at: now.ms(),
            updated_by: ACTOR.to_owned(),
            updated_at: now.ms(),
            ..UserRow::default()
        };
        user.put(self.connection)?;
        users::record(self.connection, &actor(), Action::Created, None, Some(&user))?;
        Ok(user)
    }

    /// The role that the server gives, if it has a say in that.
    fn role(&self, claims: &Claims) -> Option<String> {
        self.settings.claims.role.as_ref()?;
        Some(claims.role(self.settings).map_or_else(|| self.default_role(), str::to_owned))
    }

    /// What the section says, else what the file says of all new users.
    fn default_role(&self) -> String {
        let own = self.settings.default_role.as_deref().and_then(Role::parse);
        own.unwrap_or_else(|| people::role(&self.beginning.defaults)).as_str().to_owned()
    }
}

fn actor() -> Actor {
    Actor { name: ACTOR.to_owned(), key: String::new() }
}

#[cfg(test)]
mod tests;
