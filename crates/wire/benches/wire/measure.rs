//! Timing and counting one piece of work.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

/// How much is spent on each figure.
#[derive(Clone, Copy)]
pub enum Effort {
    /// Shows that everything works.
    Quick,
    Full,
}

impl Effort {
    fn samples(self) -> usize {
        match self {
            Self::Quick => 3,
            Self::Full => 21,
        }
    }
}

/// The seconds that this thread has computed: what else runs on the machine takes time, but not this one.
fn computed() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A sample is as many repetitions as take so many seconds, so that a clock's grain and a timer's tick do not count.
const SAMPLE: f64 = 0.008;

/// What one repetition costs.
#[derive(Clone, Copy)]
pub struct Cost {
    /// Of a processor: the median of the samples.
    pub seconds: f64,
    pub allocations: u64,
    pub allocated_bytes: u64,
}

impl Cost {
    pub fn micros(self) -> f64 {
        self.seconds * 1e6
    }
}

/// Measures several ways of doing something in turns, so that what else goes on in the machine meets all of them.
pub fn compare<const N: usize>(effort: Effort, mut ways: [&mut dyn FnMut(); N]) -> [Cost; N] {
    // The first time is not like the others: buffers that are shared for the first time have to be made so.
    for work in &mut ways {
        work();
    }
    let counted = ways.each_mut().map(allocation_counter::measure);
    let repetitions = ways.each_mut().map(|work| {
        let began = computed();
        work();
        let once = (computed() - began).max(50e-9);
        (SAMPLE / once).clamp(1.0, 1e6) as u32
    });
    let mut samples = [const { Vec::new() }; N];
    for _ in 0..effort.samples() {
        for ((work, repetitions), samples) in ways.iter_mut().zip(repetitions).zip(&mut samples) {
            let began = computed();
            for _ in 0..repetitions {
                work();
            }
            samples.push((computed() - began) / f64::from(repetitions));
        }
    }
    std::array::from_fn(|way| {
        let samples = &mut samples[way];
        samples.sort_by(f64::total_cmp);
        Cost {
            seconds: samples[samples.len() / 2],
            allocations: counted[way].count_total,
            allocated_bytes: counted[way].bytes_total,
        }
    })
}

/// Measures one piece of work.
pub fn measure<T>(effort: Effort, mut work: impl FnMut() -> T) -> Cost {
    let [cost] = compare(effort, [&mut || drop(black_box(work()))]);
    cost
}
