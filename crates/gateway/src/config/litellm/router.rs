//! What the file says of routing: `router_settings`, the part of it that LiteLLM has under `litellm_settings`, and its
//! health checks under `general_settings`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::model;
use super::place::Path;
use super::problem::Wrong;
use super::read::Reading;
use super::value::{LONGEST_SECONDS, Node};
use crate::config::{Fallbacks, MOST_RETRIES, Mirror, Policy, Strategy};
use crate::error::ErrorClass;

/// Far more than any group has deployments.
const MOST_ALLOWED_FAILS: u32 = 1_000_000;
const MOST_FALLBACKS: u32 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    General,
    Litellm,
    Router,
}

impl Section {
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general_settings",
            Self::Litellm => "litellm_settings",
            Self::Router => "router_settings",
        }
    }
}

/// Puts a setting in force; false if routing has none of that name in that section.
pub fn setting(reading: &mut Reading, section: Section, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    match section {
        Section::General => health(reading, name, node),
        Section::Litellm => shared(reading, name, node),
        Section::Router => {
            Ok(shared(reading, name, node)? || router(reading, name, node)? || own(reading, name, node)?)
        }
    }
}

fn health(reading: &mut Reading, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    let routing = &mut reading.file.routing;
    match name {
        "background_health_checks" => routing.health_checks = node.flag()?,
        "health_check_interval" => {
            routing.health_check_interval = node.seconds(1.0..=LONGEST_SECONDS)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// What LiteLLM takes in both sections.
fn shared(reading: &mut Reading, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    match name {
        "num_retries" => reading.file.routing.num_retries = node.whole(0..=MOST_RETRIES)?,
        "timeout" | "request_timeout" => reading.file.routing.timeout = node.timeout()?,
        "stream_timeout" => reading.file.routing.stream_timeout = Some(node.timeout()?),
        "allowed_fails" => {
            reading.file.routing.allowed_fails = Some(node.whole(0..=MOST_ALLOWED_FAILS)?);
        }
        "cooldown_time" => reading.file.routing.cooldown_time = node.seconds(0.0..=LONGEST_SECONDS)?,
        "fallbacks" => reading.file.routing.fallbacks = fallbacks(reading, node)?,
        "context_window_fallbacks" => {
            reading.file.routing.context_window_fallbacks = fallbacks(reading, node)?;
        }
        "content_policy_fallbacks" => {
            reading.file.routing.content_policy_fallbacks = fallbacks(reading, node)?;
        }
        "default_fallbacks" => reading.file.routing.default_fallbacks = groups(reading, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// What LiteLLM's router takes.
fn router(reading: &mut Reading, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    match name {
        "routing_strategy" => reading.file.routing.strategy = strategy(node)?,
        "routing_strategy_args" => {
            for (name, node) in node.members()? {
                match name {
                    "lowest_latency_buffer" => {
                        reading.file.routing.latency_buffer = node.number(0.0..=100.0, "")?;
                    }
                    "ttl" | "max_latency_list_size" => {
                        reading.warn(&node.path, " has no effect: latencies are a weighted mean here");
                    }
                    _ => reading.unknown(&node.path),
                }
            }
        }
        "retry_after" => reading.file.routing.retry_after = node.seconds(0.0..=LONGEST_SECONDS)?,
        "retry_policy" => reading.file.routing.retry_policy = policy(node, "Retries", MOST_RETRIES)?,
        "model_group_retry_policy" => {
            let policies = by_group(reading, node, |_, node| policy(node, "Retries", MOST_RETRIES))?;
            reading.file.routing.group_retry_policies = policies;
        }
        "allowed_fails_policy" => {
            reading.file.routing.allowed_fails_policy = policy(node, "AllowedFails", MOST_ALLOWED_FAILS)?;
        }
        "disable_cooldowns" => reading.file.routing.cooldowns = !node.flag()?,
        "max_fallbacks" => reading.file.routing.max_fallbacks = node.whole(0..=MOST_FALLBACKS)? as usize,
        "enable_pre_call_checks" => reading.file.routing.pre_call_checks = node.flag()?,
        "enable_tag_filtering" => reading.file.routing.tag_filtering = node.flag()?,
        "tag_filtering_match_any" => reading.file.routing.tag_match_any = node.flag()?,
        "optional_pre_call_checks" => {
            for (check, path) in node.texts()? {
                match check {
                    "prompt_caching" => reading.file.routing.affinity = true,
                    _ => reading.warn(&path, &format!(": there is no check `{check}` here")),
                }
            }
        }
        "default_litellm_params" => model::defaults(reading, node)?,
        "model_group_alias" => aliases(reading, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Postern's own.
fn own(reading: &mut Reading, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
    match name {
        "model_group_strategies" => {
            reading.file.routing.group_strategies = by_group(reading, node, |_, node| strategy(node))?;
        }
        "model_group_retries" => {
            let retries = by_group(reading, node, |_, node| node.whole(0..=MOST_RETRIES))?;
            reading.file.routing.group_retries = retries;
        }
        "session_affinity" => reading.file.routing.affinity = node.flag()?,
        "stream_idle_timeout" => reading.file.routing.stream_idle_timeout = Some(node.timeout()?),
        "hedge_after" => reading.file.routing.hedge_after = Some(hedge(node)?),
        "model_group_hedges" => {
            reading.file.routing.group_hedges = by_group(reading, node, |_, node| hedge(node))?;
        }
        "mirrors" => reading.file.routing.mirrors = by_group(reading, node, mirror)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn strategy(node: &Node<'_>) -> Result<Strategy, Wrong> {
    let names = || format!("one of {}", Strategy::names().collect::<Vec<_>>().join(", "));
    let strategy = node.value.as_str().and_then(Strategy::parse);
    strategy.ok_or_else(|| node.wrong(&names()))
}

fn hedge(node: &Node<'_>) -> Result<Duration, Wrong> {
    node.seconds(0.001..=600.0)
}

/// A map of something by model group.
fn by_group<T>(
    reading: &mut Reading,
    node: &Node<'_>,
    read: impl Fn(&mut Reading, &Node<'_>) -> Result<T, Wrong>,
) -> Result<BTreeMap<String, T>, Wrong> {
    let mut map = BTreeMap::new();
    for (group, node) in node.members()? {
        reading.name_group(group, &node.path);
        map.insert(group.to_owned(), read(reading, &node)?);
    }
    Ok(map)
}

fn mirror(reading: &mut Reading, node: &Node<'_>) -> Result<Mirror, Wrong> {
    let mut to = None;
    let mut percent = 100.0;
    for (name, member) in node.members()? {
        match name {
            "to" => to = Some((member.text()?, member.path)),
            "percent" => percent = member.number(0.0..=100.0, " percent")?,
            _ => return Err(Wrong::new(&member.path, " is no member of a mirror: it has to and percent")),
        }
    }
    let Some((to, path)) = to else {
        return Err(Wrong::new(&node.path, ": a mirror must say `to` which model group"));
    };
    if node.path.names().next_back() == Some(to) {
        return Err(Wrong::new(&path, ": a model group cannot mirror itself"));
    }
    reading.name_group(to, &path);
    Ok(Mirror { to: to.to_owned(), percent })
}

/// Numbers by LiteLLM's names of classes of errors.
fn policy(node: &Node<'_>, ending: &str, most: u32) -> Result<Policy, Wrong> {
    let mut policy = Policy::new();
    for (name, member) in node.members()? {
        let class = name.strip_suffix(ending).and_then(class_of).ok_or_else(|| {
            let known: Vec<_> = CLASSES.iter().map(|(name, _)| format!("{name}{ending}")).collect();
            Wrong::new(&member.path, &format!(" is no member of a policy, which are {}", known.join(", ")))
        })?;
        policy.insert(class, member.whole(0..=most)?);
    }
    Ok(policy)
}

/// LiteLLM's names of classes of errors, as its policies have them.
pub const CLASSES: [(&str, ErrorClass); 6] = [
    ("BadRequestError", ErrorClass::BadRequest),
    ("AuthenticationError", ErrorClass::Authentication),
    ("TimeoutError", ErrorClass::Timeout),
    ("RateLimitError", ErrorClass::RateLimit),
    ("ContentPolicyViolationError", ErrorClass::ContentPolicy),
    ("InternalServerError", ErrorClass::Internal),
];

fn class_of(name: &str) -> Option<ErrorClass> {
    CLASSES.into_iter().find(|(known, _)| *known == name).map(|(_, class)| class)
}

/// `[{group: [others]}, ..]`; a map of the same is understood, too.
fn fallbacks(reading: &mut Reading, node: &Node<'_>) -> Result<Fallbacks, Wrong> {
    let mut fallbacks = Fallbacks::new();
    let mut add = |reading: &mut Reading, node: &Node<'_>| {
        for (group, node) in node.members()? {
            if group != "*" {
                reading.name_group(group, &node.path);
            }
            let others = groups(reading, &node)?;
            if others.iter().any(|other| other == group) {
                return Err(Wrong::new(&node.path, ": a model group cannot fall back on itself"));
            }
            if fallbacks.insert(group.to_owned(), others).is_some() {
                return Err(Wrong::new(&node.path, ": this model group has fallbacks above already"));
            }
        }
        Ok(())
    };
    if node.value.is_object() {
        add(reading, node)?;
    } else {
        let items = node.items().map_err(|_| node.wrong("a list of maps: [{group: [other groups]}]"))?;
        for item in items {
            add(reading, &item)?;
        }
    }
    Ok(fallbacks)
}

/// A list of model groups.
fn groups(reading: &mut Reading, node: &Node<'_>) -> Result<Vec<String>, Wrong> {
    let texts = node.texts().map_err(|_| node.wrong("a list of names of model groups"))?;
    for (name, path) in &texts {
        reading.name_group(name, path);
    }
    Ok(texts.into_iter().map(|(name, _)| name.to_owned()).collect())
}

fn aliases(reading: &mut Reading, node: &Node<'_>) -> Result<(), Wrong> {
    for (alias, node) in node.members()? {
        let (target, path, hidden) = alias_target(&node)?;
        if target == alias {
            return Err(Wrong::new(&path, ": this is an alias of itself"));
        }
        reading.name_group(target, &path);
        reading.file.aliases.insert(alias.to_owned(), target.to_owned());
        if hidden {
            reading.file.hidden_aliases.insert(alias.to_owned());
        }
    }
    Ok(())
}

/// A name, or `{model, hidden}`.
fn alias_target<'a>(node: &Node<'a>) -> Result<(&'a str, Path, bool), Wrong> {
    let expected = || node.wrong("the name of a model group, or {model, hidden}");
    if !node.value.is_object() {
        return Ok((node.text().map_err(|_| expected())?, node.path.clone(), false));
    }
    let mut target = None;
    let mut hidden = false;
    for (name, member) in node.members()? {
        match name {
            "model" => target = Some((member.text()?, member.path)),
            "hidden" => hidden = member.flag()?,
            _ => return Err(Wrong::new(&member.path, " is no member of an alias: it has model and hidden")),
        }
    }
    let (target, path) = target.ok_or_else(expected)?;
    Ok((target, path, hidden))
}
