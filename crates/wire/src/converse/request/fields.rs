//! `additionalModelRequestFields`: what only some models take, in the words of their makers.

use serde_json::value::RawValue;

use super::super::OWNER;
use super::super::families::{Abilities, Family};
use crate::canonical::{Encoding, Extra, Message, RawText, Thinking, ToolChoice};
use crate::claude::thinking::{self, Asked as ClaudeAsked};
use crate::json::{self, Members, ObjectWriter};

const MEMBER: &str = "additionalModelRequestFields";

/// What these fields ask for.
#[derive(Default)]
pub(super) struct Asked {
    pub thinking: Option<Thinking>,
    pub effort: Option<String>,
    pub top_k: Option<RawText>,
}

/// Reads what is understood. The whole is noted as it was, for its own encoder; the rest is others' loss.
pub(super) fn decode(members: &mut Members<'_>, extra: &mut Extra) -> Asked {
    let raw = members.get(MEMBER);
    let Some((raw, mut fields)) = raw.and_then(|raw| Some((raw, json::members(raw)?))) else {
        return Asked::default();
    };
    members.take(MEMBER);
    extra.note(OWNER, MEMBER, raw);
    let mut asked = Asked { top_k: fields.take("top_k").map(RawValue::to_owned), ..Asked::default() };
    // Claude's, under its own name and under the one that Bedrock first gave it.
    for member in ["thinking", "reasoning_config"] {
        if let Some(thinking) = fields.get(member).and_then(thinking_of) {
            fields.take(member);
            asked.thinking = Some(thinking);
        }
    }
    asked.effort = fields.take_as("reasoning_effort");
    nested(&mut fields, "output_config", extra, |config| {
        asked.effort = config.take_as("effort").or(asked.effort.take());
    });
    // Nova's.
    nested(&mut fields, "reasoningConfig", extra, |config| match config.text("type").as_deref() {
        Some("enabled") => {
            config.take("type");
            asked.effort = config.take_as("maxReasoningEffort").or(asked.effort.take());
            asked.thinking = asked.thinking.take().or(asked.effort.is_none().then_some(Thinking::Adaptive));
        }
        Some("disabled") => {
            config.take("type");
            asked.thinking = Some(Thinking::Disabled);
        }
        _ => {}
    });
    nested(&mut fields, "inferenceConfig", extra, |config| {
        asked.top_k = config.take("topK").map(RawValue::to_owned).or(asked.top_k.take());
    });
    extra.add(MEMBER, OWNER, fields);
    asked
}

fn thinking_of(raw: &RawValue) -> Option<Thinking> {
    let object = json::members(raw)?;
    Some(match object.text("type")?.as_ref() {
        "enabled" => Thinking::Enabled { budget_tokens: object.get("budget_tokens")?.get().parse().ok()? },
        "adaptive" => Thinking::Adaptive,
        "disabled" => Thinking::Disabled,
        _ => return None,
    })
}

/// Reads an object among the fields; what is left of it is lost to others.
fn nested(fields: &mut Members<'_>, member: &str, extra: &mut Extra, mut read: impl FnMut(&mut Members<'_>)) {
    let Some(mut object) = fields.get(member).and_then(json::members) else { return };
    fields.take(member);
    read(&mut object);
    extra.add(&format!("{MEMBER}/{member}"), OWNER, object);
}

/// What of another format's request is written here.
pub(super) struct Wanted<'a> {
    pub effort: Option<&'a str>,
    pub thinking: Option<&'a Thinking>,
    pub top_k: Option<&'a RawText>,
    pub messages: &'a [Message],
    pub tool_choice: Option<&'a ToolChoice>,
    /// The limit of output tokens that was given, and the one that applies.
    pub given_limit: Option<u64>,
    pub max_tokens: u64,
}

/// What is to be written, here and elsewhere.
#[derive(Default)]
pub(super) struct Plan {
    /// `additionalModelRequestFields`, if there are any.
    pub fields: Option<String>,
    /// `outputConfig.effort`.
    pub effort: Option<String>,
    /// A limit must be said that leaves room behind the thought.
    pub needs_limit: bool,
    /// The model refuses to be told how to choose its words.
    pub refuses_sampling: bool,
}

pub(super) fn plan(wanted: &Wanted<'_>, abilities: Abilities, to: &mut Encoding) -> Plan {
    let mut plan = Plan::default();
    let mut fields = ObjectWriter::new();
    let mut top_k = wanted.top_k.map(RawText::as_ref);
    match abilities.family {
        Family::Claude(claude) => {
            let Wanted { effort, thinking, messages, tool_choice, max_tokens, .. } = *wanted;
            let asked = ClaudeAsked { effort, thinking, messages, tool_choice, max_tokens };
            let thought = thinking::plan(&asked, claude, to);
            let is_thinking = matches!(thought.thinking, Some(Thinking::Enabled { .. } | Thinking::Adaptive));
            plan.effort = thought.effort.map(str::to_owned);
            plan.needs_limit = matches!(thought.thinking, Some(Thinking::Enabled { .. }));
            plan.refuses_sampling = is_thinking || !claude.sampling;
            if let Some(thinking) = thought.thinking {
                fields.raw("thinking", &claude_thinking(&thinking));
            }
            if !plan.refuses_sampling {
                fields.maybe_raw("top_k", top_k.take());
            }
        }
        Family::Nova { thinks } => {
            if thinks && let Some(effort) = nova_effort(wanted, to) {
                let mut config = ObjectWriter::new();
                config.string("type", "enabled").string("maxReasoningEffort", effort);
                fields.raw("reasoningConfig", &config.finish());
                plan.refuses_sampling = effort == "high";
            } else if !thinks {
                lose_thought(wanted, to);
            }
            if !plan.refuses_sampling
                && let Some(top_k) = top_k.take()
            {
                let mut config = ObjectWriter::new();
                config.raw("topK", top_k.get());
                fields.raw("inferenceConfig", &config.finish());
            }
        }
        Family::GptOss => {
            if let Some(effort) = open_effort(wanted, to) {
                fields.string("reasoning_effort", effort);
            }
        }
        Family::Mistral => {
            lose_thought(wanted, to);
            fields.maybe_raw("top_k", top_k.take());
        }
        Family::Other => lose_thought(wanted, to),
    }
    to.lose_if(top_k.is_some(), "", "top_k");
    let fields = fields.finish();
    plan.fields = (fields != "{}").then_some(fields);
    plan
}

fn claude_thinking(thinking: &Thinking) -> String {
    let mut out = ObjectWriter::new();
    match thinking {
        Thinking::Enabled { budget_tokens } => {
            out.string("type", "enabled").put("budget_tokens", *budget_tokens)
        }
        Thinking::Adaptive => out.string("type", "adaptive"),
        Thinking::Disabled => out.string("type", "disabled"),
    };
    out.finish()
}

fn is_off(wanted: &Wanted<'_>) -> bool {
    wanted.thinking == Some(&Thinking::Disabled)
        || (wanted.thinking.is_none() && matches!(wanted.effort, None | Some("none")))
}

fn lose_thought(wanted: &Wanted<'_>, to: &mut Encoding) {
    if !is_off(wanted) {
        to.lose("", if wanted.thinking.is_some() { "thinking" } else { "reasoning_effort" });
    }
}

/// Nova does not think unless asked. At its hardest it takes no limit, which is a promise to whoever gave one.
fn nova_effort(wanted: &Wanted<'_>, to: &mut Encoding) -> Option<&'static str> {
    if is_off(wanted) {
        return None;
    }
    to.lose_if(matches!(wanted.thinking, Some(Thinking::Enabled { .. })), "thinking", "budget_tokens");
    Some(match wanted.effort {
        Some("minimal" | "low") => "low",
        Some("medium") | None => "medium",
        Some(_) if wanted.given_limit.is_some() => {
            to.lose("", "reasoning_effort");
            "medium"
        }
        Some(effort) => {
            to.lose_if(effort != "high", "", "reasoning_effort");
            "high"
        }
    })
}

/// OpenAI's open models always think.
fn open_effort(wanted: &Wanted<'_>, to: &mut Encoding) -> Option<&'static str> {
    to.lose_if(matches!(wanted.thinking, Some(Thinking::Enabled { .. })), "thinking", "budget_tokens");
    if wanted.thinking == Some(&Thinking::Disabled) || wanted.effort == Some("none") {
        to.lose("", if wanted.thinking.is_some() { "thinking" } else { "reasoning_effort" });
        return Some("low");
    }
    Some(match wanted.effort? {
        "minimal" | "low" => "low",
        "medium" => "medium",
        effort => {
            to.lose_if(effort != "high", "", "reasoning_effort");
            "high"
        }
    })
}
