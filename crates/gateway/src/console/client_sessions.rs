//! `/console/sessions`: what each run of a client came to, where clients say in which of their sessions they work.

use axum::Json;
use axum::extract::State;
use postern_store::table::keys;
use postern_store::table::sessions::{self as table, Position, SessionFilter, SessionRow};
use serde::{Deserialize, Serialize};

use crate::auth::permissions::Authority;
use crate::console::totals::{Labels, Totals, key_name};
use crate::error::Failure;
use crate::http::Shared;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClientSessionsQuery {
    /// 1 to 500; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    before: Option<String>,
    /// What the client worked on.
    project: Option<String>,
    /// Found in the session's name, project, client or model.
    search: Option<String>,
}

/// One run of a client with one key. Costs in nano-dollars.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClientSession {
    /// As the client names it.
    pub session: String,
    /// The first that it named.
    pub project: Option<String>,
    /// Of the first request, as the model and the provider.
    pub client: String,
    /// The model group.
    pub model: String,
    pub provider: Option<String>,
    /// Null for the administrator's key.
    pub key_id: Option<String>,
    pub key_name: String,
    pub user_id: Option<String>,
    pub team_id: Option<String>,
    /// When its first request began, UTC milliseconds.
    pub first_at: i64,
    /// When its last one began.
    pub last_at: i64,
    pub totals: Totals,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ClientSessionPage {
    /// Those of last first.
    pub sessions: Vec<ClientSession>,
    /// Where the next page begins; null at the end.
    pub next: Option<String>,
}

fn wrong(param: &'static str, message: &str) -> Failure {
    Failure::invalid("invalid_filter", format!("{param} {message}")).with_param(param)
}

fn position(text: &str) -> Option<Position> {
    let mut numbers = text.split('.').map(str::parse);
    let mut next = || numbers.next()?.ok();
    let position = Position { last_at: next()?, label: next()?, key: next()? };
    numbers.next().is_none().then_some(position)
}

fn cursor(position: Position) -> String {
    let Position { last_at, label, key } = position;
    format!("{last_at}.{label}.{key}")
}

/// Sessions of clients that the caller may see, those of last first, in pages
///
/// Rows of the ledger go after a time, and what their sessions came to stays.
#[utoipa::path(
    get, path = "/console/sessions", tag = "Console", params(ClientSessionsQuery),
    responses(
        (status = 200, body = ClientSessionPage), (status = 400, description = "A filter makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody),
    )
)]
pub async fn list(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<ClientSessionsQuery>,
) -> Result<Json<ClientSessionPage>, Failure> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(wrong("limit", "must be 1 to 500"));
    }
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    let before = said(query.before)
        .map(|text| position(&text).ok_or_else(|| wrong("before", "must be the `next` of a page")))
        .transpose()?;
    let directory = engine.directory.load_full();
    let filter = SessionFilter {
        before,
        project: said(query.project),
        search: said(query.search),
        seen_by: authority.seen_by(&directory),
        limit: limit + 1,
    };
    let (mut rows, labels, owners) = engine
        .read(move |connection| {
            let owners = postern_store::table::owners::all(connection)?;
            Ok((table::page(connection, &filter)?, keys::labels(connection)?, owners))
        })
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| cursor(row.position));
    let labels = labels.into_iter().map(|(id, label, _)| (id, label)).collect();
    let sessions = rows.into_iter().map(|row| {
        let owner = owners.get(&row.series.owner);
        let text = |id: Option<&str>| id.map(str::to_owned);
        ClientSession {
            user_id: text(owner.and_then(|owner| owner.user_id.as_deref())),
            team_id: text(owner.and_then(|owner| owner.team_id.as_deref())),
            ..session(row, &labels)
        }
    });
    Ok(Json(ClientSessionPage { sessions: sessions.collect(), next }))
}

/// But for whose it is.
fn session(row: SessionRow, labels: &Labels) -> ClientSession {
    let SessionRow { name, project, first_at, last_at, totals, series, position: _ } = row;
    let key = series.key_id;
    ClientSession {
        session: name,
        project,
        client: series.client_name,
        model: series.model_group,
        provider: Some(series.provider).filter(|provider| !provider.is_empty()),
        key_id: (!key.is_nil()).then(|| key.to_string()),
        key_name: key_name(key, labels),
        user_id: None,
        team_id: None,
        first_at,
        last_at,
        totals: (&totals).into(),
    }
}
