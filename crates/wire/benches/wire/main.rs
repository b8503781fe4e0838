//! What the crate costs by itself: no network, no ledger, one thread. `make bench-wire` builds it for release and runs it.
//!
//! `requests` and `streams` measure, on `material` made here, so that a run needs no file; `measure` times and counts,
//! and `table` prints. Every time is a median. Allocations are counted exactly, and so are the same in every run: a
//! change in them is a change in the code. README.md says how to read the tables.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by ending")]
#![expect(clippy::print_stdout, reason = "tables are for people")]

mod material;
mod measure;
mod requests;
mod streams;
mod table;

use measure::Effort;

fn main() {
    // Cargo itself adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let effort =
        if arguments.iter().any(|argument| argument == "--quick") { Effort::Quick } else { Effort::Full };
    let sections: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| sections.is_empty() || sections.contains(&name);
    for (name, tables) in [
        ("bytes", requests::bytes as fn(Effort) -> String),
        ("requests", requests::translations),
        ("streams", streams::all),
    ] {
        if is_wanted(name) {
            println!("{}", tables(effort));
        }
    }
}
