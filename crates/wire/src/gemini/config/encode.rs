//! The canonical model into `generationConfig`.

use super::super::OWNER;
use super::super::models::Abilities;
use super::super::spelling::{self, is_flagged};
use crate::canonical::{Encoding, Extra, OutputFormat, OutputLimit, RawText, Sampling, Schema, Stop};
use crate::envelope::BadRequest;
use crate::json::{ObjectWriter, array, quote};

/// What the provider takes at most.
const MAX_STOP_SEQUENCES: usize = 5;

/// What of a request is written here.
pub(in super::super) struct Settings<'a> {
    pub limit: Option<&'a OutputLimit>,
    pub sampling: &'a Sampling,
    pub stop: Option<&'a Stop>,
    pub choices: Option<u64>,
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<&'a RawText>,
    /// `thinkingConfig`, written already.
    pub thinking: Option<String>,
    pub output: Option<&'a OutputFormat>,
    pub modalities: Option<&'a [String]>,
    pub extra: &'a Extra,
}

/// `None` if there is nothing to write.
pub(in super::super) fn encode(
    settings: &Settings<'_>,
    abilities: &Abilities,
    to: &mut Encoding,
) -> Result<Option<String>, BadRequest> {
    let Settings {
        limit,
        sampling,
        stop,
        choices,
        logprobs,
        top_logprobs,
        thinking,
        output,
        modalities,
        extra,
    } = settings;
    let is_own = to.from == OWNER;
    let name = |member| spelling::name(member, extra);
    let mut out = ObjectWriter::new();
    write_sampling(sampling, extra, abilities, &mut out, to);
    if let Some(limit) = limit {
        out.put(&name("maxOutputTokens"), limit.tokens);
    }
    if let Some(stop) = stop {
        let kept = if is_own { stop.sequences.len() } else { stop.sequences.len().min(MAX_STOP_SEQUENCES) };
        to.lose_if(kept < stop.sequences.len(), "", &format!("stop[{kept}]"));
        if is_own || kept > 0 {
            let kept = stop.sequences[..kept].iter().map(|text| quote(text));
            out.raw(&name("stopSequences"), &array(kept));
        }
    }
    if let Some(choices) = choices {
        out.put(&name("candidateCount"), *choices);
    }
    if let Some(logprobs) = logprobs {
        out.put(&name("responseLogprobs"), *logprobs);
    }
    out.maybe_raw("logprobs", top_logprobs.map(AsRef::as_ref));
    if let Some(thinking) = thinking {
        out.raw(&name("thinkingConfig"), thinking);
    }
    if let Some(output) = output {
        write_output(output, extra, &mut out, to);
    }
    if let Some(modalities) = modalities {
        if let Some(raw) = extra.noted(OWNER, "responseModalities") {
            out.raw(&name("responseModalities"), raw.get());
        } else if modalities.iter().any(|modality| modality != "text") {
            to.refuse("modalities", "output other than text")?;
        }
    }
    extra.write_nested(OWNER, "generationConfig", &mut out);
    let config = out.finish();
    Ok((config != "{}" || is_flagged(extra, "generationConfig")).then_some(config))
}

fn write_sampling(
    sampling: &Sampling,
    extra: &Extra,
    abilities: &Abilities,
    out: &mut ObjectWriter,
    to: &mut Encoding,
) {
    let Sampling { temperature, top_p, top_k, frequency_penalty, presence_penalty, seed } = sampling;
    for (member, value) in [("temperature", temperature), ("topP", top_p), ("topK", top_k), ("seed", seed)] {
        out.maybe_raw(&spelling::name(member, extra), value.as_deref());
    }
    let penalties = [
        ("frequencyPenalty", "frequency_penalty", frequency_penalty),
        ("presencePenalty", "presence_penalty", presence_penalty),
    ];
    for (member, theirs, value) in penalties {
        if to.from == OWNER || abilities.penalties {
            out.maybe_raw(&spelling::name(member, extra), value.as_deref());
        } else {
            // Recent models refuse them.
            let number = value.as_ref().and_then(|raw| raw.get().parse::<f64>().ok());
            to.lose_if(number.is_some_and(|number| number != 0.0), "", theirs);
        }
    }
}

fn write_output(output: &OutputFormat, extra: &Extra, out: &mut ObjectWriter, to: &mut Encoding) {
    let name = |member| spelling::name(member, extra);
    let media_type = match output {
        OutputFormat::Text if to.from == OWNER => "text/plain",
        OutputFormat::Text => return,
        OutputFormat::JsonObject | OutputFormat::JsonSchema(_) => "application/json",
    };
    if !is_flagged(extra, "without responseMimeType") {
        out.string(&name("responseMimeType"), media_type);
    }
    let OutputFormat::JsonSchema(Schema { name: _, description, json, strict: _ }) = output else { return };
    to.lose_if(description.is_some(), "response_format", "json_schema.description");
    match (extra.noted(OWNER, "responseSchema"), json) {
        (Some(own), _) => {
            out.raw(&name("responseSchema"), own.get());
        }
        (None, Some(json)) => {
            out.raw(&name("responseJsonSchema"), json.get());
        }
        (None, None) => {}
    }
}
