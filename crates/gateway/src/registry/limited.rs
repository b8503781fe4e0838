//! What a request says of limits, put into the columns of whatever is limited: the rules are the same for keys, users, teams,
//! organizations, members, customers and tags.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postern_store::Connection;
use postern_store::table::budgets::BudgetRow;
use postern_store::table::spent::{self, Question, Subject};
use postern_store::table::{LimitColumns, budgets};
use serde_json::{Map, Value, json};

use super::budgets::check_id;
use crate::directory::ModelLimit;
use crate::durations;
use crate::error::Failure;

/// A member of a request: absent leaves what is there, null clears it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Said<T> {
    #[default]
    Nothing,
    Clear,
    Set(T),
}

/// Limits as requests say them. Money in dollars.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LimitFields {
    pub max_budget: Said<f64>,
    pub soft_budget: Said<f64>,
    pub budget_duration: Said<String>,
    pub rpm_limit: Said<i64>,
    pub tpm_limit: Said<i64>,
    pub max_parallel_requests: Said<i64>,
    pub model_max_budget: Said<Map<String, Value>>,
    pub model_rpm_limit: Said<BTreeMap<String, i64>>,
    pub model_tpm_limit: Said<BTreeMap<String, i64>>,
    pub allowed_models: Said<Vec<String>>,
    pub budget_id: Said<String>,
    pub spend: Said<f64>,
}

/// Where and when limits are set.
#[derive(Debug, Clone)]
pub struct Now {
    pub at: Timestamp,
    pub zone: TimeZone,
}

impl Now {
    pub fn ms(&self) -> i64 {
        self.at.as_millisecond()
    }
}

const NANOS: f64 = 1e9;
/// Nano-dollars must fit into 64 bits.
const LARGEST_BUDGET: f64 = 9_000_000.0;

/// Dollars to nano-dollars, where they make sense as a budget.
pub fn dollars(name: &str, dollars: f64) -> Result<i64, Failure> {
    if dollars < 0.0 {
        let message = format!("{name} cannot be negative. Received: {dollars}");
        return Err(Failure::invalid("negative_budget", message).with_param(name));
    }
    if !(0.0..=LARGEST_BUDGET).contains(&dollars) {
        let message = format!("{name} must be between 0 and {LARGEST_BUDGET} dollars");
        return Err(Failure::invalid("invalid_budget", message).with_param(name));
    }
    Ok((dollars * NANOS).round() as i64)
}

/// Nano-dollars as the API shows them.
pub fn shown(nanos: i64) -> f64 {
    nanos as f64 / NANOS
}

pub fn count(name: &str, number: i64) -> Result<i64, Failure> {
    if number < 0 {
        let message = format!("{name} cannot be negative. Received: {number}");
        return Err(Failure::invalid("negative_limit", message).with_param(name));
    }
    Ok(number)
}

pub fn invalid_duration(name: &'static str) -> impl Fn(String) -> Failure {
    move |problem| Failure::invalid("invalid_duration", problem).with_param(name)
}

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

impl LimitFields {
    /// Puts them into the columns. `subject` is whose spend a new budget is compared with; `None` for what is new.
    pub fn apply(
        self,
        connection: &Connection,
        columns: &mut LimitColumns,
        subject: Option<&Subject>,
        now: &Now,
    ) -> Result<(), Failure> {
        if columns.budget_started_at == 0 {
            columns.budget_started_at = now.ms();
        }
        let before = columns.max_budget_nanos;
        set(self.max_budget, &mut columns.max_budget_nanos, |value| dollars("max_budget", value))?;
        set(self.soft_budget, &mut columns.soft_budget_nanos, |value| dollars("soft_budget", value))?;
        set(self.rpm_limit, &mut columns.rpm_limit, |value| count("rpm_limit", value))?;
        set(self.tpm_limit, &mut columns.tpm_limit, |value| count("tpm_limit", value))?;
        set(self.max_parallel_requests, &mut columns.max_parallel_requests, |value| {
            count("max_parallel_requests", value)
        })?;
        match self.allowed_models {
            Said::Nothing => {}
            Said::Clear => "[]".clone_into(&mut columns.allowed_models),
            Said::Set(models) => columns.allowed_models = model_list(models)?,
        }
        if self.budget_id != Said::Nothing {
            set(self.budget_id, &mut columns.budget_id, Ok)?;
            let budget = columns.budget_id.as_deref().filter(|id| !id.is_empty());
            let found = budget.map(|id| budgets::find(connection, id)).transpose()?.flatten();
            if let Some(id) = budget
                && found.is_none()
            {
                let message = format!("Budget doesn't exist in db. There is no budget_id={id}");
                return Err(Failure::invalid("unknown_budget", message).with_param("budget_id"));
            }
            columns.budget_id = budget.map(str::to_owned);
            // The period of the budget runs from here on, for whoever refers to it.
            let duration = found.and_then(|budget| budget.budget_duration);
            if columns.budget_duration.is_none() {
                columns.budget_reset_at = match duration {
                    None => None,
                    Some(text) => Some(
                        durations::next_reset(&text, now.at, &now.zone)
                            .map_err(invalid_duration("budget_duration"))?,
                    ),
                };
            }
        }
        match self.budget_duration {
            Said::Nothing => {}
            Said::Clear => (columns.budget_duration, columns.budget_reset_at) = (None, None),
            Said::Set(text) => {
                let reset = durations::next_reset(&text, now.at, &now.zone);
                columns.budget_reset_at = Some(reset.map_err(invalid_duration("budget_duration"))?);
                columns.budget_duration = Some(text);
            }
        }
        let models = (self.model_max_budget, self.model_rpm_limit, self.model_tpm_limit);
        columns.model_limits = model_limits(&columns.model_limits, models, now)?;
        match self.spend {
            Said::Nothing => {}
            said => {
                let spend = if let Said::Set(spend) = said { dollars("spend", spend)? } else { 0 };
                // What was asked for within the same millisecond was before.
                columns.budget_started_at = now.ms() + 1;
                columns.spend_offset_nanos = spend;
                return Ok(());
            }
        }
        match (columns.max_budget_nanos, subject) {
            (Some(budget), Some(subject)) if before != Some(budget) => {
                check_spent(connection, columns, subject, budget)
            }
            _ => Ok(()),
        }
    }
}

/// A budget that is used up when it is set is a mistake: blocking says what is meant.
pub(super) fn check_spent(
    connection: &Connection,
    columns: &LimitColumns,
    subject: &Subject,
    budget: i64,
) -> Result<(), Failure> {
    let spent = spent_of(connection, columns, subject)?;
    if budget >= spent {
        return Ok(());
    }
    let message = format!(
        "max_budget={} is below what is spent in the running period: {}. To stop all spending, block it; to begin anew, set spend to 0",
        shown(budget),
        shown(spent)
    );
    Err(Failure::invalid("budget_below_spend", message).with_param("max_budget"))
}

/// What the subject has spent in the running period, nano-dollars.
pub fn spent_of(connection: &Connection, columns: &LimitColumns, subject: &Subject) -> Result<i64, Failure> {
    let since = columns.budget_started_at;
    let question = Question { subject: subject.clone(), model_group: None, since };
    let spent = spent::sums(connection, &[question])?.pop().unwrap_or(0);
    Ok(spent.saturating_add(columns.spend_offset_nanos))
}

/// The limits in force: those of the thing itself, else those of the budget that it refers to.
pub fn in_force(columns: &LimitColumns, budget: Option<&BudgetRow>) -> LimitColumns {
    let mut known = columns.clone();
    let Some(budget) = budget else { return known };
    known.max_budget_nanos = known.max_budget_nanos.or(budget.max_budget_nanos);
    known.soft_budget_nanos = known.soft_budget_nanos.or(budget.soft_budget_nanos);
    known.budget_duration = known.budget_duration.or_else(|| budget.budget_duration.clone());
    known.rpm_limit = known.rpm_limit.or(budget.rpm_limit);
    known.tpm_limit = known.tpm_limit.or(budget.tpm_limit);
    known.max_parallel_requests = known.max_parallel_requests.or(budget.max_parallel_requests);
    let read =
        |text: &str| -> BTreeMap<String, ModelLimit> { serde_json::from_str(text).unwrap_or_default() };
    let mut models = read(&budget.model_limits);
    models.extend(read(&columns.model_limits));
    known.model_limits = serde_json::to_string(&models).unwrap_or_default();
    if known.allowed_models == "[]" {
        known.allowed_models.clone_from(&budget.allowed_models);
    }
    known
}

/// The same, with the budget read.
pub fn effective(connection: &Connection, columns: &LimitColumns) -> Result<LimitColumns, Failure> {
    let budget = columns.budget_id.as_deref().map(|id| budgets::find(connection, id)).transpose()?.flatten();
    Ok(in_force(columns, budget.as_ref()))
}

/// The most models that a list names.
const MOST_MODELS: usize = 1000;

/// A list of models as the columns keep it.
fn model_list(models: Vec<String>) -> Result<String, Failure> {
    if models.len() > MOST_MODELS {
        let message = format!("allowed_models: at most {MOST_MODELS} of them");
        return Err(Failure::invalid("invalid_models", message).with_param("allowed_models"));
    }
    models.iter().try_for_each(|model| check_id("allowed_models", model))?;
    Ok(Value::from(models).to_string())
}

/// A list of models as the API shows it.
pub fn shown_models(list: &str) -> Vec<String> {
    serde_json::from_str(list).unwrap_or_default()
}

type ByModel = (Said<Map<String, Value>>, Said<BTreeMap<String, i64>>, Said<BTreeMap<String, i64>>);

/// Replaces one kind of limit per model.
fn counts(
    name: &str,
    said: Said<BTreeMap<String, i64>>,
    limits: &mut BTreeMap<String, ModelLimit>,
    place: fn(&mut ModelLimit) -> &mut Option<i64>,
) -> Result<(), Failure> {
    if said != Said::Nothing {
        for limit in limits.values_mut() {
            *place(limit) = None;
        }
    }
    if let Said::Set(said) = said {
        for (model, number) in said {
            let number = count(name, number)?;
            *place(limits.entry(model).or_default()) = Some(number);
        }
    }
    Ok(())
}

/// Limits by model after a change: each of the three is replaced as a whole where it is said.
fn model_limits(known: &str, said: ByModel, now: &Now) -> Result<String, Failure> {
    let (budgets, requests, tokens) = said;
    if budgets == Said::Nothing && requests == Said::Nothing && tokens == Said::Nothing {
        return Ok(known.to_owned());
    }
    let mut limits: BTreeMap<String, ModelLimit> = serde_json::from_str(known).unwrap_or_default();
    if budgets != Said::Nothing {
        for limit in limits.values_mut() {
            (limit.max_budget_nanos, limit.budget_duration, limit.reset_at) = (None, None, None);
        }
    }
    if let Said::Set(budgets) = budgets {
        for (model, said) in budgets {
            let limit = limits.entry(model.clone()).or_default();
            model_budget(&model, &said, limit, now)?;
        }
    }
    counts("model_rpm_limit", requests, &mut limits, |limit| &mut limit.rpm_limit)?;
    counts("model_tpm_limit", tokens, &mut limits, |limit| &mut limit.tpm_limit)?;
    limits.retain(|_, limit| {
        limit.max_budget_nanos.is_some() || limit.rpm_limit.is_some() || limit.tpm_limit.is_some()
    });
    serde_json::to_string(&limits).map_err(|error| Failure::internal(error.to_string()))
}

/// `5`, or `{"max_budget": 5, "budget_duration": "1d", "rpm_limit": 1, "tpm_limit": 1}`; also `budget_limit` and `time_period`.
fn model_budget(model: &str, said: &Value, limit: &mut ModelLimit, now: &Now) -> Result<(), Failure> {
    let wrong = |what: &str| {
        let message = format!("model_max_budget: `{model}` {what}");
        Failure::invalid("invalid_model_max_budget", message).with_param("model_max_budget")
    };
    let told = match said {
        Value::Number(_) => json!({"max_budget": said}),
        Value::Object(_) => said.clone(),
        _ => return Err(wrong("must be a number of dollars or an object with max_budget")),
    };
    let members = told.as_object().cloned().unwrap_or_default();
    for (name, value) in members {
        match (name.as_str(), &value) {
            (_, Value::Null) => {}
            ("max_budget" | "budget_limit", Value::Number(number)) => {
                let most = dollars("model_max_budget", number.as_f64().unwrap_or(f64::NAN))?;
                limit.max_budget_nanos = Some(most);
            }
            ("budget_duration" | "time_period", Value::String(text)) => {
                let reset = durations::next_reset(text, now.at, &now.zone);
                limit.reset_at = Some(reset.map_err(invalid_duration("model_max_budget"))?);
                limit.budget_duration = Some(text.clone());
            }
            ("rpm_limit" | "tpm_limit", Value::Number(number)) if number.is_i64() => {
                let number = count("model_max_budget", number.as_i64().unwrap_or(0))?;
                if name == "rpm_limit" {
                    limit.rpm_limit = Some(number);
                } else {
                    limit.tpm_limit = Some(number);
                }
            }
            (name, _) => return Err(wrong(&format!("has a `{name}` that is not understood"))),
        }
    }
    if limit.started_at == 0 {
        limit.started_at = now.ms();
    }
    Ok(())
}

/// `model_max_budget` as the API shows it.
pub fn shown_model_budgets(model_limits: &str) -> Map<String, Value> {
    let limits: BTreeMap<String, ModelLimit> = serde_json::from_str(model_limits).unwrap_or_default();
    limits
        .into_iter()
        .filter(|(_, limit)| limit.max_budget_nanos.is_some())
        .map(|(model, limit)| {
            let told = json!({
                "max_budget": limit.max_budget_nanos.map(shown), "budget_duration": limit.budget_duration,
                "rpm_limit": limit.rpm_limit, "tpm_limit": limit.tpm_limit,
            });
            (model, told)
        })
        .collect()
}

/// `model_rpm_limit` and `model_tpm_limit` as the API shows them, where there are any.
pub fn shown_model_rates(model_limits: &str) -> (Map<String, Value>, Map<String, Value>) {
    let limits: BTreeMap<String, ModelLimit> = serde_json::from_str(model_limits).unwrap_or_default();
    let of = |limit: fn(&ModelLimit) -> Option<i64>| {
        limits.iter().filter_map(|(model, known)| Some((model.clone(), limit(known)?.into()))).collect()
    };
    (of(|limit| limit.rpm_limit), of(|limit| limit.tpm_limit))
}
