//! Carrying out what `providers::auth` describes: signatures and access tokens, made for a request before it is sent.
//!
//! The clouds' own libraries do the work; here is only which one is asked, and that it is asked once: what they have
//! fetched is kept for as long as it lasts.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use azure_core::credentials::TokenCredential;
use google_cloud_auth::credentials as google;
use postern_secrets::Secret;
use serde::Deserialize;

use super::Clients;
use crate::clock;
use crate::error::{Blame, Failure};
use crate::providers::auth::{AwsKeys, EntraIdentity, Identity, Signing};
use crate::snapshot::Address;

/// Fetched credentials that end sooner than this are fetched again.
const MARGIN: Duration = Duration::from_mins(2);
/// Identities kept ready. There are as many as providers; those of credentials that were changed since are the rest.
const KEPT: usize = 64;
/// Fetching a token may ask a service of this machine that is not there.
const PATIENCE: Duration = Duration::from_secs(20);

/// Identities in use, by [`Signing::id`].
#[derive(Default)]
pub struct Signers(std::sync::Mutex<HashMap<[u8; 32], Arc<Signer>>>);

enum Signer {
    Aws { provider: SharedCredentialsProvider, fetched: tokio::sync::Mutex<Option<Credentials>> },
    Google(google::AccessTokenCredentials),
    Entra(Arc<dyn TokenCredential>),
    Ibm(tokio::sync::Mutex<Option<IbmToken>>),
}

struct IbmToken {
    token: Secret,
    /// UTC milliseconds.
    ends: i64,
}

/// What IBM answers to a key.
#[derive(Deserialize)]
struct IbmAnswer {
    access_token: String,
    /// Unix seconds.
    expiration: i64,
}

impl Clients {
    /// Adds what proves who asks.
    pub(super) async fn sign(
        &self,
        signing: &Signing,
        method: &Method,
        address: &Address,
        headers: &mut HeaderMap,
        body: &[u8],
        provider: &str,
    ) -> Result<(), Failure> {
        let signed = async {
            let signer = self.signer(signing).await?;
            match (&*signer, &signing.by) {
                (Signer::Aws { provider, fetched }, Identity::Aws { service, region, .. }) => {
                    let credentials = current(provider, fetched).await?;
                    sign_aws(credentials, service, region, method, address, headers, body)
                }
                (Signer::Google(credentials), _) => {
                    let token = credentials.access_token().await.map_err(|error| said(&error))?;
                    bearer(headers, &token.token)
                }
                (Signer::Entra(credential), Identity::Entra { scope, .. }) => {
                    let token = credential.get_token(&[scope], None).await.map_err(|error| said(&error))?;
                    bearer(headers, token.token.secret())
                }
                (Signer::Ibm(kept), Identity::IbmIam { key, url }) => {
                    let token = self.ibm_token(kept, key, url).await?;
                    bearer(headers, token.expose())
                }
                _ => Err("two identities have one fingerprint".to_owned()),
            }
        };
        let signed = tokio::time::timeout(PATIENCE, signed).await;
        let signed = signed.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
        signed.map_err(|reason| {
            let message = format!("the credential of {provider} cannot be used: {reason}");
            // Another deployment may well answer.
            Failure {
                blame: Blame::Upstream,
                retry: true,
                ..Failure::unavailable("credential_unavailable", message)
            }
        })
    }

    /// Whether the credential gives a token or a signature; nothing is sent to the provider.
    pub async fn try_signing(&self, signing: &Signing, provider: &str) -> Result<(), Failure> {
        let address = Address::parse("https://localhost/");
        let Some(address) = address else { return Ok(()) };
        self.sign(signing, &Method::GET, &address, &mut HeaderMap::new(), &[], provider).await
    }

    async fn signer(&self, signing: &Signing) -> Result<Arc<Signer>, String> {
        if let Some(known) = self.signers.0.lock().unwrap_or_else(PoisonError::into_inner).get(&signing.id) {
            return Ok(known.clone());
        }
        let made = Arc::new(make(&signing.by).await?);
        let mut known = self.signers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        // Two requests may have made one each; the first is kept, and with it what it fetches.
        Ok(known.entry(signing.id).or_insert(made).clone())
    }

    async fn ibm_token(
        &self,
        kept: &tokio::sync::Mutex<Option<IbmToken>>,
        key: &Secret,
        url: &str,
    ) -> Result<Secret, String> {
        let mut kept = kept.lock().await;
        let soon = clock::now_ms() + MARGIN.as_millis() as i64;
        if let Some(token) = kept.as_ref().filter(|token| token.ends > soon) {
            return Ok(token.token.clone());
        }
        let address = Address::parse(url).ok_or("the address of tokens is no URL")?;
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let key = percent_encoding::utf8_percent_encode(key.expose(), percent_encoding::NON_ALPHANUMERIC);
        let body = format!("grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey={key}");
        let sent = self.exchange(Method::POST, &address, headers, body.into(), "IBM Cloud").await;
        let reply = sent.map_err(|failure| failure.error.message.clone())?;
        let status = reply.status;
        let body = super::read_error(reply, PATIENCE).await;
        if status != 200 {
            return Err(format!("IBM Cloud refuses the key (status {status})"));
        }
        let answer: IbmAnswer =
            serde_json::from_slice(&body).map_err(|_| "IBM Cloud answered with no token".to_owned())?;
        let token = Secret::from(answer.access_token);
        *kept = Some(IbmToken { token: token.clone(), ends: answer.expiration.saturating_mul(1000) });
        Ok(token)
    }
}

async fn make(identity: &Identity) -> Result<Signer, String> {
    Ok(match identity {
        Identity::Aws { region, keys, profile, .. } => {
            let provider = match keys {
                Some(AwsKeys { id, secret, session }) => {
                    let session = session.as_ref().map(|session| session.expose().to_owned());
                    let keys = Credentials::new(id, secret.expose(), session, None, "postern");
                    SharedCredentialsProvider::new(keys)
                }
                None => chain(region, profile.as_deref()).await,
            };
            Signer::Aws { provider, fetched: tokio::sync::Mutex::default() }
        }
        Identity::Google { credential, scope } => {
            Signer::Google(google_credentials(credential.as_ref(), scope)?)
        }
        Identity::Entra { by, .. } => Signer::Entra(entra(by).map_err(|error| said(&error))?),
        Identity::IbmIam { .. } => Signer::Ibm(tokio::sync::Mutex::default()),
    })
}

/// A profile, or whatever else this machine has: environment, files, single sign-on, the machine's own role.
async fn chain(region: &str, profile: Option<&str>) -> SharedCredentialsProvider {
    use aws_config::default_provider::credentials::DefaultCredentialsChain;
    let mut chain = DefaultCredentialsChain::builder().region(aws_config::Region::new(region.to_owned()));
    if let Some(profile) = profile {
        chain = chain.profile_name(profile);
    }
    SharedCredentialsProvider::new(chain.build().await)
}

fn google_credentials(
    credential: Option<&Secret>,
    scope: &str,
) -> Result<google::AccessTokenCredentials, String> {
    let Some(credential) = credential else {
        let ambient = google::Builder::default().with_scopes([scope]);
        return ambient.build_access_token_credentials().map_err(|error| said(&error));
    };
    let json: serde_json::Value =
        serde_json::from_str(credential.expose()).map_err(|_| "it is no JSON".to_owned())?;
    let kind = json["type"].as_str().unwrap_or("service_account").to_owned();
    let built = match kind.as_str() {
        "service_account" => google::service_account::Builder::new(json)
            .with_access_specifier(google::service_account::AccessSpecifier::from_scopes([scope]))
            .build_access_token_credentials(),
        "authorized_user" => {
            google::user_account::Builder::new(json).with_scopes([scope]).build_access_token_credentials()
        }
        "external_account" => {
            google::external_account::Builder::new(json).with_scopes([scope]).build_access_token_credentials()
        }
        "impersonated_service_account" => {
            google::impersonated::Builder::new(json).with_scopes([scope]).build_access_token_credentials()
        }
        other => return Err(format!("credentials of the type {other} are not known")),
    };
    built.map_err(|error| said(&error))
}

fn entra(by: &EntraIdentity) -> azure_core::Result<Arc<dyn TokenCredential>> {
    Ok(match by {
        EntraIdentity::Client { tenant, id, secret } => azure_identity::ClientSecretCredential::new(
            tenant,
            id.clone(),
            secret.expose().to_owned().into(),
            None,
        )?,
        EntraIdentity::DeveloperTools => azure_identity::DeveloperToolsCredential::new(None)?,
        EntraIdentity::Managed => azure_identity::ManagedIdentityCredential::new(None)?,
        EntraIdentity::Workload => azure_identity::WorkloadIdentityCredential::new(None)?,
    })
}

/// Keys that are still good, fetched anew when they end.
async fn current(
    provider: &SharedCredentialsProvider,
    fetched: &tokio::sync::Mutex<Option<Credentials>>,
) -> Result<Credentials, String> {
    let mut fetched = fetched.lock().await;
    let soon = now() + MARGIN;
    let is_good = |known: &&Credentials| known.expiry().is_none_or(|ends| ends > soon);
    if let Some(known) = fetched.as_ref().filter(is_good) {
        return Ok(known.clone());
    }
    let new = provider.provide_credentials().await.map_err(|error| said(&error))?;
    *fetched = Some(new.clone());
    Ok(new)
}

fn sign_aws(
    credentials: Credentials,
    service: &str,
    region: &str,
    method: &Method,
    address: &Address,
    headers: &mut HeaderMap,
    body: &[u8],
) -> Result<(), String> {
    let identity = credentials.into();
    let mut settings = SigningSettings::default();
    // A model's name may hold what looks like a step in a path; it was encoded, and is to be signed as it is sent.
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let params = aws_sigv4::sign::v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now())
        .settings(settings)
        .build()
        .map_err(|error| said(&error))?
        .into();
    // What a proxy in between may change is not signed.
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let signed = content_type.map(|value| ("content-type", value));
    let url = address.url().as_str();
    let request = SignableRequest::new(method.as_str(), url, signed.into_iter(), SignableBody::Bytes(body))
        .map_err(|error| said(&error))?;
    let (instructions, _) = sign(request, &params).map_err(|error| said(&error))?.into_parts();
    for (name, value) in instructions.headers() {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

fn bearer(headers: &mut HeaderMap, token: &str) -> Result<(), String> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| "the token holds characters that no header can carry".to_owned())?;
    value.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, value);
    Ok(())
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(clock::now_ms().unsigned_abs())
}

/// An error with its causes: the outermost one alone says little.
fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text.chars().take(400).collect()
}
