//! A configured provider: its row, its preset, and what is known of its credentials.

use std::collections::HashMap;

use postern_secrets::{Secret, VaultError};
use postern_store::table::providers::ProviderRow;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::deployment::endpoints;
use super::{Credential, DEMO, Held, Provider, provider_credential};
use crate::providers::{self, ProviderSpec, Settings};

/// What the row says of a credential besides the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FurtherCredential {
    /// 2 or more; never another credential's while this one is there.
    pub number: usize,
    /// The end of the key, to recognise it by.
    pub hint: Option<String>,
}

/// A provider's credentials besides the first, in the order in which they are used.
pub fn further_credentials(row: &ProviderRow) -> Vec<FurtherCredential> {
    let mut further: Vec<FurtherCredential> =
        serde_json::from_str(&row.further_credentials).unwrap_or_default();
    further.sort_by_key(|credential| credential.number);
    further
}

pub(super) fn provider(
    row: ProviderRow,
    credentials: &HashMap<String, Result<Secret, VaultError>>,
) -> Option<Provider> {
    let spec = providers::find(&row.preset).or_else(|| {
        tracing::error!(
            provider = row.name,
            preset = row.preset,
            "a provider of an unknown kind is left out"
        );
        None
    })?;
    let given = serde_json::from_str(&row.settings).unwrap_or_default();
    let settings = providers::settings::in_force(&spec.settings, &given);
    // An address that cannot be one leaves the provider out.
    endpoints(spec, &row.base_url, "", &settings, &[])?;
    let held = held(&row, spec, &settings, credentials);
    Some(Provider { row, spec, settings, held, built_in: false })
}

/// One for the first credential, though there may be none, and one for each of the further ones.
fn held(
    row: &ProviderRow,
    spec: &ProviderSpec,
    settings: &Settings,
    credentials: &HashMap<String, Result<Secret, VaultError>>,
) -> Vec<Held> {
    let of = |number: usize, expected: bool| {
        credential(spec, number, credentials.get(&provider_credential(row.id, number)), expected, settings)
    };
    let further = further_credentials(row);
    std::iter::once(of(1, row.has_credential))
        .chain(further.iter().map(|credential| of(credential.number, true)))
        .collect()
}

pub(super) fn demo_provider() -> Option<Provider> {
    let spec = providers::find(DEMO)?;
    let row = ProviderRow {
        id: Uuid::nil(),
        number: 0,
        name: DEMO.into(),
        preset: DEMO.into(),
        base_url: String::new(),
        enabled: true,
        has_credential: false,
        credential_hint: None,
        last_test: None,
        settings: "{}".into(),
        priority: 0,
        weight: 1,
        timeout_ms: None,
        further_credentials: "[]".into(),
        billing: postern_store::table::requests::Billing::Api,
        price_adjustment: 0,
        created_at: 0,
        updated_at: 0,
    };
    Some(Provider {
        row,
        spec,
        settings: Settings::new(),
        held: vec![Held { number: 1, credential: Credential::NotNeeded, proofs: Vec::new() }],
        built_in: true,
    })
}

/// What is known of a credential, and the proof that each of the provider's endpoints takes, in their order.
pub(super) fn credential(
    spec: &ProviderSpec,
    number: usize,
    held: Option<&Result<Secret, VaultError>>,
    expected: bool,
    settings: &Settings,
) -> Held {
    let without = |credential| Held { number, credential, proofs: Vec::new() };
    let secret = match held {
        Some(Ok(secret)) => Some(secret),
        Some(Err(error)) => return without(Credential::Unavailable(error.to_string())),
        None if expected => {
            return without(Credential::Unavailable("the vault has not been read yet, or lost it".into()));
        }
        None => None,
    };
    if secret.is_none() && spec.needs_key_with(settings) {
        return without(Credential::Missing);
    }
    let proofs: Result<Vec<_>, String> =
        spec.endpoints().map(|endpoint| endpoint.auth.proof(secret, settings)).collect();
    match proofs {
        Ok(proofs) if secret.is_some() => Held { number, credential: Credential::Loaded, proofs },
        Ok(proofs) => Held { number, credential: Credential::NotNeeded, proofs },
        Err(problem) => without(Credential::Unavailable(problem)),
    }
}
