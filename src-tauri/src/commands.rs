//! What the window, the menu and a second start may ask for.

use std::collections::BTreeMap;

use axum::body::Body;
use clap::Parser;
use http_body_util::BodyExt;
use serde::Serialize;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};
use tauri_plugin_opener::OpenerExt;

use crate::app::Shell;
use crate::arguments::Arguments;
use crate::engine::Engine;
use crate::menu::Action;
use crate::stream::StreamEvent;
use crate::{quit, tray, watch, window};

/// A whole answer of the gateway, for a page that cannot reach it over HTTP.
#[derive(Debug, Serialize)]
pub struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Calls the gateway's own routes in this process, as the administrator: no port, no key, no cross-origin rules.
#[tauri::command]
pub async fn gateway_request(
    shell: State<'_, Shell>,
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
    let body = body.map_or_else(Body::empty, Body::from);
    let request = request.body(body).map_err(|error| format!("The request cannot be made: {error}."))?;
    let response = shell.engine().await?.call(request).await;
    let (parts, body) = response.into_parts();
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

/// Follows the console's events until the window closes.
#[tauri::command]
pub async fn gateway_events(shell: State<'_, Shell>, channel: Channel<StreamEvent>) -> Result<(), String> {
    let engine = shell.engine().await?;
    shell.streams.follow(engine, channel);
    Ok(())
}

#[tauri::command]
pub async fn copy_text(app: AppHandle, text: String) -> Result<(), String> {
    copy(app, text).await
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
pub async fn listen_on(app: AppHandle, port: u16) -> Result<String, String> {
    let shell = app.state::<Shell>();
    let engine = shell.engine().await?;
    let mut address = engine.wanted_address();
    address.set_port(port);
    let outcome = engine.listen_at(address).await;
    if let Ok(bound) = outcome {
        // A port that the system picked is not the user's wish for the next time.
        let chosen = (port != 0).then_some(bound);
        shell.change_settings(|settings| settings.listen = chosen);
    }
    watch::refresh(&app, &engine).await;
    outcome.map(postern_gateway::engine::base_url)
}

/// Lets the system ask for the keychain's password, and waits for the answer.
#[tauri::command]
pub async fn unlock_vault(app: AppHandle) -> Result<(), String> {
    let engine = app.state::<Shell>().engine().await?;
    engine.unlock_vault().await;
    watch::refresh(&app, &engine).await;
    Ok(())
}

/// A click in the tray's menu. On the main thread, so whatever takes time is handed on.
pub fn from_menu(app: &AppHandle, action: Action) {
    match action {
        Action::Open => return window::open(app),
        Action::Quit => return quit::begin(app),
        _ => {}
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let outcome = match action {
            Action::Toggle => toggle(&app).await,
            Action::UsePort(port) => listen_on(app.clone(), port).await.map(drop),
            Action::UnlockVault => unlock_vault(app.clone()).await,
            Action::CopyBaseUrl => {
                let url = app.state::<Shell>().glance().base_url();
                match url {
                    Some(url) => copy(app.clone(), url).await,
                    None => Ok(()),
                }
            }
            Action::Open | Action::Quit => Ok(()),
        };
        if let Err(error) = outcome {
            tracing::warn!(error, "a click in the menu came to nothing");
        }
        tray::refresh(&app);
    });
}

async fn toggle(app: &AppHandle) -> Result<(), String> {
    let engine = app.state::<Shell>().engine().await?;
    let outcome = engine.toggle().await;
    watch::refresh(app, &engine).await;
    outcome
}

/// Starts listening and shows what came of it; a refusal is a state, told by `watch`.
pub async fn listen(app: &AppHandle, engine: &Engine) {
    if let Err(error) = engine.listen().await {
        tracing::warn!(error, "the gateway does not listen");
    }
    watch::refresh(app, engine).await;
}

/// Somebody started Postern while it runs: bring the window up, or do what the arguments ask.
pub fn another_start(app: &AppHandle, arguments: &[String]) {
    let quit = Arguments::try_parse_from(arguments).is_ok_and(|arguments| arguments.quit);
    let app = app.clone();
    let handle = app.clone();
    let asked =
        app.run_on_main_thread(move || if quit { quit::begin(&handle) } else { window::open(&handle) });
    if let Err(error) = asked {
        tracing::warn!(%error, "a second start was not answered");
    }
}

async fn copy(app: AppHandle, text: String) -> Result<(), String> {
    tauri::async_runtime::spawn_blocking(move || app.state::<Shell>().clipboard.copy(text))
        .await
        .map_err(|error| error.to_string())?
}
