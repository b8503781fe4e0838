//! Streams, watched and translated: whatever comes and however it is cut, the outcome is the same, and what did not end
//! does not look as if it had.

use std::fmt;

use bytes::Bytes;
use postern_wire::{
    ApiError, EndState, ErrorKind, EventReader, Format, ReplyContext, StreamEnd, StreamTap, StreamTranscoder,
    Usage,
};

use crate::Target;
use crate::input::Input;
use crate::json::is_json;

pub const TARGET: Target = Target { name: "stream", kinds: &["streams"], check };

const TIME: &str = "2026-01-02T03:04:05Z";

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let whole: &[&[u8]] = &[input.body];
    let pieces = input.pieces();

    let tapped = tap(input.from, false, whole);
    assert_eq!(tap(input.from, false, &pieces), tapped);
    forwarded(&input, &tapped);
    let hiding = tap(input.from, true, whole);
    assert_eq!(tap(input.from, true, &pieces), hiding);
    assert_eq!(hiding.said, tapped.said);

    let told = translate(&input, whole);
    assert_eq!(translate(&input, &pieces), told);
    match (&told.state, &tapped.state) {
        (EndState::Broken { .. }, _) => {}
        // What came after it is not looked at.
        (EndState::UpstreamError(_), _) if tapped.broken => {}
        (translated, watched) => assert_eq!(translated, watched),
    }
    let text = String::from_utf8(told.out.clone());
    if is_array(&input) {
        let is_whole = told.state == EndState::Complete || told.terminal;
        assert_eq!(is_json(&told.out), is_whole, "{:?}: {text:?}", told.state);
        assert!(is_whole || is_json(&[told.out.as_slice(), &told.error].concat()), "{text:?}");
        return;
    }
    readable(input.to, &told.out);

    // What the caller gets, as the caller reads it.
    let read = tap(input.to, false, &[&told.out]);
    match &read.state {
        // Whoever is given chunks as they are is given their finish reason before what is wrong with the next one.
        EndState::Complete if input.from == input.to => {}
        EndState::Complete => {
            let is_over = told.state == EndState::Complete || goes_on_after_end(&input);
            assert!(is_over, "{:?}: {text:?}", told.state);
        }
        EndState::Truncated => assert_ne!(told.state, EndState::Complete, "{text:?}"),
        other => panic!("{other:?}: {text:?}"),
    }
    // What is billed after the end, the caller cannot be told any more.
    if told.state == EndState::Complete && !goes_on_after_end(&input) {
        same_tokens(told.usage.as_ref(), read.usage.as_ref());
    }
    if !told.terminal && told.state != EndState::Complete {
        let failed = [told.out.as_slice(), &told.error].concat();
        readable(input.to, &failed);
        let read = tap(input.to, false, &[&failed]);
        assert!(matches!(read.state, EndState::UpstreamError(_)), "{:?}: {text:?}", read.state);
    }
}

/// What is forwarded is the beginning of the input, all of it that holds whole events which can be read.
fn forwarded(input: &Input<'_>, tapped: &Outcome) {
    let (out, rest) = input.body.split_at(tapped.out.len().min(input.body.len()));
    assert_eq!(out, tapped.out);
    let mut reader = EventReader::new(input.from.framing());
    let fed = reader.feed(out, |_| ());
    let torn = &out[reader.pending_start().min(out.len() as u64) as usize..];
    assert!(fed.is_ok(), "{fed:?}");
    let is_over = matches!(tapped.state, EndState::Complete | EndState::UpstreamError(_));
    if !torn.is_empty() {
        // Only the end of the last event may be missing.
        assert!(is_over && rest.is_empty(), "{:?}: {}", tapped.state, String::from_utf8_lossy(torn));
        let mut whole = 0;
        reader.finish(|event| {
            whole += usize::from(event.data.trim_ascii() == b"[DONE]" || is_json(event.data));
        });
        assert_eq!(whole, 1, "{}", String::from_utf8_lossy(torn));
    }
    if !tapped.broken && torn.is_empty() {
        let mut all = EventReader::new(input.from.framing());
        let _ = all.feed(input.body, |_| ());
        assert_eq!(all.pending_start(), out.len() as u64, "{}", String::from_utf8_lossy(rest));
    }
}

/// Whether something follows the event that ended the caller's stream.
fn goes_on_after_end(input: &Input<'_>) -> bool {
    let mut ends = Vec::new();
    let mut reader = EventReader::new(input.from.framing());
    let fed = reader.feed(input.body, |event| ends.push(event.end as usize));
    let mut transcoder = StreamTranscoder::new(input.from, input.to, context());
    let mut from = 0;
    let mut pieces = ends.iter().map(|end| &input.body[std::mem::replace(&mut from, *end)..*end]);
    fed.is_err() || pieces.any(|piece| transcoder.feed(piece).terminal) && from < input.body.len()
}

/// Gemini's stream that is no stream of events.
fn is_array(input: &Input<'_>) -> bool {
    input.to == Format::Gemini && input.switch(0)
}

/// What became of a stream.
struct Outcome {
    out: Vec<u8>,
    state: EndState,
    /// The end has been written, or passed on, before the input was over.
    terminal: bool,
    /// Something could not be read, and was told to whoever watches.
    broken: bool,
    /// What is billed; compared by what `said` has of it.
    usage: Option<Usage>,
    /// Everything else that is known at the end.
    said: String,
    /// How an error is written after all this.
    error: Vec<u8>,
}

fn outcome(mut out: Vec<u8>, terminal: bool, broken: bool, end: StreamEnd, error: Vec<u8>) -> Outcome {
    out.extend_from_slice(&end.forward);
    let said = format!(
        "{:?} {:?} {:?} {:?} {:?} {} {:?}",
        end.state, end.usage, end.id, end.model, end.finish_reason, end.output_chars, end.loss
    );
    Outcome { out, state: end.state, terminal, broken, usage: end.usage, said, error }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        write!(
            f,
            "{:?} {} {}\n{}\n{}",
            self.state,
            self.terminal,
            self.said,
            text(&self.out),
            text(&self.error)
        )
    }
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        let parts = |of: &Self| (of.terminal, of.broken, of.said.clone());
        self.out == other.out && self.error == other.error && parts(self) == parts(other)
    }
}

fn tap(format: Format, hide: bool, pieces: &[&[u8]]) -> Outcome {
    let mut tap = StreamTap::new(format, hide);
    let mut out = Vec::new();
    let (mut terminal, mut broken) = (false, false);
    for piece in pieces {
        let tapped = tap.feed(Bytes::copy_from_slice(piece));
        assert!(!broken || tapped.forward.is_empty() && !tapped.broken && !tapped.terminal && !tapped.error);
        terminal |= tapped.terminal;
        broken |= tapped.broken;
        out.extend_from_slice(&tapped.forward);
    }
    let end = tap.finish();
    let error = tap.render_error(&failure(), "r", TIME);
    outcome(out, terminal, broken, end, error)
}

fn translate(input: &Input<'_>, pieces: &[&[u8]]) -> Outcome {
    let mut context = context();
    context.json_array = is_array(input);
    context.include_usage = input.switch(1);
    let mut transcoder = StreamTranscoder::new(input.from, input.to, context);
    let mut out = Vec::new();
    let mut terminal = false;
    for piece in pieces {
        let told = transcoder.feed(piece);
        terminal |= told.terminal;
        out.extend_from_slice(&told.bytes);
    }
    let end = transcoder.finish();
    let error = transcoder.render_error(&failure(), "r", TIME);
    outcome(out, terminal, false, end, error)
}

fn failure() -> ApiError {
    ApiError::new(502, ErrorKind::Upstream, "The provider's stream ended early.")
}

/// Every event of what was written is one.
fn readable(format: Format, out: &[u8]) {
    let mut reader = EventReader::new(format.framing());
    let mut judge = |event: postern_wire::sse::Event<'_>| {
        let is_end = event.data == b"[DONE]";
        assert!(is_end || is_json(event.data), "{}", String::from_utf8_lossy(event.data));
    };
    reader.feed(out, &mut judge).unwrap();
    reader.finish(judge);
    assert!(!reader.is_foreign(), "{}", String::from_utf8_lossy(out));
}

/// What a reply in any format needs.
pub fn context() -> ReplyContext {
    ReplyContext {
        created: 1,
        fallback_id: "f".to_owned(),
        model: "m".to_owned(),
        include_usage: true,
        ..ReplyContext::default()
    }
}

/// What is billed is what the caller is told, where the provider's counters make sense: parts are not more than the whole.
pub fn same_tokens(billed: Option<&Usage>, told: Option<&Usage>) {
    let (Some(billed), Some(told)) = (billed, told) else { return };
    let parts = billed.cache_read + billed.cache_write_5m + billed.cache_write_1h;
    let is_sane = parts <= billed.input && billed.reasoning <= billed.output;
    if is_sane && billed.input.max(billed.output) < 1 << 40 {
        assert_eq!((told.input, told.output), (billed.input, billed.output), "{billed:?}");
    }
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
