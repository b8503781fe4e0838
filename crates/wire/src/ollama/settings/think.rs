//! Asking for thought in the words that the model knows.

use super::super::models::{self, Thinking as Ability};
use crate::canonical::{Encoding, Thinking};
use crate::json::quote;

pub(super) struct Asked<'a> {
    pub effort: Option<&'a str>,
    pub thinking: Option<&'a Thinking>,
}

/// `think` as it was.
pub(super) fn own(asked: &Asked<'_>) -> Option<String> {
    match (asked.effort, asked.thinking) {
        (Some(level), _) => Some(quote(level)),
        (None, Some(thinking)) => Some((*thinking != Thinking::Disabled).to_string()),
        (None, None) => None,
    }
}

/// `think` for an effort or a thinking setting of another format.
pub(super) fn plan(asked: &Asked<'_>, model: &str, to: &mut Encoding) -> Option<String> {
    let member = match asked {
        Asked { thinking: Some(_), .. } => "thinking",
        Asked { effort: Some(_), .. } => "reasoning_effort",
        Asked { effort: None, thinking: None } => return None,
    };
    let is_off = asked.thinking == Some(&Thinking::Disabled)
        || (asked.thinking.is_none() && asked.effort == Some("none"));
    let budget = match asked.thinking {
        Some(Thinking::Enabled { budget_tokens }) => Some(*budget_tokens),
        Some(Thinking::Adaptive | Thinking::Disabled) | None => None,
    };
    match models::thinking(model) {
        Ability::Level if is_off => {
            // It cannot be turned off.
            to.lose("", member);
            Some(quote("low"))
        }
        _ if is_off => Some("false".to_owned()),
        Ability::Unknown => {
            to.lose("", member);
            None
        }
        Ability::Switch => {
            // How hard is for the model to decide.
            to.lose_if(budget.is_some(), "thinking", "budget_tokens");
            to.lose_if(asked.effort.is_some(), "", "reasoning_effort");
            Some("true".to_owned())
        }
        Ability::Level => {
            to.lose_if(budget.is_some(), "thinking", "budget_tokens");
            to.lose_if(matches!(asked.effort, Some("xhigh" | "max")), "", "reasoning_effort");
            let level = match (asked.effort, budget) {
                (Some("minimal" | "low"), _) | (None, Some(0..4096)) => "low",
                (Some("medium"), _) | (None, Some(4096..16384) | None) => "medium",
                (Some(_), _) | (None, Some(_)) => "high",
            };
            Some(quote(level))
        }
    }
}
