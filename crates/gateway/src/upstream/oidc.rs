//! Signing in at another server: OAuth 2's authorization code with PKCE, and OpenID Connect over it where the server has
//! metadata. `begin` sends a browser away, `finish` takes what it comes back with and says who somebody is. Which user
//! that is, and what they may do, is decided elsewhere.
//!
//! What holds: a sign-in ends in the browser that began it (a cookie sees to it), once, within ten minutes; the code is
//! worth nothing without the verifier that never left this process; an ID token counts if its signature, issuer, audience,
//! nonce and time are right. No token, code or secret is in an error or a log.

mod claims;
mod exchange;
mod pending;
mod server;
mod wire;

use axum::http::StatusCode;
pub use claims::Claims;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, RedirectUrl, Scope};
use pending::{Begun, Pending};
use server::Servers;

use super::Clients;
use crate::clock;
use crate::config::SsoSettings;
use crate::error::Failure;

/// Sign-ins under way, and what is known of the server.
#[derive(Default)]
pub struct SingleSignOn {
    pending: Pending,
    servers: Servers,
}

/// Where to send the browser, and the cookie to give it.
#[derive(Debug)]
pub struct Leaving {
    pub url: String,
    pub cookie_name: String,
    pub cookie_value: String,
    /// How long the cookie is good for, in seconds.
    pub seconds: i64,
}

/// What the browser comes back with.
#[derive(Debug, Default, Clone, Copy)]
pub struct Callback<'a> {
    pub state: Option<&'a str>,
    pub code: Option<&'a str>,
    pub error: Option<&'a str>,
    pub error_description: Option<&'a str>,
    /// Who says so, if it says so.
    pub issuer: Option<&'a str>,
}

/// Somebody is signed in.
#[derive(Debug)]
pub struct Arrival {
    pub claims: Claims,
    /// Where they wanted to go before they were sent away.
    pub return_to: Option<String>,
}

impl SingleSignOn {
    /// Begins a sign-in that comes back to `redirect_uri`.
    pub async fn begin(
        &self,
        clients: &Clients,
        settings: &SsoSettings,
        redirect_uri: &str,
        return_to: Option<String>,
    ) -> Result<Leaving, Failure> {
        let server = self.servers.current(clients, settings).await?;
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| {
            Failure::invalid("sso_redirect", "the address that this request came to cannot be come back to")
        })?;
        let client = server.client(settings).set_redirect_uri(redirect);
        // The library adds that one itself where it means something.
        let is_oidc = server.issuer.is_some();
        let scopes = settings.scopes.iter().filter(|scope| !is_oidc || *scope != "openid");
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                Nonce::new_random,
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge)
            .url();
        let cookie = CsrfToken::new_random_len(32).into_secret();
        let cookie_name = cookie_name(state.secret());
        let begun = Begun::new(&cookie, nonce, verifier, redirect_uri, return_to, clock::now_ms());
        self.pending.put(state.into_secret(), begun);
        Ok(Leaving {
            url: url.into(),
            cookie_name,
            cookie_value: cookie,
            seconds: pending::LONGEST_MS / 1000,
        })
    }

    /// Ends a sign-in. `cookie` finds the browser's cookie of a name.
    pub async fn finish<'a>(
        &self,
        clients: &Clients,
        settings: &SsoSettings,
        callback: Callback<'_>,
        cookie: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Arrival, Failure> {
        let state = callback.state.filter(|state| !state.is_empty()).ok_or_else(|| {
            Failure::invalid("sso_state_missing", "this is no way back from a sign-in: `state` is missing")
                .with_param("state")
        })?;
        let begun = self.pending.take(state, cookie(&cookie_name(state)), clock::now_ms())?;
        if let Some(error) = callback.error.filter(|error| !error.is_empty()) {
            return Err(declined(settings, error, callback.error_description));
        }
        let code = callback.code.filter(|code| !code.is_empty()).ok_or_else(|| {
            let message = format!("{} sent no code back; sign in again", settings.name);
            Failure::invalid("sso_code_missing", message).with_param("code")
        })?;
        let return_to = begun.return_to.clone();
        let server = self.servers.current(clients, settings).await?;
        server.check_sender(settings, callback.issuer)?;
        let tokens = exchange::redeem(clients, settings, &server, code, &begun).await?;
        let claims = match exchange::read(clients, settings, &server, &tokens, &begun.nonce).await {
            Err(exchange::Refused::UnknownKey(failure)) => {
                // Servers change their keys whenever they like.
                match self.servers.renewed(clients, settings, &server).await? {
                    None => return Err(failure),
                    Some(server) => exchange::read(clients, settings, &server, &tokens, &begun.nonce)
                        .await
                        .map_err(exchange::Refused::into_failure)?,
                }
            }
            other => other.map_err(exchange::Refused::into_failure)?,
        };
        claims.check_domain(settings)?;
        Ok(Arrival { claims, return_to })
    }
}

/// Sign-ins in several tabs at once each have their own. The state is no secret of the browser's.
pub fn cookie_name(state: &str) -> String {
    let tail: String = state
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .take(10)
        .collect();
    format!("postern_sso_{tail}")
}

fn declined(settings: &SsoSettings, error: &str, description: Option<&str>) -> Failure {
    let name = &settings.name;
    let error = shown(error);
    if error == "access_denied" {
        let message = format!("the sign-in at {name} was declined");
        return Failure::forbidden("sso_declined", message);
    }
    let told = description.map(|text| format!(": {}", shown(text))).unwrap_or_default();
    let message = format!("{name} ended the sign-in with the error {error}{told}");
    let mut failure = Failure::upstream(StatusCode::BAD_GATEWAY.as_u16(), "sso_refused", message);
    failure.retry = false;
    failure
}

/// A text of the other server's, or of whoever made the address up, as it may stand in a sentence.
fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}

#[cfg(test)]
pub(crate) mod tests;
