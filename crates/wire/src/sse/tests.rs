//! The parser against the standard's corner cases, whole and in pieces.

use super::*;

#[derive(Debug, PartialEq, Eq, Clone)]
struct Seen {
    name: String,
    data: String,
    id: String,
    retry: Option<u64>,
}

fn parse(pieces: &[&[u8]]) -> Vec<Seen> {
    let mut parser = Parser::new();
    let mut seen = Vec::new();
    let mut keep = |event: Event<'_>| {
        seen.push(Seen {
            name: event.name.into(),
            data: String::from_utf8_lossy(event.data).into_owned(),
            id: event.id.into(),
            retry: event.retry,
        });
    };
    for piece in pieces {
        parser.feed(piece, &mut keep).unwrap();
    }
    parser.finish(&mut keep);
    seen
}

fn data(text: &str) -> Vec<String> {
    parse(&[text.as_bytes()]).into_iter().map(|event| event.data).collect()
}

#[test]
fn knows_three_line_ends_and_the_byte_order_mark() {
    assert_eq!(data("data: a\n\ndata: b\n\n"), ["a", "b"]);
    assert_eq!(data("data: a\r\n\r\ndata: b\r\n\r\n"), ["a", "b"]);
    assert_eq!(data("data: a\r\rdata: b\r\r"), ["a", "b"]);
    assert_eq!(data("\u{feff}data: a\r\n\n"), ["a"]);
    assert_eq!(data("data: a\n\n\u{feff}data: b\n\n"), ["a"], "the mark counts at the beginning only");
}

#[test]
fn knows_fields_comments_and_several_data_lines() {
    let text = ": hello\nevent: delta\nid: 7\nretry: 250\ndata: one\ndata:two\ndata:  three\ndata\n\n:only\n\nevent: x\n\ndata: d\n\n";
    let seen = parse(&[text.as_bytes()]);
    assert_eq!(
        seen,
        [
            Seen {
                name: "delta".into(),
                data: "one\ntwo\n three\n".into(),
                id: "7".into(),
                retry: Some(250)
            },
            Seen { name: String::new(), data: "d".into(), id: "7".into(), retry: None },
        ]
    );
}

#[test]
fn an_unterminated_last_event_is_reported_at_the_end() {
    assert_eq!(data("data: a\n\ndata: b"), ["a", "b"]);
    assert_eq!(data("data: a\n\ndata: b\n"), ["a", "b"]);
    assert_eq!(data("data: a\n\n: bye"), ["a"]);
}

#[test]
fn any_two_cuts_give_the_same_events() {
    let text =
        "\u{feff}: c\r\nevent: e\r\ndata: ä\r\ndata: b\r\n\r\ndata: [DONE]\r\rdata: x\n\nid: 1\ndata: y"
            .as_bytes();
    let whole = parse(&[text]);
    assert_eq!(whole.len(), 4);
    for first in 0..=text.len() {
        for second in first..=text.len() {
            let pieces = [&text[..first], &text[first..second], &text[second..]];
            assert_eq!(parse(&pieces), whole, "cut at {first} and {second}");
        }
    }
}

#[test]
fn events_tell_where_they_stand() {
    let text = b"data: a\r\n\r\n: c\n\ndata: b\n\n";
    let mut spans = Vec::new();
    Parser::new().feed(text, |event| spans.push((event.start, event.end))).unwrap();
    assert_eq!(spans, [(0, 11), (16, 25)]);
}

#[test]
fn what_is_unfinished_begins_after_events_and_comments_and_before_everything_else() {
    let pending = |text: &str| {
        let mut parser = Parser::new();
        parser.feed(text.as_bytes(), |_| ()).unwrap();
        text[parser.pending_start() as usize..].to_owned()
    };
    for text in
        ["", "\n", ": c\n", "\u{feff}: c\r", "data: a\n\n: c\n\n: d\n", "retry: 1\n\n", "id: 1\r\n\r\n"]
    {
        assert_eq!(pending(text), "", "{text:?}");
    }
    for rest in [
        ":",
        ": c",
        "d",
        "data: a\n",
        "event: a\n: c\n",
        "<html>\n\n",
        "<html>\n\n: c\n",
        "<html>\n\nid: 1\n",
    ] {
        assert_eq!(pending(rest), rest);
        assert_eq!(pending(&format!("data: a\n\n: c\n{rest}")), rest);
    }
    assert_eq!(pending("<html>\n\ndata: a\n\n"), "", "an event takes with it what stands before it");
}

#[test]
fn an_event_begins_where_its_first_line_does_even_if_nothing_is_read_of_it() {
    let text = b"data: a\r\n\r\nother: b\r\ndata: c\r\n\r\n";
    for cut in 0..text.len() {
        let mut starts = Vec::new();
        let mut parser = Parser::new();
        for piece in [&text[..cut], &text[cut..]] {
            parser.feed(piece, |event| starts.push(event.start)).unwrap();
        }
        assert_eq!(starts, [0, 11], "cut at {cut}");
    }
}

#[test]
fn an_endless_event_is_an_error() {
    let mut parser = Parser::new();
    let piece = vec![b'x'; 1024 * 1024];
    let results: Vec<bool> = (0..9).map(|_| parser.feed(&piece, |_| ()).is_ok()).collect();
    assert_eq!(results.iter().filter(|ok| **ok).count(), 8);
    assert!(parser.feed(b"\n\ndata: x\n\n", |_| panic!("nothing more is read")).is_err());
    let mut parser = Parser::new();
    let line = [b"data: ", piece.as_slice(), b"\n"].concat();
    assert!((0..9).any(|_| parser.feed(&line, |_| ()).is_err()), "many lines of one event count together");
}
