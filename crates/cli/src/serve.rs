//! `postern serve`: open, listen, say where, wait for a signal, drain.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use postern_gateway::engine::base_url;
use postern_gateway::{Gateway, Options};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{note, out};

pub async fn run(options: Options, grace: Duration) -> Result<ExitCode> {
    // Before listening: a signal that comes at once must find its handler.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Without a file to read again, the end of a terminal is the end of what runs in it.
    let mut hangup = options.config.is_some().then(|| signal(SignalKind::hangup())).transpose()?;
    let gateway = Gateway::open(options).await?;
    let address = match gateway.listen().await {
        Ok(address) => address,
        Err(error) => {
            gateway.shutdown(Duration::ZERO).await;
            return Err(error.into());
        }
    };
    out(&format!("postern: listening on {}", base_url(address)))?;
    let program = std::env::current_exe().unwrap_or_else(|_| "postern".into());
    note(&gateway.greeting(address, &program));
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = next(&mut hangup) => gateway.reload().await,
        }
    }
    note("postern: draining; once more to stop at once");
    tokio::select! {
        () = gateway.shutdown(grace) => Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => Ok(ExitCode::FAILURE),
        _ = interrupt.recv() => Ok(ExitCode::FAILURE),
    }
}

/// The next of a signal that may not be listened to.
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
