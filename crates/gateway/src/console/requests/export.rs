//! `/console/requests/export`: the ledger, or what a filter leaves of it, as CSV or lines of JSON. Read and sent page by page, so
//! that a million rows cost no more memory than a thousand.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use postern_store::table::keys;
use postern_store::table::requests::{self as table, Filter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RequestsQuery;
use crate::auth::permissions::Authority;
use crate::clock;
use crate::console::totals::{Labels, key_name};
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    #[default]
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Absent: CSV.
    #[param(inline)]
    format: Option<ExportFormat>,
}

/// One line. Money in dollars, absent where the model has no price; times RFC 3339.
#[derive(Default, Serialize)]
struct Line {
    time: String,
    id: String,
    key: String,
    user_id: String,
    team_id: String,
    organization_id: String,
    end_user: String,
    tags: String,
    project: String,
    session: String,
    client: String,
    endpoint: String,
    model_requested: String,
    model_group: String,
    provider: String,
    upstream_model: String,
    status: u16,
    outcome: &'static str,
    error_kind: String,
    error_message: String,
    streamed: bool,
    attempts: u32,
    input_tokens: i64,
    output_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    reasoning_tokens: i64,
    usage_source: &'static str,
    billing: &'static str,
    cost_usd: Option<f64>,
    covered_usd: Option<f64>,
    price_source: String,
    price_version: String,
    latency_ms: f64,
    first_byte_ms: Option<f64>,
}

impl Line {
    fn new(row: table::RequestRow, labels: &Labels) -> Self {
        let owned = |part: Option<&str>| part.unwrap_or_default().to_owned();
        let milliseconds = |micros: i64| micros as f64 / 1000.0;
        Self {
            time: clock::text(row.started_at),
            id: row.id.to_string(),
            key: key_name(row.key_id, labels),
            user_id: owned(row.owner.user_id.as_deref()),
            team_id: owned(row.owner.team_id.as_deref()),
            organization_id: owned(row.owner.organization_id.as_deref()),
            end_user: row.end_user.unwrap_or_default(),
            tags: row.tags.join(","),
            project: row.project.unwrap_or_default(),
            session: row.session.unwrap_or_default(),
            client: row.client,
            endpoint: row.endpoint,
            model_requested: row.model_requested,
            model_group: row.model_group,
            provider: row.provider.unwrap_or_default(),
            upstream_model: row.upstream_model.unwrap_or_default(),
            status: row.status,
            outcome: row.outcome.as_str(),
            error_kind: row.error_kind.unwrap_or_default(),
            error_message: row.error_message.unwrap_or_default(),
            streamed: row.streamed,
            attempts: row.attempts,
            input_tokens: row.tokens.input,
            output_tokens: row.tokens.output,
            cache_read_tokens: row.tokens.cache_read,
            cache_write_tokens: row.tokens.cache_write,
            reasoning_tokens: row.tokens.reasoning,
            usage_source: row.usage_source.as_str(),
            billing: row.billing.as_str(),
            cost_usd: row.cost_nanos.map(|nanos| nanos as f64 / 1e9),
            covered_usd: row.covered_nanos.map(|nanos| nanos as f64 / 1e9),
            price_source: row.price_source.unwrap_or_default(),
            price_version: row.price_version.unwrap_or_default(),
            latency_ms: milliseconds(row.latency_us),
            first_byte_ms: row.first_byte_us.map(milliseconds),
        }
    }

    /// Callers choose these texts, and a spreadsheet takes some of them for formulas: an apostrophe makes them texts again.
    #[must_use]
    fn inert(mut self) -> Self {
        for text in [
            &mut self.key,
            &mut self.user_id,
            &mut self.team_id,
            &mut self.organization_id,
            &mut self.end_user,
            &mut self.tags,
            &mut self.project,
            &mut self.session,
            &mut self.client,
            &mut self.endpoint,
            &mut self.model_requested,
            &mut self.model_group,
            &mut self.upstream_model,
            &mut self.error_message,
        ] {
            if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                text.insert(0, '\'');
            }
        }
        self
    }
}

/// Rows that are read at once.
const PAGE: usize = 2000;

impl ExportFormat {
    fn written(
        self,
        rows: Vec<table::RequestRow>,
        labels: &Labels,
        is_first: bool,
    ) -> Result<Bytes, Failure> {
        let internal = |problem: String| Failure::internal(format!("a row cannot be written: {problem}"));
        let lines = rows.into_iter().map(|row| Line::new(row, labels));
        match self {
            Self::Csv => {
                let mut csv = csv::WriterBuilder::new().has_headers(is_first).from_writer(Vec::new());
                let is_empty = lines.len() == 0;
                for line in lines.chain(is_empty.then(Line::default)) {
                    csv.serialize(line.inert()).map_err(|error| internal(error.to_string()))?;
                }
                let mut text = csv.into_inner().map_err(|error| internal(error.to_string()))?;
                // Of nothing there are the names all the same.
                if is_empty && let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                    text.truncate(end + 1);
                }
                Ok(text.into())
            }
            Self::Jsonl => {
                let mut text = Vec::new();
                for line in lines {
                    serde_json::to_writer(&mut text, &line).map_err(|error| internal(error.to_string()))?;
                    text.push(b'\n');
                }
                Ok(text.into())
            }
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"postern-requests.csv\"",
            Self::Jsonl => "attachment; filename=\"postern-requests.jsonl\"",
        }
    }
}

/// How far an export has come.
struct Progress {
    engine: Shared,
    format: ExportFormat,
    filter: Filter,
    labels: Labels,
    is_first: bool,
    is_done: bool,
}

impl Progress {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, std::io::Error> {
        if self.is_done {
            return Ok(None);
        }
        let filter = self.filter.clone();
        let read = self.engine.read(move |connection| table::page(connection, &filter)).await;
        let rows = read.map_err(|failure| std::io::Error::other(failure.error.message.clone()))?;
        self.is_done = rows.len() < PAGE;
        self.filter.before = rows.last().map(|row| row.id);
        if rows.is_empty() && !self.is_first {
            return Ok(None);
        }
        let written = self.format.written(rows, &self.labels, self.is_first);
        let written = written.map_err(|failure| std::io::Error::other(failure.error.message.clone()))?;
        self.is_first = false;
        Ok(Some((written, self)))
    }
}

/// The requests that a filter leaves, newest first, as CSV or lines of JSON
///
/// Of what the caller may see, without `limit`. In CSV a text that a spreadsheet would take for a formula begins with an
/// apostrophe.
#[utoipa::path(
    get, path = "/console/requests/export", tag = "Console", params(ExportQuery, RequestsQuery),
    responses(
        (status = 200, description = "One line for each request; CSV begins with a line of names", content((String = "text/csv"), (String = "application/x-ndjson"))),
        (status = 400, description = "A filter makes no sense", body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn export(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(wanted): QueryOf<ExportQuery>,
    QueryOf(query): QueryOf<RequestsQuery>,
) -> Result<Response, Failure> {
    let format = wanted.format.unwrap_or_default();
    let seen_by = authority.seen_by(&engine.directory.load());
    let filter = Filter { limit: PAGE, ..query.filter(seen_by)? };
    let labels = engine.read(keys::labels).await?;
    let labels: HashMap<Uuid, String> = labels.into_iter().map(|(id, label, _)| (id, label)).collect();
    let progress = Progress { engine, format, filter, labels, is_first: true, is_done: false };
    let body = Body::from_stream(stream::try_unfold(progress, Progress::next));
    let headers =
        [(header::CONTENT_TYPE, format.content_type()), (header::CONTENT_DISPOSITION, format.file())];
    Ok((headers, body).into_response())
}
