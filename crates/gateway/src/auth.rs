//! Who is calling, and may they? Works on the snapshot and the headers alone: no database on the way of a request.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::error::Failure;
use crate::ids::{self, KeyHash};
use crate::snapshot::{AllowedModels, Snapshot, VirtualKey};

/// Who is calling.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Holder of the administrator's key.
    Administrator,
    /// The desktop window or the control socket of the same user: acts as the administrator.
    Internal,
    Key(Arc<VirtualKey>),
}

impl Caller {
    /// The nil UUID stands for the administrator.
    pub fn key_id(&self) -> Uuid {
        self.key().map_or(Uuid::nil(), |key| key.row.id)
    }

    pub fn key(&self) -> Option<&Arc<VirtualKey>> {
        match self {
            Self::Key(key) => Some(key),
            Self::Administrator | Self::Internal => None,
        }
    }

    pub fn is_administrator(&self) -> bool {
        self.key().is_none()
    }

    /// Whether a model may be used that is known by these names.
    pub fn may_use(&self, names: &[&str]) -> bool {
        self.key().is_none_or(|key| key.models.allow(names))
    }

    /// The refusal of a model that this caller may not use; `group` is the model group that the name led to.
    pub fn check_access(&self, model: &str, group: &str) -> Result<(), Failure> {
        if self.may_use(&[model, group]) {
            return Ok(());
        }
        let allowed = match self.key().map(|key| &key.models) {
            Some(AllowedModels::Only { list, .. }) => list.join(", "),
            _ => String::new(),
        };
        Err(Failure::forbidden(
            "model_not_allowed",
            format!("key not allowed to access model. This key can only access models=[{allowed}]. Tried to access {model}"),
        )
        .with_type("key_model_access_denied")
        .with_param("model"))
    }
}

/// Marks a request that comes from inside the process or over the control socket. Only code can attach it.
#[derive(Debug, Clone, Copy)]
pub struct InternalOrigin;

/// Headers a key may come in, in the order they are looked at.
const KEY_HEADERS: [&str; 5] =
    ["x-litellm-api-key", "authorization", "api-key", "x-api-key", "x-goog-api-key"];
const ADMIN_HEADER: &str = "x-admin-key";

/// Finds the caller. `now` is UTC milliseconds.
pub fn authenticate(snapshot: &Snapshot, headers: &HeaderMap, now: i64) -> Result<Caller, Failure> {
    if let Some(value) = headers.get(ADMIN_HEADER) {
        let key = value.to_str().unwrap_or_default();
        return if is_admin(snapshot, &ids::hash_key(key)) {
            Ok(Caller::Administrator)
        } else {
            Err(unknown_key(key))
        };
    }
    let Some(key) = presented_key(headers)? else {
        return Err(Failure::unauthorized(
            "missing_api_key",
            "Authentication Error, No api key passed in. Send one as `Authorization: Bearer sk-...`.",
        )
        .with_type("auth_error"));
    };
    let key = key.as_ref();
    let hash = ids::hash_key(key);
    if let Some(found) = snapshot.key(&hash) {
        check(found, now)?;
        return Ok(Caller::Key(found.clone()));
    }
    if is_admin(snapshot, &hash) {
        return Ok(Caller::Administrator);
    }
    Err(unknown_key(key))
}

fn presented_key(headers: &HeaderMap) -> Result<Option<Cow<'_, str>>, Failure> {
    for name in KEY_HEADERS {
        let Some(value) = headers.get(name) else { continue };
        let malformed = || {
            Failure::unauthorized(
                "malformed_api_key",
                format!("Authentication Error, Malformed API Key passed in the header `{name}`. Send `Authorization: Bearer sk-...`."),
            )
            .with_type("auth_error")
        };
        let text = value.to_str().map_err(|_| malformed())?.trim();
        if let Some(key) = strip_scheme(text, "basic").and_then(of_basic) {
            return Ok(Some(Cow::Owned(key)));
        }
        let bearer = strip_scheme(text, "bearer").or_else(|| strip_scheme(text, "basic"));
        let key = match (name == header::AUTHORIZATION.as_str(), bearer) {
            (true, None) => return Err(malformed()),
            (_, Some(key)) => key,
            (false, None) => text,
        };
        if !key.is_empty() {
            return Ok(Some(Cow::Borrowed(key)));
        }
    }
    Ok(None)
}

/// The password of a name and password, or the name without one: what clients make of `http://any:sk-...@127.0.0.1:4000`, the
/// one place for a key that every tool has.
fn of_basic(encoded: &str) -> Option<String> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    let key = if password.is_empty() { name } else { password };
    (!key.is_empty()).then(|| key.to_owned())
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    word.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn is_admin(snapshot: &Snapshot, hash: &KeyHash) -> bool {
    snapshot.admin.as_ref().is_some_and(|admin| bool::from(admin.ct_eq(hash)))
}

fn check(key: &VirtualKey, now: i64) -> Result<(), Failure> {
    if key.row.blocked {
        return Err(Failure::unauthorized(
            "key_blocked",
            "Authentication Error, Key is blocked. Unblock it in the console or with /key/unblock.",
        )
        .with_type("auth_error"));
    }
    if key.row.expires_at.is_some_and(|expires| expires <= now) {
        let expired = crate::clock::text(key.row.expires_at.unwrap_or_default());
        return Err(Failure::unauthorized(
            "expired_key",
            format!("Authentication Error - Expired Key. {} expired at {expired}.", key.row.key_name),
        )
        .with_type("expired_key")
        .with_param(&key.row.key_name));
    }
    Ok(())
}

/// Shows the end of what was sent, never the whole.
fn unknown_key(key: &str) -> Failure {
    let (code, message) = if key.starts_with("sk-") {
        let shown = ids::key_name(key);
        (
            "invalid_api_key",
            format!(
                "Authentication Error, Invalid proxy server token passed. Received API Key = {shown}: no such key."
            ),
        )
    } else {
        (
            "invalid_api_key",
            "Authentication Error, the key is not one of this gateway's: virtual keys start with 'sk-'."
                .to_owned(),
        )
    };
    Failure::unauthorized(code, message).with_type("token_not_found_in_db").with_param("key")
}

#[cfg(test)]
mod tests;
