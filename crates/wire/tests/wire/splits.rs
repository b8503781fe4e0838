//! However the network cuts a stream, the result is the same.

use std::sync::LazyLock;

use postern_wire::{ReplyContext, StreamEnd, StreamTap, StreamTranscoder};
use proptest::prelude::*;

use crate::fixtures::{Fixture, fixtures, others, shown};

static STREAMS: LazyLock<Vec<Fixture>> = LazyLock::new(|| fixtures("streams"));

fn pieces<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

/// What must not depend on the cuts.
fn outcome(end: StreamEnd) -> String {
    let usage = serde_json::to_string(&end.usage).unwrap();
    format!(
        "{:?} {usage} {:?} {:?} {:?} {}",
        end.state, end.id, end.model, end.finish_reason, end.output_chars
    )
}

fn tapped(fixture: &Fixture, hide: bool, pieces: &[&[u8]]) -> (Vec<u8>, String) {
    let mut tap = StreamTap::new(fixture.format, hide);
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&tap.feed(bytes::Bytes::copy_from_slice(piece)).forward);
    }
    let end = tap.finish();
    out.extend_from_slice(&end.forward);
    (out, outcome(end))
}

/// A transcoder may say the same text in more or fewer deltas of arguments it had to hold back, so both the bytes
/// and the outcome are compared: every delta of these formats is one event, which no cut can divide.
fn transcoded(fixture: &Fixture, pieces: &[&[u8]]) -> Vec<(String, String)> {
    let transcoded = |to| {
        let ctx = ReplyContext {
            created: 1,
            fallback_id: "f".into(),
            model: "m".into(),
            include_usage: true,
            ..ReplyContext::default()
        };
        let mut transcoder = StreamTranscoder::new(fixture.format, to, ctx);
        let mut out = Vec::new();
        for piece in pieces {
            out.extend_from_slice(&transcoder.feed(piece).bytes);
        }
        let end = transcoder.finish();
        out.extend_from_slice(&end.forward);
        (shown(to, &out), outcome(end))
    };
    others(fixture.format).map(transcoded).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        for fixture in STREAMS.iter() {
            let pieces = pieces(&fixture.bytes, &cuts);
            let whole: &[&[u8]] = &[&fixture.bytes];
            for hide in [false, true] {
                prop_assert_eq!(tapped(fixture, hide, &pieces), tapped(fixture, hide, whole), "{}", &fixture.name);
            }
            let (forwarded, _) = tapped(fixture, false, &pieces);
            prop_assert!(fixture.bytes.starts_with(&forwarded), "{}", &fixture.name);
            prop_assert_eq!(transcoded(fixture, &pieces), transcoded(fixture, whole), "{}", &fixture.name);
        }
    }
}

#[test]
fn byte_by_byte_changes_nothing() {
    for fixture in STREAMS.iter() {
        let bytes: Vec<&[u8]> = fixture.bytes.chunks(1).collect();
        let whole: &[&[u8]] = &[&fixture.bytes];
        assert_eq!(tapped(fixture, true, &bytes), tapped(fixture, true, whole), "{}", fixture.name);
        assert_eq!(transcoded(fixture, &bytes), transcoded(fixture, whole), "{}", fixture.name);
    }
}
