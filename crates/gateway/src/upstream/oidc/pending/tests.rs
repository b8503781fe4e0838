use super::*;

fn begun(cookie: &str, at: i64) -> Begun {
    let (_, verifier) = openidconnect::PkceCodeChallenge::new_random_sha256();
    Begun::new(cookie, Nonce::new_random(), verifier, "http://localhost/sso/callback", None, at)
}

fn refused(pending: &Pending, state: &str, cookie: Option<&str>, now: i64) -> String {
    let failure = pending.take(state, cookie, now).err().expect("refused");
    failure.error.code.unwrap_or_default()
}

#[test]
fn it_is_over_after_ten_minutes() {
    let pending = Pending::default();
    pending.put("a".into(), begun("cookie", 1000));
    assert_eq!(refused(&pending, "a", Some("cookie"), 1000 + LONGEST_MS), "sso_state_unknown");
    pending.put("b".into(), begun("cookie", 1000));
    assert!(pending.take("b", Some("cookie"), 1000 + LONGEST_MS - 1).is_ok());
}

#[test]
fn another_browser_does_not_end_it_for_the_right_one() {
    let pending = Pending::default();
    pending.put("a".into(), begun("cookie", 0));
    assert_eq!(refused(&pending, "a", None, 1), "sso_other_browser");
    assert_eq!(refused(&pending, "a", Some(""), 1), "sso_other_browser");
    assert_eq!(refused(&pending, "a", Some("cookie2"), 1), "sso_other_browser");
    assert!(pending.take("a", Some("cookie"), 1).is_ok());
    assert_eq!(refused(&pending, "a", Some("cookie"), 1), "sso_state_unknown");
}

#[test]
fn there_are_never_too_many_and_the_oldest_makes_room() {
    let pending = Pending::default();
    for number in 0..MOST + 5 {
        pending.put(format!("{number}"), begun("cookie", number as i64));
    }
    assert_eq!(pending.0.lock().unwrap().len(), MOST);
    assert_eq!(refused(&pending, "4", Some("cookie"), 2000), "sso_state_unknown");
    assert!(pending.take("5", Some("cookie"), 2000).is_ok());
    // What is over makes room before anything else does.
    pending.put("late".into(), begun("cookie", LONGEST_MS + 2000));
    assert_eq!(pending.0.lock().unwrap().len(), 1);
}
