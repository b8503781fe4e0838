//! The fake upstreams as a program: `fake-upstream [--openai|--anthropic|--both|--all] [--listen ADDR:PORT] [--key KEY]`.
//! Prints one line with the base URLs when it is ready, then serves until it is ended.

use std::io::Write;
use std::net::SocketAddr;

use clap::Parser;
use postern_testkit::{CannedUpstream, Dialect, FakeUpstream, UpstreamOptions};

/// Fake LLM providers for tests; what happens is chosen by model names such as fake-429 or fake-cut.
#[derive(Parser)]
struct Arguments {
    /// Only OpenAI's chat completions.
    #[arg(long, conflicts_with_all = ["anthropic", "both"])]
    openai: bool,
    /// Only Anthropic's messages.
    #[arg(long, conflicts_with = "both")]
    anthropic: bool,
    /// Both, each on its own port (the default); a port other than 0 is the first one's.
    #[arg(long)]
    both: bool,
    /// Every provider there is a fake of, each on its own port.
    #[arg(long, conflicts_with_all = ["openai", "anthropic", "both"])]
    all: bool,
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Refuse every other key.
    #[arg(long)]
    key: Option<String>,
    /// Fixed replies at almost no cost, for benchmarks.
    #[arg(long)]
    canned: bool,
}

/// What keeps listening until the program ends.
enum Upstream {
    Fake(FakeUpstream),
    Canned(CannedUpstream),
}

impl Upstream {
    fn url(&self) -> String {
        match self {
            Self::Fake(upstream) => upstream.url(),
            Self::Canned(upstream) => upstream.url(),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let mut wanted = Vec::new();
    if !arguments.anthropic {
        wanted.push(("openai", Dialect::OpenAi));
    }
    if !arguments.openai {
        wanted.push(("anthropic", Dialect::Anthropic));
    }
    if arguments.all {
        wanted.push(("gemini", Dialect::Gemini));
        wanted.push(("ollama", Dialect::Ollama));
        wanted.push(("cohere", Dialect::Cohere));
    }
    let mut listen = arguments.listen;
    let mut line = "fake-upstream:".to_owned();
    let mut running = Vec::new();
    for (name, dialect) in wanted {
        let options = UpstreamOptions { listen, key: arguments.key.clone() };
        let upstream = if arguments.canned {
            Upstream::Canned(CannedUpstream::start(dialect, &options)?)
        } else {
            Upstream::Fake(FakeUpstream::start(dialect, options)?)
        };
        line = format!("{line} {name} {}", upstream.url());
        running.push(upstream);
        if listen.port() != 0 {
            listen.set_port(listen.port() + 1);
        }
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    // Ended by a signal; the process owns nothing that would need care.
    std::future::pending::<()>().await;
    drop(running);
    Ok(())
}
