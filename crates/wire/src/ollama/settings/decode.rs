//! Settings into the canonical model. What is not taken here stays in the request's `extra`.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::notes::flag;
use crate::canonical::{Extra, OutputFormat, OutputLimit, RawText, Sampling, Schema, Stop, Thinking};
use crate::json::{self, Members};

#[derive(Debug, Default)]
pub(in super::super) struct Settings {
    pub limit: Option<OutputLimit>,
    pub sampling: Sampling,
    pub stop: Option<Stop>,
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<RawText>,
    pub effort: Option<String>,
    pub thinking: Option<Thinking>,
    pub output: Option<OutputFormat>,
}

pub(in super::super) fn decode(request: &mut Members<'_>, extra: &mut Extra) -> Settings {
    let mut out = Settings {
        logprobs: request.take_as("logprobs"),
        top_logprobs: request.take("top_logprobs").map(RawValue::to_owned),
        output: output(request),
        ..Settings::default()
    };
    think(request, &mut out);
    if let Some(mut options) = request.get("options").and_then(json::members) {
        request.take("options");
        flag(extra, "options");
        take_options(&mut options, &mut out, extra);
        // The rest is about the machine that the model runs on, or about sampling that nobody else knows.
        extra.add("options", OWNER, options);
    }
    out
}

fn take_options(options: &mut Members<'_>, out: &mut Settings, extra: &mut Extra) {
    if let Some(raw) = options.get("num_predict")
        && let Ok(tokens) = raw.get().parse::<f64>()
    {
        options.take("num_predict");
        // Whatever is not above zero asks for no limit, as everywhere where none is given.
        if tokens >= 1.0 {
            out.limit = Some(OutputLimit { tokens: tokens as u64, member: "num_predict".to_owned() });
        }
        extra.note(OWNER, "num_predict", raw);
    }
    out.stop = match options.take_as::<String>("stop") {
        Some(sequence) => Some(Stop { sequences: vec![sequence], as_string: true }),
        None => options.take_as("stop").map(|sequences| Stop { sequences, as_string: false }),
    };
    let mut number = |member: &str| options.take(member).map(RawValue::to_owned);
    out.sampling = Sampling {
        temperature: number("temperature"),
        top_p: number("top_p"),
        top_k: number("top_k"),
        frequency_penalty: number("frequency_penalty"),
        presence_penalty: number("presence_penalty"),
        seed: number("seed"),
    };
}

/// The word `json`, or a schema.
fn output(request: &mut Members<'_>) -> Option<OutputFormat> {
    let raw = request.get("format")?;
    let output = if raw.get().starts_with('{') {
        let json = Some(raw.to_owned());
        OutputFormat::JsonSchema(Schema { name: None, description: None, json, strict: None })
    } else if json::string(raw)? == "json" {
        OutputFormat::JsonObject
    } else {
        return None;
    };
    request.take("format");
    Some(output)
}

/// A level is an effort.
fn think(request: &mut Members<'_>, out: &mut Settings) {
    if let Some(wanted) = request.take_as::<bool>("think") {
        out.thinking = Some(if wanted { Thinking::Adaptive } else { Thinking::Disabled });
        return;
    }
    let level =
        request.text("think").filter(|level| ["low", "medium", "high", "max"].contains(&level.as_ref()));
    if let Some(level) = level.map(String::from) {
        request.take("think");
        out.effort = Some(level);
    }
}
