//! The ids of a file's deployments. What is known of a deployment's condition is kept by its id, so one that stays the same
//! in an edited file must keep it, wherever it stands now.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::ConfigModel;

/// The id of each, in order: the one that `model_info.id` says, else one made of what it asks and where. Nothing secret is
/// in it; of several that differ in their credentials alone, each after the first has its number at the end.
pub fn ids(models: &[ConfigModel]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    models
        .iter()
        .map(|model| {
            if let Some(given) = given(model) {
                return given;
            }
            let made = made(model);
            let count = seen.entry(made.clone()).or_default();
            *count += 1;
            if *count == 1 { made } else { format!("{made}-{count}") }
        })
        .collect()
}

/// What the file itself says.
pub fn given(model: &ConfigModel) -> Option<String> {
    match model.model_info.get("id")? {
        serde_json::Value::String(id) => Some(id.clone()).filter(|id| !id.is_empty()),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn made(model: &ConfigModel) -> String {
    let params = &model.litellm_params;
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update(text.len().to_le_bytes());
        digest.update(text);
    };
    add(&model.model_name);
    add(&params.model);
    add(params.api_base.as_deref().unwrap_or_default());
    add(params.custom_llm_provider.as_deref().unwrap_or_default());
    for name in super::PROVIDER_PARAMS {
        add(params.provider_param(name).unwrap_or_default());
    }
    let digest = digest.finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("config-{number:016x}")
}
