//! One target under libFuzzer, whose options are the arguments; the target's name is the last one, after
//! `-ignore_remaining_args=1`. See scripts/fuzz.sh.
#![no_main]

use std::sync::LazyLock;

use postern_fuzz::{Random, Target, dictionary, mutate, seeds, target};

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = std::env::args().next_back().unwrap_or_default();
    let Some(target) = target(&name) else { panic!("the last argument must be a target's name") };
    target
});
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| seeds(&TARGET));
static WORDS: LazyLock<Vec<String>> = LazyLock::new(dictionary);

libfuzzer_sys::fuzz_target!(|data: &[u8]| (TARGET.check)(data));

// Half of the changes are libFuzzer's own, which know what the program compares with; the other half know JSON.
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mut random = Random::new(seed.into());
    let mut changed = data[..size].to_vec();
    for _ in 0..=random.below(3) {
        let donor = random.pick(&SEEDS).cloned().unwrap_or_default();
        mutate(&mut changed, &donor, &WORDS, &mut random);
    }
    changed.truncate(max_size);
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
