//! `postern`: the gateway without a window, and the command that talks to a running one. Links no GTK. Depends on
//! `postern-gateway` alone for what it does; start at `Command`.

mod call;
mod doctor;
mod keys;
mod serve;
mod usage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use postern_gateway::config::{self, DEFAULT_LISTEN};
use postern_gateway::{Options, VaultKind};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A personal LLM gateway: every tool's format in, every provider out, one bill.
#[derive(Parser)]
#[command(name = "postern", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Serve(ServeArguments),
    /// Check port, vault, database and providers; the exit code tells
    Doctor {
        #[command(flatten)]
        place: Place,
        /// Where the gateway is to listen
        #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT_LISTEN)]
        listen: SocketAddr,
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Issue, list and revoke virtual keys
    Keys {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: keys::Action,
    },
    /// What was used, by model, provider, key, tool, user, team or tag
    Usage {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        wanted: usage::Wanted,
    },
    /// Print the description of the HTTP API (OpenAPI, JSON)
    Openapi,
}

/// Which data directory, and which vault.
#[derive(Args, Clone)]
struct Place {
    /// Where the database, settings and (without a keychain) the vault are kept
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Where credentials are kept: keychain, file or memory (nothing survives the process)
    #[arg(long, value_name = "KIND", global = true)]
    vault: Option<VaultKind>,
}

#[derive(Args)]
struct ServeArguments {
    #[command(flatten)]
    place: Place,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// A LiteLLM config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seconds that requests under way may take after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    grace: u64,
}

impl Place {
    fn options(&self) -> Result<Options> {
        let data_dir = self
            .data_dir
            .clone()
            .or_else(config::default_data_dir)
            .context("there is no home directory to keep data in: choose one with --data-dir")?;
        let mut options = Options::new(data_dir).with_environment();
        options.vault = self.vault;
        Ok(options)
    }
}

fn main() -> ExitCode {
    small_pages();
    let arguments = Arguments::parse();
    let quiet = !matches!(arguments.command, Command::Serve(_));
    let filter =
        config::environment("POSTERN_LOG").unwrap_or_else(|| if quiet { "error" } else { "warn" }.into());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// The allocator asks for huge pages, of which a small process touches little and pays all: 11 MB more at idle. Where the
/// system does not know the switch, nothing is lost but that.
fn small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(arguments) => {
            let mut options = arguments.place.options()?;
            options.listen = arguments.listen;
            options.config = arguments.config;
            serve::run(options, std::time::Duration::from_secs(arguments.grace)).await
        }
        Command::Doctor { place, listen, config } => {
            let mut options = place.options()?;
            options.listen = listen;
            options.config = config;
            doctor::run(options).await
        }
        Command::Keys { place, action } => keys::run(place.options()?, action).await,
        Command::Usage { place, wanted } => usage::run(place.options()?, wanted).await,
        Command::Openapi => {
            let text = serde_json::to_string_pretty(&postern_gateway::surface::description())?;
            out(&text)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// One line to standard output; a reader that has gone is no panic.
fn out(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// One line to standard error, for people.
fn note(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn fail(error: &anyhow::Error) -> ExitCode {
    note(&format!("postern: {error:#}"));
    ExitCode::FAILURE
}
