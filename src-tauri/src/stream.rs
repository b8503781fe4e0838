//! The console's events in the window. A command's reply does not stream, so the gateway's event stream is read here, in
//! process, and its events go through a Tauri channel under the names they have on the wire.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use postern_wire::sse::Parser;
use serde::Serialize;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;

use crate::engine::Engine;

/// One server-sent event, its data as it was sent.
#[derive(Clone, Debug, Serialize)]
pub struct StreamEvent {
    event: String,
    data: String,
}

/// What runs for the window that is open now.
#[derive(Default)]
pub struct Streams(Mutex<Vec<JoinHandle<()>>>);

impl Streams {
    /// Follows the events until the window is gone.
    pub fn follow(&self, engine: Engine, channel: Channel<StreamEvent>) {
        let task = tauri::async_runtime::spawn(follow(engine, channel));
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|task| !task.inner().is_finished());
        running.push(task);
    }

    pub fn end_all(&self) {
        for task in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

async fn follow(engine: Engine, channel: Channel<StreamEvent>) {
    loop {
        match read_once(&engine, &channel).await {
            Ok(()) => tracing::debug!("the event stream ended"),
            Err(error) => tracing::debug!(error, "the event stream broke"),
        }
        // The page reads everything anew when the stream is back, so nothing is missed.
        for event in ["disconnected", "connected"] {
            if channel.send(StreamEvent { event: event.to_owned(), data: "null".to_owned() }).is_err() {
                return;
            }
            if event == "disconnected" {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn read_once(engine: &Engine, channel: &Channel<StreamEvent>) -> Result<(), String> {
    let request = http::Request::get("/console/events")
        .header(http::header::ACCEPT, "text/event-stream")
        .body(Body::empty())
        .map_err(|error| error.to_string())?;
    let response = engine.call(request).await;
    if !response.status().is_success() {
        return Err(format!("the gateway answered {}", response.status()));
    }
    let mut body = response.into_body().into_data_stream();
    let mut parser = Parser::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| error.to_string())?;
        let mut found = Vec::new();
        parser
            .feed(&chunk, |event| {
                let data = String::from_utf8_lossy(event.data).into_owned();
                found.push(StreamEvent { event: event.name.to_owned(), data });
            })
            .map_err(|_| "an event was too large".to_owned())?;
        for event in found {
            channel.send(event).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}
