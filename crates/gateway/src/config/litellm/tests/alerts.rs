//! Who is told of alerts, as it is taken and as it is refused.

use super::{refused, valid};
use crate::events::AlertKind;

fn list(text: &str) -> String {
    format!("general_settings: {{alert_webhooks: {text}}}")
}

#[test]
fn a_list_of_programs_is_taken() {
    let file = valid(&list(
        "[{url: 'https://hooks.example.com/a?token=hidden', secret: whsec_c2VjcmV0, kinds: [budget, spend_spike]}, {url: 'http://localhost:9/'}]",
    ));
    assert_eq!(file.warnings, []);
    let [first, second] = &file.alert_webhooks[..] else { panic!("{:?}", file.alert_webhooks) };
    assert_eq!(
        (first.shown.as_str(), second.shown.as_str()),
        ("https://hooks.example.com", "http://localhost:9")
    );
    assert!(first.wants(AlertKind::Budget) && !first.wants(AlertKind::ProviderLimit));
    assert!(second.wants(AlertKind::ProviderLimit) && second.secret.is_none());
    let debug = format!("{:?}", file.alert_webhooks);
    assert!(!debug.contains("hidden") && !debug.contains("c2VjcmV0"), "{debug}");
}

#[test]
fn what_is_wrong_is_named_and_nothing_secret_repeated() {
    for (text, told) in [
        (
            "[{url: 'ftp://example.com'}]",
            "general_settings.alert_webhooks[0].url must be an address that begins with http:// or https://",
        ),
        ("[{url: 'https://name:hidden@example.com'}]", "without a name and a password"),
        ("[{url: hidden}]", "alert_webhooks[0].url must be an address"),
        ("[{secret: x}]", "alert_webhooks[0] must be a map with a url"),
        (
            "[{url: 'http://a', secret: 'whsec_hidden!'}]",
            "alert_webhooks[0].secret must be a text, or whsec_",
        ),
        ("[{url: 'http://a', secret: 7}]", "alert_webhooks[0].secret must be a text"),
        (
            "[{url: 'http://a', kinds: [nothing]}]",
            "alert_webhooks[0].kinds must be a list of budget, spend_spike, provider_limit",
        ),
        ("{}", "alert_webhooks must be a list"),
    ] {
        let message = refused(&list(text));
        assert!(message.contains(told), "{text}: {message}");
        assert!(!message.contains("hidden"), "{text}: {message}");
    }
    let file = valid(&list("[{url: 'http://a', colour: red}]"));
    assert_eq!(file.warnings[0].message, "unknown key `general_settings.alert_webhooks[0].colour`");
}
