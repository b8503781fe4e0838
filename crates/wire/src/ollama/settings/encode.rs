//! The canonical model into settings.

use super::super::OWNER;
use super::super::notes::is_flagged;
use super::super::shape::is_family;
use super::decode::Settings;
use super::think::{self, Asked};
use crate::canonical::{Encoding, Extra, OutputFormat, RawText, Sampling, Schema};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array, quote};

pub(in super::super) fn encode(
    settings: &Settings,
    model: &str,
    extra: &Extra,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    let Settings { limit, sampling, stop, logprobs, top_logprobs, effort, thinking, output } = settings;
    if let Some(output) = output {
        write_output(output, out, to);
    }
    let asked = Asked { effort: effort.as_deref(), thinking: thinking.as_ref() };
    let think = if is_family(to.from) { think::own(&asked) } else { think::plan(&asked, model, to) };
    if let Some(think) = think {
        out.raw("think", &think);
    }
    if let Some(logprobs) = logprobs {
        out.put("logprobs", *logprobs);
    }
    out.maybe_raw("top_logprobs", top_logprobs.as_deref());

    let mut options = ObjectWriter::new();
    write_sampling(sampling, &mut options);
    match (extra.noted(OWNER, "num_predict"), limit) {
        (Some(own), _) => options.raw("num_predict", own.get()),
        (None, Some(limit)) => options.put("num_predict", limit.tokens),
        (None, None) => &mut options,
    };
    if let Some(stop) = stop {
        match stop.sequences.as_slice() {
            [one] if stop.as_string && is_family(to.from) => options.string("stop", one),
            [] if !is_family(to.from) => &mut options,
            all => options.raw("stop", &array(all.iter().map(|text| quote(text)))),
        };
    }
    extra.write_nested(OWNER, "options", &mut options);
    let options = options.finish();
    if options != "{}" || is_flagged(extra, "options") {
        out.raw("options", &options);
    }
}

fn write_sampling(sampling: &Sampling, out: &mut ObjectWriter) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    for (member, value) in [
        ("temperature", temperature),
        ("top_p", top_p),
        ("top_k", top_k),
        ("frequency_penalty", frequency_penalty),
        ("presence_penalty", presence_penalty),
        ("seed", seed),
    ] {
        out.maybe_raw(member, value.as_deref());
    }
}

fn write_output(output: &OutputFormat, out: &mut ObjectWriter, to: &mut Encoding) {
    match output {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => {
            out.string("format", "json");
        }
        // A schema is always held to, whether it was to be strict or not.
        OutputFormat::JsonSchema(Schema { name: _, description, json, strict: _ }) => {
            to.lose_if(description.is_some(), "response_format", "json_schema.description");
            out.raw("format", json.as_deref().map_or("\"json\"", |schema| schema.get()));
        }
    }
}

/// What other formats ask for and this one has no members for.
pub(in super::super) struct Foreign<'a> {
    pub choices: Option<u64>,
    pub logit_bias: Option<&'a RawText>,
    pub modalities: Option<&'a [String]>,
    pub service_tier: Option<&'a str>,
    pub user: Option<&'a str>,
    pub metadata: Option<&'a RawText>,
}

/// Refuses it, or reports it.
pub(in super::super) fn report(foreign: &Foreign<'_>, to: &mut Encoding) -> Result<(), BadRequest> {
    let Foreign { choices, logit_bias, modalities, service_tier, user, metadata } = foreign;
    if choices.is_some_and(|choices| choices > 1) {
        to.refuse("n", "more than one completion")?;
    }
    if modalities.is_some_and(|modalities| modalities.iter().any(|name| name != "text")) {
        to.refuse("modalities", "output other than text")?;
    }
    to.lose_if(logit_bias.is_some(), "", "logit_bias");
    to.lose_if(
        !matches!(service_tier, None | Some("auto" | "default" | "standard_only")),
        "",
        "service_tier",
    );
    to.lose_if(user.is_some(), "", "user");
    to.lose_if(metadata.is_some_and(|metadata| metadata.get() != "{}"), "", "metadata");
    Ok(())
}
