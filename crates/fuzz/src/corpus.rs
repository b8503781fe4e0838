//! Where inputs begin: the fixtures of `postern-wire`, each with formats to go to.
//!
//! Folders are read as they are. A format that has no fixtures of a kind, or none in the bytes of its wire, has those
//! of the others translated into it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use postern_wire::{Format, ReplyContext, StreamTranscoder};

use crate::Target;
use crate::input::assemble;

struct Fixture {
    format: Format,
    bytes: Vec<u8>,
}

/// What a target starts with, in a fixed order.
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for kind in target.kinds {
        let mut fixtures = fixtures(kind);
        if *kind == "streams" {
            let others: Vec<Fixture> = fixtures.iter().filter_map(translated).collect();
            fixtures.extend(others);
        }
        for (count, fixture) in fixtures.iter().enumerate() {
            // A few targets each: together they go to every format.
            for step in 0..3 {
                let to = Format::ALL[(count + step * 3) % Format::ALL.len()];
                seeds.push(assemble(fixture.format, to, (count * 3 + step) as u8, &fixture.bytes));
            }
            seeds.push(assemble(fixture.format, fixture.format, count as u8, &fixture.bytes));
        }
    }
    seeds
}

/// Every name and short text of the fixtures, quotes and all.
pub fn dictionary() -> Vec<String> {
    let mut words = BTreeSet::new();
    for kind in ["requests", "responses", "streams", "errors"] {
        for fixture in fixtures(kind) {
            let text = String::from_utf8_lossy(&fixture.bytes).into_owned();
            // Odd pieces stand between quotes, as far as no quote is escaped; the rest does no harm.
            for word in text.split('"').skip(1).step_by(2) {
                let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
                if (1..=40).contains(&word.len()) && word.bytes().all(is_word) {
                    words.insert(format!("\"{word}\""));
                }
            }
        }
    }
    let others =
        ["null", "true", "false", "[]", "{}", "data: ", "event: ", "\n\n", "[DONE]", "\\u", "e99", "-"];
    words.into_iter().chain(others.map(String::from)).collect()
}

fn fixtures(kind: &str) -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/fixtures");
    let mut all = Vec::new();
    for format in Format::ALL {
        let Ok(entries) = fs::read_dir(root.join(format.as_str()).join(kind)) else { continue };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        all.extend(paths.iter().map(|path| Fixture { format, bytes: fs::read(path).unwrap() }));
    }
    assert!(!all.is_empty(), "no fixtures of kind {kind}");
    all
}

/// The stream as other formats have it, one that the fixture's length chooses.
fn translated(fixture: &Fixture) -> Option<Fixture> {
    let to = Format::ALL[fixture.bytes.len() % Format::ALL.len()];
    let mut transcoder = StreamTranscoder::new(fixture.format, to, ReplyContext::default());
    let mut bytes = transcoder.feed(&fixture.bytes).bytes;
    bytes.extend_from_slice(&transcoder.finish().forward);
    (to != fixture.format && !bytes.is_empty()).then_some(Fixture { format: to, bytes })
}
