//! Behaviour by model name, for tests that run in another process and can choose nothing else.

use std::time::Duration;

use super::{Behaviour, Chunking, Fault, Reply, RetryAfter};
use crate::Chaos;

impl Behaviour {
    /// The behaviour that a model name stands for; `None` for names without the prefix `fake-` or without a meaning.
    ///
    /// `fake-STATUS` (any 4xx, 5xx), `fake-html`, `fake-empty`, `fake-cut-headers`, `fake-cut-body`, `fake-cut`
    /// (between events), `fake-cut-event`, `fake-truncated`, `fake-broken-sse`, `fake-error-midstream`,
    /// `fake-error-first`, `fake-error-200` (an error object with status 200), `fake-invalid-utf8`, `fake-never`,
    /// `fake-stall`, `fake-headers-only` (and then silence), `fake-reset` (before the headers), `fake-reset-body`,
    /// `fake-length-long`, `fake-length-short`; 429 that says otherwise when to come back: `fake-429-date` (in 2 s),
    /// `fake-429-ms` (1500), `fake-429-silent`, and `fake-503-after` (1 s).
    ///
    /// Proper replies: `fake-slow` (first byte after 1.5 s), `fake-slow-headers` (5 s long), `fake-trickle` (a byte at a
    /// time, 30 s in all), `fake-paced` (100 ms per event), `fake-bytes` (a byte at a time), `fake-onewrite`,
    /// `fake-chunked`, `fake-big` (1 MiB of text), `fake-reasoning`, `fake-json` (the example tool's arguments as
    /// text). `fake-tool` is decided by the request.
    ///
    /// By the number of the call: `fake-flapping` (twice 500, twice a reply), `fake-mixed` (as [`crate::Chaos::Mixed`]),
    /// `fake-limited` (three requests a second).
    pub fn for_model(model: &str) -> Option<Self> {
        let name = model.strip_prefix("fake-")?;
        if let Ok(status) = name.parse::<u16>() {
            return (400..600).contains(&status).then(|| Fault::status(status).into());
        }
        let fault = match name {
            "html" => Fault::Html { status: 502 },
            "html-200" => Fault::Html { status: 200 },
            "empty" => Fault::Empty,
            "cut-headers" => Fault::CloseBeforeHeaders,
            "cut-body" => Fault::CloseMidBody,
            "cut" => Fault::CloseBetweenEvents,
            "cut-event" => Fault::CloseMidEvent,
            "truncated" => Fault::Truncated,
            "broken-sse" => Fault::BrokenSse,
            "error-midstream" => Fault::ErrorMidStream,
            "error-first" => Fault::ErrorFirstEvent,
            "error-200" => Fault::ErrorWith200,
            "headers-only" => Fault::SilentAfterHeaders,
            "reset" => Fault::ResetBeforeHeaders,
            "reset-body" => Fault::ResetMidBody,
            "length-long" => Fault::LengthTooLong,
            "length-short" => Fault::LengthTooShort,
            "429-date" => Fault::Busy { status: 429, after: RetryAfter::Date(2) },
            "429-ms" => Fault::Busy { status: 429, after: RetryAfter::Milliseconds(1500) },
            "429-silent" => Fault::Status { status: 429, retry_after: None },
            "503-after" => Fault::Busy { status: 503, after: RetryAfter::Seconds(1) },
            "flapping" => return Some(Chaos::Flapping.behaviour()),
            "mixed" => return Some(Chaos::Mixed.behaviour()),
            "limited" => return Some(Chaos::Limited.behaviour()),
            "invalid-utf8" => Fault::InvalidUtf8,
            "never" => Fault::NeverAnswers,
            "stall" => Fault::Stalls,
            _ => return Self::reply_for(name).map(Self::Reply),
        };
        Some(fault.into())
    }

    fn reply_for(name: &str) -> Option<Reply> {
        Some(match name {
            "slow" => Reply::default().first_byte_after(Duration::from_millis(1500)),
            "slow-headers" => Reply::default().head_over(Duration::from_secs(5)),
            "trickle" => Reply::default().trickled(Duration::from_secs(30)),
            "paced" => Reply::default().paced(Duration::from_millis(100)),
            "bytes" => Reply::default().chunking(Chunking::Bytes(1)),
            "onewrite" => Reply::default().chunking(Chunking::Whole),
            "chunked" => Reply::default().chunked(),
            "big" => Reply::text("0123456789abcde ".repeat(1 << 16)),
            "json" => Reply::text(Reply::example_tool_arguments().to_string()),
            "reasoning" => Reply::default().reasoning("The caller greets; a greeting is due."),
            _ => return None,
        })
    }
}
