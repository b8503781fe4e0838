//! Whether the gateway listens.

use std::sync::Arc;

use serde_json::json;

use super::audit::{self, Action, Actor, Shown};
use crate::engine::{Engine, ListenerState};
use crate::error::Failure;

fn shown(state: &ListenerState) -> Shown {
    let (word, message) = match state {
        ListenerState::Stopped => ("stopped", None),
        ListenerState::Running(_) => ("running", None),
        ListenerState::Failed { message, .. } => ("failed", Some(message)),
    };
    Shown::from_iter([("state".to_owned(), json!(word)), ("message".to_owned(), json!(message))])
}

/// Starts or stops it, and notes what came of that.
pub async fn switch(engine: &Arc<Engine>, actor: Actor, running: bool) -> Result<(), Failure> {
    let before = shown(&engine.listener_state());
    engine.switch_listener(running).await;
    let after = shown(&engine.listener_state());
    let address = engine.address().to_string();
    engine
        .transact(move |connection| {
            let object = ("listener", address.as_str());
            audit::record(connection, &actor, Action::Updated, object, Some(before), Some(after))
        })
        .await
}
