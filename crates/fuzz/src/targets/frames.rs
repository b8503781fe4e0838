//! Any framing: the same events however the bytes are cut, one after another, each within the stream.

use postern_wire::EventReader;
use postern_wire::sse::Event;

use crate::Target;
use crate::input::Input;

pub const TARGET: Target = Target { name: "frames", kinds: &["streams"], check };

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let whole = read(&input, &[input.body]);
    assert_eq!(read(&input, &input.pieces()), whole);
    if input.body.len() <= 4096 {
        let bytes: Vec<&[u8]> = input.body.chunks(1).collect();
        assert_eq!(read(&input, &bytes), whole);
    }
}

/// What an event says, and where it starts.
#[derive(Debug, PartialEq)]
struct Seen {
    name: String,
    data: Vec<u8>,
    id: String,
    retry: Option<u64>,
    start: u64,
}

fn read(input: &Input<'_>, pieces: &[&[u8]]) -> (Vec<Seen>, Option<String>, bool) {
    let mut reader = EventReader::new(input.from.framing());
    let mut seen = Vec::new();
    let mut before = 0;
    let mut fed = 0;
    let mut failure = None;
    for piece in pieces {
        fed += piece.len() as u64;
        let result = reader.feed(piece, |event| {
            before = note(&mut seen, event, before, fed);
        });
        failure = failure.or(result.err());
        assert!(failure.is_some() || (before..=fed).contains(&reader.pending_start()));
    }
    reader.finish(|event| {
        before = note(&mut seen, event, before, fed);
    });
    (seen, failure, reader.is_foreign())
}

fn note(seen: &mut Vec<Seen>, event: Event<'_>, before: u64, fed: u64) -> u64 {
    assert!(before <= event.start && event.start < event.end && event.end <= fed, "{before} {event:?} {fed}");
    seen.push(Seen {
        name: event.name.to_owned(),
        data: event.data.to_vec(),
        id: event.id.to_owned(),
        retry: event.retry,
        start: event.start,
    });
    event.end
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
