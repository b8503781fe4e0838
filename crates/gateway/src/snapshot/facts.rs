//! What `model_info` says of a deployment that changes what it is. The rest of it is only shown.

use serde_json::{Map, Value};

use super::Deployment;
use crate::catalogue::{Catalogue, Model};
use crate::config::LitellmParams;
use crate::providers::{self, ProviderSpec};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The model of the catalogue that it is, where its own name does not tell: Azure's deployments have names of their own.
    pub base_model: Option<String>,
    pub mode: Option<String>,
    /// Tokens of input, and of output.
    pub context: Option<u64>,
    pub max_output: Option<u64>,
}

impl Facts {
    pub fn of(info: &Map<String, Value>) -> Self {
        let text = |name: &str| info.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let number = |name: &str| info.get(name)?.as_u64();
        Self {
            base_model: text("base_model"),
            mode: text("mode"),
            context: number("max_input_tokens"),
            max_output: number("max_output_tokens").or_else(|| number("max_tokens")),
        }
    }
}

/// Prices may stand in `model_info`, too; those of the parameters come first.
pub(super) fn add_prices(info: &Map<String, Value>, params: &mut LitellmParams) {
    let places = [
        ("input_cost_per_token", &mut params.input_cost_per_token),
        ("output_cost_per_token", &mut params.output_cost_per_token),
        ("cache_read_input_token_cost", &mut params.cache_read_input_token_cost),
        ("cache_creation_input_token_cost", &mut params.cache_creation_input_token_cost),
    ];
    for (name, place) in places {
        *place = place.or_else(|| info.get(name)?.as_f64());
    }
}

/// The row of the catalogue that tells of a model at a provider.
pub(super) fn known(spec: &ProviderSpec, model: &str, base: Option<&str>) -> Option<Model> {
    let catalogue = Catalogue::embedded();
    let of_base = |base: &str| {
        let named = || {
            let (provider, model) = base.split_once('/')?;
            catalogue.find(&providers::find(provider)?.id, model)
        };
        let anywhere = || catalogue.find(catalogue.providers_of(base).next()?, base);
        catalogue.find(&spec.id, base).or_else(named).or_else(anywhere)
    };
    base.and_then(of_base).or_else(|| catalogue.find(&spec.id, model))
}

impl Deployment {
    /// What the catalogue knows of its model.
    pub fn known(&self) -> Option<Model> {
        known(self.spec, &self.upstream_model, self.base_model.as_deref())
    }
}
