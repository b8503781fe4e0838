//! The laws as tests of an ordinary run: every seed as it is, then a fixed number of mutations.

use crate::{Random, Target, dictionary, mutate, seeds};

/// Mutations for each target: as many as take a few seconds without optimisation. `make fuzz` is for longer runs.
const MUTATIONS: u64 = 3_000;

pub fn spend(target: &Target) {
    let seeds = seeds(target);
    let words = dictionary();
    assert!(seeds.len() > 20, "{} seeds of {}", seeds.len(), target.name);
    for seed in &seeds {
        (target.check)(seed);
    }
    let mut random = Random::new(0);
    for _ in 0..MUTATIONS {
        let mut data = random.pick(&seeds).unwrap().clone();
        // Mostly few changes: what is badly damaged is refused at the door.
        for _ in 0..=random.below(4) {
            let donor = random.pick(&seeds).unwrap().clone();
            mutate(&mut data, &donor, &words, &mut random);
        }
        (target.check)(&data);
    }
}
