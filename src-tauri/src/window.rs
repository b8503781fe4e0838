//! The one window. Closing it destroys it, with everything WebKit holds; opening it makes a new one.

use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::app::Shell;

pub const LABEL: &str = "main";

/// Brings the window to the front, making it if there is none.
pub fn open(app: &AppHandle) {
    let window = match app.get_webview_window(LABEL) {
        Some(window) => Ok(window),
        None => create(app),
    };
    match window.and_then(|window| raise(&window)) {
        Ok(()) => app.state::<Shell>().remember_welcome(),
        Err(error) => tracing::error!(%error, "the window could not be opened"),
    }
}

pub fn is_open(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some()
}

pub fn close(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.destroy()
    {
        tracing::warn!(%error, "the window could not be closed");
    }
}

fn create(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let shell = app.state::<Shell>();
    let own = own_places(app);
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Postern")
        .inner_size(1200.0, 800.0)
        .min_inner_size(720.0, 480.0)
        .center()
        .data_directory(shell.data_dir.join("window"))
        .disable_drag_drop_handler()
        // Whatever a page is talked into, this window shows the console and nothing else.
        .on_navigation(move |url| own.contains(&place(url)))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
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
