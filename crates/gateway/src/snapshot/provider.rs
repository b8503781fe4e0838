//! A configured provider: its row, its preset, and what is known of its credentials.

use std::collections::HashMap;

use postern_secrets::{Secret, VaultError};
use postern_store::table::providers::ProviderRow;
use uuid::Uuid;

use super::deployment::endpoints;
use super::{Credential, DEMO, Held, Provider, provider_credential};
use crate::providers::{self, ProviderSpec, Settings};

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
    let held = credentials.get(&provider_credential(row.id, 1));
    let held = vec![credential(spec, held, row.has_credential, &settings)];
    Some(Provider { row, spec, settings, held, built_in: false })
}

pub(super) fn demo_provider() -> Option<Provider> {
    let spec = providers::find(DEMO)?;
    let row = ProviderRow {
        id: Uuid::nil(),
        name: DEMO.into(),
        preset: DEMO.into(),
        base_url: String::new(),
        enabled: true,
        has_credential: false,
        credential_hint: None,
        last_test: None,
        settings: "{}".into(),
        created_at: 0,
        updated_at: 0,
    };
    Some(Provider {
        row,
        spec,
        settings: Settings::new(),
        held: vec![Held { credential: Credential::NotNeeded, proofs: Vec::new() }],
        built_in: true,
    })
}

/// What is known of a credential, and the proof that each of the provider's endpoints takes, in their order.
pub(super) fn credential(
    spec: &ProviderSpec,
    held: Option<&Result<Secret, VaultError>>,
    expected: bool,
    settings: &Settings,
) -> Held {
    let without = |credential| Held { credential, proofs: Vec::new() };
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
        Ok(proofs) if secret.is_some() => Held { credential: Credential::Loaded, proofs },
        Ok(proofs) => Held { credential: Credential::NotNeeded, proofs },
        Err(problem) => without(Credential::Unavailable(problem)),
    }
}
