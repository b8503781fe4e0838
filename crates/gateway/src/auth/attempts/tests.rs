use super::*;

fn from(address: &str) -> Peer {
    Peer(Some(address.parse().expect("an address")))
}

fn wrong(attempts: &Attempts, account: &str, peer: Peer, now: i64) -> Result<(), u64> {
    let begun = attempts.begin(account, peer, now);
    begun.map(drop).map_err(|failure| {
        assert_eq!(failure.error.status, 429);
        failure.error.retry_after.expect("when to come back")
    })
}

#[test]
fn the_sixth_try_has_to_wait_until_the_first_is_five_minutes_old() {
    let (attempts, here) = (Attempts::default(), from("192.0.2.1"));
    for second in 0..5 {
        wrong(&attempts, "ada@example.com", here, second * 1000).expect("allowed");
    }
    assert_eq!(wrong(&attempts, "ada@example.com", here, 5000), Err(295));
    // However it is written.
    assert_eq!(wrong(&attempts, " ADA@example.com", here, 5000), Err(295));
    assert_eq!(wrong(&attempts, "ada@example.com", here, WINDOW_MS - 1), Err(1));
    // What was refused did not count.
    wrong(&attempts, "ada@example.com", here, WINDOW_MS).expect("allowed");
    assert_eq!(wrong(&attempts, "ada@example.com", here, WINDOW_MS), Err(1));
}

#[test]
fn nobody_is_kept_out_by_somebody_elsewhere() {
    let attempts = Attempts::default();
    for _ in 0..5 {
        wrong(&attempts, "ada", from("192.0.2.1"), 0).expect("allowed");
    }
    wrong(&attempts, "ada", from("192.0.2.1"), 0).expect_err("refused");
    wrong(&attempts, "ada", from("192.0.2.2"), 0).expect("allowed");
    wrong(&attempts, "bob", from("192.0.2.1"), 0).expect("allowed");
    wrong(&attempts, "ada", Peer(None), 0).expect("allowed");
}

#[test]
fn one_address_does_not_try_every_account_nor_every_address_one_account() {
    let attempts = Attempts::default();
    for number in 0..20 {
        wrong(&attempts, &format!("user-{number}"), from("192.0.2.1"), 0).expect("allowed");
    }
    wrong(&attempts, "user-20", from("192.0.2.1"), 0).expect_err("refused");
    let attempts = Attempts::default();
    for number in 0..50 {
        wrong(&attempts, "ada", from(&format!("192.0.2.{number}")), 0).expect("allowed");
    }
    wrong(&attempts, "ada", from("192.0.2.99"), 0).expect_err("refused");
    // Neighbours in IPv6 are one.
    let attempts = Attempts::default();
    for number in 0..5 {
        wrong(&attempts, "ada", from(&format!("2001:db8::{number}")), 0).expect("allowed");
    }
    wrong(&attempts, "ada", from("2001:db8::9"), 0).expect_err("refused");
    wrong(&attempts, "ada", from("2001:db8:0:1::9"), 0).expect("allowed");
}

#[test]
fn a_right_one_forgives_and_tries_at_once_count_at_once() {
    let (attempts, here) = (Attempts::default(), from("192.0.2.1"));
    for round in 0..100 {
        for _ in 0..4 {
            wrong(&attempts, "ada", here, round * WINDOW_MS).expect("allowed");
        }
        let right = attempts.begin("ada", here, round * WINDOW_MS).expect("allowed");
        attempts.succeeded(right);
    }
    // Right ones alone are never too many.
    let attempts = Attempts::default();
    for _ in 0..200 {
        attempts.succeeded(attempts.begin("ada", here, 0).expect("allowed"));
    }
    assert!(attempts.0.lock().unwrap().is_empty());
    let under_way: Vec<_> = (0..9).map(|_| attempts.begin("ada", here, 0)).collect();
    assert_eq!(under_way.iter().filter(|begun| begun.is_ok()).count(), 5);
}

#[test]
fn not_everybody_is_remembered() {
    let attempts = Attempts::default();
    for number in 0..MOST_REMEMBERED as i64 {
        let peer = Peer(Some(IpAddr::from(std::net::Ipv4Addr::from_bits(number as u32))));
        wrong(&attempts, &format!("user-{number}"), peer, number).expect("allowed");
        if number % 1000 == 0 {
            assert!(attempts.0.lock().unwrap().len() <= MOST_REMEMBERED);
        }
    }
    assert!(attempts.0.lock().unwrap().len() > MOST_REMEMBERED / 2);
    let later = WINDOW_MS + MOST_REMEMBERED as i64;
    wrong(&attempts, "last", from("198.51.100.1"), later).expect("allowed");
    for number in 0..MOST_REMEMBERED as i64 / 2 {
        wrong(&attempts, &format!("user-{number}"), from(&format!("2001:db8:{number:x}::1")), later)
            .expect("allowed");
    }
    assert!(attempts.0.lock().unwrap().len() <= MOST_REMEMBERED);
}
