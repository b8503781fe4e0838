//! From a recorded request to a response: routes, keys, validation as the provider documents it, then the behaviour.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::Value;

use super::body::{Body, HangUp, streamed, whole};
use super::connection::Orders;
use super::events::{self, Ending, Odd};
use super::{
    Dialect, Recorded, State, anthropic, bedrock, cohere, completions, control, fault, gemini, locked,
    ollama, openai, responses,
};
use crate::{Behaviour, Pace, Reply};

pub type Answer = Result<Response<Body>, HangUp>;

/// A provider's error before it has a shape.
pub struct Refusal {
    pub status: u16,
    pub message: String,
    pub param: Option<&'static str>,
}

impl Refusal {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None }
    }

    pub fn about(param: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), param: Some(param) }
    }
}

/// What is being answered, and over what.
pub struct Exchange<'a> {
    pub state: &'a Arc<State>,
    pub orders: &'a Orders,
    pub dialect: Dialect,
    /// The request's; `null` for a list of models.
    pub body: &'a Value,
    /// The whole list, where the models are asked for.
    pub models: Option<Value>,
}

impl Exchange<'_> {
    pub fn is_streamed(&self) -> bool {
        self.body["stream"] == true
    }

    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }
}

pub async fn answer(state: &Arc<State>, request: &Recorded, orders: &Orders) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let called = (request.method == Method::POST).then(|| called(state.dialect, path)).flatten();
    let lists_models = request.method == Method::GET && (path.ends_with("/models") || path == "/api/tags");
    if called.is_some() {
        state.calls.send_modify(|calls| *calls += 1);
    } else if lists_models {
        state.models_calls.send_modify(|calls| *calls += 1);
    }
    let key = locked(&state.script).key.clone();
    if let Some(key) = key {
        let refused = match state.dialect {
            Dialect::Bedrock | Dialect::BedrockClaude => bedrock::check_key(request, &key).err(),
            dialect => (presented_key(dialect, request) != key).then(|| Refusal::new(401, "")),
        };
        if let Some(refusal) = refused {
            return Ok(refuse(state.dialect, &refusal, ""));
        }
    }
    if let Some(called) = called {
        return call(state, request, called, orders).await;
    }
    let found = match state.dialect {
        Dialect::OpenAi | Dialect::Responses | Dialect::Completions => {
            openai::other_route(&request.method, path)
        }
        Dialect::Anthropic => anthropic::other_route(&request.method, path),
        Dialect::Gemini => gemini::other_route(&request.method, path),
        Dialect::Ollama => ollama::other_route(&request.method, path, &request.json()),
        Dialect::Cohere => cohere::other_route(&request.method, path),
        Dialect::Bedrock | Dialect::BedrockClaude => None,
    };
    if lists_models && let Some(behaviour) = state.models_behaviour() {
        let dialect = state.dialect;
        let exchange = Exchange { state, orders, dialect, body: &Value::Null, models: found };
        return perform(&exchange, behaviour).await;
    }
    Ok(match found {
        Some(body) => json(StatusCode::OK, &body, state.dialect),
        None => {
            refuse(state.dialect, &Refusal::new(404, format!("Unknown route {} {path}", request.method)), "")
        }
    })
}

/// A call of a model: in which of the server's dialects, and what the path says of it.
struct Called {
    dialect: Dialect,
    model: Option<String>,
    stream: bool,
}

fn called(server: Dialect, path: &str) -> Option<Called> {
    let plain = |dialect| Some(Called { dialect, model: None, stream: false });
    let is_openai = matches!(server, Dialect::OpenAi | Dialect::Responses | Dialect::Completions);
    let path = if is_openai { openai::azure_path(path) } else { path };
    match (server, path) {
        (_, "/v1/chat/completions") if is_openai => plain(Dialect::OpenAi),
        (_, "/v1/responses") if is_openai => plain(Dialect::Responses),
        (_, "/v1/completions") if is_openai => plain(Dialect::Completions),
        // Ollama imitates it, too.
        (Dialect::Ollama, "/v1/chat/completions") => plain(Dialect::OpenAi),
        (Dialect::Anthropic, "/v1/messages") => plain(Dialect::Anthropic),
        (Dialect::Anthropic, path) => {
            let (model, stream) = anthropic::vertex_call(path)?;
            Some(Called { dialect: Dialect::Anthropic, model: Some(model.to_owned()), stream })
        }
        (Dialect::Ollama, "/api/chat" | "/api/generate") => plain(Dialect::Ollama),
        (Dialect::Cohere, "/v2/chat") => plain(Dialect::Cohere),
        (Dialect::Gemini, path) => {
            let (model, stream) = gemini::called(path)?;
            Some(Called { dialect: Dialect::Gemini, model: Some(model.to_owned()), stream })
        }
        (Dialect::Bedrock | Dialect::BedrockClaude, path) => {
            let (dialect, model, stream) = bedrock::called(path)?;
            Some(Called { dialect, model: Some(model), stream })
        }
        _ => None,
    }
}

fn presented_key(dialect: Dialect, request: &Recorded) -> &str {
    let bearer = request.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    match dialect {
        Dialect::Anthropic if bearer.is_empty() => request.header("x-api-key"),
        Dialect::Gemini if bearer.is_empty() => request.header("x-goog-api-key"),
        // Azure's.
        Dialect::OpenAi if bearer.is_empty() => request.header("api-key"),
        _ => bearer,
    }
}

async fn call(state: &Arc<State>, request: &Recorded, called: Called, orders: &Orders) -> Answer {
    let dialect = called.dialect;
    let checked = match serde_json::from_slice::<Value>(&request.body) {
        Err(error) => {
            Err(Refusal::new(400, format!("We could not parse the JSON body of your request: {error}")))
        }
        Ok(body) => match dialect {
            Dialect::OpenAi => openai::check(&body).map(|()| body),
            Dialect::Responses => responses::check(&body).map(|()| body),
            Dialect::Completions => completions::check(&body).map(|()| body),
            Dialect::Anthropic => anthropic::check(request, &body).map(|()| body),
            Dialect::Gemini => gemini::check(&body).map(|()| body),
            Dialect::Ollama => ollama::check(&body).map(|()| body),
            Dialect::Cohere => cohere::check(&body).map(|()| body),
            Dialect::Bedrock => bedrock::check(&body).map(|()| body),
            Dialect::BedrockClaude => bedrock::check_claude(&body).map(|()| body),
        },
    };
    let mut body = match checked {
        Ok(body) => body,
        Err(refusal) => return Ok(refuse(dialect, &refusal, "")),
    };
    // Where the path says it, everything below reads it as if the body did.
    if let Some(model) = called.model {
        body["model"] = Value::from(model);
        body["stream"] = Value::from(called.stream);
    }
    if dialect == Dialect::Ollama {
        ollama::complete(&request.path, &mut body);
    }
    let behaviour = state.behaviour(body["model"].as_str().unwrap_or_default());
    perform(&Exchange { state, orders, dialect, body: &body, models: None }, behaviour).await
}

async fn perform(exchange: &Exchange<'_>, behaviour: Behaviour) -> Answer {
    let (dialect, request) = (exchange.dialect, exchange.body);
    match behaviour {
        Behaviour::Raw { status, headers, body } => {
            let mut response = Response::new(whole(body));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        }
        Behaviour::Turn { call, then } => {
            let offered = tools(dialect, request).0.contains(&call.name);
            let reply = if offered && !control::has_result(request) {
                Reply { tool_calls: vec![call], text: String::new(), ..then }
            } else {
                then
            };
            Ok(send(exchange, &reply))
        }
        Behaviour::Reply(mut reply) => {
            if reply.tool_calls.is_empty()
                && let Some(tool) = wanted_tool(dialect, request)
            {
                reply = reply.tool(&tool, Reply::example_tool_arguments());
            }
            if !reply.first_byte_after.is_zero() {
                tokio::time::sleep(reply.first_byte_after).await;
            }
            if !reply.head_over.is_zero() {
                exchange.orders.spread_head(reply.head_over);
            }
            Ok(send(exchange, &reply))
        }
        Behaviour::Fault(fault) => fault::fail(exchange, &fault).await,
        Behaviour::Changing(changing) => Box::pin(perform(exchange, changing.next())).await,
    }
}

fn send(exchange: &Exchange<'_>, reply: &Reply) -> Response<Body> {
    let (state, dialect) = (exchange.state, exchange.dialect);
    if exchange.is_streamed() {
        let pieces = events::pieces(stream_of(exchange, reply), reply.chunking);
        return event_stream(exchange, streamed(state, pieces, reply.pace.clone(), Ending::Proper));
    }
    let value = reply_of(exchange, reply);
    let body = Bytes::from(value.to_string());
    let (pieces, length) = if let Pace::Over(_) = reply.pace {
        (events::pieces(vec![body.clone()], reply.chunking), Some(body.len()))
    } else if reply.chunked {
        let half = body.slice(..body.len() / 2);
        (vec![half.clone(), body.slice(half.len()..)], None)
    } else {
        return json(StatusCode::OK, &value, dialect);
    };
    let pace = if length.is_some() { reply.pace.clone() } else { Pace::None };
    document(exchange, streamed(state, pieces, pace, Ending::Proper), length)
}

/// The events of a streamed answer.
pub fn stream_of(exchange: &Exchange<'_>, reply: &Reply) -> Vec<Bytes> {
    let request = exchange.body;
    match exchange.dialect {
        Dialect::OpenAi => openai::stream(request, reply),
        Dialect::Responses => responses::stream(request, reply),
        Dialect::Completions => completions::stream(request, reply),
        Dialect::Anthropic => anthropic::stream(request, reply),
        Dialect::Gemini => gemini::stream(request, reply),
        Dialect::Ollama => ollama::stream(request, reply),
        Dialect::Cohere => cohere::stream(request, reply),
        Dialect::Bedrock => bedrock::stream(reply),
        Dialect::BedrockClaude => bedrock::claude_stream(request, reply),
    }
}

/// A whole answer.
pub fn reply_of(exchange: &Exchange<'_>, reply: &Reply) -> Value {
    if let Some(models) = &exchange.models {
        return models.clone();
    }
    let request = exchange.body;
    match exchange.dialect {
        Dialect::OpenAi => openai::reply(request, reply),
        Dialect::Responses => responses::reply(request, reply),
        Dialect::Completions => completions::reply(request, reply),
        Dialect::Gemini => gemini::reply(request, reply),
        Dialect::Ollama => ollama::reply(request, reply),
        Dialect::Cohere => cohere::reply(request, reply),
        Dialect::Anthropic | Dialect::BedrockClaude => anthropic::reply(request, reply),
        Dialect::Bedrock => bedrock::reply(reply),
    }
}

/// 200 with the headers of the dialect's streams.
pub fn event_stream(exchange: &Exchange<'_>, body: Body) -> Response<Body> {
    let kind = match exchange.dialect {
        Dialect::Ollama => "application/x-ndjson",
        Dialect::Bedrock | Dialect::BedrockClaude => bedrock::STREAM_TYPE,
        _ => "text/event-stream; charset=utf-8",
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    request_id(exchange.dialect, &mut response);
    response
}

/// 200 with the headers of a whole answer, and the length it claims to have.
pub fn document(exchange: &Exchange<'_>, body: Body, length: Option<usize>) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(length) = length {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    request_id(exchange.dialect, &mut response);
    response
}

/// The tool that the request forces, or the first one for `fake-tool` until its result is in.
fn wanted_tool(dialect: Dialect, body: &Value) -> Option<String> {
    let (tools, choice, answered) = tools(dialect, body);
    if answered || tools.is_empty() {
        return None;
    }
    let forced = choice.filter(|name| name.is_empty() || tools.contains(name));
    match forced {
        Some(name) if !name.is_empty() => Some(name),
        Some(_) => tools.into_iter().next(),
        None if body["model"] == "fake-tool" => tools.into_iter().next(),
        None => None,
    }
}

/// What goes wrong inside a stream, in the dialect's framing.
pub fn odd(dialect: Dialect) -> Odd {
    match dialect {
        Dialect::Bedrock | Dialect::BedrockClaude => bedrock::odd(dialect),
        _ => Odd { error: stream_error(dialect), ..Odd::default() },
    }
}

/// The tools' names, the forced one (empty: any), and whether a result is the last thing said.
fn tools(dialect: Dialect, body: &Value) -> (Vec<String>, Option<String>, bool) {
    match dialect {
        Dialect::OpenAi => openai::tools(body),
        Dialect::Responses => responses::tools(body),
        Dialect::Anthropic | Dialect::BedrockClaude => anthropic::tools(body),
        Dialect::Gemini => gemini::tools(body),
        Dialect::Completions => (Vec::new(), None, false),
        Dialect::Ollama => ollama::tools(body),
        Dialect::Cohere => cohere::tools(body),
        Dialect::Bedrock => bedrock::tools(body),
    }
}

pub fn stream_error(dialect: Dialect) -> Bytes {
    match dialect {
        Dialect::OpenAi | Dialect::Completions => events::data(&openai::error(&Refusal::new(500, ""), "")),
        Dialect::Responses => events::named(&responses::stream_error()),
        Dialect::Gemini => events::data(&gemini::error(&Refusal::new(503, ""), "")),
        Dialect::Ollama => events::line(&ollama::error(&Refusal::new(500, ""), "")),
        Dialect::Cohere => cohere::stream_error(),
        Dialect::Anthropic => events::named(&anthropic::error(&Refusal::new(529, ""), "")),
        Dialect::Bedrock | Dialect::BedrockClaude => bedrock::odd(dialect).error,
    }
}

pub fn refuse(dialect: Dialect, refusal: &Refusal, model: &str) -> Response<Body> {
    let body = match dialect {
        Dialect::OpenAi | Dialect::Responses | Dialect::Completions => openai::error(refusal, model),
        Dialect::Anthropic => anthropic::error(refusal, model),
        Dialect::Gemini => gemini::error(refusal, model),
        Dialect::Ollama => ollama::error(refusal, model),
        Dialect::Cohere => cohere::error(refusal, model),
        Dialect::Bedrock | Dialect::BedrockClaude => bedrock::error(refusal),
    };
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, &body, dialect);
    if matches!(dialect, Dialect::Bedrock | Dialect::BedrockClaude) {
        let kind = HeaderValue::from_static(bedrock::error_type(refusal.status));
        response.headers_mut().insert("x-amzn-errortype", kind);
    }
    response
}

pub fn json(status: StatusCode, body: &Value, dialect: Dialect) -> Response<Body> {
    let mut response = Response::new(whole(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request_id(dialect, &mut response);
    response
}

fn request_id(dialect: Dialect, response: &mut Response<Body>) {
    let (name, value) = match dialect {
        Dialect::OpenAi | Dialect::Responses | Dialect::Completions | Dialect::Gemini => {
            ("x-request-id", "req_fake0000000000000000")
        }
        Dialect::Anthropic => ("request-id", "req_fake0000000000000000"),
        Dialect::Ollama => return,
        Dialect::Cohere => ("x-debug-trace-id", "fake0000000000000000"),
        Dialect::Bedrock | Dialect::BedrockClaude => {
            ("x-amzn-requestid", "00000000-fa4e-4000-8000-000000000000")
        }
    };
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}
