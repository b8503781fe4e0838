//! The child process: where the binary is, its two output streams, signals, the end.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The line that says the gateway is ready begins with this; the URL follows.
const READY: &str = "postern: listening on ";

/// Far more than any start takes: it ends a hung test, and measures nothing.
const PATIENCE: Duration = Duration::from_mins(1);

/// Before a process that ignores SIGTERM is killed on drop.
const DROP_PATIENCE: Duration = Duration::from_secs(10);

pub struct Launch {
    /// The usual one where `None`.
    pub binary: Option<PathBuf>,
    pub arguments: Vec<OsString>,
    pub environment: BTreeMap<String, String>,
    pub home: PathBuf,
}

/// How a gateway ended.
#[derive(Debug)]
pub struct Stopped {
    pub status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
}

impl Stopped {
    /// The exit code; `None` if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(formatter, "{status}")?,
            None => formatter.write_str("it did not become ready")?,
        }
        write!(formatter, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

#[derive(Debug)]
pub struct Process {
    pub url: String,
    child: Child,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    ended: bool,
}

impl Process {
    pub fn start(launch: Launch) -> Result<Self, Stopped> {
        let binary = launch.binary.unwrap_or_else(binary);
        let mut command = Command::new(&binary);
        command.args(&launch.arguments).env_clear();
        // Only what a process needs to run at all: a developer's own keys, proxies and settings must not decide tests.
        for name in ["PATH", "TMPDIR", "TZ", "LANG", "RUST_BACKTRACE", "RUST_LOG", "LLVM_PROFILE_FILE"] {
            if let Some(value) = environment(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", &launch.home).envs(&launch.environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{} cannot be started: {error}", binary.display()));
        let (ready, is_ready) = mpsc::channel();
        let stdout = Arc::<Mutex<String>>::default();
        let stderr = Arc::<Mutex<String>>::default();
        let readers = vec![
            read(child.stdout.take().expect("piped"), Arc::clone(&stdout), Some(ready)),
            read(child.stderr.take().expect("piped"), Arc::clone(&stderr), None),
        ];
        let mut process = Self { url: String::new(), child, stdout, stderr, readers, ended: false };
        match is_ready.recv_timeout(PATIENCE) {
            Ok(url) => {
                process.url = url;
                Ok(process)
            }
            Err(RecvTimeoutError::Disconnected) => Err(process.wait()),
            Err(RecvTimeoutError::Timeout) => {
                process.kill();
                let stopped = process.wait();
                Err(Stopped { status: None, ..stopped })
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }

    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Waits for the end and for the last line of both streams.
    pub fn wait(&mut self) -> Stopped {
        let status = self.child.wait().ok();
        self.ended = true;
        for reader in self.readers.drain(..) {
            drop(reader.join());
        }
        Stopped { status, stdout: self.stdout(), stderr: self.stderr() }
    }

    fn signal(&self, signal: Signal) {
        if !self.ended
            && let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
        {
            // The one way to fail is that the process is gone already.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.terminate();
        let step = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        while let Ok(None) = self.child.try_wait() {
            if waited >= DROP_PATIENCE {
                self.kill();
                drop(self.child.wait());
                break;
            }
            std::thread::sleep(step);
            waited += step;
        }
        if std::thread::panicking() {
            use std::io::Write;
            drop(writeln!(std::io::stderr(), "--- stderr of postern\n{}", self.stderr()));
        }
    }
}

/// `POSTERN_BIN`, or the binary that cargo put beside the running test's directory.
fn binary() -> PathBuf {
    if let Some(named) = environment("POSTERN_BIN") {
        return named.into();
    }
    let own = std::env::current_exe().expect("a running program has a path");
    let beside = own.ancestors().skip(1).take(2).map(|directory| directory.join("postern"));
    beside.into_iter().find(|candidate| candidate.is_file()).unwrap_or_else(|| {
        panic!(
            "no `postern` beside {}: build it first (cargo build -p postern) or name it in POSTERN_BIN",
            own.display()
        )
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test harness passes its environment on; the gateway's config is not involved"
)]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn read(
    stream: impl Read + Send + 'static,
    into: Arc<Mutex<String>>,
    ready: Option<mpsc::Sender<String>>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let said = String::from_utf8_lossy(&line).into_owned();
            // Kept before it is acted on: who is told that the gateway is ready finds the line.
            into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&said);
            if let (Some(ready), Some(url)) = (&ready, said.trim_end().strip_prefix(READY)) {
                drop(ready.send(url.to_owned()));
            }
            line.clear();
        }
    })
}

fn text(of: &Mutex<String>) -> String {
    of.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
