//! Reading credentials from the vault into memory, and which of them were refused by their provider.

use std::sync::PoisonError;

use postern_secrets::{Secret, VaultError};

use crate::engine::Engine;
use crate::error::Failure;
use crate::events::Topic;
use crate::ids;
use crate::snapshot::{Deployment, further_credentials, model_credential, provider_credential};

/// The vault's name of the administrator's key.
pub const ADMIN_KEY: &str = "admin-key";

impl Engine {
    /// Reads every credential that the database says there is. Also after the vault was late or locked.
    pub async fn load_credentials(&self) -> Result<(), Failure> {
        let names = self
            .read(|connection| {
                use postern_store::table::{models, providers};
                let providers = providers::all(connection)?;
                let models = models::all(connection)?
                    .into_iter()
                    .filter(|row| row.params.contains("\"has_credential\""));
                let mut names: Vec<String> = Vec::new();
                for row in providers {
                    names.extend(row.has_credential.then(|| provider_credential(row.id, 1)));
                    let further = further_credentials(&row).into_iter();
                    names.extend(further.map(|credential| provider_credential(row.id, credential.number)));
                }
                names.extend(models.map(|row| model_credential(&row.id)));
                Ok(names)
            })
            .await?;
        if names.is_empty() {
            return self.rebuild().await;
        }
        let vault = self.vault.vault.clone();
        let read = self
            .tasks
            .blocking(move || names.into_iter().map(|name| (vault.get(&name), name)).collect::<Vec<_>>())
            .await
            .unwrap_or_default();
        for (held, name) in read {
            let held = held.transpose().unwrap_or_else(|| {
                Err(VaultError::Unavailable("the vault no longer has it: enter it again".into()))
            });
            self.remember_credential(&name, Some(held));
        }
        self.changed(&[Topic::Providers, Topic::Models, Topic::Status]).await
    }

    /// Puts a credential into the vault and uses it from the next rebuild on.
    pub async fn store_credential(&self, name: &str, secret: Secret) -> Result<(), Failure> {
        let (vault_name, kept) = (name.to_owned(), secret.clone());
        self.with_vault(move |vault| vault.put(&vault_name, &kept)).await?;
        self.remember_credential(name, Some(Ok(secret)));
        Ok(())
    }

    /// Forgets a credential. A vault that cannot be reached leaves an orphan there and is only logged: the row that
    /// pointed to it is gone.
    pub async fn remove_credential(&self, name: &str) {
        self.remember_credential(name, None);
        let vault_name = name.to_owned();
        if let Err(failure) = self.with_vault(move |vault| vault.remove(&vault_name)).await {
            tracing::warn!(name, reason = failure.error.message, "a removed credential stays in the vault");
        }
    }

    /// Sets the administrator's key in force.
    pub fn set_admin_key(&self, key: &Secret) {
        *self.admin.lock().unwrap_or_else(PoisonError::into_inner) = Some(ids::hash_key(key.expose()));
    }

    /// The administrator's key as the environment gives it, else as the configuration file does.
    pub fn given_admin_key(&self) -> Option<Secret> {
        self.options.admin_key.clone().or_else(|| self.config.load().master_key.clone())
    }

    /// Puts the administrator's key in force: the one given, else the one kept in the vault, else one made now and kept
    /// there, which is returned to be shown once. A vault that is late or locked leaves it for later (see `jobs`).
    pub async fn settle_admin_key(&self) -> Result<Option<Secret>, Failure> {
        if let Some(given) = self.given_admin_key() {
            self.set_admin_key(&given);
            return Ok(None);
        }
        self.keep_admin_key().await
    }

    /// Puts in force what the vault keeps, or one made now.
    pub(crate) async fn keep_admin_key(&self) -> Result<Option<Secret>, Failure> {
        match self.with_vault(|vault| vault.get(ADMIN_KEY)).await {
            Ok(Some(kept)) => {
                self.set_admin_key(&kept);
                Ok(None)
            }
            Ok(None) => {
                let made = ids::new_key().map_err(|error| Failure::internal(error.to_string()))?;
                let kept = made.clone();
                self.with_vault(move |vault| vault.put(ADMIN_KEY, &kept)).await?;
                self.set_admin_key(&made);
                Ok(Some(made))
            }
            Err(failure) => {
                tracing::warn!(reason = failure.error.message, "the administrator's key cannot be read yet");
                Ok(None)
            }
        }
    }

    /// Notes that a provider refused its credential; true the first time.
    pub fn credential_refused(&self, deployment: &Deployment, message: &str) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(refusal_key(deployment), message.to_owned()).is_none()
    }

    /// Notes that it works; true if it was refused before.
    pub fn credential_accepted(&self, deployment: &Deployment) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        !refused.is_empty() && refused.remove(&refusal_key(deployment)).is_some()
    }

    /// The refusal under way for a provider, if any.
    pub fn refusal_of(&self, provider: &str) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(provider).cloned()
    }

    pub(crate) fn forget_refusal(&self, provider: &str) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(provider);
    }
}

fn refusal_key(deployment: &Deployment) -> String {
    deployment.provider_id.map_or_else(|| deployment.id.clone(), |id| id.to_string())
}
