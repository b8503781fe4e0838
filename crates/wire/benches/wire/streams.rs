//! Streams: watched and translated, an event in each read and in reads of 16 KiB.

use bytes::Bytes;
use postern_wire::{EndState, EventReader, Format, StreamTap, StreamTranscoder};

use crate::material::{FORMATS, context, reads, reply};
use crate::measure::{Cost, Effort, measure};
use crate::table::{number, table};

const READ: usize = 16 * 1024;

pub fn all(effort: Effort) -> String {
    let mut rows = Vec::new();
    for format in FORMATS {
        let hides: &[bool] = if format == Format::OpenAiChat { &[false, true] } else { &[false] };
        for hide in hides {
            let name = format!("{format}{}", if *hide { ", usage hidden" } else { "" });
            rows.push(row(effort, name, format, |reads| tapped(format, *hide, reads)));
        }
    }
    let watched = table("Watching a stream (tap)", &HEAD, &rows);
    let mut rows = Vec::new();
    for from in FORMATS {
        for to in FORMATS.into_iter().filter(|to| *to != from) {
            rows.push(row(effort, format!("{from} to {to}"), from, |reads| transcoded(from, to, reads)));
        }
    }
    watched + "\n" + &table("Translating a stream (transcoder)", &HEAD, &rows)
}

const HEAD: [&str; 8] =
    ["stream", "events", "KB", "MB/s", "events/s", "allocations/event", "bytes/event", "16 KiB reads: MB/s"];

fn row(effort: Effort, name: String, from: Format, run: impl Fn(&[Bytes])) -> Vec<String> {
    let shared = |pieces: Vec<Vec<u8>>| pieces.into_iter().map(Bytes::from).collect::<Vec<_>>();
    let pieces = reply(from);
    let bytes: usize = pieces.iter().map(Vec::len).sum();
    let mut events = 0_u32;
    let mut reader = EventReader::new(from.framing());
    reader.feed(&pieces.concat(), |_| events += 1).unwrap();
    let events = f64::from(events);
    let large = shared(reads(&pieces, READ));
    let pieces = shared(pieces);
    let each: Cost = measure(effort, || run(&pieces));
    let blocks = measure(effort, || run(&large));
    let speed = |cost: Cost| number(bytes as f64 / cost.seconds / 1e6);
    vec![
        name,
        events.to_string(),
        number(bytes as f64 / 1e3),
        speed(each),
        format!("{:.2} M", events / each.seconds / 1e6),
        number(each.allocations as f64 / events),
        number(each.allocated_bytes as f64 / events),
        speed(blocks),
    ]
}

fn tapped(format: Format, hide: bool, reads: &[Bytes]) {
    let mut tap = StreamTap::new(format, hide);
    for read in reads {
        drop(tap.feed(read.clone()));
    }
    assert_eq!(tap.finish().state, EndState::Complete);
}

fn transcoded(from: Format, to: Format, reads: &[Bytes]) {
    let mut transcoder = StreamTranscoder::new(from, to, context());
    for read in reads {
        drop(transcoder.feed(read));
    }
    assert_eq!(transcoder.finish().state, EndState::Complete);
}
