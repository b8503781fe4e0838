//! The ledger, row by row.

pub mod bodies;
pub mod export;
pub mod replay;

use axum::Json;
use axum::extract::{Path, State};
use postern_store::table::attempt_bills::BillRow;
use postern_store::table::bodies::{self as bodies_table, MOST_WORDS, Words};
use postern_store::table::keys;
use postern_store::table::owners::SeenBy;
use postern_store::table::requests::{self as table, Billing, Filter, Outcome, UsageSource};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::auth::permissions::Authority;
use crate::clock;
use crate::console::totals::{Labels, key_name};
use crate::engine::Engine;
use crate::error::Failure;
use crate::http::Shared;
use crate::meter::rating;
use crate::shapes::names::{BillingName, OutcomeName, UsageSourceName};
use crate::shapes::{ErrorBody, QueryOf};

/// One request. Costs in nano-dollars, null where the model has no price; durations in microseconds.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub struct RequestRow {
    pub id: String,
    /// UTC milliseconds.
    pub started_at: i64,
    /// Absent for the administrator's key.
    pub key_id: Option<String>,
    pub key_name: String,
    pub model_requested: String,
    pub model_group: String,
    pub provider: Option<String>,
    pub upstream_model: Option<String>,
    pub format_in: String,
    pub format_out: Option<String>,
    pub endpoint: String,
    pub status: u16,
    #[schema(value_type = OutcomeName)]
    pub outcome: &'static str,
    pub error_kind: Option<String>,
    pub error_message: Option<String>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_nanos: Option<i64>,
    /// What it would have cost, had a flat rate not covered it.
    pub covered_nanos: Option<i64>,
    #[schema(value_type = BillingName)]
    pub billing: &'static str,
    pub latency_us: i64,
    pub first_byte_us: Option<i64>,
    pub attempts: u32,
    pub client: String,
    pub streamed: bool,
    pub end_user: Option<String>,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    pub tags: Vec<String>,
    /// What the client worked on, and in which of its sessions, where it says so.
    pub project: Option<String>,
    pub session: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct CostLine {
    pub kind: String,
    /// Tokens, or what else is counted; of `discount` and `mark_up` hundredths of a percent, of a `fee` and what the provider
    /// reports (`reported..`) 1.
    pub tokens: i64,
    /// Pico-dollars each; null where there is no price, or none by the piece.
    pub price_pico: Option<i64>,
    /// Null where there is no price.
    pub cost_nanos: Option<i64>,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attempt {
    pub provider: String,
    pub model: String,
    pub status: Option<u16>,
    pub duration_us: i64,
    pub error: Option<String>,
}

/// A further call that the request was charged for, besides the one that answered it. Its cost is part of the request's.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Bill {
    pub deployment_id: String,
    pub provider: String,
    pub upstream_model: String,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// Nano-dollars; null where the model has no price.
    pub cost_nanos: Option<i64>,
    /// The provider did not report these tokens.
    pub estimated: bool,
}

impl From<BillRow> for Bill {
    fn from(row: BillRow) -> Self {
        Self {
            deployment_id: row.deployment_id,
            provider: row.provider,
            upstream_model: row.upstream_model,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_nanos: row.cost_nanos,
            estimated: row.usage_source == UsageSource::Estimated,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RequestDetail {
    #[serde(flatten)]
    pub row: RequestRow,
    pub deployment_id: Option<String>,
    #[schema(value_type = UsageSourceName)]
    pub usage_source: &'static str,
    /// The provider's own object.
    #[schema(value_type = Option<Object>)]
    pub usage_raw: Option<Value>,
    /// `provider`: the cost is the one that the provider reported. `deployment`, `override`: prices of the user's own, of a deployment
    /// or for a model. `local`: it ran on this machine. `reservation`: nobody knows, and it counts as a budget had reserved for it.
    /// Else the public list that its prices are from.
    pub price_source: Option<String>,
    pub price_version: Option<String>,
    pub cost_lines: Vec<CostLine>,
    /// Empty where only the call that answered cost something.
    pub bills: Vec<Bill>,
    /// What could not be carried across formats.
    pub dropped: Vec<String>,
    pub response_id: Option<String>,
    pub request_bytes: i64,
    pub response_bytes: i64,
    /// Empty where the first attempt succeeded.
    pub attempt_log: Vec<Attempt>,
    /// Until when its bodies are kept, in UTC milliseconds; null: they are not.
    pub bodies_kept_until: Option<i64>,
}

pub fn view(row: &table::RequestRow, labels: &Labels) -> RequestRow {
    RequestRow {
        id: row.id.to_string(),
        started_at: row.started_at,
        key_id: (!row.key_id.is_nil()).then(|| row.key_id.to_string()),
        key_name: key_name(row.key_id, labels),
        model_requested: row.model_requested.clone(),
        model_group: row.model_group.clone(),
        provider: row.provider.clone(),
        upstream_model: row.upstream_model.clone(),
        format_in: row.format_in.clone(),
        format_out: row.format_out.clone(),
        endpoint: row.endpoint.clone(),
        status: row.status,
        outcome: row.outcome.as_str(),
        error_kind: row.error_kind.clone(),
        error_message: row.error_message.clone(),
        input_tokens: row.tokens.input,
        output_tokens: row.tokens.output,
        cache_read_tokens: row.tokens.cache_read,
        cache_write_tokens: row.tokens.cache_write,
        reasoning_tokens: row.tokens.reasoning,
        cost_nanos: row.cost_nanos,
        covered_nanos: row.covered_nanos,
        billing: row.billing.as_str(),
        latency_us: row.latency_us,
        first_byte_us: row.first_byte_us,
        attempts: row.attempts,
        client: row.client.clone(),
        streamed: row.streamed,
        end_user: row.end_user.clone(),
        user_id: row.owner.user_id.as_deref().map(str::to_owned),
        team_id: row.owner.team_id.as_deref().map(str::to_owned),
        tags: row.tags.clone(),
        project: row.project.clone(),
        session: row.session.clone(),
    }
}

fn detail(seen: Seen) -> RequestDetail {
    let Seen { row, labels, bodies_kept_until } = seen;
    let parsed =
        |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    RequestDetail {
        deployment_id: row.deployment_id.clone(),
        usage_source: row.usage_source.as_str(),
        usage_raw: parsed(&row.usage_raw),
        price_source: row.price_source.clone(),
        price_version: row.price_version.clone(),
        cost_lines: rating::read_lines(row.cost_lines.as_deref())
            .into_iter()
            .map(|line| CostLine {
                kind: line.kind,
                tokens: line.count,
                price_pico: line.price_pico,
                cost_nanos: line.nanos,
            })
            .collect(),
        bills: row.bills.iter().cloned().map(Bill::from).collect(),
        dropped: row.dropped.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
        response_id: row.response_id.clone(),
        request_bytes: row.request_bytes,
        response_bytes: row.response_bytes,
        attempt_log: row
            .attempt_log
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default(),
        bodies_kept_until,
        row: view(&row, &labels),
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestsQuery {
    /// 1 to 500; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    before: Option<Uuid>,
    /// `ok`, `error` or `cancelled`.
    status: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    /// `administrator` for the administrator's key.
    key_id: Option<String>,
    client: Option<String>,
    /// The first moment, UTC milliseconds.
    from: Option<i64>,
    /// The moment before which they began, UTC milliseconds.
    to: Option<i64>,
    user_id: Option<String>,
    team_id: Option<String>,
    organization_id: Option<String>,
    end_user: Option<String>,
    project: Option<String>,
    session: Option<String>,
    tag: Option<String>,
    /// The path that was asked: `/v1/messages`.
    endpoint: Option<String>,
    /// `api`, `subscription` or `local`.
    billing: Option<String>,
    /// Only those that used tokens of models without a price, or only others.
    unpriced: Option<bool>,
    /// The HTTP status.
    #[param(minimum = 100, maximum = 999)]
    http_status: Option<u16>,
    /// Found in model, provider, client, error message or id.
    search: Option<String>,
    /// Words of requests and answers whose bodies are kept, all of which must be there: `invoice`, `inv*`, `"in this order"`.
    q: Option<String>,
}

fn wrong(param: &str, message: &str) -> Failure {
    Failure::invalid("invalid_filter", format!("{param} {message}")).with_param(param)
}

/// Longest text to look for.
const LONGEST_WORDS: usize = 500;

fn words(text: &str) -> Result<Words, Failure> {
    let parsed =
        (text.chars().count() <= LONGEST_WORDS).then(|| Words::parse(text, clock::now_ms())).flatten();
    parsed.ok_or_else(|| {
        wrong("q", &format!("must have 1 to {MOST_WORDS} words and at most {LONGEST_WORDS} characters"))
    })
}

impl RequestsQuery {
    /// But for how many.
    fn filter(self, seen_by: Option<SeenBy>) -> Result<Filter, Failure> {
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let outcome = text(self.status)
            .map(|name| {
                Outcome::parse(&name).ok_or_else(|| wrong("status", "must be ok, error or cancelled"))
            })
            .transpose()?;
        let key_id = text(self.key_id)
            .map(|id| match id.as_str() {
                "administrator" => Ok(Uuid::nil()),
                id => {
                    Uuid::parse_str(id).map_err(|_| wrong("key_id", "must be a key's id or `administrator`"))
                }
            })
            .transpose()?;
        let billing = text(self.billing)
            .map(|name| {
                Billing::parse(&name).ok_or_else(|| wrong("billing", "must be api, subscription or local"))
            })
            .transpose()?;
        if self.http_status.is_some_and(|status| !(100..=999).contains(&status)) {
            return Err(wrong("http_status", "must be 100 to 999"));
        }
        let words = text(self.q).map(|text| words(&text)).transpose()?;
        Ok(Filter {
            words,
            before: self.before,
            key_id,
            outcome,
            model: text(self.model),
            provider: text(self.provider),
            client: text(self.client),
            from: self.from,
            to: self.to,
            user_id: text(self.user_id),
            team_id: text(self.team_id),
            organization_id: text(self.organization_id),
            end_user: text(self.end_user),
            project: text(self.project),
            session: text(self.session),
            tag: text(self.tag),
            endpoint: text(self.endpoint),
            billing,
            unpriced: self.unpriced,
            status: self.http_status,
            search: text(self.search),
            seen_by,
            ..Filter::default()
        })
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RequestPage {
    /// Newest first.
    pub requests: Vec<RequestRow>,
    /// Where the next page begins; absent at the end. A page with fewer requests than asked for, or none, has one where what is
    /// wanted is so rare that there was no time to look further.
    pub next: Option<String>,
    /// All requests since then that fit are on this page or those before it, UTC milliseconds; null where that is said by the last
    /// request.
    pub looked_to: Option<i64>,
}

/// So many rows of the ledger are read for one page, give or take an hour's.
const MOST_READ: i64 = 100_000;

/// Requests that the caller may see, newest first, in pages
#[utoipa::path(
    get, path = "/console/requests", tag = "Console", params(RequestsQuery),
    responses((status = 200, body = RequestPage), (status = 400, description = "A filter makes no sense", body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody))
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<RequestsQuery>,
) -> Result<Json<RequestPage>, Failure> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(wrong("limit", "must be 1 to 500"));
    }
    let seen_by = authority.seen_by(&engine.directory.load());
    let filter = Filter { limit: limit + 1, ..query.filter(seen_by)? };
    let (found, labels) = engine
        .read(move |connection| Ok((table::look(connection, &filter, MOST_READ)?, keys::labels(connection)?)))
        .await?;
    let table::Found { mut rows, looked_to } = found;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let labels = labels.into_iter().map(|(id, label, _)| (id, label)).collect();
    let next = rows.last().filter(|_| more).map(|row| row.id).or(looked_to);
    Ok(Json(RequestPage {
        requests: rows.iter().map(|row| view(row, &labels)).collect(),
        next: next.map(|id| id.to_string()),
        looked_to: looked_to.map(table::time_of),
    }))
}

/// One request, with its cost line by line
#[utoipa::path(
    get, path = "/console/requests/{id}", tag = "Console",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = RequestDetail), (status = 401, body = ErrorBody), (status = 403, description = "Not yours", body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn get(
    State(engine): State<Shared>,
    authority: Authority,
    Path(id): Path<String>,
) -> Result<Json<RequestDetail>, Failure> {
    Ok(Json(detail(seen(&engine, &authority, &id).await?)))
}

/// A row that somebody may see, with what is shown beside it.
struct Seen {
    row: table::RequestRow,
    labels: Labels,
    bodies_kept_until: Option<i64>,
}

async fn seen(engine: &Engine, authority: &Authority, id: &str) -> Result<Seen, Failure> {
    let seen_by = authority.seen_by(&engine.directory.load());
    // To whom not everything is theirs, what does not exist looks like what is not.
    let unknown = || match &seen_by {
        None => Failure::not_found("request_not_found", format!("there is no request {id}")),
        Some(_) => Failure::forbidden("not_yours", "this request is not yours").with_type("auth_error"),
    };
    let uuid = Uuid::parse_str(id).map_err(|_| unknown())?;
    let now = clock::now_ms();
    let (row, labels, bodies_kept_until) = engine
        .read(move |connection| {
            let kept_until = bodies_table::kept_until(connection, uuid, now)?;
            Ok((table::find(connection, uuid)?, keys::labels(connection)?, kept_until))
        })
        .await?;
    let labels = labels.into_iter().map(|(id, label, _)| (id, label)).collect();
    let seen = row.filter(|row| seen_by.as_ref().is_none_or(|seen_by| seen_by.sees(row.key_id, &row.owner)));
    Ok(Seen { row: seen.ok_or_else(unknown)?, labels, bodies_kept_until })
}
