//! Routing's settings by the names that they have in a configuration file: what each is, and what it is now.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Fallbacks, Policy, RoutingSettings, Strategy};
use crate::config::litellm::CLASSES;

/// A setting, for a person.
pub struct Described {
    pub name: &'static str,
    /// As LiteLLM names kinds: `String`, `Integer`, `Float`, `Boolean`, `Dictionary`, `List`.
    pub kind: &'static str,
    pub title: &'static str,
    pub about: &'static str,
}

const fn described(
    name: &'static str,
    kind: &'static str,
    title: &'static str,
    about: &'static str,
) -> Described {
    Described { name, kind, title, about }
}

/// Every setting of routing.
pub const SETTINGS: [Described; 32] = [
    described("routing_strategy", "String", "Routing strategy", "How one of several deployments is chosen."),
    described(
        "routing_strategy_args",
        "Dictionary",
        "Routing strategy arguments",
        "lowest_latency_buffer: how much slower than the fastest is as good, as a part of it.",
    ),
    described(
        "model_group_strategies",
        "Dictionary",
        "Strategies of model groups",
        "Another strategy for some model groups.",
    ),
    described("num_retries", "Integer", "Retries", "Attempts after the first."),
    described(
        "model_group_retries",
        "Dictionary",
        "Retries of model groups",
        "Attempts after the first, for some model groups.",
    ),
    described(
        "retry_after",
        "Float",
        "Least pause",
        "Seconds before the same deployment is asked again, at least.",
    ),
    described("retry_policy", "Dictionary", "Retry policy", "Attempts after the first, by class of error."),
    described(
        "model_group_retry_policy",
        "Dictionary",
        "Retry policies of model groups",
        "Attempts after the first, by model group and class of error.",
    ),
    described(
        "allowed_fails",
        "Integer",
        "Allowed failures",
        "Failures within the cooldown time before a deployment cools down.",
    ),
    described(
        "allowed_fails_policy",
        "Dictionary",
        "Allowed failures by class",
        "The same, by class of error.",
    ),
    described("cooldown_time", "Float", "Cooldown", "Seconds that a deployment rests after failures."),
    described(
        "disable_cooldowns",
        "Boolean",
        "No cooldowns",
        "Deployments are asked however often they failed.",
    ),
    described("timeout", "Float", "Timeout", "Seconds for one attempt."),
    described(
        "stream_timeout",
        "Float",
        "Stream timeout",
        "Seconds for one attempt to the first token of a stream.",
    ),
    described(
        "stream_idle_timeout",
        "Float",
        "Idle timeout",
        "Seconds that a stream may be silent between two chunks.",
    ),
    described("fallbacks", "List", "Fallbacks", "Model groups that are asked when one has failed."),
    described(
        "context_window_fallbacks",
        "List",
        "Fallbacks for long prompts",
        "Model groups that are asked when a prompt was too long for one.",
    ),
    described(
        "content_policy_fallbacks",
        "List",
        "Fallbacks for refused prompts",
        "Model groups that are asked when a provider's rules refused a prompt.",
    ),
    described(
        "default_fallbacks",
        "List",
        "Default fallbacks",
        "Model groups that are asked when any other has failed.",
    ),
    described(
        "max_fallbacks",
        "Integer",
        "Most fallbacks",
        "How many other model groups are asked for one request.",
    ),
    described(
        "enable_pre_call_checks",
        "Boolean",
        "Check the prompt's length",
        "Deployments whose model takes fewer tokens than the prompt has are not asked.",
    ),
    described(
        "enable_tag_filtering",
        "Boolean",
        "Filter by tags",
        "Requests with tags go to deployments with them only.",
    ),
    described(
        "tag_filtering_match_any",
        "Boolean",
        "One tag is enough",
        "One tag in common is enough, rather than all of the request's.",
    ),
    described(
        "session_affinity",
        "Boolean",
        "Session affinity",
        "A conversation stays with the deployment that holds its prompt cache.",
    ),
    described(
        "hedge_after",
        "Float",
        "Hedge after",
        "Seconds of silence after which a second deployment is asked as well.",
    ),
    described(
        "model_group_hedges",
        "Dictionary",
        "Hedges of model groups",
        "The same, for some model groups.",
    ),
    described(
        "mirrors",
        "Dictionary",
        "Mirrors",
        "A part of a group's requests goes to another group, too; those answers are thrown away.",
    ),
    described(
        "default_litellm_params",
        "Dictionary",
        "Default parameters",
        "What deployments are told that do not say otherwise.",
    ),
    described("model_group_alias", "Dictionary", "Aliases", "Other names of model groups."),
    described(
        "optional_pre_call_checks",
        "List",
        "Optional checks",
        "prompt_caching: the same as session_affinity.",
    ),
    described(
        "background_health_checks",
        "Boolean",
        "Health checks",
        "Deployments are asked for signs of life though nothing is wrong.",
    ),
    described(
        "health_check_interval",
        "Float",
        "Health check interval",
        "Seconds between two health checks.",
    ),
];

/// The values in force of [`SETTINGS`], by name; null where one is off.
pub fn values(
    routing: &RoutingSettings,
    aliases: &BTreeMap<String, String>,
    default_params: &Map<String, Value>,
) -> Map<String, Value> {
    let checks: &[&str] = if routing.affinity { &["prompt_caching"] } else { &[] };
    let values = json!({
        "routing_strategy": routing.strategy.as_str(),
        "routing_strategy_args": {"lowest_latency_buffer": routing.latency_buffer},
        "model_group_strategies": by_group(&routing.group_strategies, |strategy: &Strategy| json!(strategy.as_str())),
        "num_retries": routing.num_retries,
        "model_group_retries": routing.group_retries,
        "retry_after": seconds(&routing.retry_after),
        "retry_policy": policy(&routing.retry_policy, "Retries"),
        "model_group_retry_policy": by_group(&routing.group_retry_policies, |set| policy(set, "Retries")),
        "allowed_fails": routing.allowed_fails,
        "allowed_fails_policy": policy(&routing.allowed_fails_policy, "AllowedFails"),
        "cooldown_time": seconds(&routing.cooldown_time),
        "disable_cooldowns": !routing.cooldowns,
        "timeout": seconds(&routing.timeout),
        "stream_timeout": routing.stream_timeout.as_ref().map(seconds),
        "stream_idle_timeout": routing.stream_idle_timeout.as_ref().map(seconds),
        "fallbacks": fallbacks(&routing.fallbacks),
        "context_window_fallbacks": fallbacks(&routing.context_window_fallbacks),
        "content_policy_fallbacks": fallbacks(&routing.content_policy_fallbacks),
        "default_fallbacks": routing.default_fallbacks,
        "max_fallbacks": routing.max_fallbacks,
        "enable_pre_call_checks": routing.pre_call_checks,
        "enable_tag_filtering": routing.tag_filtering,
        "tag_filtering_match_any": routing.tag_match_any,
        "session_affinity": routing.affinity,
        "hedge_after": routing.hedge_after.as_ref().map(seconds),
        "model_group_hedges": by_group(&routing.group_hedges, seconds),
        "mirrors": by_group(&routing.mirrors, |mirror| json!({"to": mirror.to, "percent": mirror.percent})),
        "default_litellm_params": default_params,
        "model_group_alias": aliases,
        "optional_pre_call_checks": checks,
        "background_health_checks": routing.health_checks,
        "health_check_interval": seconds(&routing.health_check_interval),
    });
    match values {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}

fn seconds(duration: &Duration) -> Value {
    json!(duration.as_secs_f64())
}

fn by_group<T>(map: &BTreeMap<String, T>, show: impl Fn(&T) -> Value) -> Value {
    map.iter().map(|(group, value)| (group.clone(), show(value))).collect::<Map<_, _>>().into()
}

fn policy(policy: &Policy, ending: &str) -> Value {
    let named = CLASSES
        .iter()
        .filter_map(|(name, class)| Some((format!("{name}{ending}"), json!(policy.get(class)?))));
    named.collect::<Map<_, _>>().into()
}

/// As LiteLLM writes them: a list of maps of one member.
fn fallbacks(fallbacks: &Fallbacks) -> Value {
    fallbacks.iter().map(|(group, others)| json!({group: others})).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests;
