//! How much of something was used in the last minute.

pub const MINUTE_MS: i64 = 60_000;

/// A sliding minute, approximated by two fixed ones: the last counts by the share of it that is still within reach.
#[derive(Debug, Default)]
pub struct Window {
    minute: i64,
    current: u64,
    previous: u64,
}

impl Window {
    fn roll(&mut self, now: i64) {
        let minute = now.div_euclid(MINUTE_MS);
        if minute != self.minute {
            self.previous = if minute == self.minute + 1 { self.current } else { 0 };
            self.current = 0;
            self.minute = minute;
        }
    }

    /// What was used in the minute before `now`, in milliseconds of whatever clock.
    pub fn used(&mut self, now: i64) -> u64 {
        self.roll(now);
        let left = (MINUTE_MS - now.rem_euclid(MINUTE_MS)) as u64;
        self.current + self.previous * left / MINUTE_MS as u64
    }

    pub fn add(&mut self, now: i64, amount: u64) {
        self.roll(now);
        self.current += amount;
    }

    /// Replaces what was reserved by what it came to.
    pub fn correct(&mut self, reserved: u64, real: u64) {
        self.current = (self.current + real).saturating_sub(reserved);
    }
}
