//! How often somebody may be wrong about a password. Counted by account and address together, so that nobody can keep another
//! out by being wrong in their name; and less strictly by each alone, against many accounts from one address and one account
//! from many.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::error::Failure;
use crate::ids::{self, KeyHash};

/// Wrong ones are counted for so long, in milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1000;
const MOST_OF_PAIR: usize = 5;
const MOST_OF_ADDRESS: usize = 20;
const MOST_OF_ACCOUNT: usize = 50;
/// Who is remembered at most; beyond, those who were wrong longest ago are forgotten.
const MOST_REMEMBERED: usize = 20_000;

/// The address that a request came from, where it came over the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl Peer {
    /// Whoever has one address of IPv6 has the 2^64 beside it.
    fn network(self) -> String {
        match self.0.map(|address| address.to_canonical()) {
            None => "this machine".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => format!("{:x?}", &address.segments()[..4]),
        }
    }
}

/// Tries of the last minutes, by whom.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<KeyHash, VecDeque<i64>>>);

/// A try under way. It counts as a wrong one unless [`Attempts::succeeded`] takes it back, so that many at once are no more
/// than one after another.
#[must_use]
pub struct Attempt {
    counted: [(KeyHash, usize); 3],
    at: i64,
}

impl Attempts {
    /// Begins a try, or says when the next one may be. `now` is UTC milliseconds.
    pub fn begin(&self, account: &str, peer: Peer, now: i64) -> Result<Attempt, Failure> {
        let (account, network) = (account.trim().to_lowercase(), peer.network());
        let counted = [
            (ids::hash_key(&format!("pair\n{account}\n{network}")), MOST_OF_PAIR),
            (ids::hash_key(&format!("address\n{network}")), MOST_OF_ADDRESS),
            (ids::hash_key(&format!("account\n{account}")), MOST_OF_ACCOUNT),
        ];
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = 0;
        for (who, most) in &counted {
            if let Some(times) = known.get_mut(who) {
                forget_old(times, now);
                if times.len() >= *most {
                    let first = times.front().copied().unwrap_or(now);
                    wait = wait.max(first + WINDOW_MS - now);
                }
            }
        }
        if wait > 0 {
            let seconds = wait.unsigned_abs().div_ceil(1000).max(1);
            let message = format!("too many wrong passwords; try again in {seconds} s");
            return Err(Failure::rate_limited("too_many_attempts", message, seconds));
        }
        for (who, _) in &counted {
            known.entry(*who).or_default().push_back(now);
        }
        make_room(&mut known, now);
        Ok(Attempt { counted, at: now })
    }

    /// It was right: it does not count, and what was wrong before from there is forgiven.
    pub fn succeeded(&self, attempt: Attempt) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [(pair, _), others @ ..] = &attempt.counted;
        known.remove(pair);
        for (who, _) in others {
            if let Some(times) = known.get_mut(who) {
                if let Some(place) = times.iter().rposition(|at| *at == attempt.at) {
                    times.remove(place);
                }
                if times.is_empty() {
                    known.remove(who);
                }
            }
        }
    }
}

fn forget_old(times: &mut VecDeque<i64>, now: i64) {
    while times.front().is_some_and(|at| now - at >= WINDOW_MS) {
        times.pop_front();
    }
}

fn make_room(known: &mut HashMap<KeyHash, VecDeque<i64>>, now: i64) {
    if known.len() <= MOST_REMEMBERED {
        return;
    }
    known.retain(|_, times| times.back().is_some_and(|last| now - last < WINDOW_MS));
    if known.len() > MOST_REMEMBERED {
        // A quarter at a time, so that it is not done for every try.
        let mut ages: Vec<i64> = known.values().filter_map(|times| times.back().copied()).collect();
        let (_, newest_to_go, _) = ages.select_nth_unstable(MOST_REMEMBERED / 4);
        let newest_to_go = *newest_to_go;
        known.retain(|_, times| times.back().is_some_and(|last| *last > newest_to_go));
    }
}

#[cfg(test)]
mod tests;
