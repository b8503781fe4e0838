//! The one place that reads the time.

use std::time::Instant;

use jiff::Timestamp;

/// Now, as UTC milliseconds since 1970.
pub fn now_ms() -> i64 {
    now().as_millisecond()
}

/// Now.
#[expect(clippy::disallowed_methods, reason = "this module is where the time is read")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// RFC 3339 in UTC with milliseconds, as errors and logs show it.
pub fn text(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| milliseconds.to_string(), |timestamp| format!("{timestamp:.3}"))
}

/// Microseconds since `start`.
pub fn micros_since(start: Instant) -> i64 {
    i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX)
}
