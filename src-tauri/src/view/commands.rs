//! What the page may call, and all of it.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Full};
use serde::Serialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_opener::OpenerExt;

use super::gateway::Gateway;
use super::shell::Shell;
use super::stream::{Stream, StreamEvent};
use crate::seam::Ask;

/// A whole answer of the gateway, for a page that cannot reach it over HTTP.
#[derive(Debug, Serialize)]
pub struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Calls the gateway's own routes as the administrator: no port, no key, no cross-origin rules.
#[tauri::command]
pub async fn gateway_request(
    gateway: State<'_, Gateway>,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
) -> Result<Reply, String> {
    if !path.starts_with('/') {
        return Err(format!("\"{path}\" is not a path of the gateway."));
    }
    let mut request = http::Request::builder().method(method.as_str()).uri(&path);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let body = Full::from(body.unwrap_or_default());
    let request = request.body(body).map_err(|error| format!("The request cannot be made: {error}."))?;
    let (parts, body) = gateway.call(request).await?.into_parts();
    let bytes =
        body.collect().await.map_err(|error| format!("The gateway's answer broke off: {error}."))?.to_bytes();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    Ok(Reply { status: parts.status.as_u16(), headers, body: String::from_utf8_lossy(&bytes).into_owned() })
}

/// Follows the console's events for as long as the page is there.
#[tauri::command]
pub async fn gateway_events(app: AppHandle, channel: Channel<StreamEvent>) -> Result<(), String> {
    app.state::<Gateway>().open().await?;
    app.state::<Stream>().follow(app.clone(), channel);
    Ok(())
}

#[tauri::command]
pub async fn copy_text(shell: State<'_, Shell>, text: String) -> Result<(), String> {
    shell.ask(Ask::Copy(text)).await.map(drop)
}

/// Opens a web page in the user's browser, and nothing else: no file, no other program's links.
#[tauri::command]
pub async fn open_external(app: AppHandle, url: String) -> Result<(), String> {
    let parsed = tauri::Url::parse(&url).map_err(|_| format!("\"{url}\" is not an address."))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("Only web pages are opened, not {}: addresses.", parsed.scheme()));
    }
    app.opener()
        .open_url(parsed.as_str(), None::<&str>)
        .map_err(|error| format!("No browser could be started: {error}."))
}

/// Moves the gateway to another port of the same address, and stays there. Returns the new base URL.
#[tauri::command]
pub async fn listen_on(shell: State<'_, Shell>, port: u16) -> Result<String, String> {
    shell.ask(Ask::ListenOn(port)).await
}

/// Lets the system ask for the keychain's password, and waits for the answer.
#[tauri::command]
pub async fn unlock_vault(shell: State<'_, Shell>) -> Result<(), String> {
    shell.ask(Ask::UnlockVault).await.map(drop)
}
