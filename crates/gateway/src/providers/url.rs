//! The base URL that a user types or pastes.

use axum::http::Uri;

/// What people paste along with it, longest first.
const ENDPOINTS: [&str; 6] =
    ["/chat/completions", "/messages/count_tokens", "/completions", "/embeddings", "/responses", "/messages"];

/// Checks a provider's base URL. -> without a slash or an endpoint's path at the end; else what is wrong with it, as a
/// sentence for the user.
pub fn check_base_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("The base URL is empty.".into());
    }
    if text.chars().any(|character| character.is_whitespace() || character.is_control() || character == '\\')
    {
        return Err("The base URL holds a space, a control character or a backslash.".into());
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("The base URL must begin with https:// or http://.".into());
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(format!("The base URL must begin with https:// or http://, not {scheme}://."));
    }
    if rest.contains(['?', '#']) {
        return Err("The base URL must not hold a query or a fragment.".into());
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if host.contains('@') {
        return Err("The base URL must not hold credentials: the key has a field of its own.".into());
    }
    let url = format!("{scheme}://{}{}", host.to_ascii_lowercase(), trimmed(path));
    match url.parse::<Uri>() {
        Ok(parsed) if parsed.host().is_some_and(|host| !host.is_empty()) && port_is_sound(host) => Ok(url),
        _ => Err("The base URL is not an address.".into()),
    }
}

fn trimmed(path: &str) -> &str {
    let mut path = path.trim_end_matches('/');
    while let Some(rest) = ENDPOINTS.iter().find_map(|endpoint| path.strip_suffix(endpoint)) {
        path = rest.trim_end_matches('/');
    }
    path
}

/// `Uri` takes any digits for a port, and an empty one.
fn port_is_sound(host: &str) -> bool {
    match host.rsplit_once(':') {
        Some((_, port)) if !port.contains(']') => port.parse::<u16>().is_ok_and(|port| port > 0),
        _ => true,
    }
}
