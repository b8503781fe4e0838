use super::{UseKind, is_of, named};
use crate::config::ConfigFile;

#[test]
fn a_models_provider_is_the_word_before_the_slash_or_colon() {
    for (model, provider, expected) in [
        ("oa/gpt-4o", "oa", true),
        ("oa:gpt-4o", "oa", true),
        ("oa", "oa", false),
        ("oas/gpt-4o", "oa", false),
        ("other/oa/gpt-4o", "oa", false),
    ] {
        assert_eq!(is_of(model, provider), expected, "{model} of {provider}");
    }
}

#[test]
fn aliases_and_fallbacks_that_lead_to_it_are_found() {
    let mut config = ConfigFile::default();
    for (alias, model) in [("short", "oa/gpt-4o"), ("oa/renamed", "other/model"), ("far", "other/oa")] {
        config.aliases.insert(alias.into(), model.into());
    }
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let routing = &mut config.routing;
    routing.fallbacks.insert("smart".into(), list(&["other/x", "oa/x"]));
    routing.fallbacks.insert("safe".into(), list(&["other/x", "oa/renamed"]));
    routing.context_window_fallbacks.insert("smart".into(), list(&["oa:long"]));
    routing.content_policy_fallbacks.insert("free".into(), list(&["oa/x"]));
    routing.default_fallbacks = list(&["oa/last"]);
    let found: Vec<_> =
        named(&config.aliases, &config.routing, "oa").into_iter().map(|one| (one.kind, one.name)).collect();
    let fallback = |name: &str| (UseKind::Fallback, name.to_owned());
    assert_eq!(
        found,
        [
            (UseKind::Alias, "short".to_owned()),
            fallback("every model group"),
            fallback("free"),
            fallback("smart")
        ]
    );
    assert_eq!(named(&config.aliases, &config.routing, "nobody"), []);
}
