//! A request's attempts: what its course says next is done, and the course is told how it went. Knows nothing of what is
//! asked: that is `Asks`.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use super::Size;
use super::outcome::{self, Tried};
use super::route::{Route, Stays};
use crate::admission;
use crate::clock::{self, Moment};
use crate::condition::{Flight, Trouble};
use crate::engine::Engine;
use crate::error::{Blame, ErrorClass, Failure};
use crate::events::{Event, Topic};
use crate::meter::{AttemptNote, Meter};
use crate::routing::{Course, Dice, Facts, Kind, Step, Surroundings, Try};
use crate::snapshot::{Deployment, Group};

/// The bill, shared by attempts that run side by side.
pub type Notes<'m> = Mutex<&'m mut Meter>;

/// What is asked of a deployment.
pub trait Asks: Sync {
    type Answer: Send;

    /// Asks once. `left` is what is left until the request's deadline, `stream_timeout` what it says of a first token.
    fn ask(
        &self,
        deployment: &Arc<Deployment>,
        patience: Patience,
        notes: &Notes<'_>,
    ) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

/// How long one attempt may take, besides what its deployment and the settings say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Patience {
    pub left: Option<Duration>,
    pub stream_timeout: Option<Duration>,
}

/// Where a request may go, with what is needed to go there.
pub struct Way<'a> {
    engine: &'a Arc<Engine>,
    route: &'a Route,
    size: Size,
    stays_with: Option<Arc<str>>,
}

/// An answer, and who gave it.
pub struct Won<T> {
    pub answer: T,
    pub flight: Flight,
    pub deployment: Arc<Deployment>,
    /// The model group that answered.
    pub group: Arc<Group>,
    /// How many groups failed before it.
    pub fallbacks: usize,
}

impl<'a> Way<'a> {
    pub fn new(engine: &'a Arc<Engine>, route: &'a Route, size: Size, stays: Option<&Stays>) -> Self {
        Self { engine, route, size, stays_with: stays.and_then(Stays::with) }
    }
}

impl Surroundings for Way<'_> {
    fn others(&self, group: &str, kind: Kind) -> Vec<Arc<Group>> {
        self.route.others(group, kind)
    }

    fn turn(&self) -> u64 {
        self.engine.conditions.next_turn()
    }
}

/// Asks one deployment after the other until one answers or nothing is left to try.
pub async fn travel<A: Asks>(way: &Way<'_>, notes: &Notes<'_>, asks: &A) -> Result<Won<A::Answer>, Failure> {
    let route = way.route;
    let mut wishes = route.wishes.clone();
    wishes.wanted.stays_with.clone_from(&way.stays_with);
    let mut course = Course::new(route.settings.clone(), route.group.clone(), wishes);
    let mut dice = Dice::cast(way.turn());
    let mut tried: Vec<Tried> = Vec::new();
    let mut last: Option<Failure> = None;
    loop {
        match course.next(Moment::now(), way, &mut dice) {
            Step::Wait(pause) => tokio::time::sleep(pause).await,
            Step::Over(over) => return Err(outcome::explain(route, over, last, &tried)),
            Step::Try(attempt) => {
                let hedge = route.settings.hedge_of(&course.group().name);
                let race = Race { way, notes, asks };
                let failure = match race.run(&mut course, attempt, hedge, &mut dice, &mut tried).await {
                    Ok((answer, flight, deployment)) => {
                        let (group, fallbacks) = (course.group().clone(), course.fallbacks());
                        return Ok(Won { answer, flight, deployment, group, fallbacks });
                    }
                    Err(failure) => failure,
                };
                course.failed(&facts(&failure), &mut dice);
                // What a deployment said that was asked tells more than that another one was not.
                if failure.blame == Blame::Upstream || last.is_none() || !is_refusal(&failure) {
                    last = Some(failure);
                }
            }
        }
    }
}

/// A limit was in the way, here and not at the provider.
fn is_refusal(failure: &Failure) -> bool {
    failure.refusal.is_some()
}

fn facts(failure: &Failure) -> Facts {
    Facts {
        class: failure.class(),
        is_upstreams: failure.blame == Blame::Upstream,
        does_not_fit: failure.blame == Blame::Caller && failure.retry,
        may_pass: failure.retry,
        retry_after: failure.wait(),
    }
}

struct Race<'r, 'm, A> {
    way: &'r Way<'r>,
    notes: &'r Notes<'m>,
    asks: &'r A,
}

type Finished<T> = Result<(T, Flight, Arc<Deployment>), Failure>;

impl<A: Asks> Race<'_, '_, A> {
    /// One attempt; two, where the first takes long and that is wanted.
    async fn run(
        &self,
        course: &mut Course,
        attempt: Box<Try>,
        hedge: Option<Duration>,
        dice: &mut Dice,
        tried: &mut Vec<Tried>,
    ) -> Finished<A::Answer> {
        match hedge {
            None => {
                let deployment = attempt.deployment.clone();
                settle(self.one(attempt).await, &deployment, tried)
            }
            // Boxed: it is rare, and three attempts large.
            Some(delay) => Box::pin(self.hedged(course, attempt, delay, dice, tried)).await,
        }
    }

    async fn hedged(
        &self,
        course: &mut Course,
        attempt: Box<Try>,
        delay: Duration,
        dice: &mut Dice,
        tried: &mut Vec<Tried>,
    ) -> Finished<A::Answer> {
        let (first_of_all, started) = (attempt.deployment.clone(), Instant::now());
        let mut first = pin!(self.one(attempt));
        if let Either::Left((done, _)) = select(first.as_mut(), pin!(tokio::time::sleep(delay))).await {
            return settle(done, &first_of_all, tried);
        }
        let Some(other) = course.hedge(Moment::now(), self.way, dice) else {
            return settle(first.await, &first_of_all, tried);
        };
        let (second_of_all, second_started) = (other.deployment.clone(), Instant::now());
        // Told if both are given up: the caller does not wait for either.
        let mut given_up = GivenUp { notes: self.notes, deployment: &first_of_all, started, is_over: false };
        let second = pin!(self.one(other));
        let (done, ended, other, other_started, rest) = match select(first, second).await {
            Either::Left((done, rest)) => {
                (done, &first_of_all, &second_of_all, second_started, Either::Left(rest))
            }
            Either::Right((done, rest)) => {
                (done, &second_of_all, &first_of_all, started, Either::Right(rest))
            }
        };
        given_up.is_over = true;
        if done.is_ok() {
            // Dropped, the other call is cancelled; what it cost until now is on the bill.
            self.meter(|meter| meter.outrun(other, other_started, "another deployment was faster"));
            other.condition.took_at_least(other_started.elapsed());
            return settle(done, ended, tried);
        }
        let _ = settle(done, ended, tried);
        settle(rest.await, other, tried)
    }

    /// One call, its outcome told to whoever keeps count.
    async fn one(&self, attempt: Box<Try>) -> Finished<A::Answer> {
        let Try { deployment, mut flight, left } = *attempt;
        let started = Instant::now();
        let patience = Patience { left, stream_timeout: self.way.route.stream_timeout };
        let asked = match super::usable(&deployment).and_then(|()| self.reserve(&deployment)) {
            Ok(()) => self.asks.ask(&deployment, patience, self.notes).await,
            Err(failure) => {
                self.meter(|meter| meter.note_attempt(note(&deployment, started, Some(&failure))));
                return Err(failure);
            }
        };
        match asked {
            Ok(answer) => {
                flight.answered(Moment::now());
                if self.way.engine.credential_accepted(&deployment) {
                    self.way.engine.events.publish(Event::Stale(vec![Topic::Providers, Topic::Status]));
                }
                self.meter(|meter| {
                    meter.answered_by(&deployment);
                    meter.note_attempt(note(&deployment, started, None));
                });
                Ok((answer, flight, deployment))
            }
            Err(failure) => {
                self.meter(|meter| {
                    meter.give_back(&deployment);
                    meter.note_attempt(note(&deployment, started, Some(&failure)));
                });
                let own = [left, patience.stream_timeout].into_iter().flatten().min();
                if Try::tells(&flight, own, Moment::now(), failure.class()) {
                    self.blame(&deployment, &mut flight, &failure);
                }
                Err(failure)
            }
        }
    }

    /// Holds what this attempt may cost against the provider's budget. Where it does not fit, another provider may have some.
    fn reserve(&self, deployment: &Arc<Deployment>) -> Result<(), Failure> {
        let held = admission::reserve(self.way.engine, deployment, self.way.size);
        let held = held.map_err(|refusal| Failure { retry: true, ..refusal })?;
        if let Some(held) = held {
            self.meter(|meter| meter.hold_at(deployment, held));
        }
        Ok(())
    }

    fn meter<T>(&self, work: impl FnOnce(&mut Meter) -> T) -> T {
        work(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn blame(&self, deployment: &Arc<Deployment>, flight: &mut Flight, failure: &Failure) {
        if failure.blame != Blame::Upstream {
            return;
        }
        let now = Moment::now();
        let class = failure.class();
        let is_callers =
            matches!(class, ErrorClass::BadRequest | ErrorClass::ContextWindow | ErrorClass::ContentPolicy);
        // Unless a policy says how many of them a deployment may have.
        if is_callers && !deployment.cooldown.allowed_by_class.contains_key(&class) {
            flight.refused(now);
            return;
        }
        flight.failed(now, &trouble(failure), &deployment.cooldown);
        let engine = self.way.engine;
        if failure.error.status == 401 && engine.credential_refused(deployment, &failure.error.message) {
            engine.events.publish(Event::CredentialRefused {
                provider_id: deployment.provider_id.map(|id| id.to_string()).unwrap_or_default(),
                provider_name: deployment.provider.clone(),
                message: failure.error.message.clone(),
            });
            engine.events.publish(Event::Stale(vec![Topic::Providers, Topic::Status]));
        }
    }
}

/// The first of two calls that run side by side, until one of them has ended. The second is the request's own.
struct GivenUp<'r, 'm> {
    notes: &'r Notes<'m>,
    deployment: &'r Arc<Deployment>,
    started: Instant,
    is_over: bool,
}

impl Drop for GivenUp<'_, '_> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut meter = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
            meter.outrun(self.deployment, self.started, "the caller left");
        }
    }
}

/// A failure in the words of a deployment's condition.
pub fn trouble(failure: &Failure) -> Trouble<'_> {
    Trouble {
        class: failure.class(),
        status: failure.error.status,
        retry_after: failure.wait(),
        reason: &failure.error.message,
    }
}

fn settle<T>(done: Finished<T>, deployment: &Deployment, tried: &mut Vec<Tried>) -> Finished<T> {
    if let Err(failure) = &done {
        tried.push(Tried::of(deployment, failure));
    }
    done
}

fn note(deployment: &Arc<Deployment>, started: Instant, failure: Option<&Failure>) -> AttemptNote {
    AttemptNote {
        deployment: deployment.clone(),
        status: failure.map_or(Some(200), |failure| Some(failure.error.status)),
        duration_us: clock::micros_since(started),
        error: failure.map(|failure| failure.error.message.chars().take(500).collect()),
    }
}
