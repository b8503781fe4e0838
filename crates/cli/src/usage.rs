//! `postern usage`: what was used, as a table, JSON or CSV.

use std::process::ExitCode;

use anyhow::Result;
use axum::http::Method;
use clap::{Args, ValueEnum};
use postern_gateway::Options;
use serde_json::Value;

use crate::call::Connection;
use crate::{note, out};

/// What tells the rows apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum By {
    Model,
    UpstreamModel,
    Provider,
    Key,
    Tool,
    Endpoint,
    User,
    Team,
    Organization,
    EndUser,
    Tag,
    Project,
}

#[derive(Args)]
pub struct Wanted {
    /// What tells the rows apart
    #[arg(long, value_enum, default_value_t = By::Model)]
    by: By,
    /// How long ago it begins (7d, 12h), or a date or time
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: String,
    /// Where it ends; without: now
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// The whole answer as JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Comma-separated values, with a line of names
    #[arg(long)]
    csv: bool,
}

pub async fn run(options: Options, wanted: Wanted) -> Result<ExitCode> {
    let connection = Connection::open(options).await?;
    let done = show(&connection, &wanted).await;
    connection.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

/// Columns of CSV; money in dollars.
const COLUMNS: [&str; 15] = [
    "id",
    "name",
    "requests",
    "errors",
    "cancelled",
    "unpriced",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "subscription_usd",
    "subscription_requests",
    "local_requests",
];

async fn show(connection: &Connection, wanted: &Wanted) -> Result<()> {
    let by = wanted.by.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut query = vec![("by", by.as_str()), ("since", wanted.since.as_str())];
    query.extend(wanted.until.as_deref().map(|until| ("until", until)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let told = connection.call(Method::GET, &format!("/console/usage?{query}"), Value::Null).await?;
    if wanted.json {
        return Ok(out(&serde_json::to_string_pretty(&told)?)?);
    }
    let rows = told["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    if wanted.csv {
        return csv(rows);
    }
    if rows.is_empty() {
        note(&format!("Nothing was used since {}.", told["since"].as_str().unwrap_or_default()));
        return Ok(());
    }
    table(rows, &by)
}

fn dollars(nanos: &Value) -> String {
    format!("{:.6}", nanos.as_f64().unwrap_or(0.0) / 1e9)
}

fn csv(rows: &[Value]) -> Result<()> {
    let mut written = csv::Writer::from_writer(Vec::new());
    written.write_record(COLUMNS)?;
    for row in rows {
        let fields = COLUMNS.iter().map(|column| match *column {
            "id" | "name" => row[*column].as_str().unwrap_or_default().to_owned(),
            "cost_usd" => dollars(&row["cost_nanos"]),
            "subscription_usd" => dollars(&row["subscription_nanos"]),
            count => row[count].to_string(),
        });
        written.write_record(fields)?;
    }
    let text = String::from_utf8(written.into_inner()?)?;
    Ok(out(text.trim_end_matches('\n'))?)
}

fn table(rows: &[Value], by: &str) -> Result<()> {
    let longest = rows.iter().filter_map(|row| row["name"].as_str()).map(|name| name.chars().count()).max();
    let width = longest.unwrap_or(0).clamp(12, 48);
    let cell = |row: &Value, name: &str| row[name].to_string();
    let line = |name: &str, cells: [String; 6]| {
        let [requests, input, output, cost, subscription, local] = cells;
        let name: String = name.chars().take(width).collect();
        format!("{name:<width$}{requests:>10}{input:>13}{output:>12}{cost:>14}{subscription:>14}{local:>10}")
    };
    let titles = ["REQUESTS", "INPUT", "OUTPUT", "COST USD", "FLAT RATE USD", "LOCAL"].map(str::to_owned);
    out(&line(&by.to_uppercase(), titles))?;
    for row in rows {
        let name = match row["name"].as_str() {
            None | Some("") => "–",
            Some(name) => name,
        };
        let cost = dollars(&row["cost_nanos"]);
        let unpriced = if row["unpriced"].as_i64() > Some(0) { "  (part has no price)" } else { "" };
        let cells = [
            cell(row, "requests"),
            cell(row, "input_tokens"),
            cell(row, "output_tokens"),
            cost,
            dollars(&row["subscription_nanos"]),
            cell(row, "local_requests"),
        ];
        out(&format!("{}{unpriced}", line(name, cells)))?;
    }
    Ok(())
}
