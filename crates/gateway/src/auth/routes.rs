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
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given))
                if wanted.starts_with('{') && wanted.ends_with('}') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::allows;

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
            ("info_routes", "/key/info", true),
            ("info_routes", "/v1/models", true),
            ("info_routes", "/key/generate", false),
        ] {
            assert_eq!(allows(entry, path), fits, "{entry} {path}");
        }
    }
}
