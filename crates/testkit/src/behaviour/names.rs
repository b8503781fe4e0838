//! Behaviour by model name, for tests that run in another process and can choose nothing else.

use std::time::Duration;

use super::{Behaviour, Chunking, Fault, Reply};

impl Behaviour {
    /// The behaviour that a model name stands for; `None` for names without the prefix `fake-` or without a meaning.
    ///
    /// `fake-STATUS` (any 4xx, 5xx), `fake-html`, `fake-empty`, `fake-cut-headers`, `fake-cut-body`, `fake-cut`
    /// (between events), `fake-cut-event`, `fake-truncated`, `fake-broken-sse`, `fake-error-midstream`,
    /// `fake-error-first`, `fake-invalid-utf8`, `fake-never`, `fake-stall`; and proper replies: `fake-slow` (first
    /// byte after 1.5 s), `fake-paced` (100 ms per event), `fake-bytes` (a byte at a time), `fake-onewrite`,
    /// `fake-chunked`, `fake-big` (1 MiB of text), `fake-reasoning`, `fake-json` (the example tool's arguments as
    /// text). `fake-tool` is decided by the request.
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
