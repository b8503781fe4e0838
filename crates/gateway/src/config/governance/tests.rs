use jiff::{Timestamp, ToSpan};

use super::Governance;
use crate::durations;

#[test]
fn a_restart_begins_no_new_period() {
    for zone in ["UTC", "Europe/Berlin", "America/Sao_Paulo"] {
        // What a start has: the file, and nothing else.
        let at = |duration: Option<&str>, now: Timestamp| {
            Governance { zone: durations::zone(zone).unwrap(), ..Governance::default() }
                .period_at(duration, now)
        };
        for duration in ["1h", "1d", "2d", "3d", "14d", "7d", "2w", "30d", "1mo", "2mo"] {
            let (mut now, mut periods) = ("2027-12-20T09:17:00Z".parse::<Timestamp>().unwrap(), 0);
            let mut last = at(Some(duration), now);
            // Into a leap year, over its 29th of February, and over a change of the clock.
            let end = "2028-04-10T00:00:00Z".parse::<Timestamp>().unwrap();
            while now < end {
                let period = at(Some(duration), now);
                let reset_at = period.reset_at.unwrap();
                let is_in_it = (period.started_at..reset_at).contains(&now.as_millisecond());
                assert!(is_in_it, "{duration} in {zone} at {now}: {period:?}");
                if period.started_at == last.started_at {
                    assert_eq!(period.reset_at, last.reset_at, "{duration} in {zone} at {now}");
                } else {
                    // Hours are shorter than a step.
                    let follows = duration == "1h" || Some(period.started_at) == last.reset_at;
                    assert!(follows, "{duration} in {zone} at {now}: {period:?} after {last:?}");
                    periods += 1;
                }
                last = period;
                now += 307.minutes();
            }
            assert!(periods >= 1, "{duration} in {zone} never began anew");
        }
        let whole = at(None, "2028-01-01T00:00:00Z".parse().unwrap());
        assert_eq!((whole.started_at, whole.reset_at), (0, None));
    }
}
