//! What requests of the management API have in common: members that are absent, null or given, limits, and names that are
//! nearly right.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::registry::limited::Said;

/// A member of a request: absent leaves what is there, null clears it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Field<T> {
    #[default]
    Absent,
    Null,
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

impl<T> Field<T> {
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// What was given, if anything.
    pub fn given(self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    pub fn as_given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Puts it where it belongs; absent changes nothing.
    pub fn set(self, place: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *place = None,
            Self::Given(value) => *place = Some(value),
        }
    }

    /// The same where there is always a value: null means the empty one.
    pub fn set_or_default(self, place: &mut T)
    where
        T: Default,
    {
        match self {
            Self::Absent => {}
            Self::Null => *place = T::default(),
            Self::Given(value) => *place = value,
        }
    }

    pub fn try_map<U>(self, change: impl FnOnce(T) -> Result<U, Failure>) -> Result<Field<U>, Failure> {
        Ok(match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Given(value) => Field::Given(change(value)?),
        })
    }

    /// The value of a setting where nothing was said.
    #[must_use]
    pub fn or(self, value: impl FnOnce() -> Option<T>) -> Self {
        match self {
            Self::Absent => value().map_or(Self::Absent, Self::Given),
            said => said,
        }
    }
}

/// A whole number, also as it is written where there is one kind of number: `9.0`.
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Whole;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a whole number")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
                let fits = i64::try_from(number);
                fits.map(Whole).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
                // Written out it has no fraction, or is no number that is meant to be counted with.
                let whole = format!("{number:.0}").parse().ok().filter(|_| number.fract() == 0.0);
                whole.map(Whole).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
            }
        }
        // Members that are read before it is known whose they are come as what they look like.
        deserializer.deserialize_any(Number)
    }
}

/// For members that are counts.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<i64>, D::Error> {
    Ok(match Field::<Whole>::deserialize(deserializer)? {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Given(Whole(number)) => Field::Given(number),
    })
}

/// For members that are counts by model.
pub fn whole_by_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Field<BTreeMap<String, i64>>, D::Error> {
    Ok(match Field::<BTreeMap<String, Whole>>::deserialize(deserializer)? {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Given(numbers) => {
            Field::Given(numbers.into_iter().map(|(name, Whole(number))| (name, number)).collect())
        }
    })
}

/// One of something or a list of them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub fn into_list(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Not the derived one: that says of what is wrong that it fits neither, and not why.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object or a list of objects")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(OneOrMany::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<T> From<Field<T>> for Said<T> {
    fn from(field: Field<T>) -> Self {
        match field {
            Field::Absent => Self::Nothing,
            Field::Null => Self::Clear,
            Field::Given(value) => Self::Set(value),
        }
    }
}

/// A request with limits: `limited! { /// doc  pub struct Name { members } }` adds the members that say limits, and takes what
/// else is sent, so that names which are nearly right are noticed. Gives `limits()` and `check_names()`.
#[macro_export]
macro_rules! limited {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$about:meta])* $visible:vis $member:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default, serde::Deserialize, utoipa::ToSchema)]
        pub struct $name {
            $($(#[$about])* $visible $member: $kind,)*
            /// Dollars; null: no limit.
            #[serde(default)]
            #[schema(value_type = Option<f64>, minimum = 0)]
            pub max_budget: $crate::manage::fields::Field<f64>,
            /// Dollars that are told when they are spent, and refuse nothing.
            #[serde(default)]
            #[schema(value_type = Option<f64>, minimum = 0)]
            pub soft_budget: $crate::manage::fields::Field<f64>,
            /// After which the budget starts anew, aligned to the calendar: `1h`, `1d`, `7d`, `30d`, `1mo`.
            #[serde(default)]
            #[schema(value_type = Option<String>, example = "30d")]
            pub budget_duration: $crate::manage::fields::Field<String>,
            #[serde(default, deserialize_with = "crate::manage::fields::whole")]
            #[schema(value_type = Option<i64>, minimum = 0)]
            pub rpm_limit: $crate::manage::fields::Field<i64>,
            #[serde(default, deserialize_with = "crate::manage::fields::whole")]
            #[schema(value_type = Option<i64>, minimum = 0)]
            pub tpm_limit: $crate::manage::fields::Field<i64>,
            #[serde(default, deserialize_with = "crate::manage::fields::whole")]
            #[schema(value_type = Option<i64>, minimum = 0)]
            pub max_parallel_requests: $crate::manage::fields::Field<i64>,
            /// By model: `{"gpt-4o": {"max_budget": 5, "budget_duration": "1d", "rpm_limit": 10, "tpm_limit": 1000}}`.
            #[serde(default)]
            #[schema(value_type = Option<Object>)]
            pub model_max_budget: $crate::manage::fields::Field<serde_json::Map<String, serde_json::Value>>,
            /// Requests per minute by model.
            #[serde(default, deserialize_with = "crate::manage::fields::whole_by_name")]
            #[schema(value_type = Option<std::collections::HashMap<String, i64>>)]
            pub model_rpm_limit: $crate::manage::fields::Field<std::collections::BTreeMap<String, i64>>,
            /// Tokens per minute by model.
            #[serde(default, deserialize_with = "crate::manage::fields::whole_by_name")]
            #[schema(value_type = Option<std::collections::HashMap<String, i64>>)]
            pub model_tpm_limit: $crate::manage::fields::Field<std::collections::BTreeMap<String, i64>>,
            /// Models, patterns (`openai/*`) or access groups beyond which nothing may be asked for; empty: all. Holds beside
            /// other lists of models: what any of them leaves out is refused.
            #[serde(default)]
            #[schema(value_type = Option<Vec<String>>)]
            pub allowed_models: $crate::manage::fields::Field<Vec<String>>,
            /// A budget of `/budget/new`, for the limits that are not said here.
            #[serde(default)]
            #[schema(value_type = Option<String>)]
            pub budget_id: $crate::manage::fields::Field<String>,
            /// Dollars that count as spent in the running period, in place of what the ledger says.
            #[serde(default)]
            #[schema(value_type = Option<f64>, minimum = 0)]
            pub spend: $crate::manage::fields::Field<f64>,
            #[serde(flatten)]
            #[schema(ignore)]
            pub other: std::collections::BTreeMap<String, serde_json::Value>,
        }

        impl $name {
            /// Takes the members that say limits out of the request.
            pub fn limits(&mut self) -> $crate::registry::limited::LimitFields {
                $crate::registry::limited::LimitFields {
                    max_budget: std::mem::take(&mut self.max_budget).into(),
                    soft_budget: std::mem::take(&mut self.soft_budget).into(),
                    budget_duration: std::mem::take(&mut self.budget_duration).into(),
                    rpm_limit: std::mem::take(&mut self.rpm_limit).into(),
                    tpm_limit: std::mem::take(&mut self.tpm_limit).into(),
                    max_parallel_requests: std::mem::take(&mut self.max_parallel_requests).into(),
                    model_max_budget: std::mem::take(&mut self.model_max_budget).into(),
                    model_rpm_limit: std::mem::take(&mut self.model_rpm_limit).into(),
                    model_tpm_limit: std::mem::take(&mut self.model_tpm_limit).into(),
                    allowed_models: std::mem::take(&mut self.allowed_models).into(),
                    budget_id: std::mem::take(&mut self.budget_id).into(),
                    spend: std::mem::take(&mut self.spend).into(),
                }
            }

            /// Refuses members whose names are nearly right; what is meant otherwise is nobody's here.
            pub fn check_names(&self, further: &[&str]) -> Result<(), $crate::error::Failure> {
                let known = [
                    $(stringify!($member),)* "max_budget", "soft_budget", "budget_duration", "rpm_limit", "tpm_limit",
                    "max_parallel_requests", "model_max_budget", "model_rpm_limit", "model_tpm_limit", "allowed_models",
                    "budget_id", "spend",
                ];
                $crate::manage::fields::check_names(&self.other, &known, further)
            }
        }
    };
}

/// Refuses names that are nearly those of members.
pub fn check_names(other: &BTreeMap<String, Value>, known: &[&str], further: &[&str]) -> Result<(), Failure> {
    // Whoever sends a row back as it was shown means no harm.
    let shown = ["created_at", "created_by", "updated_at", "updated_by"];
    let is_new = |name: &&String| !further.contains(&name.as_str()) && !shown.contains(&name.as_str());
    for name in other.keys().filter(is_new) {
        let near = known
            .iter()
            .chain(further)
            .find(|known| known.len() > 4 && strsim::damerau_levenshtein(name, known) <= 2);
        if let Some(near) = near {
            let message = format!("there is no `{name}`; `{near}` is meant, it seems");
            return Err(Failure::invalid("unknown_field", message).with_param(name));
        }
    }
    Ok(())
}

/// Members of LiteLLM's metadata that would restrict or record something, and that are not acted on here.
const RESTRICTING_METADATA: [&str; 3] = ["guardrails", "logging", "callback_settings"];

/// [`refuse`] for what stands in the metadata of a key, a team or an organization.
pub fn refuse_in_metadata(metadata: &Map<String, Value>) -> Result<(), Failure> {
    let members: BTreeMap<String, Value> = metadata.clone().into_iter().collect();
    refuse(&members, &RESTRICTING_METADATA).map_err(|failure| {
        let message = format!("metadata: {}", failure.error.message);
        Failure::invalid("unsupported_field", message).with_param("metadata")
    })
}

/// Refuses members that would restrict something and are not acted on here, unless they are empty.
pub fn refuse(other: &BTreeMap<String, Value>, names: &[&str]) -> Result<(), Failure> {
    let means_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match other.iter().find(|(name, value)| names.contains(&name.as_str()) && !means_nothing(value)) {
        None => Ok(()),
        Some((name, _)) => Err(Failure::invalid(
            "unsupported_field",
            format!("{name} is not supported, and ignoring it would change what is allowed"),
        )
        .with_param(name)),
    }
}
