//! One request from its arrival to its reply. `serve` reads and understands it, `pipeline` takes it through its phases,
//! and whatever goes wrong is answered in the caller's own format.

mod attribution;
mod compact;
mod count;
mod embed;
pub mod kept;
pub mod mirror;
mod pass;
mod replay;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
pub use count::{Counted, count};
pub use embed::{EmbedShape, embed};
use http_body_util::BodyExt;
use kept::{Continued, Keeper};
pub use pass::pass;
use postern_store::table::requests::{Outcome, RequestRow, time_of};
use postern_wire::{Beside, Envelope, Format};
pub use replay::{can_replay, replay};
use uuid::Uuid;

use crate::auth::{Caller, InternalOrigin};
use crate::bodies::Draft;
use crate::clock::Moment;
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::meter::{End, Meter};
use crate::pipeline;
use crate::reply::report;
use crate::snapshot::{Provider, Snapshot};

/// A request that is known and may be served.
pub struct Exchange {
    pub engine: Arc<Engine>,
    /// One view for the whole request.
    pub snapshot: Arc<Snapshot>,
    pub format: Format,
    pub request_id: Uuid,
    /// When it came.
    pub started: Moment,
    pub caller: Caller,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub envelope: Envelope,
    /// The deployment that has to be asked, because it keeps what the request goes on with.
    pub pinned: Option<String>,
    /// What follows the path of an endpoint that speaks the caller's format.
    pub path_end: &'static str,
    /// The body before anything was put in front of it.
    pub asked: Bytes,
    /// See [`Call::provider`].
    pub provider: Option<Arc<Provider>>,
    /// See [`Call::json_array`].
    pub json_array: bool,
    /// It is a copy, whose answer nobody waits for.
    pub is_mirror: bool,
}

/// What the path says of a request.
pub struct Call {
    pub format: Format,
    /// For the ledger.
    pub endpoint: Cow<'static, str>,
    /// Where formats name the model in the path.
    pub model: Option<String>,
    /// The same of the wish for a stream.
    pub stream: Option<bool>,
    /// Whose model it is to be, where the path names the provider and not the model's name.
    pub provider: Option<Arc<Provider>>,
    /// The conversation is to be made short, not gone on with.
    pub compacts: bool,
    /// A model that the path names for a format that has it in the body: it is written there.
    pub model_in_body: Option<String>,
    /// Gemini's streams without `alt=sse`: one JSON array that grows.
    pub json_array: bool,
    /// It is asked again, to be compared: by its model alone, and nobody comes back to it.
    pub is_replay: bool,
}

impl Call {
    /// All but the format is in the body.
    pub fn new(format: Format, endpoint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            format,
            endpoint: endpoint.into(),
            model: None,
            stream: None,
            provider: None,
            compacts: false,
            model_in_body: None,
            json_array: false,
            is_replay: false,
        }
    }
}

/// Serves one LLM request.
pub async fn serve(engine: Arc<Engine>, call: Call, request: Request) -> Response {
    let times = (Instant::now(), Moment::now());
    let (head, body) = request.into_parts();
    let caller = engine.caller(head.extensions.get::<InternalOrigin>(), &head.headers, head.uri.path());
    let caller = match caller {
        Ok(caller) => caller,
        Err(failure) => {
            discard(body, engine.options.max_body).await;
            return failure.respond(call.format, ids::new_id());
        }
    };
    serve_to(engine, call, caller, (head.headers, body), times).await
}

/// The same for a caller who is known.
async fn serve_to(
    engine: Arc<Engine>,
    call: Call,
    caller: Caller,
    (headers, body): (HeaderMap, Body),
    (started, arrived): (Instant, Moment),
) -> Response {
    let Call { format, endpoint, model, stream, provider, compacts, model_in_body, json_array, is_replay } =
        call;
    let request_id = ids::new_id();
    let snapshot = engine.snapshot.load_full();
    let row = Box::new(first_words(request_id, &caller, endpoint.into_owned(), format.as_str(), &headers));
    let mut meter = Meter::start(engine.clone(), row, started);
    let mut keeper = None;
    let served = async {
        let mut body = read_body(body, &headers, engine.options.max_body).await?;
        meter.keep(Draft::of(&caller, Some(format), &body));
        if let Some(row) = meter.row() {
            row.request_bytes = body.len() as i64;
        }
        if let Some(named) = model_in_body.and_then(|model| Envelope::with_model(&body, &model)) {
            body = named.into();
        }
        let asked = body.clone();
        if format == Format::OpenAiResponses
            && let Some(told) = postern_wire::with_summaries_told(&body)?
        {
            body = told.into();
        }
        // A compaction is nothing to stream.
        let stream = if compacts { Some(false) } else { stream };
        let mut envelope = Envelope::peek_beside(format, &body, Beside { model: model.as_deref(), stream })?;
        if let Some(row) = meter.row() {
            row.model_requested.clone_from(&envelope.model);
            row.model_group.clone_from(&envelope.model);
            row.streamed = envelope.stream;
            row.end_user.clone_from(&envelope.user);
            attribution::of_body(row, &body);
        }
        if is_replay && let Some(controls) = &mut envelope.controls {
            // Who is to answer is said anew.
            controls.routing = None;
        }
        let is_kept = snapshot.keep_responses && !is_replay;
        keeper = is_kept.then(|| Keeper::of(&engine, &caller, &envelope, &asked)).flatten();
        let previous = envelope.memory.as_ref().and_then(|memory| memory.previous.clone());
        let mut pinned = None;
        if let Some(previous) = previous {
            match kept::continued(&engine, &caller, &previous, &body).await? {
                Continued::Nothing => {}
                Continued::At(deployment) => pinned = Some(deployment),
                Continued::Here(whole) => {
                    envelope = Envelope::peek(format, &whole)?;
                    body = whole;
                }
            }
        }
        let exchange = Exchange {
            pinned,
            path_end: "",
            asked,
            engine: engine.clone(),
            snapshot,
            format,
            request_id,
            started: arrived,
            caller,
            headers,
            body,
            envelope,
            provider,
            json_array,
            is_mirror: false,
        };
        if compacts {
            // A summary is nothing to come back to.
            keeper = None;
            return compact::run(exchange, &mut meter).await;
        }
        pipeline::run(&exchange, &mut meter).await
    };
    match served.await {
        Ok(answer) => answer.into_response(&engine, format, request_id, meter, keeper).await,
        Err(failure) => {
            let told = meter.told();
            let status = failure.error.status;
            let end = End {
                status,
                outcome: Outcome::Error,
                failure: Some(&failure),
                usage: None,
                output_chars: 0,
                response_bytes: 0,
                response_id: None,
            };
            if let Some((ack, _)) = meter.finish(end)
                && !engine.options.buffered_ledger
            {
                ack.committed().await;
            }
            let mut response = failure.respond(format, request_id);
            report(response.headers_mut(), &told);
            response
        }
    }
}

/// The part of the ledger row that is known on arrival.
pub fn first_words(
    id: Uuid,
    caller: &Caller,
    endpoint: String,
    format: &str,
    headers: &HeaderMap,
) -> RequestRow {
    let client = headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(256).collect::<String>())
        .unwrap_or_default();
    let mut row = RequestRow {
        id,
        // The same reading of the clock.
        started_at: time_of(id),
        key_id: caller.key_id(),
        endpoint,
        format_in: format.to_owned(),
        client_name: client_name(&client),
        client,
        owner: caller.owner(),
        // Those of the body are known when it is read, if it can be.
        tags: pipeline::tags(caller, headers, None),
        ..RequestRow::default()
    };
    attribution::of_headers(&mut row, headers);
    row
}

/// `claude-cli/2.1.0 (external)` → `claude-cli`; `OpenAI/Python 1.2` stays `OpenAI/Python`.
fn client_name(user_agent: &str) -> String {
    let product = user_agent.split_whitespace().next().unwrap_or("unknown");
    match product.rsplit_once('/') {
        Some((name, version))
            if version.starts_with(|first: char| first.is_ascii_digit() || first == 'v') =>
        {
            name.to_owned()
        }
        _ => product.to_owned(),
    }
}

/// Reads the body whole, or refuses it for its size. What is too large is read to its end and thrown away within bounds:
/// a client that is still sending would otherwise see a reset instead of the answer.
pub async fn read_body(body: Body, headers: &HeaderMap, most: usize) -> Result<Bytes, Failure> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        discard(body, most).await;
        let mut failure = Failure::invalid(
            "unsupported_encoding",
            "the request's body is compressed; send it without `Content-Encoding`",
        );
        failure.error.status = 415;
        return Err(failure);
    }
    let too_large = || {
        Failure::too_large(format!(
            "the request's body is larger than the {} MiB this gateway takes; POSTERN_MAX_BODY_MB raises the limit",
            most / (1024 * 1024)
        ))
    };
    if announced.is_some_and(|length| length > most) {
        discard(body, most).await;
        return Err(too_large());
    }
    let mut body = body;
    let mut first: Option<Bytes> = None;
    let mut joined: Option<BytesMut> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Failure::invalid("incomplete_body", format!("the request's body broke off: {error}"))
        })?;
        let Ok(data) = frame.into_data() else { continue };
        match (&mut joined, first.take()) {
            (Some(whole), _) => whole.extend_from_slice(&data),
            (None, None) => first = Some(data),
            (None, Some(start)) => {
                let mut whole =
                    BytesMut::with_capacity(announced.unwrap_or(0).clamp(start.len() + data.len(), most));
                whole.extend_from_slice(&start);
                whole.extend_from_slice(&data);
                joined = Some(whole);
            }
        }
        let length = joined.as_ref().map_or_else(|| first.as_ref().map_or(0, Bytes::len), BytesMut::len);
        if length > most {
            discard(body, most).await;
            return Err(too_large());
        }
    }
    Ok(joined.map(BytesMut::freeze).or(first).unwrap_or_default())
}

/// Reads and throws away, at most four times `most` and for ten seconds.
pub async fn discard(mut body: Body, most: usize) {
    let read = async {
        let mut left = most.saturating_mul(4);
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(10), read).await;
}

#[cfg(test)]
mod tests {
    use super::client_name;

    #[test]
    fn a_client_is_named_by_its_first_product_without_version() {
        assert_eq!(client_name("claude-cli/2.1.0 (external, cli)"), "claude-cli");
        assert_eq!(client_name("OpenAI/Python 1.2.3"), "OpenAI/Python");
        assert_eq!(client_name("curl/8.5.0"), "curl");
        assert_eq!(client_name(""), "unknown");
    }
}
