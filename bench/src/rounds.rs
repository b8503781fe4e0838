//! The interleaved rounds: in each, every target meets every load once, in an order that changes, so that a machine
//! which is busy for a while is busy for all of them. Figures are medians over the rounds.

use std::collections::HashMap;
use std::time::Duration;

use postern_testkit::PACED_CHUNKS;

use crate::figures::{Figure, median, percentile};
use crate::load::{self, Outcome, Rhythm, Until};
use crate::process::Server;
use crate::rig::{Rig, Shape, TARGETS, Target};

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub rounds: usize,
    pub each: Duration,
}

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Load {
    One,
    Steady,
    Sixteen,
    SixtyFour,
    LargeOne,
    LargeSixteen,
    PacedOne,
    PacedMany,
}

const LOADS: [Load; 8] = [
    Load::One,
    Load::Steady,
    Load::Sixteen,
    Load::SixtyFour,
    Load::LargeOne,
    Load::LargeSixteen,
    Load::PacedOne,
    Load::PacedMany,
];

impl Load {
    fn terms(self) -> (Shape, usize, Rhythm) {
        match self {
            Self::One => (Shape::Small, 1, Rhythm::Closed),
            Self::Steady => (Shape::Small, 16, Rhythm::PerSecond(1_000)),
            Self::Sixteen => (Shape::Small, 16, Rhythm::Closed),
            Self::SixtyFour => (Shape::Small, 64, Rhythm::Closed),
            Self::LargeOne => (Shape::Large, 1, Rhythm::Closed),
            Self::LargeSixteen => (Shape::Large, 16, Rhythm::Closed),
            Self::PacedOne => (Shape::Paced, 1, Rhythm::Closed),
            Self::PacedMany => (Shape::Paced, 64, Rhythm::Closed),
        }
    }
}

/// What one target did under one load in one round.
struct Sample {
    outcome: Outcome,
    /// Microseconds of CPU in all; zero for the direct calls.
    cpu: f64,
}

/// All samples, by load and target, one per round.
#[derive(Default)]
pub struct Samples(HashMap<(Load, &'static str), Vec<Sample>>);

/// The number of requests that the gateway answered is counted in `answered`.
pub async fn measure(rig: &Rig, effort: Effort, answered: &mut usize) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for round in 0..effort.rounds {
        for (position, load) in LOADS.into_iter().enumerate() {
            for step in 0..TARGETS.len() {
                let target = TARGETS[(round + position + step) % TARGETS.len()];
                let (shape, connections, rhythm) = load.terms();
                let call = rig.call(target, shape);
                let warm =
                    load::run(&call, connections, Rhythm::Closed, Until::Elapsed(effort.each / 10)).await?;
                let before = rig.process(target).map(Server::cpu).transpose()?;
                let outcome = load::run(&call, connections, rhythm, Until::Elapsed(effort.each)).await?;
                let after = rig.process(target).map(Server::cpu).transpose()?;
                if target == Target::Postern {
                    *answered += warm.requests() + outcome.requests();
                }
                let spent = after.unwrap_or_default().saturating_sub(before.unwrap_or_default());
                samples
                    .0
                    .entry((load, name(target)))
                    .or_default()
                    .push(Sample { outcome, cpu: spent.as_secs_f64() * 1e6 });
            }
        }
        crate::say(&format!("round {} of {}", round + 1, effort.rounds));
    }
    Ok(samples)
}

fn name(target: Target) -> &'static str {
    match target {
        Target::Direct => "direct",
        Target::Floor => "floor",
        Target::Postern => "postern",
    }
}

impl Samples {
    pub fn figures(&self) -> Vec<Figure> {
        vec![
            self.added("added median, 1 connection", Load::One, 0.5).under(100.0),
            self.added("added p95, 1 connection", Load::One, 0.95),
            self.added("added p99, 1 connection", Load::One, 0.99),
            self.added("added median, 1,000/s", Load::Steady, 0.5),
            self.added("added p95, 1,000/s", Load::Steady, 0.95),
            self.added("added p99, 1,000/s", Load::Steady, 0.99),
            self.cpu("CPU per request, 16 connections", Load::Sixteen).times_floor(2.5),
            self.cpu("CPU per request, 1,000/s", Load::Steady),
            self.throughput("requests per second, 64 connections", Load::SixtyFour),
            self.added("added median, 100 KiB body", Load::LargeOne, 0.5),
            self.cpu("CPU per request, 100 KiB body", Load::LargeSixteen),
            self.first_chunk().under(1.0),
            self.pieces(),
            self.cpu_per_chunk(),
        ]
    }

    fn each(&self, load: Load, target: Target, of: impl Fn(&Sample) -> f64) -> Vec<f64> {
        self.0.get(&(load, name(target))).into_iter().flatten().map(of).collect()
    }

    /// The median over rounds of a target's value less the direct one of the same round.
    fn over_direct(&self, load: Load, target: Target, of: impl Fn(&Sample) -> f64) -> f64 {
        let direct = self.each(load, Target::Direct, &of);
        median(
            self.each(load, target, &of)
                .into_iter()
                .zip(direct)
                .map(|(value, direct)| value - direct)
                .collect(),
        )
    }

    fn added(&self, figure: &'static str, load: Load, share: f64) -> Figure {
        let of = |sample: &Sample| percentile(&sample.outcome.whole, share);
        Figure::new(figure, "us", self.over_direct(load, Target::Postern, of))
            .floor(self.over_direct(load, Target::Floor, of))
            .direct(median(self.each(load, Target::Direct, of)))
    }

    fn cpu(&self, figure: &'static str, load: Load) -> Figure {
        let of = |sample: &Sample| sample.cpu / sample.outcome.requests() as f64;
        Figure::new(figure, "us", median(self.each(load, Target::Postern, of))).floor(median(self.each(
            load,
            Target::Floor,
            of,
        )))
    }

    fn throughput(&self, figure: &'static str, load: Load) -> Figure {
        let of = |sample: &Sample| sample.outcome.per_second();
        Figure::new(figure, "/s", median(self.each(load, Target::Postern, of)))
            .floor(median(self.each(load, Target::Floor, of)))
            .direct(median(self.each(load, Target::Direct, of)))
    }

    fn first_chunk(&self) -> Figure {
        let of = |sample: &Sample| percentile(&sample.outcome.first, 0.5) / 1_000.0;
        Figure::new("first streamed chunk added", "ms", self.over_direct(Load::PacedOne, Target::Postern, of))
            .floor(self.over_direct(Load::PacedOne, Target::Floor, of))
            .direct(median(self.each(Load::PacedOne, Target::Direct, of)))
    }

    /// As many pieces as the upstream sent means that none was held back to be joined with the next.
    fn pieces(&self) -> Figure {
        let of = |sample: &Sample| sample.outcome.pieces as f64 / sample.outcome.requests() as f64;
        Figure::new("pieces per paced stream", "", median(self.each(Load::PacedOne, Target::Postern, of)))
            .floor(median(self.each(Load::PacedOne, Target::Floor, of)))
            .direct(median(self.each(Load::PacedOne, Target::Direct, of)))
    }

    /// All CPU of a stream, its request included, over its chunks.
    fn cpu_per_chunk(&self) -> Figure {
        let of = |sample: &Sample| {
            let chunks = sample.outcome.pieces.max(sample.outcome.requests() * PACED_CHUNKS);
            sample.cpu / chunks as f64
        };
        Figure::new("CPU per streamed chunk", "us", median(self.each(Load::PacedMany, Target::Postern, of)))
            .floor(median(self.each(Load::PacedMany, Target::Floor, of)))
    }
}
