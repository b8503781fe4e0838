//! `/spend/logs/v2`: requests in pages, with filters.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postern_store::table::keys as key_table;
use postern_store::table::requests::{self, Filter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DAY_MS, SpendLog, check_key, log};
use crate::auth::permissions::{Authority, Thing};
use crate::directory::Directory;
use crate::error::Failure;
use crate::http::Shared;
use crate::manage::activity::paging;
use crate::registry::keys;
use crate::registry::limited;
use crate::shapes::{ErrorBody, QueryOf};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `2026-11-20 08:00:00`, or a day; UTC.
    start_date: Option<String>,
    /// The moment before which they began, or the last day.
    end_date: Option<String>,
    /// A key or its hash.
    api_key: Option<String>,
    key_alias: Option<String>,
    user_id: Option<String>,
    team_id: Option<String>,
    end_user: Option<String>,
    /// The response's id or the gateway's request id.
    request_id: Option<String>,
    /// A model group, or a model as the provider calls it.
    model: Option<String>,
    /// `success` or `failure`.
    status_filter: Option<String>,
    /// The HTTP status of a refusal or failure.
    #[param(minimum = 100, maximum = 999)]
    error_code: Option<u16>,
    /// Dollars.
    #[param(minimum = 0)]
    min_spend: Option<f64>,
    #[param(minimum = 0)]
    max_spend: Option<f64>,
    /// From 1.
    #[param(minimum = 1, maximum = 1_000_000, default = 1)]
    page: Option<usize>,
    #[param(minimum = 1, maximum = 1000, default = 50)]
    page_size: Option<usize>,
}

/// Requests, newest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SpendPage {
    pub data: Vec<SpendLog>,
    /// On all pages.
    pub total: u64,
    pub page: usize,
    pub page_size: usize,
    pub total_pages: u64,
}

/// Whether a text is a day, or a moment of it.
enum Said {
    Day(i64),
    Moment(i64),
}

fn moment(text: &str, param: &str) -> Result<Said, Failure> {
    let wrong = || {
        let message = format!("{param} must be a time such as `2026-11-20 08:00:00`, or a date");
        Failure::invalid("invalid_date", message).with_param(param)
    };
    if let Ok(zoned) = text.parse::<jiff::Timestamp>() {
        return Ok(Said::Moment(zoned.as_millisecond()));
    }
    let is_day = text.len() <= 10;
    let civil: DateTime = text.parse().map_err(|_| wrong())?;
    let utc = civil.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp().as_millisecond();
    Ok(if is_day { Said::Day(utc) } else { Said::Moment(utc) })
}

impl PageQuery {
    /// But for its key and its page.
    fn filter(self, authority: &Authority, directory: &Directory) -> Result<Filter, Failure> {
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        let from = match named(self.start_date) {
            Some(text) => match moment(&text, "start_date")? {
                Said::Day(at) | Said::Moment(at) => Some(at),
            },
            None => None,
        };
        let to = match named(self.end_date) {
            Some(text) => match moment(&text, "end_date")? {
                Said::Day(at) => Some(at + DAY_MS),
                Said::Moment(at) => Some(at),
            },
            None => None,
        };
        let failed = match named(self.status_filter).as_deref() {
            None => None,
            Some("success") => Some(false),
            Some("failure") => Some(true),
            Some(_) => {
                let message = "status_filter must be success or failure";
                return Err(Failure::invalid("invalid_query", message).with_param("status_filter"));
            }
        };
        let cost =
            |name, dollars: Option<f64>| dollars.map(|amount| limited::dollars(name, amount)).transpose();
        let seen_by = authority.seen_by(directory);
        let (user_id, team_id) = (named(self.user_id), named(self.team_id));
        if seen_by.is_some() {
            if let Some(user) = &user_id {
                authority.check(directory, Thing::User(user))?;
            }
            if let Some(team) = &team_id {
                authority.check(directory, Thing::Team(team))?;
            }
        }
        Ok(Filter {
            status: self.error_code,
            failed,
            min_cost: cost("min_spend", self.min_spend)?,
            max_cost: cost("max_spend", self.max_spend)?,
            model: named(self.model),
            end_user: named(self.end_user),
            user_id,
            team_id,
            seen_by,
            from,
            to,
            ..Filter::default()
        })
    }
}

/// Requests in pages, newest first, with filters
///
/// Of what the caller may see: their own, and that of teams and organizations which they administer.
#[utoipa::path(
    get, path = "/spend/logs/v2", tag = "Spend", params(PageQuery),
    responses(
        (status = 200, body = SpendPage), (status = 400, description = "A filter makes no sense", body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, description = "Another's key, user or team", body = ErrorBody),
        (status = 422, body = ErrorBody),
    )
)]
pub async fn pages(
    State(engine): State<Shared>,
    authority: Authority,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<SpendPage>, Failure> {
    let (page, page_size) = paging(query.page, query.page_size)?;
    let directory = engine.directory.load_full();
    let token = query.api_key.as_deref().filter(|key| !key.is_empty()).map(keys::token_of);
    if let Some(token) = &token {
        check_key(&authority, &directory, token)?;
    }
    let alias = query.key_alias.clone().filter(|alias| !alias.is_empty());
    let request_id = query.request_id.clone().filter(|id| !id.is_empty());
    let mut filter = query.filter(&authority, &directory)?;
    let (names, found) = engine
        .read(move |connection| {
            let found = match request_id {
                None => None,
                Some(id) => Some(match Uuid::parse_str(&id) {
                    Ok(uuid) => requests::find(connection, uuid)?,
                    Err(_) => requests::find_by_response_id(connection, &id)?,
                }),
            };
            Ok((key_table::labels(connection)?, found))
        })
        .await?;
    let nothing = SpendPage { data: Vec::new(), total: 0, page, page_size, total_pages: 0 };
    let is_wanted = |(_, name, hash): &&(Uuid, String, String)| {
        token.as_ref().is_none_or(|token| token == hash) && alias.as_ref().is_none_or(|alias| alias == name)
    };
    if token.is_some() || alias.is_some() {
        match names.iter().find(is_wanted) {
            Some((id, ..)) => filter.key_id = Some(*id),
            None => return Ok(Json(nothing)),
        }
    }
    filter.id = match found {
        None => None,
        Some(Some(row)) => Some(row.id),
        Some(None) => return Ok(Json(nothing)),
    };
    filter.limit = page_size;
    filter.offset = (page - 1).saturating_mul(page_size);
    let (total, rows) = engine
        .read(move |connection| {
            Ok((requests::count(connection, &filter)?, requests::page(connection, &filter)?))
        })
        .await?;
    let labels: HashMap<Uuid, String> = names.into_iter().map(|(id, _, token)| (id, token)).collect();
    Ok(Json(SpendPage {
        data: rows.into_iter().map(|row| log(row, &labels)).collect(),
        total,
        page,
        page_size,
        total_pages: total.div_ceil(page_size as u64),
    }))
}
