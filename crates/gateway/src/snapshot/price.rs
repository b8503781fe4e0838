//! The price in force for a deployment.

use std::collections::HashMap;
use std::sync::Arc;

use super::PricePlan;
use crate::catalogue::{BilledTokens, Catalogue, Cost, Model, PriceOverride};
use crate::config::LitellmParams;
use crate::providers::ProviderSpec;

/// The price in force: the deployment's own, else the user's, else the catalogue's; `known` is the model's row there.
pub(super) fn price_plan(
    spec: &ProviderSpec,
    model: &str,
    params: &LitellmParams,
    known: Option<&Model>,
    overrides: &HashMap<(String, String), Arc<PricePlan>>,
) -> Option<Arc<PricePlan>> {
    let own = PriceOverride::from_litellm(
        params.input_cost_per_token,
        params.output_cost_per_token,
        params.cache_read_input_token_cost,
        params.cache_creation_input_token_cost,
    );
    if let Some(own) = own {
        return Some(Arc::new(PricePlan {
            prices: own.over(known.map(|model| &model.prices)),
            source: "deployment".into(),
            version: String::new(),
            adjustment: 0,
        }));
    }
    if let Some(plan) = overrides.get(&(spec.id.clone(), model.to_owned())) {
        return Some(plan.clone());
    }
    let known = known?;
    if let Some(plan) = overrides.get(&(known.provider.to_owned(), known.id.to_owned())) {
        return Some(plan.clone());
    }
    Some(Arc::new(PricePlan {
        prices: known.prices.clone(),
        source: known.source.to_string(),
        version: Catalogue::embedded().source_version(known.source).to_owned(),
        adjustment: 0,
    }))
}

/// The plan at a provider whose bill is so many hundredths of a percent above the list.
pub(super) fn adjusted(plan: Option<Arc<PricePlan>>, adjustment: i64) -> Option<Arc<PricePlan>> {
    if adjustment == 0 {
        return plan;
    }
    plan.map(|plan| Arc::new(PricePlan { adjustment, ..PricePlan::clone(&plan) }))
}

impl PricePlan {
    /// What it costs at a moment (UTC milliseconds: some prices depend on the hour); `None` where the price of something
    /// that was used is not known.
    pub fn cost(&self, tokens: &BilledTokens, at: i64) -> Option<Cost> {
        Some(self.prices.cost_at(tokens, Some(at))?.adjusted(self.adjustment))
    }

    /// What it may cost at most, whatever the hour.
    pub fn cost_at_peak(&self, tokens: &BilledTokens) -> Option<Cost> {
        Some(self.prices.cost(tokens)?.adjusted(self.adjustment))
    }
}
