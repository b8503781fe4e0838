//! The floor that the gateway is measured against: hyper on both sides, one key check, nothing else.
//!
//! `passthrough --upstream http://127.0.0.1:PORT --key KEY`. It hashes the caller's key and compares the hash, replaces
//! the credential, and passes bodies on frame by frame over pooled connections, with TCP_NODELAY both ways and the
//! gateway's allocator. What a gateway costs above this is its own.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use clap::Parser;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A bare pass-through with a key check.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Scheme, host and port; paths are the caller's.
    #[arg(long)]
    upstream: Uri,
    #[arg(long)]
    key: String,
}

struct Proxy {
    client: Client<HttpConnector, Incoming>,
    upstream: String,
    host: HeaderValue,
    key: [u8; 32],
    credential: HeaderValue,
}

type Body = Either<Incoming, Full<Bytes>>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let authority = arguments.upstream.authority().context("--upstream needs a host")?.to_string();
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let proxy = Arc::new(Proxy {
        client: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(256).build(connector),
        upstream: format!("http://{authority}"),
        host: HeaderValue::from_str(&authority)?,
        key: Sha256::digest(arguments.key.as_bytes()).into(),
        credential: HeaderValue::from_static("Bearer sk-upstream"),
    });
    let listener = TcpListener::bind(arguments.listen).await?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "passthrough: listening on http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    drop(stdout);
    loop {
        let (connection, _) = listener.accept().await?;
        start(converse(connection, Arc::clone(&proxy)));
    }
}

#[expect(clippy::disallowed_methods, reason = "the floor has no shutdown to wait for")]
fn start(conversation: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(conversation));
}

async fn converse(connection: TcpStream, proxy: Arc<Proxy>) {
    drop(connection.set_nodelay(true));
    let service = service_fn(move |request: Request<Incoming>| {
        let proxy = Arc::clone(&proxy);
        async move { proxy.pass(request).await }
    });
    drop(http1::Builder::new().serve_connection(TokioIo::new(connection), service).await);
}

impl Proxy {
    async fn pass(&self, mut request: Request<Incoming>) -> anyhow::Result<Response<Body>> {
        let presented = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        let key = presented.strip_prefix(b"Bearer ").unwrap_or_default();
        if <[u8; 32]>::from(Sha256::digest(key)) != self.key {
            let mut refusal = Response::new(Either::Right(Full::default()));
            *refusal.status_mut() = StatusCode::UNAUTHORIZED;
            return Ok(refusal);
        }
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        *request.uri_mut() = format!("{}{path}", self.upstream).parse()?;
        request.headers_mut().insert(AUTHORIZATION, self.credential.clone());
        request.headers_mut().insert(HOST, self.host.clone());
        Ok(self.client.request(request).await?.map(Either::Left))
    }
}
