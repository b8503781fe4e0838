//! Fake providers on a loopback port. `openai`, `anthropic` and their like say what a provider's bytes look like, `answer` turns
//! a [`Behaviour`] into a response (`fault` into a broken one), `listen` and `connection` are what is below HTTP, this file
//! picks the behaviour.

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use crate::Behaviour;
use crate::tasks::Background;

mod answer;
mod anthropic;
mod bedrock;
mod body;
mod cohere;
mod completions;
mod connection;
mod control;
mod events;
mod fault;
mod gemini;
mod listen;
mod ollama;
mod openai;
mod responses;
#[cfg(test)]
mod tests;
mod transport;

use listen::Command;
pub use transport::Transport;

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
    transport: Transport,
    state: Arc<State>,
    listener: mpsc::UnboundedSender<Command>,
    _running: Background,
}

#[derive(Debug)]
struct State {
    dialect: Dialect,
    script: Mutex<Script>,
    recorded: Mutex<Vec<Recorded>>,
    calls: watch::Sender<usize>,
    models_calls: watch::Sender<usize>,
    abandoned: watch::Sender<usize>,
    connections: AtomicUsize,
}

#[derive(Debug, Default)]
struct Script {
    key: Option<String>,
    next: VecDeque<Behaviour>,
    by_model: HashMap<String, Behaviour>,
    always: Behaviour,
    models: Option<Behaviour>,
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
        Self::start_over(Transport::Plain, dialect, options)
    }

    /// With TLS below, or what goes wrong with it.
    pub fn start_over(
        transport: Transport,
        dialect: Dialect,
        options: UpstreamOptions,
    ) -> std::io::Result<Self> {
        let opening = transport.prepare()?;
        let listener = std::net::TcpListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            dialect,
            script: Mutex::new(Script { key: options.key, ..Script::default() }),
            recorded: Mutex::default(),
            calls: watch::Sender::new(0),
            models_calls: watch::Sender::new(0),
            abandoned: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let (commands, commanded) = mpsc::unbounded_channel();
        let work = move || listen::listen(listener, opening, shared, commanded);
        let running = Background::start("fake-upstream", work)?;
        Ok(Self { address, transport, state, listener: commands, _running: running })
    }

    /// The base URL as a provider documents it, with its version if it has one.
    pub fn url(&self) -> String {
        let version = match self.state.dialect {
            Dialect::OpenAi | Dialect::Responses | Dialect::Completions | Dialect::Anthropic => "/v1",
            Dialect::Gemini => "/v1beta",
            Dialect::Cohere => "/v2",
            Dialect::Ollama | Dialect::Bedrock | Dialect::BedrockClaude => "",
        };
        format!("{}://{}{version}", self.transport.scheme(), self.address)
    }

    /// Stops listening and ends every connection, as a process does that was killed. When this returns connections to
    /// the address are refused, until [`Self::resume_listening`]; nobody else gets the port.
    pub async fn pause_listening(&self) {
        self.tell(Command::Pause).await;
    }

    /// Listens on the same port again.
    pub async fn resume_listening(&self) {
        self.tell(Command::Resume).await;
    }

    async fn tell(&self, command: fn(oneshot::Sender<()>) -> Command) {
        let (done, wait) = oneshot::channel();
        self.listener.send(command(done)).expect("the listener lives in self");
        wait.await.expect("the listener lives in self");
    }

    pub fn dialect(&self) -> Dialect {
        self.state.dialect
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

    /// How often the list of models was asked for, refused requests included.
    pub fn models_calls(&self) -> usize {
        *self.state.models_calls.borrow()
    }

    /// Returns once the list of models was asked for `count` times.
    pub async fn wait_for_models_calls(&self, count: usize) {
        self.state
            .models_calls
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

    /// For every request for the list of models, whatever completions do; a [`crate::Reply`] is the list as it is, at the
    /// reply's pace. Until this is called the list is answered, also where every completion fails.
    pub fn always_models(&self, behaviour: impl Into<Behaviour>) -> &Self {
        locked(&self.state.script).models = Some(behaviour.into());
        self
    }
}

impl State {
    fn behaviour(&self, model: &str) -> Behaviour {
        let mut script = locked(&self.script);
        script
            .next
            .pop_front()
            .or_else(|| script.by_model.get(model).cloned())
            .or_else(|| {
                let named = Behaviour::for_model(model)?;
                if let Behaviour::Changing(_) = named {
                    // It counts its calls: the next one must find the same.
                    script.by_model.insert(model.to_owned(), named.clone());
                }
                Some(named)
            })
            .unwrap_or_else(|| script.always.clone())
    }

    fn models_behaviour(&self) -> Option<Behaviour> {
        locked(&self.script).models.clone()
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
