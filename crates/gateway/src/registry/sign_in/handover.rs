//! From the way back of a sign-in elsewhere to the page of the console: a code in the address of the page, which it exchanges
//! for the session. The code counts once, for a minute, in the browser that came back (a cookie sees to it); neither it nor
//! the session's key is ever in an address that is sent to anybody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use postern_secrets::Secret;
use subtle::ConstantTimeEq;

use crate::error::Failure;
use crate::ids::{self, KeyHash};

/// How long the page has, in milliseconds.
pub const LONGEST_MS: i64 = 60 * 1000;
const MOST: usize = 1000;

/// By the hash of the code.
#[derive(Default)]
pub struct Handovers(Mutex<HashMap<KeyHash, Waiting>>);

struct Waiting {
    user_id: String,
    browser: KeyHash,
    until: i64,
}

/// What the browser is given.
pub struct Ticket {
    pub code: Secret,
    pub cookie: Secret,
}

impl Handovers {
    /// Somebody has come back as this user.
    pub fn put(&self, user_id: String, now: i64) -> Result<Ticket, Failure> {
        let random = || {
            ids::new_random()
                .map_err(|error| Failure::internal(format!("no random numbers for a sign-in: {error}")))
        };
        let ticket = Ticket { code: random()?, cookie: random()? };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, known| known.until > now);
        while waiting.len() >= MOST {
            let oldest = waiting.iter().min_by_key(|(_, known)| known.until).map(|(code, _)| *code);
            let Some(oldest) = oldest else { break };
            waiting.remove(&oldest);
        }
        let browser = ids::hash_key(ticket.cookie.expose());
        waiting.insert(
            ids::hash_key(ticket.code.expose()),
            Waiting { user_id, browser, until: now + LONGEST_MS },
        );
        Ok(ticket)
    }

    /// The user for whom the code was made. Whoever tries a code ends it.
    pub fn take(&self, code: &Secret, cookie: Option<&str>, now: i64) -> Result<String, Failure> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = waiting.remove(&ids::hash_key(code.expose())).filter(|known| known.until > now);
        let cookie = cookie.map(ids::hash_key);
        let is_theirs =
            |known: &Waiting| cookie.is_some_and(|cookie| bool::from(cookie.ct_eq(&known.browser)));
        known.filter(is_theirs).map(|known| known.user_id).ok_or_else(|| {
            let message = "this sign-in was finished already, took longer than a minute, or belongs to another browser. Sign in again";
            Failure::unauthorized("sign_in_code_unknown", message).with_type("auth_error").with_param("code")
        })
    }
}

#[cfg(test)]
mod tests;
