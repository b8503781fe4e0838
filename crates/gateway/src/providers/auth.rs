//! How a provider is told who asks: a header with a key, or something that is made for each request.
//!
//! What is described here is carried out in `upstream::signing`; this is the knowledge of which credential means what.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use postern_secrets::Secret;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::settings::Settings;

/// How an endpoint wants to be told who asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderAuth {
    pub scheme: Scheme,
    /// The header that carries the key.
    pub header: String,
    /// Comes before the key.
    pub prefix: String,
    /// AWS: the name of the service that a signature is for.
    pub service: String,
    /// Google, Entra: what a token is for.
    pub scope: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    #[default]
    Key,
    /// Signature version 4, by keys of an account, a profile, or whatever this machine has; a Bedrock API key is a bearer.
    Aws,
    /// An access token of a service account or of the application default credentials; an API key is a header.
    Google,
    /// Microsoft Entra ID, by a client's secret or an identity of this machine; an API key is a header.
    Entra,
    /// A token of IBM Cloud for an API key.
    IbmIam,
}

impl Default for ProviderAuth {
    fn default() -> Self {
        Self {
            scheme: Scheme::Key,
            header: "authorization".into(),
            prefix: "Bearer ".into(),
            service: String::new(),
            scope: String::new(),
        }
    }
}

/// Who asks, ready to be sent or to be made for each request.
#[derive(Debug, Clone)]
pub enum Proof {
    Header(HeaderName, HeaderValue),
    Signed(Arc<Signing>),
}

/// What signs requests. Two of the same `id` are the same.
#[derive(Debug)]
pub struct Signing {
    pub id: [u8; 32],
    pub by: Identity,
}

#[derive(Debug)]
pub enum Identity {
    Aws {
        service: String,
        region: String,
        /// Without them: the profile, else what this machine has.
        keys: Option<AwsKeys>,
        profile: Option<String>,
    },
    Google {
        /// The credential's JSON; without it the application default credentials.
        credential: Option<Secret>,
        scope: String,
    },
    Entra {
        scope: String,
        by: EntraIdentity,
    },
    IbmIam {
        key: Secret,
        url: String,
    },
}

#[derive(Debug, Clone)]
pub struct AwsKeys {
    pub id: String,
    pub secret: Secret,
    pub session: Option<Secret>,
}

#[derive(Debug)]
pub enum EntraIdentity {
    Client {
        tenant: String,
        id: String,
        secret: Secret,
    },
    /// `az login` or `azd auth login` on this machine.
    DeveloperTools,
    Managed,
    Workload,
}

/// The members of a credential that is written as JSON, in LiteLLM's words and the providers' own.
#[derive(Deserialize)]
struct Written {
    #[serde(alias = "AccessKeyId", alias = "access_key_id")]
    aws_access_key_id: Option<String>,
    #[serde(alias = "SecretAccessKey", alias = "secret_access_key")]
    aws_secret_access_key: Option<String>,
    #[serde(alias = "SessionToken", alias = "session_token")]
    aws_session_token: Option<String>,
    #[serde(alias = "tenantId", alias = "tenant")]
    tenant_id: Option<String>,
    #[serde(alias = "clientId", alias = "appId")]
    client_id: Option<String>,
    #[serde(alias = "clientSecret", alias = "password")]
    client_secret: Option<String>,
}

const IBM_TOKENS: &str = "https://iam.cloud.ibm.com/identity/token";

impl ProviderAuth {
    /// What proves who asks; `None` where nothing does. Fails with a sentence that does not repeat the secret.
    pub fn proof(&self, secret: Option<&Secret>, settings: &Settings) -> Result<Option<Proof>, String> {
        let setting = |name: &str| settings.get(name).cloned();
        let identity = match (self.scheme, secret) {
            (Scheme::Key, Some(secret)) => return self.header(secret).map(Some),
            (Scheme::Key | Scheme::IbmIam, None) => return Ok(None),
            (Scheme::Aws, secret) => {
                let keys = match secret {
                    Some(secret) => match aws_keys(secret)? {
                        Some(keys) => Some(keys),
                        None => return bearer(secret).map(Some),
                    },
                    None => None,
                };
                Identity::Aws {
                    service: self.service.clone(),
                    region: setting("region").unwrap_or_else(|| "us-east-1".into()),
                    keys,
                    profile: setting("profile"),
                }
            }
            (Scheme::Google | Scheme::Entra, Some(secret)) if !is_json(secret) => {
                return self.header(secret).map(Some);
            }
            (Scheme::Google, credential) => {
                Identity::Google { credential: credential.cloned(), scope: self.scope.clone() }
            }
            (Scheme::Entra, Some(secret)) => {
                let written = written(secret)?;
                let (Some(tenant), Some(id), Some(secret)) =
                    (written.tenant_id, written.client_id, written.client_secret)
                else {
                    return Err(
                        "a client's credential is a JSON object with tenant_id, client_id and client_secret"
                            .into(),
                    );
                };
                let by = EntraIdentity::Client { tenant, id, secret: Secret::from(secret) };
                Identity::Entra { scope: self.scope.clone(), by }
            }
            (Scheme::Entra, None) => {
                let by = match setting("identity").as_deref() {
                    Some("developer") => EntraIdentity::DeveloperTools,
                    Some("managed") => EntraIdentity::Managed,
                    Some("workload") => EntraIdentity::Workload,
                    _ => return Ok(None),
                };
                Identity::Entra { scope: self.scope.clone(), by }
            }
            (Scheme::IbmIam, Some(secret)) => {
                let url = setting("iam_url").unwrap_or_else(|| IBM_TOKENS.into());
                Identity::IbmIam { key: secret.clone(), url }
            }
        };
        Ok(Some(Proof::Signed(Arc::new(Signing { id: identity.fingerprint(), by: identity }))))
    }

    fn header(&self, secret: &Secret) -> Result<Proof, String> {
        header(&self.header, &self.prefix, secret)
    }

    /// What is wrong with a credential that was typed or pasted, if anything.
    pub fn problem(&self, secret: &Secret, settings: &Settings) -> Option<String> {
        self.proof(Some(secret), settings).err()
    }
}

fn bearer(secret: &Secret) -> Result<Proof, String> {
    header("authorization", "Bearer ", secret)
}

fn header(name: &str, prefix: &str, secret: &Secret) -> Result<Proof, String> {
    let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
    let value = HeaderValue::try_from(format!("{prefix}{}", secret.expose()));
    let mut value = value.map_err(|_| "it holds characters that no header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok(Proof::Header(name, value))
}

fn is_json(secret: &Secret) -> bool {
    secret.expose().trim_start().starts_with('{')
}

fn written(secret: &Secret) -> Result<Written, String> {
    // The error would quote what it could not read.
    serde_json::from_str(secret.expose()).map_err(|_| "it begins like JSON and is none".to_owned())
}

/// Keys of an account: as JSON, or as `ID:SECRET` or `ID:SECRET:SESSION`. `None` if it is an API key.
fn aws_keys(secret: &Secret) -> Result<Option<AwsKeys>, String> {
    if is_json(secret) {
        let written = written(secret)?;
        let (Some(id), Some(secret)) = (written.aws_access_key_id, written.aws_secret_access_key) else {
            return Err(
                "keys of an account are a JSON object with aws_access_key_id and aws_secret_access_key"
                    .into(),
            );
        };
        let session = written.aws_session_token.map(Secret::from);
        return Ok(Some(AwsKeys { id, secret: Secret::from(secret), session }));
    }
    let text = secret.expose();
    // Ids of keys begin like this; API keys are longer, and base64.
    if !(text.starts_with("AKIA") || text.starts_with("ASIA") || text.starts_with("AKID")) {
        return Ok(None);
    }
    let mut parts = text.splitn(3, ':');
    let (Some(id), Some(secret)) = (parts.next(), parts.next().filter(|secret| !secret.is_empty())) else {
        return Err("an access key id alone signs nothing: write it as ID:SECRET".into());
    };
    let session = parts.next().map(Secret::from);
    Ok(Some(AwsKeys { id: id.to_owned(), secret: Secret::from(secret), session }))
}

impl Identity {
    fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        };
        match self {
            Self::Aws { service, region, keys, profile } => {
                for part in ["aws", service, region, profile.as_deref().unwrap_or_default()] {
                    add(part);
                }
                if let Some(keys) = keys {
                    add(&keys.id);
                    add(keys.secret.expose());
                    add(keys.session.as_ref().map_or("", Secret::expose));
                }
            }
            Self::Google { credential, scope } => {
                for part in ["google", scope, credential.as_ref().map_or("", Secret::expose)] {
                    add(part);
                }
            }
            Self::Entra { scope, by } => {
                add("entra");
                add(scope);
                match by {
                    EntraIdentity::Client { tenant, id, secret } => {
                        for part in [tenant, id, secret.expose()] {
                            add(part);
                        }
                    }
                    other => add(&format!("{other:?}")),
                }
            }
            Self::IbmIam { key, url } => {
                for part in ["ibm", url, key.expose()] {
                    add(part);
                }
            }
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scheme: Scheme) -> ProviderAuth {
        ProviderAuth { scheme, header: "api-key".into(), prefix: String::new(), ..ProviderAuth::default() }
    }

    fn proof(scheme: Scheme, secret: &str) -> Result<Option<Proof>, String> {
        of(scheme).proof(Some(&Secret::from(secret)), &Settings::new())
    }

    #[test]
    fn a_credential_says_what_it_is() {
        let signed = |scheme, secret: &str| match proof(scheme, secret).unwrap().unwrap() {
            Proof::Signed(signing) => Some(format!("{:?}", signing.by)),
            Proof::Header(..) => None,
        };
        assert!(signed(Scheme::Aws, "AKIAEXAMPLE:abc/def").unwrap().contains("AKIAEXAMPLE"));
        assert!(
            signed(Scheme::Aws, r#"{"aws_access_key_id":"AKIA1","aws_secret_access_key":"s"}"#).is_some()
        );
        assert_eq!(signed(Scheme::Aws, "ABSKexample=="), None);
        assert_eq!(signed(Scheme::Google, "AIzaExample"), None);
        assert!(signed(Scheme::Google, r#"{"type":"service_account"}"#).is_some());
        assert_eq!(signed(Scheme::Entra, "0123abcd"), None);
        assert!(signed(Scheme::Entra, r#"{"tenant_id":"t","client_id":"c","client_secret":"s"}"#).is_some());
        assert!(signed(Scheme::IbmIam, "key").is_some());
    }

    #[test]
    fn nothing_secret_is_said() {
        for (scheme, wrong) in [
            (Scheme::Aws, "AKIAS3CR3T"),
            (Scheme::Aws, r#"{"aws_access_key_id":"S3CR3T"}"#),
            (Scheme::Entra, r#"{"client_id":"S3CR3T"}"#),
            (Scheme::Entra, "{S3CR3T"),
        ] {
            let problem = proof(scheme, wrong).unwrap_err();
            assert!(!problem.contains("S3CR3T"), "{problem}");
        }
        let Some(Proof::Signed(signing)) = proof(Scheme::Aws, "AKIA1:S3CR3T:SESSION").unwrap() else {
            panic!()
        };
        assert!(!format!("{signing:?}").contains("S3CR3T") && !format!("{signing:?}").contains("SESSION"));
    }

    #[test]
    fn the_same_credential_signs_as_the_same() {
        let id = |secret: &str| match proof(Scheme::Aws, secret).unwrap() {
            Some(Proof::Signed(signing)) => signing.id,
            other => panic!("{other:?}"),
        };
        assert_eq!(id("AKIA1:a"), id("AKIA1:a"));
        assert_ne!(id("AKIA1:a"), id("AKIA1:b"));
    }
}
