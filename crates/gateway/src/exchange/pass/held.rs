//! Which of a provider's credentials a request is passed on with: the first that is not refused or used up just now.
//! Nothing is sent twice: what a call does is not known here, and doing it again may not be harmless.

use std::time::Duration;

use crate::clock::Moment;
use crate::condition::{CooldownRules, Flight, Trouble};
use crate::engine::Engine;
use crate::error::ErrorClass;
use crate::snapshot::{Credential, Held, Provider};

pub struct Chosen<'p> {
    pub held: &'p Held,
    /// `None` where there is no choice, and so nothing to keep count of.
    flight: Option<Flight>,
}

pub fn choose<'p>(engine: &Engine, provider: &'p Provider) -> Option<Chosen<'p>> {
    let [_, _, ..] = provider.held.as_slice() else {
        return provider.held.first().map(|held| Chosen { held, flight: None });
    };
    let now = Moment::now();
    let condition = |held: &Held| engine.conditions.of(&format!("{}/*#{}", provider.row.name, held.number));
    let is_usable = |held: &&Held| matches!(held.credential, Credential::Loaded | Credential::NotNeeded);
    let usable = || provider.held.iter().filter(is_usable);
    let free = usable().find(|held| condition(held).availability(now).may_be_asked());
    let held = free.or_else(|| usable().next()).or(provider.held.first())?;
    let flight = condition(held).begin(now, engine.conditions.next_turn(), 0, true);
    Some(Chosen { held, flight })
}

impl Chosen<'_> {
    /// The head of the answer has come.
    pub fn answered(self, status: u16, retry_after: Option<Duration>) {
        let Some(mut flight) = self.flight else { return };
        let now = Moment::now();
        let class = match status {
            401 | 403 => ErrorClass::Authentication,
            402 | 429 => ErrorClass::RateLimit,
            // Whatever else it says, it is not the credential's fault.
            _ => return flight.refused(now),
        };
        let reason = format!("it answered {status}");
        flight.failed(
            now,
            &Trouble { class, status, retry_after, reason: &reason },
            &CooldownRules::default(),
        );
    }
}
