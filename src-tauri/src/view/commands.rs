//! What the page may call, and all of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::Serialize;
use tauri::ipc::{self, Channel, InvokeBody};
use tauri::{AppHandle, Manager, State};
use tauri_plugin_opener::OpenerExt;

use super::downloads::{self, Downloads};
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
    let mut request = Request::builder().method(method.as_str()).uri(&path);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let body = Full::from(body.unwrap_or_default());
    let request = request.body(body).map_err(|error| format!("The request cannot be made: {error}."))?;
    reply(gateway.call(request).await?).await
}

async fn reply(answer: Response<Incoming>) -> Result<Reply, String> {
    let (parts, body) = answer.into_parts();
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

/// What became of an answer that should be a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Download {
    /// The file.
    Saved(PathBuf),
    /// The gateway's own refusal, of which no file is made.
    Refused(Reply),
}

/// Saves the answer to a GET of the gateway's own: as it comes, since it may be larger than one would hold.
#[tauri::command]
pub async fn save_answer(
    app: AppHandle,
    gateway: State<'_, Gateway>,
    downloads: State<'_, Downloads>,
    path: String,
    name: String,
) -> Result<Download, String> {
    let download = answer_into(&gateway, &downloads::folder(&app)?, &path, &name).await?;
    if let Download::Saved(file) = &download {
        downloads.add(file.clone());
    }
    Ok(download)
}

async fn answer_into(gateway: &Gateway, folder: &Path, path: &str, name: &str) -> Result<Download, String> {
    if !path.starts_with('/') {
        return Err(format!("\"{path}\" is not a path of the gateway."));
    }
    let request = Request::get(path)
        .body(Full::default())
        .map_err(|error| format!("The request cannot be made: {error}."))?;
    let answer = gateway.call(request).await?;
    if !answer.status().is_success() {
        return Ok(Download::Refused(reply(answer).await?));
    }
    downloads::store(folder, name, answer.into_body()).await.map(Download::Saved)
}

/// Saves what the page has made, such as a picture: the body as it is, its name in a header.
#[tauri::command]
pub async fn save_bytes(
    app: AppHandle,
    downloads: State<'_, Downloads>,
    request: ipc::Request<'_>,
) -> Result<PathBuf, String> {
    let name =
        request.headers().get("name").and_then(|name| name.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = match request.body() {
        InvokeBody::Raw(bytes) => bytes.clone(),
        // Where the webview takes no other bodies, bytes come as numbers.
        InvokeBody::Json(numbers) => serde_json::from_value(numbers.clone())
            .map_err(|error| format!("These are no bytes: {error}."))?,
    };
    let file = downloads::store(&downloads::folder(&app)?, &name, Full::from(bytes)).await?;
    downloads.add(file.clone());
    Ok(file)
}

/// Shows a file that was saved here among the others of its folder, and nothing else.
#[tauri::command]
pub async fn show_file(app: AppHandle, downloads: State<'_, Downloads>, path: PathBuf) -> Result<(), String> {
    if !downloads.has(&path) {
        return Err(format!("{} was not saved from here.", path.display()));
    }
    let shown = move || {
        let opener = app.opener();
        // Not every file manager can point at a file; all of them can open a folder.
        opener.reveal_item_in_dir(&path).or_else(|error| {
            let folder = path.parent().filter(|_| path.exists()).map(|folder| folder.to_string_lossy());
            folder.map_or(Err(error), |folder| opener.open_path(folder, None::<&str>))
        })
    };
    tauri::async_runtime::spawn_blocking(shown)
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("No file manager could show it: {error}."))
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use postern_gateway::control;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::gateway::Opening;
    use super::*;

    /// What becomes of that answer, saved as `log.csv`.
    async fn saved(folder: &Path, answer: &str) -> Result<Download, String> {
        let data = tempfile::tempdir().unwrap();
        let gateway = Gateway::of(data.path());
        let listener = tokio::net::UnixListener::bind(control::socket_path(data.path())).unwrap();
        gateway.is(Opening::Open);
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 1024];
            let length = stream.read(&mut heard).await.unwrap();
            assert!(heard[..length].starts_with(b"GET /console/requests/export?format=csv HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let saving = answer_into(&gateway, folder, "/console/requests/export?format=csv", "log.csv");
        tokio::join!(saving, answering).0
    }

    #[tokio::test]
    async fn an_answer_becomes_a_file_and_a_refusal_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let whole =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nid,a\r\n3\r\n\n1,\r\n0\r\n\r\n";
        let Ok(Download::Saved(path)) = saved(folder.path(), whole).await else { panic!("it was not saved") };
        assert_eq!(std::fs::read_to_string(path).unwrap(), "id,a\n1,");

        let refused = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno";
        let Ok(Download::Refused(reply)) = saved(folder.path(), refused).await else {
            panic!("it was saved")
        };
        assert_eq!((reply.status, reply.body.as_str()), (403, "no"));

        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nid,a";
        let error = saved(folder.path(), cut).await.unwrap_err();
        assert!(error.contains("broke off"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "of what failed something is there");
    }

    #[tokio::test]
    async fn only_the_gateway_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::of(folder.path());
        let error = answer_into(&gateway, folder.path(), "http://example.com/", "x").await.unwrap_err();
        assert!(error.contains("is not a path"), "{error}");
    }
}
