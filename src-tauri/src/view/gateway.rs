//! The gateway as its window reaches it: HTTP over the control socket, where every request is the administrator's. It
//! works while the gateway listens nowhere else.

use std::path::{Path, PathBuf};

use http::header::{HOST, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use postern_gateway::control;
use tokio::sync::watch;

pub struct Gateway {
    socket: PathBuf,
    opening: watch::Sender<Opening>,
}

/// How far the gateway is, as the shell tells it.
#[derive(Clone)]
pub enum Opening {
    UnderWay,
    Open,
    /// A sentence for the user.
    Failed(String),
}

impl Gateway {
    pub fn of(data_dir: &Path) -> Self {
        Self { socket: control::socket_path(data_dir), opening: watch::Sender::new(Opening::UnderWay) }
    }

    pub fn is(&self, opening: Opening) {
        self.opening.send_replace(opening);
    }

    /// Waits until the gateway is there; the reason if it never will be.
    pub async fn open(&self) -> Result<(), String> {
        let mut opening = self.opening.subscribe();
        let known = opening.wait_for(|opening| !matches!(opening, Opening::UnderWay)).await;
        match known.as_deref() {
            Ok(Opening::Failed(reason)) => Err(reason.clone()),
            Ok(_) => Ok(()),
            Err(_) => Err("Postern is ending.".to_owned()),
        }
    }

    /// One request on a connection of its own: a page makes few, and a socket on this machine is opened in microseconds.
    pub async fn call(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Incoming>, String> {
        self.open().await?;
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        let stream = connect(&self.socket).await.map_err(|error| {
            format!("The gateway cannot be reached at {}: {error}.", self.socket.display())
        })?;
        let broken = |error: hyper::Error| format!("The gateway does not answer: {error}.");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with the answer, or when nobody wants the rest of it.
        tauri::async_runtime::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the gateway broke off");
            }
        });
        sender.send_request(request).await.map_err(broken)
    }
}

#[cfg(unix)]
async fn connect(socket: &Path) -> std::io::Result<tokio::net::UnixStream> {
    tokio::net::UnixStream::connect(socket).await
}

/// The gateway has no control socket here (see `serve::control`), so the window can only say so. A named pipe there and
/// here is what a port to Windows needs.
#[cfg(not(unix))]
async fn connect(_: &Path) -> std::io::Result<tokio::io::DuplexStream> {
    Err(std::io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn get(path: &str) -> Request<Full<Bytes>> {
        Request::get(path).body(Full::default()).unwrap()
    }

    #[tokio::test]
    async fn waits_for_the_gateway_and_calls_it_over_the_socket() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::of(folder.path());
        let early = tokio::time::timeout(Duration::from_millis(50), gateway.call(get("/console/session")));
        assert!(early.await.is_err(), "asked before it was there");

        let listener = tokio::net::UnixListener::bind(control::socket_path(folder.path())).unwrap();
        gateway.is(Opening::Open);
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 1024];
            let length = stream.read(&mut heard).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
            String::from_utf8(heard[..length].to_vec()).unwrap()
        };
        let (answer, heard) = tokio::join!(gateway.call(get("/console/session")), answering);
        assert!(heard.starts_with("GET /console/session HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("host: localhost\r\n"), "{heard}");
        assert_eq!(answer.unwrap().into_body().collect().await.unwrap().to_bytes(), "hi");
    }

    #[tokio::test]
    async fn says_why_there_is_no_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::of(folder.path());
        gateway.is(Opening::Open);
        let error = gateway.call(get("/")).await.unwrap_err();
        assert!(error.contains("cannot be reached") && error.contains("control.sock"), "{error}");
        gateway.is(Opening::Failed("The database is newer.".to_owned()));
        assert_eq!(gateway.call(get("/")).await.unwrap_err(), "The database is newer.");
    }
}
