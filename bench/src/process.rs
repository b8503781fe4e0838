//! Child processes under measurement: started, waited for by the line they print, read through `/proc`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A program that prints `NAME: listening on http://ADDRESS` when it is ready. Ended when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Kept open: a program that prints more must not find its reader gone.
    stdout_reader: Option<BufReader<ChildStdout>>,
    /// `ADDRESS`.
    pub address: String,
    /// When the process was started.
    pub started: Instant,
}

impl Server {
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{program} cannot be started"))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut server = Self { child, stdout_reader: None, address: String::new(), started };
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.trim_end().split_once(": listening on http://") {
                address.clone_into(&mut server.address);
                server.stdout_reader = Some(lines);
                return Ok(server);
            }
            line.clear();
        }
        bail!("{program} ended before it listened: {}", server.child.wait()?)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time so far, of all its threads.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.pid())
    }

    /// Resident memory now, in MiB.
    pub fn resident(&self) -> anyhow::Result<f64> {
        resident(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// SIGTERM.
fn terminate(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // The one way to fail is that it is gone already.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// SIGTERM, and SIGKILL for what has not ended after five seconds.
fn end(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        terminate(child.id());
    }
    let asked = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if asked.elapsed() > Duration::from_secs(5) {
            drop(child.kill());
            drop(child.wait());
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the process has ended")?;
    parse_cpu(&stat, rustix::param::clock_ticks_per_second()).context("/proc/PID/stat is not as documented")
}

/// Fields 14 and 15 (user and system time in ticks); the second field is a name that may contain spaces.
fn parse_cpu(stat: &str, ticks_per_second: u64) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_secs_f64(ticks as f64 / ticks_per_second as f64))
}

fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the process has ended")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS in /proc/PID/status")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// Whether one of the directories in `PATH` has this program.
pub fn on_path(program: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration of its own")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| Path::new(&directory).join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_user_and_system_time() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 4 0 1000 1 1";
        assert_eq!(parse_cpu(stat, 100), Some(Duration::from_secs(2)));
        assert_eq!(parse_cpu("7 (short) S 1", 100), None);
    }

    #[test]
    fn own_memory_and_time_can_be_read() {
        assert!(resident(std::process::id()).unwrap() > 0.1);
        assert!(cpu(std::process::id()).is_ok());
    }
}
