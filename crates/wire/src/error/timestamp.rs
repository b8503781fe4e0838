//! The gateway's time, which errors tell as text, as the number that some formats want.

/// Days from the first of March of the year 0 to the first of January of 1970.
const EPOCH: i64 = 719_468;

/// Unix seconds of an RFC 3339 time in UTC, such as `2026-01-02T03:04:05.678Z`; `None` if it is none.
pub(crate) fn unix_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let number = |part: Option<&str>| part?.parse::<i64>().ok();
    let mut date = date.split('-');
    let (year, month, day) = (number(date.next())?, number(date.next())?, number(date.next())?);
    let mut time = time.split('.').next()?.split(':');
    let (hour, minute, second) = (number(time.next())?, number(time.next())?, number(time.next())?);
    let is_date = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !(is_date && is_time) || date.next().is_some() || time.next().is_some() {
        return None;
    }
    // Years that begin in March have their odd day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let since_zero = 365 * year + leap_days + day_of_year;
    Some((since_zero - EPOCH) * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn times_are_counted_from_the_epoch() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2026-01-02T03:04:05Z", Some(1_767_323_045)),
            ("2026-03-01T00:00:00.999Z", Some(1_772_323_200)),
            ("2026-13-01T00:00:00Z", None),
            ("2026-01-02", None),
            ("now", None),
        ] {
            assert_eq!(unix_seconds(text), seconds, "{text}");
        }
    }
}
