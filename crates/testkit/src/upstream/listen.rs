//! The listener of a fake: accepts, serves, and stops doing both when it is told to, without giving its port away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};

use super::connection::{Connection, Orders};
use super::transport::{NOT_TLS, Opening, disappoint};
use super::{Recorded, State, answer, body, control, locked};
use crate::tasks;

/// What a test wants of the listener; it is told when that is done.
#[derive(Debug)]
pub enum Command {
    Pause(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
}

pub async fn listen(
    listener: std::net::TcpListener,
    opening: Opening,
    state: Arc<State>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let mut listener = TcpListener::from_std(listener).expect("a non-blocking listener inside a runtime");
    let address = listener.local_addr().expect("a bound socket has an address");
    loop {
        let end = watch::Sender::new(());
        let paused = loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((connection, _)) = accepted else { return };
                    state.connections.fetch_add(1, Ordering::Relaxed);
                    let serving = open(connection, opening.clone(), Arc::clone(&state));
                    tasks::start(until(end.subscribe(), serving));
                }
                command = commands.recv() => match command {
                    None => return,
                    Some(Command::Pause(done)) => break done,
                    Some(Command::Resume(done)) => done.send(()).unwrap_or_default(),
                }
            }
        };
        drop(listener);
        let reserved = reserve(address).expect("the port was this listener's own");
        end.send_replace(());
        end.closed().await;
        let _ = paused.send(());
        let resumed = loop {
            match commands.recv().await {
                None => return,
                Some(Command::Pause(done)) => done.send(()).unwrap_or_default(),
                Some(Command::Resume(done)) => break done,
            }
        };
        listener = reserved.listen(1024).expect("the port is reserved");
        let _ = resumed.send(());
    }
}

/// Holds the port without listening on it: connections are refused, and nobody else is given it.
fn reserve(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves until the end is called, and drops the connection then.
async fn until(mut end: watch::Receiver<()>, serving: impl Future<Output = ()>) {
    tokio::select! {
        () = serving => {}
        _ = end.changed() => {}
    }
}

async fn open(stream: TcpStream, opening: Opening, state: Arc<State>) {
    let orders = Orders::default();
    let connection = Connection::new(stream, orders.clone());
    match opening {
        Opening::Plain => converse(connection, orders, state).await,
        Opening::Tls(acceptor) => {
            // An error is a caller that does not trust the certificate.
            if let Ok(connection) = acceptor.accept(connection).await {
                converse(connection, orders, state).await;
            }
        }
        Opening::Cut => disappoint(connection, b"").await,
        Opening::PlainAnswer => disappoint(connection, NOT_TLS).await,
    }
}

async fn converse(
    connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    orders: Orders,
    state: Arc<State>,
) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (state, orders) = (Arc::clone(&state), orders.clone());
        async move {
            let (head, body) = request.into_parts();
            let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            // A caller that leaves while it sends is no call.
            let Ok(body) = body.collect().await else { return Err(body::HangUp) };
            let recorded =
                Recorded { method: head.method, path, headers: head.headers, body: body.to_bytes() };
            if let Some(answer) = control::answer(&state, &recorded) {
                return Ok(answer);
            }
            locked(&state.recorded).push(recorded.clone());
            answer::answer(&state, &recorded, &orders).await
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_headers(1_000)
        .serve_connection(TokioIo::new(connection), service);
    // An error is the scripted end of a connection, or a caller that left.
    drop(serving.await);
}
