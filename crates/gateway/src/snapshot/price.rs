//! The price in force for a deployment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{DEPLOYMENT, OVERRIDE, PricePlan};
use crate::catalogue::{BilledTokens, Catalogue, Cost, Model, PriceOverride, Terms};
use crate::config::{CostRules, LitellmParams};
use crate::ids;
use crate::providers::{self, ProviderSpec};

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
            version: version_of(&own),
            prices: own.over(known.map(|model| &model.prices)),
            source: DEPLOYMENT.into(),
            terms: Terms::default(),
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
        terms: Terms::default(),
    }))
}

/// A deployment's prices are written nowhere with a date: the same prices are the same version, and others another.
fn version_of(own: &PriceOverride) -> String {
    let text = serde_json::to_string(own).unwrap_or_default();
    ids::hex(&ids::hash_bytes(text.as_bytes())).chars().take(12).collect()
}

/// What is agreed upon with a provider: what it was told in the console (hundredths of a percent), else the discount and the margin
/// of the configuration file, which name it or its kind.
pub(super) fn terms(costs: &CostRules, spec: &ProviderSpec, name: &str, adjustment: i64) -> Terms {
    if adjustment != 0 {
        return Terms::of_adjustment(adjustment);
    }
    let margin = of_provider(&costs.margins, spec, name).or(costs.global_margin).unwrap_or_default();
    Terms {
        discount: of_provider(&costs.discounts, spec, name).unwrap_or(0),
        mark_up: margin.basis_points,
        fee_nanos: margin.fee_nanos,
    }
}

/// By the provider's name, else by its kind or another name of that.
fn of_provider<T: Copy>(all: &BTreeMap<String, T>, spec: &ProviderSpec, name: &str) -> Option<T> {
    let is_kind = |name: &str| providers::find(name).is_some_and(|known| known.id == spec.id);
    let of_kind = || all.iter().find(|(name, _)| is_kind(name)).map(|(_, rule)| rule);
    all.get(name).or_else(of_kind).copied()
}

/// The plan with what is agreed upon besides.
pub(super) fn with_terms(plan: Option<Arc<PricePlan>>, terms: Terms) -> Option<Arc<PricePlan>> {
    if terms == Terms::default() {
        return plan;
    }
    plan.map(|plan| Arc::new(PricePlan { terms, ..PricePlan::clone(&plan) }))
}

impl PricePlan {
    /// Whether the user has set these prices, rather than a public list.
    pub fn is_own(&self) -> bool {
        [OVERRIDE, DEPLOYMENT].contains(&self.source.as_str())
    }

    /// What it costs at a moment (UTC milliseconds: some prices depend on the hour); `None` where the price of something
    /// that was used is not known.
    pub fn cost(&self, tokens: &BilledTokens, at: i64) -> Option<Cost> {
        Some(self.prices.cost_at(tokens, Some(at))?.adjusted(self.terms))
    }

    /// What it may cost at most, whatever the hour.
    pub fn cost_at_peak(&self, tokens: &BilledTokens) -> Option<Cost> {
        Some(self.prices.cost(tokens)?.adjusted(self.terms))
    }
}
