//! What a provider says in its usage object that a call costs, as those that do document it.

use serde_json::{Map, Value, json};

/// One provider's way of saying it.
#[derive(Clone, Debug, PartialEq)]
pub enum Charge {
    /// OpenRouter's, in dollars. With a key of the user's own, the provider behind it charges `behind`, and `cost` is the fee.
    OpenRouter { cost: f64, behind: Option<f64> },
    /// xAI's: ten thousand million ticks are a dollar.
    Xai { ticks: u64 },
    /// Perplexity's, in dollars. Its streams say it unasked.
    Perplexity { input: f64, output: f64, request: f64 },
    /// These members of a usage object, whatever they are.
    Members(Map<String, Value>),
}

impl Charge {
    /// Puts it into a usage object.
    pub(crate) fn put_into(&self, usage: &mut Value) {
        match self {
            Self::OpenRouter { cost, behind } => {
                usage["cost"] = json!(cost);
                usage["is_byok"] = json!(behind.is_some());
                usage["cost_details"] = json!({"upstream_inference_cost": behind.unwrap_or(*cost)});
            }
            Self::Xai { ticks } => {
                usage["num_sources_used"] = json!(0);
                usage["cost_in_usd_ticks"] = json!(ticks);
            }
            Self::Perplexity { input, output, request } => {
                usage["search_context_size"] = json!("low");
                usage["cost"] = json!({
                    "input_tokens_cost": input,
                    "output_tokens_cost": output,
                    "request_cost": request,
                    "total_cost": ((input + output + request) * 1e9).round() / 1e9,
                    "citation_tokens_cost": null,
                    "reasoning_tokens_cost": null,
                    "search_queries_cost": null,
                });
            }
            Self::Members(members) => {
                for (name, value) in members {
                    usage[name] = value.clone();
                }
            }
        }
    }
}
