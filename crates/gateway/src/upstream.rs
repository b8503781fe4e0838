//! The way out: one HTTP call to a provider, or the built-in model. Bytes go out and come back as they are; redirects are
//! not followed (they would carry credentials elsewhere) and nothing is decompressed (frames are forwarded as received).

pub mod demo;

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use postern_wire::Format;

use crate::error::Failure;
use crate::snapshot::{Deployment, Endpoint};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A longer answer than this is not kept in memory.
const LARGEST_ANSWER: usize = 128 * 1024 * 1024;
const LARGEST_ERROR: usize = 256 * 1024;

/// The connection pools. TLS is set up on first use: reading the system's certificates costs more than starting.
#[derive(Default)]
pub struct Clients {
    plain: OnceLock<reqwest::Client>,
    tls: OnceLock<reqwest::Client>,
}

impl Clients {
    pub fn for_url(&self, url: &reqwest::Url) -> Result<&reqwest::Client, Failure> {
        let (cell, plain) = if url.scheme() == "http" { (&self.plain, true) } else { (&self.tls, false) };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let built = build(plain).map_err(|error| {
            tracing::error!(%error, "the HTTP client cannot be set up");
            Failure::internal(format!("the gateway's HTTP client cannot be set up: {error}"))
        })?;
        Ok(cell.get_or_init(|| built))
    }
}

fn build(plain: bool) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(90))
        .pool_max_idle_per_host(256)
        .referer(false)
        .retry(reqwest::retry::never());
    // Plain upstreams are on this machine or this network: no certificates to read, and a proxy would be wrong.
    if plain { builder.tls_certs_only([]).no_proxy().http1_only().build() } else { builder.build() }
}

/// Chunks of a reply as they come in.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, Failure>> + Send>>;

/// A reply whose head has arrived.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub chunks: Chunks,
}

/// The caller's headers that mean something to a provider of the same format.
const PASSED_ON: [&str; 6] = [
    "anthropic-version",
    "anthropic-beta",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "user-agent",
];

/// What is sent upstream besides the body.
pub fn request_headers(deployment: &Deployment, caller: &HeaderMap, streaming: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accept = if streaming { "text/event-stream" } else { "application/json" };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    for (name, value) in &deployment.headers {
        headers.insert(name.clone(), value.clone());
    }
    for name in PASSED_ON {
        let own = match deployment.format {
            Format::AnthropicMessages => name.starts_with("anthropic-"),
            Format::OpenAiChat => name.starts_with("openai-"),
        };
        if own || name == "user-agent" {
            // Several `anthropic-beta` lines are legal; all of them count.
            let mut values = caller.get_all(name).iter();
            if let Some(first) = values.next() {
                headers.insert(HeaderName::from_static(name), first.clone());
                for further in values.filter(|_| name == "anthropic-beta") {
                    headers.append(HeaderName::from_static(name), further.clone());
                }
            }
        }
    }
    headers
}

/// Sends and waits for the head of the reply, at most `patience`.
pub async fn send(
    clients: &Clients,
    deployment: &Deployment,
    headers: HeaderMap,
    body: Bytes,
    patience: Duration,
) -> Result<Reply, Failure> {
    let url = match &deployment.endpoint {
        Endpoint::Demo => return Ok(demo::answer(&body)),
        Endpoint::Http(url) => url,
    };
    let client = clients.for_url(url)?;
    let mut request = reqwest::Request::new(Method::POST, url.clone());
    *request.headers_mut() = headers;
    *request.body_mut() = Some(body.into());
    let response = tokio::time::timeout(patience, client.execute(request))
        .await
        .map_err(|_| silent(deployment, patience))?
        .map_err(|error| broken(deployment, &error))?;
    Ok(from_response(response, deployment.provider.clone()))
}

pub fn from_response(response: reqwest::Response, provider: String) -> Reply {
    let status = response.status().as_u16();
    let response: axum::http::Response<reqwest::Body> = response.into();
    let (head, body) = response.into_parts();
    let chunks = http_body_util::BodyDataStream::new(body)
        .map(move |chunk| chunk.map_err(|error| cut(&provider, &error)))
        .boxed();
    Reply { status, headers: head.headers, chunks }
}

/// Reads a whole reply, at most `patience` and [`LARGEST_ANSWER`].
pub async fn read_whole(reply: Reply, provider: &str, patience: Duration) -> Result<Bytes, Failure> {
    tokio::time::timeout(patience, collect(reply.chunks, LARGEST_ANSWER, provider)).await.map_err(|_| {
        Failure::upstream(
            504,
            "upstream_timeout",
            format!("{provider} did not finish its answer within {} s", patience.as_secs_f32()),
        )
    })?
}

/// Reads an error's body: what there is of it, within bounds. Never fails: an error without a body is still an error.
pub async fn read_error(reply: Reply, patience: Duration) -> Bytes {
    let mut chunks = reply.chunks;
    let mut body = BytesMut::new();
    let read = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            body.extend_from_slice(&chunk);
            if body.len() >= LARGEST_ERROR {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(patience.min(Duration::from_secs(10)), read).await;
    body.freeze()
}

async fn collect(mut chunks: Chunks, largest: usize, provider: &str) -> Result<Bytes, Failure> {
    let Some(first) = chunks.next().await.transpose()? else { return Ok(Bytes::new()) };
    let Some(second) = chunks.next().await.transpose()? else { return Ok(first) };
    let mut whole = BytesMut::with_capacity(first.len() + second.len() + 16 * 1024);
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(chunk) = chunks.next().await.transpose()? {
        if whole.len() + chunk.len() > largest {
            return Err(Failure::upstream(
                502,
                "upstream_answer_too_large",
                format!("{provider} answered with more than {largest} bytes"),
            ));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn silent(deployment: &Deployment, patience: Duration) -> Failure {
    let provider = &deployment.provider;
    Failure::upstream(
        504,
        "upstream_timeout",
        format!("{provider} did not answer within {} s", patience.as_secs_f32()),
    )
}

fn broken(deployment: &Deployment, error: &reqwest::Error) -> Failure {
    let (status, code) = match (error.is_timeout(), error.is_connect()) {
        (true, _) => (504, "upstream_timeout"),
        (false, true) => (502, "upstream_unreachable"),
        (false, false) => (502, "upstream_connection_lost"),
    };
    Failure::upstream(status, code, sentence(&deployment.provider, error))
}

/// What went wrong on the way to a provider, for a person.
pub fn sentence(provider: &str, error: &reqwest::Error) -> String {
    let reason = innermost(error);
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => format!("{provider} could not be reached in time: {reason}"),
        (false, true) => format!("{provider} cannot be reached: {reason}"),
        (false, false) => format!("{provider} closed the connection without an answer: {reason}"),
    }
}

fn cut(provider: &str, error: &reqwest::Error) -> Failure {
    Failure::upstream(
        502,
        "upstream_connection_lost",
        format!("{provider} broke off in the middle of its answer: {}", innermost(error)),
    )
}

/// The cause at the bottom, without the URL that reqwest puts into its own messages.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
