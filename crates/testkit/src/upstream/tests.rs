//! The fakes themselves: a fake that does not do what it says makes every other test worthless.

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::FakeUpstream;

mod bedrock;
mod cohere;
mod connections;
mod control;
mod faults;
mod models;
mod ollama;
mod replies;

/// What a client saw of one call.
#[derive(Debug)]
pub struct Seen {
    pub status: u16,
    pub headers: http::HeaderMap,
    /// The pieces as they came off the connection.
    pub pieces: Vec<Bytes>,
    pub whole: Bytes,
    /// Whether the body ended as HTTP says it must.
    pub complete: bool,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.whole).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.whole).into_owned()
    }

    /// The JSON of every `data:` line but `[DONE]`.
    pub fn events(&self) -> Vec<Value> {
        let text = self.text();
        let data =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

pub async fn connect(upstream: &FakeUpstream) -> http1::SendRequest<Full<Bytes>> {
    let stream = tokio::net::TcpStream::connect(upstream.address()).await.unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    crate::tasks::start(async move { drop(connection.await) });
    sender
}

pub fn request(path: &str, key: &str, body: &Value) -> http::Request<Full<Bytes>> {
    http::Request::post(path)
        .header("authorization", format!("Bearer {key}"))
        .header("anthropic-version", "2023-06-01")
        .header("host", "fake")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap()
}

/// Sends one call; `Err` if no response came.
pub async fn send(upstream: &FakeUpstream, request: http::Request<Full<Bytes>>) -> hyper::Result<Seen> {
    let response = connect(upstream).await.send_request(request).await?;
    let (head, mut body) = response.into_parts();
    let (mut pieces, mut whole, mut complete) = (Vec::new(), BytesMut::new(), true);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            complete = false;
            break;
        };
        let piece = frame.into_data().unwrap_or_default();
        whole.extend_from_slice(&piece);
        pieces.push(piece);
    }
    Ok(Seen { status: head.status.as_u16(), headers: head.headers, pieces, whole: whole.freeze(), complete })
}

pub fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]})
}

pub fn messages(model: &str) -> Value {
    json!({"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]})
}

pub fn streamed(mut body: Value) -> Value {
    body["stream"] = json!(true);
    body
}

pub async fn ask_openai(upstream: &FakeUpstream, body: &Value) -> Seen {
    send(upstream, request("/v1/chat/completions", "sk-any", body)).await.unwrap()
}

pub async fn ask_anthropic(upstream: &FakeUpstream, body: &Value) -> Seen {
    send(upstream, request("/v1/messages", "sk-any", body)).await.unwrap()
}
