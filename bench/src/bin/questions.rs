//! How long the console's questions take to answer over a ledger that is there already, through the API, and how fast it is
//! exported. `make bench-ledger` makes the ledger and runs this.
#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;

const ADMIN_KEY: &str = "sk-admin-bench-0123456789abcdef";
/// Each question is asked so often; the median and the slowest are told.
const TIMES: usize = 11;
/// An export is read for so long.
const EXPORT: Duration = Duration::from_secs(10);

#[derive(Parser)]
struct Arguments {
    /// The release binary to measure.
    #[arg(long)]
    postern: PathBuf,
    /// The data directory with the ledger.
    #[arg(long)]
    data: PathBuf,
}

/// Ended when it is dropped.
struct Gateway {
    child: Child,
    address: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Gateway {
    fn start(arguments: &Arguments) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(&arguments.postern)
            .args(["serve", "--listen", "127.0.0.1:0", "--vault", "memory", "--data-dir"])
            .arg(&arguments.data)
            .env("POSTERN_ADMIN_KEY", ADMIN_KEY)
            .env("HOME", &arguments.data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().context("its output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let (_, address) = line.trim().rsplit_once("http://").context("it does not say where it listens")?;
        let address = address.to_owned();
        println!("{:<58} {:>8.1} ms", "start", started.elapsed().as_secs_f64() * 1e3);
        Ok(Self { child, address })
    }

    fn ask(&self, path: &str) -> anyhow::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {ADMIN_KEY}\r\nConnection: close\r\n\r\n",
            self.address
        )?;
        Ok(stream)
    }

    fn get(&self, path: &str) -> anyhow::Result<(Duration, String)> {
        let asked = Instant::now();
        let mut answer = String::new();
        self.ask(path)?.read_to_string(&mut answer)?;
        ensure!(
            answer.starts_with("HTTP/1.1 200"),
            "{path}: {}",
            answer.chars().take(400).collect::<String>()
        );
        Ok((asked.elapsed(), answer))
    }

    fn measure(&self, path: &str) -> anyhow::Result<()> {
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            times.push(self.get(path)?.0);
        }
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{path:<58} {:>8.1} ms  {:>8.1} ms", ms(times[TIMES / 2]), ms(times[TIMES - 1]));
        Ok(())
    }

    fn export(&self, format: &str) -> anyhow::Result<()> {
        let asked = Instant::now();
        let mut stream = self.ask(&format!("/console/requests/export?format={format}"))?;
        let (mut buffer, mut rows) = (vec![0_u8; 1 << 18], 0_usize);
        while asked.elapsed() < EXPORT {
            let read = stream.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            rows += buffer[..read].split(|byte| *byte == b'\n').count() - 1;
        }
        let name = format!("export as {format}");
        println!("{name:<58} {:>8.0} rows/s", rows as f64 / asked.elapsed().as_secs_f64());
        Ok(())
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let gateway = Gateway::start(&arguments)?;
    println!("{:<58} {:>11}  {:>11}", "", "median", "slowest");
    for range in ["today", "7d", "30d", "90d", "365d"] {
        gateway.measure(&format!("/console/spend?range={range}&by=model"))?;
    }
    for by in ["provider", "key", "tool", "user", "team"] {
        gateway.measure(&format!("/console/spend?range=365d&by={by}"))?;
    }
    gateway.measure("/console/spend/calendar")?;
    gateway.measure("/console/spend/budgets")?;
    gateway.measure("/console/forecast")?;
    gateway.measure("/console/spend?range=365d&by=project")?;
    gateway.measure("/console/spend?range=365d&by=end_user")?;
    gateway.measure("/console/sessions")?;
    gateway.measure("/console/usage?by=model&since=30d")?;
    gateway.measure("/console/requests")?;
    let (_, page) = gateway.get("/console/requests?limit=500")?;
    let next = page.rsplit_once("\"next\":\"").and_then(|(_, rest)| rest.split('"').next());
    gateway.measure(&format!("/console/requests?before={}", next.context("the next page")?))?;
    for filter in [
        "model=gpt-5",
        "provider=ollama",
        "status=error",
        "client=curl",
        "project=project-59",
        "tag=tag-29",
        "end_user=customer-1999",
        "user_id=user-14",
        "http_status=529",
        "provider=nobody",
        "unpriced=true",
        "search=nowhere-to-be-found",
    ] {
        gateway.measure(&format!("/console/requests?{filter}"))?;
    }
    for format in ["csv", "jsonl"] {
        gateway.export(format)?;
    }
    Ok(())
}
