//! Each setting of routing, as it is taken and as it is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::Named;
use super::{refused, valid};
use crate::config::described;

/// A setting's value in force after this text of one section.
fn in_force(section: &str, setting: &str, name: &str) -> Value {
    let file = valid(&format!("{section}: {{{setting}}}"));
    assert_eq!(file.warnings, [], "{setting}");
    let mut values = described::values(&file.routing, &file.aliases, &file.default_params);
    values.remove(name).unwrap_or_else(|| panic!("{name} is no setting"))
}

#[test]
fn every_setting_of_the_router_is_taken() {
    for (setting, value) in [
        ("routing_strategy: least-busy", json!("least-busy")),
        ("routing_strategy: lowest-latency", json!("latency-based-routing")),
        ("routing_strategy_args: {lowest_latency_buffer: 0.5}", json!({"lowest_latency_buffer": 0.5})),
        ("model_group_strategies: {smart: round-robin}", json!({"smart": "round-robin"})),
        ("num_retries: 0", json!(0)),
        ("num_retries: '20'", json!(20)),
        ("model_group_retries: {smart: 4}", json!({"smart": 4})),
        ("retry_after: 0.25", json!(0.25)),
        (
            "retry_policy: {BadRequestErrorRetries: 0, AuthenticationErrorRetries: 1, TimeoutErrorRetries: 2, RateLimitErrorRetries: 3, ContentPolicyViolationErrorRetries: 4, InternalServerErrorRetries: 5}",
            json!({"BadRequestErrorRetries": 0, "AuthenticationErrorRetries": 1, "TimeoutErrorRetries": 2, "RateLimitErrorRetries": 3, "ContentPolicyViolationErrorRetries": 4, "InternalServerErrorRetries": 5}),
        ),
        (
            "model_group_retry_policy: {smart: {TimeoutErrorRetries: 2}}",
            json!({"smart": {"TimeoutErrorRetries": 2}}),
        ),
        ("allowed_fails: 1000", json!(1000)),
        (
            "allowed_fails_policy: {RateLimitErrorAllowedFails: 100}",
            json!({"RateLimitErrorAllowedFails": 100}),
        ),
        ("cooldown_time: 0", json!(0.0)),
        ("disable_cooldowns: true", json!(true)),
        ("timeout: 0.5", json!(0.5)),
        ("timeout: 86400", json!(86400.0)),
        ("stream_timeout: 3", json!(3.0)),
        ("stream_idle_timeout: 9", json!(9.0)),
        ("fallbacks: [{smart: [a, b]}, {'*': [c]}]", json!([{"*": ["c"]}, {"smart": ["a", "b"]}])),
        ("context_window_fallbacks: [{smart: [a]}]", json!([{"smart": ["a"]}])),
        ("content_policy_fallbacks: [{smart: [a]}]", json!([{"smart": ["a"]}])),
        ("default_fallbacks: [a]", json!(["a"])),
        ("max_fallbacks: 0", json!(0)),
        ("enable_pre_call_checks: true", json!(true)),
        ("enable_tag_filtering: true", json!(true)),
        ("tag_filtering_match_any: false", json!(false)),
        ("session_affinity: false", json!(false)),
        ("optional_pre_call_checks: [prompt_caching]", json!(["prompt_caching"])),
        ("default_litellm_params: {timeout: 4}", json!({"timeout": 4})),
        ("model_group_alias: {a: b, c: {model: d, hidden: true}}", json!({"a": "b", "c": "d"})),
        ("hedge_after: 0.001", json!(0.001)),
        ("model_group_hedges: {smart: 2}", json!({"smart": 2.0})),
        (
            "mirrors: {smart: {to: other, percent: 12.5}, more: {to: smart}}",
            json!({"smart": {"to": "other", "percent": 12.5}, "more": {"to": "smart", "percent": 100.0}}),
        ),
    ] {
        let name = setting.split(':').next().unwrap();
        assert_eq!(in_force("router_settings", setting, name), value, "{setting}");
    }
    assert_eq!(in_force("router_settings", "request_timeout: 8", "timeout"), json!(8.0));
    assert_eq!(
        in_force("general_settings", "background_health_checks: true", "background_health_checks"),
        json!(true)
    );
    assert_eq!(
        in_force("general_settings", "health_check_interval: 60", "health_check_interval"),
        json!(60.0)
    );
}

#[test]
fn what_litellm_has_in_both_sections_counts_as_the_router_has_it() {
    for setting in [
        "num_retries: 7",
        "request_timeout: 7",
        "timeout: 7",
        "stream_timeout: 7",
        "allowed_fails: 7",
        "cooldown_time: 7",
        "fallbacks: [{a: [b]}]",
        "context_window_fallbacks: [{a: [b]}]",
        "content_policy_fallbacks: [{a: [b]}]",
        "default_fallbacks: [b]",
    ] {
        let name = setting.split(':').next().unwrap().replace("request_timeout", "timeout");
        let both = in_force("litellm_settings", setting, &name);
        assert_eq!(both, in_force("router_settings", setting, &name), "{setting}");
    }
    for text in [
        "{litellm_settings: {num_retries: 1, timeout: 1}, router_settings: {num_retries: 2}}",
        "{router_settings: {num_retries: 2}, litellm_settings: {num_retries: 1, timeout: 1}}",
    ] {
        let routing = valid(text).routing;
        assert_eq!((routing.num_retries, routing.timeout), (2, Duration::from_secs(1)));
    }
}

#[test]
fn every_setting_of_the_router_is_refused_out_of_its_range() {
    let seconds = "must be between 0 and 86400 seconds";
    let timeout = "must be above 0 and at most 86400 seconds";
    for (setting, at, expected) in [
        ("routing_strategy: fastest", 3, "must be one of simple-shuffle, least-busy, latency-based-routing"),
        ("routing_strategy_args: {lowest_latency_buffer: -1}", 27, "must be between 0 and 100"),
        ("model_group_strategies: {smart: best}", 28, "model_group_strategies.smart must be one of"),
        ("num_retries: 21", 3, "must be a whole number from 0 to 20"),
        ("num_retries: 1.5", 3, "must be a whole number from 0 to 20"),
        ("num_retries: many", 3, "must be a whole number from 0 to 20"),
        ("model_group_retries: {smart: -1}", 25, "model_group_retries.smart must be a whole number"),
        ("retry_after: -1", 3, seconds),
        ("retry_policy: {BadRequestErrorRetries: 21}", 18, "must be a whole number from 0 to 20"),
        (
            "retry_policy: {BadRequestErrorAllowedFails: 1}",
            18,
            "is no member of a policy, which are BadRequestErrorRetries,",
        ),
        ("retry_policy: {Retries: 1}", 18, "is no member of a policy"),
        (
            "model_group_retry_policy: {a: {TimeoutRetries: 1}}",
            34,
            "model_group_retry_policy.a.TimeoutRetries is no member",
        ),
        ("allowed_fails: -1", 3, "must be a whole number from 0 to 1000000"),
        ("allowed_fails_policy: {TimeoutErrorRetries: 1}", 26, "which are BadRequestErrorAllowedFails,"),
        ("cooldown_time: 86401", 3, seconds),
        ("disable_cooldowns: perhaps", 3, "must be true or false"),
        ("timeout: 0", 3, timeout),
        ("timeout: 86400.5", 3, timeout),
        ("timeout: 1.0e-300", 3, timeout),
        ("stream_timeout: -1", 3, timeout),
        ("stream_idle_timeout: 0", 3, timeout),
        ("fallbacks: smart", 3, "must be a list of maps"),
        ("fallbacks: [{a: b}]", 16, "fallbacks[0].a must be a list of names"),
        ("fallbacks: [{a: [1]}]", 16, "must be a list of names"),
        ("fallbacks: [{a: [b, a]}]", 16, "cannot fall back on itself"),
        ("fallbacks: [{a: [b]}, {a: [c]}]", 26, "has fallbacks above already"),
        ("context_window_fallbacks: [a]", 30, "context_window_fallbacks[0] must be a map"),
        ("content_policy_fallbacks: 1", 3, "must be a list of maps"),
        ("default_fallbacks: [{}]", 3, "must be a list of names"),
        ("max_fallbacks: 101", 3, "must be a whole number from 0 to 100"),
        ("enable_pre_call_checks: 1", 3, "must be true or false"),
        ("enable_tag_filtering: 1", 3, "must be true or false"),
        ("tag_filtering_match_any: 1", 3, "must be true or false"),
        ("session_affinity: 1", 3, "must be true or false"),
        ("optional_pre_call_checks: prompt_caching", 3, "must be a list"),
        ("default_litellm_params: {timeout: 0}", 28, "default_litellm_params.timeout must be above 0"),
        ("default_litellm_params: {timeout: [0]}", 28, "default_litellm_params.timeout: invalid type"),
        ("default_litellm_params: {api_key: x}", 28, "belongs to one deployment"),
        ("default_litellm_params: {model: x}", 28, "belongs to one deployment"),
        ("model_group_alias: {a: a}", 23, "this is an alias of itself"),
        ("model_group_alias: {a: 1}", 23, "must be the name of a model group, or {model, hidden}"),
        (
            "model_group_alias: {a: {hidden: true}}",
            23,
            "must be the name of a model group, or {model, hidden}",
        ),
        ("model_group_alias: {a: {model: b, shown: true}}", 37, "is no member of an alias"),
        ("hedge_after: 0", 3, "must be between 0.001 and 600 seconds"),
        ("model_group_hedges: {a: 601}", 24, "model_group_hedges.a must be between 0.001 and 600 seconds"),
        ("mirrors: {a: {to: b, percent: 101}}", 24, "mirrors.a.percent must be between 0 and 100 percent"),
        ("mirrors: {a: {percent: 1}}", 13, "mirrors.a: a mirror must say `to` which model group"),
        ("mirrors: {a: {to: a}}", 17, "cannot mirror itself"),
        ("mirrors: {a: {to: b, share: 1}}", 24, "is no member of a mirror"),
    ] {
        let told = refused(&format!("# first\nrouter_settings:\n  {setting}\n"));
        let start = format!("line 3, column {at}: router_settings.");
        assert!(told.starts_with(&start) && told.contains(expected), "{setting}\nis told as: {told}");
    }
    assert!(
        refused("\nrouter_settings: {timeout: .inf}").starts_with("line 2, column 28: this is no YAML: ")
    );
    for (text, expected) in [
        ("general_settings: {background_health_checks: 1}", "must be true or false"),
        ("general_settings: {health_check_interval: 0}", "must be between 1 and 86400 seconds"),
        ("general_settings: {keep_responses: 1}", "must be true or false"),
        ("general_settings: {master_key: 5}", "must be a text"),
        ("litellm_settings: {drop_params: 1}", "must be true or false"),
        ("litellm_settings: {request_timeout: 0}", timeout),
    ] {
        let told = refused(text);
        assert!(told.starts_with("line 1, column 20: ") && told.contains(expected), "{told}");
    }
}

#[test]
fn what_has_no_effect_is_warned_of() {
    for (setting, at, expected) in [
        ("routing_strategy_args: {ttl: 5}", 27, "routing_strategy_args.ttl has no effect"),
        (
            "routing_strategy_args: {wonder: 5}",
            27,
            "unknown key `router_settings.routing_strategy_args.wonder`",
        ),
        (
            "optional_pre_call_checks: [router_budget_limiting]",
            30,
            "there is no check `router_budget_limiting` here",
        ),
        ("redis_host: x", 3, "unknown key `router_settings.redis_host`"),
    ] {
        let file = valid(&format!("\nrouter_settings:\n  {setting}\n"));
        let [warning] = &file.warnings[..] else { panic!("{setting}: {:?}", file.warnings) };
        assert_eq!((warning.line, warning.column), (Some(3), Some(at)), "{warning}");
        assert!(warning.message.contains(expected), "{warning}");
    }
}

#[test]
fn the_model_groups_that_settings_name_are_noted_with_their_places() {
    let file = valid(
        "router_settings:\n  fallbacks: [{a: [b]}, {'*': [c]}]\n  model_group_alias: {d: {model: e}}\n  mirrors: {f: {to: g}}\n  model_group_strategies: {h: priority}\n  default_fallbacks: [i]\n",
    );
    let named: BTreeMap<&str, Option<u32>> =
        file.named.iter().map(|Named { name, at }| (name.as_str(), at.line)).collect();
    let expected = [("a", 2), ("b", 2), ("c", 2), ("e", 3), ("f", 4), ("g", 4), ("h", 5), ("i", 6)];
    assert_eq!(named, expected.map(|(group, line)| (group, Some(line))).into());
    assert!(file.hidden_aliases.is_empty());
    assert!(
        valid("router_settings: {model_group_alias: {a: {model: b, hidden: true}}}")
            .hidden_aliases
            .contains("a")
    );
}
