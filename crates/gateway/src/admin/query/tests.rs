use super::{moment, number};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn numbers_have_a_range() {
    assert_eq!(number("page", None, 1..=9).ok(), Some(None));
    assert_eq!(number("page", text(" "), 1..=9).ok(), Some(None));
    assert_eq!(number("page", text("9"), 1..=9).ok(), Some(Some(9)));
    for wrong in ["0", "10", "-1", "1.5", "many", "99999999999999999999999"] {
        let failure = number("page", text(wrong), 1_u16..=9).expect_err(wrong);
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
        assert_eq!(moment("from", text(given)).ok(), noon, "{given}");
    }
    for wrong in ["yesterday", "2026-11-25", "-5", "2026-13-01T00:00:00Z"] {
        assert!(moment("from", text(wrong)).is_err(), "{wrong}");
    }
}
