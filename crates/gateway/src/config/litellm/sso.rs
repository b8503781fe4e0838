//! What the file says of signing in at another server: `general_settings.sso`, Postern's own.

use super::problem::Wrong;
use super::read::Reading;
use super::value::Node;
use crate::config::sso::{Environment, SSO_ROLES, SsoDraft, domain, is_overheard, web_address};

const MEMBERS: &str = "name, issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, client_id, client_secret, scopes, subject_claim, email_claim, name_claim, role_claim, role_map, default_role, allowed_email_domains, trust_email, create_users and public_url";

/// Reads the section; what the environment says counts where the section says nothing.
pub fn section(reading: &mut Reading, node: &Node<'_>, environment: Environment<'_>) -> Result<(), Wrong> {
    let mut draft = SsoDraft::default();
    for (name, member) in node.members()? {
        match name {
            "name" => draft.name = Some(member.text()?.to_owned()),
            "issuer" => draft.issuer = Some(address(reading, &member)?),
            "authorization_endpoint" => draft.authorization_endpoint = Some(address(reading, &member)?),
            "token_endpoint" => draft.token_endpoint = Some(address(reading, &member)?),
            "userinfo_endpoint" => draft.userinfo_endpoint = Some(address(reading, &member)?),
            "client_id" => draft.client_id = Some(member.text()?.to_owned()),
            // Never repeated, whatever is wrong with it.
            "client_secret" => draft.client_secret = Some(member.text()?.into()),
            "scopes" => draft.scopes = Some(scopes(&member)?),
            "subject_claim" => draft.claims.subject = Some(member.text()?.to_owned()),
            "email_claim" => draft.claims.email = Some(member.text()?.to_owned()),
            "name_claim" => draft.claims.name = Some(member.text()?.to_owned()),
            "role_claim" => draft.claims.role = Some(member.text()?.to_owned()),
            "role_map" => {
                for (value, member) in member.members()? {
                    draft.role_map.insert(value.to_owned(), role(&member)?);
                }
            }
            "default_role" => draft.default_role = Some(role(&member)?),
            "allowed_email_domains" => draft.allowed_email_domains = Some(domains(&member)?),
            "trust_email" => draft.trust_email = Some(member.flag()?),
            "create_users" => draft.create_users = Some(member.flag()?),
            "public_url" => {
                let url = member.text()?.trim_end_matches('/').to_owned();
                web_address(&url).map_err(|_| member.wrong("an address: https://..."))?;
                draft.public_url = Some(url);
            }
            _ => return Err(Wrong::new(&member.path, &format!(" is no member of sso, which has {MEMBERS}"))),
        }
    }
    let of_node = |message: String| Wrong::new(&node.path, &format!(": {message}"));
    let settings = draft.over_environment(environment).and_then(SsoDraft::complete).map_err(of_node)?;
    if let Some(settings) = &settings {
        if settings.claims.role.is_none() && !settings.role_map.is_empty() {
            return Err(of_node("role_map needs a role_claim".into()));
        }
    } else {
        reading.warn(&node.path, " has no effect: it names no issuer and no client_id");
    }
    reading.file.sso = settings.map(std::sync::Arc::new);
    Ok(())
}

fn address(reading: &mut Reading, node: &Node<'_>) -> Result<String, Wrong> {
    let text = node.text()?;
    let url = web_address(text).map_err(|message| Wrong::new(&node.path, &format!(": {message}")))?;
    if is_overheard(&url) {
        reading.warn(
            &node.path,
            " is plain http to another machine: whoever listens on the way there can sign in as anybody",
        );
    }
    Ok(text.to_owned())
}

/// A list, or a text with blanks between.
fn scopes(node: &Node<'_>) -> Result<Vec<String>, Wrong> {
    let is_scope = |scope: &str| !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
    let scopes: Vec<String> = if node.value.is_string() {
        node.text()?.split_whitespace().map(str::to_owned).collect()
    } else {
        node.texts()?.into_iter().map(|(scope, _)| scope.to_owned()).collect()
    };
    if scopes.is_empty() || !scopes.iter().all(|scope| is_scope(scope)) {
        return Err(node.wrong("a list of scopes: [openid, email, profile]"));
    }
    Ok(scopes)
}

fn domains(node: &Node<'_>) -> Result<Vec<String>, Wrong> {
    let read = node.texts()?.into_iter().map(|(text, path)| {
        let domain = domain(text);
        if domain.is_empty() || domain.contains(['@', '/', ' ', '*']) {
            return Err(Wrong::new(&path, " must be a domain: example.com"));
        }
        Ok(domain)
    });
    read.collect()
}

fn role(node: &Node<'_>) -> Result<String, Wrong> {
    let role = node.value.as_str().filter(|role| SSO_ROLES.contains(role));
    role.map(str::to_owned).ok_or_else(|| node.wrong(&format!("one of {}", SSO_ROLES.join(", "))))
}

#[cfg(test)]
mod tests;
