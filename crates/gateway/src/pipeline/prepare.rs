//! What goes to a deployment: the caller's bytes with the model's name changed, or a translation of them; then what the
//! deployment, the request itself and the endpoint want done to the body.

use axum::http::HeaderMap;
use bytes::Bytes;
use postern_wire::{BadRequest, Beside, Edits, Envelope, Format, Surgery, Target, ToolAlias};
use serde_json::Value;

use super::DEFAULT_MAX_TOKENS;
use crate::error::Failure;
use crate::exchange::{Exchange, kept};
use crate::snapshot::{Deployment, Endpoint, Shape};

/// What is sent, and what the reply must be told of it.
pub struct Prepared {
    pub body: Bytes,
    pub loss: Vec<String>,
    pub hide_usage: bool,
    pub tools: Vec<ToolAlias>,
}

/// Asks for hints to be refused where they have no place.
const STRICT: &str = "x-postern-strict";

pub fn prepare(
    exchange: &Exchange,
    deployment: &Deployment,
    endpoint: &Endpoint,
) -> Result<Prepared, Failure> {
    let envelope = &exchange.envelope;
    let format = endpoint.format;
    let streaming = envelope.stream;
    let controls = envelope.controls.as_deref();
    // Drops come first, in the caller's format, so that nothing is refused for what is not to be sent.
    let mut reduced = deployment.surgery.reduce(&exchange.body)?.map(Bytes::from);
    if let Some(controls) = controls {
        let body = reduced.as_ref().unwrap_or(&exchange.body);
        reduced = controls.surgery.reduce(body)?.map(Bytes::from).or(reduced);
    }
    let finish = |mut body: Bytes| -> Result<(Bytes, Vec<String>), Failure> {
        for surgery in [Some(&deployment.surgery), controls.map(|controls| &controls.surgery)] {
            body = add(surgery, body)?;
        }
        match &endpoint.shape {
            Some(shape) => Ok(shaped(shape, &exchange.headers, format, body)?),
            None => Ok((body, Vec::new())),
        }
    };
    if format == exchange.format {
        let ask_usage = streaming
            && matches!(format, Format::OpenAiChat | Format::OpenAiCompletions)
            && !envelope.include_usage
            && deployment.spec.quirks.stream_usage;
        let model = deployment.upstream_model.as_str();
        let edits = Edits { model: (model != envelope.model).then_some(model), ask_usage };
        let body = match &reduced {
            None => envelope.rewrite(&exchange.body, &edits),
            // Whatever was cut out moved the rest.
            Some(reduced) => {
                let beside = Beside { model: Some(&envelope.model), stream: Some(streaming) };
                let beside = if envelope.is_model_inside() { Beside::default() } else { beside };
                Envelope::peek_beside(format, reduced, beside)?.rewrite(reduced, &edits)
            }
        };
        let (body, mut loss) = finish(body)?;
        loss.splice(0..0, envelope.foreign_signatures().iter().cloned());
        return Ok(Prepared { body, loss, hide_usage: ask_usage, tools: Vec::new() });
    }
    let snapshot = &exchange.snapshot;
    let drop_params = controls.and_then(|controls| controls.drop_params);
    let target = Target {
        model: &deployment.upstream_model,
        default_max_tokens: deployment.max_output.unwrap_or(DEFAULT_MAX_TOKENS),
        drop_params: drop_params.or(deployment.drop_params).unwrap_or(snapshot.drop_params),
        stream: streaming,
    };
    if let Some(memory) = &envelope.memory {
        if let Some(previous) = &memory.previous {
            return Err(kept::not_found(previous, ""));
        }
        if memory.background {
            let message = format!("{} makes no responses in the background", deployment.provider);
            return Err(Failure::invalid("unsupported_value", message).with_param("background"));
        }
        // The gateway keeps it, or does not, as it was told.
        let mut surgery = Surgery::default();
        let _ = surgery.drop("store");
        let body = reduced.as_ref().unwrap_or(&exchange.body);
        reduced = surgery.reduce(body)?.map(Bytes::from).or(reduced);
    }
    let body = reduced.as_ref().unwrap_or(&exchange.body);
    let translated = postern_wire::translate_request(exchange.format, format, body, &target)?;
    let strict =
        wants_strictness(&exchange.headers).or(deployment.strict_params).unwrap_or(snapshot.strict_params);
    if strict
        && !target.drop_params
        && let Some(first) = translated.loss.0.first()
    {
        let message = format!(
            "{} takes requests in a format without a place for {}; they would be dropped, but strictness was asked for",
            deployment.provider,
            translated.loss.0.join(", ")
        );
        return Err(Failure::invalid("unsupported_value", message).with_param(first));
    }
    let (body, mut loss) = finish(translated.body.into())?;
    loss.splice(0..0, translated.loss.0);
    Ok(Prepared { body, loss, hide_usage: false, tools: translated.tools })
}

fn add(surgery: Option<&Surgery>, body: Bytes) -> Result<Bytes, BadRequest> {
    Ok(match surgery {
        Some(surgery) => surgery.add(&body)?.map_or(body, Bytes::from),
        None => body,
    })
}

fn wants_strictness(headers: &HeaderMap) -> Option<bool> {
    match headers.get(STRICT)?.to_str().ok()?.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// What the endpoint wants of a body in its format, and what was lost for it.
pub fn shaped(
    shape: &Shape,
    caller: &HeaderMap,
    format: Format,
    body: Bytes,
) -> Result<(Bytes, Vec<String>), BadRequest> {
    let (mut body, mut lost) = (body, Vec::new());
    if shape.quirks.may_touch(&body) {
        lost = shape.quirks.dropped_from(&body)?;
        body = shape.quirks.reduce(&body)?.map_or(body, Bytes::from);
    }
    body = shape.surgery.reduce(&body)?.map_or(body, Bytes::from);
    body = add(Some(&shape.surgery), body)?;
    let betas = if shape.betas && format == Format::AnthropicMessages { betas(caller) } else { Vec::new() };
    if !betas.is_empty() {
        let mut surgery = Surgery::default();
        surgery.set("anthropic_beta", &Value::from(betas));
        body = add(Some(&surgery), body)?;
    }
    Ok((body, lost))
}

/// The beta features that a caller of Anthropic's format asks for, in all their lines.
fn betas(caller: &HeaderMap) -> Vec<String> {
    let lines = caller.get_all("anthropic-beta").iter().filter_map(|line| line.to_str().ok());
    let names = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
