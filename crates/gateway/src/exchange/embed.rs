//! Embeddings: a list of texts in, a list of vectors out. Two shapes of the same, OpenAI's and Ollama's, each native where the
//! provider speaks it and turned into the other where it does not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use bytes::Bytes;
use postern_store::table::requests::Outcome;
use postern_wire::{Controls, Format, Usage};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::pass::{NOTHING, commit};
use super::{discard, first_words, read_body};
use crate::admission::{self, Admission, Asked as Wants};
use crate::auth::InternalOrigin;
use crate::bodies::Draft;
use crate::clock::Moment;
use crate::engine::Engine;
use crate::error::{Failure, UpstreamBody};
use crate::limits::Estimate;
use crate::meter::{End, Meter};
use crate::pipeline::{self, Asks, Notes, Patience, Question, Size, Way};
use crate::reply::report;
use crate::snapshot::{Address, Deployment, Endpoint, Place};
use crate::{ids, upstream};

/// How the caller asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedShape {
    /// `POST /v1/embeddings`
    OpenAi,
    /// `POST /api/embed`
    Ollama,
    /// `POST /api/embeddings`: one prompt, one vector.
    OllamaPrompt,
}

impl EmbedShape {
    fn format(self) -> Format {
        match self {
            Self::OpenAi => Format::OpenAiChat,
            Self::Ollama | Self::OllamaPrompt => Format::Ollama,
        }
    }

    fn input_member(self) -> &'static str {
        if self == Self::OllamaPrompt { "prompt" } else { "input" }
    }
}

/// A request that is understood.
struct Asked {
    shape: EmbedShape,
    body: Map<String, Value>,
    raw: Bytes,
    model: String,
    /// What it says to the gateway; not in the body any more.
    controls: Option<Box<Controls>>,
}

/// Vectors, and what they took.
struct Embedded {
    body: Bytes,
    usage: Option<Usage>,
}

/// Serves one request for embeddings.
pub async fn embed(
    engine: Arc<Engine>,
    shape: EmbedShape,
    endpoint: &'static str,
    request: Request,
) -> Response {
    let (started, arrived) = (Instant::now(), Moment::now());
    let request_id = ids::new_id();
    let format = shape.format();
    let snapshot = engine.snapshot.load_full();
    let (head, body) = request.into_parts();
    let caller = engine.caller(head.extensions.get::<InternalOrigin>(), &head.headers, head.uri.path());
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => {
            discard(body, engine.options.max_body).await;
            return failure.respond(format, request_id);
        }
    };
    let row = first_words(request_id, &caller, endpoint.to_owned(), "embeddings", &head.headers);
    let mut meter = Meter::start(engine.clone(), Box::new(row), started);
    let served = async {
        let raw = read_body(body, &head.headers, engine.options.max_body).await?;
        meter.keep(Draft::of(&caller, None, &raw));
        let asked = read(shape, raw)?;
        if let Some(row) = meter.row() {
            row.request_bytes = asked.raw.len() as i64;
            row.model_requested.clone_from(&asked.model);
            row.model_group.clone_from(&asked.model);
        }
        let controls = asked.controls.as_deref().and_then(|controls| controls.routing.as_ref());
        let question = Question {
            snapshot: &snapshot,
            caller: &caller,
            headers: &head.headers,
            body: &asked.raw,
            model: &asked.model,
            controls,
            provider: None,
            pinned: None,
            started: arrived,
        };
        let mut route = pipeline::find(&question, &mut meter)?;
        if let Some(customer) = admission::customer(&engine, &head.headers, &mut meter) {
            route.confine(&snapshot, &caller, &customer, &mut meter)?;
        }
        let tokens = postern_wire::estimate_tokens(&asked.raw);
        let groups = std::iter::once(&route.group).chain(route.all_others());
        let mut costs =
            groups.flat_map(|group| &group.deployments).map(|known| known.highest_cost(tokens, 0));
        let cost_nanos = costs.try_fold(0_i64, |most, cost| Some(most.max(cost?)));
        let models = [route.group.name.as_str(), &asked.model];
        let wants = Wants {
            headers: &head.headers,
            body: &asked.raw,
            models: &models,
            others: &route.own_others(),
            tags: &route.tags,
        };
        let admission = Admission::open(&engine, &caller, &wants, &mut meter)?;
        meter.hold(admission.admit(Estimate { cost_nanos, tokens })?);
        let asking = Embeddings { engine: &engine, asked: &asked, patience: snapshot.routing.timeout };
        let size = Size { input: tokens, max_output: Some(0), choices: 1 };
        let way = Way::new(&engine, &route, size, None);
        let won = pipeline::travel(&way, &Mutex::new(&mut meter), &asking).await?;
        if let Some(row) = meter.row() {
            row.model_group.clone_from(&won.group.name);
        }
        meter.won(won.fallbacks);
        Ok::<_, Failure>(won.answer)
    };
    match served.await {
        Ok(embedded) => {
            let end = End { usage: embedded.usage, response_bytes: embedded.body.len() as u64, ..NOTHING };
            let told = meter.told();
            commit(&engine, meter, end).await;
            let mut response = answer(request_id, embedded.body);
            report(response.headers_mut(), &told);
            response
        }
        Err(failure) => {
            let end = End {
                status: failure.error.status,
                outcome: Outcome::Error,
                failure: Some(&failure),
                ..NOTHING
            };
            let told = meter.told();
            commit(&engine, meter, end).await;
            let mut response = failure.respond(format, request_id);
            report(response.headers_mut(), &told);
            response
        }
    }
}

fn answer(request_id: Uuid, body: Bytes) -> Response {
    let mut response = Body::from(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&request_id.to_string()) {
        headers.insert("x-request-id", id);
    }
    response
}

fn read(shape: EmbedShape, raw: Bytes) -> Result<Asked, Failure> {
    let wrong =
        |param: &str, message: String| Err(Failure::invalid("invalid_request", message).with_param(param));
    if serde_json::from_slice::<Map<String, Value>>(&raw).is_err() {
        return Err(Failure::invalid("invalid_json", "the request body must be one JSON object"));
    }
    let controls = postern_wire::read_controls(&raw)?;
    let reduced = controls.as_ref().map(|controls| controls.surgery.reduce(&raw)).transpose()?.flatten();
    let raw = reduced.map_or(raw, Bytes::from);
    let body = serde_json::from_slice::<Map<String, Value>>(&raw).unwrap_or_default();
    let Some(model) = body.get("model").and_then(Value::as_str).filter(|model| !model.is_empty()) else {
        return wrong("model", "`model` must be a string".to_owned());
    };
    let member = shape.input_member();
    let is_text = |value: &Value| value.is_string();
    let is_input = match body.get(member) {
        Some(Value::String(_)) => true,
        Some(Value::Array(items)) if shape == EmbedShape::OpenAi => !items.is_empty(),
        Some(Value::Array(items)) => shape == EmbedShape::Ollama && items.iter().all(is_text),
        _ => false,
    };
    if !is_input {
        return wrong(member, format!("`{member}` must be a string or an array that is not empty"));
    }
    let model = model.to_owned();
    Ok(Asked { shape, body, raw, model, controls })
}

/// Where a deployment makes embeddings: beside its chat, in the shape of that.
fn place(deployment: &Deployment, caller: EmbedShape) -> Option<(&Endpoint, EmbedShape, Address)> {
    let at = |format: Format, end: &str, other: &str, shape: EmbedShape| {
        let endpoint = deployment.endpoints.iter().find(|endpoint| endpoint.format == format)?;
        let Place::Http { whole, .. } = &endpoint.place else { return None };
        let mut url = whole.url().clone();
        let path = format!("{}{other}", url.path().strip_suffix(end)?);
        url.set_path(&path);
        Some((endpoint, shape, Address::parse(url.as_str())?))
    };
    let openai = || at(Format::OpenAiChat, "/chat/completions", "/embeddings", EmbedShape::OpenAi);
    let ollama = || at(Format::Ollama, "/api/chat", "/api/embed", EmbedShape::Ollama);
    if caller == EmbedShape::OpenAi { openai().or_else(ollama) } else { ollama().or_else(openai) }
}

/// Asks deployments for embeddings.
struct Embeddings<'a> {
    engine: &'a Engine,
    asked: &'a Asked,
    patience: Duration,
}

impl Asks for Embeddings<'_> {
    type Answer = Embedded;

    async fn ask(
        &self,
        deployment: &Arc<Deployment>,
        patience: Patience,
        notes: &Notes<'_>,
    ) -> Result<Embedded, Failure> {
        let own = deployment.timeout.unwrap_or(self.patience);
        let whole = patience.left.map_or(own, |left| own.min(left));
        ask(self.engine, notes, self.asked, deployment, whole).await
    }
}

async fn ask(
    engine: &Engine,
    notes: &Notes<'_>,
    asked: &Asked,
    deployment: &Arc<Deployment>,
    patience: Duration,
) -> Result<Embedded, Failure> {
    let Some((endpoint, shape, address)) = place(deployment, asked.shape) else {
        let message = format!("{} has no embeddings to offer", deployment.provider);
        return Err(Failure::invalid("no_embeddings", message).with_param("model"));
    };
    let (body, loss) = asked.for_provider(shape, &deployment.upstream_model)?;
    {
        let mut meter = notes.lock().unwrap_or_else(PoisonError::into_inner);
        meter.sent_to(deployment, endpoint.format);
        meter.lost(&loss);
    }
    let headers = upstream::request_headers(endpoint, &axum::http::HeaderMap::new(), false);
    let signing = endpoint.signing.as_deref();
    let until = Instant::now() + patience;
    let sent = engine.clients.send(Method::POST, &address, headers, body, signing, &deployment.provider);
    let reply = tokio::time::timeout(patience, sent).await.map_err(|_| {
        let message = format!("{} did not answer within {} s", deployment.provider, patience.as_secs_f32());
        Failure::upstream(504, "upstream_timeout", message)
    })??;
    let status = reply.status;
    let wait = pipeline::retry_after(&reply.headers);
    let left = until.saturating_duration_since(Instant::now());
    let body = upstream::read_whole(reply, &deployment.provider, left).await?;
    if status != 200 {
        let error = postern_wire::parse_error(shape.format(), status, &body);
        let own = UpstreamBody { format: shape.format(), body, content_type: None };
        return Err(Failure {
            retry: matches!(status, 408 | 409 | 425 | 429 | 500..=599),
            wait,
            upstream_body: (status == error.status).then(|| Box::new(own)),
            ..Failure::from_upstream(error)
        });
    }
    asked.for_caller(shape, &body).ok_or_else(|| {
        let message = format!("{} answered with something that holds no embeddings", deployment.provider);
        Failure::upstream(502, "upstream_invalid_response", message)
    })
}

impl Asked {
    /// The request in the provider's shape, and what has no place there.
    fn for_provider(&self, shape: EmbedShape, model: &str) -> Result<(Bytes, Vec<String>), Failure> {
        if shape == self.shape {
            let named = postern_wire::Envelope::with_model(&self.raw, model);
            return Ok((named.map_or_else(|| self.raw.clone(), Bytes::from), Vec::new()));
        }
        let input = self.body.get(self.shape.input_member()).cloned().unwrap_or_default();
        let is_tokens = input.as_array().is_some_and(|items| !items.iter().all(Value::is_string));
        if is_tokens {
            let message = "`input` must be text: the model asked for takes no token numbers";
            return Err(Failure::invalid("unsupported_value", message).with_param("input"));
        }
        let mut body = Map::from_iter([("model".to_owned(), json!(model)), ("input".to_owned(), input)]);
        if let Some(dimensions) = self.body.get("dimensions") {
            body.insert("dimensions".to_owned(), dimensions.clone());
        }
        if shape == EmbedShape::OpenAi {
            body.insert("encoding_format".to_owned(), json!("float"));
        }
        let carried = ["model", "input", "prompt", "dimensions", "encoding_format"];
        let lost =
            self.body.iter().filter(|(name, value)| !carried.contains(&name.as_str()) && !value.is_null());
        let lost = lost.map(|(name, _)| name.clone()).collect();
        Ok((Value::Object(body).to_string().into(), lost))
    }

    /// The provider's answer in the caller's shape; `None` if it is none.
    fn for_caller(&self, shape: EmbedShape, body: &Bytes) -> Option<Embedded> {
        if shape == EmbedShape::OpenAi && self.shape == EmbedShape::OpenAi {
            let (usage, _) = postern_wire::read_usage(Format::OpenAiChat, body);
            return Some(Embedded { body: body.clone(), usage });
        }
        let answer: Value = serde_json::from_slice(body).ok()?;
        let (vectors, tokens) = if shape == EmbedShape::OpenAi {
            let data = answer["data"].as_array()?;
            let vectors: Option<Vec<Value>> = data
                .iter()
                .map(|one| one.get("embedding").filter(|vector| vector.is_array()).cloned())
                .collect();
            (vectors?, answer["usage"]["prompt_tokens"].as_u64())
        } else {
            (answer["embeddings"].as_array()?.clone(), answer["prompt_eval_count"].as_u64())
        };
        let usage = tokens.map(|input| Usage { input, ..Usage::default() });
        let told = match self.shape {
            EmbedShape::Ollama if shape == EmbedShape::Ollama => {
                return Some(Embedded { body: body.clone(), usage });
            }
            EmbedShape::Ollama => {
                json!({"model": self.model, "embeddings": vectors, "prompt_eval_count": tokens.unwrap_or(0)})
            }
            EmbedShape::OllamaPrompt => json!({"embedding": vectors.first()?}),
            EmbedShape::OpenAi => {
                let as_text = self.body.get("encoding_format").is_some_and(|format| format == "base64");
                let data: Vec<Value> = vectors
                    .into_iter()
                    .enumerate()
                    .map(|(index, vector)| {
                        let embedding = if as_text { packed(&vector) } else { vector };
                        json!({"object": "embedding", "index": index, "embedding": embedding})
                    })
                    .collect();
                let tokens = tokens.unwrap_or(0);
                json!({
                    "object": "list", "data": data, "model": self.model,
                    "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
                })
            }
        };
        Some(Embedded { body: told.to_string().into(), usage })
    }
}

/// A vector as OpenAI packs it on request: single precision, little-endian, in base64.
fn packed(vector: &Value) -> Value {
    let numbers = vector.as_array().into_iter().flatten().filter_map(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "the packed form is single precision")]
    let bytes: Vec<u8> = numbers.flat_map(|number| (number as f32).to_le_bytes()).collect();
    json!(base64::engine::general_purpose::STANDARD.encode(bytes))
}
