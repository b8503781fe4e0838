//! What is known of each deployment's condition: whether its circuit is closed, what is under way, how fast it was, what it
//! used this minute. Fed by the outcome of every request (`Flight`) and by probes; read by whoever chooses a deployment.
//!
//! A circuit is closed while all is well. It opens, and the deployment cools down, at once where another one may do better
//! for a reason that will stay (its quota is used up, its credential refused, its model unknown); after three failures in
//! a row, or when more than half of at least five calls within a minute failed, for everything else. `allowed_fails` and
//! its policy take the place of these numbers. When the cooldown has passed the circuit is half open: one request is let
//! through, and its outcome closes the circuit or opens it for twice as long.
//!
//! Conditions are kept by the deployment's id and outlive snapshots. Time is a parameter.

mod flight;
mod record;
mod room;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderMap;
pub use flight::Flight;
use postern_wire::Format;
pub use record::{CooldownRules, LastFailure, Trouble, View};
use record::{Record, Was};
use room::Room;
pub use room::{Left, Unit};
use tokio::sync::Notify;

use crate::clock::{self, Moment};
use crate::error::ErrorClass;
use crate::window::Window;

/// Names come from callers, so what is kept of them is bounded.
const MOST_CONDITIONS: usize = 16_384;
/// A watcher that does not come misses the oldest.
const MOST_TRANSITIONS: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Its circuit is closed.
    Ready,
    /// It has cooled down, and nobody is trying it.
    HalfOpen,
    /// It has cooled down, and somebody is.
    Probing,
    /// Until then.
    Cooling(Moment),
}

impl Availability {
    pub fn may_be_asked(self) -> bool {
        matches!(self, Self::Ready | Self::HalfOpen)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "closed",
            Self::HalfOpen | Self::Probing => "half_open",
            Self::Cooling(_) => "open",
        }
    }
}

/// One deployment's condition. Reading it takes no lock.
#[derive(Debug)]
pub struct Condition {
    id: String,
    /// When the cooldown ends; 0 while the circuit is closed.
    open_until: AtomicU64,
    /// The one request of a half-open circuit is under way.
    probing: AtomicBool,
    in_flight: AtomicU32,
    /// Microseconds, an exponentially weighted mean; 0 while unknown.
    first_token: AtomicU64,
    /// When it was chosen last, as a number that only grows.
    turn: AtomicU64,
    /// Formats that it turned out not to speak, a bit each.
    unspoken: AtomicU32,
    /// Requests and tokens of this minute.
    usage: Mutex<(Window, Window)>,
    room: Room,
    record: Mutex<Record>,
    /// Held from the look at its limits until the place is taken.
    admission: Mutex<()>,
    log: Arc<Log>,
}

/// A circuit that opened or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    pub opened: bool,
    /// For how long, if it opened.
    pub cooldown: Duration,
    /// Why, for a person; nothing secret.
    pub reason: String,
}

#[derive(Debug, Default)]
struct Log {
    transitions: Mutex<Vec<Transition>>,
    changed: Notify,
    opened: Notify,
}

impl Log {
    fn push(&self, transition: Transition) {
        let opened = transition.opened;
        let mut transitions = locked(&self.transitions);
        if transitions.len() < MOST_TRANSITIONS {
            transitions.push(transition);
        }
        drop(transitions);
        if opened {
            self.opened.notify_one();
        }
        self.changed.notify_one();
    }
}

/// The conditions of all deployments, by id.
#[derive(Debug, Default)]
pub struct Conditions {
    known: RwLock<HashMap<String, Arc<Condition>>>,
    turns: AtomicU64,
    log: Arc<Log>,
}

impl Conditions {
    /// The condition of a deployment, made when it is first asked for.
    pub fn of(&self, id: &str) -> Arc<Condition> {
        if let Some(known) = self.find(id) {
            return known;
        }
        let made = Arc::new(Condition::new(id, self.log.clone()));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_CONDITIONS {
            // Those that nobody holds any more belong to names that are gone.
            known.retain(|_, condition| Arc::strong_count(condition) > 1);
        }
        known.entry(id.to_owned()).or_insert(made).clone()
    }

    pub fn find(&self, id: &str) -> Option<Arc<Condition>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All of them, in no order.
    pub fn all(&self) -> Vec<Arc<Condition>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// All that is known about this deployment is of the past: its credential or address is another.
    pub fn forget(&self, id: &str) {
        if let Some(condition) = self.find(id) {
            condition.close("its credential or address is another now");
            condition.reset();
        }
    }

    /// A number that is higher each time.
    pub fn next_turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Waits for circuits to open or close, and takes what happened.
    pub async fn transitions(&self) -> Vec<Transition> {
        loop {
            let taken = self.take_transitions();
            if !taken.is_empty() {
                return taken;
            }
            self.log.changed.notified().await;
        }
    }

    /// Resolves when a circuit has opened since it was last asked for.
    pub async fn opened(&self) {
        self.log.opened.notified().await;
    }

    pub fn any_open(&self, now: Moment) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|condition| matches!(condition.availability(now), Availability::Cooling(_)))
    }

    pub fn take_transitions(&self) -> Vec<Transition> {
        std::mem::take(&mut *locked(&self.log.transitions))
    }
}

impl Condition {
    fn new(id: &str, log: Arc<Log>) -> Self {
        Self {
            id: id.to_owned(),
            open_until: AtomicU64::new(0),
            probing: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            first_token: AtomicU64::new(0),
            turn: AtomicU64::new(0),
            unspoken: AtomicU32::new(0),
            usage: Mutex::default(),
            room: Room::default(),
            record: Mutex::default(),
            admission: Mutex::default(),
            log,
        }
    }

    /// One that nobody else knows.
    pub fn alone(id: &str) -> Arc<Self> {
        Arc::new(Self::new(id, Arc::default()))
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn availability(&self, now: Moment) -> Availability {
        match self.open_until.load(Ordering::Acquire) {
            0 => Availability::Ready,
            until if until > now.0 => Availability::Cooling(Moment(until)),
            _ if self.probing.load(Ordering::Acquire) => Availability::Probing,
            _ => Availability::HalfOpen,
        }
    }

    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Microseconds to the first token; `None` while unknown.
    pub fn first_token(&self) -> Option<u64> {
        Some(self.first_token.load(Ordering::Relaxed)).filter(|known| *known > 0)
    }

    pub fn last_turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    /// Requests and tokens of the last minute.
    pub fn used(&self, now: Moment) -> (u64, u64) {
        let now = (now.0 / 1000) as i64;
        let (requests, tokens) = &mut *locked(&self.usage);
        (requests.used(now), tokens.used(now))
    }

    /// Notes what the headers of an answer say of the provider's own limits.
    pub fn hear(&self, headers: &HeaderMap, format: Format) {
        self.room.hear(headers, format, Moment::now());
    }

    /// What the provider leaves of its own limit, as far as it said so.
    pub fn left(&self, unit: Unit) -> Option<Left> {
        self.room.left(unit)
    }

    /// Held by whoever looks at its limits and then begins, so that no two take one place.
    pub fn admission(&self) -> MutexGuard<'_, ()> {
        locked(&self.admission)
    }

    /// Takes a place with it. `None` where the circuit does not let another request through; `regardless` asks anyway,
    /// because there is nobody else. `tokens` are what the request may take.
    pub fn begin(self: &Arc<Self>, now: Moment, turn: u64, tokens: u64, regardless: bool) -> Option<Flight> {
        let is_probe = match self.availability(now) {
            Availability::Ready => false,
            Availability::HalfOpen => {
                let taken = self.probing.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire);
                if taken.is_err() && !regardless {
                    return None;
                }
                taken.is_ok()
            }
            Availability::Probing | Availability::Cooling(_) if regardless => false,
            Availability::Probing | Availability::Cooling(_) => return None,
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.turn.store(turn, Ordering::Relaxed);
        let milliseconds = (now.0 / 1000) as i64;
        let usage = &mut *locked(&self.usage);
        usage.0.add(milliseconds, 1);
        usage.1.add(milliseconds, tokens);
        Some(Flight::new(self.clone(), now, is_probe, tokens))
    }

    /// The deployment does not serve this format after all; translated requests it does. Believed until the process
    /// ends: it costs a translation, and finding out costs a call.
    pub fn does_not_speak(&self, format: Format) {
        self.unspoken.fetch_or(bit(format), Ordering::Relaxed);
    }

    pub fn speaks(&self, format: Format) -> bool {
        self.unspoken.load(Ordering::Relaxed) & bit(format) == 0
    }

    /// A probe that costs nothing found it well: the next request may try it.
    pub fn looks_well(&self, now: Moment) {
        let until = self.open_until.load(Ordering::Acquire);
        if until > now.0 {
            // If somebody closed it or opened it anew in between, they know better.
            let _ =
                self.open_until.compare_exchange(until, now.0.max(1), Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// A probe that costs nothing failed: as if a request had.
    pub fn probe_failed(&self, now: Moment, trouble: &Trouble<'_>, rules: &CooldownRules) {
        let was = Was { probe: false, open: self.open_until.load(Ordering::Acquire) > now.0 };
        let cooldown = locked(&self.record).probe_failed(now, trouble, rules, was);
        if let Some(cooldown) = cooldown {
            self.open(now, cooldown, trouble.reason);
        }
    }

    /// A probe that costs nothing was answered. What only probes opened, it closes; requests know better.
    pub fn probe_answered(&self) {
        let is_well = locked(&self.record).probe_answered();
        if is_well {
            self.close("it lists its models again");
        }
    }

    /// A call was given up after so long: no answer, but whoever looks for the fastest must not take it for one.
    pub fn took_at_least(&self, waited: Duration) {
        let micros = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        if self.first_token().is_none_or(|known| known < micros) {
            self.sample(micros);
        }
    }

    /// What its last failure was.
    pub fn last_class(&self) -> Option<ErrorClass> {
        locked(&self.record).last_class()
    }

    pub fn view(&self, now: Moment) -> View {
        let (requests, tokens) = self.used(now);
        let record = locked(&self.record);
        record.view(self.availability(now), now, self.in_flight(), self.first_token(), requests, tokens)
    }

    fn reset(&self) {
        self.open_until.store(0, Ordering::Release);
        self.first_token.store(0, Ordering::Relaxed);
        self.unspoken.store(0, Ordering::Relaxed);
        self.room.forget();
        *locked(&self.record) = Record::default();
    }

    /// Closes the circuit, if it is not.
    fn close(&self, reason: &str) {
        if self.open_until.swap(0, Ordering::AcqRel) != 0 {
            let transition = Transition {
                id: self.id.clone(),
                at: clock::now_ms(),
                opened: false,
                cooldown: Duration::ZERO,
                reason: reason.to_owned(),
            };
            self.log.push(transition);
        }
    }

    /// Opens it for at least this long.
    fn open(&self, now: Moment, cooldown: Duration, reason: &str) {
        let until = now.plus(cooldown).0.max(1);
        let before = self.open_until.fetch_max(until, Ordering::AcqRel);
        // One that cools down already only does so for longer.
        if before <= now.0 {
            let transition = Transition {
                id: self.id.clone(),
                at: clock::now_ms(),
                opened: true,
                cooldown,
                reason: reason.to_owned(),
            };
            self.log.push(transition);
        }
    }

    /// A new sample of the time to the first token: a fifth of the mean.
    fn sample(&self, micros: u64) {
        let mixed = |known: u64| if known == 0 { micros.max(1) } else { (known * 4 + micros) / 5 };
        let _ =
            self.first_token.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| Some(mixed(known)));
    }
}

fn bit(format: Format) -> u32 {
    1 << (format as u32)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
