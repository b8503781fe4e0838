//! Signing in to the console: with a password, or by coming back from another server. What is under way is kept in memory: a
//! restart of the gateway ends what was not finished.

pub mod handover;

use postern_secrets::Secret;
use postern_store::table::users::{self, UserRow};

use super::passwords;
use super::sessions::{self, Session};
use crate::auth::attempts::{Attempts, Peer};
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::upstream::oidc::SingleSignOn;
pub use handover::{Handovers, Ticket};

/// Sign-ins under way.
#[derive(Default)]
pub struct SignIn {
    pub sso: SingleSignOn,
    pub handovers: Handovers,
    attempts: Attempts,
}

/// What somebody says they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    Email(String),
    UserId(String),
    /// LiteLLM's `username` may be either.
    Either(String),
}

impl Account {
    fn text(&self) -> &str {
        match self {
            Self::Email(text) | Self::UserId(text) | Self::Either(text) => text,
        }
    }

    async fn find(&self, engine: &Engine) -> Result<Option<UserRow>, Failure> {
        let account = self.clone();
        engine
            .read(move |connection| match &account {
                Account::Email(email) => users::find_by_email(connection, email),
                Account::UserId(id) => users::find(connection, id),
                Account::Either(text) => match users::find_by_email(connection, text)? {
                    Some(user) => Ok(Some(user)),
                    None => users::find(connection, text),
                },
            })
            .await
    }
}

/// Opens a session for whoever knows the password of an account. A wrong password and an account that does not exist are told
/// alike, and take as long.
pub async fn with_password(
    engine: &Engine,
    account: Account,
    password: Secret,
    peer: Peer,
) -> Result<Session, Failure> {
    let attempts = &engine.sign_in.attempts;
    let attempt = attempts.begin(account.text(), peer, clock::now_ms())?;
    let user = account.find(engine).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = passwords::verify_password(&engine.tasks, password, hash).await?;
    let Some(user) = user.filter(|_| is_right) else {
        let message = "this e-mail address and password do not belong together";
        return Err(Failure::unauthorized("wrong_password", message).with_type("auth_error"));
    };
    attempts.succeeded(attempt);
    sessions::check_open(&user)?;
    sessions::open(engine, user.user_id).await
}
