//! The one window, seen from the shell: a process of its own (`view.rs`), started to open it. What WebKit and GTK hold
//! for a page (some 90 MB in the process, and processes of their own) is only given back by a process that ends, so
//! closing the window ends it.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postern_gateway::config::environment as variable;
use tauri::async_runtime::JoinHandle;
use tauri::{AppHandle, Manager};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::app::Shell;
use crate::commands;
use crate::environment::WITHOUT_GL;
use crate::seam::{self, ToShell, ToWindow};

/// How long a window that is told to end, or was closed, may take; one that hangs is ended by force.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// The window's process, if there is one.
#[derive(Default)]
pub struct Window(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    started: u64,
    running: Option<Running>,
}

struct Running {
    lines: Lines,
    /// It was asked to come to the front, and has not said that it did.
    raise_pending: bool,
    /// It is on its way out: what it says of being shown is of no account.
    closing: bool,
    /// Dropped to end it.
    close: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

type Lines = mpsc::UnboundedSender<ToWindow>;

impl Window {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the window to the front, starting it if there is none. Returns at once.
pub fn open(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if shell.glance().quitting {
        return;
    }
    let mut slot = shell.window.slot();
    if let Some(running) = &mut slot.running {
        // It may be closing just now and never read this; `run` looks at the mark when it has ended.
        running.raise_pending = true;
        let _ = running.lines.send(ToWindow::Raise);
        return;
    }
    slot.started += 1;
    let (lines, to_write) = mpsc::unbounded_channel();
    let (close, closing) = oneshot::channel();
    let task = tauri::async_runtime::spawn(run(app.clone(), slot.started, lines.clone(), to_write, closing));
    slot.running =
        Some(Running { lines, raise_pending: false, closing: false, close: Some(close), task: Some(task) });
}

pub fn is_open(app: &AppHandle) -> bool {
    app.state::<Shell>().window.slot().running.is_some()
}

/// Ends the window and waits for it.
pub async fn close(app: &AppHandle) {
    let task = {
        let shell = app.state::<Shell>();
        let mut slot = shell.window.slot();
        slot.running.as_mut().and_then(|running| {
            running.close = None;
            running.task.take()
        })
    };
    if let Some(task) = task
        && let Err(error) = task.await
    {
        tracing::warn!(%error, "the window did not end in order");
    }
}

/// One window from its start to its end.
async fn run(
    app: AppHandle,
    number: u64,
    lines: Lines,
    to_write: mpsc::UnboundedReceiver<ToWindow>,
    closing: oneshot::Receiver<()>,
) {
    let shell = app.state::<Shell>();
    match start(&shell.data_dir) {
        Ok(child) => live(&app, child, lines, to_write, closing).await,
        Err(error) => tracing::error!(%error, "the window could not be started"),
    }
    let raise_pending = {
        let mut slot = shell.window.slot();
        debug_assert_eq!(slot.started, number, "one window at a time");
        slot.running.take().is_some_and(|running| running.raise_pending)
    };
    // Somebody wanted to see it while it was closing.
    if raise_pending {
        open(&app);
    }
}

fn start(data_dir: &Path) -> std::io::Result<Child> {
    let mut command = Command::new(own_program()?);
    #[cfg(unix)]
    {
        // The window's class, by which panels find its icon, comes from this name.
        command.arg0("postern-desktop");
        // Ctrl-C in a terminal is for the shell, which then ends the window in order.
        command.process_group(0);
    }
    // The page may well use GL, unless the user has said otherwise.
    let (name, value) = WITHOUT_GL;
    if variable(name).as_deref() == Some(value) {
        command.env_remove(name);
    }
    command.arg("--window").arg("--data-dir").arg(data_dir);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()
}

/// The program that runs now, and not what an update has since put in its place: the two sides of the seam belong together.
fn own_program() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

async fn live(
    app: &AppHandle,
    mut child: Child,
    lines: Lines,
    to_write: mpsc::UnboundedReceiver<ToWindow>,
    closing: oneshot::Receiver<()>,
) {
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return };
    let closed = Arc::new(Notify::new());
    // Each for itself, so that a window that neither reads nor ends holds nothing up.
    let tasks = [
        tauri::async_runtime::spawn(write(input, to_write)),
        tauri::async_runtime::spawn(read(app.clone(), output, lines.clone(), closed.clone())),
        tauri::async_runtime::spawn(introduce(app.clone(), lines)),
    ];
    let ended = tokio::select! {
        // Not the end of its output: what it started (WebKit, a browser) may hold that open.
        ended = child.wait() => ended.map(Some),
        () = closed.notified() => end(&mut child).await,
        _ = closing => {
            // The end of its input tells it.
            tasks[0].abort();
            end(&mut child).await
        }
    };
    for task in tasks {
        task.abort();
    }
    match ended {
        Ok(None) => tracing::warn!("the window hung and was ended by force"),
        Ok(Some(status)) if status.success() => tracing::debug!("the window was closed"),
        Ok(Some(status)) => tracing::error!(%status, "the window ended unexpectedly; it can be opened again"),
        Err(error) => tracing::error!(%error, "what became of the window is not known"),
    }
}

/// How it ended by itself; `None` for one that had to be killed.
async fn end(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    if let Ok(ended) = tokio::time::timeout(END_PATIENCE, child.wait()).await {
        return ended.map(Some);
    }
    child.kill().await.map(|()| None)
}

/// Tells the window how the gateway's start went, once that is known.
async fn introduce(app: AppHandle, lines: Lines) {
    let gateway = match app.state::<Shell>().engine().await {
        Ok(_) => ToWindow::GatewayOpen,
        Err(reason) => ToWindow::GatewayFailed(reason),
    };
    let _ = lines.send(gateway);
}

async fn write(mut input: ChildStdin, mut lines: mpsc::UnboundedReceiver<ToWindow>) {
    while let Some(message) = lines.recv().await {
        if let Err(error) = input.write_all(seam::line(&message).as_bytes()).await {
            tracing::debug!(%error, "the window does not listen any more");
            return;
        }
    }
}

async fn read(app: AppHandle, output: ChildStdout, lines: Lines, closed: Arc<Notify>) {
    let mut heard = BufReader::new(output).lines();
    while let Ok(Some(line)) = heard.next_line().await {
        match seam::understood(&line) {
            Some(ToShell::Shown) => {
                let shell = app.state::<Shell>();
                if let Some(running) = &mut shell.window.slot().running
                    && !running.closing
                {
                    running.raise_pending = false;
                }
                shell.remember_welcome();
            }
            Some(ToShell::Closing) => {
                if let Some(running) = &mut app.state::<Shell>().window.slot().running {
                    running.closing = true;
                }
                closed.notify_one();
            }
            Some(ToShell::Question { number, ask }) => {
                let (app, lines) = (app.clone(), lines.clone());
                tauri::async_runtime::spawn(async move {
                    let outcome = commands::answer(app, ask).await;
                    let _ = lines.send(ToWindow::Answer { to: number, outcome });
                });
            }
            None => {}
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_hangs_is_ended_by_force_and_what_ends_is_not() {
        let started = |program: &str, argument: &str| Command::new(program).arg(argument).spawn().unwrap();
        let mut hanging = started("sleep", "600");
        assert!(end(&mut hanging).await.unwrap().is_none());
        assert!(hanging.id().is_none(), "it is still there");
        let mut ending = started("sleep", "0");
        assert!(end(&mut ending).await.unwrap().is_some_and(|status| status.success()));
    }
}
