//! `model_list`: the deployments of a file, each checked with what all of them are told by default.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::place::Path;
use super::problem::Wrong;
use super::read::Reading;
use super::value::Node;
use super::{ConfigModel, add_defaults, ids};

const LONGEST_NAME: usize = 256;

/// What a default must not be: it would be sent to whichever provider a deployment has, or be another deployment.
const NO_DEFAULT: [&str; 13] = [
    "model",
    "custom_llm_provider",
    "api_key",
    "api_base",
    "base_url",
    "extra_headers",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "tenant_id",
    "client_id",
    "client_secret",
    "vertex_credentials",
];

/// Members whose value is never repeated.
const SECRET: [&str; 8] = [
    "api_key",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "client_secret",
    "vertex_credentials",
    "extra_headers",
    "extra_body",
];

pub fn list(reading: &mut Reading, node: &Node<'_>) -> Result<(), Wrong> {
    let mut entries: Vec<(Path, &Value)> = Vec::new();
    for entry in node.items()? {
        let model = model(reading, &entry)?;
        reading.file.models.push(model);
        entries.push((entry.path, entry.value));
    }
    let ids = ids(&reading.file.models);
    let mut taken: HashMap<&str, &Path> = HashMap::new();
    for (position, (path, value)) in entries.iter().enumerate() {
        let id = &ids[position];
        if let Some(other) = taken.insert(id, path) {
            let at = path.name("model_info").name("id");
            return Err(Wrong::new(&at, &format!(": `{id}` is the id of {other} already")));
        }
        let part = format!("model_list: {} ({id})", reading.file.models[position].model_name);
        reading.file.note_part(part, value);
    }
    Ok(())
}

fn model(reading: &mut Reading, node: &Node<'_>) -> Result<ConfigModel, Wrong> {
    let mut value = node.value.clone();
    if let Some(params) = value.get_mut("litellm_params").and_then(Value::as_object_mut) {
        add_defaults(params, &reading.file.default_params);
    }
    for (name, member) in node.members()? {
        if !["model_name", "litellm_params", "model_info"].contains(&name) {
            reading.unknown(&member.path);
        }
    }
    if value.get("model_info").is_some_and(Value::is_null) {
        value["model_info"] = Value::Object(Map::new());
    }
    let mut model: ConfigModel =
        serde_path_to_error::deserialize(value).map_err(|error| does_not_fit(&node.path, &error))?;
    let length = model.model_name.trim().chars().count();
    if length == 0 || length > LONGEST_NAME {
        return Err(Wrong::new(&node.path.name("model_name"), " must be a text of 1 to 256 characters"));
    }
    let params = &mut model.litellm_params;
    params.absorb_credential(true).map_err(|problem| of_params(&node.path, &problem))?;
    if let Some(problem) = params.problem() {
        return Err(of_params(&node.path, &problem));
    }
    for name in params.unknown() {
        reading.unknown(&node.path.name("litellm_params").name(name));
    }
    info(node, &model)?;
    Ok(model)
}

/// What `model_info` says that changes what a deployment is.
fn info(node: &Node<'_>, model: &ConfigModel) -> Result<(), Wrong> {
    let path = node.path.name("model_info");
    for (name, value) in &model.model_info {
        let node = Node::new(path.name(name), value);
        match name.as_str() {
            _ if value.is_null() => {}
            "id" => {
                let fits = ids::given(model).is_some_and(|id| id.len() <= LONGEST_NAME);
                if !fits {
                    return Err(node.wrong("a text of 1 to 256 characters"));
                }
            }
            "access_groups" => drop(node.texts()?),
            _ => {}
        }
    }
    Ok(())
}

/// A sentence about `litellm_params.NAME`, at its place.
fn of_params(entry: &Path, sentence: &str) -> Wrong {
    let about = sentence.split([' ', ':']).next().unwrap_or_default();
    let params = entry.name("litellm_params");
    let path = match about.split_once('.') {
        Some((_, name)) => params.name(name),
        None => params,
    };
    Wrong { path, message: format!("{entry}.{sentence}") }
}

fn does_not_fit(entry: &Path, error: &serde_path_to_error::Error<serde_json::Error>) -> Wrong {
    use serde_path_to_error::Segment;
    let path = error.path().iter().fold(entry.clone(), |path, segment| match segment {
        Segment::Seq { index } => path.index(*index),
        Segment::Map { key } => path.name(key),
        Segment::Enum { .. } | Segment::Unknown => path,
    });
    if path.names().any(|name| SECRET.contains(&name)) {
        return Wrong::new(&path, " is not of the kind that it must be");
    }
    Wrong::new(&path, &format!(": {}", error.inner()))
}

/// `router_settings.default_litellm_params`.
pub fn defaults(reading: &mut Reading, node: &Node<'_>) -> Result<(), Wrong> {
    let mut given = Map::new();
    for (name, member) in node.members()? {
        if NO_DEFAULT.contains(&name) {
            return Err(Wrong::new(&member.path, " belongs to one deployment and has no default for all"));
        }
        given.insert(name.to_owned(), member.value.clone());
    }
    let mut whole = given.clone();
    whole.insert("model".into(), Value::String("any".into()));
    let params: super::LitellmParams = serde_path_to_error::deserialize(Value::Object(whole))
        .map_err(|error| does_not_fit(&node.path, &error))?;
    if let Some(problem) = params.problem() {
        let name = problem.split([' ', ':']).next().and_then(|about| about.split_once('.'));
        let path = name.map_or_else(|| node.path.clone(), |(_, name)| node.path.name(name));
        let rest = problem.strip_prefix("litellm_params").unwrap_or(&problem);
        return Err(Wrong { message: format!("{}{rest}", node.path), path });
    }
    for name in params.unknown() {
        reading.unknown(&node.path.name(name));
        // Or every deployment would be warned of it.
        given.remove(name);
    }
    reading.file.default_params = given;
    Ok(())
}
