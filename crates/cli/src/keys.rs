//! `postern keys`: virtual keys from the command line.

use std::process::ExitCode;

use anyhow::{Result, bail};
use axum::http::Method;
use clap::Subcommand;
use postern_gateway::Options;
use serde_json::{Value, json};

use crate::call::Connection;
use crate::{note, out};

#[derive(Subcommand)]
pub enum Action {
    /// Issue a key; it is printed once, alone on standard output
    Create {
        /// What to call it
        #[arg(long)]
        name: Option<String>,
        /// Models it may use, `prefix/*` included; may be repeated. Without: all
        #[arg(long = "model", value_name = "MODEL")]
        models: Vec<String>,
        /// How long it lives: 30s, 15m, 12h, 30d, 2w, 1mo. Without: for ever
        #[arg(long, value_name = "DURATION")]
        expires: Option<String>,
        /// Dollars it may spend
        #[arg(long, value_name = "DOLLARS")]
        budget: Option<f64>,
        /// After which the budget starts anew
        #[arg(long, value_name = "DURATION", requires = "budget")]
        budget_duration: Option<String>,
        /// Requests per minute
        #[arg(long, value_name = "NUMBER")]
        rpm: Option<u32>,
        /// Tokens per minute
        #[arg(long, value_name = "NUMBER")]
        tpm: Option<u32>,
        /// The whole answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// List keys
    List {
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key, given as itself, its hash (or the beginning of it) or its name
    Revoke { key: String },
}

pub async fn run(options: Options, action: Action) -> Result<ExitCode> {
    let connection = Connection::open(options).await?;
    let done = act(&connection, action).await;
    connection.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(connection: &Connection, action: Action) -> Result<()> {
    match action {
        Action::Create { name, models, expires, budget, budget_duration, rpm, tpm, json } => {
            let body = json!({
                "key_alias": name, "models": models, "duration": expires, "max_budget": budget,
                "budget_duration": budget_duration, "rpm_limit": rpm, "tpm_limit": tpm,
            });
            let made = connection.call(Method::POST, "/key/generate", body).await?;
            if json {
                out(&serde_json::to_string_pretty(&made)?)?;
            } else {
                out(made["key"].as_str().unwrap_or_default())?;
                note("Shown this once. It is in force already.");
            }
        }
        Action::List { json } => {
            let keys = all(connection).await?;
            if json {
                out(&serde_json::to_string_pretty(&keys)?)?;
            } else {
                list(&keys)?;
            }
        }
        Action::Revoke { key } => {
            let token = find(&all(connection).await?, &key)?;
            connection.call(Method::POST, "/key/delete", json!({"keys": [token]})).await?;
            note("Revoked.");
        }
    }
    Ok(())
}

async fn all(connection: &Connection) -> Result<Vec<Value>> {
    let mut keys = Vec::new();
    for page in 1.. {
        let path = format!("/key/list?return_full_object=true&size=100&page={page}");
        let answer = connection.call(Method::GET, &path, Value::Null).await?;
        keys.extend(answer["keys"].as_array().cloned().unwrap_or_default());
        if answer["total_pages"].as_u64().unwrap_or(0) <= page {
            break;
        }
    }
    Ok(keys)
}

/// The hash of the one key that is meant.
fn find(keys: &[Value], wanted: &str) -> Result<String> {
    if wanted.starts_with("sk-") {
        return Ok(wanted.to_owned());
    }
    let matching: Vec<&str> = keys
        .iter()
        .filter(|key| {
            let token = key["token"].as_str().unwrap_or_default();
            key["key_alias"].as_str() == Some(wanted) || (wanted.len() >= 6 && token.starts_with(wanted))
        })
        .filter_map(|key| key["token"].as_str())
        .collect();
    match matching.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => bail!("there is no key `{wanted}`; `postern keys list` shows them"),
        several => bail!("`{wanted}` fits {} keys: give more of the hash", several.len()),
    }
}

fn list(keys: &[Value]) -> Result<()> {
    if keys.is_empty() {
        note("There are no keys yet: `postern keys create --name laptop` issues one.");
        return Ok(());
    }
    out(&format!("{:<14}{:<24}{:<12}{:>14}  {:<24}", "HASH", "NAME", "KEY", "SPEND USD", "EXPIRES"))?;
    for key in keys {
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        let state = if key["blocked"] == true { " (blocked)" } else { "" };
        let expires = if text("expires").is_empty() { "never" } else { text("expires") };
        out(&format!(
            "{:<14}{:<24}{:<12}{:>14.6}  {:<24}{state}",
            text("token").chars().take(12).collect::<String>(),
            text("key_alias"),
            text("key_name"),
            key["spend"].as_f64().unwrap_or(0.0),
            expires,
        ))?;
    }
    Ok(())
}
