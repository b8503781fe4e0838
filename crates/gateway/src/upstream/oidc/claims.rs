//! Who somebody is, by what the server says of them.

use serde_json::{Map, Value};

use super::shown;
use crate::config::{SSO_ROLES, SsoSettings};
use crate::error::Failure;

/// What is believed of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// What the server knows them by, whatever else changes.
    pub subject: String,
    pub email: Option<String>,
    /// The server vouches for it that the address is theirs, or is trusted to.
    pub email_verified: bool,
    pub name: Option<String>,
    /// The values of the role claim.
    pub roles: Vec<String>,
}

/// Longer ones are no names of anybody.
const LONGEST: usize = 400;

impl Claims {
    /// From what was told, the more trusted first: the ID token, then userinfo.
    pub(super) fn read(settings: &SsoSettings, told: &[Map<String, Value>]) -> Result<Self, Failure> {
        let names = &settings.claims;
        let first = |path: &str| told.iter().find_map(|claims| text(find(claims, path)?));
        let subject = match &names.subject {
            Some(path) => first(path),
            // Servers without OpenID Connect call it by other names.
            None => first("sub").or_else(|| first("id")),
        };
        let subject = subject.ok_or_else(|| {
            let claim = names.subject.as_deref().unwrap_or("sub");
            let message =
                format!("{} does not say who this is: the claim `{claim}` is missing", settings.name);
            Failure::unauthorized("sso_subject_missing", message)
        })?;
        let email_path = names.email.as_deref().unwrap_or("email");
        let email = first(email_path).filter(|email| is_address(email));
        let email_verified =
            email.as_ref().is_some_and(|email| is_verified(settings, told, email_path, email));
        let name = match &names.name {
            Some(path) => first(path),
            None => first("name").or_else(|| first("preferred_username")),
        };
        let roles = match &names.role {
            Some(path) => told.iter().find_map(|claims| find(claims, path)).map(texts).unwrap_or_default(),
            None => Vec::new(),
        };
        Ok(Self { subject, email, email_verified, name, roles })
    }

    /// Whether there is nothing that asking further could add.
    pub(super) fn is_complete(&self, settings: &SsoSettings) -> bool {
        let has_roles = settings.claims.role.is_none() || !self.roles.is_empty();
        self.email.is_some() && self.email_verified && has_roles
    }

    /// Refuses who has no address in a domain that is allowed.
    pub(super) fn check_domain(&self, settings: &SsoSettings) -> Result<(), Failure> {
        if settings.allowed_email_domains.is_empty() {
            return Ok(());
        }
        let refuse = |why: String| Err(Failure::forbidden("sso_email_not_allowed", why));
        let name = &settings.name;
        let Some(email) = &self.email else {
            return refuse(format!(
                "{name} tells no e-mail address, and only those of some domains may sign in"
            ));
        };
        if !self.email_verified {
            return refuse(format!(
                "{name} does not say that {} was verified, and only verified addresses of some domains may sign in",
                shown(email)
            ));
        }
        let domain = email.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        if settings.allowed_email_domains.contains(&domain) {
            return Ok(());
        }
        refuse(format!("people of {} may not sign in here", shown(&domain)))
    }

    /// The mightiest of the roles that the values of the role claim stand for, if they stand for any.
    pub fn role(&self, settings: &SsoSettings) -> Option<&'static str> {
        let stands_for = |value: &String| {
            let mapped = settings.role_map.get(value).map(String::as_str);
            // Values that are roles already need no map; where there is one, it alone counts.
            mapped.unwrap_or(if settings.role_map.is_empty() { value } else { "" }).to_owned()
        };
        let given: Vec<String> = self.roles.iter().map(stands_for).collect();
        SSO_ROLES.into_iter().find(|role| given.iter().any(|given| given == role))
    }
}

/// Every word on this address must be that it is verified, and there must be one.
fn is_verified(settings: &SsoSettings, told: &[Map<String, Value>], path: &str, email: &str) -> bool {
    let about = told.iter().filter(|claims| {
        find(claims, path).and_then(text).is_some_and(|other| other.eq_ignore_ascii_case(email))
    });
    let words: Vec<bool> = about.filter_map(|claims| flag(claims.get("email_verified")?)).collect();
    if words.is_empty() { settings.trust_email } else { words.into_iter().all(|word| word) }
}

/// A claim by its name, or by the way to it through objects.
fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value).filter(|value| !value.is_null());
    }
    // Names of claims may be addresses, which have dots, too: the longest name that there is counts.
    path.rmatch_indices('.')
        .find_map(|(dot, _)| find(claims.get(&path[..dot])?.as_object()?, &path[dot + 1..]))
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.contains(char::is_control);
    fits.then_some(text)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => Some(text.eq_ignore_ascii_case("true")),
        _ => None,
    }
}

fn is_address(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        && !text.contains(' ')
}

#[cfg(test)]
mod tests;
