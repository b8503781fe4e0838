//! Server-sent events and JSON lines, against readers that take the whole text at once and keep no state.

use postern_wire::{EventReader, Framing};

use crate::Target;
use crate::input::Input;

pub const TARGET: Target = Target { name: "sse", kinds: &["streams"], check };

/// Name, data, id.
type Told = (String, Vec<u8>, String);

fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let lines = lines(input.body);
    assert_eq!(read(Framing::ServerSentEvents, &input), events(&lines));
    let expected: Vec<Told> = input
        .body
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .map(|line| (String::new(), line.to_vec(), String::new()))
        .collect();
    assert_eq!(read(Framing::JsonLines, &input), expected);
}

fn read(framing: Framing, input: &Input<'_>) -> Vec<Told> {
    let mut reader = EventReader::new(framing);
    let mut told = Vec::new();
    let mut tell = |event: postern_wire::sse::Event<'_>| {
        told.push((event.name.to_owned(), event.data.to_vec(), event.id.to_owned()));
    };
    for piece in input.pieces() {
        reader.feed(piece, &mut tell).unwrap();
    }
    reader.finish(&mut tell);
    told
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        lines.push(&rest[..end]);
        let taken = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = &rest[end + taken..];
    }
    lines.push(rest);
    lines
}

/// As the standard says, but that the last event needs no blank line.
fn events(lines: &[&[u8]]) -> Vec<Told> {
    let mut events = Vec::new();
    let (mut name, mut data, mut id) = (String::new(), Vec::new(), String::new());
    for line in lines.iter().chain([&&b""[..]]) {
        if line.is_empty() {
            let said: Vec<Vec<u8>> = std::mem::take(&mut data);
            let name = std::mem::take(&mut name);
            if !said.is_empty() {
                events.push((name, said.join(&b'\n'), id.clone()));
            }
            continue;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (*line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match field {
            b"event" => name = text(),
            b"data" => data.push(value.to_vec()),
            b"id" if !value.contains(&0) => id = text(),
            _ => {}
        }
    }
    events
}

#[cfg(test)]
#[test]
fn holds() {
    crate::budget::spend(&TARGET);
}
