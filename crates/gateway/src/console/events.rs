//! What happens, as it happens: server-sent events for the console. Whoever may not see everything hears of what they may see,
//! by the permissions that are in force when it happens.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use postern_store::table::keys;
use postern_store::table::owners::SeenBy;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::alerts;
use crate::auth::permissions::{Authority, Thing};
use crate::clock;
use crate::console::{requests, status};
use crate::engine::Engine;
use crate::events::{BudgetNotice, Event, Topic};
use crate::http::Shared;
use crate::shapes::ErrorBody;

/// What of the gateway as a whole only those are told to be stale who may see it.
const OF_THE_WHOLE: [Topic; 4] = [Topic::Providers, Topic::Budgets, Topic::Customers, Topic::Tags];
/// What may be stale of anybody's picture after events were missed.
const ALL: [Topic; 6] =
    [Topic::Requests, Topic::Overview, Topic::Keys, Topic::Providers, Topic::Models, Topic::Status];

/// Somebody who watches.
struct Watcher {
    engine: Arc<Engine>,
    authority: Authority,
    receiver: Receiver<Event>,
    /// Names of keys.
    labels: HashMap<Uuid, String>,
}

/// An event as the console knows it: a name and its data.
type Told = (&'static str, Value);

/// What of an event is to be told.
enum Heard {
    Told(Told),
    /// It is not for this watcher.
    Nothing,
    /// There is nothing more to be heard, or nobody any more who may.
    End,
}

/// Events as the console knows them, for somebody.
fn watch(engine: Arc<Engine>, authority: Authority) -> impl Stream<Item = Told> + Send {
    let receiver = engine.events.subscribe();
    let watcher = Watcher { engine, authority, receiver, labels: HashMap::new() };
    stream::unfold(watcher, |mut watcher| async move {
        loop {
            let event = tokio::select! {
                event = watcher.receiver.recv() => event,
                () = watcher.engine.tasks.stopping() => return None,
            };
            match watcher.hear(event).await {
                Heard::Told(told) => return Some((told, watcher)),
                Heard::Nothing => {}
                Heard::End => return None,
            }
        }
    })
}

impl Watcher {
    async fn hear(&mut self, event: Result<Event, RecvError>) -> Heard {
        // A key that was blocked, or a role that was taken, counts from now on.
        let (directory, snapshot) = (self.engine.directory.load_full(), self.engine.snapshot.load());
        let still = self.authority.still(&directory, &snapshot.access, clock::now_ms());
        drop(snapshot);
        let Some(authority) = still else { return Heard::End };
        self.authority = authority;
        let seen_by = self.authority.seen_by(&directory);
        let told = match event {
            Ok(Event::Request(row)) => {
                if seen_by.as_ref().is_some_and(|seen_by| !seen_by.sees(row.key_id, &row.owner)) {
                    return Heard::Nothing;
                }
                self.name(row.key_id).await;
                ("request", serde_json::to_value(requests::view(&row, &self.labels)).unwrap_or(Value::Null))
            }
            Ok(Event::Stale(topics)) => {
                self.labels.clear();
                return stale(&topics, seen_by.is_some());
            }
            Ok(Event::Listener) if seen_by.is_none() => {
                ("status", serde_json::to_value(status::listener_view(&self.engine)).unwrap_or(Value::Null))
            }
            Ok(Event::Budget(notice)) if concerns(&notice, seen_by.as_ref()) => {
                ("budget", serde_json::to_value(notice.as_ref()).unwrap_or(Value::Null))
            }
            Ok(Event::KeyRotated { key_id, label, previous_until }) => {
                let key = directory.key_of(key_id);
                let is_theirs = key.is_some_and(|key| {
                    let (user, team) = (key.user_id.as_deref(), key.team_id.as_deref());
                    let organization = key.organization_id.as_deref();
                    self.authority.reaches(&directory, Thing::Key { id: key_id, user, team, organization })
                });
                if seen_by.is_some() && !is_theirs {
                    return Heard::Nothing;
                }
                (
                    "key_rotated",
                    json!({"key_id": key_id, "label": label, "previous_until": clock::text(previous_until)}),
                )
            }
            Ok(Event::Alert(alert))
                if seen_by.as_ref().is_none_or(|seen_by| alert.whose.is_seen_by(seen_by)) =>
            {
                ("alert", alerts::body(&alerts::row(&alert, &directory.rules.zone)))
            }
            Ok(Event::Listener | Event::Budget(_) | Event::Alert(_) | Event::CredentialRefused { .. }) => {
                return Heard::Nothing;
            }
            // Missed some: the watcher reads everything anew.
            Err(RecvError::Lagged(_)) => return stale(&ALL, seen_by.is_some()),
            Err(RecvError::Closed) => return Heard::End,
        };
        Heard::Told(told)
    }

    /// A key is named once, not for every request.
    async fn name(&mut self, key: Uuid) {
        if key.is_nil() || self.labels.contains_key(&key) {
            return;
        }
        let labels = self.engine.read(keys::labels).await;
        self.labels = labels
            .map(|rows| rows.into_iter().map(|(id, label, _)| (id, label)).collect())
            .unwrap_or_default();
    }
}

fn stale(topics: &[Topic], limited: bool) -> Heard {
    let told: Vec<&Topic> = topics.iter().filter(|topic| !limited || !OF_THE_WHOLE.contains(topic)).collect();
    if told.is_empty() { Heard::Nothing } else { Heard::Told(("stale", json!({ "topics": told }))) }
}

/// Whether a budget is one of these; `None`: whoever sees everything.
fn concerns(notice: &BudgetNotice, seen_by: Option<&SeenBy>) -> bool {
    let Some(seen_by) = seen_by else { return true };
    match notice.level {
        "user" | "model_per_user" => seen_by.users.contains(&notice.id),
        "team" | "model_per_team" => seen_by.teams.contains(&notice.id),
        "organization" | "model_per_organization" => seen_by.organizations.contains(&notice.id),
        _ => false,
    }
}

/// Requests as they end, and what has become stale, as server-sent events
///
/// `event: request` carries a request's row, `event: stale` `{topics}`, `event: status` the listener,
/// `event: alert` what people are told of. Of what the caller may
/// see; the stream ends when their key does.
#[utoipa::path(
    get, path = "/console/events", tag = "Console",
    responses((status = 200, description = "text/event-stream", content_type = "text/event-stream", body = String), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub async fn events(State(engine): State<Shared>, authority: Authority) -> Response {
    let told = watch(engine, authority)
        .map(|(name, data)| Ok::<_, Infallible>(Sse::default().event(name).data(data.to_string())));
    axum::response::Sse::new(told)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("alive"))
        .into_response()
}
