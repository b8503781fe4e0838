//! Responses that their callers may come back to: with `previous_response_id`, or to read or delete them.
//!
//! Where the provider keeps a response, a row says which deployment has it, and what goes on with it goes there. Where it
//! keeps nothing, because it was asked in another format, the gateway keeps the turn and puts what came before in front of
//! the next one.

use std::sync::Arc;

use bytes::Bytes;
use postern_store::table::responses::{self as table, ResponseRow};
use postern_wire::Envelope;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::auth::Caller;
use crate::clock;
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::snapshot::Deployment;

/// A conversation of more turns than this has to be summed up by its caller.
const MOST_TURNS: usize = 1000;

/// What a request goes on with.
pub enum Continued {
    /// Nothing, or something that the gateway knows nothing of.
    Nothing,
    /// The provider keeps it: this deployment has to be asked.
    At(String),
    /// The gateway kept it: the body with what came before.
    Here(Bytes),
}

/// Finds what a request goes on with. Another key's responses are as good as unknown.
pub async fn continued(
    engine: &Engine,
    caller: &Caller,
    previous: &str,
    body: &Bytes,
) -> Result<Continued, Failure> {
    let Some(row) = find(engine, caller, previous).await? else { return Ok(Continued::Nothing) };
    if row.response.is_none() {
        return Ok(Continued::At(row.deployment_id));
    }
    let turns = engine.read(move |connection| table::turns_up_to(connection, row, MOST_TURNS)).await?;
    if turns.first().is_some_and(|first| first.previous_id.is_some()) {
        return Err(not_found(previous, "what came before it is gone"));
    }
    let mut history = Vec::new();
    for turn in &turns {
        let input: Vec<&RawValue> =
            turn.input.as_deref().and_then(|items| serde_json::from_str(items).ok()).unwrap_or_default();
        history.extend(input.into_iter().map(|item| item.get().to_owned()));
        history.extend(postern_wire::output_items(turn.response.as_deref().unwrap_or_default()));
    }
    Ok(Continued::Here(postern_wire::with_history(body, &history, &[])?.into()))
}

/// The caller's response of that id.
pub async fn find(engine: &Engine, caller: &Caller, id: &str) -> Result<Option<ResponseRow>, Failure> {
    let wanted = id.to_owned();
    let found = engine.read(move |connection| table::find(connection, &wanted)).await?;
    let is_all = matches!(caller, Caller::Internal | Caller::Administrator);
    Ok(found.filter(|row| is_all || row.key_id == caller.key_id()))
}

/// In OpenAI's words.
pub fn not_found(id: &str, why: &str) -> Failure {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    let message = format!("Previous response with id '{id}' not found{why}.");
    Failure::invalid("previous_response_not_found", message).with_param("previous_response_id")
}

/// Keeps one response when it is complete.
pub struct Keeper {
    engine: Arc<Engine>,
    key_id: Uuid,
    /// The request as it was asked, before anything was put in front of it.
    asked: Bytes,
    previous: Option<String>,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl Keeper {
    /// `None` if the caller wants nothing kept, or nothing may be.
    pub fn of(engine: &Arc<Engine>, caller: &Caller, envelope: &Envelope, asked: &Bytes) -> Option<Self> {
        let memory = envelope.memory.as_ref().filter(|memory| memory.store)?;
        Some(Self {
            engine: engine.clone(),
            key_id: caller.key_id(),
            asked: asked.clone(),
            previous: memory.previous.clone(),
        })
    }

    /// The provider keeps it under this id.
    pub async fn kept_by_provider(self, id: String, deployment: &Deployment) {
        self.put(id, deployment, None, None).await;
    }

    /// The gateway has to: `response` is the whole of it, as the caller sees it.
    pub async fn keep(self, response: &str, deployment: &Deployment) {
        let Ok(Identified { id }) = serde_json::from_str(response) else { return };
        let new_id = || ids::new_id().simple().to_string();
        let Ok(items) = postern_wire::turn_items(&self.asked, new_id) else { return };
        let input = format!("[{}]", items.join(","));
        self.put(id, deployment, Some(input), Some(response.to_owned())).await;
    }

    /// In force before the caller sees the end of the response. The answer itself is good even if this fails.
    async fn put(self, id: String, deployment: &Deployment, input: Option<String>, response: Option<String>) {
        let row = ResponseRow {
            id,
            key_id: self.key_id,
            deployment_id: deployment.id.clone(),
            previous_id: self.previous,
            input,
            response,
            created_at: clock::now_ms(),
        };
        if let Err(error) = self.engine.store.write(move |connection| table::put(connection, &row)).await {
            tracing::error!(%error, "a response was not kept");
        }
    }
}

/// The response in the last event of a stream's end.
pub fn last_response(events: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Ended<'a> {
        #[serde(borrow)]
        response: &'a RawValue,
    }
    let text = std::str::from_utf8(events).ok()?;
    let data = text.trim_end().rsplit_once("data: ")?.1;
    Some(serde_json::from_str::<Ended<'_>>(data).ok()?.response.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::last_response;

    #[test]
    fn the_last_event_holds_the_response() {
        let events = b"event: a\ndata: {\"x\":1}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"n\":1.0}}\n\n";
        assert_eq!(last_response(events).as_deref(), Some(r#"{"id":"r","n":1.0}"#));
        assert_eq!(last_response(b"data: [DONE]\n\n"), None);
    }
}
