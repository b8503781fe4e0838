//! From the text of a configuration file to what it says. The first thing that is wrong refuses the whole file; what is
//! only unknown is a warning. Both say where.

use std::path;
use std::sync::Arc;

use postern_secrets::Secret;
use serde_json::{Map, Value};

use super::place::{Path, Places};
use super::problem::{Named, Problem, Wrong};
use super::router::{self, Section};
use super::value::Node;
use super::{ConfigFile, alerts, costs, governance, model, sso};
use crate::config::environment;
use crate::config::sso::sso_of_environment;

/// Reads and interprets the file.
pub fn read(path: &path::Path) -> Result<ConfigFile, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::of_the_file(format!("the file cannot be read: {error}")))?;
    interpret(&text)
}

impl ConfigFile {
    /// What counts where there is no file.
    pub fn absent() -> Self {
        let mut reading = Reading::default();
        reading.sso_of_environment();
        let Reading { mut file, warnings, .. } = reading;
        file.warnings = warnings.into_iter().map(|wrong| Problem::of_the_file(wrong.message)).collect();
        file
    }
}

pub(super) fn interpret(text: &str) -> Result<ConfigFile, Problem> {
    // Without a snippet of the text: what is beside the mistake may be a secret.
    let options = serde_saphyr::options! { with_snippet: false };
    let document: Option<Value> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| not_yaml(&error))?;
    let places = Places::of(text);
    let mut reading = Reading::default();
    reading.document(document.unwrap_or(Value::Null)).map_err(|wrong| wrong.placed(&places))?;
    let Reading { mut file, warnings, named, named_providers } = reading;
    file.warnings = warnings.into_iter().map(|wrong| wrong.placed(&places)).collect();
    let at = |(name, wrong): (String, Wrong)| Named { name, at: wrong.placed(&places) };
    file.named = named.into_iter().map(at).collect();
    file.named_providers = named_providers.into_iter().map(at).collect();
    Ok(file)
}

fn not_yaml(error: &serde_saphyr::Error) -> Problem {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    let Some(location) = error.location() else { return Problem::of_the_file(first) };
    let place = format!(" at line {}, column {}", location.line(), location.column());
    Problem {
        line: u32::try_from(location.line()).ok(),
        column: u32::try_from(location.column()).ok(),
        message: format!("this is no YAML: {}", first.strip_suffix(&place).unwrap_or(first)),
    }
}

/// A file being read.
#[derive(Default)]
pub struct Reading {
    pub file: ConfigFile,
    pub warnings: Vec<Wrong>,
    /// Model groups that settings name, with the settings.
    pub named: Vec<(String, Wrong)>,
    /// Providers that settings name, with the settings.
    pub named_providers: Vec<(String, Wrong)>,
}

impl Reading {
    pub fn warn(&mut self, path: &Path, rest: &str) {
        self.warnings.push(Wrong::new(path, rest));
    }

    pub fn unknown(&mut self, path: &Path) {
        let message = format!("unknown key `{path}`");
        self.warnings.push(Wrong { path: path.clone(), message });
    }

    /// Notes that a setting names this model group.
    pub fn name_group(&mut self, group: &str, path: &Path) {
        self.named.push((group.to_owned(), Wrong::new(path, "")));
    }

    /// Notes that a setting names a provider, or a kind of them.
    pub fn name_provider(&mut self, name: &str, path: &Path) {
        self.named_providers.push((name.to_owned(), Wrong::new(path, "")));
    }

    fn document(&mut self, document: Value) -> Result<(), Wrong> {
        let root = Path::default();
        let sections = match document {
            Value::Null => {
                self.file.empty = true;
                Map::new()
            }
            Value::Object(sections) => sections,
            _ => {
                let message = "the file must be a map of sections: model_list, router_settings, ...".into();
                return Err(Wrong { path: root, message });
            }
        };
        let mut models = Value::Array(Vec::new());
        let mut settings = [None, None, None];
        for (name, value) in sections {
            let path = root.name(&name);
            match name.as_str() {
                "environment_variables" => {
                    self.warn(&path, " is not applied: set them in the environment itself");
                }
                _ if value.is_null() => {}
                "model_list" => models = self.with_environment(&path, value),
                // In the order in which they are read: what the router is told counts over what the library is.
                "general_settings" => settings[0] = Some((Section::General, value)),
                "litellm_settings" => settings[1] = Some((Section::Litellm, value)),
                "router_settings" => settings[2] = Some((Section::Router, value)),
                // LiteLLM's own description has them here, too; what stands in the section counts over it.
                "cost_discount_config" | "cost_margin_config" => {
                    let value = self.with_environment(&path, value);
                    self.file.note_part(name.clone(), &value);
                    costs::setting(self, Section::Litellm, &name, &Node::new(path, &value))?;
                }
                _ => self.unknown(&path),
            }
        }
        for (section, value) in settings.into_iter().flatten() {
            let path = root.name(section.name());
            let value = self.with_environment(&path, value);
            for (name, node) in Node::new(path, &value).members()? {
                self.file.note_part(node.path.to_string(), node.value);
                if !(self.own_setting(section, name, &node)?
                    || costs::setting(self, section, name, &node)?
                    || governance::setting(self, section, name, &node)?
                    || router::setting(self, section, name, &node)?)
                {
                    self.unknown(&node.path);
                }
            }
        }
        if !self.file.parts.contains_key("general_settings.sso") {
            self.sso_of_environment();
        }
        model::list(self, &Node::new(root.name("model_list"), &models))
    }

    fn sso_of_environment(&mut self) {
        match sso_of_environment(&environment) {
            Ok(settings) => self.file.sso = settings.map(Arc::new),
            Err(message) => {
                let message = format!("nobody can sign in with single sign-on: {message}");
                self.warnings.push(Wrong { path: Path::default(), message });
            }
        }
    }

    /// The settings that are not routing's.
    fn own_setting(&mut self, section: Section, name: &str, node: &Node<'_>) -> Result<bool, Wrong> {
        match (section, name) {
            (Section::General, "master_key") => {
                // Never repeated, whatever is wrong with it.
                self.file.master_key = Some(Secret::from(node.text()?.to_owned()));
            }
            (Section::General, "alert_webhooks") => alerts::webhooks(self, node)?,
            (Section::General, "sso") => sso::section(self, node, &environment)?,
            (Section::General, "keep_responses") => self.file.keep_responses = Some(node.flag()?),
            (Section::Litellm, "drop_params") => self.file.drop_params = node.flag()?,
            (Section::Litellm, "strict_params") => self.file.strict_params = node.flag()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Replaces every text `os.environ/NAME` by the variable's value; a variable that is not set becomes null and a
    /// warning.
    fn with_environment(&mut self, path: &Path, value: Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix("os.environ/") {
                None => Value::String(text),
                Some(name) => environment(name).map_or_else(
                    || {
                        self.warn(path, &format!(": the environment variable {name} is not set"));
                        Value::Null
                    },
                    Value::String,
                ),
            },
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                items
                    .map(|(index, item)| self.with_environment(&path.index(index), item))
                    .collect::<Vec<_>>()
                    .into()
            }
            Value::Object(map) => {
                let read = |(name, item): (String, Value)| {
                    let item = self.with_environment(&path.name(&name), item);
                    (name, item)
                };
                Value::Object(map.into_iter().map(read).collect())
            }
            other => other,
        }
    }
}
