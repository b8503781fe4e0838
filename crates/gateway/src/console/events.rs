//! What happens, as it happens: server-sent events for the console.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use postern_store::table::keys;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::clock;
use crate::console::{requests, status};
use crate::engine::Engine;
use crate::events::Event;
use crate::http::Shared;
use crate::shapes::{Administrator, ErrorBody};

/// Events as the console knows them: a name and its data.
pub fn watch(engine: Arc<Engine>) -> impl Stream<Item = (&'static str, Value)> + Send {
    let receiver = engine.events.subscribe();
    let labels: HashMap<Uuid, String> = HashMap::new();
    stream::unfold((engine, receiver, labels), |(engine, mut receiver, mut labels)| async move {
        loop {
            let event = tokio::select! {
                event = receiver.recv() => event,
                () = engine.tasks.stopping() => return None,
            };
            let told = match event {
                Ok(Event::Request(row)) => {
                    if !row.key_id.is_nil() && !labels.contains_key(&row.key_id) {
                        // A key is named once, not for every request.
                        labels = engine
                            .read(keys::labels)
                            .await
                            .map(|rows| rows.into_iter().map(|(id, label, _)| (id, label)).collect())
                            .unwrap_or_default();
                    }
                    ("request", serde_json::to_value(requests::view(&row, &labels)).unwrap_or(Value::Null))
                }
                Ok(Event::Stale(topics)) => {
                    labels.clear();
                    ("stale", json!({ "topics": topics }))
                }
                Ok(Event::Listener) => {
                    ("status", serde_json::to_value(status::listener_view(&engine)).unwrap_or(Value::Null))
                }
                Ok(Event::Budget(notice)) => {
                    ("budget", serde_json::to_value(notice.as_ref()).unwrap_or(Value::Null))
                }
                Ok(Event::KeyRotated { key_id, label, previous_until }) => (
                    "key_rotated",
                    json!({"key_id": key_id, "label": label, "previous_until": clock::text(previous_until)}),
                ),
                Ok(Event::CredentialRefused { .. }) => continue,
                // Missed some: the watcher reads everything anew.
                Err(RecvError::Lagged(_)) => (
                    "stale",
                    json!({"topics": ["requests", "overview", "keys", "providers", "models", "status"]}),
                ),
                Err(RecvError::Closed) => return None,
            };
            return Some((told, (engine, receiver, labels)));
        }
    })
}

/// Requests as they end, and what has become stale, as server-sent events
///
/// `event: request` carries a request's row, `event: stale` `{topics}`, `event: status` the listener.
#[utoipa::path(
    get, path = "/console/events", tag = "Console",
    responses((status = 200, description = "text/event-stream", content_type = "text/event-stream", body = String), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn events(State(engine): State<Shared>, _: Administrator) -> Response {
    let told = watch(engine)
        .map(|(name, data)| Ok::<_, Infallible>(Sse::default().event(name).data(data.to_string())));
    axum::response::Sse::new(told)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("alive"))
        .into_response()
}
