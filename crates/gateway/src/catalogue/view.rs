//! The catalogue as the console shows it. The shapes are the API's: a change here is a change of the API.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Catalogue;
use super::model::Model;
use super::price::{PriceTable, Prices};

/// All of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CatalogueView {
    pub version: String,
    /// The day whose prices it holds.
    pub generated: String,
    /// `litellm 1.109.1`
    pub sources: Vec<String>,
    pub models: Vec<CatalogueModel>,
}

/// One model at one provider. Prices are pico-dollars per token, or per the unit that the name states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CatalogueModel {
    pub id: String,
    pub provider: String,
    pub mode: String,
    pub context: Option<u64>,
    pub max_output: Option<u64>,
    pub capabilities: Vec<&'static str>,
    pub prices: BTreeMap<String, i64>,
    pub tiers: Vec<CatalogueTier>,
    /// Day on which the provider withdraws it.
    pub deprecates: Option<String>,
    pub source: String,
    pub source_version: String,
    /// A configured provider serves it.
    pub available: bool,
    /// The user's own price is in force.
    pub overridden: bool,
}

/// Prices of a whole request whose input is longer than `above_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CatalogueTier {
    pub above_tokens: u64,
    pub prices: BTreeMap<String, i64>,
}

impl Catalogue {
    /// One row. `own`: the prices in force, if the user has set any (see [`super::PriceOverride::over`]).
    pub fn view(&self, model: &Model, own: Option<&Prices>, available: bool) -> CatalogueModel {
        let prices = own.unwrap_or(&model.prices);
        CatalogueModel {
            id: model.id.to_string(),
            provider: model.provider.to_string(),
            mode: model.mode.into(),
            context: model.context,
            max_output: model.max_output,
            capabilities: model.capabilities.iter().collect(),
            prices: by_name(prices.base()),
            tiers: prices
                .tiers()
                .iter()
                .map(|tier| CatalogueTier { above_tokens: tier.above, prices: by_name(&tier.prices) })
                .collect(),
            deprecates: model.deprecates.map(Into::into),
            source: if own.is_some() { "user".into() } else { model.source.to_string() },
            source_version: if own.is_some() {
                String::new()
            } else {
                self.source_version(model.source).into()
            },
            available,
            overridden: own.is_some(),
        }
    }

    /// A model of that provider which the catalogue does not know.
    pub fn unlisted(
        &self,
        provider: &str,
        model: &str,
        own: Option<&Prices>,
        available: bool,
    ) -> CatalogueModel {
        CatalogueModel {
            id: model.to_owned(),
            provider: provider.to_owned(),
            mode: "chat".to_owned(),
            context: None,
            max_output: None,
            capabilities: Vec::new(),
            prices: own.map(|prices| by_name(prices.base())).unwrap_or_default(),
            tiers: Vec::new(),
            deprecates: None,
            source: "user".to_owned(),
            source_version: String::new(),
            available,
            overridden: own.is_some(),
        }
    }

    /// The whole, from rows made by [`Self::view`].
    pub fn whole(&self, models: Vec<CatalogueModel>) -> CatalogueView {
        CatalogueView {
            version: self.version().into(),
            generated: self.generated().into(),
            sources: self.sources().map(|(name, version)| format!("{name} {version}")).collect(),
            models,
        }
    }
}

fn by_name(table: &PriceTable) -> BTreeMap<String, i64> {
    table.iter().map(|(key, price)| (key.to_string(), price)).collect()
}
