//! Changing inputs so that they stay near to what is read: values are swapped and dropped where JSON has them, and bytes
//! are damaged anywhere.

use std::ops::Range;

use crate::Random;
use crate::input::HEAD;

/// Values that stand where others are expected.
const ODD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "7.5",
    "1e3",
    "1e999",
    "18446744073709551616",
    "[]",
    "{}",
    "\"\"",
    "\" \"",
    "\"x\"",
    "[null]",
    "[[]]",
    "[{}]",
    "[\"a\",1]",
    "{\"\":0}",
    "\"\\u00e9\\n\"",
    "\"\\ud83d\\ude00\"",
    "\"data:image/png;base64,AAAA\"",
    "\"{\\\"a\\\":1}\"",
    "\"gemini:eA==\"",
    "\"postern:signature:x\"",
];

/// One change. `donor` is another input, of which pieces may be taken; `words` are worth writing.
pub fn mutate(data: &mut Vec<u8>, donor: &[u8], words: &[String], random: &mut Random) {
    if data.len() <= HEAD {
        data.resize(HEAD + 1, 0);
    }
    match random.below(16) {
        0 => {
            let at = random.below(HEAD);
            data[at] = random.below(256) as u8;
        }
        1 => {
            let at = HEAD + random.below(data.len() - HEAD);
            data[at] = *random.pick(b"\"{}[],:\\\r\n\0 0e\xff\xc3").unwrap_or(&0);
        }
        2 => data.truncate(HEAD + random.below(data.len() - HEAD) + 1),
        3 => {
            let range = random.range(data.len() - HEAD);
            let range = HEAD + range.start..HEAD + range.end.min(range.start + 40);
            data.drain(range);
        }
        4 => {
            let range = random.range(donor.len());
            let piece = donor[range.start..range.end.min(range.start + 200)].to_vec();
            let at = HEAD + random.below(data.len() - HEAD);
            data.splice(at..at, piece);
        }
        5 => {
            let at = HEAD + random.below(data.len() - HEAD);
            let word = random.pick(words).cloned().unwrap_or_default();
            data.splice(at..at, word.into_bytes());
        }
        6 => lines(data, random),
        kind => values(kind, data, donor, words, random),
    }
}

/// Drops, repeats or moves a line: events of a stream.
fn lines(data: &mut Vec<u8>, random: &mut Random) {
    let ends: Vec<usize> = (HEAD..data.len()).filter(|at| data[*at] == b'\n').map(|at| at + 1).collect();
    let Some(from) = random.pick(&ends).copied() else { return };
    let to = ends.iter().copied().find(|end| *end > from).unwrap_or(data.len());
    let line: Vec<u8> = match random.below(3) {
        0 => data[from..to].to_vec(),
        _ => data.drain(from..to).collect(),
    };
    if random.below(2) == 0 {
        let at = random.pick(&ends).copied().unwrap_or(from).min(data.len());
        data.splice(at..at, line);
    }
}

/// Replaces, drops or repeats a JSON value.
fn values(kind: usize, data: &mut Vec<u8>, donor: &[u8], words: &[String], random: &mut Random) {
    let spans = spans(data);
    let Some(span) = random.pick(&spans).cloned() else { return };
    match kind {
        // With the comma before it, or the name: what is left may or may not be JSON.
        7 | 8 => {
            let start = data[HEAD..span.start].iter().rposition(|byte| b",[{".contains(byte));
            let start = start.map_or(span.start, |at| HEAD + at + usize::from(data[HEAD + at] != b','));
            let is_first = data[start] != b',';
            let has_next = is_first && data.get(span.end) == Some(&b',');
            data.drain(start..span.end + usize::from(has_next));
        }
        9 => {
            let mut piece = vec![b','];
            piece.extend_from_slice(&data[span.clone()]);
            data.splice(span.end..span.end, piece);
        }
        10 | 11 => {
            let odd = random.pick(ODD).copied().unwrap_or_default();
            data.splice(span, odd.bytes());
        }
        12 => {
            let word = random.pick(words).cloned().unwrap_or_default();
            data.splice(span, word.into_bytes());
        }
        13 => {
            let piece = random.pick(&spans).map(|other| data[other.clone()].to_vec()).unwrap_or_default();
            data.splice(span, piece);
        }
        14 => {
            let word = random.pick(words).cloned().unwrap_or_default();
            let odd = random.pick(ODD).copied().unwrap_or_default();
            let member = format!("{word}:{odd},");
            if data[span.start] == b'{' && data.get(span.start + 1) == Some(&b'"') {
                let at = span.start + 1;
                data.splice(at..at, member.into_bytes());
            }
        }
        _ => {
            let others = self::spans(donor);
            let piece = random.pick(&others).map(|other| donor[other.clone()].to_vec()).unwrap_or_default();
            data.splice(span, piece);
        }
    }
}

/// Where values stand, names of members included, as far as a walk without a parser can tell.
fn spans(data: &[u8]) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut open = Vec::new();
    let mut at = HEAD.min(data.len());
    while let Some(byte) = data.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => open.push(start),
            b'}' | b']' => spans.extend(open.pop().map(|start| start..at)),
            b'"' => {
                while let Some(byte) = data.get(at) {
                    at += if *byte == b'\\' { 2 } else { 1 };
                    if *byte == b'"' {
                        break;
                    }
                }
                at = at.min(data.len());
                spans.push(start..at);
            }
            b'0'..=b'9' | b'-' | b't' | b'f' | b'n' => {
                while data.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)) {
                    at += 1;
                }
                spans.push(start..at);
            }
            _ => {}
        }
    }
    spans
}
