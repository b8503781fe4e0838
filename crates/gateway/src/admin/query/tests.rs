use super::{moment, number};
use crate::error::Failure;

fn number_of(text: &str) -> Result<Option<u16>, Failure> {
    number("page", Some(text.to_owned()), 1..=9)
}

fn moment_of(text: &str) -> Result<Option<i64>, Failure> {
    moment("from", Some(text.to_owned()))
}

#[test]
fn numbers_have_a_range() {
    assert_eq!(number("page", None, 1_u16..=9).ok(), Some(None));
    assert_eq!(number_of(" ").ok(), Some(None));
    assert_eq!(number_of("9").ok(), Some(Some(9)));
    for wrong in ["0", "10", "-1", "1.5", "many", "99999999999999999999999"] {
        let failure = number_of(wrong).expect_err(wrong);
        assert_eq!(failure.error.message, "page must be a whole number from 1 to 9");
        assert_eq!(failure.error.param.as_deref(), Some("page"));
    }
}

#[test]
fn moments_are_dates_seconds_or_milliseconds() {
    let noon = Some(Some(1_795_608_000_000));
    for given in [
        "2026-11-25T12:00:00Z",
        "2026-11-25T13:00:00+01:00",
        "2026-11-25T13:00:00 01:00",
        "1795608000",
        "1795608000000",
    ] {
        assert_eq!(moment_of(given).ok(), noon, "{given}");
    }
    for wrong in ["yesterday", "2026-11-25", "-5", "2026-13-01T00:00:00Z"] {
        assert!(moment_of(wrong).is_err(), "{wrong}");
    }
}
