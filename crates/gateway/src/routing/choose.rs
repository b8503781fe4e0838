//! One of a group's deployments: among those that suit the request and can be asked now, the lowest `order`, and within it
//! what the strategy says.

use std::sync::Arc;
use std::time::Duration;

use super::Dice;
use crate::clock::Moment;
use crate::condition::{Availability, Condition};
use crate::config::Strategy;
use crate::snapshot::{Deployment, Group};

/// What a request wants of a deployment.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub strategy: Strategy,
    /// Lowest latency: see the settings.
    pub latency_buffer: f64,
    /// What it may take at most, for tokens per minute.
    pub tokens: u64,
    /// Its prompt has at least so many tokens, and the model must take them.
    pub context: Option<u64>,
    /// Tags that a deployment must have, where they are filtered by.
    pub tags: Option<Vec<String>>,
    /// One tag in common is enough.
    pub match_any: bool,
    pub region: Option<String>,
    /// The deployment that holds its conversation's prompt cache.
    pub stays_with: Option<Arc<str>>,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// None has these tags.
    Tags,
    /// None is there.
    Region,
    /// None takes a prompt of that length.
    Context,
    /// Those that suit have all been tried.
    Tried,
    /// They take no more requests or tokens this minute, or no more at a time.
    Full,
    /// They cool down after failures.
    Resting,
    /// There is none at all.
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotNow {
    pub reason: Reason,
    /// When the first of them may be asked again, if that is known.
    pub soonest: Option<Duration>,
}

/// How good a candidate is: less is better.
type Measure = u64;

struct Best<'g> {
    order: i32,
    measure: Measure,
    chosen: &'g Arc<Deployment>,
    /// Shuffle: the weights of all that are as good; otherwise how many they are.
    total: u64,
}

/// Chooses. Those of `tried` are left out.
pub fn choose<'g>(
    group: &'g Group,
    wanted: &Wanted,
    tried: &[Arc<Condition>],
    now: Moment,
    dice: &mut Dice,
) -> Result<&'g Arc<Deployment>, NotNow> {
    let mut best: Option<Best<'g>> = None;
    let mut held: Option<&'g Arc<Deployment>> = None;
    let mut why = Why::default();
    let buffered = wanted.strategy == Strategy::LowestLatency && wanted.latency_buffer > 0.0;
    for (position, deployment) in group.deployments.iter().enumerate() {
        if let Err(reason) = stands(deployment, wanted, tried, now) {
            why.note(reason, deployment, now);
            continue;
        }
        if wanted.stays_with.as_deref().is_some_and(|id| id == deployment.id) {
            held = Some(deployment);
        }
        let measure = measure(wanted.strategy, deployment, position, now);
        let weight = if wanted.strategy == Strategy::Shuffle { u64::from(deployment.weight) } else { 1 };
        match &mut best {
            Some(known) if (known.order, known.measure) < (deployment.order, measure) => {}
            Some(known) if (known.order, known.measure) == (deployment.order, measure) => {
                known.total += weight;
                // The last one is drawn with its share of all so far, which is fair in one pass.
                if weight > 0 && dice.below(known.total) < weight {
                    known.chosen = deployment;
                }
            }
            _ => best = Some(Best { order: deployment.order, measure, chosen: deployment, total: weight }),
        }
    }
    let Some(best) = best else { return Err(why.told()) };
    if let Some(held) = held.filter(|held| held.order == best.order) {
        return Ok(held);
    }
    if buffered && best.measure > 0 {
        return Ok(among_the_fast(group, wanted, tried, now, &best, dice));
    }
    Ok(best.chosen)
}

/// One of those that are hardly slower than the best.
fn among_the_fast<'g>(
    group: &'g Group,
    wanted: &Wanted,
    tried: &[Arc<Condition>],
    now: Moment,
    best: &Best<'g>,
    dice: &mut Dice,
) -> &'g Arc<Deployment> {
    let bound = (best.measure as f64 * (1.0 + wanted.latency_buffer)) as u64;
    let mut seen = 0;
    let mut chosen = best.chosen;
    for (position, deployment) in group.deployments.iter().enumerate() {
        let is_fast = deployment.order == best.order
            && measure(wanted.strategy, deployment, position, now) <= bound
            && stands(deployment, wanted, tried, now).is_ok();
        if is_fast {
            seen += 1;
            if dice.below(seen) == 0 {
                chosen = deployment;
            }
        }
    }
    chosen
}

fn measure(strategy: Strategy, deployment: &Deployment, position: usize, now: Moment) -> Measure {
    let condition = &deployment.condition;
    match strategy {
        Strategy::Shuffle => 0,
        Strategy::LeastBusy => u64::from(condition.in_flight()),
        // One that was never asked is tried, or it never would be.
        Strategy::LowestLatency => condition.first_token().unwrap_or(0),
        Strategy::LowestCost => deployment.price_rank.map_or(u64::MAX, |price| price.max(0).unsigned_abs()),
        Strategy::LeastUsed => condition.used(now).1,
        Strategy::Priority => position as u64,
        Strategy::RoundRobin => condition.last_turn(),
    }
}

/// Whether a deployment can take the request, now.
fn stands(
    deployment: &Deployment,
    wanted: &Wanted,
    tried: &[Arc<Condition>],
    now: Moment,
) -> Result<(), Reason> {
    if let Some(region) = &wanted.region
        && !deployment.is_in(region)
    {
        return Err(Reason::Region);
    }
    if let Some(tags) = &wanted.tags
        && !suits(&deployment.tags, tags, wanted.match_any)
    {
        return Err(Reason::Tags);
    }
    if let Some(context) = wanted.context
        && deployment.context.is_some_and(|most| most < context)
    {
        return Err(Reason::Context);
    }
    let was_tried = |condition: &Arc<Condition>| tried.iter().any(|known| Arc::ptr_eq(known, condition));
    if was_tried(&deployment.condition) {
        return Err(Reason::Tried);
    }
    if let Some(before) = &deployment.stands_in_for
        && before.availability(now).may_be_asked()
        && !was_tried(before)
        && has_room(before, deployment, wanted, now)
    {
        // It is not needed while the one before it can be asked.
        return Err(Reason::Tried);
    }
    if !deployment.condition.availability(now).may_be_asked() {
        return Err(Reason::Resting);
    }
    if has_room(&deployment.condition, deployment, wanted, now) { Ok(()) } else { Err(Reason::Full) }
}

impl Deployment {
    /// Whether it is in a region; `eu-west-1` is in `eu`.
    pub fn is_in(&self, region: &str) -> bool {
        let Some(own) = self.region.as_deref() else { return false };
        let (begin, rest) = own.split_at_checked(region.len()).unwrap_or((own, ""));
        begin.eq_ignore_ascii_case(region) && (rest.is_empty() || rest.starts_with('-'))
    }

    pub(super) fn has_limits(&self) -> bool {
        self.rpm.is_some() || self.tpm.is_some() || self.max_parallel.is_some()
    }
}

/// Limits are the deployment's, what is used of them the condition's: credentials of one provider have the same limits.
pub(super) fn has_room(condition: &Condition, deployment: &Deployment, wanted: &Wanted, now: Moment) -> bool {
    if deployment.max_parallel.is_some_and(|most| condition.in_flight() >= most) {
        return false;
    }
    if deployment.rpm.is_none() && deployment.tpm.is_none() {
        return true;
    }
    let (requests, tokens) = condition.used(now);
    deployment.rpm.is_none_or(|most| requests < most)
        && deployment.tpm.is_none_or(|most| tokens == 0 || tokens.saturating_add(wanted.tokens) <= most)
}

fn suits(own: &[String], asked: &[String], match_any: bool) -> bool {
    if match_any {
        asked.iter().any(|tag| own.contains(tag))
    } else {
        asked.iter().all(|tag| own.contains(tag))
    }
}

/// The reasons of all that were passed over, of which the one that may pass soonest is told.
#[derive(Default)]
struct Why {
    reason: Option<Reason>,
    soonest: Option<Duration>,
}

impl Why {
    fn note(&mut self, reason: Reason, deployment: &Deployment, now: Moment) {
        let rank = |reason| match reason {
            Reason::Empty => 0,
            Reason::Region => 1,
            Reason::Tags => 2,
            Reason::Context => 3,
            Reason::Tried => 4,
            Reason::Resting => 5,
            Reason::Full => 6,
        };
        if self.reason.is_none_or(|known| rank(known) < rank(reason)) {
            self.reason = Some(reason);
        }
        let wait = match deployment.condition.availability(now) {
            Availability::Cooling(until) => until.since(now),
            Availability::Probing => Duration::from_secs(1),
            _ if reason == Reason::Full => Duration::from_secs(1),
            _ => return,
        };
        if matches!(reason, Reason::Resting | Reason::Full) {
            self.soonest = Some(self.soonest.map_or(wait, |known| known.min(wait)));
        }
    }

    fn told(self) -> NotNow {
        NotNow { reason: self.reason.unwrap_or(Reason::Empty), soonest: self.soonest }
    }
}
