use super::*;

fn on() -> Glance {
    Glance {
        gateway: Gateway::On("127.0.0.1:4000".parse().unwrap()),
        spend_today: 1_230_000_000,
        requests_today: 42,
        ..Glance::default()
    }
}

#[test]
fn says_what_today_cost() {
    let menu = model(&on());
    assert_eq!(menu.status, "$1.23 today · 42 requests");
    assert!(menu.toggle_checked && menu.toggle.enabled && menu.copy.enabled && menu.lit);
    assert!(menu.remedies.is_empty());
    let one = Glance { requests_today: 1, unpriced_today: 1, spend_today: 0, ..on() };
    assert_eq!(model(&one).status, "$0.00 today · 1 request, 1 unpriced");
}

#[test]
fn off_keeps_the_day_and_offers_no_url() {
    let menu = model(&Glance { gateway: Gateway::Off, ..on() });
    assert_eq!(menu.status, "Off · $1.23 today · 42 requests");
    assert!(!menu.toggle_checked && menu.toggle.enabled && !menu.copy.enabled && !menu.lit);
}

#[test]
fn a_taken_port_offers_another() {
    let address = "127.0.0.1:4000".parse().unwrap();
    let refused = |instead| Glance { gateway: Gateway::Refused { address, taken: true, instead }, ..on() };
    let menu = model(&refused(Some(4001)));
    assert_eq!(menu.status, "Port 4000 is taken · $1.23 today · 42 requests");
    assert_eq!(menu.remedies, [item(Action::UsePort(4001), "Use port 4001 instead", true)]);
    assert!(!menu.toggle_checked && menu.toggle.enabled, "trying again must be possible");
    assert!(model(&refused(None)).remedies.is_empty());
    let other = Gateway::Refused { address: "127.0.0.1:80".parse().unwrap(), taken: false, instead: None };
    let menu = model(&Glance { gateway: other, ..on() });
    assert_eq!(menu.status, "Cannot listen on 127.0.0.1:80 · $1.23 today · 42 requests");
}

#[test]
fn nothing_can_be_switched_before_it_is_open() {
    for gateway in [Gateway::Opening, Gateway::Broken("It is damaged.".to_owned())] {
        let menu = model(&Glance { gateway, ..Glance::default() });
        assert!(!menu.toggle.enabled && !menu.copy.enabled && menu.open.enabled && menu.quit.enabled);
    }
    assert_eq!(model(&Glance::default()).status, "Starting…");
}

#[test]
fn a_locked_keychain_can_be_unlocked_from_here() {
    let menu = model(&Glance { vault: Some(VaultTrouble::Locked), ..on() });
    assert_eq!(menu.remedies, [item(Action::UnlockVault, "Unlock the keychain…", true)]);
    assert_eq!(menu.status, "$1.23 today · 42 requests");
}

#[test]
fn quitting_leaves_only_one_way_out() {
    let quitting = Glance { quitting: true, vault: Some(VaultTrouble::Locked), ..on() };
    let menu = model(&quitting);
    assert_eq!(menu.status, "Finishing what is under way…");
    assert_eq!(menu.quit.label, "Quit now");
    assert!(menu.quit.enabled);
    assert!(!menu.toggle.enabled && !menu.open.enabled && !menu.copy.enabled && menu.remedies.is_empty());
}

#[test]
fn money_is_true_to_its_digits() {
    for (nano, text) in [
        (0, "$0.00"),
        (1, "<$0.000001"),
        (499, "<$0.000001"),
        (500, "$0.000001"),
        (42_000, "$0.000042"),
        (99_999, "$0.0001"),
        (100_000, "$0.0001"),
        (4_230_000, "$0.0042"),
        (10_000_000, "$0.01"),
        (120_000_000, "$0.12"),
        (123_450_000, "$0.1235"),
        (999_950_000, "$1.00"),
        (999_940_000, "$0.9999"),
        (1_000_000_000, "$1.00"),
        (1_234_567_890, "$1.23"),
        (1_995_000_000, "$2.00"),
        (12_300_000_000, "$12.30"),
        (1_234_567_890_000_000, "$1,234,567.89"),
        (-1_500_000_000, "-$1.50"),
        (i64::MIN, "-$9,223,372,036.85"),
    ] {
        assert_eq!(dollars(nano), text, "{nano}");
    }
    assert_eq!(count(12_345, "request"), "12,345 requests");
    assert_eq!(count(0, "request"), "0 requests");
}

#[test]
fn every_item_is_recognised_by_its_id() {
    for action in [
        Action::Toggle,
        Action::Open,
        Action::CopyBaseUrl,
        Action::UsePort(4001),
        Action::UnlockVault,
        Action::Quit,
    ] {
        assert_eq!(Action::from_id(&action.id()), Some(action));
    }
    assert_eq!(Action::from_id("status"), None);
}
