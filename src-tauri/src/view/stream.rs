//! The console's events in the window. A command's reply does not stream, so the gateway's event stream is read here, and
//! its events go through a Tauri channel under the names they have on the wire.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use postern_wire::sse::Parser;
use serde::Serialize;
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager};

use super::gateway::Gateway;

/// One server-sent event, its data as it was sent.
#[derive(Clone, Debug, Serialize)]
pub struct StreamEvent {
    event: String,
    data: String,
}

/// What follows the events for the page.
#[derive(Default)]
pub struct Stream(Mutex<Option<JoinHandle<()>>>);

impl Stream {
    /// Follows the events. There is one page: when it is loaded anew, what ran for it before has nobody to tell.
    pub fn follow(&self, app: AppHandle, channel: Channel<StreamEvent>) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = running.replace(tauri::async_runtime::spawn(follow(app, channel))) {
            before.abort();
        }
    }
}

async fn follow(app: AppHandle, channel: Channel<StreamEvent>) {
    let gateway = app.state::<Gateway>();
    loop {
        match read_once(&gateway, &channel).await {
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

async fn read_once(gateway: &Gateway, channel: &Channel<StreamEvent>) -> Result<(), String> {
    let request = http::Request::get("/console/events")
        .header(http::header::ACCEPT, "text/event-stream")
        .body(Full::default())
        .map_err(|error| error.to_string())?;
    let response = gateway.call(request).await?;
    if !response.status().is_success() {
        return Err(format!("the gateway answered {}", response.status()));
    }
    let mut body = response.into_body();
    let mut parser = Parser::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| error.to_string())?;
        let Some(chunk) = frame.data_ref() else { continue };
        let mut found = Vec::new();
        parser
            .feed(chunk, |event| {
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
