//! What a request says of a key, put into its row.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postern_store::Connection;
use postern_store::table::keys::KeyRow;
use postern_store::table::spent::Subject;
use serde_json::{Map, Value};

use crate::auth::routes;
use crate::durations;
use crate::error::Failure;
use crate::redaction;
use crate::registry::budgets::{LONGEST_ID, check_id};
use crate::registry::limited::{self, LimitFields, Now, Said};

/// What a request says of a key. Money in dollars.
#[derive(Debug, Clone, Default)]
pub struct KeyFields {
    pub alias: Said<String>,
    /// How long it lives from now on; `-1`: for ever.
    pub duration: Said<String>,
    pub models: Said<Vec<String>>,
    pub user_id: Said<String>,
    pub team_id: Said<String>,
    pub organization_id: Said<String>,
    pub metadata: Said<Map<String, Value>>,
    pub tags: Said<Vec<String>>,
    /// Members that every request must have.
    pub enforced_params: Said<Vec<String>>,
    /// Name to model.
    pub aliases: Said<BTreeMap<String, String>>,
    pub allowed_routes: Said<Vec<String>>,
    pub blocked: Said<bool>,
    pub auto_rotate: Said<bool>,
    pub rotation_interval: Said<String>,
    pub temp_budget_increase: Said<f64>,
    pub temp_budget_expiry: Said<String>,
    /// For how many days bodies are kept; 0: not at all.
    pub keep_bodies_days: Said<i64>,
    /// Names of what is redacted in them.
    pub redact: Said<Vec<String>>,
    /// The same as regular expressions.
    pub redact_patterns: Said<Vec<String>>,
    /// What is kept and shown, and means nothing here; null takes it away.
    pub extra: BTreeMap<String, Value>,
    pub limits: LimitFields,
}

/// Most entries of a list, and most bytes of metadata.
const MOST: usize = 1000;
const LARGEST: usize = 64 * 1024;

/// Members of the metadata that have columns of their own.
const TAGS: &str = "tags";
const ENFORCED: &str = "enforced_params";

impl KeyFields {
    /// Puts them into the row. `subject` is whose spend a new budget is compared with; `None` for a new key.
    pub fn apply(
        mut self,
        connection: &Connection,
        row: &mut KeyRow,
        subject: Option<&Subject>,
        now: &Now,
    ) -> Result<(), Failure> {
        match self.alias {
            Said::Nothing => {}
            Said::Clear => row.key_alias = None,
            Said::Set(alias) => row.key_alias = alias_of(&alias)?,
        }
        match self.duration {
            Said::Nothing => {}
            Said::Clear => row.expires_at = None,
            Said::Set(text) if text == "-1" && subject.is_some() => row.expires_at = None,
            Said::Set(text) => {
                let end = durations::after(&text, now.at).map_err(limited::invalid_duration("duration"))?;
                row.expires_at = Some(end);
            }
        }
        owner("user_id", self.user_id, &mut row.user_id)?;
        owner("team_id", self.team_id, &mut row.team_id)?;
        owner("organization_id", self.organization_id, &mut row.organization_id)?;
        list("models", self.models, &mut row.models)?;
        if let Said::Set(entries) = &self.allowed_routes {
            check_routes(entries)?;
        }
        list("allowed_routes", self.allowed_routes, &mut row.allowed_routes)?;
        match self.aliases {
            Said::Nothing => {}
            Said::Clear => row.aliases = "{}".into(),
            Said::Set(aliases) => {
                check_entries("aliases", aliases.iter().flat_map(|(name, model)| [name, model]))?;
                let aliases = aliases.into_iter().map(|(name, model)| (name, Value::from(model))).collect();
                row.aliases = Value::Object(aliases).to_string();
            }
        }
        match self.blocked {
            Said::Nothing => {}
            Said::Clear => row.blocked = false,
            Said::Set(blocked) => row.blocked = blocked,
        }
        metadata(self.metadata, self.tags, self.enforced_params, &mut self.limits, row)?;
        rotation(self.auto_rotate, self.rotation_interval, row, now)?;
        more_for_a_while(self.temp_budget_increase, self.temp_budget_expiry, row, now)?;
        keep_bodies(self.keep_bodies_days, self.redact, self.redact_patterns, row)?;
        if !self.extra.is_empty() {
            let mut extra = object(&row.extra);
            for (name, value) in self.extra {
                if value.is_null() {
                    extra.remove(&name);
                } else {
                    extra.insert(name, value);
                }
            }
            row.extra = bounded("config", extra)?;
        }
        self.limits.apply(connection, &mut row.limits, subject, now)
    }
}

/// An alias as it is kept; a blank one is none.
fn alias_of(alias: &str) -> Result<Option<String>, Failure> {
    let alias = alias.trim();
    if alias.is_empty() {
        return Ok(None);
    }
    check_id("key_alias", alias)?;
    Ok(Some(alias.to_owned()))
}

/// An empty id is none.
fn owner(name: &'static str, said: Said<String>, place: &mut Option<String>) -> Result<(), Failure> {
    match said {
        Said::Nothing => {}
        Said::Set(id) if !id.is_empty() => {
            check_id(name, &id)?;
            *place = Some(id);
        }
        Said::Clear | Said::Set(_) => *place = None,
    }
    Ok(())
}

fn list(name: &'static str, said: Said<Vec<String>>, place: &mut String) -> Result<(), Failure> {
    match said {
        Said::Nothing => {}
        Said::Clear => *place = "[]".into(),
        Said::Set(entries) => {
            check_entries(name, &entries)?;
            *place = Value::from(entries).to_string();
        }
    }
    Ok(())
}

fn check_entries<'a>(name: &str, entries: impl IntoIterator<Item = &'a String>) -> Result<(), Failure> {
    let mut count = 0;
    for entry in entries {
        count += 1;
        let is_fine = !entry.trim().is_empty()
            && entry.chars().count() <= LONGEST_ID
            && !entry.chars().any(char::is_control);
        if count > MOST || !is_fine {
            let message = format!(
                "{name} must have at most {MOST} entries, each of 1 to {LONGEST_ID} characters without control characters"
            );
            return Err(Failure::invalid("invalid_list", message).with_param(name));
        }
    }
    Ok(())
}

/// Longest that bodies are kept, in days.
const LONGEST_KEPT: i64 = 400;

fn keep_bodies(
    days: Said<i64>,
    names: Said<Vec<String>>,
    patterns: Said<Vec<String>>,
    row: &mut KeyRow,
) -> Result<(), Failure> {
    match days {
        Said::Nothing => {}
        Said::Clear | Said::Set(0) => row.keep_bodies_days = None,
        Said::Set(days) if (1..=LONGEST_KEPT).contains(&days) => row.keep_bodies_days = Some(days),
        Said::Set(days) => {
            let message =
                format!("keep_bodies_days must be 1 to {LONGEST_KEPT}, or 0 to keep none; it is {days}");
            return Err(Failure::invalid("invalid_days", message).with_param("keep_bodies_days"));
        }
    }
    if let Said::Set(names) = &names {
        redaction::check_names(names)?;
    }
    if let Said::Set(patterns) = &patterns {
        redaction::check_patterns(patterns)?;
    }
    for (said, place) in [(names, &mut row.redact), (patterns, &mut row.redact_patterns)] {
        match said {
            Said::Nothing => {}
            Said::Clear => *place = "[]".into(),
            Said::Set(mut entries) => {
                entries.dedup();
                *place = Value::from(entries).to_string();
            }
        }
    }
    Ok(())
}

/// An entry that is no route and no group of them would allow nothing, and look as if it did.
fn check_routes(entries: &[String]) -> Result<(), Failure> {
    let Some(wrong) = entries.iter().find(|entry| !routes::is_known(entry)) else { return Ok(()) };
    let message = format!(
        "allowed_routes: `{wrong}` is neither a path (`/v1/messages`, `/v1/*`) nor one of {}",
        routes::GROUPS.join(", ")
    );
    Err(Failure::invalid("unknown_route", message).with_param("allowed_routes"))
}

pub(super) fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn bounded(name: &str, object: Map<String, Value>) -> Result<String, Failure> {
    let text = Value::Object(object).to_string();
    if text.len() <= LARGEST {
        return Ok(text);
    }
    let message = format!("{name} may have at most {LARGEST} bytes");
    Err(Failure::invalid("too_large", message).with_param(name))
}

/// Tags and enforced parameters live in the metadata, as with LiteLLM: metadata that is replaced takes them along. What it says
/// of limits by model goes to the limits.
fn metadata(
    said: Said<Map<String, Value>>,
    tags: Said<Vec<String>>,
    enforced: Said<Vec<String>>,
    limits: &mut LimitFields,
    row: &mut KeyRow,
) -> Result<(), Failure> {
    if said == Said::Nothing && tags == Said::Nothing && enforced == Said::Nothing {
        return Ok(());
    }
    let mut metadata = match said {
        Said::Nothing => object(&row.metadata),
        Said::Clear => Map::new(),
        Said::Set(mut given) => {
            rates(&mut given, "model_rpm_limit", &mut limits.model_rpm_limit)?;
            rates(&mut given, "model_tpm_limit", &mut limits.model_tpm_limit)?;
            given
        }
    };
    for (name, said) in [(TAGS, tags), (ENFORCED, enforced)] {
        match said {
            Said::Nothing => {}
            Said::Clear => {
                metadata.remove(name);
            }
            Said::Set(entries) => {
                metadata.insert(name.to_owned(), entries.into());
            }
        }
        texts(name, &metadata)?;
    }
    row.tags = Value::from(texts(TAGS, &metadata)?).to_string();
    row.metadata = bounded("metadata", metadata)?;
    Ok(())
}

/// Limits by model that are said in the metadata and nowhere else.
fn rates(
    metadata: &mut Map<String, Value>,
    name: &str,
    place: &mut Said<BTreeMap<String, i64>>,
) -> Result<(), Failure> {
    let Some(value) = metadata.remove(name).filter(|value| !value.is_null()) else { return Ok(()) };
    let limits = serde_json::from_value(value).map_err(|_| {
        let message = format!("metadata.{name} must be an object of whole numbers by model");
        Failure::invalid("invalid_limit", message).with_param(name)
    })?;
    if *place == Said::Nothing {
        *place = Said::Set(limits);
    }
    Ok(())
}

/// A member of the metadata that must be a list of texts.
pub(super) fn texts(name: &str, metadata: &Map<String, Value>) -> Result<Vec<String>, Failure> {
    let value = metadata.get(name).cloned().unwrap_or_default();
    let entries: Vec<String> = serde_json::from_value::<Option<_>>(value)
        .map_err(|_| {
            let message = format!("metadata.{name} must be a list of texts");
            Failure::invalid("invalid_list", message).with_param(name)
        })?
        .unwrap_or_default();
    check_entries(name, &entries)?;
    Ok(entries)
}

fn rotation(auto: Said<bool>, interval: Said<String>, row: &mut KeyRow, now: &Now) -> Result<(), Failure> {
    if auto == Said::Nothing && interval == Said::Nothing {
        return Ok(());
    }
    match auto {
        Said::Nothing => {}
        Said::Clear => row.auto_rotate = false,
        Said::Set(auto) => row.auto_rotate = auto,
    }
    match interval {
        Said::Nothing => {}
        Said::Clear => row.rotation_interval = None,
        Said::Set(interval) => row.rotation_interval = Some(interval),
    }
    schedule(row, now)
}

/// Sets when the key is rotated next, counted from now.
pub(super) fn schedule(row: &mut KeyRow, now: &Now) -> Result<(), Failure> {
    let wrong = limited::invalid_duration("rotation_interval");
    let next = row.rotation_interval.as_ref().map(|interval| durations::after(interval, now.at));
    let next = next.transpose().map_err(wrong)?;
    if row.auto_rotate && next.is_none() {
        let message = "auto_rotate needs a rotation_interval, such as 30d";
        return Err(Failure::invalid("missing_field", message).with_param("rotation_interval"));
    }
    row.rotate_at = next.filter(|_| row.auto_rotate);
    Ok(())
}

/// More of a budget until some moment: both are said, or neither.
fn more_for_a_while(
    increase: Said<f64>,
    expiry: Said<String>,
    row: &mut KeyRow,
    now: &Now,
) -> Result<(), Failure> {
    let (more, until) = match (increase, expiry) {
        (Said::Nothing, Said::Nothing) => return Ok(()),
        (Said::Set(more), Said::Set(until)) => (more, until),
        (Said::Clear | Said::Nothing, Said::Clear | Said::Nothing) => {
            (row.temp_budget_nanos, row.temp_budget_until) = (None, None);
            return Ok(());
        }
        (increase, _) => {
            let missing =
                if matches!(increase, Said::Set(_)) { "temp_budget_expiry" } else { "temp_budget_increase" };
            let message = "temp_budget_increase and temp_budget_expiry go together";
            let mut failure = Failure::invalid("missing_field", message).with_param(missing);
            failure.error.status = 422;
            return Err(failure);
        }
    };
    let more = limited::dollars("temp_budget_increase", more)?;
    let until = moment(&until).filter(|until| *until > now.ms()).ok_or_else(|| {
        let message = format!(
            "temp_budget_expiry must be a moment that is to come, such as 2030-01-31T12:00:00Z; `{until}` is not"
        );
        Failure::invalid("invalid_time", message).with_param("temp_budget_expiry")
    })?;
    (row.temp_budget_nanos, row.temp_budget_until) = (Some(more), Some(until));
    Ok(())
}

/// RFC 3339, or the same without a zone, which means UTC.
pub(super) fn moment(text: &str) -> Option<i64> {
    let moment = text.parse::<Timestamp>().ok();
    let plain = || Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    moment.or_else(plain).map(Timestamp::as_millisecond)
}
