//! What choosing a deployment costs by itself: no network, one thread. `make bench-routing` builds it for release and runs
//! it. Times are medians of many rounds.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by ending")]
#![expect(clippy::print_stdout, reason = "tables are for people")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_gateway::clock::Moment;
use postern_gateway::condition::{CooldownRules, Trouble};
use postern_gateway::config::{ConfigFile, RoutingSettings, Strategy};
use postern_gateway::error::ErrorClass;
use postern_gateway::routing::{Course, Dice, Facts, Kind, Step, Surroundings, Wanted, Wishes, choose};
use postern_gateway::snapshot::{Group, Sources, build};
use serde_json::json;

const ROUNDS: usize = 200;
const CALLS: u32 = 500;

struct Nobody;

impl Surroundings for Nobody {
    fn others(&self, _: &str, _: Kind) -> Vec<Arc<Group>> {
        Vec::new()
    }

    fn turn(&self) -> u64 {
        1
    }
}

/// A group of so many deployments, of which a tenth cool down.
fn group(count: usize, limited: bool) -> Arc<Group> {
    let models: Vec<_> = (0..count)
        .map(|index| {
            let mut params = json!({
                "model": "openai/gpt-4o-mini", "api_base": "http://127.0.0.1:1/v1", "weight": 1 + index % 7,
                "order": index % 2,
            });
            if limited {
                params["rpm"] = json!(1_000_000_000);
                params["tpm"] = json!(1_000_000_000);
            }
            json!({"model_name": "g", "model_info": {"id": index.to_string()}, "litellm_params": params})
        })
        .collect();
    let config =
        ConfigFile { models: serde_json::from_value(models.into()).unwrap(), ..ConfigFile::default() };
    let group = build(Sources::empty(&config)).groups["g"].clone();
    let now = Moment::now();
    for (index, deployment) in group.deployments.iter().enumerate() {
        let mut flight = deployment.condition.begin(now, index as u64, 10, false).unwrap();
        if index % 10 == 9 {
            let retry_after = Some(Duration::from_hours(1));
            let trouble = Trouble { class: ErrorClass::RateLimit, status: 429, retry_after, reason: "" };
            flight.failed(now, &trouble, &CooldownRules::default());
        } else {
            flight.answered(now.plus(Duration::from_millis(100 + index as u64)));
        }
    }
    group
}

/// Nanoseconds of one call, the median of many rounds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..CALLS {
                work();
            }
            started.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    println!("{:<36}{:>12}{:>12}{:>12}", "one choice, ns", "2", "20", "200");
    let strategies = [
        Strategy::Shuffle,
        Strategy::LeastBusy,
        Strategy::LowestLatency,
        Strategy::LowestCost,
        Strategy::LeastUsed,
        Strategy::Priority,
        Strategy::RoundRobin,
    ];
    for limited in [false, true] {
        let groups = [2, 20, 200].map(|count| group(count, limited));
        for strategy in strategies {
            let wanted = Wanted { strategy, tokens: 1000, ..Wanted::default() };
            let name = format!("{}{}", strategy.as_str(), if limited { ", with rpm and tpm" } else { "" });
            let times = groups.each_ref().map(|group| {
                let (mut dice, now) = (Dice::new(1), Moment::now());
                median(|| {
                    black_box(choose(black_box(group), &wanted, &[], now, &mut dice).is_ok());
                })
            });
            println!("{name:<36}{:>12.0}{:>12.0}{:>12.0}", times[0], times[1], times[2]);
        }
    }
    let settings = Arc::new(RoutingSettings::default());
    let groups = [2, 20, 200].map(|count| group(count, false));
    let whole = groups.each_ref().map(|group| {
        let mut dice = Dice::new(1);
        median(|| {
            let now = Moment::now();
            let mut course = Course::new(settings.clone(), group.clone(), Wishes::default());
            if let Step::Try(mut attempt) = course.next(now, &Nobody, &mut dice) {
                attempt.flight.answered(now);
            }
        })
    });
    println!("{:<36}{:>12.0}{:>12.0}{:>12.0}", "a request that is answered", whole[0], whole[1], whole[2]);
    let failing = groups.each_ref().map(|group| {
        let mut dice = Dice::new(1);
        let rules = CooldownRules { enabled: false, ..CooldownRules::default() };
        median(|| {
            let now = Moment::now();
            let mut course = Course::new(settings.clone(), group.clone(), Wishes::default());
            if let Step::Try(mut attempt) = course.next(now, &Nobody, &mut dice) {
                let class = ErrorClass::Internal;
                let trouble = Trouble { class, status: 500, retry_after: None, reason: "it failed" };
                attempt.flight.failed(now, &trouble, &rules);
                course.failed(
                    &Facts {
                        class,
                        is_upstreams: true,
                        does_not_fit: false,
                        may_pass: true,
                        retry_after: None,
                    },
                    &mut dice,
                );
            }
            if let Step::Try(mut attempt) = course.next(now, &Nobody, &mut dice) {
                attempt.flight.answered(now);
            }
        })
    });
    println!(
        "{:<36}{:>12.0}{:>12.0}{:>12.0}",
        "one that fails over first", failing[0], failing[1], failing[2]
    );
}
