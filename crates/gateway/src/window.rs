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
        // A clock that was set back changes nothing until it has caught up.
        if minute > self.minute || self.minute - minute > 1 {
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

    /// Replaces what was reserved at `then` by what it came to, in the minute in which it was.
    pub fn correct(&mut self, then: i64, reserved: u64, real: u64) {
        let minute = then.div_euclid(MINUTE_MS);
        let counted = if minute == self.minute {
            &mut self.current
        } else if minute == self.minute - 1 {
            &mut self.previous
        } else {
            return;
        };
        *counted = (*counted + real).saturating_sub(reserved);
    }

    /// Milliseconds until no more than `most` is used, if nothing is added.
    pub fn wait(&mut self, now: i64, most: u64) -> i64 {
        self.roll(now);
        let minute = MINUTE_MS as u64;
        let left = minute - now.rem_euclid(MINUTE_MS) as u64;
        // How much of a minute may be left for what was used in it to count for no more than `room`.
        let share =
            |used: u64, room: u64| (room + 1).saturating_mul(minute).div_ceil(used.max(1)).saturating_sub(1);
        let wait = match most.checked_sub(self.current) {
            Some(room) if self.previous <= room => 0,
            Some(room) => left.saturating_sub(share(self.previous, room)),
            None if self.current <= most => left,
            None => left + minute.saturating_sub(share(self.current, most).min(minute)),
        };
        wait as i64
    }
}

#[cfg(test)]
mod tests {
    use super::{MINUTE_MS, Window};

    #[test]
    fn after_the_wait_there_is_room_and_not_long_before() {
        for (first, second, most) in
            [(10, 0, 9), (10, 5, 7), (0, 10, 9), (100, 100, 1), (3, 0, 0), (1000, 1, 999), (5, 20, 3)]
        {
            for offset in [0, 1, 20_000, 59_999] {
                let mut window = Window::default();
                let start = 50 * MINUTE_MS;
                window.add(start, first);
                let now = start + MINUTE_MS + offset;
                window.add(now, second);
                let wait = window.wait(now, most);
                assert!((0..=2 * MINUTE_MS).contains(&wait), "{wait}");
                assert!(window.used(now + wait) <= most, "{first} {second} {most} {offset}: {wait}");
                let mut again = Window::default();
                again.add(start, first);
                again.add(now, second);
                if wait > 1_000 {
                    assert!(
                        again.used(now + wait - 1_000) >= most,
                        "{first} {second} {most} {offset}: {wait}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_was_reserved_is_corrected_where_it_was_counted() {
        let mut window = Window::default();
        window.add(0, 100);
        window.add(MINUTE_MS, 7);
        window.correct(0, 100, 40);
        assert_eq!(window.used(MINUTE_MS), 47);
        window.correct(MINUTE_MS, 7, 9);
        assert_eq!(window.used(MINUTE_MS), 49);
        window.add(3 * MINUTE_MS, 1);
        window.correct(0, 40, 0);
        assert_eq!(window.used(3 * MINUTE_MS), 1);
    }
}
