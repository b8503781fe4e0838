//! The way of one request: attempts within its model group, then its fallbacks, until one answers or nothing is left that
//! could do better in time. It says what to do next and is told how that went; whoever drives it does the rest, be it the
//! pipeline or a simulation.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Dice;
use super::choose::{NotNow, Reason, Wanted, choose, has_room};
use crate::clock::Moment;
use crate::condition::{Availability, Condition, Flight};
use crate::config::RoutingSettings;
use crate::error::ErrorClass;
use crate::snapshot::{Deployment, Group};

/// A longer pause than this is not waited for: the caller is told to come back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Which list of fallbacks a failure leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    General,
    ContextWindow,
    ContentPolicy,
}

/// What a course needs of the world around it.
pub trait Surroundings {
    /// The model groups to fall back on when this one failed, in order.
    fn others(&self, group: &str, kind: Kind) -> Vec<Arc<Group>>;
    /// A number that is higher each time.
    fn turn(&self) -> u64;
}

/// What one request wants of its way.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub wanted: Wanted,
    /// The request's tags, where deployments are filtered by them.
    pub tags: Option<Vec<String>>,
    /// Attempts after the first, over what is configured.
    pub retries: Option<u32>,
    /// When an answer is of no use any more.
    pub deadline: Option<Moment>,
}

/// A failure, as far as it says what to do next.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub class: ErrorClass,
    /// The upstream is to blame, so that another one may do better.
    pub is_upstreams: bool,
    /// It could not be sent to this one for what it asks: another one may take it.
    pub does_not_fit: bool,
    /// The same one may do better a moment later.
    pub may_pass: bool,
    pub retry_after: Option<Duration>,
}

/// A deployment to ask now.
#[derive(Debug)]
pub struct Try {
    pub deployment: Arc<Deployment>,
    pub flight: Flight,
    /// What is left until the deadline.
    pub left: Option<Duration>,
}

impl Try {
    /// Whether a failure says something about the deployment: that its caller would not wait any longer does not.
    pub fn tells(flight: &Flight, patience: Option<Duration>, now: Moment, class: ErrorClass) -> bool {
        class != ErrorClass::Timeout || patience.is_none_or(|patience| flight.so_far(now) < patience)
    }
}

#[derive(Debug)]
pub enum Step {
    Try(Box<Try>),
    /// Then ask for the next step.
    Wait(Duration),
    Over(Over),
}

/// There is nothing more to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The last failure says why.
    Failed,
    /// Nobody was asked.
    Unavailable(NotNow),
    /// Nothing could be ready in time.
    Late,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Choose,
    Fallback(Kind),
    Stop,
}

#[derive(Debug)]
pub struct Course {
    settings: Arc<RoutingSettings>,
    wishes: Wishes,
    group: Arc<Group>,
    wanted: Wanted,
    tried: Vec<Arc<Condition>>,
    /// Attempts in this group.
    attempts: u32,
    total: u32,
    next: Next,
    /// The pause after which one that failed may be asked again.
    again: Option<Duration>,
    waiting: VecDeque<Arc<Group>>,
    entered: Vec<Arc<Group>>,
    /// Why the first group could not be asked.
    refused: Option<NotNow>,
    /// The only deployment of a group, though it cools down: better than nobody.
    sole: Option<Arc<Group>>,
    /// The next attempt is made though the only deployment cools down.
    insists: bool,
    late: bool,
}

impl Course {
    pub fn new(settings: Arc<RoutingSettings>, group: Arc<Group>, wishes: Wishes) -> Self {
        let mut course = Self {
            entered: vec![group.clone()],
            wanted: wishes.wanted.clone(),
            settings,
            wishes,
            group,
            tried: Vec::new(),
            attempts: 0,
            total: 0,
            next: Next::Choose,
            again: None,
            waiting: VecDeque::new(),
            refused: None,
            sole: None,
            insists: false,
            late: false,
        };
        course.suit_group();
        course
    }

    /// The group that is asked now.
    pub fn group(&self) -> &Arc<Group> {
        &self.group
    }

    /// How many other groups were fallen back on.
    pub fn fallbacks(&self) -> usize {
        self.entered.len() - 1
    }

    /// What to do now.
    pub fn next(&mut self, now: Moment, around: &impl Surroundings, dice: &mut Dice) -> Step {
        loop {
            if self.wishes.deadline.is_some_and(|deadline| now >= deadline) {
                return self.over(true);
            }
            match self.next {
                Next::Stop => return self.over(false),
                Next::Fallback(kind) => {
                    if self.fall_back(kind, around) {
                        self.next = Next::Choose;
                    } else if let Some(group) = self.sole.take().filter(|_| self.total == 0) {
                        self.group = group;
                        self.attempts = 0;
                        self.next = Next::Choose;
                        return self.insist(now, around);
                    } else {
                        return self.over(false);
                    }
                }
                Next::Choose => {
                    let chosen = choose(&self.group, &self.wanted, &self.tried, now, dice).cloned();
                    match chosen {
                        Ok(deployment) => {
                            if !self.is_in_time(&deployment, now) {
                                return self.over(true);
                            }
                            // Somebody else may have become the one request of a half-open circuit, or the last it takes.
                            if let Some(step) = self.start(deployment, now, around, false) {
                                return step;
                            }
                        }
                        Err(refusal)
                            if std::mem::take(&mut self.insists) && refusal.reason == Reason::Resting =>
                        {
                            return self.insist(now, around);
                        }
                        Err(refusal) => match self.once_more(now, dice) {
                            Some(step) => return step,
                            None => self.refuse(refusal),
                        },
                    }
                }
            }
        }
    }

    /// A second deployment for a request whose first is slow; `None` if there is no sound one.
    pub fn hedge(&mut self, now: Moment, around: &impl Surroundings, dice: &mut Dice) -> Option<Box<Try>> {
        if self.attempts > self.retries(ErrorClass::Timeout) {
            return None;
        }
        let chosen = choose(&self.group, &self.wanted, &self.tried, now, dice).ok()?.clone();
        if chosen.condition.availability(now) != Availability::Ready || !self.is_in_time(&chosen, now) {
            return None;
        }
        match self.start(chosen, now, around, false)? {
            Step::Try(attempt) => Some(attempt),
            _ => None,
        }
    }

    /// The last attempt, or all that were under way, failed.
    pub fn failed(&mut self, facts: &Facts, dice: &mut Dice) {
        self.again = None;
        if facts.does_not_fit {
            // Nobody was asked, so that it is no attempt.
            self.attempts = self.attempts.saturating_sub(1);
            self.next = Next::Choose;
            return;
        }
        if !facts.is_upstreams {
            self.next = Next::Stop;
            return;
        }
        // A policy that names this class of error is followed, also where another attempt seldom helps.
        let named = self.settings.policy_of(&self.group.name, facts.class);
        if self.wishes.retries.is_none() && named.is_some_and(|retries| self.attempts <= retries) {
            self.again = self.pause(facts, dice);
            self.next = Next::Choose;
            return;
        }
        self.next = match facts.class {
            ErrorClass::BadRequest => Next::Stop,
            ErrorClass::ContextWindow => Next::Fallback(Kind::ContextWindow),
            ErrorClass::ContentPolicy => Next::Fallback(Kind::ContentPolicy),
            class if self.attempts > self.retries(class) => Next::Fallback(Kind::General),
            class => {
                // Waiting a whole time-out again for the same one, or asking it again with a refused credential or for a
                // model that it does not have, helps nobody.
                let may_repeat =
                    !matches!(class, ErrorClass::Timeout | ErrorClass::Authentication | ErrorClass::NotFound);
                self.again = (facts.may_pass && may_repeat).then(|| self.pause(facts, dice)).flatten();
                Next::Choose
            }
        };
    }

    fn retries(&self, class: ErrorClass) -> u32 {
        self.wishes.retries.unwrap_or_else(|| {
            let configured = self.settings.retries_of(&self.group.name, class);
            let is_default = configured == self.settings.num_retries;
            self.group.num_retries.filter(|_| is_default).unwrap_or(configured)
        })
    }

    fn pause(&self, facts: &Facts, dice: &mut Dice) -> Option<Duration> {
        if let Some(asked) = facts.retry_after {
            return (asked <= LONGEST_PAUSE).then(|| asked.max(self.settings.retry_after));
        }
        let base = FIRST_PAUSE * (1 << self.attempts.saturating_sub(1).min(4));
        let jitter = dice.below(u64::try_from(base.as_micros() / 2).unwrap_or(1).max(1));
        Some((base + Duration::from_micros(jitter)).max(self.settings.retry_after))
    }

    fn start(
        &mut self,
        deployment: Arc<Deployment>,
        now: Moment,
        around: &impl Surroundings,
        regardless: bool,
    ) -> Option<Step> {
        let condition = &deployment.condition;
        // Between the choice and here somebody else may have taken the last place.
        let is_limited = deployment.has_limits() && !regardless;
        let admission = is_limited.then(|| condition.admission());
        if is_limited && !has_room(condition, &deployment, &self.wanted, now) {
            return None;
        }
        let flight = condition.begin(now, around.turn(), self.wanted.tokens, regardless)?;
        drop(admission);
        self.insists = false;
        self.tried.push(deployment.condition.clone());
        self.attempts += 1;
        self.total += 1;
        let left = self.wishes.deadline.map(|deadline| deadline.since(now));
        Some(Step::Try(Box::new(Try { deployment, flight, left })))
    }

    /// All have been tried: one that failed may do better after a pause.
    fn once_more(&mut self, now: Moment, dice: &mut Dice) -> Option<Step> {
        let pause = self.again.take()?;
        let mut tried = std::mem::take(&mut self.tried);
        let can_be_asked = choose(&self.group, &self.wanted, &[], now, dice);
        let is_sole = self.group.deployments.len() == 1;
        let candidate = match (can_be_asked, is_sole) {
            (Ok(deployment), _) => deployment.clone(),
            (Err(refusal), true) if refusal.reason == Reason::Resting => self.group.deployments[0].clone(),
            _ => {
                self.tried = tried;
                return None;
            }
        };
        let is_in_time = self.wishes.deadline.is_none_or(|deadline| {
            now.plus(pause) < deadline && self.is_in_time(&candidate, now.plus(pause))
        });
        if !is_in_time {
            self.tried = tried;
            self.late = true;
            return None;
        }
        // Its circuit may have opened; there is nobody else.
        self.insists = is_sole;
        tried.clear();
        self.tried = tried;
        Some(Step::Wait(pause))
    }

    fn refuse(&mut self, refusal: NotNow) {
        let is_sole = self.group.deployments.len() == 1 && refusal.reason == Reason::Resting;
        if self.total == 0 {
            self.refused.get_or_insert(refusal);
            if is_sole && self.sole.is_none() {
                self.sole = Some(self.group.clone());
            }
        }
        self.next = Next::Fallback(match refusal.reason {
            Reason::Context => Kind::ContextWindow,
            _ => Kind::General,
        });
    }

    /// Asks the only one though it cools down.
    fn insist(&mut self, now: Moment, around: &impl Surroundings) -> Step {
        let Some(deployment) = self.group.deployments.first().cloned() else { return self.over(false) };
        match self.start(deployment, now, around, true) {
            Some(step) => step,
            None => self.over(false),
        }
    }

    /// Whether there was another group to go to.
    fn fall_back(&mut self, kind: Kind, around: &impl Surroundings) -> bool {
        let mut others = around.others(&self.group.name, kind);
        if others.is_empty() && kind != Kind::General {
            others = around.others(&self.group.name, Kind::General);
        }
        for other in others.into_iter().rev() {
            self.waiting.push_front(other);
        }
        while let Some(group) = self.waiting.pop_front() {
            if self.entered.iter().any(|entered| entered.name == group.name) {
                continue;
            }
            if self.fallbacks() >= self.settings.max_fallbacks {
                return false;
            }
            self.entered.push(group.clone());
            self.group = group;
            self.attempts = 0;
            self.again = None;
            self.insists = false;
            self.suit_group();
            return true;
        }
        false
    }

    /// What is wanted depends on the group: its strategy, and which of its deployments have tags.
    fn suit_group(&mut self) {
        self.wanted.strategy = self.settings.strategy_of(&self.group.name);
        self.wanted.latency_buffer = self.settings.latency_buffer;
        self.wanted.match_any = self.settings.tag_match_any;
        let tagged =
            |tag: &str| self.group.deployments.iter().any(|known| known.tags.iter().any(|own| own == tag));
        let default = || vec!["default".to_owned()];
        self.wanted.tags = match &self.wishes.tags {
            None => None,
            // Without tags: what is for everybody, or all if nothing is said to be.
            Some(asked) if asked.is_empty() => tagged("default").then(default),
            Some(asked) if asked.iter().any(|tag| tagged(tag)) => Some(asked.clone()),
            Some(_) => Some(default()),
        };
    }

    /// Whether it may answer before the deadline: half of what it usually takes must be left. The first attempt is always
    /// made.
    fn is_in_time(&self, deployment: &Deployment, now: Moment) -> bool {
        let Some(deadline) = self.wishes.deadline.filter(|_| self.total > 0) else { return true };
        let usual = deployment.condition.first_token().unwrap_or(0);
        deadline.since(now) > Duration::from_micros(usual / 2)
    }

    fn over(&self, late: bool) -> Step {
        Step::Over(if self.total > 0 {
            Over::Failed
        } else if late || self.late {
            Over::Late
        } else {
            Over::Unavailable(self.refused.unwrap_or(NotNow { reason: Reason::Empty, soonest: None }))
        })
    }
}
