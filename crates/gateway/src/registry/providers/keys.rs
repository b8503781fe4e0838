//! A provider's credentials: the first, and further ones that stand in for it when it is refused or used up.

use postern_secrets::Secret;
use postern_store::table::providers::ProviderRow;

use super::Change;
use super::check::{checked_key, preset_spec};
use crate::engine::Engine;
use crate::error::Failure;
use crate::ids;
use crate::providers::ProviderSpec;
use crate::snapshot::{FurtherCredential, further_credentials, provider_credential};

const MOST_FURTHER: usize = 50;

/// What the vault has to do for a change of credentials.
#[derive(Default)]
pub(super) struct Plan {
    /// To be put there, by number.
    put: Vec<(usize, Secret)>,
    /// No longer named by the row.
    removed: Vec<usize>,
}

impl Plan {
    /// Checks what is asked for and says in the row what will be there. Nothing has happened to the vault yet.
    pub(super) fn make(row: &mut ProviderRow, change: &mut Change) -> Result<Self, Failure> {
        let spec = preset_spec(&row.preset)?;
        let mut plan = Self::default();
        let mut further = further_credentials(row);
        if let Some(key) = change.api_key.take() {
            plan.first(row, checked_key(spec, &key, "api_key")?);
        }
        for number in std::mem::take(&mut change.remove_keys) {
            if !further.iter().any(|known| known.number == number) {
                return Err(unknown_number(number, &further));
            }
            further.retain(|known| known.number != number);
            plan.removed.push(number);
        }
        if let Some(keys) = change.api_keys.take() {
            plan.removed.extend(further.drain(..).map(|known| known.number));
            for (position, key) in keys.into_iter().enumerate() {
                plan.further(row, &mut further, spec, &key, &format!("api_keys[{position}]"))?;
            }
        }
        if let Some(key) = change.add_api_key.take() {
            plan.further(row, &mut further, spec, &key, "add_api_key")?;
        }
        if further.len() > MOST_FURTHER {
            let message = format!("a provider has at most {MOST_FURTHER} keys besides its first");
            return Err(Failure::invalid("too_many_keys", message).with_param("api_keys"));
        }
        let put: Vec<usize> = plan.put.iter().map(|(number, _)| *number).collect();
        plan.removed.retain(|number| !put.contains(number));
        row.further_credentials =
            serde_json::to_string(&further).map_err(|error| Failure::internal(error.to_string()))?;
        Ok(plan)
    }

    fn first(&mut self, row: &mut ProviderRow, key: Secret) {
        row.credential_hint = credential_hint(key.expose());
        row.has_credential = true;
        self.put.push((1, key));
    }

    fn further(
        &mut self,
        row: &mut ProviderRow,
        further: &mut Vec<FurtherCredential>,
        spec: &ProviderSpec,
        key: &Secret,
        param: &str,
    ) -> Result<(), Failure> {
        let key = checked_key(spec, key, param)?;
        if !row.has_credential {
            // There is nothing for it to stand in for.
            self.first(row, key);
            return Ok(());
        }
        let number = further.iter().map(|known| known.number).max().unwrap_or(1) + 1;
        further.push(FurtherCredential { number, hint: credential_hint(key.expose()) });
        self.put.push((number, key));
        Ok(())
    }

    /// Whether a credential is to be put into the vault.
    pub(super) fn puts(&self) -> bool {
        !self.put.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.removed.is_empty()
    }

    /// Before the row is written: a row never names what the vault does not have.
    pub(super) async fn store(&mut self, engine: &Engine, row: &ProviderRow) -> Result<(), Failure> {
        for (number, key) in std::mem::take(&mut self.put) {
            engine.store_credential(&provider_credential(row.id, number), key).await?;
        }
        Ok(())
    }

    /// After the row is written.
    pub(super) async fn discard(self, engine: &Engine, row: &ProviderRow) {
        for number in self.removed {
            engine.remove_credential(&provider_credential(row.id, number)).await;
        }
    }
}

fn unknown_number(number: usize, further: &[FurtherCredential]) -> Failure {
    let known = further.iter().map(|known| known.number.to_string()).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "there are none".to_owned() } else { format!("there are {known}") };
    let message = format!(
        "remove_keys: there is no further key of number {number} ({known}); the first one is replaced with api_key"
    );
    Failure::invalid("unknown_key_number", message).with_param("remove_keys")
}

/// The end of a key; of a credential's file, whose it is.
fn credential_hint(text: &str) -> Option<String> {
    let Ok(file) = serde_json::from_str::<serde_json::Value>(text) else { return ids::credential_hint(text) };
    ["client_email", "aws_access_key_id", "AccessKeyId", "client_id", "clientId"]
        .iter()
        .find_map(|name| file.get(name)?.as_str())
        .map(|name| name.chars().take(80).collect())
}
