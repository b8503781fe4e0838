//! Who is told of alerts: `general_settings.alert_webhooks` of the configuration file.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_secrets::Secret;

use crate::events::AlertKind;

/// How secrets of webhooks begin whose rest is base64.
const ENCODED: &str = "whsec_";

/// A program that is told of alerts, by HTTP.
#[derive(Debug, Clone)]
pub struct AlertWebhook {
    /// Its path and query may be all that keeps others from posting there.
    pub url: Secret,
    /// The address without what is secret of it.
    pub shown: String,
    /// What signs the deliveries; absent: they are not signed.
    pub secret: Option<Secret>,
    /// Absent: all.
    pub kinds: Option<BTreeSet<AlertKind>>,
}

impl AlertWebhook {
    /// Of an address; `None` where it is none of HTTP, or has a name and a password in it.
    pub fn new(url: &str) -> Option<Self> {
        let parsed = reqwest::Url::parse(url).ok()?;
        let is_web = matches!(parsed.scheme(), "http" | "https") && parsed.has_host();
        if !is_web || !parsed.username().is_empty() || parsed.password().is_some() {
            return None;
        }
        let shown = parsed.origin().ascii_serialization();
        Some(Self { url: Secret::from(url.to_owned()), shown, secret: None, kinds: None })
    }

    pub fn wants(&self, kind: AlertKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// The bytes that sign: of a secret that begins with `whsec_` what its base64 says, of any other its text. `None` where that is
/// no base64, or nothing.
pub fn signing_key(secret: &str) -> Option<Vec<u8>> {
    let key = match secret.strip_prefix(ENCODED) {
        Some(encoded) => STANDARD.decode(encoded).ok()?,
        None => secret.as_bytes().to_vec(),
    };
    (!key.is_empty()).then_some(key)
}
