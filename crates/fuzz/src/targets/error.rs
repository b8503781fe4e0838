//! Errors, whoever wrote them: always something fit to show, in every format, that is read again as what it was.

use bytes::Bytes;
use postern_wire::{EndState, StreamTap, parse_error, render_error, render_stream_error};

use crate::Target;
use crate::input::Input;
use crate::json::is_json;

pub const TARGET: Target = Target { name: "error", kinds: &["errors", "responses"], check };

const TIME: &str = "2026-01-02T03:04:05Z";
const STATUSES: [u16; 8] = [400, 401, 403, 404, 413, 429, 500, 529];

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let status = STATUSES[(0..3).fold(0, |number, bit| number << 1 | usize::from(input.switch(bit)))];
    let error = parse_error(input.from, status, input.body);
    assert!(!error.message.is_empty());
    assert_eq!(error.status, status);
    let rendered = render_error(input.to, &error, "r", TIME);
    assert!(is_json(&rendered), "{}", String::from_utf8_lossy(&rendered));
    let again = parse_error(input.to, status, &rendered);
    // Some clients know kinds by words of the message only, which are written before it.
    assert!(again.message.ends_with(&error.message), "{}", String::from_utf8_lossy(&rendered));

    let mut tap = StreamTap::new(input.to, input.switch(3));
    let event = render_stream_error(input.to, &error, "r", TIME);
    tap.feed(Bytes::from(event.clone()));
    let EndState::UpstreamError(read) = tap.finish().state else {
        panic!("{}", String::from_utf8_lossy(&event));
    };
    assert!(read.message.ends_with(&error.message), "{}", String::from_utf8_lossy(&event));
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
