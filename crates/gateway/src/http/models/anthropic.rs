//! The list of models as Anthropic's clients read it.

use serde::{Deserialize, Serialize};

use super::Listed;
use crate::error::Failure;

/// Anthropic's own limit, and what it gives unasked.
const MOST: usize = 1000;
const USUAL: usize = 20;
/// Nobody keeps the day on which a model appeared; the field must be a date.
const CREATED_AT: &str = "1970-01-01T00:00:00Z";

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// With `anthropic-version` only: how many, at most 1000; 20 when absent.
    limit: Option<usize>,
    /// With `anthropic-version` only: what follows this model.
    after_id: Option<String>,
    /// With `anthropic-version` only: what comes before this model.
    before_id: Option<String>,
}

#[derive(Serialize)]
pub struct Model {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    display_name: String,
    created_at: &'static str,
    max_input_tokens: Option<u64>,
    max_tokens: Option<u64>,
}

#[derive(Serialize)]
pub struct List {
    data: Vec<Model>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

pub fn model(model: Listed) -> Model {
    Model {
        kind: "model",
        display_name: model.id.clone(),
        id: model.id,
        created_at: CREATED_AT,
        max_input_tokens: model.context,
        max_tokens: model.max_output,
    }
}

/// A page of the list.
pub fn list(models: Vec<Listed>, page: &Page) -> Result<List, Failure> {
    let limit = page.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let message = format!("limit must be between 1 and {MOST}");
        return Err(Failure::invalid("invalid_value", message).with_param("limit"));
    }
    let place = |id: &str| {
        models.iter().position(|model| model.id == id).ok_or_else(|| {
            Failure::not_found("model_not_found", format!("there is no model {id} in the list"))
        })
    };
    let (start, end) = match (&page.after_id, &page.before_id) {
        (Some(after), _) => (place(after)? + 1, models.len()),
        (None, Some(before)) => {
            let end = place(before)?;
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, models.len()),
    };
    let shown = (end - start).min(limit);
    let has_more =
        if page.after_id.is_none() && page.before_id.is_some() { start > 0 } else { end - start > limit };
    let data: Vec<Model> = models.into_iter().skip(start).take(shown).map(model).collect();
    Ok(List {
        first_id: data.first().map(|model| model.id.clone()),
        last_id: data.last().map(|model| model.id.clone()),
        has_more,
        data,
    })
}
