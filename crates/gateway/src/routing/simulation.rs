//! The router against upstreams that fail, are slow, limited or flap, on a clock of its own: thousands of small worlds, each
//! from one seed, in which what must always hold is checked at every step.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Course, Dice, Facts, Kind, Over, Step, Surroundings, Try, Wishes};
use crate::clock::Moment;
use crate::condition::{Availability, Trouble};
use crate::config::{ConfigFile, RoutingSettings, Strategy};
use crate::error::ErrorClass;
use crate::snapshot::{Group, Sources, build};

const SEEDS: u64 = 8_000;
const REQUESTS: usize = 80;
const TIMEOUT: Duration = Duration::from_secs(2);

/// What an upstream is like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Nature {
    Good,
    /// Fails at once, always.
    Failing,
    /// Answers after the time-out.
    Hanging,
    /// So many calls a second, and 429 for the rest, with or without a word about when.
    Limited(u64, bool),
    /// Well and ill by turns, each for so many milliseconds.
    Flapping(u64),
    /// One call in so many fails.
    Shaky(u64),
}

impl Nature {
    fn any(dice: &mut Dice) -> Self {
        match dice.below(7) {
            0 | 1 => Self::Good,
            2 => Self::Failing,
            3 => Self::Hanging,
            4 => Self::Limited(1 + dice.below(5), dice.below(2) == 0),
            5 => Self::Flapping(200 + dice.below(8_000)),
            _ => Self::Shaky(2 + dice.below(8)),
        }
    }
}

struct Upstream {
    nature: Nature,
    /// The running second, and the calls in it.
    window: (u64, u64),
    calls: u64,
}

type Outcome = Result<(), (ErrorClass, Option<Duration>)>;

impl Upstream {
    /// How long the call takes, and how it ends.
    fn call(&mut self, now: Moment, dice: &mut Dice) -> (Duration, Outcome) {
        self.calls += 1;
        let quick = Duration::from_millis(5 + dice.below(200));
        let failed = Err((ErrorClass::Internal, None));
        match self.nature {
            Nature::Failing => (Duration::from_millis(1), failed),
            Nature::Hanging => (TIMEOUT, Err((ErrorClass::Timeout, None))),
            Nature::Limited(most, tells) => {
                let second = now.0 / 1_000_000;
                if self.window.0 != second {
                    self.window = (second, 0);
                }
                self.window.1 += 1;
                let left = Duration::from_micros(1_000_000 - now.0 % 1_000_000);
                if self.window.1 > most {
                    (Duration::from_millis(2), Err((ErrorClass::RateLimit, tells.then_some(left))))
                } else {
                    (quick, Ok(()))
                }
            }
            Nature::Flapping(period) if (now.0 / 1000 / period).is_multiple_of(2) => (quick, Ok(())),
            Nature::Flapping(_) => (quick, failed),
            Nature::Shaky(one_in) if dice.below(one_in) == 0 => (quick, failed),
            Nature::Good | Nature::Shaky(_) => (quick, Ok(())),
        }
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Arrival(usize),
    /// An attempt of this request ends.
    End(usize),
    /// A pause of this request ends.
    Resume(usize),
}

/// A request under way.
struct Request {
    course: Course,
    attempt: Option<(Box<Try>, Outcome)>,
    attempts: u32,
    deadline: Option<Moment>,
    ended: Option<Result<(), Over>>,
}

struct World {
    seed: u64,
    groups: Vec<Arc<Group>>,
    upstreams: Vec<Vec<Upstream>>,
    settings: Arc<RoutingSettings>,
    turn: std::cell::Cell<u64>,
}

impl Surroundings for World {
    fn others(&self, group: &str, _: Kind) -> Vec<Arc<Group>> {
        // The second group is for when the first fails.
        if group == "g0" { self.groups[1..].to_vec() } else { Vec::new() }
    }

    fn turn(&self) -> u64 {
        self.turn.set(self.turn.get() + 1);
        self.turn.get()
    }
}

/// The group and the position that an id stands for.
fn place(id: &str) -> (usize, usize) {
    let (group, index) = id[1..].split_once('-').unwrap();
    (group.parse().unwrap(), index.parse().unwrap())
}

fn groups(sizes: &[usize], dice: &mut Dice) -> Vec<Arc<Group>> {
    let mut models = Vec::new();
    for (group, size) in sizes.iter().enumerate() {
        for index in 0..*size {
            models.push(json!({
                "model_name": format!("g{group}"), "model_info": {"id": format!("g{group}-{index}")},
                "litellm_params": {
                    "model": "openai/x", "api_base": "http://127.0.0.1:1/v1",
                    "order": dice.below(2), "weight": 1 + dice.below(9),
                },
            }));
        }
    }
    let config =
        ConfigFile { models: serde_json::from_value(models.into()).unwrap(), ..ConfigFile::default() };
    let built = build(Sources::empty(&config));
    (0..sizes.len()).map(|group| built.groups[&format!("g{group}")].clone()).collect()
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let sizes: Vec<usize> = (0..=dice.below(2)).map(|_| 1 + dice.below(5) as usize).collect();
        let strategies = [
            Strategy::Shuffle,
            Strategy::LeastBusy,
            Strategy::LowestLatency,
            Strategy::LeastUsed,
            Strategy::Priority,
            Strategy::RoundRobin,
        ];
        let settings = RoutingSettings {
            strategy: strategies[dice.below(6) as usize],
            num_retries: dice.below(4) as u32,
            allowed_fails: (dice.below(4) == 0).then(|| dice.below(4) as u32),
            cooldown_time: Duration::from_millis(500 + dice.below(9_500)),
            ..RoutingSettings::default()
        };
        let upstreams = sizes
            .iter()
            .map(|size| {
                let made =
                    (0..*size).map(|_| Upstream { nature: Nature::any(&mut dice), window: (0, 0), calls: 0 });
                made.collect()
            })
            .collect();
        let groups = groups(&sizes, &mut dice);
        Self { seed, groups, upstreams, settings: Arc::new(settings), turn: std::cell::Cell::new(0) }
    }

    fn run(&mut self) {
        let mut dice = Dice::new(self.seed ^ 0xD1CE);
        let mut queue = BinaryHeap::new();
        let mut requests: Vec<Option<Request>> = (0..REQUESTS).map(|_| None).collect();
        let mut at = Moment(1_000_000);
        for number in 0..REQUESTS {
            // Bursts and lulls.
            let gap = if dice.below(10) == 0 { dice.below(5_000) } else { dice.below(60) };
            at = at.plus(Duration::from_millis(gap));
            queue.push(Reverse((at, Happens::Arrival(number))));
        }
        while let Some(Reverse((now, happens))) = queue.pop() {
            let number = match happens {
                Happens::Arrival(number) => {
                    requests[number] = Some(self.arrival(now, &mut dice));
                    number
                }
                Happens::Resume(number) => number,
                Happens::End(number) => {
                    if self.ends(requests[number].as_mut().unwrap(), now, &mut dice) {
                        continue;
                    }
                    number
                }
            };
            let request = requests[number].as_mut().unwrap();
            let (later, next) = self.step(request, now, number, &mut dice);
            if let Some(next) = next {
                queue.push(Reverse((later, next)));
            }
        }
        self.judge(&requests);
    }

    fn arrival(&self, now: Moment, dice: &mut Dice) -> Request {
        let deadline = (dice.below(4) == 0).then(|| now.plus(Duration::from_millis(50 + dice.below(5_000))));
        let wishes = Wishes { deadline, ..Wishes::default() };
        let course = Course::new(self.settings.clone(), self.groups[0].clone(), wishes);
        Request { course, attempt: None, attempts: 0, deadline, ended: None }
    }

    /// Whether the request has its answer.
    fn ends(&self, request: &mut Request, now: Moment, dice: &mut Dice) -> bool {
        let (mut attempt, outcome) = request.attempt.take().unwrap();
        match outcome {
            Ok(()) => {
                attempt.flight.answered(now);
                request.ended = Some(Ok(()));
                true
            }
            Err((class, retry_after)) => {
                let trouble = Trouble { class, status: 500, retry_after, reason: "it failed" };
                let rules = crate::condition::CooldownRules {
                    time: self.settings.cooldown_time,
                    allowed: self.settings.allowed_fails,
                    ..Default::default()
                };
                if Try::tells(&attempt.flight, attempt.left, now, class) {
                    attempt.flight.failed(now, &trouble, &rules);
                }
                request.course.failed(
                    &Facts { class, is_upstreams: true, does_not_fit: false, may_pass: true, retry_after },
                    dice,
                );
                false
            }
        }
    }

    fn step(
        &mut self,
        request: &mut Request,
        now: Moment,
        number: usize,
        dice: &mut Dice,
    ) -> (Moment, Option<Happens>) {
        let before: Vec<(Arc<Group>, Vec<Availability>)> = self
            .groups
            .iter()
            .map(|group| {
                let states = group.deployments.iter().map(|known| known.condition.availability(now));
                (group.clone(), states.collect())
            })
            .collect();
        match request.course.next(now, self, dice) {
            Step::Over(over) => {
                request.ended = Some(Err(over));
                (now, None)
            }
            Step::Wait(pause) => {
                let until = now.plus(pause);
                assert!(request.deadline.is_none_or(|deadline| until < deadline), "seed {}: late", self.seed);
                (until, Some(Happens::Resume(number)))
            }
            Step::Try(attempt) => {
                request.attempts += 1;
                self.check_choice(&attempt, &before, request);
                let (group, index) = place(&attempt.deployment.id);
                let (mut took, mut outcome) = self.upstreams[group][index].call(now, dice);
                if let Some(left) = attempt.left
                    && took > left
                {
                    (took, outcome) = (left, Err((ErrorClass::Timeout, None)));
                }
                request.attempt = Some((attempt, outcome));
                (now.plus(took), Some(Happens::End(number)))
            }
        }
    }

    /// One that cools down is asked only where it is the only one of its group; a half-open circuit lets one through.
    fn check_choice(&self, attempt: &Try, before: &[(Arc<Group>, Vec<Availability>)], request: &Request) {
        let seed = self.seed;
        let (group, index) = place(&attempt.deployment.id);
        let (known, states) = &before[group];
        match states[index] {
            Availability::Ready => assert!(!attempt.flight.is_probe(), "seed {seed}"),
            Availability::HalfOpen => {
                assert!(attempt.flight.is_probe(), "seed {seed}: no probe");
                let for_others = attempt.deployment.condition.availability(Moment(u64::MAX));
                assert_eq!(for_others, Availability::Probing, "seed {seed}: a second one would get through");
            }
            state => {
                assert_eq!(known.deployments.len(), 1, "seed {seed}: {state:?} was asked among several");
                assert!(!attempt.flight.is_probe(), "seed {seed}");
            }
        }
        let most = (self.settings.num_retries + 1) * self.groups.len() as u32 + self.settings.num_retries + 1;
        assert!(request.attempts <= most, "seed {seed}: {} attempts", request.attempts);
    }

    fn judge(&self, requests: &[Option<Request>]) {
        let seed = self.seed;
        for group in &self.groups {
            for deployment in &group.deployments {
                let condition = &deployment.condition;
                assert_eq!(condition.in_flight(), 0, "seed {seed}: {} is not at rest", deployment.id);
                assert_ne!(condition.availability(Moment(0)), Availability::Probing, "seed {seed}");
            }
        }
        // As many attempts as there are bad ones, and one more, always find a good one.
        let bad = self.upstreams[0].iter().filter(|upstream| upstream.nature != Nature::Good).count();
        let is_enough = bad < self.upstreams[0].len() && bad <= self.settings.num_retries as usize;
        for request in requests.iter().flatten() {
            let ended = request.ended.expect("every request ends");
            if is_enough && request.deadline.is_none() {
                assert_eq!(ended, Ok(()), "seed {seed}: {:?}", self.natures());
            }
        }
        // What always fails is asked by those who came before its circuit opened, and then once per cooldown.
        for (upstream, deployment) in self.upstreams[0].iter().zip(&self.groups[0].deployments) {
            let is_one_of_several = self.upstreams[0].len() > 1;
            if upstream.nature == Nature::Failing
                && is_one_of_several
                && self.settings.allowed_fails.is_none()
            {
                let view = deployment.condition.view(Moment(0));
                assert_eq!(view.successes, 0, "seed {seed}");
                assert!(
                    upstream.calls <= 3 + 40,
                    "seed {seed}: {} calls of what always fails",
                    upstream.calls
                );
            }
        }
    }

    fn natures(&self) -> Vec<Nature> {
        self.upstreams[0].iter().map(|upstream| upstream.nature).collect()
    }
}

#[test]
fn what_must_hold_holds_in_every_world() {
    for seed in 0..SEEDS {
        World::new(seed).run();
    }
}

#[test]
fn weights_converge_and_come_back_after_a_failure() {
    let mut dice = Dice::new(11);
    let mut world = World::new(1);
    world.groups = groups(&[4], &mut dice);
    world.settings = Arc::default();
    let peers = &world.groups[0].deployments;
    let first = peers.iter().map(|known| known.order).min().unwrap();
    let peers: Vec<_> = peers.iter().filter(|known| known.order == first).collect();
    let total: u32 = peers.iter().map(|known| known.weight).sum();
    let mut count = vec![0_u32; peers.len()];
    let draws = 20_000;
    for draw in 0..draws {
        let now = Moment(1_000_000 + draw * 1000);
        let mut course = Course::new(world.settings.clone(), world.groups[0].clone(), Wishes::default());
        let Step::Try(mut attempt) = course.next(now, &world, &mut dice) else { panic!() };
        attempt.flight.answered(now);
        let chosen = peers.iter().position(|known| known.id == attempt.deployment.id).unwrap();
        count[chosen] += 1;
    }
    for (peer, count) in peers.iter().zip(count) {
        let expected = draws as f64 * f64::from(peer.weight) / f64::from(total);
        let off = (f64::from(count) - expected).abs() / draws as f64;
        assert!(off < 0.02, "{}: {count} instead of {expected}", peer.id);
    }
}
