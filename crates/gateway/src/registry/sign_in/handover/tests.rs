use super::*;

fn refused(handovers: &Handovers, code: &Secret, cookie: Option<&str>, now: i64) {
    let failure = handovers.take(code, cookie, now).expect_err("refused");
    assert_eq!((failure.error.status, failure.error.code.as_deref()), (401, Some("sign_in_code_unknown")));
    assert!(!failure.error.message.contains(code.expose()));
}

#[test]
fn a_code_counts_once_for_a_minute_in_its_browser() {
    let handovers = Handovers::default();
    let ticket = handovers.put("ada".into(), 0).expect("a ticket");
    assert!(ticket.code.expose().len() >= 43 && ticket.code.expose() != ticket.cookie.expose());
    let cookie = Some(ticket.cookie.expose());
    assert_eq!(handovers.take(&ticket.code, cookie, LONGEST_MS - 1).expect("a user"), "ada");
    refused(&handovers, &ticket.code, cookie, 1);

    let late = handovers.put("ada".into(), 0).expect("a ticket");
    refused(&handovers, &late.code, Some(late.cookie.expose()), LONGEST_MS);
    for cookie in [None, Some(""), Some(ticket.cookie.expose())] {
        let ticket = handovers.put("ada".into(), 0).expect("a ticket");
        refused(&handovers, &ticket.code, cookie, 1);
        // Whoever tried it has ended it.
        refused(&handovers, &ticket.code, Some(ticket.cookie.expose()), 1);
    }
    refused(&handovers, &Secret::from("made up"), cookie, 1);
}

#[test]
fn there_are_never_too_many() {
    let handovers = Handovers::default();
    let first = handovers.put("first".into(), 0).expect("a ticket");
    for number in 1..=MOST as i64 {
        handovers.put("x".into(), number).expect("a ticket");
    }
    assert_eq!(handovers.0.lock().unwrap().len(), MOST);
    refused(&handovers, &first.code, Some(first.cookie.expose()), 1);
    handovers.put("x".into(), 3 * LONGEST_MS).expect("a ticket");
    assert_eq!(handovers.0.lock().unwrap().len(), 1);
}
