//! Requests: the bytes that are passed on, and translations.

use std::hint::black_box;

use bytes::Bytes;
use postern_wire::{Edits, Envelope, Format, Target, translate_request};
use serde_json::Value;

use crate::material::{FORMATS, MODEL, SIZES, beside, request};
use crate::measure::{Effort, compare, measure};
use crate::table::{number, table};

/// Same format in and out: the envelope is read and the model's name replaced, against the same through a tree.
pub fn bytes(effort: Effort) -> String {
    let mut rows = Vec::new();
    for format in FORMATS {
        for kib in SIZES {
            let body = Bytes::from(request(format, kib));
            let edits = Edits { model: Some("another-model"), ask_usage: true };
            let mut passed = || {
                let envelope = Envelope::peek_beside(format, &body, beside(format)).unwrap();
                drop(black_box(envelope.rewrite(&body, &edits)));
            };
            let mut through_a_tree = || {
                let mut tree: Value = serde_json::from_slice(&body).unwrap();
                tree["model"] = Value::from("another-model");
                drop(black_box(serde_json::to_vec(&tree).unwrap()));
            };
            let [passed, tree] = compare(effort, [&mut passed, &mut through_a_tree]);
            rows.push(vec![
                format!("{format} {}", kib_of(body.len())),
                number(passed.micros()),
                number(body.len() as f64 / passed.seconds / 1e6),
                passed.allocations.to_string(),
                number(tree.micros()),
                tree.allocations.to_string(),
                format!("{:.1} x", tree.seconds / passed.seconds),
            ]);
        }
    }
    let head = ["body", "µs", "MB/s", "allocations", "tree: µs", "allocations", "tree / bytes"];
    table("Passing a request on (peek and rewrite), against a tree of values", &head, &rows)
}

/// Every pair of formats, every size.
pub fn translations(effort: Effort) -> String {
    let mut rows = Vec::new();
    for from in FORMATS {
        for to in FORMATS.into_iter().filter(|to| *to != from) {
            let mut row = vec![format!("{from} to {to}")];
            for kib in SIZES {
                let body = request(from, kib);
                let cost = measure(effort, || translate(from, to, &body));
                row.push(number(cost.micros()));
                row.push(cost.allocations.to_string());
            }
            rows.push(row);
        }
    }
    let sizes: Vec<String> = SIZES.iter().map(|kib| format!("{kib} KiB: µs")).collect();
    let mut head = vec!["translation"];
    for size in &sizes {
        head.extend([size.as_str(), "allocations"]);
    }
    table("Translating a request", &head, &rows)
}

fn translate(from: Format, to: Format, body: &[u8]) -> Vec<u8> {
    let target = Target { model: MODEL, default_max_tokens: 32_000, drop_params: false, stream: true };
    translate_request(from, to, body, &target).unwrap().body
}

fn kib_of(bytes: usize) -> String {
    format!("{} KiB", (bytes as f64 / 1024.0).round())
}
