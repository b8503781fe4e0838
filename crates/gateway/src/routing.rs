//! Which deployments of a group are tried, and in what order. Pure but for the dice, which are passed in; what is known
//! of each deployment's health sits beside it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use postern_wire::Format;

use crate::snapshot::{Deployment, Group};

/// How long a deployment rests after a failure that another one may not share, unless the upstream says.
const COOLDOWN: Duration = Duration::from_secs(5);
const LONGEST_COOLDOWN: Duration = Duration::from_mins(1);

/// Which deployments are cooling down, by id, and which formats they turned out not to speak.
#[derive(Default)]
pub struct Health {
    until: RwLock<HashMap<String, Instant>>,
    unspoken: RwLock<HashMap<String, Vec<Format>>>,
}

impl Health {
    /// The deployment does not serve this format after all; translated requests it does. Believed until the process
    /// ends: it costs a translation, and finding out costs a call.
    pub fn unspoken(&self, deployment: &str, format: Format) {
        let mut unspoken = self.unspoken.write().unwrap_or_else(PoisonError::into_inner);
        unspoken.entry(deployment.to_owned()).or_default().push(format);
    }

    pub fn is_unspoken(&self, deployment: &str, format: Format) -> bool {
        let unspoken = self.unspoken.read().unwrap_or_else(PoisonError::into_inner);
        !unspoken.is_empty() && unspoken.get(deployment).is_some_and(|formats| formats.contains(&format))
    }

    pub fn cool_down(&self, deployment: &str, retry_after: Option<u64>) {
        let rest = retry_after.map_or(COOLDOWN, Duration::from_secs).min(LONGEST_COOLDOWN);
        let mut until = self.until.write().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        until.retain(|_, moment| *moment > now);
        until.insert(deployment.to_owned(), now + rest);
    }

    pub fn recovered(&self, deployment: &str) {
        if self.is_cooling(deployment) {
            self.until.write().unwrap_or_else(PoisonError::into_inner).remove(deployment);
        }
    }

    pub fn is_cooling(&self, deployment: &str) -> bool {
        let until = self.until.read().unwrap_or_else(PoisonError::into_inner);
        !until.is_empty() && until.get(deployment).is_some_and(|moment| *moment > Instant::now())
    }
}

/// The order in which deployments are tried: lower `order` first, within it drawn by weight, those that cool down last.
/// Repeats from the start when there are fewer deployments than attempts.
pub fn plan(
    group: &Group,
    health: &Health,
    attempts: usize,
    mut dice: impl FnMut() -> u64,
) -> Vec<Arc<Deployment>> {
    let mut order = match group.deployments.as_slice() {
        [only] => return vec![only.clone(); attempts],
        many => many.to_vec(),
    };
    if order.is_empty() {
        return order;
    }
    let mut drawn: Vec<Arc<Deployment>> = Vec::with_capacity(order.len());
    order.sort_by_key(|deployment| (health.is_cooling(&deployment.id), deployment.order));
    while !order.is_empty() {
        let rank = |deployment: &Deployment| (health.is_cooling(&deployment.id), deployment.order);
        let best = rank(&order[0]);
        let peers = order.iter().take_while(|deployment| rank(deployment) == best).count().max(1);
        let total: u64 = order[..peers].iter().map(|deployment| u64::from(deployment.weight)).sum();
        let mut ticket = if total == 0 { 0 } else { dice() % total };
        let chosen = order[..peers]
            .iter()
            .position(|deployment| {
                let weight = u64::from(deployment.weight);
                let hit = ticket < weight;
                ticket = ticket.saturating_sub(weight);
                hit
            })
            .unwrap_or(0);
        drawn.push(order.remove(chosen));
    }
    (0..attempts).map(|attempt| drawn[attempt % drawn.len()].clone()).collect()
}

#[cfg(test)]
mod tests;
