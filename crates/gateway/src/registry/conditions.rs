//! Which conditions belong to which configured provider, and the record of circuits that opened and closed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use postern_store::table::circuit_events::{self, CircuitEvent};
use postern_store::table::providers::ProviderRow;

use crate::clock::Moment;
use crate::condition::{Availability, Condition, Transition, View};
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{Event, Topic};
use crate::ids;
use crate::snapshot::{Provider, Snapshot};

/// A deployment that uses a provider's credentials.
pub struct Known {
    /// The name of its model at the provider.
    pub model: String,
    /// Empty for one that is asked as `provider/model`.
    pub model_group: Option<String>,
    pub condition: Arc<Condition>,
}

/// A provider's deployments, by id: those of model groups, and those made on the fly that were asked at least once.
pub fn of_provider(engine: &Engine, snapshot: &Snapshot, row: &ProviderRow) -> BTreeMap<String, Known> {
    let in_groups = snapshot.every_group().flat_map(|group| &group.deployments);
    let mut found: BTreeMap<String, Known> = in_groups
        .filter(|deployment| deployment.provider_id == Some(row.id))
        .map(|deployment| {
            let known = Known {
                model: deployment.upstream_model.clone(),
                model_group: Some(deployment.group.clone()),
                condition: deployment.condition.clone(),
            };
            (deployment.id.clone(), known)
        })
        .collect();
    let prefix = format!("{}/", row.name);
    for condition in engine.conditions.all() {
        let Some(rest) = condition.id().strip_prefix(&prefix) else { continue };
        let model = without_number(rest).to_owned();
        let id = condition.id().to_owned();
        found.entry(id).or_insert_with(|| Known { model, model_group: None, condition });
    }
    found
}

/// What was learned of a provider's deployments is of another credential or address.
pub fn forget(engine: &Engine, before: &ProviderRow) {
    let snapshot = engine.snapshot.load();
    for id in of_provider(engine, &snapshot, before).into_keys() {
        engine.conditions.forget(&id);
    }
}

/// `model#2` is the model asked with the second credential.
fn without_number(id: &str) -> &str {
    match id.rsplit_once('#') {
        Some((model, number)) if number.parse::<usize>().is_ok() => model,
        _ => id,
    }
}

/// Whose deployment that is: its provider, as far as it uses the credential of a configured one, and how it is called.
fn provider_of<'a>(snapshot: &'a Snapshot, deployment: &str) -> (Option<&'a Arc<Provider>>, String) {
    let mut in_groups = snapshot.every_group().flat_map(|group| &group.deployments);
    if let Some(known) = in_groups.find(|known| known.id == deployment) {
        return (known.provider_id.and_then(|id| snapshot.provider(id)), known.provider.clone());
    }
    let name = deployment.split_once('/').map_or(deployment, |(provider, _)| provider);
    (snapshot.providers.iter().find(|provider| provider.row.name == name), name.to_owned())
}

/// Writes down what happened to circuits and tells watchers.
pub async fn record(engine: &Engine, transitions: Vec<Transition>) -> Result<(), Failure> {
    let snapshot = engine.snapshot.load_full();
    let events: Vec<CircuitEvent> = transitions
        .into_iter()
        .map(|transition| {
            let (provider, name) = provider_of(&snapshot, &transition.id);
            CircuitEvent {
                id: ids::new_id(),
                at: transition.at,
                provider_id: provider.filter(|provider| !provider.built_in).map(|provider| provider.row.id),
                provider: name,
                deployment_id: transition.id,
                opened: transition.opened,
                cooldown_ms: i64::try_from(transition.cooldown.as_millis()).unwrap_or(i64::MAX),
                reason: transition.reason.chars().take(500).collect(),
            }
        })
        .collect();
    let written = engine
        .store
        .write(move |connection| {
            events.iter().try_for_each(|event| circuit_events::insert(connection, event))
        })
        .await;
    engine.events.publish(Event::Stale(vec![Topic::Providers, Topic::Status]));
    Ok(written?)
}

/// What the conditions of a provider's deployments say together.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Of the worst: `closed`, `half_open` or `open`. One that is open because the provider does not know its model says
    /// nothing about the provider.
    pub state: &'static str,
    /// How much longer the worst cools down.
    pub retry_in: Option<Duration>,
    /// Why the worst is not closed.
    pub reason: Option<String>,
    /// The most of any.
    pub consecutive_failures: u32,
    /// Since the process began.
    pub successes: u64,
    pub failures: u64,
    /// The mean of what is known.
    pub first_token: Option<Duration>,
}

impl Summary {
    pub fn of<'a>(views: impl Iterator<Item = &'a View> + Clone) -> Self {
        let tells = |view: &&View| {
            let unknown_model =
                view.last_failure.as_ref().is_some_and(|last| matches!(last.status, 404 | 405));
            !unknown_model || view.availability == Availability::Ready
        };
        let rank = |view: &&View| {
            let rank = match view.availability {
                Availability::Ready => 0,
                Availability::HalfOpen | Availability::Probing => 1,
                Availability::Cooling(_) => 2,
            };
            (rank, view.cooling_for)
        };
        let worst = views.clone().filter(tells).max_by_key(rank);
        let known: Vec<Duration> = views.clone().filter_map(|view| view.first_token).collect();
        let is_well = worst.is_none_or(|view| view.availability == Availability::Ready);
        Self {
            state: worst.map_or("closed", |view| view.availability.as_str()),
            retry_in: worst.and_then(|view| view.cooling_for),
            reason: worst
                .filter(|_| !is_well)
                .and_then(|view| view.last_failure.as_ref())
                .map(|last| last.reason.clone()),
            consecutive_failures: views
                .clone()
                .filter(tells)
                .map(|view| view.consecutive_failures)
                .max()
                .unwrap_or(0),
            successes: views.clone().map(|view| view.successes).sum(),
            failures: views.map(|view| view.failures).sum(),
            first_token: u32::try_from(known.len())
                .ok()
                .and_then(|count| known.iter().sum::<Duration>().checked_div(count)),
        }
    }
}

/// The summary of one provider now.
pub fn summary(engine: &Engine, snapshot: &Snapshot, row: &ProviderRow) -> Summary {
    let now = Moment::now();
    let views: Vec<View> =
        of_provider(engine, snapshot, row).values().map(|known| known.condition.view(now)).collect();
    Summary::of(views.iter())
}
