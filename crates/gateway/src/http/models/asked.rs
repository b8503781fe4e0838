//! What may be asked of the list of models: LiteLLM's parameters, told in words as its clients write them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::listed::{Besides, Listed, Viewer};
use crate::auth::Caller;
use crate::config::FallbackKind;
use crate::directory::Directory;
use crate::error::Failure;
use crate::snapshot::Snapshot;

#[derive(Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Names that stand for many models, too.
    #[param(value_type = Option<bool>)]
    return_wildcard_routes: Option<String>,
    /// What this team may use, in the place of what the key may.
    team_id: Option<String>,
    /// Access groups, too.
    #[param(value_type = Option<bool>)]
    include_model_access_groups: Option<String>,
    /// Access groups and nothing else.
    #[param(value_type = Option<bool>)]
    only_model_access_groups: Option<String>,
    /// With `metadata.fallbacks` of each model.
    #[param(value_type = Option<bool>)]
    include_metadata: Option<String>,
    /// Which of its fallbacks: `general`, `context_window` or `content_policy`.
    #[param(value_type = Option<FallbackKind>)]
    fallback_type: Option<String>,
}

/// The same, understood.
pub(super) struct Wish {
    pub viewer: Viewer,
    pub besides: Besides,
    /// Fallbacks of this kind are to be told.
    pub fallbacks: Option<FallbackKind>,
}

impl ListQuery {
    pub(super) fn understood(self, caller: Caller, directory: &Directory) -> Result<Wish, Failure> {
        let besides = Besides {
            wildcards: flag("return_wildcard_routes", self.return_wildcard_routes)?,
            access_groups: flag("include_model_access_groups", self.include_model_access_groups)?,
            only_access_groups: flag("only_model_access_groups", self.only_model_access_groups)?,
        };
        let kinds = [FallbackKind::General, FallbackKind::ContextWindow, FallbackKind::ContentPolicy];
        let kind = match self.fallback_type.as_deref().filter(|text| !text.is_empty()) {
            None => FallbackKind::General,
            Some(text) => kinds.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
                let message =
                    "Invalid fallback_type. Must be one of: ['general', 'context_window', 'content_policy']";
                Failure::invalid("invalid_value", message).with_param("fallback_type")
            })?,
        };
        let fallbacks = flag("include_metadata", self.include_metadata)?.then_some(kind);
        let viewer = match self.team_id.filter(|team| !team.is_empty()) {
            Some(team) => Viewer::of_team(caller, directory, &team)?,
            None => caller.into(),
        };
        Ok(Wish { viewer, besides, fallbacks })
    }
}

/// As the clients' language writes truth, and as everybody's does.
fn flag(name: &str, text: Option<String>) -> Result<bool, Failure> {
    match text.unwrap_or_default().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "" | "false" | "0" | "no" | "off" => Ok(false),
        _ => {
            let mut failure =
                Failure::invalid("invalid_query", format!("{name} must be true or false")).with_param(name);
            failure.error.status = 422;
            Err(failure)
        }
    }
}

/// What is told of a model besides its name.
pub(super) fn metadata(snapshot: &Snapshot, model: &Listed, kind: FallbackKind) -> Value {
    let configured = snapshot.routing.fallbacks_of(kind);
    let general = (kind == FallbackKind::General).then_some(&snapshot.routing.default_fallbacks);
    let found = configured.get(&model.id).or_else(|| configured.get("*")).or(general);
    let others: Vec<&String> = found.into_iter().flatten().filter(|other| **other != model.id).collect();
    json!({ "fallbacks": others })
}
