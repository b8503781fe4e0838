//! Puts the shell together: what happens from `main` to the event loop, and what every part shares.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Parser;
use tauri::{AppHandle, Manager};
use tokio::sync::watch;

use crate::arguments::Arguments;
use crate::clipboard::Clipboard;
use crate::engine::Engine;
use crate::menu::{Gateway, Glance};
use crate::notices::{Episodes, Notice};
use crate::settings::Settings;
use crate::tray::{self, Tray};
use crate::window::Window;
use crate::{commands, environment, quit, view, watch as watching, window};

/// At login the panel often comes up after us.
const TRAY_HOST_PATIENCE: Duration = Duration::from_secs(8);

/// Shared by the whole shell, as Tauri's managed state.
pub struct Shell {
    pub data_dir: PathBuf,
    pub arguments: Arguments,
    pub engine: watch::Sender<Opening>,
    pub tray: Option<Tray>,
    pub episodes: Episodes,
    pub clipboard: Clipboard,
    pub window: Window,
    pub refreshing: tokio::sync::Mutex<()>,
    glance: Mutex<Glance>,
    settings: Mutex<Settings>,
}

/// How far the gateway is.
#[derive(Clone)]
pub enum Opening {
    UnderWay,
    Open(Engine),
    /// A sentence for the user.
    Failed(String),
}

impl Shell {
    fn new(arguments: Arguments, data_dir: PathBuf, settings: Settings, tray: Option<Tray>) -> Self {
        Self {
            data_dir,
            arguments,
            engine: watch::Sender::new(Opening::UnderWay),
            tray,
            episodes: Episodes::default(),
            clipboard: Clipboard::default(),
            window: Window::default(),
            refreshing: tokio::sync::Mutex::default(),
            glance: Mutex::default(),
            settings: Mutex::new(settings),
        }
    }

    /// The engine, once it is open; the reason if it never will be.
    pub async fn engine(&self) -> Result<Engine, String> {
        let mut opening = self.engine.subscribe();
        let known = opening.wait_for(|opening| !matches!(opening, Opening::UnderWay)).await;
        match known.as_deref() {
            Ok(Opening::Open(engine)) => Ok(engine.clone()),
            Ok(Opening::Failed(reason)) => Err(reason.clone()),
            _ => Err("Postern is ending.".to_owned()),
        }
    }

    /// The engine, if it is open now.
    pub fn engine_now(&self) -> Option<Engine> {
        match &*self.engine.borrow() {
            Opening::Open(engine) => Some(engine.clone()),
            _ => None,
        }
    }

    pub fn glance(&self) -> MutexGuard<'_, Glance> {
        self.glance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let before = settings.clone();
        change(&mut settings);
        if *settings != before
            && let Err(error) = settings.write(&self.data_dir)
        {
            tracing::warn!(%error, "desktop.json could not be written");
        }
    }

    pub fn remember_welcome(&self) {
        self.change_settings(|settings| settings.welcomed = true);
    }
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    match run(arguments) {
        Ok(code) => code,
        Err(sentence) => {
            complain(&sentence);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "started by hand, and there may be no window to say it in")]
fn complain(sentence: &str) {
    eprintln!("postern-desktop: {sentence}");
}

fn start_log() {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_env("POSTERN_LOG").unwrap_or_else(|_| EnvFilter::new("warn,postern=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .compact()
        .init();
}

fn run(arguments: Arguments) -> Result<ExitCode, String> {
    // Before GTK, which panics without a display.
    if !environment::has_display() {
        return Err("There is no display to show a window on. On a machine without one, run: postern serve"
            .to_owned());
    }
    let data_dir = arguments.data_dir()?;
    if arguments.window {
        return view::run(data_dir);
    }
    if environment::would_load_gl() {
        start_again_without_gl();
    }
    let settings = Settings::read(&data_dir);

    let runtime = start_runtime()?;
    let instance = tauri_plugin_single_instance::Builder::new()
        .callback(|app, arguments, _| commands::another_start(app, &arguments))
        .dbus_id(Arguments::instance_name(&data_dir))
        .build();
    let app = tauri::Builder::default()
        .plugin(instance)
        .setup(move |app| {
            let handle = app.handle();
            if arguments.quit {
                // No other instance took the message, so there is nothing to end.
                handle.exit(0);
                return Ok(());
            }
            let tray = tray::build(handle);
            let (show, has_tray) = (arguments.show || !settings.welcomed, tray.is_some());
            app.manage(Shell::new(arguments, data_dir, settings, tray));
            if show {
                window::open(handle);
            }
            tauri::async_runtime::spawn(watching::run(handle.clone()));
            tauri::async_runtime::spawn(quit::on_signal(handle.clone()));
            tauri::async_runtime::spawn(without_tray(handle.clone(), has_tray));
            Ok(())
        })
        .build(context())
        .map_err(|error| format!("The desktop could not be reached: {error}."))?;

    let code = app.run_return(|_, _| {});
    // What the runtime still holds is cut off here: whatever mattered was waited for by `quit`.
    runtime.shutdown_timeout(Duration::from_millis(500));
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// With nothing that shows a tray icon, a program without a window would be out of reach: opens the window and says so.
async fn without_tray(app: AppHandle, has_tray: bool) {
    let looked_at = tokio::time::Instant::now();
    while has_tray && looked_at.elapsed() < TRAY_HOST_PATIENCE {
        if tauri::async_runtime::spawn_blocking(environment::has_tray_host).await.unwrap_or(true) {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    app.state::<Shell>().episodes.tell(Notice::NoTray);
    if !window::is_open(&app) {
        window::open(&app);
    }
}

/// In this process's place, since its environment cannot be changed while it runs. Returns only where that fails, and then
/// all is as it was but for the memory.
fn start_again_without_gl() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let (name, value) = environment::WITHOUT_GL;
        let Ok(program) = std::env::current_exe() else { return };
        let mut command = std::process::Command::new(program);
        let mut arguments = std::env::args_os();
        if let Some(own_name) = arguments.next() {
            command.arg0(own_name);
        }
        let error = command.args(arguments).env(name, value).exec();
        tracing::debug!(%error, "not started again");
    }
}

/// Configuration, capabilities and the console's files. In one place, since each use of the macro embeds them anew.
pub fn context() -> tauri::Context {
    tauri::generate_context!()
}

pub fn start_runtime() -> Result<tokio::runtime::Runtime, String> {
    // A gateway for one person needs no thread per core, and its window even less.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("No threads could be started: {error}."))?;
    tauri::async_runtime::set(runtime.handle().clone());
    Ok(runtime)
}

impl Glance {
    /// Whether the user can be given a base URL.
    pub fn base_url(&self) -> Option<String> {
        match self.gateway {
            Gateway::On(address) => Some(postern_gateway::engine::base_url(address)),
            _ => None,
        }
    }
}
