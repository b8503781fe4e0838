//! Start, size and memory: of the headless gateway, and of the desktop app with no window open.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
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

/// The desktop app with its window closed, on a display and a session bus of its own.
pub async fn desktop(program: &Path) -> Figure {
    const NAME: &str = "desktop resident, no window";
    if !program.is_file() {
        return Figure::missing(NAME, "MB", format!("{} is not built", program.display()));
    }
    if let Some(missing) = ["xvfb-run", "dbus-run-session"].into_iter().find(|tool| !process::on_path(tool)) {
        return Figure::missing(NAME, "MB", format!("{missing} is not installed"));
    }
    match desktop_resident(program).await {
        Ok(resident) => Figure::new(NAME, "MB", resident).under(80.0),
        Err(why) => Figure::missing(NAME, "MB", format!("{why:#}")),
    }
}

async fn desktop_resident(program: &Path) -> anyhow::Result<f64> {
    let data = TempDir::with_prefix("postern-bench-")?;
    // A first start opens the window; the one after it does not.
    desktop_once(program, data.path()).await?;
    desktop_once(program, data.path()).await?.context("its window is open, so this would measure WebKit")
}

/// Memory of the app some seconds after its start; `None` while it has WebKit processes.
async fn desktop_once(program: &Path, data: &Path) -> anyhow::Result<Option<f64>> {
    let mut command = Command::new("xvfb-run");
    command.args(["-a", "-s", "-screen 0 1280x800x24", "dbus-run-session", "--"]).arg(program);
    command.args(["--listen", "127.0.0.1:0", "--vault", "memory", "--data-dir"]).arg(data);
    command
        .env("HOME", data)
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut session = command.spawn()?;
    tokio::time::sleep(3 * SETTLED).await;
    let name = program.file_name().context("a program has a name")?.to_string_lossy().into_owned();
    let family = process::descendants(session.id());
    let found = family.iter().find(|child| name.starts_with(&child.name) && !child.name.is_empty());
    let measured = match found {
        Some(app) if !family.iter().any(|child| child.name.contains("WebKit")) => {
            process::resident(app.pid).map(Some)
        }
        Some(_) => Ok(None),
        None => Err(anyhow::anyhow!("it ended by itself")),
    };
    if let Some(app) = found {
        process::terminate(app.pid);
    }
    // xvfb-run ends with its command, and takes the display along.
    for _ in 0..100 {
        if !matches!(session.try_wait(), Ok(None)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    process::end(&mut session);
    Ok(measured?.map(megabytes))
}

fn megabytes(mebibytes: f64) -> f64 {
    mebibytes * 1.048_576
}
