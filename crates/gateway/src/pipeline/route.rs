//! Where a request may go: its model group, what to fall back on, how long, how often. What it says itself comes before what
//! is configured.

mod region;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use postern_wire::{OtherModels, RoutingControls};
pub use region::not_there;
use smallvec::SmallVec;

use crate::auth::Caller;
use crate::clock::Moment;
use crate::config::{Fallbacks, LONGEST_TIMEOUT, MOST_RETRIES, RoutingSettings};
use crate::engine::Engine;
use crate::error::Failure;
use crate::exchange::Exchange;
use crate::meter::Meter;
use crate::routing::{Kind, Wanted, Wishes};
use crate::snapshot::{Deployment, Group, Provider, Snapshot, Unresolved};

/// Headers in which clients name the session that a request belongs to.
pub const SESSIONS: [&str; 6] = [
    "x-session-id",
    "x-litellm-session-id",
    "x-claude-code-session-id",
    "session_id",
    "session-id",
    "conversation_id",
];

/// Where a request may go.
pub struct Route {
    pub settings: Arc<RoutingSettings>,
    pub group: Arc<Group>,
    pub wishes: Wishes,
    /// At least so many tokens are sent.
    pub prompt_tokens: u64,
    /// For one attempt, to the first token of a stream; over what is configured.
    pub stream_timeout: Option<Duration>,
    /// What the request carries: its own, the key's and the team's.
    pub tags: Vec<String>,
    /// The groups that the request itself names, in order. `None`: what is configured.
    own: Option<Own>,
    configured: Vec<(String, Kind, Vec<Arc<Group>>)>,
}

#[derive(Default)]
struct Own {
    general: Option<Vec<(Option<String>, Arc<Group>)>>,
    context_window: Option<Vec<(Option<String>, Arc<Group>)>>,
    content_policy: Option<Vec<(Option<String>, Arc<Group>)>>,
    none: bool,
}

impl Route {
    /// What a group falls back on.
    pub fn others(&self, group: &str, kind: Kind) -> Vec<Arc<Group>> {
        if let Some(own) = &self.own {
            let list = match kind {
                Kind::General => &own.general,
                Kind::ContextWindow => &own.context_window,
                Kind::ContentPolicy => &own.content_policy,
            };
            if own.none {
                return Vec::new();
            }
            if let Some(list) = list {
                let applies = |from: &Option<String>| from.as_ref().is_none_or(|from| from == group);
                return list
                    .iter()
                    .filter(|(from, _)| applies(from))
                    .map(|(_, other)| other.clone())
                    .collect();
            }
        }
        let found = self.configured.iter().find(|(from, known, _)| from == group && *known == kind);
        found.map(|(_, _, others)| others.clone()).unwrap_or_default()
    }

    /// Every group that it may end at.
    pub fn all_others(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.own_groups().chain(self.configured.iter().flat_map(|(_, _, others)| others))
    }

    /// Those that the request itself names.
    fn own_groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        let own = self.own.iter().filter(|own| !own.none).flat_map(|own| {
            [&own.general, &own.context_window, &own.content_policy].into_iter().flatten().flatten()
        });
        own.map(|(_, group)| group)
    }

    pub fn own_others(&self) -> SmallVec<[&str; 4]> {
        self.own_groups().map(|group| group.name.as_str()).collect()
    }
}

/// What has to be known of a request to find its way.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub snapshot: &'a Snapshot,
    pub caller: &'a Caller,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub model: &'a str,
    pub controls: Option<&'a RoutingControls>,
    /// Whose model it is to be, where the path says so.
    pub provider: Option<&'a Provider>,
    /// The deployment that has to be asked.
    pub pinned: Option<&'a str>,
    pub started: Moment,
}

impl<'a> Question<'a> {
    pub fn of(exchange: &'a Exchange) -> Self {
        Self {
            snapshot: &exchange.snapshot,
            caller: &exchange.caller,
            headers: &exchange.headers,
            body: &exchange.body,
            model: &exchange.envelope.model,
            controls: exchange.envelope.controls.as_deref().and_then(|controls| controls.routing.as_ref()),
            provider: exchange.provider.as_deref(),
            pinned: exchange.pinned.as_deref(),
            started: exchange.started,
        }
    }
}

/// What the model's name means, whether the caller may use it, and what to do when it does not work.
pub fn find(asked: &Question<'_>, meter: &mut Meter) -> Result<Route, Failure> {
    let named = asked.model;
    let asked = &Question { model: asked.caller.renamed(named), ..*asked };
    let Question { snapshot, model, controls, headers, .. } = *asked;
    let tags = tags(asked.caller, headers, controls);
    if let Some(row) = meter.row() {
        row.tags.clone_from(&tags);
    }
    let group = first_group(asked)?;
    if let Some(row) = meter.row() {
        row.model_group.clone_from(&group.name);
    }
    if controls.is_some_and(|said| said.provider.is_some()) {
        // Who may use one provider's model may not therefore use another's of the same name.
        asked.caller.check_group(&group, &[&group.name, bare(snapshot, model)])?;
    } else {
        asked.caller.check_group(&group, &[named, model, &group.name])?;
    }
    let said = controls.and_then(|said| said.timeout);
    let first = controls.and_then(|said| said.stream_timeout);
    let mut route = Route {
        settings: snapshot.routing.clone(),
        wishes: Wishes {
            retries: retries(headers, controls)?,
            deadline: timeout(headers, "x-litellm-timeout", said)?.map(|timeout| asked.started.plus(timeout)),
            tags: snapshot.routing.tag_filtering.then(|| tags.clone()),
            wanted: Wanted { region: controls.and_then(|said| said.region.clone()), ..Wanted::default() },
        },
        // A token has hardly ever less than three bytes.
        prompt_tokens: (asked.body.len() as u64).div_ceil(3),
        stream_timeout: timeout(headers, "x-litellm-stream-timeout", first)?,
        own: None,
        configured: Vec::new(),
        tags,
        group,
    };
    route.wishes.wanted.tokens = route.prompt_tokens;
    if route.settings.pre_call_checks {
        route.wishes.wanted.context = Some(postern_wire::estimate_tokens(asked.body));
    }
    if let Some(pinned) = asked.pinned {
        // Nobody else has what the request goes on with.
        route.group = Arc::new(pinned_group(&route.group, pinned)?);
        route.own = Some(Own { none: true, ..Own::default() });
        return Ok(route);
    }
    if let Some(said) = controls {
        route.own = own(snapshot, asked.caller, said, model)?;
    }
    // What is configured is of everybody's groups, though a team's may have the same name.
    if route.group.team.is_none() && route.own.as_ref().is_none_or(|own| !own.none) {
        configured(&mut route, snapshot, model);
    }
    Ok(route)
}

fn first_group(asked: &Question<'_>) -> Result<Arc<Group>, Failure> {
    let Question { snapshot, model, .. } = *asked;
    if let Some(provider) = asked.provider {
        let group =
            snapshot.group_of(provider, model).map_err(|unresolved| unresolved.into_failure(model))?;
        return Ok(Arc::new(group));
    }
    if let Some(name) = asked.controls.and_then(|said| said.provider.as_deref()) {
        return of_provider(snapshot, asked.caller, name, "provider", model);
    }
    let whose = asked.caller.namespace();
    match snapshot.resolve_for(whose, model) {
        Ok(resolution) => Ok(resolution.group),
        Err(Unresolved::OfATeam) => Err(Unresolved::OfATeam.into_failure(model)),
        // A name that nobody knows may stand for whatever is asked then.
        Err(unresolved) => snapshot
            .routing
            .default_fallbacks
            .iter()
            .find_map(|name| snapshot.resolve_for(whose, name).ok())
            .map(|resolution| resolution.group)
            .ok_or_else(|| unresolved.into_failure(model)),
    }
}

/// The model at this provider: those of its group's deployments that are there, else the provider's own of that name.
fn of_provider(
    snapshot: &Snapshot,
    caller: &Caller,
    name: &str,
    param: &str,
    model: &str,
) -> Result<Arc<Group>, Failure> {
    let provider = provider(snapshot, name, param)?;
    if let Some(group) = snapshot.group_for(caller.namespace(), model) {
        let there = group.deployments.iter().filter(|known| known.provider == provider.row.name);
        let there: Vec<_> = there.cloned().collect();
        if !there.is_empty() {
            return Ok(Arc::new(Group {
                num_retries: group.num_retries,
                team: group.team.clone(),
                ..Group::of(format!("{}/{}", provider.row.name, group.name), there)
            }));
        }
    }
    let wanted = bare(snapshot, model);
    let group = snapshot.group_of(provider, wanted).map_err(|unresolved| unresolved.into_failure(model))?;
    Ok(Arc::new(group))
}

/// `openai/gpt-4o` at another provider is `gpt-4o`.
fn bare<'m>(snapshot: &Snapshot, model: &'m str) -> &'m str {
    let bare = ['/', ':'].iter().find_map(|separator| {
        let (before, after) = model.split_once(*separator)?;
        let is_provider = snapshot.providers.iter().any(|known| known.row.name == before);
        (is_provider || crate::providers::find(before).is_some()).then_some(after)
    });
    bare.unwrap_or(model)
}

fn provider<'s>(snapshot: &'s Snapshot, name: &str, param: &str) -> Result<&'s Arc<Provider>, Failure> {
    let known = || snapshot.providers.iter().filter(|provider| !provider.built_in);
    let by_name = known().find(|provider| provider.row.name.eq_ignore_ascii_case(name));
    let by_kind = || {
        let spec = crate::providers::find(&name.to_ascii_lowercase())?;
        let mut of_kind = known().filter(|provider| provider.spec.id == spec.id);
        let first = of_kind.clone().find(|provider| provider.row.enabled);
        first.or_else(|| of_kind.next())
    };
    let Some(found) = by_name.or_else(by_kind) else {
        let names: Vec<&str> = known().map(|provider| provider.row.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let message = format!("`{param}`: there is no provider `{name}`; configured are: {names}");
        return Err(Failure::invalid("unknown_provider", message).with_param(param));
    };
    if found.row.enabled {
        return Ok(found);
    }
    let message = format!("`{param}`: the provider `{name}` is switched off");
    Err(Failure::invalid("provider_disabled", message).with_param(param))
}

/// The fallbacks that the request names.
fn own(
    snapshot: &Snapshot,
    caller: &Caller,
    said: &RoutingControls,
    model: &str,
) -> Result<Option<Own>, Failure> {
    let mut own = Own { none: said.disable_fallbacks, ..Own::default() };
    if let Some(providers) = &said.fallback_providers {
        let groups = providers.iter().enumerate().map(|(index, name)| {
            let param = format!("fallback_providers[{index}]");
            let group = of_provider(snapshot, caller, name, &param, model)?;
            caller.check_group(&group, &[&group.name, bare(snapshot, model)])?;
            Ok((None, group))
        });
        own.general = Some(groups.collect::<Result<_, Failure>>()?);
    }
    let named = |list: &Option<OtherModels>, param: &str| {
        list.as_ref().map(|list| resolved(snapshot, caller, list, param)).transpose()
    };
    if let Some(list) = named(&said.fallbacks, "fallbacks")? {
        own.general.get_or_insert_default().extend(list);
    }
    own.context_window = named(&said.context_window_fallbacks, "context_window_fallbacks")?;
    own.content_policy = named(&said.content_policy_fallbacks, "content_policy_fallbacks")?;
    let says =
        own.none || own.general.is_some() || own.context_window.is_some() || own.content_policy.is_some();
    // Whoever names one provider wants that one and no other, unless it names more.
    let only = said.provider.is_some() && own.general.is_none();
    if only {
        own.general = Some(Vec::new());
    }
    Ok((says || only).then_some(own))
}

type Resolved = Vec<(Option<String>, Arc<Group>)>;

fn resolved(
    snapshot: &Snapshot,
    caller: &Caller,
    list: &OtherModels,
    param: &str,
) -> Result<Resolved, Failure> {
    let mut found = Vec::new();
    for (from, names) in list {
        for name in names {
            let unknown = || {
                let message = format!("`{param}`: there is no model `{name}`");
                Failure::invalid("unknown_fallback", message).with_param(param)
            };
            let group = snapshot.resolve_for(caller.namespace(), name).map_err(|_| unknown())?.group;
            caller.check_group(&group, &[name, &group.name])?;
            found.push((from.clone(), group));
        }
    }
    Ok(found)
}

/// The configured fallbacks of everything that can be reached from here.
fn configured(route: &mut Route, snapshot: &Snapshot, model: &str) {
    let settings = route.settings.clone();
    let lists = [
        (Kind::General, &settings.fallbacks),
        (Kind::ContextWindow, &settings.context_window_fallbacks),
        (Kind::ContentPolicy, &settings.content_policy_fallbacks),
    ];
    if settings.default_fallbacks.is_empty() && lists.iter().all(|(_, list)| list.is_empty()) {
        return;
    }
    let mut waiting: Vec<Arc<Group>> = vec![route.group.clone()];
    waiting.extend(route.all_others().cloned());
    waiting.reverse();
    let mut seen: Vec<String> = Vec::new();
    while let Some(group) = waiting.pop() {
        if group.team.is_some() || seen.contains(&group.name) || seen.len() > settings.max_fallbacks {
            continue;
        }
        seen.push(group.name.clone());
        let mut next = Vec::new();
        for (kind, list) in lists {
            let mut names = entry(list, &group.name, (group.name == route.group.name).then_some(model));
            if names.is_empty() && kind == Kind::General {
                names = &settings.default_fallbacks;
            }
            let others: Vec<Arc<Group>> = names
                .iter()
                .filter_map(|name| snapshot.resolve(name).ok())
                .map(|resolution| resolution.group)
                .filter(|other| other.name != group.name)
                .collect();
            next.extend(others.iter().cloned());
            if !others.is_empty() {
                route.configured.push((group.name.clone(), kind, others));
            }
        }
        // As they would be asked: the first of the list, and what that one leads to, before the second.
        waiting.extend(next.into_iter().rev());
    }
}

/// By the group's name, by the name that was asked for, without the provider before it, or for all.
fn entry<'f>(list: &'f Fallbacks, group: &str, asked: Option<&str>) -> &'f [String] {
    let bare = group.split_once('/').map(|(_, model)| model);
    let names = [Some(group), asked, bare, Some("*")];
    names.into_iter().flatten().find_map(|name| list.get(name)).map_or(&[], Vec::as_slice)
}

fn pinned_group(group: &Group, pinned: &str) -> Result<Group, Failure> {
    // The same provider under another model has it, too.
    let place = |id: &str| id.split_once('/').map(|(provider, _)| provider.to_owned());
    let found = group.deployments.iter().find(|known| known.id == pinned).or_else(|| {
        group.deployments.iter().find(|known| place(pinned).is_some_and(|name| name == known.provider))
    });
    match found {
        Some(deployment) => Ok(Group {
            num_retries: group.num_retries,
            team: group.team.clone(),
            ..Group::of(group.name.clone(), vec![deployment.clone()])
        }),
        None => Err(Failure::invalid(
            "previous_response_elsewhere",
            format!("the previous response is kept by {pinned}, which does not serve {}", group.name),
        )
        .with_param("previous_response_id")),
    }
}

pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
}

fn retries(headers: &HeaderMap, controls: Option<&RoutingControls>) -> Result<Option<u32>, Failure> {
    if let Some(said) = controls.and_then(|said| said.retries) {
        return Ok(Some(said));
    }
    let name = "x-litellm-num-retries";
    let Some(text) = header(headers, name) else { return Ok(None) };
    match text.parse::<u32>() {
        Ok(number) if number <= MOST_RETRIES => Ok(Some(number)),
        _ => Err(Failure::invalid(
            "invalid_header",
            format!("the header {name} must be a whole number from 0 to {MOST_RETRIES}; it is `{text}`"),
        )
        .with_param(name)),
    }
}

fn timeout(headers: &HeaderMap, name: &str, said: Option<f64>) -> Result<Option<Duration>, Failure> {
    if let Some(seconds) = said {
        return Ok(Some(Duration::from_secs_f64(seconds)));
    }
    let Some(text) = header(headers, name) else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST_TIMEOUT.as_secs_f64() => {
            Ok(Some(Duration::from_secs_f64(seconds)))
        }
        _ => Err(Failure::invalid(
            "invalid_header",
            format!(
                "the header {name} must be above 0 and at most {} seconds; it is `{text}`",
                LONGEST_TIMEOUT.as_secs()
            ),
        )
        .with_param(name)),
    }
}

/// The tags of a request: its own (of the body, else of the header), the key's and the team's.
pub fn tags(caller: &Caller, headers: &HeaderMap, controls: Option<&RoutingControls>) -> Vec<String> {
    let mut tags = controls.map(|said| said.tags.clone()).unwrap_or_default();
    if tags.is_empty() {
        let listed = header(headers, "x-litellm-tags").unwrap_or_default();
        tags.extend(listed.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned));
    }
    let Some(identity) = caller.identity() else { return tags };
    let of_key = identity.key.tags.iter().flatten();
    let of_team = identity.team.iter().flat_map(|team| &team.tags);
    for tag in of_key.chain(of_team) {
        if !tags.iter().any(|known| **known == **tag) {
            tags.push(tag.to_string());
        }
    }
    tags
}

/// A conversation that stays where its prompt cache is.
pub struct Stays {
    conversation: u64,
    with: Option<Arc<str>>,
}

impl Stays {
    /// `None` where there is nothing to choose, or no cache to be had.
    pub fn of(exchange: &Exchange, route: &Route) -> Option<Self> {
        if !route.settings.affinity || route.group.deployments.len() < 2 {
            return None;
        }
        let session = SESSIONS.iter().find_map(|name| header(&exchange.headers, name));
        let mut hasher = DefaultHasher::new();
        (exchange.caller.key_id(), &route.group.name).hash(&mut hasher);
        match session {
            Some(session) => session.hash(&mut hasher),
            None => exchange.envelope.conversation(&exchange.body)?.hash(&mut hasher),
        }
        let conversation = hasher.finish();
        let with = exchange.engine.affinity.of(conversation, Moment::now());
        Some(Self { conversation, with })
    }

    pub fn with(&self) -> Option<Arc<str>> {
        self.with.clone()
    }

    pub fn keep(&self, engine: &Engine, deployment: &Deployment) {
        engine.affinity.keep(self.conversation, &deployment.id, Moment::now());
    }
}
