//! Seconds as the time of day that every line of this format bears.

use crate::canonical::RawText;

const DAY: i64 = 86_400;
/// The year 9999 ends before this.
const LATEST: i64 = 253_402_300_800;

/// When a response was made: as its format says, or else as the gateway does.
pub(super) fn of(created: Option<&RawText>, now: i64) -> String {
    let stated = created.and_then(|raw| raw.get().parse::<f64>().ok()).map(|seconds| seconds as i64);
    text(stated.unwrap_or(now))
}

/// `2026-01-02T03:04:05Z` of seconds since 1970.
pub(super) fn text(seconds: i64) -> String {
    let seconds = seconds.clamp(0, LATEST - 1);
    let (year, month, day) = date(seconds / DAY);
    let time = seconds % DAY;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date of a day since 1970. Years are counted from March here, so that the odd day of a leap year is its last.
fn date(days: i64) -> (i64, i64, i64) {
    // From the first of March of the year 0, in cycles of 400 years.
    let days = days + 719_468;
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, is_next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + is_next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn seconds_become_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_790_000_001, "2026-09-21T14:13:21Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (-1, "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(text(seconds), expected);
        }
    }
}
