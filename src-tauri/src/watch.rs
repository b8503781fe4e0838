//! Opens the gateway and keeps the tray in step with it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_gateway::events::{Alert, Event};
use tauri::{AppHandle, Manager};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use crate::app::{Opening, Shell};
use crate::engine::Engine;
use crate::menu::{Gateway, Glance};
use crate::notices::Notice;
use crate::{commands, tray};

/// Without events: the day ends, and the keychain may have been locked.
const IDLE: Duration = Duration::from_mins(1);
/// Busy gateways finish hundreds of requests a second; the label need not follow each.
const CALM: Duration = Duration::from_millis(500);

pub async fn run(app: AppHandle) {
    let shell = app.state::<Shell>();
    let options = shell.arguments.options(shell.data_dir.clone(), &shell.settings());
    let engine = match Engine::open(options).await {
        Ok(engine) => engine,
        Err(reason) => {
            tracing::error!(reason, "the gateway cannot start");
            shell.glance().gateway = Gateway::Broken(reason.clone());
            shell.engine.send_replace(Opening::Failed(reason.clone()));
            shell.episodes.tell(Notice::CannotStart { reason });
            tray::refresh(&app);
            return;
        }
    };
    let mut events = engine.events();
    tauri::async_runtime::spawn(tell_alerts(app.clone(), engine.alerts()));
    shell.engine.send_replace(Opening::Open(engine.clone()));
    commands::listen(&app, &engine).await;
    greet(&engine).await;
    loop {
        refresh(&app, &engine).await;
        // Waits for the first event, then for calm, so that a burst is one refresh.
        let mut until = Instant::now() + IDLE;
        let mut disturbed = false;
        loop {
            match timeout_at(until, events.recv()).await {
                Err(_) => break,
                Ok(Err(RecvError::Closed)) => return,
                Ok(Err(RecvError::Lagged(_))) => {}
                Ok(Ok(event)) => tell(&shell, event),
            }
            if !disturbed {
                disturbed = true;
                until = Instant::now() + CALM;
            }
        }
    }
}

/// The command line's program lies beside this one.
async fn greet(engine: &Engine) {
    let Ok(own) = std::env::current_exe() else { return };
    if let Some(greeting) = engine.greeting(&own.with_file_name("postern")).await {
        say(&greeting);
    }
}

#[expect(clippy::print_stderr, reason = "for whoever started it in a terminal")]
fn say(words: &str) {
    eprintln!("{words}");
}

/// Each alert is a notification, however busy the gateway is.
async fn tell_alerts(app: AppHandle, mut alerts: Receiver<Arc<Alert>>) {
    loop {
        match alerts.recv().await {
            Ok(alert) => {
                let (title, text) = alert.words(&TimeZone::system());
                app.state::<Shell>().episodes.tell(Notice::Alert { title, text });
            }
            Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "too many alerts for notifications"),
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(shell: &Shell, event: Event) {
    match event {
        Event::CredentialRefused { provider_name, message, .. } => {
            shell.episodes.tell(Notice::CredentialRefused { provider: provider_name, message });
        }
        Event::KeyRotated { label, previous_until, .. } => {
            shell
                .episodes
                .tell(Notice::KeyRotated { key: label, previous_until: local_time(previous_until) });
        }
        // Alerts come by a channel of their own.
        Event::Request(_) | Event::Stale(_) | Event::Listener | Event::Budget(_) | Event::Alert(_) => {}
    }
}

/// UTC milliseconds as the clock of this machine shows them.
fn local_time(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |moment| moment.to_zoned(TimeZone::system()).strftime("%-d %B, %H:%M").to_string(),
    )
}

/// Reads what the tray shows, and shows it.
pub async fn refresh(app: &AppHandle, engine: &Engine) {
    let shell = app.state::<Shell>();
    // One at a time, so that what is shown last was read last.
    let _one_at_a_time = shell.refreshing.lock().await;
    let before = shell.glance().clone();
    let fresh = engine.glance(before).await;
    let quitting = shell.glance().quitting;
    shell.episodes.gateway_is(&fresh.gateway);
    if let Gateway::Refused { address, taken, instead } = fresh.gateway {
        shell.episodes.tell(if taken {
            Notice::PortTaken { port: address.port(), instead }
        } else {
            Notice::CannotListen {
                reason: format!("Postern cannot listen on {address}. Choose another address."),
            }
        });
    }
    *shell.glance() = Glance { quitting, ..fresh };
    tray::refresh(app);
}
