//! A part of a model group's requests is sent to another group, too, to see how that one does: its answers are thrown away,
//! its ledger rows are the administrator's, and the caller waits for nothing. Off unless it is configured.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use http_body_util::BodyExt;
use postern_store::table::requests::Outcome;
use postern_wire::{Beside, Envelope};

use super::pass::{NOTHING, commit};
use super::{Exchange, first_words};
use crate::auth::Caller;
use crate::clock::Moment;
use crate::error::Failure;
use crate::ids;
use crate::meter::{End, Meter};
use crate::pipeline;
use crate::routing::Dice;

/// More at a time are left out: what is only for comparison must not crowd out what callers wait for.
pub const MOST_AT_A_TIME: usize = 32;

/// Sends a copy, if this request is among those that are mirrored.
pub fn reflect(exchange: &Exchange, group: &str) {
    let Some(mirror) = exchange.snapshot.routing.mirrors.get(group) else { return };
    // A millionth is fine enough.
    if exchange.is_mirror
        || Dice::cast(exchange.engine.conditions.next_turn()).below(1_000_000) as f64
            >= mirror.percent * 10_000.0
    {
        return;
    }
    let Ok(place) = exchange.engine.mirrors.clone().try_acquire_owned() else { return };
    let Ok(copy) = copy(exchange, &mirror.to) else { return };
    let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
        run(copy).await;
        drop(place);
    });
    exchange.engine.tasks.spawn(task);
}

/// The same request to another group.
fn copy(exchange: &Exchange, to: &str) -> Result<Exchange, Failure> {
    let is_inside = exchange.envelope.is_model_inside();
    let named = if is_inside { Envelope::with_model(&exchange.body, to) } else { None };
    let body = named.map_or_else(|| exchange.body.clone(), Into::into);
    let beside = Beside { model: (!is_inside).then_some(to), stream: Some(exchange.envelope.stream) };
    let mut envelope = Envelope::peek_beside(exchange.format, &body, beside)?;
    if let Some(controls) = &mut envelope.controls {
        // Who is to answer the caller is not who is to be compared.
        controls.routing = None;
    }
    Ok(Exchange {
        engine: exchange.engine.clone(),
        snapshot: exchange.snapshot.clone(),
        format: exchange.format,
        request_id: ids::new_id(),
        started: Moment::now(),
        caller: Caller::Internal,
        headers: exchange.headers.clone(),
        asked: body.clone(),
        body,
        envelope,
        pinned: None,
        path_end: "",
        provider: None,
        json_array: exchange.json_array,
        is_mirror: true,
    })
}

async fn run(exchange: Exchange) {
    let engine = Arc::clone(&exchange.engine);
    let format = exchange.format;
    let endpoint = "mirror".to_owned();
    let mut row =
        first_words(exchange.request_id, &exchange.caller, endpoint, format.as_str(), &exchange.headers);
    row.request_bytes = exchange.body.len() as i64;
    row.model_requested.clone_from(&exchange.envelope.model);
    row.streamed = exchange.envelope.stream;
    let mut meter = Meter::start(engine.clone(), Box::new(row), Instant::now());
    match pipeline::run(&exchange, &mut meter).await {
        Ok(answer) => {
            let response = answer.into_response(&engine, format, exchange.request_id, meter, None).await;
            let mut body = response.into_body();
            while let Some(Ok(_)) = body.frame().await {}
        }
        Err(failure) => {
            let status = failure.error.status;
            let end = End { status, outcome: Outcome::Error, failure: Some(&failure), ..NOTHING };
            commit(&engine, meter, end).await;
        }
    }
}
