//! Who holds a conversation's prompt cache: the deployment that answered its last turn. In memory, bounded, forgotten after
//! an hour, which is as long as any provider keeps such a cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Moment;

const KEPT: Duration = Duration::from_hours(1);
/// Of each of the two generations.
const MOST: usize = 16_384;

/// A conversation, by a number that was made of how it begins or of the session that its client names.
pub type Conversation = u64;

/// Two generations: a full one becomes the older, and what is used of the older moves to the younger.
#[derive(Debug, Default)]
pub struct Affinity(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Conversation, (Arc<str>, Moment)>,
    old: HashMap<Conversation, (Arc<str>, Moment)>,
}

impl Affinity {
    pub fn of(&self, conversation: Conversation, now: Moment) -> Option<Arc<str>> {
        let generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = generations.young.get(&conversation).or_else(|| generations.old.get(&conversation));
        known.filter(|(_, at)| now.since(*at) < KEPT).map(|(deployment, _)| deployment.clone())
    }

    pub fn keep(&self, conversation: Conversation, deployment: &str, now: Moment) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, at)) = generations.young.get_mut(&conversation) {
            if known.as_ref() != deployment {
                *known = deployment.into();
            }
            *at = now;
            return;
        }
        if generations.young.len() >= MOST {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(conversation, (deployment.into(), now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_answer_is_remembered_for_an_hour() {
        let affinity = Affinity::default();
        let at = |seconds: u64| Moment(seconds * 1_000_000);
        assert_eq!(affinity.of(1, at(0)), None);
        affinity.keep(1, "a", at(0));
        affinity.keep(1, "b", at(10));
        assert_eq!(affinity.of(1, at(3600)).as_deref(), Some("b"));
        assert_eq!(affinity.of(1, at(3610)), None);
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_youngest_stay() {
        let affinity = Affinity::default();
        for conversation in 0..100_000 {
            affinity.keep(conversation, "a", Moment(1));
        }
        let kept = (0..100_000).filter(|number| affinity.of(*number, Moment(2)).is_some()).count();
        assert!((MOST..=2 * MOST).contains(&kept), "{kept}");
        assert!(affinity.of(99_999, Moment(2)).is_some() && affinity.of(0, Moment(2)).is_none());
    }
}
