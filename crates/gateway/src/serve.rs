//! The listeners: TCP for everybody with a key, and a socket in the data directory for the window and the `postern` command
//! of the same user. Both drain when they stop.

mod refusals;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::auth::attempts::Peer;
use crate::engine::Engine;
use crate::gateway::ListenError;
use crate::http::guard;
use crate::serve::refusals::Refusals;
use crate::tasks::Tasks;

/// More headers than any client sends; a request with more is refused with 431.
const MOST_HEADERS: usize = 128;
/// How long a client may take to send its headers.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);

/// A listener under way.
pub struct Listening {
    pub address: SocketAddr,
    stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
    connections: Tasks,
    graceful: Arc<GracefulShutdown>,
    /// Removed when it stops.
    socket: Option<std::path::PathBuf>,
}

impl Listening {
    /// Stops accepting, and waits at most `grace` for requests under way.
    pub async fn stop(self, grace: Duration) {
        self.stop.cancel();
        let _ = self.done.await;
        if let Some(socket) = &self.socket {
            let _ = std::fs::remove_file(socket);
        }
        // Idle connections close at once, busy ones when their response is sent.
        if let Ok(graceful) = Arc::try_unwrap(self.graceful)
            && tokio::time::timeout(grace, graceful.shutdown()).await.is_err()
        {
            tracing::warn!("requests under way were cut off after {} s of grace", grace.as_secs());
        }
        // What is left is dropped, and dropping a request writes its row.
        self.connections.stop(Duration::from_millis(500)).await;
    }
}

pub async fn listen(
    engine: &Arc<Engine>,
    router: Router,
    address: SocketAddr,
) -> Result<Listening, ListenError> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::PortInUse(address),
        _ => ListenError::Other(address, error.to_string()),
    })?;
    let bound = listener.local_addr().map_err(|error| ListenError::Other(address, error.to_string()))?;
    Ok(start(engine, router, listener, bound, false))
}

/// The control socket: whoever can open it is the user whose gateway this is.
#[cfg(unix)]
pub fn control(engine: &Arc<Engine>, router: Router) -> std::io::Result<Option<Listening>> {
    use std::os::unix::fs::PermissionsExt;
    let path = crate::control::socket_path(&engine.options.data_dir);
    // Left behind by a process that was killed: the directory's lock says that nobody else is there.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = tokio::net::UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut listening = start(engine, router, listener, nowhere, true);
    listening.socket = Some(path);
    Ok(Some(listening))
}

#[cfg(not(unix))]
pub fn control(_: &Arc<Engine>, _: Router) -> std::io::Result<Option<Listening>> {
    Ok(None)
}

/// What connections come from.
trait Source: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = std::io::Result<(Self::Stream, Peer)>> + Send;
}

impl Source for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn accept(&self) -> std::io::Result<(Self::Stream, Peer)> {
        let (stream, address) = TcpListener::accept(self).await?;
        // Without this the first chunk of a stream waits for the client's acknowledgement.
        stream.set_nodelay(true)?;
        Ok((stream, Peer(Some(address.ip()))))
    }
}

#[cfg(unix)]
impl Source for tokio::net::UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> std::io::Result<(Self::Stream, Peer)> {
        Ok((tokio::net::UnixListener::accept(self).await?.0, Peer(None)))
    }
}

fn start(
    engine: &Arc<Engine>,
    router: Router,
    source: impl Source,
    address: SocketAddr,
    internal: bool,
) -> Listening {
    let stop = CancellationToken::new();
    let graceful = Arc::new(GracefulShutdown::new());
    let connections = Tasks::default();
    let done = engine.tasks.spawn({
        let (engine, stop, graceful, connections) =
            (engine.clone(), stop.clone(), graceful.clone(), connections.clone());
        async move {
            loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => break,
                    accepted = source.accept() => accepted,
                };
                match accepted {
                    Ok((stream, peer)) => {
                        connection(&engine, &router, (stream, peer), &graceful, &connections, internal);
                    }
                    Err(error) => {
                        // Out of file descriptors, for instance: a moment later there may be some again.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        }
    });
    Listening { address, stop, done, connections, graceful, socket: None }
}

fn connection<S>(
    engine: &Arc<Engine>,
    router: &Router,
    (stream, peer): (S, Peer),
    graceful: &GracefulShutdown,
    connections: &Tasks,
    internal: bool,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (engine, router) = (engine.clone(), router.clone());
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (engine, router) = (engine.clone(), router.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            if internal {
                request.extensions_mut().insert(crate::auth::InternalOrigin);
            }
            Ok::<_, std::convert::Infallible>(guard::handle(&engine.options, router, request).await)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_headers(MOST_HEADERS).header_read_timeout(HEADER_PATIENCE).timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let io = TokioIo::new(Refusals::new(stream));
    let serving = graceful.watch(builder.serve_connection(io, service).into_owned());
    connections.spawn_until_stopped(async move {
        // A client that breaks off is no event worth a line.
        let _ = serving.await;
    });
}
