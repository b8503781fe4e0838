//! The way out: one HTTP call to a provider, or the built-in model. Bytes go out and come back as they are; redirects are
//! not followed (they would carry credentials elsewhere) and nothing is decompressed (frames are forwarded as received).

pub mod demo;
pub mod oidc;
mod signing;
mod wrapping;

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{self, HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::Full;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use postern_wire::{Format, Framing};

pub use wrapping::unwrapped;

use crate::error::Failure;
use crate::providers::auth::Signing;
use crate::snapshot::{Address, Deployment, Endpoint, Place};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const POOL_IDLE: Duration = Duration::from_secs(90);
/// Idle connections kept per host.
const POOL_SIZE: usize = 256;
/// A longer answer than this is not kept in memory.
const LARGEST_ANSWER: usize = 128 * 1024 * 1024;
const LARGEST_ERROR: usize = 256 * 1024;

type Plain = legacy::Client<HttpConnector, Full<Bytes>>;

/// The connection pools. TLS is set up on first use: reading the system's certificates costs more than starting.
///
/// Plain upstreams are on this machine or this network: no certificates, no proxy, and none of what that would cost per
/// request.
#[derive(Default)]
pub struct Clients {
    plain: OnceLock<Plain>,
    tls: OnceLock<reqwest::Client>,
    signers: signing::Signers,
}

impl Clients {
    /// Signs where that is wanted, sends, and waits for the head of the reply. `provider` is named in errors.
    pub async fn send(
        &self,
        method: Method,
        address: &Address,
        mut headers: HeaderMap,
        body: Bytes,
        signing: Option<&Signing>,
        provider: &str,
    ) -> Result<Reply, Failure> {
        if let Some(signing) = signing {
            self.sign(signing, &method, address, &mut headers, &body, provider).await?;
        }
        self.exchange(method, address, headers, body, provider).await
    }

    async fn exchange(
        &self,
        method: Method,
        address: &Address,
        headers: HeaderMap,
        body: Bytes,
        provider: &str,
    ) -> Result<Reply, Failure> {
        if address.is_plain() {
            let mut request = Request::new(Full::new(body));
            *request.method_mut() = method;
            *request.uri_mut() = address.uri().clone();
            *request.headers_mut() = headers;
            let client = self.plain.get_or_init(plain);
            let response = client
                .request(request)
                .await
                .map_err(|error| broken(provider, is_timeout(&error), error.is_connect(), &error))?;
            return Ok(reply(response, provider));
        }
        let mut request = reqwest::Request::new(method, address.url().clone());
        *request.headers_mut() = headers;
        *request.body_mut() = (!body.is_empty()).then(|| body.into());
        let response = self.tls()?.execute(request).await;
        let response =
            response.map_err(|error| broken(provider, error.is_timeout(), error.is_connect(), &error))?;
        Ok(reply(response.into(), provider))
    }

    fn tls(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let built = tls().map_err(|error| {
            tracing::error!(%error, "the HTTP client cannot be set up");
            Failure::internal(format!("the gateway's HTTP client cannot be set up: {error}"))
        })?;
        Ok(self.tls.get_or_init(|| built))
    }
}

fn plain() -> Plain {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_SIZE)
        .build(connector)
}

fn tls() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_SIZE)
        .referer(false)
        // Other libraries here bring decoders along; frames are forwarded as received.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .retry(reqwest::retry::never())
        .build()
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
pub fn request_headers(endpoint: &Endpoint, caller: &HeaderMap, streaming: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let wrapped = endpoint.shape.as_ref().is_some_and(|shape| shape.wrapping.is_some());
    let accept = match streaming {
        true if wrapped => Framing::AwsMessages.content_type(),
        true => endpoint.format.framing().content_type(),
        false => "application/json",
    };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    for (name, value) in &endpoint.headers {
        headers.insert(name.clone(), value.clone());
    }
    for name in PASSED_ON {
        let own = match endpoint.format {
            // Where betas are of the body, nothing is of the headers.
            Format::AnthropicMessages if endpoint.shape.as_ref().is_some_and(|shape| shape.betas) => false,
            Format::AnthropicMessages => name.starts_with("anthropic-"),
            Format::OpenAiChat | Format::OpenAiResponses | Format::OpenAiCompletions => {
                name.starts_with("openai-")
            }
            Format::Gemini
            | Format::Ollama
            | Format::OllamaGenerate
            | Format::Cohere
            | Format::BedrockConverse => false,
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
    endpoint: &Endpoint,
    headers: HeaderMap,
    body: Bytes,
    streaming: bool,
    patience: Duration,
) -> Result<Reply, Failure> {
    let address = match &endpoint.place {
        Place::Demo => return Ok(demo::answer(&body)),
        Place::Http { stream, .. } if streaming => stream,
        Place::Http { whole, .. } => whole,
    };
    let signing = endpoint.signing.as_deref();
    let sent = clients.send(Method::POST, address, headers, body, signing, &deployment.provider);
    tokio::time::timeout(patience, sent).await.map_err(|_| silent(deployment, patience))?
}

/// The same to a path below the endpoint's, never streamed.
pub async fn send_below(
    clients: &Clients,
    deployment: &Deployment,
    endpoint: &Endpoint,
    end: &str,
    headers: HeaderMap,
    body: Bytes,
    patience: Duration,
) -> Result<Reply, Failure> {
    let address = match &endpoint.place {
        Place::Http { whole, .. } => whole.below(end),
        Place::Demo => None,
    };
    let Some(address) = address else {
        let message = format!("{} has nothing at {end}", deployment.provider);
        return Err(Failure::not_found("unknown_path", message));
    };
    let signing = endpoint.signing.as_deref();
    let sent = clients.send(Method::POST, &address, headers, body, signing, &deployment.provider);
    tokio::time::timeout(patience, sent).await.map_err(|_| silent(deployment, patience))?
}

fn reply<B>(response: http::Response<B>, provider: &str) -> Reply
where
    B: http_body::Body<Data = Bytes, Error: std::error::Error + 'static> + Send + 'static,
{
    let provider = provider.to_owned();
    let (head, body) = response.into_parts();
    let chunks = http_body_util::BodyDataStream::new(body)
        .map(move |chunk| chunk.map_err(|error| cut(&provider, &error)))
        .boxed();
    Reply { status: head.status.as_u16(), headers: head.headers, chunks }
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

fn broken(
    provider: &str,
    timed_out: bool,
    connecting: bool,
    error: &(dyn std::error::Error + 'static),
) -> Failure {
    let reason = innermost(error);
    let (status, code, message) = match (timed_out, connecting) {
        (true, _) => (504, "upstream_timeout", format!("{provider} could not be reached in time: {reason}")),
        (false, true) => (502, "upstream_unreachable", format!("{provider} cannot be reached: {reason}")),
        (false, false) => (
            502,
            "upstream_connection_lost",
            format!("{provider} closed the connection without an answer: {reason}"),
        ),
    };
    Failure::upstream(status, code, message)
}

fn cut(provider: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::upstream(
        502,
        "upstream_connection_lost",
        format!("{provider} broke off in the middle of its answer: {}", innermost(error)),
    )
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    innermost(error)
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
}

/// The cause at the bottom, without the URL that reqwest puts into its own messages.
fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
}
