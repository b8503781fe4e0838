//! What a request says of a team, put into its row.

use std::collections::BTreeMap;

use postern_store::Connection;
use postern_store::table::spent::Subject;
use postern_store::table::teams::TeamRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::permissions;
use crate::durations;
use crate::error::Failure;
use crate::registry::budgets::{LONGEST_ID, check_id};
use crate::registry::limited::{self, LimitFields, Now, Said};

/// What a request says of a team. Money in dollars.
#[derive(Debug, Default)]
pub struct TeamFields {
    pub alias: Said<String>,
    pub organization_id: Said<String>,
    pub models: Said<Vec<String>>,
    /// Name to model.
    pub aliases: Said<BTreeMap<String, String>>,
    pub metadata: Said<Map<String, Value>>,
    pub tags: Said<Vec<String>>,
    /// Routes that members may call with the team's keys.
    pub permissions: Said<Vec<String>>,
    pub member_defaults: MemberFields,
    pub blocked: Said<bool>,
    /// What is kept and shown, and means nothing here; null takes it away.
    pub extra: BTreeMap<String, Value>,
    pub limits: LimitFields,
}

/// Limits of members who have none of their own, as requests say them.
#[derive(Debug, Default)]
pub struct MemberFields {
    pub max_budget: Said<f64>,
    pub budget_duration: Said<String>,
    pub rpm_limit: Said<i64>,
    pub tpm_limit: Said<i64>,
    pub key_duration: Said<String>,
}

/// The same as the row has them. Money in nano-dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberDefaults {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_budget_nanos: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm_limit: Option<i64>,
    /// How long keys live that members make for themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_duration: Option<String>,
}

impl MemberDefaults {
    pub fn of(row: &TeamRow) -> Self {
        serde_json::from_str(&row.member_defaults).unwrap_or_default()
    }
}

/// Most entries of a list or an object, and most bytes of metadata.
const MOST: usize = 1000;
const LARGEST: usize = 64 * 1024;

/// An entry that stands for nothing: a list of models with nothing else allows none.
pub const NO_MODELS: &str = "no-default-models";

impl TeamFields {
    /// Puts them into the row. `subject` is whose spend a new budget is compared with; `None` for what is new.
    pub fn apply(
        self,
        connection: &Connection,
        row: &mut TeamRow,
        subject: Option<&Subject>,
        now: &Now,
    ) -> Result<(), Failure> {
        match self.alias {
            Said::Nothing => {}
            Said::Clear => row.team_alias = None,
            Said::Set(alias) => row.team_alias = text("team_alias", &alias)?,
        }
        match self.organization_id {
            Said::Nothing => {}
            Said::Clear => row.organization_id = None,
            // LiteLLM's console sends an empty text for none.
            Said::Set(id) => row.organization_id = Some(id).filter(|id| !id.is_empty()),
        }
        match self.models {
            Said::Nothing => {}
            Said::Clear => "[]".clone_into(&mut row.models),
            Said::Set(models) => row.models = names("models", models)?.to_string(),
        }
        match self.aliases {
            Said::Nothing => {}
            Said::Clear => "{}".clone_into(&mut row.model_aliases),
            Said::Set(aliases) => row.model_aliases = model_aliases(aliases)?,
        }
        apply_metadata(row, self.metadata, self.tags)?;
        match self.permissions {
            Said::Nothing => {}
            Said::Clear => row.member_permissions = permissions::default_list(),
            Said::Set(routes) => row.member_permissions = permissions::list(&routes)?,
        }
        match self.blocked {
            Said::Nothing => {}
            Said::Clear => row.blocked = false,
            Said::Set(blocked) => row.blocked = blocked,
        }
        let mut defaults = MemberDefaults::of(row);
        self.member_defaults.apply(&mut defaults)?;
        row.member_defaults = serde_json::to_string(&defaults).map_err(unwritten)?;
        keep(row, self.extra)?;
        self.limits.apply(connection, &mut row.limits, subject, now)
    }
}

impl MemberFields {
    fn apply(self, defaults: &mut MemberDefaults) -> Result<(), Failure> {
        fn set<T, U>(
            said: Said<T>,
            place: &mut Option<U>,
            read: impl FnOnce(T) -> Result<U, Failure>,
        ) -> Result<(), Failure> {
            match said {
                Said::Nothing => {}
                Said::Clear => *place = None,
                Said::Set(value) => *place = Some(read(value)?),
            }
            Ok(())
        }
        let duration = |name: &'static str| {
            move |text: String| {
                durations::check(&text).map_err(limited::invalid_duration(name))?;
                Ok(text)
            }
        };
        let places = defaults;
        set(self.max_budget, &mut places.max_budget_nanos, |most| {
            limited::dollars("team_member_budget", most)
        })?;
        set(self.budget_duration, &mut places.budget_duration, duration("team_member_budget_duration"))?;
        set(self.rpm_limit, &mut places.rpm_limit, |most| limited::count("team_member_rpm_limit", most))?;
        set(self.tpm_limit, &mut places.tpm_limit, |most| limited::count("team_member_tpm_limit", most))?;
        set(self.key_duration, &mut places.key_duration, duration("team_member_key_duration"))
    }
}

fn unwritten(error: serde_json::Error) -> Failure {
    Failure::internal(error.to_string())
}

/// A text without the blanks around it; an empty one is none.
fn text(name: &'static str, text: &str) -> Result<Option<String>, Failure> {
    let text = text.trim();
    if text.chars().count() > LONGEST_ID || text.chars().any(char::is_control) {
        let message = format!("{name} must be at most {LONGEST_ID} characters without control characters");
        return Err(Failure::invalid("invalid_text", message).with_param(name));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn too_many(name: &str) -> Failure {
    Failure::invalid("too_many", format!("{name}: at most {MOST} entries")).with_param(name)
}

fn names(name: &'static str, list: Vec<String>) -> Result<Value, Failure> {
    if list.len() > MOST {
        return Err(too_many(name));
    }
    list.iter().try_for_each(|entry| check_id(name, entry))?;
    Ok(Value::from(list))
}

fn model_aliases(aliases: BTreeMap<String, String>) -> Result<String, Failure> {
    if aliases.len() > MOST {
        return Err(too_many("model_aliases"));
    }
    for (name, model) in &aliases {
        check_id("model_aliases", name)?;
        check_id("model_aliases", model)?;
    }
    serde_json::to_string(&aliases).map_err(unwritten)
}

/// Tags are a member of the metadata: what the metadata says of them is replaced by what is said of them alone.
fn apply_metadata(
    row: &mut TeamRow,
    metadata: Said<Map<String, Value>>,
    tags: Said<Vec<String>>,
) -> Result<(), Failure> {
    if metadata == Said::Nothing && tags == Said::Nothing {
        return Ok(());
    }
    let mut after: Map<String, Value> = match metadata {
        Said::Nothing => serde_json::from_str(&row.metadata).unwrap_or_default(),
        Said::Clear => Map::new(),
        Said::Set(metadata) => metadata,
    };
    match tags {
        Said::Nothing => {}
        Said::Clear => drop(after.remove("tags")),
        Said::Set(tags) => drop(after.insert("tags".into(), names("tags", tags)?)),
    }
    let are_texts = |tags: &Value| tags.as_array().is_some_and(|tags| tags.iter().all(Value::is_string));
    if after.get("tags").is_some_and(|tags| !tags.is_null() && !are_texts(tags)) {
        let message = "metadata.tags must be a list of texts";
        return Err(Failure::invalid("invalid_tags", message).with_param("metadata"));
    }
    row.metadata = bounded("metadata", after)?;
    Ok(())
}

fn bounded(name: &'static str, object: Map<String, Value>) -> Result<String, Failure> {
    let text = Value::Object(object).to_string();
    if text.len() > LARGEST {
        let message = format!("{name} must be at most {LARGEST} bytes of JSON");
        return Err(Failure::invalid("too_large", message).with_param(name));
    }
    Ok(text)
}

fn keep(row: &mut TeamRow, said: BTreeMap<String, Value>) -> Result<(), Failure> {
    if said.is_empty() {
        return Ok(());
    }
    let mut extra: Map<String, Value> = serde_json::from_str(&row.extra).unwrap_or_default();
    for (name, value) in said {
        if value.is_null() {
            extra.remove(&name);
        } else {
            extra.insert(name, value);
        }
    }
    row.extra = bounded("router_settings", extra)?;
    Ok(())
}

/// A list of models with some more, or with some less. An empty list allows everything: nothing can be taken from that, and the
/// last one that is taken from another leaves an entry that stands for nothing.
pub fn changed_models(known: &str, models: Vec<String>, adds: bool) -> Result<Vec<String>, Failure> {
    let mut list: Vec<String> = serde_json::from_str(known).unwrap_or_default();
    if adds {
        list.retain(|model| model != NO_MODELS);
        for model in models {
            if !list.contains(&model) {
                list.push(model);
            }
        }
        return Ok(list);
    }
    if list.is_empty() && !models.is_empty() {
        let message = "the team may use all models, so none can be taken from it: set those that it may use";
        return Err(Failure::invalid("all_models", message).with_param("models"));
    }
    let named_any = !list.is_empty();
    list.retain(|model| !models.contains(model));
    if list.is_empty() && named_any {
        list.push(NO_MODELS.to_owned());
    }
    Ok(list)
}
