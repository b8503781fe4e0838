//! The user's own prices of models, which win over the catalogue's.

use postern_store::Connection;
use postern_store::table::prices::{self, PriceRow};
use serde_json::{Value, json};

use super::audit::{self, Action, Actor, Shown};
use crate::catalogue::PriceOverride;
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;

pub mod rerate;

fn find(connection: &Connection, provider: &str, model: &str) -> Result<Option<PriceRow>, Failure> {
    let all = prices::all(connection)?;
    Ok(all.into_iter().find(|row| row.provider == provider && row.model == model))
}

fn shown(row: &PriceRow) -> Shown {
    let prices: Value = serde_json::from_str(&row.prices).unwrap_or_default();
    Shown::from_iter([
        ("provider".to_owned(), json!(row.provider)),
        ("model".to_owned(), json!(row.model)),
        ("prices".to_owned(), prices),
    ])
}

fn name(provider: &str, model: &str) -> String {
    format!("{provider}/{model}")
}

/// Sets prices of a model of the catalogue, for requests from now on.
pub async fn set(
    engine: &Engine,
    actor: Actor,
    provider: &str,
    model: &str,
    said: &PriceOverride,
) -> Result<(), Failure> {
    said.check().map_err(|problem| Failure::invalid("invalid_price", problem))?;
    if said.is_empty() {
        let message = "give at least one price, or DELETE to return to the catalogue's";
        return Err(Failure::invalid("missing_field", message));
    }
    let row = PriceRow {
        provider: provider.to_owned(),
        model: model.to_owned(),
        prices: serde_json::to_string(said).map_err(|error| Failure::internal(error.to_string()))?,
        updated_at: clock::now_ms(),
    };
    engine
        .transact(move |connection| {
            let before = find(connection, &row.provider, &row.model)?;
            prices::put(connection, &row)?;
            let action = if before.is_some() { Action::Updated } else { Action::Created };
            let name = name(&row.provider, &row.model);
            let before = before.as_ref().map(shown);
            audit::record(connection, &actor, action, ("price", &name), before, Some(shown(&row)))
        })
        .await?;
    engine.changed(&[Topic::Catalogue, Topic::Models]).await
}

/// Returns to the catalogue's prices; false if there were none of the user's own.
pub async fn remove(engine: &Engine, actor: Actor, provider: &str, model: &str) -> Result<bool, Failure> {
    let (from, of) = (provider.to_owned(), model.to_owned());
    let removed = engine
        .transact(move |connection| {
            let Some(before) = find(connection, &from, &of)? else { return Ok(false) };
            prices::remove(connection, &from, &of)?;
            let object = name(&from, &of);
            audit::record(
                connection,
                &actor,
                Action::Deleted,
                ("price", &object),
                Some(shown(&before)),
                None,
            )?;
            Ok::<_, Failure>(true)
        })
        .await?;
    if removed {
        engine.changed(&[Topic::Catalogue, Topic::Models]).await?;
    }
    Ok(removed)
}
