//! The routes that a key is restricted to: paths, patterns, and LiteLLM's names for groups of them.

use super::permissions;
use crate::error::Failure;

/// Routes that only tell: what a key of the type `read_only` may call.
const INFO: [&str; 14] = [
    "/key/info",
    "/key/list",
    "/key/aliases",
    "/user/info",
    "/user/list",
    "/team/info",
    "/team/list",
    "/organization/info",
    "/organization/list",
    "/customer/info",
    "/model/info",
    "/v1/model/info",
    "/model_group/info",
    "/models",
];

/// What a restricted key may always do: find out who it is.
const ALWAYS: [&str; 2] = ["/console/session", "/console/sign-out"];

/// LiteLLM's names for groups of routes.
pub const GROUPS: [&str; 4] = ["llm_api_routes", "openai_routes", "management_routes", "info_routes"];

/// What a key is restricted to that may call models and nothing else.
pub const MODELS_ONLY: &str = "llm_api_routes";

/// Whether an entry is one that can allow something.
pub fn is_known(entry: &str) -> bool {
    entry == "*" || entry.starts_with('/') || GROUPS.contains(&entry)
}

/// Whether an entry allows routes of models alone.
pub fn is_for_models(entry: &str) -> bool {
    let is_path = entry.starts_with('/') && entry.len() > 1 && !permissions::is_reached_by(entry);
    is_path || matches!(entry, MODELS_ONLY | "openai_routes")
}

/// Whether an entry allows nothing that a list does not.
pub fn includes(allowed: &[Box<str>], entry: &str) -> bool {
    let is_plain = entry.starts_with('/') && !entry.contains(['*', '{']);
    allowed.iter().any(|own| match &**own {
        own if own == entry => true,
        MODELS_ONLY | "openai_routes" => is_for_models(entry),
        own if GROUPS.contains(&own) => is_plain && allows(own, entry),
        own => own.strip_suffix('*').map_or(is_plain && fits(own, entry), |start| entry.starts_with(start)),
    })
}

/// Refuses a path that no entry of the list allows.
pub fn check(allowed: &[Box<str>], path: &str) -> Result<(), Failure> {
    if ALWAYS.contains(&path) || allowed.iter().any(|entry| allows(entry, path)) {
        return Ok(());
    }
    let message = format!(
        "Virtual key is not allowed to call this route. Only allowed to call routes: [{}]. Tried to call route: {path}",
        allowed.iter().map(|entry| format!("'{entry}'")).collect::<Vec<_>>().join(", ")
    );
    Err(Failure::forbidden("route_not_allowed", message).with_type("auth_error"))
}

fn allows(entry: &str, path: &str) -> bool {
    let is_managed = || permissions::covers(path);
    match entry {
        "llm_api_routes" | "openai_routes" => !is_managed(),
        "management_routes" => is_managed(),
        "info_routes" => INFO.contains(&path) || path == "/v1/models" || path.starts_with("/models/"),
        _ => {
            fits(entry, path)
                || path.strip_prefix("/v1").is_some_and(|rest| rest.starts_with('/') && fits(entry, rest))
        }
    }
}

/// `/v1/files/{file_id}` stands for every file, `/v1/*` for all below.
fn fits(entry: &str, path: &str) -> bool {
    if let Some(start) = entry.strip_suffix('*') {
        return path.starts_with(start);
    }
    let (mut wanted, mut given) = (entry.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (is_parameter(wanted) && !given.is_empty()) => {
            }
            _ => return false,
        }
    }
}

fn is_parameter(word: &str) -> bool {
    word.starts_with('{') && word.ends_with('}')
}

/// Whether a path is of a declared route, whose last parameter stands for whatever follows.
pub fn fits_rest(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route.split('/').peekable(), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted_word), Some(word)) if is_parameter(wanted_word) && !word.is_empty() => {
                if wanted.peek().is_none() {
                    return true;
                }
            }
            (Some(wanted), Some(word)) if wanted == word => {}
            _ => return false,
        }
    }
}

/// Whether an entry allows any path of a declared route.
pub fn meets(entry: &str, route: &str) -> bool {
    let (mut wanted, mut given) = (entry.split('/').peekable(), route.split('/').peekable());
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted_word), Some(word)) => {
                if let (Some(start), None) = (wanted_word.strip_suffix('*'), wanted.peek()) {
                    return is_parameter(word) || word.starts_with(start);
                }
                if is_parameter(word) && given.peek().is_none() {
                    return true;
                }
                if wanted_word != word && !is_parameter(wanted_word) && !is_parameter(word) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{allows, includes, is_for_models};

    #[test]
    fn entries_are_paths_patterns_and_groups() {
        for (entry, path, fits) in [
            ("/chat/completions", "/v1/chat/completions", true),
            ("/chat/completions", "/chat/completions", true),
            ("/v1/chat/completions", "/chat/completions", false),
            ("/v1/*", "/v1/embeddings", true),
            ("/key/*", "/user/info", false),
            ("/v1/files/{file_id}", "/v1/files/7", true),
            ("/v1/files/{file_id}", "/v1/files/7/content", false),
            ("llm_api_routes", "/v1/messages", true),
            ("llm_api_routes", "/key/generate", false),
            ("management_routes", "/key/generate", true),
            ("management_routes", "/v1/messages", false),
            ("llm_api_routes", "/v2/chat", true),
            ("llm_api_routes", "/v2/key/info", false),
            ("llm_api_routes", "/v1/model/info", false),
            ("llm_api_routes", "/models/gpt-4o", true),
            ("llm_api_routes", "/tag/new", false),
            ("llm_api_routes", "/end_user/new", false),
            ("llm_api_routes", "/model/some-id/update", false),
            ("llm_api_routes", "/console/prices/openai/a/b", false),
            ("management_routes", "/v2/chat", false),
            ("management_routes", "/v2/team/list", true),
            ("management_routes", "/providers/oa/v1/chat/completions", false),
            ("management_routes", "/provider/budgets", true),
            ("info_routes", "/key/info", true),
            ("info_routes", "/v1/models", true),
            ("info_routes", "/key/generate", false),
        ] {
            assert_eq!(allows(entry, path), fits, "{entry} {path}");
        }
    }

    #[test]
    fn what_is_for_models_alone_manages_nothing() {
        for entry in
            ["llm_api_routes", "/v1/chat/completions", "/v1/*", "/embeddings", "/v2/chat", "/openai/*"]
        {
            assert!(is_for_models(entry), "{entry}");
        }
        for entry in [
            "/key/generate",
            "/k*",
            "/*",
            "*",
            "/{any}/generate",
            "/",
            "management_routes",
            "/user/*",
            "/v2/*",
            "/v2/{any}/info",
            "/end_user/new",
            "/key/some-key/regenerate",
            "/key/{key}/regen*",
            "/console/prices/openai/a/b",
        ] {
            assert!(!is_for_models(entry), "{entry}");
        }
    }

    #[test]
    fn a_list_includes_what_is_narrower() {
        for (own, entry, included) in [
            ("/v1/*", "/v1/messages", true),
            ("/v1/*", "/v1/files/*", true),
            ("/v1/files/*", "/v1/*", false),
            ("/v1/messages", "/v1/messages", true),
            ("/v1/messages", "/v1/{any}", false),
            ("llm_api_routes", "/v1/messages", true),
            ("llm_api_routes", "/key/generate", false),
            ("management_routes", "/key/generate", true),
            ("management_routes", "/key/*", false),
            ("info_routes", "management_routes", false),
            ("/key/*", "management_routes", false),
        ] {
            assert_eq!(includes(&[own.into()], entry), included, "{own} {entry}");
        }
    }
}
