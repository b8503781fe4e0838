//! Durations as LiteLLM writes them: `30s`, `15m`, `12h`, `30d`, `2w`, `1mo`.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

/// Longest life that can be asked for: far enough for everything, near enough for no overflow.
const MOST: i64 = 100_000;

fn span(text: &str) -> Result<Span, String> {
    let problem = || {
        format!(
            "`{text}` is not a duration: write a number and a unit, such as 30s, 15m, 12h, 30d, 2w or 1mo"
        )
    };
    let digits = text.len() - text.trim_start_matches(|first: char| first.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: i64 = number.parse().map_err(|_| problem())?;
    if number == 0 || number > MOST {
        return Err(format!("`{text}` is out of range: 1 to {MOST}"));
    }
    match unit {
        "s" => Ok(number.seconds()),
        "m" => Ok(number.minutes()),
        "h" => Ok(number.hours()),
        "d" => Ok(number.days()),
        "w" => Ok(number.weeks()),
        "mo" => Ok(number.months()),
        _ => Err(problem()),
    }
}

/// The moment a duration after `from`, UTC milliseconds.
pub fn after(text: &str, from: Timestamp) -> Result<i64, String> {
    let span = span(text)?;
    let later =
        from.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| format!("`{text}` is too long"))?;
    Ok(later.timestamp().as_millisecond())
}

/// When a budget of this duration resets next: aligned to the calendar of a zone as LiteLLM does. Days to midnight, seven days
/// and weeks to Monday, thirty days and months to the first of the month, shorter ones to their next multiple.
pub fn next_reset(text: &str, from: Timestamp, zone: &TimeZone) -> Result<i64, String> {
    span(text)?;
    let now = from.to_zoned(zone.clone());
    let midnight = now.start_of_day().map_err(|error| error.to_string())?;
    let problem = |_| format!("`{text}` is too long");
    let aligned = match text {
        "7d" | "1w" => {
            let days = 7 - i64::from(now.weekday().to_monday_zero_offset());
            midnight.checked_add(days.days()).map_err(problem)?
        }
        "30d" | "1mo" => {
            midnight.with().day(1).build().and_then(|first| first.checked_add(1.month())).map_err(problem)?
        }
        _ if text.ends_with('d') || text.ends_with('w') || text.ends_with("mo") => {
            midnight.checked_add(span(text)?).map_err(problem)?
        }
        _ => {
            let seconds = span(text)?.total(jiff::Unit::Second).map_err(|error| error.to_string())? as i64;
            let next = (from.as_second().div_euclid(seconds) + 1) * seconds;
            return Ok(next * 1000);
        }
    };
    Ok(aligned.timestamp().as_millisecond())
}

/// Whether a text is a duration.
pub fn check(text: &str) -> Result<(), String> {
    span(text).map(drop)
}

/// When the running period of a budget of this duration began, where the calendar alone says so; else `at` itself.
pub fn started(text: &str, at: Timestamp, zone: &TimeZone) -> Result<i64, String> {
    span(text)?;
    let now = at.to_zoned(zone.clone());
    let midnight = now.start_of_day().map_err(|error| error.to_string())?;
    let _ = midnight;
    Ok(at.as_millisecond())
}

/// The time zone of an IANA name.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("the name of a time zone such as Europe/Berlin; `{name}` is none"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::{after, next_reset};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn shown(milliseconds: i64) -> String {
        Timestamp::from_millisecond(milliseconds).expect("in range").to_string()
    }

    #[test]
    fn durations_follow_the_calendar() {
        let start = at("2026-01-31T10:00:00Z");
        assert_eq!(shown(after("30s", start).unwrap()), "2026-01-31T10:00:30Z");
        assert_eq!(shown(after("2d", start).unwrap()), "2026-02-02T10:00:00Z");
        assert_eq!(shown(after("1mo", start).unwrap()), "2026-02-28T10:00:00Z");
        for wrong in ["", "5", "d", "0d", "-1d", "1.5h", "1y", "999999999d", "١d"] {
            assert!(after(wrong, start).is_err(), "{wrong}");
        }
    }

    #[test]
    fn budgets_reset_where_the_calendar_does() {
        let start = at("2026-11-20T10:17:05Z");
        assert_eq!(shown(next_reset("1d", start, &TimeZone::UTC).unwrap()), "2026-11-21T00:00:00Z");
        assert_eq!(shown(next_reset("7d", start, &TimeZone::UTC).unwrap()), "2026-11-23T00:00:00Z");
        assert_eq!(shown(next_reset("30d", start, &TimeZone::UTC).unwrap()), "2026-12-01T00:00:00Z");
        assert_eq!(shown(next_reset("2mo", start, &TimeZone::UTC).unwrap()), "2027-01-20T00:00:00Z");
        assert_eq!(shown(next_reset("1h", start, &TimeZone::UTC).unwrap()), "2026-11-20T11:00:00Z");
    }
}
