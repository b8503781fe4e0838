//! The one place that reads the time.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

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

/// Microseconds on a clock that only goes forward, counted from some moment of this process. What depends on it takes it
/// as a parameter, so that tests bring a clock of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    pub fn now() -> Self {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        // Never 0, which stands for "not set" where moments are kept as numbers.
        Self(u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(1))
    }

    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// How long it is after `earlier`; nothing if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
