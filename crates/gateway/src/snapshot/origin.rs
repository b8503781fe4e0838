//! Where a deployment's model comes from: `provider/model`, taken apart.

use std::sync::Arc;

use super::{DEMO, Provider};
use crate::catalogue::Catalogue;
use crate::config::LitellmParams;
use crate::providers::{self, ProviderSpec, SettingSpec, Settings};

/// What a deployment's parameters say of the provider's settings.
pub fn given_settings(spec: &ProviderSpec, params: &LitellmParams) -> Settings {
    let said = |setting: &SettingSpec| {
        let value = params.provider_param(setting.param.as_ref()?)?;
        Some((setting.name.clone(), value.to_owned()))
    };
    spec.settings.iter().filter_map(said).collect()
}

/// Where a deployment's model comes from.
pub struct Origin<'a> {
    pub spec: &'static ProviderSpec,
    pub provider: Option<&'a Arc<Provider>>,
    pub model: String,
}

/// Reads `provider/model`: the provider is a configured one's name, else a preset's id or one of its other names. A bare
/// model with an address of its own is taken to speak OpenAI's format.
pub fn origin<'a>(params: &LitellmParams, providers: &'a [Arc<Provider>]) -> Option<Origin<'a>> {
    let by_name = |name: &str| providers.iter().find(|provider| provider.row.name == name);
    let by_spec = |spec: &ProviderSpec| {
        let mut of_kind =
            providers.iter().filter(|provider| provider.spec.id == spec.id && !provider.built_in);
        let first = of_kind.next()?;
        // One that is switched off gives way to the next of its kind.
        Some(first)
            .filter(|first| first.row.enabled)
            .or_else(|| of_kind.find(|next| next.row.enabled))
            .or(Some(first))
    };
    let named = |name: &str, model: &str| {
        // With an address of its own it is not the configured provider's, and must not be sent that one's credential.
        let own_address = params.api_base.is_some();
        if let Some(provider) = by_name(name) {
            let shared = Some(provider).filter(|provider| provider.built_in || !own_address);
            return Some(Origin { spec: provider.spec, provider: shared, model: model.to_owned() });
        }
        let spec = providers::find(name)?;
        let provider = by_spec(spec).filter(|_| !own_address);
        Some(Origin { spec, provider, model: model.to_owned() })
    };
    if let Some(provider) = &params.custom_llm_provider {
        let model = params.model.strip_prefix(&format!("{provider}/")).unwrap_or(&params.model);
        return named(provider, model);
    }
    if params.model == DEMO {
        return named(DEMO, DEMO);
    }
    if let Some((name, model)) = params.model.split_once('/')
        && let Some(origin) = named(name, model)
    {
        return Some(origin);
    }
    if params.api_base.is_some() {
        return Some(Origin {
            spec: providers::find("openai")?,
            provider: None,
            model: params.model.clone(),
        });
    }
    let known = Catalogue::embedded().providers_of(&params.model).find_map(providers::find)?;
    Some(Origin { spec: known, provider: by_spec(known), model: params.model.clone() })
}
