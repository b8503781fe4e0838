//! The harness against a stand-in that speaks its start-up protocol, so that it is tested without the gateway.

use std::os::unix::fs::PermissionsExt;

use super::process::{Launch, Process};

fn start(script: &str) -> (Result<Process, super::Stopped>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let binary = directory.path().join("stand-in");
    std::fs::write(&binary, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    let launch = Launch {
        binary: Some(binary),
        arguments: vec!["serve".into()],
        environment: [("POSTERN_ADMIN_KEY".to_owned(), "sk-admin".to_owned())].into(),
        home: directory.path().to_path_buf(),
    };
    (Process::start(launch), directory)
}

#[test]
fn waits_for_the_line_and_passes_arguments_on() {
    let (started, _directory) = start(
        "echo \"got $1 $POSTERN_ADMIN_KEY\" >&2; echo other; echo 'postern: listening on http://127.0.0.1:7'; exec sleep 600",
    );
    let mut process = started.unwrap();
    assert_eq!(process.url, "http://127.0.0.1:7");
    process.kill();
    let stopped = process.wait();
    assert_eq!(stopped.code(), None, "killed by a signal");
    assert_eq!(stopped.stderr.lines().next(), Some("got serve sk-admin"));
    assert_eq!(stopped.stdout, "other\npostern: listening on http://127.0.0.1:7\n");
}

#[test]
fn tells_how_a_process_ended_that_never_listened() {
    let (started, _directory) = start("echo 'the port is in use' >&2; exit 3");
    let stopped = started.unwrap_err();
    assert_eq!(stopped.code(), Some(3));
    assert_eq!(stopped.stderr, "the port is in use\n");
}

#[test]
fn terminates_with_a_chance_to_clean_up() {
    let (started, directory) = start(
        "trap 'echo clean > \"$HOME/cleaned\"; exit 0' TERM\necho 'postern: listening on http://127.0.0.1:7'\nwhile :; do sleep 0.01; done",
    );
    let mut process = started.unwrap();
    process.terminate();
    assert_eq!(process.wait().code(), Some(0));
    assert_eq!(std::fs::read_to_string(directory.path().join("cleaned")).unwrap(), "clean\n");
}
