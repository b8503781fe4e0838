//! Limits of providers that are nearly used up: `rpm` and `tpm` of a deployment, those of `provider_budget_config`, and what the
//! provider itself says in the headers of its answers. A limit that is near is told once; again only after it was far, and never
//! twice in a minute.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use postern_store::table::alerts::{Episode, Whose};

use super::{News, tell};
use crate::clock::{self, Moment};
use crate::condition::Unit;
use crate::counters::Scope;
use crate::engine::Engine;
use crate::error::Failure;
use crate::events::{AlertData, LimitNear, LimitSource};
use crate::snapshot::Deployment;
use crate::window::MINUTE_MS;

/// Percent of a limit from which on it is near.
const NEAR: u64 = 80;
/// The same for what the provider says: it counts what others do with the account, too, and is often near by design.
const NEAR_AS_SAID: u64 = 90;
/// Percent below which it is far again.
const FAR: u64 = 60;
/// What a provider said is true for so long.
const FRESH: Duration = Duration::from_mins(1);
const REMEMBERED: i64 = 24 * 3_600_000;

/// A limit and what is used of it.
struct Measure {
    id: String,
    near: LimitNear,
}

impl Measure {
    fn percent(&self) -> u64 {
        u64::try_from(u128::from(self.near.used) * 100 / u128::from(self.near.limit.max(1)))
            .unwrap_or(u64::MAX)
    }

    fn is_near(&self) -> bool {
        let most = if self.near.source == LimitSource::Provider { NEAR_AS_SAID + 1 } else { NEAR };
        self.percent() >= most
    }
}

/// Which limits are near and were told.
#[derive(Default)]
pub struct Watch(HashSet<String>);

impl Watch {
    /// Looks at every limit and tells those that have come near.
    pub async fn look(&mut self, engine: &Arc<Engine>) -> Result<(), Failure> {
        let now = clock::now_ms();
        let news = self.come_near(measures(engine, now), now);
        let (ids, news): (Vec<_>, Vec<_>) = news.into_iter().unzip();
        tell(engine, news).await?;
        self.0.extend(ids);
        Ok(())
    }

    /// What is near and was not told; what is far, or not there any more, may be told anew.
    fn come_near(&mut self, measures: Vec<Measure>, now: i64) -> Vec<(String, News)> {
        let still: HashSet<&str> =
            measures.iter().filter(|measure| measure.percent() >= FAR).map(|measure| &*measure.id).collect();
        self.0.retain(|id| still.contains(id.as_str()));
        let new = measures.into_iter().filter(|measure| measure.is_near() && !self.0.contains(&measure.id));
        new.map(|Measure { id, near }| {
            let name = format!("limit\u{1f}{id}\u{1f}{}", now.div_euclid(MINUTE_MS));
            let episode = Episode { name, keep_until: Some(now.saturating_add(REMEMBERED)) };
            (id, News { episode, whose: Whose::default(), data: AlertData::ProviderLimit(near) })
        })
        .collect()
    }
}

fn measures(engine: &Engine, now: i64) -> Vec<Measure> {
    let (snapshot, directory, moment) = (engine.snapshot.load(), engine.directory.load(), Moment::now());
    let mut measures = Vec::new();
    let mut in_groups: HashMap<&str, &Deployment> = HashMap::new();
    for deployment in snapshot.every_group().flat_map(|group| &group.deployments) {
        in_groups.insert(&deployment.id, deployment);
        measures.extend(of_deployment(deployment, moment, now));
    }
    for (name, limited) in &directory.providers {
        measures.extend(limited.all().flat_map(|scope| of_configuration(name, scope, now)));
    }
    for condition in engine.conditions.all() {
        for unit in Unit::BOTH {
            let Some(left) = condition.left(unit).filter(|left| moment.since(left.heard) <= FRESH) else {
                continue;
            };
            let id = condition.id();
            let (provider, model) = in_groups.get(id).map_or_else(
                || id.split_once('/').unwrap_or((id, "")),
                |known| (known.provider.as_str(), known.upstream_model.as_str()),
            );
            let near = LimitNear {
                source: LimitSource::Provider,
                provider: provider.to_owned(),
                model: Some(model.to_owned()).filter(|model| !model.is_empty()),
                deployment_id: Some(id.to_owned()),
                unit: unit.as_str(),
                used: left.limit.saturating_sub(left.remaining),
                limit: left.limit,
                since: now,
            };
            measures.push(Measure { id: format!("said\u{1f}{id}\u{1f}{}", unit.as_str()), near });
        }
    }
    measures
}

fn of_deployment(deployment: &Deployment, moment: Moment, now: i64) -> impl Iterator<Item = Measure> {
    let limits = [deployment.rpm, deployment.tpm];
    // Hardly any has limits, and none of the others is asked.
    let used = limits.iter().any(Option::is_some).then(|| deployment.condition.used(moment));
    let used = used.map_or([0, 0], |(requests, tokens)| [requests, tokens]);
    Unit::BOTH.into_iter().zip(limits).zip(used).filter_map(move |((unit, limit), used)| {
        let near = LimitNear {
            source: LimitSource::Deployment,
            provider: deployment.provider.clone(),
            model: Some(deployment.upstream_model.clone()),
            deployment_id: Some(deployment.id.clone()),
            unit: unit.as_str(),
            used,
            limit: limit.filter(|limit| *limit > 0)?,
            since: now,
        };
        Some(Measure { id: format!("deployment\u{1f}{}\u{1f}{}", deployment.id, unit.as_str()), near })
    })
}

fn of_configuration(name: &str, scope: &Scope, now: i64) -> impl Iterator<Item = Measure> {
    let limits = [scope.requests_per_minute, scope.tokens_per_minute];
    let used = {
        let mut counts = scope.counter.lock();
        [counts.requests.used(now), counts.tokens.used(now)]
    };
    let model = scope.model.as_deref();
    Unit::BOTH.into_iter().zip(limits).zip(used).filter_map(move |((unit, limit), used)| {
        let near = LimitNear {
            source: LimitSource::Configuration,
            provider: name.to_owned(),
            model: model.map(str::to_owned),
            deployment_id: None,
            unit: unit.as_str(),
            used,
            limit: limit.filter(|limit| *limit > 0)?,
            since: now,
        };
        let id =
            format!("configuration\u{1f}{name}\u{1f}{}\u{1f}{}", model.unwrap_or_default(), unit.as_str());
        Some(Measure { id, near })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(source: LimitSource, used: u64, limit: u64) -> Vec<Measure> {
        let near = LimitNear {
            source,
            provider: "openai".into(),
            model: None,
            deployment_id: None,
            unit: "requests",
            used,
            limit,
            since: 0,
        };
        vec![Measure { id: "one".into(), near }]
    }

    #[test]
    fn told_once_until_it_was_far() {
        let mut watch = Watch::default();
        let mut told = |used: u64, minute: i64| {
            let news = watch.come_near(measure(LimitSource::Deployment, used, 10), minute * MINUTE_MS);
            let episodes: Vec<String> = news.iter().map(|(_, news)| news.episode.name.clone()).collect();
            watch.0.extend(news.into_iter().map(|(id, _)| id));
            episodes
        };
        assert_eq!(told(7, 1), [""; 0]);
        assert_eq!(told(8, 1), ["limit\u{1f}one\u{1f}1"]);
        for (used, minute) in [(10, 1), (7, 2), (9, 2), (6, 3), (9, 3)] {
            assert_eq!(told(used, minute), [""; 0], "{used}");
        }
        assert_eq!(told(5, 3), [""; 0]);
        assert_eq!(told(9, 4), ["limit\u{1f}one\u{1f}4"]);
        assert_eq!(watch.come_near(Vec::new(), 0).len(), 0);
        assert!(watch.0.is_empty(), "what is gone is forgotten");
    }

    #[test]
    fn what_the_provider_says_is_near_when_less_than_a_tenth_is_left() {
        let near = |used, limit| {
            let mut watch = Watch::default();
            !watch.come_near(measure(LimitSource::Provider, used, limit), 0).is_empty()
        };
        assert!(!near(90, 100) && near(91, 100) && near(10, 10) && !near(0, 1));
    }
}
