//! An upstream that costs next to nothing: fixed bytes for a whole reply, a burst of events and a paced stream.
//! Benchmarks put it behind the gateway; `fake-upstream --canned` is the same as a program.
//!
//! What is asked for is read from the first bytes of the body: `"stream":true`, and a model with `paced` in its name
//! for events [`PACED_INTERVAL`] apart.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::tasks::{self, Background};
use crate::upstream::{canned_reply, canned_stream};
use crate::{Dialect, UpstreamOptions};

/// Events of a stream before its end.
pub const PACED_CHUNKS: usize = 32;
pub const PACED_INTERVAL: Duration = Duration::from_millis(5);

/// How much of a body is looked at: the names that matter come first in what the load generator sends.
const LOOKED_AT: usize = 256;

/// The cheap upstream. Listens until dropped.
#[derive(Debug)]
pub struct CannedUpstream {
    address: SocketAddr,
    calls: Arc<AtomicU64>,
    _running: Background,
}

#[derive(Debug)]
struct Bodies {
    status: StatusCode,
    whole: Bytes,
    burst: Bytes,
    events: Vec<Bytes>,
    calls: Arc<AtomicU64>,
}

impl CannedUpstream {
    pub fn start(dialect: Dialect, options: &UpstreamOptions) -> std::io::Result<Self> {
        Self::start_with(dialect, options, StatusCode::OK)
    }

    /// One that refuses everything at once with this status, in OpenAI's shape.
    pub fn refusing(options: &UpstreamOptions, status: StatusCode) -> std::io::Result<Self> {
        Self::start_with(Dialect::OpenAi, options, status)
    }

    fn start_with(dialect: Dialect, options: &UpstreamOptions, status: StatusCode) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let calls = Arc::new(AtomicU64::new(0));
        let request = json!({"model": "bench", "stream_options": {"include_usage": true}});
        let events = canned_stream(dialect, &request, PACED_CHUNKS);
        let mut burst = BytesMut::new();
        for event in &events {
            burst.extend_from_slice(event);
        }
        let bodies = Arc::new(Bodies {
            status,
            whole: if status.is_success() {
                canned_reply(dialect, &request)
            } else {
                json!({"error": {"message": "not now", "type": "server_error"}}).to_string().into()
            },
            burst: burst.freeze(),
            events,
            calls: Arc::clone(&calls),
        });
        let running = Background::start("canned-upstream", move || async move {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            while let Ok((connection, _)) = listener.accept().await {
                tasks::start(converse(connection, Arc::clone(&bodies)));
            }
        })?;
        Ok(Self { address, calls, _running: running })
    }

    /// The base URL with `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;

async fn converse(connection: TcpStream, bodies: Arc<Bodies>) {
    drop(connection.set_nodelay(true));
    let service = service_fn(move |request: http::Request<Incoming>| {
        let bodies = Arc::clone(&bodies);
        async move { answer(request, &bodies).await }
    });
    drop(
        http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(connection), service).await,
    );
}

async fn answer(request: http::Request<Incoming>, bodies: &Bodies) -> Result<Response<Body>, hyper::Error> {
    let mut body = request.into_body();
    let mut head = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data()
            && head.len() < LOOKED_AT
        {
            head.extend_from_slice(&data[..data.len().min(LOOKED_AT - head.len())]);
        }
    }
    bodies.calls.fetch_add(1, Ordering::Relaxed);
    let says = |words: &[u8]| head.windows(words.len()).any(|window| window == words);
    let streamed = bodies.status.is_success() && says(b"\"stream\":true");
    let body = match (streamed, streamed && says(b"paced")) {
        (false, _) => Full::new(bodies.whole.clone()).boxed_unsync(),
        (true, false) => Full::new(bodies.burst.clone()).boxed_unsync(),
        (true, true) => paced(bodies.events.clone()),
    };
    let kind = if streamed { "text/event-stream; charset=utf-8" } else { "application/json" };
    let mut response = Response::new(body);
    *response.status_mut() = bodies.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn paced(events: Vec<Bytes>) -> Body {
    let frames = stream::unfold(events.into_iter(), |mut events| async move {
        let event = events.next()?;
        tokio::time::sleep(PACED_INTERVAL).await;
        Some((Ok(Frame::data(event)), events))
    });
    StreamBody::new(frames).boxed_unsync()
}
