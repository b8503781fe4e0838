//! The one way to end: what is under way is finished first.

use tauri::{AppHandle, Manager};

use crate::app::Shell;
use crate::{tray, window};

/// Drains and ends with code 0. Asked twice, it ends at once: the user has waited long enough.
pub fn begin(app: &AppHandle) {
    let shell = app.state::<Shell>();
    let again = std::mem::replace(&mut shell.glance().quitting, true);
    if again {
        app.exit(0);
        return;
    }
    tray::refresh(app);
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        // Gone at once: whoever has quit does not want to look at it while streams finish.
        let gateway = async {
            if let Some(engine) = app.state::<Shell>().engine_now() {
                engine.shut_down().await;
            }
        };
        tokio::join!(window::close(&app), gateway);
        app.exit(0);
    });
}

/// The session ending, a service manager, or Ctrl-C: as if Quit had been chosen.
pub async fn on_signal(app: AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::warn!("signals cannot be handled; end Postern from its menu");
            return;
        };
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            begin(&app);
        }
    }
    #[cfg(not(unix))]
    while tokio::signal::ctrl_c().await.is_ok() {
        begin(&app);
    }
}
