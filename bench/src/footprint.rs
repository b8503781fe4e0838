//! Start, size and memory: of the headless gateway, and of the desktop app with no window open.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use postern_testkit::{CannedUpstream, Dialect, UpstreamOptions};
use tempfile::TempDir;

use crate::figures::{Figure, median};
use crate::load::{self, Rhythm, Until};
use crate::process::{self, Server};
use crate::rig::{self, Rig, Shape, Target};

/// Requests after which memory is looked at, and over how many connections.
const LOADED_REQUESTS: usize = 20_000;
const LOADED_CONNECTIONS: usize = 64;

/// Memory is read when start-up's or the load's own work has settled.
const SETTLED: Duration = Duration::from_secs(2);

/// Process start to the last byte of a first answer, on an empty data directory and on one that is in use.
pub async fn start(postern: &Path, times: usize) -> anyhow::Result<Vec<Figure>> {
    let upstream = CannedUpstream::start(Dialect::OpenAi, &UpstreamOptions::default())?;
    let (mut fresh, mut again, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..times {
        let data = TempDir::with_prefix("postern-bench-")?;
        for times in [&mut fresh, &mut again] {
            let gateway = rig::gateway(postern, data.path())?;
            times.push(first_answer(&gateway).await?);
        }
        let passthrough = rig::floor(&format!("http://{}", upstream.address()))?;
        let call = rig::demo_call(&passthrough);
        load::once(&call).await?;
        floor.push(passthrough.started.elapsed().as_secs_f64() * 1e3);
    }
    let floor = median(floor);
    Ok(vec![
        Figure::new("start to first answer, first start", "ms", median(fresh)).floor(floor).under(80.0),
        Figure::new("start to first answer, later starts", "ms", median(again)).floor(floor).under(80.0),
    ])
}

async fn first_answer(gateway: &Server) -> anyhow::Result<f64> {
    load::once(&rig::demo_call(gateway)).await.context("the built-in demo model did not answer")?;
    Ok(gateway.started.elapsed().as_secs_f64() * 1e3)
}

pub fn binary(postern: &Path) -> anyhow::Result<Figure> {
    let size = std::fs::metadata(postern)?.len() as f64 / 1e6;
    Ok(Figure::new("binary", "MB", size).under(40.0))
}

/// Memory of both processes before and after the load; also returns how many requests the gateway answered.
pub async fn memory(rig: &Rig) -> anyhow::Result<(Vec<Figure>, usize)> {
    let both = |rig: &Rig| anyhow::Ok((megabytes(rig.postern.resident()?), megabytes(rig.floor.resident()?)));
    tokio::time::sleep(SETTLED).await;
    let idle = both(rig)?;
    for target in [Target::Floor, Target::Postern] {
        let call = rig.call(target, Shape::Small);
        load::run(&call, LOADED_CONNECTIONS, Rhythm::Closed, Until::Requests(LOADED_REQUESTS)).await?;
    }
    tokio::time::sleep(SETTLED).await;
    let loaded = both(rig)?;
    let figures = vec![
        Figure::new("resident, idle", "MB", idle.0).floor(idle.1).under(25.0),
        Figure::new("resident, after 20,000 requests", "MB", loaded.0).floor(loaded.1).under(50.0),
    ];
    Ok((figures, LOADED_REQUESTS))
}

/// The desktop app with no window, on a display and a session bus of its own: after its window was closed, and before
/// there was one.
pub fn desktop(program: &Path) -> Vec<Figure> {
    const CLOSED: &str = "desktop resident, window closed";
    const UNOPENED: &str = "desktop resident, never a window";
    const WEBKIT: &str = "WebKit processes, window closed";
    match desktop_session(program) {
        Ok(said) => {
            let number = |state: &str, column: usize| {
                let line = said.lines().find(|line| line.starts_with(state)).unwrap_or_default();
                line.split(' ').nth(column).and_then(|word| word.parse::<f64>().ok()).unwrap_or(f64::NAN)
            };
            vec![
                Figure::new(UNOPENED, "MB", megabytes(number("unopened", 1) / 1024.0)).under(80.0),
                Figure::new(CLOSED, "MB", megabytes(number("closed", 1) / 1024.0)).under(80.0),
                Figure::new(WEBKIT, "", number("closed", 2)).under(1.0),
            ]
        }
        Err(why) => vec![Figure::missing(CLOSED, "MB", format!("{why:#}"))],
    }
}

fn desktop_session(program: &Path) -> anyhow::Result<String> {
    ensure!(program.is_file(), "{} is not built", program.display());
    let missing = ["xvfb-run", "dbus-run-session", "openbox", "xdotool"]
        .into_iter()
        .find(|tool| !process::on_path(tool));
    if let Some(missing) = missing {
        bail!("{missing} is not installed");
    }
    let home = TempDir::with_prefix("postern-bench-")?;
    let mut command = Command::new("timeout");
    command.args(["120", "xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "dbus-run-session", "--"]);
    command.arg("bench/desktop-session.sh").arg(program.canonicalize()?).arg(home.path().join("data"));
    // Nothing of the user's own session.
    command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path()).env("NO_AT_BRIDGE", "1");
    for name in
        ["DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"]
    {
        command.env_remove(name);
    }
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", said.lines().last().unwrap_or("it did not end in time"));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn megabytes(mebibytes: f64) -> f64 {
    mebibytes * 1.048_576
}
