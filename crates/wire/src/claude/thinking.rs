//! Asking for thought in the words of the model's generation.

use super::models::{Abilities, Thinking as Ability};
use crate::canonical::{Encoding, Message, Part, PartKind, Role, Thinking, ToolChoice, signature};

/// The smallest budget the provider takes.
const LEAST_BUDGET: u64 = 1024;

/// What to write for an effort or a thinking setting of another format.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub thinking: Option<Thinking>,
    pub effort: Option<&'static str>,
}

pub(crate) struct Asked<'a> {
    pub effort: Option<&'a str>,
    pub thinking: Option<&'a Thinking>,
    pub messages: &'a [Message],
    pub tool_choice: Option<&'a ToolChoice>,
    pub max_tokens: u64,
}

pub(crate) fn plan(asked: &Asked<'_>, abilities: Abilities, to: &mut Encoding) -> Plan {
    match abilities.thinking {
        Ability::Never => {
            to.lose_if(asked.effort.is_some_and(|effort| effort != "none"), "", "reasoning_effort");
            to.lose_if(wants_thinking(asked.thinking), "", "thinking");
            Plan::default()
        }
        Ability::Budget => budget(asked, to),
        Ability::Adaptive => adaptive(asked, abilities, to),
    }
}

fn wants_thinking(thinking: Option<&Thinking>) -> bool {
    matches!(thinking, Some(Thinking::Enabled { .. } | Thinking::Adaptive))
}

fn budget(asked: &Asked<'_>, to: &mut Encoding) -> Plan {
    let wanted = match (asked.thinking, asked.effort) {
        (Some(Thinking::Disabled), _) => return Plan { thinking: Some(Thinking::Disabled), effort: None },
        (Some(Thinking::Enabled { budget_tokens }), _) => *budget_tokens,
        (_, Some("none")) | (None, None) => return Plan::default(),
        (_, Some("minimal")) => LEAST_BUDGET,
        (_, Some("low")) => 2048,
        (_, Some("high")) => 16384,
        (_, Some("xhigh" | "max")) => 32768,
        (Some(Thinking::Adaptive), _) | (_, Some(_)) => 8192,
    };
    // A budget of the client's own may take all but one token; one that is made up here leaves room for an answer.
    let is_given = matches!(asked.thinking, Some(Thinking::Enabled { .. }));
    let room = if is_given { asked.max_tokens.saturating_sub(1) } else { asked.max_tokens / 4 * 3 };
    if room < LEAST_BUDGET || is_forced(asked.tool_choice) || !may_resume(asked.messages) {
        to.lose("", if asked.thinking.is_some() { "thinking" } else { "reasoning_effort" });
        return Plan::default();
    }
    Plan {
        thinking: Some(Thinking::Enabled { budget_tokens: wanted.clamp(LEAST_BUDGET, room) }),
        effort: None,
    }
}

fn adaptive(asked: &Asked<'_>, abilities: Abilities, to: &mut Encoding) -> Plan {
    if asked.thinking == Some(&Thinking::Disabled) || asked.effort == Some("none") {
        return Plan { thinking: Some(Thinking::Disabled), effort: None };
    }
    let effort = match asked.effort {
        None => None,
        Some("minimal" | "low") => Some("low"),
        Some("medium") => Some("medium"),
        Some("high") => Some("high"),
        Some("max") => Some("max"),
        Some("xhigh") if abilities.extra_high => Some("xhigh"),
        Some(_) => {
            to.lose("", "reasoning_effort");
            Some("high")
        }
    };
    to.lose_if(matches!(asked.thinking, Some(Thinking::Enabled { .. })), "thinking", "budget_tokens");
    if effort.is_none() && asked.thinking.is_none() {
        return Plan::default();
    }
    // A forced call leaves no room for thought.
    let thinking = (!is_forced(asked.tool_choice)).then_some(Thinking::Adaptive);
    Plan { thinking, effort }
}

fn is_forced(choice: Option<&ToolChoice>) -> bool {
    matches!(
        choice,
        Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Allowed { required: true, .. })
    )
}

/// With a budget, a turn that called tools must show the thinking that came before the calls, signed.
fn may_resume(messages: &[Message]) -> bool {
    // Some formats give results to the model in a user's message.
    let asks_anew = |message: &Message| {
        let is_result = |part: &Part| matches!(part.kind, PartKind::ToolResult(_));
        message.role == Role::User && !message.content.parts.iter().any(is_result)
    };
    messages.iter().rev().take_while(|message| !asks_anew(message)).all(|message| {
        let parts = &message.content.parts;
        let calls = parts.iter().any(|part| matches!(part.kind, PartKind::ToolCall(_)));
        let is_signed = match parts.first().map(|part| &part.kind) {
            Some(PartKind::Thinking { signature, .. }) => {
                signature.as_ref().is_some_and(|text| !text.is_empty() && !signature::is_marked(text))
            }
            Some(PartKind::RedactedThinking(_)) => true,
            _ => false,
        };
        message.role != Role::Assistant || !calls || is_signed
    })
}
