//! Durations as LiteLLM writes them (`30s`, `15m`, `12h`, `30d`, `2w`, `1mo`), and the calendar by which budgets reset.
//!
//! A key's life is counted from the moment at which it was made. A budget's periods begin where the clock and the calendar of a
//! zone say: at midnight, on Mondays, on the first of a month. Such a beginning is the first instant at which the zone's clock
//! shows the time or a later one. That makes beginnings strictly follow one another whatever a clock does: where it skips
//! midnight, the day begins when it has; where it shows a midnight twice, the day has begun with the first.

use jiff::civil::{DateTime, date};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp, ToSpan};

#[cfg(test)]
mod tests;

/// Largest number that a duration may begin with: far enough for everything, near enough for no overflow.
const MOST: i64 = 100_000;

const SECONDS_PER_HOUR: i64 = 3600;

#[derive(Clone, Copy)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

fn read(text: &str) -> Result<(i64, Unit), String> {
    let problem = || {
        let text = shortened(text);
        format!(
            "`{text}` is not a duration: write a number and a unit, such as 30s, 15m, 12h, 30d, 2w or 1mo"
        )
    };
    let digits = text.len() - text.trim_start_matches(|first: char| first.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "s" => Unit::Second,
        "m" => Unit::Minute,
        "h" => Unit::Hour,
        "d" => Unit::Day,
        "w" => Unit::Week,
        "mo" => Unit::Month,
        _ => return Err(problem()),
    };
    if number.is_empty() {
        return Err(problem());
    }
    match number.parse() {
        Ok(number @ 1..=MOST) => Ok((number, unit)),
        _ => Err(format!("`{}` is out of range: the number must be 1 to {MOST}", shortened(text))),
    }
}

/// What is said back to a caller stays readable.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().nth(LONGEST).is_none() {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain(['…']).collect()
    }
}

fn too_long(text: &str) -> String {
    format!("`{}` ends too far in the future", shortened(text))
}

/// Whether a text is a duration.
pub fn check(text: &str) -> Result<(), String> {
    read(text).map(drop)
}

/// The moment a duration after `from`, UTC milliseconds. A month later is the same day of the next month, or its last.
pub fn after(text: &str, from: Timestamp) -> Result<i64, String> {
    let span = match read(text)? {
        (number, Unit::Second) => number.seconds(),
        (number, Unit::Minute) => number.minutes(),
        (number, Unit::Hour) => number.hours(),
        (number, Unit::Day) => number.days(),
        (number, Unit::Week) => number.weeks(),
        (number, Unit::Month) => number.months(),
    };
    let later = from.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| too_long(text))?;
    Ok(later.timestamp().as_millisecond())
}

/// When a budget of this duration resets next, UTC milliseconds: always later than `from`.
///
/// Days end at midnight, seven days and weeks on a Monday, thirty days and months on the first of a month, each as many further
/// as the duration says. Hours of which a day has a whole number end where the clock shows a multiple of them (an hour itself
/// lasts an hour, also where the clock shows it twice); other hours, minutes and seconds end at multiples of themselves since
/// 1970, UTC.
pub fn next_reset(text: &str, from: Timestamp, zone: &TimeZone) -> Result<i64, String> {
    let next = match Periods::of(read(text)?) {
        Periods::Seconds(seconds) => next_multiple(seconds, from),
        Periods::Hour => next_hour(from, zone),
        Periods::Blocks(block, count) => {
            block.running(from, zone).and_then(|begin| first_instant(block.later(begin, count)?, zone))
        }
    };
    next.map(Timestamp::as_millisecond).ok_or_else(|| too_long(text))
}

/// When the period of a budget of this duration began that is running at `at`, UTC milliseconds. Where the calendar alone does
/// not say it (three days: since which day?), it begins with `at`.
pub fn started(text: &str, at: Timestamp, zone: &TimeZone) -> Result<i64, String> {
    let begin = match Periods::of(read(text)?) {
        Periods::Seconds(seconds) => last_multiple(seconds, at),
        Periods::Hour => last_hour(at, zone),
        Periods::Blocks(block, 1) => block.running(at, zone).and_then(|begin| first_instant(begin, zone)),
        Periods::Blocks(..) => Some(at),
    };
    begin.map(Timestamp::as_millisecond).ok_or_else(|| too_long(text))
}

/// The same where nothing else says since when: several days, weeks or months are counted from 1970 on, so that whoever asks
/// later is told the same.
pub fn counted(text: &str, at: Timestamp, zone: &TimeZone) -> Result<i64, String> {
    let Periods::Blocks(block, count) = Periods::of(read(text)?) else { return started(text, at, zone) };
    let begin = block.running(at, zone).and_then(|begin| {
        let back = block.number(begin).rem_euclid(count);
        first_instant(block.later(begin, -back)?, zone)
    });
    begin.map(Timestamp::as_millisecond).ok_or_else(|| too_long(text))
}

/// The time zone of an IANA name, also where the system knows none or few.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .or_else(|_| TimeZoneDatabase::bundled().get(name))
        .ok()
        .filter(|zone| !zone.is_unknown())
        .ok_or_else(|| {
            let name = shortened(name);
            format!(
                "the name of a time zone such as Europe/Berlin, America/New_York or UTC; `{name}` is none"
            )
        })
}

/// Where the periods of a duration begin.
enum Periods {
    /// At multiples of so many seconds since 1970, UTC.
    Seconds(i64),
    /// At each full hour of a day, counted from its beginning.
    Hour,
    /// So many blocks of the calendar after the one before.
    Blocks(Block, i64),
}

impl Periods {
    fn of((number, unit): (i64, Unit)) -> Self {
        match (number, unit) {
            (number, Unit::Second) => Self::Seconds(number),
            (number, Unit::Minute) => Self::Seconds(number * 60),
            (1, Unit::Hour) => Self::Hour,
            (number, Unit::Hour) if 24 % number == 0 => Self::Blocks(Block::Hours(number), 1),
            (number, Unit::Hour) => Self::Seconds(number * SECONDS_PER_HOUR),
            (7, Unit::Day) => Self::Blocks(Block::Week, 1),
            (30, Unit::Day) => Self::Blocks(Block::Month, 1),
            (number, Unit::Day) => Self::Blocks(Block::Day, number),
            (number, Unit::Week) => Self::Blocks(Block::Week, number),
            (number, Unit::Month) => Self::Blocks(Block::Month, number),
        }
    }
}

fn last_multiple(seconds: i64, at: Timestamp) -> Option<Timestamp> {
    let whole = at.as_nanosecond().div_euclid(1_000_000_000);
    let last = whole.div_euclid(i128::from(seconds)) * i128::from(seconds);
    Timestamp::from_second(i64::try_from(last).ok()?).ok()
}

fn next_multiple(seconds: i64, from: Timestamp) -> Option<Timestamp> {
    last_multiple(seconds, from)?.checked_add(seconds.seconds()).ok()
}

fn last_hour(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let day = first_instant(Block::Day.running(at, zone)?, zone)?;
    let passed = at.duration_since(day).as_secs().div_euclid(SECONDS_PER_HOUR);
    day.checked_add(passed.hours()).ok()
}

fn next_hour(from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let hour = last_hour(from, zone)?.checked_add(1.hour()).ok()?;
    let day = first_instant(Block::Day.later(Block::Day.running(from, zone)?, 1)?, zone)?;
    Some(hour.min(day))
}

/// A stretch of the calendar, in the time that clocks show.
#[derive(Clone, Copy)]
enum Block {
    /// So many hours of a day, which has a whole number of them.
    Hours(i64),
    Day,
    /// From Monday on.
    Week,
    Month,
}

impl Block {
    /// The beginning of the block that is running at a moment: the last that has come. It may lie ahead of what the clock
    /// shows, where that was put back over it.
    fn running(self, at: Timestamp, zone: &TimeZone) -> Option<DateTime> {
        let mut begin = self.beginning(zone.to_datetime(at))?;
        loop {
            let next = self.later(begin, 1)?;
            if first_instant(next, zone)? > at {
                return Some(begin);
            }
            begin = next;
        }
    }

    /// The beginning of the block in which a time lies.
    fn beginning(self, time: DateTime) -> Option<DateTime> {
        let day = time.start_of_day();
        match self {
            Self::Hours(count) => {
                let passed = i64::from(time.hour());
                day.checked_add((passed - passed % count).hours()).ok()
            }
            Self::Day => Some(day),
            Self::Week => day.checked_sub(i64::from(time.weekday().to_monday_zero_offset()).days()).ok(),
            Self::Month => Some(day.first_of_month()),
        }
    }

    /// How many lie between 1970 and the one that begins there. Only days, weeks and months come in several at a time.
    fn number(self, begin: DateTime) -> i64 {
        let days = begin.date().duration_since(date(1970, 1, 1)).as_hours() / 24;
        match self {
            Self::Hours(_) => 0,
            Self::Day => days,
            // The first of 1970 was a Thursday.
            Self::Week => (days + 3).div_euclid(7),
            Self::Month => (i64::from(begin.year()) - 1970) * 12 + i64::from(begin.month()) - 1,
        }
    }

    /// The beginning of the block that comes so many after the one that begins there.
    fn later(self, begin: DateTime, count: i64) -> Option<DateTime> {
        let span: Span = match self {
            Self::Hours(hours) => (hours * count).hours(),
            Self::Day => count.days(),
            Self::Week => count.weeks(),
            Self::Month => count.months(),
        };
        begin.checked_add(span).ok()
    }
}

/// The first instant at which a zone's clock shows this time or a later one.
fn first_instant(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(time).ok()
        }
        // The clock never shows it. Where the clock had gone on as before, that would be at or after the change.
        AmbiguousOffset::Gap { before, .. } => {
            let unchanged = before.to_timestamp(time).ok()?;
            let change = zone.preceding(unchanged.checked_add(1.nanosecond()).ok()?).next();
            Some(change.map_or(unchanged, |change| change.timestamp()))
        }
    }
}
