//! What it costs that the first deployment of a group refuses at once and the second answers.

use anyhow::ensure;

use crate::figures::{Figure, median, percentile};
use crate::load::{self, Rhythm, Until};
use crate::rig::{Rig, Shape, Target};
use crate::rounds::Effort;

/// Calls that are measured: both upstreams alone, then the gateway before the one that answers and before both.
const CALLS: usize = 4;

/// One connection, in interleaved rounds. Counts what the gateway answered in `answered`.
pub async fn measure(rig: &Rig, effort: Effort, answered: &mut usize) -> anyhow::Result<Vec<Figure>> {
    let calls = [
        rig.refused_call(),
        rig.call(Target::Direct, Shape::FailsOver),
        rig.call(Target::Postern, Shape::Small),
        rig.call(Target::Postern, Shape::FailsOver),
    ];
    let (mut added, mut own, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..effort.rounds {
        let mut medians = [f64::NAN; CALLS];
        for step in 0..CALLS {
            let place = (round + step) % CALLS;
            let refused = rig.refused();
            let warm = load::run(&calls[place], 1, Rhythm::Closed, Until::Elapsed(effort.each / 10)).await?;
            let outcome = load::run(&calls[place], 1, Rhythm::Closed, Until::Elapsed(effort.each)).await?;
            let requests = warm.requests() + outcome.requests();
            if place >= 2 {
                *answered += requests;
            }
            if place == 3 {
                let refused = rig.refused() - refused;
                ensure!(refused == requests as u64, "{refused} of {requests} requests failed over");
            }
            medians[place] = percentile(&outcome.whole, 0.5);
        }
        let [refusal, answer, plain, failover] = medians;
        alone.push(refusal + answer);
        added.push(failover - refusal - answer);
        own.push(failover - refusal - plain);
    }
    let direct = median(alone);
    Ok(vec![
        Figure::new("added median, failed over", "us", median(added)).direct(direct),
        Figure::new("of it the failover's own", "us", median(own)),
    ])
}
