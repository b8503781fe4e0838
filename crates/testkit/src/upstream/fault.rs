//! What a [`Fault`] makes of an answer.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;

use super::Dialect;
use super::answer::{
    Answer, Exchange, Refusal, document, event_stream, odd, refuse, reply_of, stream_error, stream_of,
};
use super::body::{Abandoned, Body, HangUp, streamed, whole};
use super::events::{self, Ending};
use crate::{Fault, Pace, Reply, RetryAfter};

/// How much more than it has a body claims to have.
const MISSING: usize = 64;

pub async fn fail(exchange: &Exchange<'_>, fault: &Fault) -> Answer {
    let dialect = exchange.dialect;
    match fault {
        Fault::Status { status, retry_after } => {
            let mut response = refuse(dialect, &Refusal::new(*status, ""), exchange.model());
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Ok(response)
        }
        Fault::Busy { status, after } => {
            let mut response = refuse(dialect, &Refusal::new(*status, ""), exchange.model());
            let (name, value) = told(*after);
            response.headers_mut().insert(name, value);
            Ok(response)
        }
        Fault::ErrorWith200 => {
            let mut response = refuse(dialect, &Refusal::new(500, ""), exchange.model());
            *response.status_mut() = StatusCode::OK;
            Ok(response)
        }
        Fault::Html { status } => {
            let page =
                "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body>nginx</body></html>";
            let mut response = Response::new(whole(Bytes::from_static(page.as_bytes())));
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            Ok(response)
        }
        Fault::Empty => Ok(Response::new(whole(Bytes::new()))),
        Fault::CloseBeforeHeaders => Err(HangUp),
        Fault::ResetBeforeHeaders => {
            exchange.orders.reset();
            Err(HangUp)
        }
        Fault::NeverAnswers => {
            let _left = Abandoned::watch(&exchange.state.abandoned);
            std::future::pending().await
        }
        Fault::ErrorFirstEvent | Fault::ErrorMidStream if !exchange.is_streamed() => {
            Ok(refuse(dialect, &Refusal::new(500, ""), exchange.model()))
        }
        _ => {
            if *fault == Fault::ResetMidBody {
                exchange.orders.reset();
            }
            let is_streamed = exchange.is_streamed();
            Ok(if is_streamed { broken_stream(exchange, fault) } else { broken_document(exchange, fault) })
        }
    }
}

fn broken_stream(exchange: &Exchange<'_>, fault: &Fault) -> Response<Body> {
    let events = stream_of(exchange, &Reply::default());
    let whole: usize = events.iter().map(Bytes::len).sum();
    let (events, ending) = if exchange.dialect == Dialect::Ollama {
        events::cut_lines(events, fault, stream_error(exchange.dialect))
    } else {
        events::cut(events, fault, odd(exchange.dialect))
    };
    let length = match fault {
        Fault::LengthTooLong => Some(whole + MISSING),
        Fault::LengthTooShort => Some(events.iter().map(Bytes::len).sum()),
        _ => None,
    };
    let mut response = event_stream(exchange, streamed(exchange.state, events, Pace::None, ending));
    if let Some(length) = length {
        response.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

fn broken_document(exchange: &Exchange<'_>, fault: &Fault) -> Response<Body> {
    let body = Bytes::from(reply_of(exchange, &Reply::default()).to_string());
    let half = body.slice(..body.len() / 2);
    let (pieces, ending, length) = match fault {
        Fault::Truncated | Fault::BrokenSse => (vec![half], Ending::Proper, None),
        Fault::InvalidUtf8 => (vec![Bytes::from_static(b"{\"id\":\"\xff\xfe\"}")], Ending::Proper, None),
        Fault::Stalls => (vec![half], Ending::Silence, Some(body.len())),
        Fault::SilentAfterHeaders => (Vec::new(), Ending::Silence, Some(body.len())),
        Fault::ResetMidBody => (vec![half], Ending::Reset, Some(body.len())),
        Fault::LengthTooLong => (vec![body.clone()], Ending::Abort, Some(body.len() + MISSING)),
        Fault::LengthTooShort => (vec![half.clone()], Ending::Proper, Some(half.len())),
        _ => (vec![half], Ending::Abort, Some(body.len())),
    };
    document(exchange, streamed(exchange.state, pieces, Pace::None, ending), length)
}

/// The header by which the caller is told when to come back.
fn told(after: RetryAfter) -> (HeaderName, HeaderValue) {
    match after {
        RetryAfter::Seconds(seconds) => (RETRY_AFTER, HeaderValue::from(seconds)),
        RetryAfter::Milliseconds(milliseconds) => {
            (HeaderName::from_static("retry-after-ms"), HeaderValue::from(milliseconds))
        }
        RetryAfter::Date(seconds) => (RETRY_AFTER, date(seconds)),
    }
}

/// The moment `seconds` from now, as HTTP writes dates.
#[expect(
    clippy::disallowed_methods,
    reason = "the gateway under test is another process, whose clock is this machine's"
)]
fn date(seconds: u64) -> HeaderValue {
    let then = jiff::Timestamp::now().saturating_add(std::time::Duration::from_secs(seconds));
    let text = then.ok().and_then(|then| DateTimePrinter::new().timestamp_to_rfc9110_string(&then).ok());
    HeaderValue::try_from(text.unwrap_or_default()).unwrap_or(HeaderValue::from_static(""))
}
