//! The keychain for real: gnome-keyring on a private session bus, and the choice of vault with and without one.
//!
//! libdbus reads the bus address once per process, so every case runs in a process of its own: this program, started
//! again inside a bus made for it. Start with `keychain/run.rs`; the cases are in `keychain/cases.rs`, the buses in
//! `keychain/session.rs`.

#![cfg_attr(
    all(unix, not(target_os = "macos")),
    expect(clippy::print_stdout, clippy::unwrap_used, reason = "a test program with its own main")
)]

#[cfg(all(unix, not(target_os = "macos")))]
#[path = "keychain/cases.rs"]
mod cases;
#[cfg(all(unix, not(target_os = "macos")))]
#[path = "keychain/run.rs"]
mod run;
#[cfg(all(unix, not(target_os = "macos")))]
#[path = "keychain/session.rs"]
mod session;

#[cfg(all(unix, not(target_os = "macos")))]
fn main() -> std::process::ExitCode {
    run::main()
}

/// Elsewhere the keychain is part of the user's own session, which tests leave alone.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn main() {}
