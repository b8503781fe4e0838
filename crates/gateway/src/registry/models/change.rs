//! A change of a deployment: what is said is laid over what is stored, member by member.

use postern_store::table::models::ModelRow;
use serde_json::{Map, Value};

use super::info_of;
use crate::config::LitellmParams;
use crate::error::Failure;

/// What is to be different. What is absent stays as it is.
#[derive(Default)]
pub struct Change {
    pub model_name: Option<String>,
    /// Members of `litellm_params`; a credential may be among them.
    pub params: Option<Map<String, Value>>,
    /// Members of `model_info`.
    pub info: Option<Map<String, Value>>,
    /// A member that is null is taken away; else it says nothing.
    pub null_clears: bool,
}

/// A deployment after a change, before it was looked at.
pub(super) struct Changed {
    pub model_name: String,
    pub params: LitellmParams,
    pub info: Map<String, Value>,
    /// The stored credential is to go.
    pub clears_credential: bool,
}

/// Other names of members, with the ones under which they are stored.
const SAME: [(&str, &str); 2] = [("base_url", "api_base"), ("max_retries", "num_retries")];

impl Change {
    pub(super) fn over(self, row: &ModelRow) -> Result<Changed, Failure> {
        let mut said = self.params.unwrap_or_default();
        for (other, name) in SAME {
            if let Some(value) = said.remove(other) {
                said.entry(name).or_insert(value);
            }
        }
        let clears_credential = self.null_clears && said.get("api_key").is_some_and(Value::is_null);
        let mut params: Map<String, Value> = serde_json::from_str(&row.params).unwrap_or_default();
        params.remove("has_credential");
        lay_over(&mut params, said, self.null_clears);
        let mut info = info_of(row);
        if let Some(said) = self.info {
            if said.get("id").is_some_and(|id| !id.is_null() && id.as_str() != Some(row.id.as_str())) {
                let message =
                    "model_info.id is not the id of the deployment that is changed; ids stay as they are";
                return Err(Failure::invalid("invalid_id", message).with_param("model_info.id"));
            }
            lay_over(&mut info, said, self.null_clears);
        }
        Ok(Changed {
            model_name: self.model_name.unwrap_or_else(|| row.model_name.clone()),
            params: read(params)?,
            info,
            clears_credential,
        })
    }
}

/// The stored parameters.
pub(super) fn params_of(row: &ModelRow) -> Result<LitellmParams, Failure> {
    let mut params: Map<String, Value> = serde_json::from_str(&row.params).unwrap_or_default();
    params.remove("has_credential");
    read(params)
}

fn lay_over(stored: &mut Map<String, Value>, said: Map<String, Value>, null_clears: bool) {
    for (name, value) in said {
        match (value.is_null(), null_clears) {
            (true, true) => drop(stored.remove(&name)),
            (true, false) => {}
            (false, _) => drop(stored.insert(name, value)),
        }
    }
}

fn read(params: Map<String, Value>) -> Result<LitellmParams, Failure> {
    serde_path_to_error::deserialize(Value::Object(params)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "litellm_params".to_owned() } else { format!("litellm_params.{path}") };
        let message = format!("the body does not fit at `{field}`: {}", error.inner());
        let mut failure = Failure::invalid("invalid_type", message).with_param(&field);
        failure.error.status = 422;
        failure
    })
}
