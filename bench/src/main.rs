//! `bench`: what the gateway costs, in figures, on this machine.
//!
//! A load generator (`load`), a canned upstream (from the testkit) and a bare pass-through (`bin/passthrough.rs`, the
//! floor) on loopback; `rig` starts them, `rounds`, `failover` and `footprint` measure, `report` prints and keeps. Absolute
//! figures belong to a machine and a moment; what carries over is the ratio to the floor of the same run.
//!
//! Depends on the testkit and on the gateway's binary, never on the gateway's code.

mod failover;
mod figures;
mod footprint;
mod load;
mod process;
mod report;
mod rig;
mod rounds;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use clap::Parser;

use crate::rig::Rig;
use crate::rounds::Effort;

/// Measures postern against a bare pass-through and against calling the upstream directly.
#[derive(Parser)]
struct Arguments {
    /// The release binary to measure.
    #[arg(long, default_value = "target/release/postern")]
    postern: PathBuf,
    /// The release binary of the desktop app. [default: postern-desktop beside the other]
    #[arg(long)]
    desktop: Option<PathBuf>,
    /// One short round: shows that everything works, measures roughly.
    #[arg(long)]
    quick: bool,
    /// Rounds, each with every target and every load.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Print the change against the file of an earlier run.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/out")]
    out: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let postern = arguments.postern.as_path();
    ensure!(postern.is_file(), "{} is not there: cargo build --release -p postern", postern.display());
    let desktop = arguments.desktop.clone().unwrap_or_else(|| postern.with_file_name("postern-desktop"));
    let effort = if arguments.quick {
        Effort { rounds: 1, each: Duration::from_millis(500) }
    } else {
        Effort { rounds: arguments.rounds, each: Duration::from_secs(2) }
    };

    let mut figures = vec![footprint::binary(postern)?];
    say("start");
    figures.extend(footprint::start(postern, if arguments.quick { 3 } else { 10 }).await?);
    say("memory");
    let rig = Rig::start(postern).await?;
    let (memory, mut answered) = footprint::memory(&rig).await?;
    figures.extend(memory);
    let samples = rounds::measure(&rig, effort, &mut answered).await?;
    figures.extend(samples.figures());
    say("failover");
    figures.extend(failover::measure(&rig, effort, &mut answered).await?);
    figures.push(rig.ledger(answered).await);
    drop(rig);
    say("desktop");
    figures.extend(footprint::desktop(&desktop));

    print(&report::table(&figures))?;
    let document = report::document(&figures, arguments.quick, seconds());
    let file = report::write(&arguments.out, &document)?;
    print(&format!("\nKept in {}", file.display()))?;
    if let Some(earlier) = &arguments.compare {
        print(&format!("\n{}", report::comparison(Path::new(earlier), &figures)?))?;
    }
    Ok(())
}

/// Progress, on stderr.
fn say(what: &str) {
    drop(writeln!(std::io::stderr(), "bench: {what}"));
}

fn print(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}

/// Now, in seconds since 1970: names a run.
#[expect(clippy::disallowed_methods, reason = "no test depends on when a benchmark ran")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
