//! Discounts and margins by provider, and how a deployment is paid.

use super::{refused, valid};
use crate::config::{DeploymentBilling, Margin};

#[test]
fn discounts_and_margins_are_read_to_the_hundredth_of_a_percent() {
    let file = valid(
        "
litellm_settings:
  cost_discount_config: {openai: 0.05, vertex_ai: '0.1', gemini: 1, anthropic: 0.33333, xai: null}
  cost_margin_config:
    global: 0.05
    openai: {percentage: 0.1, fixed_amount: 0.001}
    anthropic: {fixed_amount: 0.25}
    gemini: 10
",
    );
    assert_eq!(file.warnings, []);
    let discounts: Vec<_> =
        file.costs.discounts.iter().map(|(name, share)| (name.as_str(), *share)).collect();
    assert_eq!(discounts, [("anthropic", 3333), ("gemini", 10_000), ("openai", 500), ("vertex_ai", 1000)]);
    let margin = |basis_points, fee_nanos| Margin { basis_points, fee_nanos };
    assert_eq!(file.costs.global_margin, Some(margin(500, 0)));
    assert_eq!(file.costs.margins["openai"], margin(1000, 1_000_000));
    assert_eq!(file.costs.margins["anthropic"], margin(0, 250_000_000));
    assert_eq!(file.costs.margins["gemini"], margin(100_000, 0));
    let named: Vec<_> = file.named_providers.iter().map(|named| named.name.as_str()).collect();
    assert!(named.contains(&"openai") && !named.contains(&"global"), "{named:?}");
    let beside = valid(
        "cost_discount_config: {openai: 0.2, xai: 0.1}\nlitellm_settings: {cost_discount_config: {openai: 0.3}}",
    );
    assert_eq!((beside.costs.discounts["openai"], beside.costs.discounts["xai"]), (3000, 1000));
    assert_eq!(beside.warnings, []);
    let unknown = valid("litellm_settings: {cost_margin_config: {openai: {percentage: 0.1, per_day: 1}}}");
    assert!(
        unknown.warnings[0].message.contains("cost_margin_config.openai.per_day"),
        "{:?}",
        unknown.warnings
    );
}

#[test]
fn what_can_be_no_share_is_refused_by_its_name() {
    for (setting, name, expected) in [
        ("cost_discount_config: {openai: 1.5}", "cost_discount_config.openai", "between 0 and 1 "),
        ("cost_discount_config: {openai: -0.1}", "cost_discount_config.openai", "between 0 and 1 "),
        ("cost_discount_config: {openai: five}", "cost_discount_config.openai", "0.05 is five percent"),
        (
            "cost_discount_config: {openai: {percentage: 0.1}}",
            "cost_discount_config.openai",
            "between 0 and 1 ",
        ),
        ("cost_discount_config: [openai]", "cost_discount_config", "a map"),
        ("cost_margin_config: {global: 11}", "cost_margin_config.global", "between 0 and 10"),
        ("cost_margin_config: {openai: -0.5}", "cost_margin_config.openai", "between 0 and 10"),
        ("cost_margin_config: {openai: []}", "cost_margin_config.openai", "percentage or fixed_amount"),
        ("cost_margin_config: {openai: {}}", "cost_margin_config.openai", "percentage or fixed_amount"),
        (
            "cost_margin_config: {openai: {percentage: 20}}",
            "cost_margin_config.openai.percentage",
            "between 0 and 10",
        ),
        (
            "cost_margin_config: {openai: {fixed_amount: -1}}",
            "cost_margin_config.openai.fixed_amount",
            "dollars",
        ),
        (
            "cost_margin_config: {openai: {fixed_amount: much}}",
            "cost_margin_config.openai.fixed_amount",
            "dollars",
        ),
    ] {
        let told = refused(&format!("litellm_settings: {{{setting}}}"));
        assert!(told.contains(&format!("litellm_settings.{name} must be")), "{setting}: {told}");
        assert!(told.contains(expected) && told.starts_with("line 1"), "{setting}: {told}");
    }
}

#[test]
fn a_deployment_says_how_it_is_paid() {
    let with = |billing: &str| {
        format!("model_list: [{{model_name: a, litellm_params: {{model: openai/b, billing: {billing}}}}}]")
    };
    for (text, expected) in [
        ("api", DeploymentBilling::Api),
        ("pay_as_you_go", DeploymentBilling::Api),
        ("subscription", DeploymentBilling::Subscription),
        ("local", DeploymentBilling::Local),
    ] {
        let file = valid(&with(text));
        assert_eq!(file.models[0].litellm_params.billing, Some(expected), "{text}");
        assert_eq!(file.warnings, [], "{text}");
    }
    let told = refused(&with("barter"));
    assert!(
        told.contains("litellm_params") && told.contains("barter") && told.contains("subscription"),
        "{told}"
    );
}
