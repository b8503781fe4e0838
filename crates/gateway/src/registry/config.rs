//! The configuration file, read again while the gateway runs. A good one takes the place of the one in force as a whole; a
//! bad one changes nothing. Requests under way keep the snapshot that they began with.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::audit::{self, Action, Actor};
use crate::clock;
use crate::config::{self, ConfigFile, Difference, Problem};
use crate::engine::{ConfigState, Engine};
use crate::error::Failure;
use crate::events::{Event, Topic};

/// Why a configuration file was not put in force.
pub enum Refused {
    /// The gateway was started without one.
    NoFile,
    Invalid(Problem),
    /// It is valid, and the database or the vault failed.
    Failed(Failure),
}

impl Engine {
    /// Everything that the configuration file in force is to be warned of: what was not understood, and names that lead
    /// nowhere now.
    pub fn config_warnings(&self) -> Vec<Problem> {
        let config = self.config.load();
        let mut warnings = config.warnings.clone();
        warnings.extend(self.snapshot.load().unknown_names(&config));
        warnings
    }

    /// Reads the configuration file again and puts it in force, at once and whole, or keeps the one in force. What is
    /// different is told.
    pub async fn reload_config(&self, actor: &Actor) -> Result<Difference, Refused> {
        let path = self.options.config.clone().ok_or(Refused::NoFile)?;
        let _one_at_a_time = self.reloading.lock().await;
        let reading = path.clone();
        let read = self.tasks.blocking(move || config::read_config_file(&reading)).await;
        let read = match read {
            Some(read) => read.and_then(|file| self.refuse_emptied(file)),
            None => return Err(Refused::Failed(Failure::internal("the reading of a file was interrupted"))),
        };
        let file = match read {
            Ok(file) => Arc::new(file),
            Err(problem) => {
                if self.note_error(Some(problem.clone())) {
                    tracing::error!(
                        "the configuration file {} was refused, and the one read before stays in force: {problem}",
                        path.display()
                    );
                }
                return Err(Refused::Invalid(problem));
            }
        };
        let difference = self.config.load().difference(&file);
        if difference.is_empty() {
            self.note_error(None);
            return Ok(difference);
        }
        if let Err(failure) = self.put_in_force(file).await {
            tracing::error!(
                reason = failure.error.message,
                "the configuration file could not be put in force"
            );
            return Err(Refused::Failed(failure));
        }
        let state = ConfigState { loaded_at: clock::now_ms(), error: None };
        *self.config_state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        tracing::info!(path = %path.display(), ?difference, "the configuration file was read again");
        if let Err(failure) = self.note_reload(actor, &path, &difference).await {
            tracing::error!(reason = failure.error.message, "the change of the configuration was not noted");
        }
        for warning in self.config_warnings() {
            tracing::warn!("configuration: {warning}");
        }
        self.events.publish(Event::Stale(vec![Topic::Status, Topic::Models]));
        Ok(difference)
    }

    /// What is different is noted by name, as it is told.
    async fn note_reload(&self, actor: &Actor, path: &Path, difference: &Difference) -> Result<(), Failure> {
        let names = serde_json::to_value(difference).map_err(|error| Failure::internal(error.to_string()))?;
        let after = names.as_object().cloned();
        let (actor, path) = (actor.clone(), path.display().to_string());
        self.transact(move |connection| {
            audit::record(connection, &actor, Action::Updated, ("config", &path), None, after)
        })
        .await
    }

    /// A file is empty for a moment while it is written anew, and would take all model groups away.
    fn refuse_emptied(&self, file: ConfigFile) -> Result<ConfigFile, Problem> {
        if file.says_nothing() && !self.config.load().says_nothing() {
            return Err(Problem::of_the_file(
                "the file is empty; should nothing be configured any more, say `model_list: []`",
            ));
        }
        Ok(file)
    }

    async fn put_in_force(&self, file: Arc<ConfigFile>) -> Result<(), Failure> {
        let known = *self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let done = match self.change_admin_key(&file).await {
            Ok(()) => self.rebuild_with(Some(file)).await,
            Err(failure) => Err(failure),
        };
        if done.is_err() {
            *self.admin.lock().unwrap_or_else(PoisonError::into_inner) = known;
        }
        done
    }

    async fn change_admin_key(&self, file: &ConfigFile) -> Result<(), Failure> {
        if self.options.admin_key.is_some() {
            return Ok(());
        }
        if let Some(key) = &file.master_key {
            self.set_admin_key(key);
        } else if self.config.load().master_key.is_some() {
            // It counts no more, even should the vault have no other to give now.
            *self.admin.lock().unwrap_or_else(PoisonError::into_inner) = None;
            if self.keep_admin_key().await?.is_some() {
                tracing::warn!(
                    "the configuration file has no master_key any more: an administrator's key was made and is in the vault"
                );
            }
        }
        Ok(())
    }

    /// True if it was not known.
    fn note_error(&self, error: Option<Problem>) -> bool {
        let mut state = self.config_state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = state.error != error;
        state.error = error;
        drop(state);
        if is_new {
            self.events.publish(Event::Stale(vec![Topic::Status, Topic::Models]));
        }
        is_new
    }
}
