//! Fake providers on a loopback port. `openai`, `anthropic` and their like say what a provider's bytes look like, `answer` turns
//! a [`Behaviour`] into a response, this file listens, records and picks the behaviour.

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Behaviour;
use crate::tasks::{self, Background};

mod answer;
mod anthropic;
mod bedrock;
mod cohere;
mod completions;
mod control;
mod events;
mod gemini;
mod ollama;
mod openai;
mod responses;
#[cfg(test)]
mod tests;

/// Whose API is faked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    OpenAi,
    /// OpenAI's other API, on the same server.
    Responses,
    /// OpenAI's older API, on the same server.
    Completions,
    Anthropic,
    Gemini,
    Ollama,
    Cohere,
    /// AWS Bedrock's Converse. A required key is either a bearer token or the secret of the access key `AKIDEXAMPLE`, with
    /// which requests must then be signed.
    Bedrock,
    /// Claude through Bedrock's InvokeModel, on the same server.
    BedrockClaude,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: Method,
    /// With the query, if there was one.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Recorded {
    /// A header's value, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Where to listen and which key to demand.
#[derive(Clone, Debug)]
pub struct UpstreamOptions {
    pub listen: SocketAddr,
    /// Requests with another key get the provider's 401. `None` takes any key, also none.
    pub key: Option<String>,
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), key: None }
    }
}

/// A provider that counts its calls and does what it is told. Listens until dropped.
///
/// For each call the behaviour is, in this order: the next of [`Self::next`], the one set for the model with
/// [`Self::for_model`], what the model's name stands for ([`Behaviour::for_model`]), [`Self::always`].
#[derive(Debug)]
pub struct FakeUpstream {
    address: SocketAddr,
    state: Arc<State>,
    _running: Background,
}

#[derive(Debug)]
struct State {
    dialect: Dialect,
    script: Mutex<Script>,
    recorded: Mutex<Vec<Recorded>>,
    calls: watch::Sender<usize>,
    abandoned: watch::Sender<usize>,
    connections: AtomicUsize,
}

#[derive(Debug, Default)]
struct Script {
    key: Option<String>,
    next: VecDeque<Behaviour>,
    by_model: HashMap<String, Behaviour>,
    always: Behaviour,
}

impl FakeUpstream {
    /// A fake of OpenAI's chat completions on a free port.
    #[expect(clippy::unused_async, reason = "tests must not come to rely on a start that needs no waiting")]
    pub async fn openai() -> Self {
        Self::start(Dialect::OpenAi, UpstreamOptions::default()).expect("a free loopback port")
    }

    /// A fake of Anthropic's Messages API on a free port.
    #[expect(clippy::unused_async, reason = "tests must not come to rely on a start that needs no waiting")]
    pub async fn anthropic() -> Self {
        Self::start(Dialect::Anthropic, UpstreamOptions::default()).expect("a free loopback port")
    }

    /// A fake of Google's Gemini API on a free port.
    #[expect(clippy::unused_async, reason = "tests must not come to rely on a start that needs no waiting")]
    pub async fn gemini() -> Self {
        Self::start(Dialect::Gemini, UpstreamOptions::default()).expect("a free loopback port")
    }

    /// A fake of Ollama's API on a free port.
    #[expect(clippy::unused_async, reason = "tests must not come to rely on a start that needs no waiting")]
    pub async fn ollama() -> Self {
        Self::start(Dialect::Ollama, UpstreamOptions::default()).expect("a free loopback port")
    }

    /// A fake of Cohere's API on a free port.
    #[expect(clippy::unused_async, reason = "tests must not come to rely on a start that needs no waiting")]
    pub async fn cohere() -> Self {
        Self::start(Dialect::Cohere, UpstreamOptions::default()).expect("a free loopback port")
    }

    /// A fake of AWS Bedrock on a free port.
    #[expect(clippy::unused_async, reason = "tests must not come to rely on a start that needs no waiting")]
    pub async fn bedrock() -> Self {
        Self::start(Dialect::Bedrock, UpstreamOptions::default()).expect("a free loopback port")
    }

    pub fn start(dialect: Dialect, options: UpstreamOptions) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            dialect,
            script: Mutex::new(Script { key: options.key, ..Script::default() }),
            recorded: Mutex::default(),
            calls: watch::Sender::new(0),
            abandoned: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let running = Background::start("fake-upstream", move || listen(listener, shared))?;
        Ok(Self { address, state, _running: running })
    }

    /// The base URL as a provider documents it, with its version if it has one.
    pub fn url(&self) -> String {
        let version = match self.state.dialect {
            Dialect::OpenAi | Dialect::Responses | Dialect::Completions | Dialect::Anthropic => "/v1",
            Dialect::Gemini => "/v1beta",
            Dialect::Cohere => "/v2",
            Dialect::Ollama | Dialect::Bedrock | Dialect::BedrockClaude => "",
        };
        format!("http://{}{version}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests for a completion arrived, refused ones too. Lists of models and the like do not count.
    pub fn calls(&self) -> usize {
        *self.state.calls.borrow()
    }

    /// Returns once `count` calls have arrived. Wrap it in a timeout if they may not.
    pub async fn wait_for_calls(&self, count: usize) {
        self.state
            .calls
            .subscribe()
            .wait_for(|calls| *calls >= count)
            .await
            .expect("the sender lives in self");
    }

    /// How many replies the caller left before their end.
    pub fn abandoned(&self) -> usize {
        *self.state.abandoned.borrow()
    }

    /// Returns once `count` replies have been left by the caller.
    pub async fn wait_for_abandoned(&self, count: usize) {
        self.state
            .abandoned
            .subscribe()
            .wait_for(|left| *left >= count)
            .await
            .expect("the sender lives in self");
    }

    /// How many connections were accepted: shows whether the caller keeps them alive.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        locked(&self.state.recorded).clone()
    }

    /// The latest request. Panics if there was none.
    pub fn last_request(&self) -> Recorded {
        locked(&self.state.recorded).last().cloned().expect("the upstream was never called")
    }

    /// From now on refuses every other key.
    pub fn require_key(&self, key: &str) {
        locked(&self.state.script).key = Some(key.to_owned());
    }

    /// For one call; several queue up.
    pub fn next(&self, behaviour: impl Into<Behaviour>) -> &Self {
        locked(&self.state.script).next.push_back(behaviour.into());
        self
    }

    /// For every call that asks for this model.
    pub fn for_model(&self, model: &str, behaviour: impl Into<Behaviour>) -> &Self {
        locked(&self.state.script).by_model.insert(model.to_owned(), behaviour.into());
        self
    }

    /// For every call that nothing else decides.
    pub fn always(&self, behaviour: impl Into<Behaviour>) -> &Self {
        locked(&self.state.script).always = behaviour.into();
        self
    }
}

impl State {
    fn behaviour(&self, model: &str) -> Behaviour {
        let mut script = locked(&self.script);
        if let Some(next) = script.next.pop_front() {
            return next;
        }
        script
            .by_model
            .get(model)
            .cloned()
            .or_else(|| Behaviour::for_model(model))
            .unwrap_or(script.always.clone())
    }
}

/// A base URL on a port where nothing listens: connections are refused.
pub fn refused_url() -> String {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    let address = listener.local_addr().expect("a bound socket has an address");
    format!("http://{address}/v1")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: std::net::TcpListener, state: Arc<State>) {
    let listener = TcpListener::from_std(listener).expect("a non-blocking listener inside a runtime");
    while let Ok((connection, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::Relaxed);
        tasks::start(converse(connection, Arc::clone(&state)));
    }
}

async fn converse(connection: TcpStream, state: Arc<State>) {
    // Without it the kernel would hold small pieces back and every streaming test would measure that.
    drop(connection.set_nodelay(true));
    let service = service_fn(move |request: http::Request<Incoming>| {
        let state = Arc::clone(&state);
        async move {
            let (head, body) = request.into_parts();
            let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            // A caller that leaves while it sends is no call.
            let Ok(body) = body.collect().await else { return Err(answer::HangUp) };
            let recorded =
                Recorded { method: head.method, path, headers: head.headers, body: body.to_bytes() };
            if let Some(answer) = control::answer(&state, &recorded) {
                return Ok(answer);
            }
            locked(&state.recorded).push(recorded.clone());
            answer::answer(&state, &recorded).await
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_headers(1_000)
        .serve_connection(TokioIo::new(connection), service);
    // An error is the scripted end of a connection, or a caller that left.
    drop(serving.await);
}

/// A whole reply's bytes, made once.
pub(crate) fn canned_reply(dialect: Dialect, request: &Value) -> Bytes {
    let reply = crate::Reply::default();
    Bytes::from(match dialect {
        Dialect::OpenAi => openai::reply(request, &reply).to_string(),
        Dialect::Responses => responses::reply(request, &reply).to_string(),
        Dialect::Completions => completions::reply(request, &reply).to_string(),
        Dialect::Gemini => gemini::reply(request, &reply).to_string(),
        Dialect::Ollama => ollama::reply(request, &reply).to_string(),
        Dialect::Cohere => cohere::reply(request, &reply).to_string(),
        Dialect::Anthropic | Dialect::BedrockClaude => anthropic::reply(request, &reply).to_string(),
        Dialect::Bedrock => bedrock::reply(&reply).to_string(),
    })
}

/// A stream's events, made once: about `words` of text and what the format puts around it.
pub(crate) fn canned_stream(dialect: Dialect, request: &Value, words: usize) -> Vec<Bytes> {
    let reply = crate::Reply::text(" word".repeat(words));
    match dialect {
        Dialect::OpenAi => openai::stream(request, &reply),
        Dialect::Responses => responses::stream(request, &reply),
        Dialect::Completions => completions::stream(request, &reply),
        Dialect::Anthropic => anthropic::stream(request, &reply),
        Dialect::Gemini => gemini::stream(request, &reply),
        Dialect::Ollama => ollama::stream(request, &reply),
        Dialect::Cohere => cohere::stream(request, &reply),
        Dialect::Bedrock => bedrock::stream(&reply),
        Dialect::BedrockClaude => bedrock::claude_stream(request, &reply),
    }
}
