//! `postern serve`: open, listen, say where, wait for a signal, drain.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use postern_gateway::engine::base_url;
use postern_gateway::{Gateway, Options};
use tokio::signal::unix::{SignalKind, signal};

use crate::{note, out};

pub async fn run(options: Options, grace: Duration) -> Result<ExitCode> {
    // Before listening: a signal that comes at once must find its handler.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
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
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    note("postern: draining; once more to stop at once");
    tokio::select! {
        () = gateway.shutdown(grace) => Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => Ok(ExitCode::FAILURE),
        _ = interrupt.recv() => Ok(ExitCode::FAILURE),
    }
}
