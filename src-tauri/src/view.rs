//! The window's own process: one webview with the console, and nothing else. No tray, no gateway, no single instance:
//! the shell starts it (`window.rs`), and it ends with its window or with the shell, whichever goes first.
//!
//! Its page's requests go to the gateway's control socket (`view/gateway.rs`), and what only the shell can do is asked of
//! the shell (`view/shell.rs`). Start with `view/commands.rs`, which is all that the page can call.

mod commands;
mod downloads;
mod gateway;
mod shell;
mod stream;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, Manager, RunEvent, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
};

use crate::app;
use crate::seam::ToShell;

const LABEL: &str = "main";

/// Runs until the window is closed.
pub fn run(data_dir: PathBuf) -> Result<ExitCode, String> {
    name_process();
    let runtime = app::start_runtime()?;
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_opener::init())
        .invoke_handler(tauri::generate_handler![
            commands::copy_text,
            commands::gateway_events,
            commands::gateway_request,
            commands::listen_on,
            commands::open_external,
            commands::save_answer,
            commands::save_bytes,
            commands::show_file,
            commands::unlock_vault,
        ])
        .setup(move |app| {
            let handle = app.handle();
            app.manage(gateway::Gateway::of(&data_dir));
            app.manage(shell::Shell::default());
            app.manage(stream::Stream::default());
            app.manage(downloads::Downloads::default());
            if let Err(error) = create(handle, &data_dir).and_then(|window| show(&window)) {
                tracing::error!(%error, "the window could not be opened");
                handle.exit(1);
                return Ok(());
            }
            shell::say(&ToShell::Shown);
            shell::listen(handle.clone());
            Ok(())
        })
        .build(app::context())
        .map_err(|error| format!("The desktop could not be reached: {error}."))?;
    // The last window closing ends the process. The shell sees to it where WebKit, closed while it starts, does not let
    // go.
    let code = app.run_return(|_, event| {
        if matches!(event, RunEvent::WindowEvent { event: WindowEvent::CloseRequested { .. }, .. }) {
            shell::say(&ToShell::Closing);
        }
    });
    runtime.shutdown_background();
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// In lists of processes this one is told from the shell.
fn name_process() {
    #[cfg(target_os = "linux")]
    if let Err(error) = std::fs::write("/proc/self/comm", "postern-window") {
        tracing::debug!(%error, "the process keeps its name");
    }
}

/// As the shell asks. Nothing is said if the window is on its way out: the shell then opens another.
fn raise(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    match show(&window) {
        Ok(()) => shell::say(&ToShell::Shown),
        Err(error) => tracing::warn!(%error, "the window could not be raised"),
    }
}

fn show(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn create(app: &AppHandle, data_dir: &Path) -> tauri::Result<WebviewWindow> {
    let own = own_places(app);
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Postern")
        .inner_size(1200.0, 800.0)
        .min_inner_size(720.0, 480.0)
        .center()
        .data_directory(data_dir.join("window"))
        .disable_drag_drop_handler()
        // Whatever a page is talked into, this window shows the console and nothing else.
        .on_navigation(move |url| own.contains(&place(url)))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()
}

/// Where the console comes from: the embedded files, or the development server under `tauri dev`.
fn own_places(app: &AppHandle) -> Vec<Place> {
    let mut places = Vec::new();
    for own in ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"] {
        places.extend(Url::parse(own).as_ref().map(place));
    }
    if tauri::is_dev() {
        places.extend(app.config().build.dev_url.as_ref().map(place));
    }
    places
}

/// What `Url::origin` would say, but for our own scheme, which it knows nothing of.
type Place = (String, Option<String>, Option<u16>);

fn place(url: &Url) -> Place {
    (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
}
