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
    let url = base_url(address);
    out(&format!("postern: listening on {url}"))?;
    greet(&gateway, &url);
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

/// What a person needs next: where it is, how to get a key, and one line that works at once.
fn greet(gateway: &Gateway, url: &str) {
    let data_dir = gateway.engine().options.data_dir.display().to_string();
    let create = format!("postern keys create --data-dir '{data_dir}'");
    let key = match (gateway.new_admin_key(), &gateway.engine().options.admin_key) {
        (Some(made), _) => {
            note(&format!("\n  Administrator's key, shown this once: {}", made.expose()));
            made.expose().to_owned()
        }
        (None, Some(_)) => "$POSTERN_ADMIN_KEY".into(),
        (None, None) => format!("$({create})"),
    };
    let body = r#"{"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}"#;
    note(&format!(
        "
  Base URL   {url}/v1   (Anthropic clients: {url})
  Console    {url}/ui
  New key    {create}
  Try it     curl {url}/v1/chat/completions -H \"Authorization: Bearer {key}\" -H 'Content-Type: application/json' -d '{body}'
"
    ));
}
