//! `postern doctor`: is everything as it must be? One line per check; the exit code is 0 only when none failed.

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::Result;
use axum::http::Method;
use postern_gateway::Options;
use serde_json::Value;

use crate::call::Connection;
use crate::out;

struct Report {
    failed: usize,
}

impl Report {
    fn line(&mut self, ok: bool, what: &str, detail: &str) -> Result<()> {
        self.failed += usize::from(!ok);
        out(&format!("{}  {what:<10} {detail}", if ok { "ok  " } else { "FAIL" }))?;
        Ok(())
    }
}

pub async fn run(options: Options) -> Result<ExitCode> {
    let mut report = Report { failed: 0 };
    let listen = options.listen;
    let connection = match Connection::open(options).await {
        Ok(connection) => connection,
        Err(error) => {
            report.line(false, "start", &format!("{error:#}"))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let checked = check(&connection, listen, &mut report).await;
    connection.close().await;
    checked?;
    Ok(if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check(connection: &Connection, listen: std::net::SocketAddr, report: &mut Report) -> Result<()> {
    let status = connection.call(Method::GET, "/console/status", Value::Null).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if connection.is_running() {
        let listener = &status["listener"];
        let running = listener["state"] == "running";
        let detail = if running {
            format!("the gateway is running at {}", text(&status["base_url"]))
        } else {
            format!(
                "the gateway is running and not listening ({}) {}",
                text(&listener["state"]),
                text(&listener["message"])
            )
        };
        report.line(running, "port", &detail)?;
    } else {
        match TcpListener::bind(listen) {
            Ok(_) => report.line(true, "port", &format!("{listen} is free; no gateway is running here"))?,
            Err(error) => report.line(false, "port", &format!("{listen} cannot be used: {error}"))?,
        }
    }
    let vault = &status["vault"];
    let detail = format!("{}: {}", text(&vault["kind"]), text(&vault["detail"]));
    report.line(vault["state"] == "ready", "vault", &detail)?;
    let database = &status["database"];
    let detail = format!(
        "{}, {} bytes, schema {}, {} requests",
        text(&database["path"]),
        database["size_bytes"],
        database["schema_version"],
        status["setup"]["requests"]
    );
    report.line(true, "database", &detail)?;
    let config = &status["config"];
    if config.is_object() {
        let warnings = config["warnings"].as_array().map_or(0, Vec::len);
        let problem = match (config["error"]["line"].as_u64(), config["error"]["message"].as_str()) {
            (Some(line), Some(message)) => Some(format!("line {line}: {message}")),
            (None, Some(message)) => Some(message.to_owned()),
            (_, None) => None,
        };
        let detail = problem.clone().unwrap_or_else(|| format!("{warnings} warnings"));
        report.line(problem.is_none(), "config", &format!("{}, {detail}", text(&config["path"])))?;
        for warning in config["warnings"].as_array().into_iter().flatten() {
            report.line(true, "config", &format!("warning: {}", text(&warning["message"])))?;
        }
    }
    let catalogue = &status["catalogue"];
    report.line(
        true,
        "catalogue",
        &format!("{} models, {}", catalogue["models"], text(&catalogue["version"])),
    )?;
    let providers = connection.call(Method::GET, "/console/providers", Value::Null).await?;
    for provider in providers["providers"].as_array().into_iter().flatten() {
        let name = text(&provider["name"]);
        if provider["enabled"] != true {
            report.line(true, "provider", &format!("{name}: switched off"))?;
            continue;
        }
        let path = format!("/console/providers/{}/test", text(&provider["id"]));
        let tested = connection.call(Method::POST, &path, Value::Null).await?;
        report.line(
            tested["ok"] == true,
            "provider",
            &format!("{name}: {} ({} ms)", text(&tested["message"]), tested["latency_ms"]),
        )?;
    }
    Ok(())
}
