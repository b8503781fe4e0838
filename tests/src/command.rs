//! The `postern` command, run to its end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Output {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// `POSTERN_BIN`, or the binary that cargo put beside the running test's directory.
#[expect(
    clippy::disallowed_methods,
    reason = "a test harness is told by its environment; the gateway's config is not involved"
)]
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("POSTERN_BIN") {
        return named.into();
    }
    let own = std::env::current_exe().expect("a running program has a path");
    let beside = own.ancestors().skip(1).take(2).map(|directory| directory.join("postern"));
    beside.into_iter().find(|candidate| candidate.is_file()).expect("build it first: cargo build -p postern")
}

/// Runs `postern` with these arguments, a home of its own and nothing else in its environment.
pub async fn postern<S: AsRef<OsStr>>(home: &Path, arguments: impl IntoIterator<Item = S>) -> Output {
    let output = tokio::process::Command::new(binary())
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_mins(1), output)
        .await
        .expect("the command ends within a minute")
        .expect("the command can be started");
    Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
