//! A response that was made before: read, deleted, cancelled, its input listed. Asked of the provider where that keeps it.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use postern_store::table::responses::{self as table, ResponseRow};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::Shared;
use super::FORMAT;
use crate::auth::Caller;
use crate::engine::Engine;
use crate::error::Failure;
use crate::exchange::kept;
use crate::ids;
use crate::shapes::{JsonObject, QueryOf};
use crate::snapshot::Place;
use crate::upstream;

type Answer = Result<Response, Failure>;

fn respond(answer: Answer) -> Response {
    answer.unwrap_or_else(|failure| failure.respond(FORMAT, ids::new_id()))
}

async fn row_of(engine: &Engine, caller: &Caller, id: &str) -> Result<ResponseRow, Failure> {
    let found = kept::find(engine, caller, id).await?;
    found.ok_or_else(|| {
        Failure::not_found("response_not_found", format!("Response with id '{id}' not found."))
            .with_param("response_id")
    })
}

fn as_json(text: String) -> Response {
    let mut response = Body::from(text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Asks the deployment that keeps it.
async fn ask(
    engine: &Engine,
    row: &ResponseRow,
    method: Method,
    end: &str,
    query: Option<&str>,
    caller_headers: &HeaderMap,
) -> Answer {
    let gone = || {
        let message = format!("{}, which keeps the response, is no longer configured", row.deployment_id);
        Failure::not_found("deployment_not_found", message)
    };
    let snapshot = engine.snapshot.load();
    let deployment = snapshot.deployment(&row.deployment_id).ok_or_else(gone)?;
    let endpoint = deployment.endpoint(FORMAT);
    let Place::Http { whole, .. } = &endpoint.place else { return Err(gone()) };
    let mut address = whole.below(&format!("/{}{end}", row.id)).ok_or_else(gone)?;
    if let Some(query) = query {
        address = address.with_query(query).ok_or_else(gone)?;
    }
    let headers = upstream::request_headers(endpoint, caller_headers, false);
    let signing = endpoint.signing.as_deref();
    let sent = engine.clients.send(method, &address, headers, Bytes::new(), signing, &deployment.provider);
    let reply = tokio::time::timeout(snapshot.routing.timeout, sent).await.map_err(|_| {
        Failure::upstream(504, "upstream_timeout", format!("{} did not answer in time", deployment.provider))
    })??;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let kind = reply.headers.get(header::CONTENT_TYPE).cloned();
    let mut response =
        (status, Body::from_stream(reply.chunks.map(|chunk| chunk.map_err(|failure| failure.error))))
            .into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/json")));
    Ok(response)
}

/// Read a response that was kept
///
/// By the provider that made it, or by the gateway where the provider keeps nothing.
#[utoipa::path(
    get, path = "/v1/responses/{response_id}", tag = "LLM", params(("response_id" = String, Path)),
    responses(
        (status = 200, body = JsonObject), (status = 401, body = JsonObject), (status = 404, description = "No such response, or another key's", body = JsonObject),
        (status = 502, description = "The provider that keeps it cannot be reached", body = JsonObject),
        (status = 504, description = "The provider that keeps it did not answer in time", body = JsonObject),
        (status = "default", description = "What the provider that keeps it answered, as it is", body = JsonObject),
    )
)]
pub async fn get(
    State(engine): State<Shared>,
    Path(id): Path<String>,
    caller: Result<Caller, Failure>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    respond(
        async {
            let row = row_of(&engine, &caller?, &id).await?;
            match row.response.clone() {
                Some(response) => Ok(as_json(response)),
                None => ask(&engine, &row, Method::GET, "", query.as_deref(), &headers).await,
            }
        }
        .await,
    )
}

/// Delete a response that was kept
#[utoipa::path(
    delete, path = "/v1/responses/{response_id}", tag = "LLM", params(("response_id" = String, Path)),
    responses(
        (status = 200, body = JsonObject), (status = 401, body = JsonObject), (status = 404, body = JsonObject),
        (status = 502, description = "The provider that keeps it cannot be reached", body = JsonObject),
        (status = 504, description = "The provider that keeps it did not answer in time", body = JsonObject),
        (status = "default", description = "What the provider that keeps it answered, as it is", body = JsonObject),
    )
)]
pub async fn delete(
    State(engine): State<Shared>,
    Path(id): Path<String>,
    caller: Result<Caller, Failure>,
    headers: HeaderMap,
) -> Response {
    respond(
        async {
            let row = row_of(&engine, &caller?, &id).await?;
            let mut answer = Json(json!({"id": id, "object": "response", "deleted": true})).into_response();
            if row.response.is_none() {
                answer = ask(&engine, &row, Method::DELETE, "", None, &headers).await?;
                if !answer.status().is_success() && answer.status() != StatusCode::NOT_FOUND {
                    return Ok(answer);
                }
            }
            engine.store.write(move |connection| table::remove(connection, &row.id)).await?;
            Ok(answer)
        }
        .await,
    )
}

/// Cancel a response that is made in the background
#[utoipa::path(
    post, path = "/v1/responses/{response_id}/cancel", tag = "LLM", params(("response_id" = String, Path)),
    responses(
        (status = 200, body = JsonObject), (status = 400, description = "It is not made in the background", body = JsonObject), (status = 401, body = JsonObject), (status = 404, body = JsonObject),
        (status = 502, description = "The provider that keeps it cannot be reached", body = JsonObject),
        (status = 504, description = "The provider that keeps it did not answer in time", body = JsonObject),
        (status = "default", description = "What the provider that keeps it answered, as it is", body = JsonObject),
    )
)]
pub async fn cancel(
    State(engine): State<Shared>,
    Path(id): Path<String>,
    caller: Result<Caller, Failure>,
    headers: HeaderMap,
) -> Response {
    respond(
        async {
            let row = row_of(&engine, &caller?, &id).await?;
            if row.response.is_some() {
                let message = "Cannot cancel a synchronous response: only those created with background=true can be cancelled.";
                return Err(Failure::invalid("not_cancellable", message).with_param("response_id"));
            }
            ask(&engine, &row, Method::POST, "/cancel", None, &headers).await
        }
        .await,
    )
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// 1 to 100, 20 when absent.
    limit: Option<usize>,
    /// `desc` (the newest first) when absent, or `asc`.
    order: Option<String>,
    /// The id of the item that the page follows.
    after: Option<String>,
}

/// The input items of a response that was kept
#[utoipa::path(
    get, path = "/v1/responses/{response_id}/input_items", tag = "LLM", params(("response_id" = String, Path), Page),
    responses(
        (status = 200, body = JsonObject), (status = 400, body = JsonObject), (status = 401, body = JsonObject), (status = 404, body = JsonObject), (status = 422, body = JsonObject),
        (status = 502, description = "The provider that keeps it cannot be reached", body = JsonObject),
        (status = 504, description = "The provider that keeps it did not answer in time", body = JsonObject),
        (status = "default", description = "What the provider that keeps it answered, as it is", body = JsonObject),
    )
)]
pub async fn input_items(
    State(engine): State<Shared>,
    Path(id): Path<String>,
    caller: Result<Caller, Failure>,
    page: Result<QueryOf<Page>, Failure>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    respond(
        async {
            let row = row_of(&engine, &caller?, &id).await?;
            match &row.input {
                Some(items) => Ok(as_json(page_of(items, &page?.0)?)),
                None => ask(&engine, &row, Method::GET, "/input_items", query.as_deref(), &headers).await,
            }
        }
        .await,
    )
}

fn page_of(items: &str, page: &Page) -> Result<String, Failure> {
    let limit = page.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(
            Failure::invalid("invalid_value", "`limit` must be between 1 and 100").with_param("limit")
        );
    }
    let mut items: Vec<Box<RawValue>> = serde_json::from_str(items).unwrap_or_default();
    match page.order.as_deref() {
        None | Some("desc") => items.reverse(),
        Some("asc") => {}
        Some(_) => {
            return Err(
                Failure::invalid("invalid_value", "`order` must be `asc` or `desc`").with_param("order")
            );
        }
    }
    let id_of = |item: &RawValue| {
        serde_json::from_str::<Value>(item.get()).ok().and_then(|item| item["id"].as_str().map(str::to_owned))
    };
    if let Some(after) = &page.after {
        let at = items.iter().position(|item| id_of(item).as_ref() == Some(after));
        let at = at.ok_or_else(|| {
            Failure::invalid("invalid_value", format!("there is no item `{after}`")).with_param("after")
        })?;
        items.drain(..=at);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let list = json!({
        "object": "list",
        "data": items,
        "first_id": items.first().and_then(|item| id_of(item)),
        "last_id": items.last().and_then(|item| id_of(item)),
        "has_more": has_more,
    });
    Ok(list.to_string())
}
