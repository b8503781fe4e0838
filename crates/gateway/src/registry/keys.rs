//! Virtual keys: issue, block, revoke.

use postern_secrets::Secret;
use postern_store::StoreError;
use postern_store::table::LimitColumns;
use postern_store::table::keys::{self, KeyRow};

use crate::clock;
use crate::directory::Change;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;

/// What a new key may do. Money in nano-dollars, times in UTC milliseconds.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// A key of the caller's own; must start with `sk-`.
    pub key: Option<Secret>,
    pub alias: Option<String>,
    pub models: Vec<String>,
    pub expires_at: Option<i64>,
    pub max_budget_nanos: Option<i64>,
    pub budget_duration: Option<String>,
    pub budget_reset_at: Option<i64>,
    pub rpm_limit: Option<i64>,
    pub tpm_limit: Option<i64>,
    pub max_parallel_requests: Option<i64>,
    pub metadata: serde_json::Map<String, serde_json::Value>,
    pub blocked: bool,
    pub created_by: String,
}

const LONGEST_ALIAS: usize = 200;

/// Issues a key. The secret is returned once and kept nowhere.
pub async fn generate(engine: &Engine, new: NewKey) -> Result<(Secret, KeyRow), Failure> {
    let alias = new.alias.map(|alias| alias.trim().to_owned()).filter(|alias| !alias.is_empty());
    if alias.as_ref().is_some_and(|alias| alias.chars().count() > LONGEST_ALIAS) {
        return Err(Failure::invalid(
            "alias_too_long",
            format!("key_alias is longer than {LONGEST_ALIAS} characters"),
        )
        .with_param("key_alias"));
    }
    let key = match new.key {
        Some(own) => own_key(own)?,
        None => ids::new_key()
            .map_err(|error| Failure::internal(format!("no random numbers for a key: {error}")))?,
    };
    let now = clock::now_ms();
    let row = KeyRow {
        id: ids::new_id(),
        token: ids::hex(&ids::hash_key(key.expose())),
        key_name: ids::key_name(key.expose()),
        key_alias: alias,
        models: serde_json::Value::from(new.models).to_string(),
        metadata: serde_json::Value::Object(new.metadata).to_string(),
        blocked: new.blocked,
        expires_at: new.expires_at,
        limits: LimitColumns {
            max_budget_nanos: new.max_budget_nanos,
            budget_duration: new.budget_duration,
            budget_reset_at: new.budget_reset_at,
            budget_started_at: now,
            rpm_limit: new.rpm_limit,
            tpm_limit: new.tpm_limit,
            max_parallel_requests: new.max_parallel_requests,
            ..LimitColumns::default()
        },
        aliases: "{}".into(),
        allowed_routes: "[]".into(),
        tags: "[]".into(),
        extra: "{}".into(),
        created_by: new.created_by.clone(),
        created_at: now,
        updated_by: new.created_by,
        updated_at: now,
        ..KeyRow::default()
    };
    put(engine, &row).await?;
    Ok((key, row))
}

fn own_key(key: Secret) -> Result<Secret, Failure> {
    let text = key.expose();
    if !text.starts_with("sk-") {
        return Err(Failure::invalid("invalid_key", "key must start with 'sk-'").with_param("key"));
    }
    if text.len() < 16 || text.len() > 256 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::invalid("invalid_key", "key must be 16 to 256 visible ASCII characters")
            .with_param("key"));
    }
    Ok(key)
}

async fn put(engine: &Engine, row: &KeyRow) -> Result<(), Failure> {
    let written = row.clone();
    engine.store.write(move |connection| written.put(connection)).await.map_err(|error| match &error {
        StoreError::Sql(sql) if postern_store::is_constraint(sql) => {
            let message = sql.to_string();
            if message.contains("token") {
                Failure::conflict("key_exists", "this key exists already").with_param("key")
            } else {
                let alias = row.key_alias.clone().unwrap_or_default();
                let mut failure = Failure::invalid(
                    "key_alias_exists",
                    format!("Unique key aliases across all keys are required: '{alias}' is taken"),
                );
                failure.error.param = Some("key_alias".into());
                failure.with_type("bad_request_error")
            }
        }
        _ => error.into(),
    })?;
    engine.refresh(vec![Change::Key(row.id)], &[Topic::Keys]).await
}

/// The row of a key given as itself or as its hash.
pub async fn find(engine: &Engine, key_or_hash: &str) -> Result<Option<KeyRow>, Failure> {
    let token = token_of(key_or_hash);
    engine.read(move |connection| keys::find(connection, &token)).await
}

/// The SHA-256 in hexadecimal of a key, or what is one already.
pub fn token_of(key_or_hash: &str) -> String {
    if key_or_hash.starts_with("sk-") {
        ids::hex(&ids::hash_key(key_or_hash))
    } else {
        key_or_hash.to_ascii_lowercase()
    }
}

/// Revokes those that exist and gives them back; the rest are ignored.
pub async fn revoke(engine: &Engine, keys_or_hashes: &[String]) -> Result<Vec<KeyRow>, Failure> {
    let tokens: Vec<String> = keys_or_hashes.iter().map(|key| token_of(key)).collect();
    let now = clock::now_ms();
    let revoked = engine
        .store
        .write(move |connection| {
            let mut revoked = Vec::new();
            for token in &tokens {
                if let Some(row) = keys::find(connection, token)? {
                    keys::revoke(connection, token, "", now)?;
                    revoked.push(row);
                }
            }
            Ok(revoked)
        })
        .await?;
    if !revoked.is_empty() {
        let changes = revoked.iter().map(|row| Change::Key(row.id)).collect();
        engine.refresh(changes, &[Topic::Keys]).await?;
    }
    Ok(revoked)
}

/// Blocks or unblocks; `None` when there is no such key.
pub async fn set_blocked(
    engine: &Engine,
    key_or_hash: &str,
    blocked: bool,
) -> Result<Option<KeyRow>, Failure> {
    let Some(mut row) = find(engine, key_or_hash).await? else { return Ok(None) };
    row.blocked = blocked;
    row.updated_at = clock::now_ms();
    put(engine, &row).await?;
    Ok(Some(row))
}
