//! Sign-ins that were begun and have not come back: what has to be remembered of each, and of not too many.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use openidconnect::{Nonce, PkceCodeVerifier};
use subtle::ConstantTimeEq;

use crate::error::Failure;
use crate::ids::{self, KeyHash};

/// How long somebody may take, in milliseconds.
pub const LONGEST_MS: i64 = 10 * 60 * 1000;
/// Anybody can begin a sign-in: the oldest makes room for the newest.
const MOST: usize = 1000;

/// By state.
#[derive(Default)]
pub struct Pending(Mutex<HashMap<String, Begun>>);

/// A sign-in that was begun.
pub struct Begun {
    browser: KeyHash,
    pub nonce: Nonce,
    pub verifier: PkceCodeVerifier,
    pub redirect_uri: String,
    pub return_to: Option<String>,
    /// UTC milliseconds.
    created_at: i64,
}

impl Begun {
    pub fn new(
        cookie: &str,
        nonce: Nonce,
        verifier: PkceCodeVerifier,
        redirect_uri: &str,
        return_to: Option<String>,
        now: i64,
    ) -> Self {
        let browser = ids::hash_key(cookie);
        Self { browser, nonce, verifier, redirect_uri: redirect_uri.to_owned(), return_to, created_at: now }
    }

    fn is_over(&self, now: i64) -> bool {
        now - self.created_at >= LONGEST_MS
    }
}

impl Pending {
    pub fn put(&self, state: String, begun: Begun) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = begun.created_at;
        pending.retain(|_, known| !known.is_over(now));
        while pending.len() >= MOST {
            let oldest = pending.iter().min_by_key(|(_, known)| known.created_at);
            let Some(oldest) = oldest.map(|(state, _)| state.clone()) else { break };
            pending.remove(&oldest);
        }
        pending.insert(state, begun);
    }

    /// The one of that state, for the browser that began it, once.
    pub fn take(&self, state: &str, cookie: Option<&str>, now: i64) -> Result<Begun, Failure> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = pending.get(state).filter(|known| !known.is_over(now)) else {
            return Err(Failure::invalid(
                "sso_state_unknown",
                "this sign-in is not known: it took longer than 10 minutes, was finished already, or the gateway was started anew since. Sign in again",
            )
            .with_param("state"));
        };
        let cookie = cookie.map(ids::hash_key);
        if !cookie.is_some_and(|cookie| bool::from(cookie.ct_eq(&known.browser))) {
            return Err(Failure::forbidden(
                "sso_other_browser",
                "this sign-in was begun in another browser, or this one keeps no cookies. Sign in again",
            ));
        }
        pending.remove(state).ok_or_else(|| Failure::internal("a sign-in was lost"))
    }
}

#[cfg(test)]
mod tests;
