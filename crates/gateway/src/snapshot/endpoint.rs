//! The ways of asking a provider for a model.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use postern_wire::{Format, Surgery};

use super::{Address, Endpoint, Place, Shape};
use crate::catalogue::Model;
use crate::providers::auth::Proof;
use crate::providers::{ProviderEndpoint, ProviderSpec, Settings};

pub fn fixed_headers(headers: &BTreeMap<String, String>) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    })
}

/// All ways of asking a provider for a model; `None` if the base URL is no address.
pub(super) fn endpoints(
    spec: &ProviderSpec,
    base_url: &str,
    model: &str,
    settings: &Settings,
    proofs: &[Option<Proof>],
) -> Option<Vec<Endpoint>> {
    let base_url = spec.address(base_url, settings);
    let made = spec.endpoints_for(model, settings).into_iter().map(|(position, endpoint)| {
        let address = |stream| Address::parse(&endpoint.url(base_url, model, stream, settings)).map(Box::new);
        let count = endpoint.count_url(base_url, model, settings);
        let (header, signing) = match proofs.get(position).cloned().flatten() {
            Some(Proof::Header(name, value)) => (Some((name, value)), None),
            Some(Proof::Signed(signing)) => (None, Some(signing)),
            None => (None, None),
        };
        Some(Endpoint {
            format: endpoint.format,
            place: Place::Http {
                whole: address(false)?,
                stream: address(true)?,
                count: count.and_then(|url| Address::parse(&url)).map(Box::new),
            },
            headers: header.into_iter().chain(fixed_headers(endpoint.headers)).collect(),
            signing,
            shape: shape(spec, &endpoint),
        })
    });
    made.collect()
}

/// What an endpoint wants of a body, ready to be done; `None` where its format says it all.
fn shape(spec: &ProviderSpec, endpoint: &ProviderEndpoint<'_>) -> Option<Arc<Shape>> {
    let mut quirks = Surgery::default();
    let is_chat = endpoint.format == Format::OpenAiChat;
    let has_quirks = is_chat && !(spec.quirks.rename.is_empty() && spec.quirks.refuses.is_empty());
    if has_quirks {
        for (from, to) in &spec.quirks.rename {
            quirks.rename(from, to);
        }
        for name in &spec.quirks.refuses {
            // The presets are checked by a test.
            let _ = quirks.drop(name);
        }
    }
    if !has_quirks && endpoint.body.is_none() {
        return None;
    }
    let mut surgery = Surgery::default();
    let body = endpoint.body.cloned().unwrap_or_default();
    for path in &body.drop {
        let _ = surgery.drop(path);
    }
    for (name, value) in &body.set {
        surgery.set(name, value);
    }
    Some(Arc::new(Shape { surgery, quirks, betas: body.betas, wrapping: body.wrapping }))
}

/// Some models of OpenAI answer through its Responses API only: for them it comes first.
pub(super) fn lead(endpoints: &mut [Endpoint], known: Option<&Model>) {
    if known.is_some_and(|model| model.mode == "responses")
        && let Some(place) = endpoints.iter().position(|endpoint| endpoint.format == Format::OpenAiResponses)
    {
        endpoints[..=place].rotate_right(1);
    }
}
