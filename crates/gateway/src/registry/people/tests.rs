use super::check_email;

#[test]
fn addresses_are_told_from_what_is_none() {
    for fine in ["jo@example.com", "jo+tag@sub.example.co", "root@localhost", "jo@büro.example", "o'neil@x.y"]
    {
        assert_eq!(check_email(&format!(" {fine} ")).unwrap().as_deref(), Some(fine));
    }
    for wrong in [
        "jo",
        "@example.com",
        "jo@",
        "jo@@example.com",
        "a@b@c",
        "jo @example.com",
        "jo@exa mple.com",
        "jo@example..com",
        "jo@.com",
        "jo@-x.com",
        "<jo@example.com>",
        "jo@example.com\u{0}x",
        "jo@example.com, al@example.com",
        "jo@example.com/..",
        "jo@example.com' OR 1=1",
    ] {
        let failure = check_email(wrong).expect_err(wrong);
        assert_eq!((failure.error.status, failure.error.param.as_deref()), (400, Some("user_email")));
    }
    assert!(check_email(&format!("{}@example.com", "x".repeat(250))).is_err());
    assert_eq!(check_email("  ").unwrap(), None);
}
