//! What the menu, the window and a second start may ask of the shell.

use clap::Parser;
use tauri::{AppHandle, Manager};

use crate::app::Shell;
use crate::arguments::Arguments;
use crate::engine::Engine;
use crate::menu::Action;
use crate::seam::{Ask, Outcome};
use crate::{quit, tray, watch, window};

/// What the window cannot do in its own process.
pub async fn answer(app: AppHandle, ask: Ask) -> Outcome {
    match ask {
        Ask::Copy(text) => copy(app, text).await.map(|()| String::new()),
        Ask::ListenOn(port) => listen_on(app, port).await,
        Ask::UnlockVault => unlock_vault(app).await.map(|()| String::new()),
    }
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
    if quit { quit::begin(app) } else { window::open(app) }
}

async fn toggle(app: &AppHandle) -> Result<(), String> {
    let engine = app.state::<Shell>().engine().await?;
    let outcome = engine.toggle().await;
    watch::refresh(app, &engine).await;
    outcome
}

/// Moves the gateway to another port of the same address, and stays there. Returns the new base URL.
async fn listen_on(app: AppHandle, port: u16) -> Result<String, String> {
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
async fn unlock_vault(app: AppHandle) -> Result<(), String> {
    let engine = app.state::<Shell>().engine().await?;
    engine.unlock_vault().await;
    watch::refresh(&app, &engine).await;
    Ok(())
}

async fn copy(app: AppHandle, text: String) -> Result<(), String> {
    tauri::async_runtime::spawn_blocking(move || app.state::<Shell>().clipboard.copy(text))
        .await
        .map_err(|error| error.to_string())?
}
