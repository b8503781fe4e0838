//! Which deployments of a group are tried, and in what order. Pure but for the dice, which are passed in; what is known
//! of each deployment's health sits beside it.

use std::sync::Arc;

use crate::clock::Moment;
use crate::snapshot::{Deployment, Group};

/// The order in which deployments are tried: lower `order` first, within it drawn by weight, those that cool down last.
/// Repeats from the start when there are fewer deployments than attempts.
pub fn plan(
    group: &Group,
    now: Moment,
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
    let is_cooling = |deployment: &Deployment| !deployment.condition.availability(now).may_be_asked();
    let mut drawn: Vec<Arc<Deployment>> = Vec::with_capacity(order.len());
    order.sort_by_key(|deployment| (is_cooling(deployment), deployment.order));
    while !order.is_empty() {
        let rank = |deployment: &Deployment| (is_cooling(deployment), deployment.order);
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
