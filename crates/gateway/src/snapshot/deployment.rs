//! Deployments: of a model group with parameters in LiteLLM's words, or made on the fly for `provider/model`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postern_secrets::{Secret, VaultError};
use postern_store::table::requests::Billing;
use postern_wire::Surgery;

pub(super) use super::endpoint::endpoints;
use super::endpoint::{fixed_headers, lead};
use super::facts;
use super::origin::{Origin, given_settings, origin};
use super::price::{price_plan, terms, with_terms};
use super::provider::credential;
use super::{
    Credential, DEMO, Deployment, Endpoint, Facts, Held, Place, PricePlan, Provider, provider_credential,
};
use crate::catalogue::{Catalogue, Terms, Unit};
use crate::condition::{Condition, Conditions, CooldownRules};
use crate::config::{CostRules, LitellmParams, RoutingSettings};
use crate::providers::auth::Scheme;
use crate::providers::{self, ProviderSpec, Settings};

/// What a deployment is called, and what `model_info` says of it.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub id: &'a str,
    pub group: &'a str,
    pub facts: &'a Facts,
}

/// What deployments are made from.
pub(super) struct Parts<'a> {
    pub providers: &'a [Arc<Provider>],
    pub credentials: &'a HashMap<String, Result<Secret, VaultError>>,
    pub overrides: &'a HashMap<(String, String), Arc<PricePlan>>,
    pub conditions: &'a Conditions,
    pub routing: &'a RoutingSettings,
    pub costs: &'a CostRules,
}

/// The built-in model.
pub(super) fn demo(provider: &Provider, conditions: &Conditions) -> Deployment {
    let endpoints = vec![Endpoint {
        format: provider.spec.format,
        place: Place::Demo,
        headers: Vec::new(),
        signing: None,
        shape: None,
    }];
    Deployment {
        id: DEMO.into(),
        group: DEMO.into(),
        context: Some(32_768),
        max_output: Some(1024),
        condition: conditions.of(DEMO),
        ..of_provider(provider, DEMO, endpoints)
    }
}

/// `provider/model` of a configured provider, once for each of its credentials; none if the model's name fits no address.
pub(super) fn direct(
    provider: &Provider,
    model: &str,
    overrides: &HashMap<(String, String), Arc<PricePlan>>,
    conditions: &Conditions,
    routing: &RoutingSettings,
    costs: &CostRules,
) -> Vec<Deployment> {
    let known = Catalogue::embedded().find(&provider.spec.id, model);
    let asked_with = |proofs: &[_]| {
        let base_url = &provider.row.base_url;
        let mut endpoints = endpoints(provider.spec, base_url, model, &provider.settings, proofs)?;
        lead(&mut endpoints, known.as_ref());
        let prices = price_plan(provider.spec, model, &LitellmParams::default(), known.as_ref(), overrides);
        let terms = terms(costs, provider.spec, &provider.row.name, provider.row.price_adjustment);
        let prices = with_terms(prices, terms);
        Some(Deployment {
            terms,
            api_base: Some(shown_base(provider.spec, base_url, &provider.settings)),
            price_rank: price_rank(provider.billing(), prices.as_deref()),
            prices,
            context: known.as_ref().and_then(|model| model.context),
            max_output: known.as_ref().and_then(|model| model.max_output),
            timeout: provider.timeout(),
            // Higher is preferred there, lower is first here.
            order: i32::try_from(-provider.row.priority).unwrap_or(0),
            weight: u32::try_from(provider.row.weight).unwrap_or(1),
            cooldown: cooldown(routing, None),
            ..of_provider(provider, model, endpoints)
        })
    };
    in_turn(provider.held.iter(), conditions, |held| {
        Some(Deployment { credential: held.credential.clone(), ..asked_with(&held.proofs)? })
    })
}

/// One deployment for each of a provider's credentials, each standing in for the one before it.
fn in_turn<'a>(
    held: impl Iterator<Item = &'a Held>,
    conditions: &Conditions,
    make: impl Fn(&Held) -> Option<Deployment>,
) -> Vec<Deployment> {
    let mut before: Option<Arc<Condition>> = None;
    let mut deployments = Vec::with_capacity(1);
    for held in held {
        let Some(mut deployment) = make(held) else { continue };
        if held.number > 1 {
            deployment.id = format!("{}#{}", deployment.id, held.number);
        }
        deployment.condition = conditions.of(&deployment.id);
        deployment.stands_in_for = before.replace(deployment.condition.clone());
        deployments.push(deployment);
    }
    deployments
}

/// What every deployment of a provider shares.
fn of_provider(provider: &Provider, model: &str, endpoints: Vec<Endpoint>) -> Deployment {
    let name = format!("{}/{model}", provider.row.name);
    Deployment {
        condition: Condition::alone(&name),
        id: name.clone(),
        group: name,
        provider_id: (!provider.built_in).then_some(provider.row.id),
        provider: provider.row.name.clone(),
        spec: provider.spec,
        upstream_model: model.to_owned(),
        api_base: None,
        endpoints,
        credential: provider.credential().clone(),
        prices: None,
        terms: Terms::default(),
        price_rank: None,
        billing: provider.billing(),
        timeout: None,
        stream_timeout: None,
        weight: 1,
        order: 0,
        rpm: None,
        tpm: None,
        max_parallel: None,
        tags: Vec::new(),
        region: None,
        cooldown: CooldownRules::default(),
        stands_in_for: None,
        drop_params: None,
        strict_params: None,
        surgery: Surgery::default(),
        context: None,
        max_output: None,
        mode: None,
        base_model: None,
    }
}

fn cooldown(routing: &RoutingSettings, own: Option<f64>) -> CooldownRules {
    CooldownRules {
        enabled: routing.cooldowns,
        time: own.map_or(routing.cooldown_time, Duration::from_secs_f64),
        allowed: routing.allowed_fails,
        allowed_by_class: routing.allowed_fails_policy.clone(),
    }
}

impl Parts<'_> {
    /// A deployment with parameters in LiteLLM's words. Without a credential or address of its own it uses those of the
    /// configured provider of that name or kind, and is there once for each of that one's credentials.
    pub fn deployments(
        &self,
        said: Said<'_>,
        params: &LitellmParams,
        own: Option<&Result<Secret, VaultError>>,
    ) -> Vec<Deployment> {
        let Said { id, group, .. } = said;
        let unusable = |why: &str| {
            tracing::error!(deployment = id, group, "a deployment is left out: {why}");
            Vec::new()
        };
        let Some(origin) = origin(params, self.providers) else {
            return unusable("no provider of that name is known");
        };
        if let Some(provider) = origin.provider.filter(|provider| provider.built_in) {
            let condition = self.conditions.of(id);
            let made = demo(provider, self.conditions);
            return vec![Deployment { id: id.to_owned(), group: group.to_owned(), condition, ..made }];
        }
        let held = self.held(&origin, params, own);
        let made = in_turn(held.iter(), self.conditions, |held| {
            self.deployment(said, params, &origin, held, own.is_some())
        });
        if made.is_empty() { unusable("its address is not a URL") } else { made }
    }

    /// The provider whose credential such a deployment would use, if that one is switched off.
    pub fn switched_off(&self, params: &LitellmParams, has_own: bool) -> Option<String> {
        let provider = origin(params, self.providers)?.provider.filter(|_| !has_own)?;
        (!provider.row.enabled).then(|| provider.row.name.clone())
    }

    /// The credentials that it may be asked with.
    fn held(
        &self,
        origin: &Origin<'_>,
        params: &LitellmParams,
        own: Option<&Result<Secret, VaultError>>,
    ) -> Vec<Held> {
        let settings = settings(origin, params);
        match (own, origin.provider) {
            (None, Some(provider)) if settings == provider.settings => provider.held.clone(),
            // An address of its own may well need no key: a model on this machine.
            (None, None) if params.api_base.is_some() && origin.spec.auth.scheme == Scheme::Key => {
                vec![Held { number: 1, credential: Credential::NotNeeded, proofs: Vec::new() }]
            }
            // The same credentials, for another region, say.
            (None, Some(provider)) => {
                let again = |held: &Held| {
                    let name = provider_credential(provider.row.id, held.number);
                    let expected = held.number > 1 || provider.row.has_credential;
                    credential(origin.spec, held.number, self.credentials.get(&name), expected, &settings)
                };
                provider.held.iter().map(again).collect()
            }
            (own, _) => vec![credential(origin.spec, 1, own, false, &settings)],
        }
    }

    fn deployment(
        &self,
        said: Said<'_>,
        params: &LitellmParams,
        origin: &Origin<'_>,
        held: &Held,
        has_own: bool,
    ) -> Option<Deployment> {
        let Said { id, group, facts } = said;
        let Origin { spec, provider, model } = origin;
        let base_url = match (&params.api_base, provider) {
            (Some(base), _) => base,
            (None, Some(provider)) => &provider.row.base_url,
            (None, None) => &spec.base_url,
        };
        let mut endpoints = endpoints(spec, base_url, model, &settings(origin, params), &held.proofs)?;
        for endpoint in &mut endpoints {
            let extra = fixed_headers(&params.extra_headers).map(|(name, mut value)| {
                // Whatever it is for, it may be a key.
                value.set_sensitive(true);
                (name, value)
            });
            endpoint.headers.extend(extra);
        }
        let known = facts::known(spec, model, facts.base_model.as_deref());
        lead(&mut endpoints, known.as_ref());
        let prices = price_plan(spec, model, params, known.as_ref(), self.overrides);
        // What is agreed upon with a provider is agreed upon for its own credentials.
        let agreed = provider.filter(|_| !has_own);
        let name = provider.map_or(&spec.id, |provider| &provider.row.name);
        let terms = terms(self.costs, spec, name, agreed.map_or(0, |provider| provider.row.price_adjustment));
        let billing = params.billing.map_or_else(
            || match agreed {
                Some(provider) => provider.billing(),
                None if spec.local => Billing::Local,
                None => Billing::Api,
            },
            Billing::from,
        );
        let prices = with_terms(prices, terms);
        Some(Deployment {
            id: id.to_owned(),
            group: group.to_owned(),
            provider_id: provider.filter(|_| !has_own).map(|provider| provider.row.id),
            provider: name.clone(),
            spec,
            api_base: Some(shown_base(spec, base_url, &settings(origin, params))),
            endpoints,
            credential: held.credential.clone(),
            price_rank: price_rank(billing, prices.as_deref()),
            prices,
            terms,
            billing,
            timeout: params
                .timeout
                .map(Duration::from_secs_f64)
                .or_else(|| provider.filter(|_| !has_own)?.timeout()),
            stream_timeout: params.stream_timeout.map(Duration::from_secs_f64),
            weight: weight(params),
            order: params.order.unwrap_or(0),
            rpm: params.rpm,
            tpm: params.tpm,
            max_parallel: params.max_parallel_requests,
            tags: params.tags.clone(),
            region: params.region_name.clone(),
            cooldown: cooldown(self.routing, params.cooldown_time),
            condition: Condition::alone(id),
            stands_in_for: None,
            drop_params: params.drop_params,
            strict_params: params.strict_params,
            surgery: surgery(params),
            context: facts.context.or_else(|| known.as_ref()?.context),
            max_output: facts.max_output.or_else(|| known.as_ref()?.max_output),
            mode: facts.mode.clone(),
            base_model: facts.base_model.clone(),
            upstream_model: model.clone(),
        })
    }
}

fn price_rank(billing: Billing, prices: Option<&PricePlan>) -> Option<i64> {
    if billing == Billing::Local {
        return Some(0);
    }
    let prices = &prices?.prices;
    Some(prices.get(Unit::Input)?.saturating_add(prices.get(Unit::Output)?))
}

fn shown_base(spec: &ProviderSpec, base_url: &str, settings: &Settings) -> String {
    let base_url = spec.address_in_force(base_url, settings);
    base_url.split('?').next().unwrap_or_default().to_owned()
}

/// Its share among its peers: as it is given, else what it takes per minute.
fn weight(params: &LitellmParams) -> u32 {
    let rate = params.rpm.or(params.tpm).map(|rate| u32::try_from(rate).unwrap_or(u32::MAX));
    params.weight.or(rate).unwrap_or(1)
}

fn settings(origin: &Origin<'_>, params: &LitellmParams) -> Settings {
    let given = given_settings(origin.spec, params);
    match origin.provider {
        Some(provider) => {
            provider.settings.iter().map(|(name, value)| (name.clone(), value.clone())).chain(given).collect()
        }
        None => providers::settings::in_force(&origin.spec.settings, &given),
    }
}

fn surgery(params: &LitellmParams) -> Surgery {
    let mut surgery = Surgery::default();
    for path in &params.additional_drop_params {
        // Checked when the parameters came in.
        let _ = surgery.drop(path);
    }
    for (name, value) in &params.extra_body {
        surgery.set(name, value);
    }
    surgery
}
