//! Signing in at another server: what `general_settings.sso` of the configuration file says, over what LiteLLM's variables
//! of the environment say (`GOOGLE_*`, `MICROSOFT_*`, `GENERIC_*`, `ALLOWED_EMAIL_DOMAINS`, `PROXY_BASE_URL`).
//!
//! A secret goes only to the server that it was given for: a client that the file names is not completed from the
//! environment, and a server that the file names not from Google's or Microsoft's variables.

use std::collections::BTreeMap;

use postern_secrets::Secret;

/// What somebody may be who signs in at another server, from the mightiest down.
pub const SSO_ROLES: [&str; 4] =
    ["proxy_admin", "proxy_admin_viewer", "internal_user", "internal_user_viewer"];

/// How people sign in at another server.
#[derive(Debug, Clone)]
pub struct SsoSettings {
    /// What people call the server.
    pub name: String,
    pub server: SsoServer,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    /// The secret's owner is named in the request's body, too.
    pub include_client_id: bool,
    pub scopes: Vec<String>,
    pub claims: ClaimNames,
    /// From a value of the role claim to one of [`SSO_ROLES`].
    pub role_map: BTreeMap<String, String>,
    /// One of [`SSO_ROLES`]; absent: the one of all new users.
    pub default_role: Option<String>,
    /// In lower case; empty: all.
    pub allowed_email_domains: Vec<String>,
    /// An address of which the server does not say whether it was verified counts as verified.
    pub trust_email: bool,
    /// Whether somebody who was never seen becomes a user.
    pub create_users: bool,
    /// Where browsers reach this gateway, without a slash at the end; else where the request says it came to.
    pub public_url: Option<String>,
}

/// The other server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SsoServer {
    /// OpenID Connect: all else is in its metadata.
    Issuer(String),
    /// OAuth 2 without metadata: who somebody is says the last one.
    Endpoints { authorization: String, token: String, userinfo: String },
}

/// Where the claims stand that are not at their usual places. A dot leads into an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimNames {
    pub subject: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    /// A text or a list of texts. Where it is set, it decides on the role at every sign-in.
    pub role: Option<String>,
}

/// What one source says; the rest is absent.
#[derive(Debug, Clone, Default)]
pub struct SsoDraft {
    pub name: Option<String>,
    pub issuer: Option<String>,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub userinfo_endpoint: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    pub include_client_id: bool,
    pub scopes: Option<Vec<String>>,
    pub claims: ClaimNames,
    pub role_map: BTreeMap<String, String>,
    pub default_role: Option<String>,
    pub allowed_email_domains: Option<Vec<String>>,
    pub trust_email: Option<bool>,
    pub create_users: Option<bool>,
    pub public_url: Option<String>,
}

/// Reads a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl SsoDraft {
    fn names_server(&self) -> bool {
        self.issuer.is_some() || self.authorization_endpoint.is_some()
    }

    /// What the environment says besides what the file says, which counts over it.
    pub fn over_environment(self, environment: Environment<'_>) -> Result<Self, String> {
        let below = match (&self.client_id, self.names_server()) {
            (Some(_), _) => Self::default(),
            (None, true) => Self { issuer: None, ..generic(environment) },
            (None, false) => {
                if let Some(draft) = google(environment) {
                    draft
                } else if let Some(draft) = microsoft(environment)? {
                    draft
                } else {
                    generic(environment)
                }
            }
        };
        let list = |text: String| text.split(',').map(domain).filter(|domain| !domain.is_empty()).collect();
        let has_issuer = self.issuer.is_some();
        let endpoint = |own: Option<String>, below: Option<String>| own.or(below.filter(|_| !has_issuer));
        Ok(Self {
            name: self.name.or(below.name),
            issuer: self.issuer.or(below.issuer),
            authorization_endpoint: endpoint(self.authorization_endpoint, below.authorization_endpoint),
            token_endpoint: endpoint(self.token_endpoint, below.token_endpoint),
            userinfo_endpoint: endpoint(self.userinfo_endpoint, below.userinfo_endpoint),
            client_id: self.client_id.or(below.client_id),
            client_secret: self.client_secret.or(below.client_secret),
            include_client_id: self.include_client_id || below.include_client_id,
            scopes: self.scopes.or(below.scopes),
            claims: ClaimNames {
                subject: self.claims.subject.or(below.claims.subject),
                email: self.claims.email.or(below.claims.email),
                name: self.claims.name.or(below.claims.name),
                role: self.claims.role.or(below.claims.role),
            },
            role_map: self.role_map,
            default_role: self.default_role,
            allowed_email_domains: self
                .allowed_email_domains
                .or_else(|| environment("ALLOWED_EMAIL_DOMAINS").map(list)),
            trust_email: self.trust_email.or(below.trust_email),
            create_users: self.create_users,
            public_url: self
                .public_url
                .or_else(|| environment("PROXY_BASE_URL").map(|url| url.trim_end_matches('/').to_owned())),
        })
    }

    /// The settings; `None` where nothing says that anybody signs in elsewhere. Fails with what is missing.
    pub fn complete(self) -> Result<Option<SsoSettings>, String> {
        if self.client_id.is_none() && !self.names_server() {
            return Ok(None);
        }
        let client_id = self.client_id.ok_or("client_id is missing")?;
        let server = match (self.issuer, self.authorization_endpoint, self.token_endpoint) {
            (Some(issuer), None, None) => SsoServer::Issuer(issuer),
            (Some(_), ..) => return Err("issuer and endpoints exclude each other".into()),
            (None, Some(authorization), Some(token)) => {
                let userinfo = self.userinfo_endpoint.ok_or("userinfo_endpoint is missing")?;
                SsoServer::Endpoints { authorization, token, userinfo }
            }
            (None, None, _) => return Err("issuer is missing".into()),
            (None, Some(_), None) => return Err("token_endpoint is missing".into()),
        };
        let host_of = |address: &str| {
            web_address(address).map(|address| address.host_str().unwrap_or_default().to_owned())
        };
        let host = match &server {
            SsoServer::Issuer(issuer) => host_of(issuer)?,
            SsoServer::Endpoints { authorization, token, userinfo } => {
                host_of(token)?;
                host_of(userinfo)?;
                host_of(authorization)?
            }
        };
        self.public_url.as_deref().map(host_of).transpose()?;
        let scopes =
            self.scopes.unwrap_or_else(|| ["openid", "email", "profile"].map(str::to_owned).to_vec());
        Ok(Some(SsoSettings {
            name: self.name.unwrap_or(host),
            server,
            client_id,
            client_secret: self.client_secret,
            include_client_id: self.include_client_id,
            scopes,
            claims: self.claims,
            role_map: self.role_map,
            default_role: self.default_role,
            allowed_email_domains: self.allowed_email_domains.unwrap_or_default(),
            trust_email: self.trust_email.unwrap_or(false),
            create_users: self.create_users.unwrap_or(true),
            public_url: self.public_url,
        }))
    }
}

/// What the environment alone says.
pub fn sso_of_environment(environment: Environment<'_>) -> Result<Option<SsoSettings>, String> {
    SsoDraft::default().over_environment(environment)?.complete()
}

/// A domain of addresses, however it was written.
pub fn domain(text: &str) -> String {
    text.trim().trim_start_matches('@').to_ascii_lowercase()
}

/// The address of a server that people sign in at.
pub fn web_address(text: &str) -> Result<reqwest::Url, String> {
    let parsed = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let parsed = parsed.filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    let Some(url) = parsed else {
        return Err(format!("`{}` is no address of a server: https://...", shown(text)));
    };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("the address of a server has neither a name and password nor a fragment in it".into());
    }
    Ok(url)
}

/// Whether whoever listens on the network on the way there can sign in as everybody.
pub fn is_overheard(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_this_machine = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme() == "http" && !is_this_machine
}

fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(100).collect()
}

fn google(environment: Environment<'_>) -> Option<SsoDraft> {
    Some(SsoDraft {
        name: Some("Google".into()),
        issuer: Some("https://accounts.google.com".into()),
        client_id: Some(environment("GOOGLE_CLIENT_ID")?),
        client_secret: environment("GOOGLE_CLIENT_SECRET").map(Secret::from),
        ..SsoDraft::default()
    })
}

fn microsoft(environment: Environment<'_>) -> Result<Option<SsoDraft>, String> {
    let Some(client_id) = environment("MICROSOFT_CLIENT_ID") else { return Ok(None) };
    let tenant = environment("MICROSOFT_TENANT").ok_or("MICROSOFT_TENANT is missing")?;
    let is_one = tenant.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter));
    if !is_one || ["common", "organizations", "consumers"].contains(&tenant.as_str()) {
        return Err("MICROSOFT_TENANT must be the id of one tenant: with several, anybody could sign in under any address".into());
    }
    Ok(Some(SsoDraft {
        name: Some("Microsoft".into()),
        issuer: Some(format!("https://login.microsoftonline.com/{tenant}/v2.0")),
        client_id: Some(client_id),
        client_secret: environment("MICROSOFT_CLIENT_SECRET").map(Secret::from),
        // It never says so, and only the tenant's own administrators give addresses.
        trust_email: Some(true),
        ..SsoDraft::default()
    }))
}

fn generic(environment: Environment<'_>) -> SsoDraft {
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect();
    SsoDraft {
        authorization_endpoint: environment("GENERIC_AUTHORIZATION_ENDPOINT"),
        token_endpoint: environment("GENERIC_TOKEN_ENDPOINT"),
        userinfo_endpoint: environment("GENERIC_USERINFO_ENDPOINT"),
        client_id: environment("GENERIC_CLIENT_ID"),
        client_secret: environment("GENERIC_CLIENT_SECRET").map(Secret::from),
        include_client_id: environment("GENERIC_INCLUDE_CLIENT_ID")
            .is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
        scopes: environment("GENERIC_SCOPE").map(words),
        claims: ClaimNames {
            subject: environment("GENERIC_USER_ID_ATTRIBUTE"),
            email: environment("GENERIC_USER_EMAIL_ATTRIBUTE"),
            name: environment("GENERIC_USER_DISPLAY_NAME_ATTRIBUTE"),
            role: environment("GENERIC_USER_ROLE_ATTRIBUTE"),
        },
        ..SsoDraft::default()
    }
}

#[cfg(test)]
mod tests;
