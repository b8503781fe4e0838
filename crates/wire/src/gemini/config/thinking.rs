//! Asking for thought in the words of the model's generation.

use super::super::OWNER;
use super::super::models::{Abilities, Thinking as Ability};
use super::super::spelling;
use crate::canonical::{Encoding, Extra, Thinking};
use crate::json::ObjectWriter;

pub(in super::super) struct Asked<'a> {
    pub effort: Option<&'a str>,
    pub thinking: Option<&'a Thinking>,
}

/// `thinkingConfig` as it was.
pub(in super::super) fn own(asked: &Asked<'_>, extra: &Extra) -> Option<String> {
    spelling::is_flagged(extra, "thinkingConfig").then(|| {
        let mut out = ObjectWriter::new();
        if let Some(thinking) = asked.thinking {
            let budget = match thinking {
                Thinking::Disabled => 0,
                Thinking::Adaptive => -1,
                Thinking::Enabled { budget_tokens } => i64::try_from(*budget_tokens).unwrap_or(i64::MAX),
            };
            out.put(&spelling::name("thinkingBudget", extra), budget);
        }
        if let Some(effort) = asked.effort {
            out.string(&spelling::name("thinkingLevel", extra), &effort.to_ascii_uppercase());
        }
        out.maybe_raw(&spelling::name("includeThoughts", extra), extra.noted(OWNER, "includeThoughts"));
        extra.write_nested(OWNER, "generationConfig.thinkingConfig", &mut out);
        out.finish()
    })
}

/// `thinkingConfig` for an effort or a thinking setting of another format.
pub(in super::super) fn plan(asked: &Asked<'_>, abilities: &Abilities, to: &mut Encoding) -> Option<String> {
    let is_off = asked.thinking == Some(&Thinking::Disabled)
        || (asked.thinking.is_none() && asked.effort == Some("none"));
    if asked.thinking.is_none() && asked.effort.is_none() {
        return None;
    }
    let member = if asked.thinking.is_some() { "thinking" } else { "reasoning_effort" };
    let mut out = ObjectWriter::new();
    match &abilities.thinking {
        Ability::Never => {
            to.lose_if(!is_off, "", member);
            return None;
        }
        Ability::Budget { bounds, may_stop: false } if is_off => {
            // It cannot be turned off.
            to.lose("", member);
            out.put("thinkingBudget", *bounds.start());
            return Some(out.finish());
        }
        Ability::Budget { .. } if is_off => {
            out.put("thinkingBudget", 0);
            return Some(out.finish());
        }
        Ability::Level { has_minimal, .. } if is_off => {
            to.lose_if(!has_minimal, "", member);
            out.string("thinkingLevel", if *has_minimal { "MINIMAL" } else { "LOW" });
            return Some(out.finish());
        }
        Ability::Budget { bounds, .. } => {
            let budget = match (asked.thinking, asked.effort) {
                (Some(Thinking::Enabled { budget_tokens }), _) => {
                    to.lose_if(!bounds.contains(budget_tokens), "thinking", "budget_tokens");
                    (*budget_tokens).clamp(*bounds.start(), *bounds.end())
                }
                // As Google itself reads the efforts of chat.
                (_, Some("minimal" | "low")) => 1024,
                (_, Some("medium")) => 8192,
                (_, Some(_)) => 24576,
                (_, None) => {
                    out.put("thinkingBudget", -1);
                    0
                }
            };
            if budget > 0 {
                out.put("thinkingBudget", budget);
            }
        }
        Ability::Level { has_minimal, has_medium } => match (asked.thinking, asked.effort) {
            // Still taken in place of a level.
            (Some(Thinking::Enabled { budget_tokens }), None) => {
                out.put("thinkingBudget", *budget_tokens);
            }
            (_, None) => {}
            (_, Some(effort)) => {
                to.lose_if(
                    matches!(asked.thinking, Some(Thinking::Enabled { .. })),
                    "thinking",
                    "budget_tokens",
                );
                to.lose_if(matches!(effort, "xhigh" | "max"), "", "reasoning_effort");
                let level = match effort {
                    "minimal" if *has_minimal => "MINIMAL",
                    "minimal" | "low" => "LOW",
                    "medium" if *has_medium => "MEDIUM",
                    _ => "HIGH",
                };
                out.string("thinkingLevel", level);
            }
        },
    }
    // Who asks for thought in another format is shown it.
    out.put("includeThoughts", true);
    Some(out.finish())
}
