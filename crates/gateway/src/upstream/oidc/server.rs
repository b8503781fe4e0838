//! What is known of the server that people sign in at: its addresses and keys, from its metadata or from the settings.

use std::sync::Arc;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthType, AuthUrl, ClientId, ClientSecret, DiscoveryError, EmptyExtraTokenFields,
    EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IssuerUrl, StandardErrorResponse,
    StandardTokenResponse, TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::super::Clients;
use super::shown;
use super::wire::{NoAnswer, Wire};
use crate::clock;
use crate::config::{SsoServer, SsoSettings};
use crate::error::Failure;

/// Metadata older than this is asked for again.
const FRESH_MS: i64 = 60 * 60 * 1000;
/// A server that could not be asked is left alone so long: anybody can make the gateway ask.
const PAUSE_MS: i64 = 5 * 1000;
/// Nor is it asked for new keys more often than this.
const LEAST_AGE_MS: i64 = 10 * 1000;

/// The claims that no standard names.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct OtherClaims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

type Fields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
pub type OwnIdToken =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
pub type Refusal = StandardErrorResponse<CoreErrorResponseType>;
pub type Client = openidconnect::Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Refusal,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// The other server.
pub struct Server {
    /// Absent where there is no metadata, and so no ID token that could be checked.
    pub issuer: Option<IssuerUrl>,
    authorization: AuthUrl,
    token: TokenUrl,
    pub userinfo: Option<UserInfoUrl>,
    keys: CoreJsonWebKeySet,
    pub algorithms: Vec<CoreJwsSigningAlgorithm>,
    /// It takes the client's secret in the body only.
    secret_in_body: bool,
    /// UTC milliseconds.
    known_since: i64,
}

#[derive(Default)]
pub struct Servers(Mutex<Known>);

#[derive(Default)]
struct Known {
    of: Option<SsoServer>,
    server: Option<Arc<Server>>,
    failed: Option<(Failure, i64)>,
}

impl Servers {
    /// The server of these settings, as it was last asked; asked anew where that is too long ago.
    pub async fn current(&self, clients: &Clients, settings: &SsoSettings) -> Result<Arc<Server>, Failure> {
        let mut known = self.0.lock().await;
        known.turn_to(&settings.server);
        let now = clock::now_ms();
        match &known.server {
            Some(server) if now - server.known_since < FRESH_MS => Ok(server.clone()),
            _ => known.ask(clients, settings, now).await,
        }
    }

    /// The server asked anew, for it has other keys than `seen` has; `None` if it was asked just now.
    pub async fn renewed(
        &self,
        clients: &Clients,
        settings: &SsoSettings,
        seen: &Arc<Server>,
    ) -> Result<Option<Arc<Server>>, Failure> {
        let mut known = self.0.lock().await;
        known.turn_to(&settings.server);
        let now = clock::now_ms();
        if let Some(server) = &known.server {
            // Somebody else may have had it asked meanwhile.
            if !Arc::ptr_eq(server, seen) {
                return Ok(Some(server.clone()));
            }
            if now - server.known_since < LEAST_AGE_MS {
                return Ok(None);
            }
        }
        known.ask(clients, settings, now).await.map(Some)
    }
}

impl Known {
    fn turn_to(&mut self, server: &SsoServer) {
        if self.of.as_ref() != Some(server) {
            *self = Self { of: Some(server.clone()), ..Self::default() };
        }
    }

    async fn ask(
        &mut self,
        clients: &Clients,
        settings: &SsoSettings,
        now: i64,
    ) -> Result<Arc<Server>, Failure> {
        if let Some((failure, at)) = &self.failed
            && now - at < PAUSE_MS
        {
            return self.server.clone().ok_or_else(|| failure.clone());
        }
        match Server::find(clients, settings, now).await {
            Ok(server) => {
                let server = Arc::new(server);
                self.server = Some(server.clone());
                self.failed = None;
                Ok(server)
            }
            Err(failure) => {
                tracing::warn!(
                    reason = failure.error.message,
                    "the server for single sign-on cannot be used"
                );
                self.failed = Some((failure.clone(), now));
                // What it said before may still be true.
                self.server.clone().ok_or(failure)
            }
        }
    }
}

impl Server {
    async fn find(clients: &Clients, settings: &SsoSettings, now: i64) -> Result<Self, Failure> {
        match &settings.server {
            SsoServer::Issuer(issuer) => Self::discover(clients, &settings.name, issuer, now).await,
            SsoServer::Endpoints { authorization, token, userinfo } => {
                let wrong = |_| unusable(&settings.name, "has an address in its settings that is none");
                Ok(Self {
                    issuer: None,
                    authorization: AuthUrl::new(authorization.clone()).map_err(wrong)?,
                    token: TokenUrl::new(token.clone()).map_err(wrong)?,
                    userinfo: Some(UserInfoUrl::new(userinfo.clone()).map_err(wrong)?),
                    keys: CoreJsonWebKeySet::default(),
                    algorithms: Vec::new(),
                    secret_in_body: false,
                    known_since: now,
                })
            }
        }
    }

    async fn discover(clients: &Clients, name: &str, issuer: &str, now: i64) -> Result<Self, Failure> {
        let address = IssuerUrl::new(issuer.to_owned())
            .map_err(|_| unusable(name, "has an issuer in its settings that is no address"))?;
        let metadata = CoreProviderMetadata::discover_async(address, &Wire { clients, name }).await;
        let metadata = metadata.map_err(|error| undiscovered(name, issuer, error))?;
        let methods = metadata.token_endpoint_auth_methods_supported();
        let has = |method| methods.is_some_and(|methods| methods.contains(&method));
        let secret_in_body =
            has(CoreClientAuthMethod::ClientSecretPost) && !has(CoreClientAuthMethod::ClientSecretBasic);
        // A token without a signature proves nothing, whatever the server says of itself.
        let algorithms = metadata.id_token_signing_alg_values_supported().iter().cloned();
        let algorithms = algorithms.filter(|known| *known != CoreJwsSigningAlgorithm::None).collect();
        let token = metadata
            .token_endpoint()
            .ok_or_else(|| unusable(name, "has no token_endpoint in its metadata"))?;
        Ok(Self {
            issuer: Some(metadata.issuer().clone()),
            authorization: metadata.authorization_endpoint().clone(),
            token: token.clone(),
            userinfo: metadata.userinfo_endpoint().cloned(),
            keys: metadata.jwks().clone(),
            algorithms,
            secret_in_body,
            known_since: now,
        })
    }

    /// The library's client of this server.
    pub fn client(&self, settings: &SsoSettings) -> Client {
        let id = ClientId::new(settings.client_id.clone());
        let issuer = self.issuer.clone().unwrap_or_else(|| IssuerUrl::from_url(self.token.url().clone()));
        let client = openidconnect::Client::new(id, issuer, self.keys.clone())
            .set_auth_uri(self.authorization.clone())
            .set_token_uri(self.token.clone());
        let client = match &settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
            None => client,
        };
        let client = if self.secret_in_body { client.set_auth_type(AuthType::RequestBody) } else { client };
        if self.issuer.is_some() { client } else { client.disable_openid_scope() }
    }

    /// The way back may say whose it is, so that the code of one server is not taken to another.
    pub fn check_sender(&self, settings: &SsoSettings, sender: Option<&str>) -> Result<(), Failure> {
        match (sender, &self.issuer) {
            (Some(sender), Some(issuer)) if sender != issuer.as_str() => {
                let message = format!(
                    "this comes from {} and not from {}; sign in again",
                    shown(sender),
                    settings.name
                );
                Err(Failure::forbidden("sso_other_issuer", message).with_param("iss"))
            }
            _ => Ok(()),
        }
    }
}

pub fn unusable(name: &str, what: &str) -> Failure {
    let mut failure = Failure::upstream(502, "sso_server_unusable", format!("{name} {what}"));
    failure.retry = false;
    failure
}

fn undiscovered(name: &str, issuer: &str, error: DiscoveryError<NoAnswer>) -> Failure {
    let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    match error {
        DiscoveryError::Request(NoAnswer(failure)) => failure,
        DiscoveryError::Validation(reason) => {
            let reason = shown(&reason);
            unusable(
                name,
                &format!(
                    "answers with the metadata of another issuer: {reason}. The issuer in the settings must be written as it is there"
                ),
            )
        }
        DiscoveryError::Response(status, ..) => unusable(
            name,
            &format!(
                "answers with status {} where its metadata or its keys are looked for: {place}",
                status.as_u16()
            ),
        ),
        DiscoveryError::Parse(reason) => unusable(
            name,
            &format!("has metadata or keys that cannot be read at `{}`: {place}", reason.path()),
        ),
        _ => unusable(name, &format!("has no metadata that could be read: {place}")),
    }
}

#[cfg(test)]
impl Servers {
    /// Makes what is known of the server older, in milliseconds.
    pub async fn age(&self, by: i64) {
        let mut known = self.0.lock().await;
        if let Some(server) = known.server.take().and_then(Arc::into_inner) {
            known.server = Some(Arc::new(Server { known_since: server.known_since - by, ..server }));
        }
        known.failed = None;
    }
}
