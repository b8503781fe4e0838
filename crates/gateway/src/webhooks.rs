//! Telling another program something, by HTTP, so that it can be sure who tells it: the scheme of Standard Webhooks. A delivery
//! has an id, which stays the same however often it is tried, and the moment of the try; both are signed with the body.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::{AlertWebhook, signing_key};
use crate::snapshot::Address;
use crate::upstream::Clients;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// `v1,` and the base64 of an HMAC-SHA256 over id, moment and body; `None` where the secret is none.
pub fn signature(secret: &str, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&signing_key(secret)?).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Tells a program once. `seconds` is now. The reason of a failure names neither path nor secret.
pub async fn post(
    clients: &Clients,
    webhook: &AlertWebhook,
    id: &str,
    seconds: i64,
    body: Bytes,
) -> Result<(), String> {
    let address = Address::parse(webhook.url.expose()).ok_or("the address is none of HTTP")?;
    let headers = headers(webhook, id, seconds, &body)?;
    let sending = clients.send(Method::POST, &address, headers, body, None, &webhook.shown);
    let reply = match tokio::time::timeout(PATIENCE, sending).await {
        Err(_) => return Err(format!("no answer within {} s", PATIENCE.as_secs())),
        Ok(Err(failure)) => return Err(failure.error.message),
        Ok(Ok(reply)) => reply,
    };
    match reply.status {
        200..=299 => Ok(()),
        status @ 300..=399 => Err(format!("it answered {status}, and redirects are not followed")),
        status => Err(format!("it answered {status}")),
    }
}

fn headers(webhook: &AlertWebhook, id: &str, seconds: i64, body: &[u8]) -> Result<HeaderMap, String> {
    let value = |text: String| HeaderValue::try_from(text).map_err(|error| error.to_string());
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("postern"));
    headers.insert("webhook-id", value(id.to_owned())?);
    headers.insert("webhook-timestamp", value(seconds.to_string())?);
    if let Some(secret) = &webhook.secret {
        let signature = signature(secret.expose(), id, seconds, body).ok_or("the secret signs nothing")?;
        headers.insert("webhook-signature", value(signature)?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn signs_as_others_verify() {
        // The example of the scheme's own description.
        let (secret, id, seconds) =
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        assert_eq!(
            signature(secret, id, seconds, br#"{"test": 2432232314}"#).as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        assert_ne!(signature(secret, id, seconds + 1, b"{}"), signature(secret, id, seconds, b"{}"));
        assert_eq!(signature("whsec_", id, seconds, b"{}"), None);
        // A secret that is a text signs with its bytes, which base64 may say as well.
        assert_eq!(signature("secret", id, 1, b"{}"), signature("whsec_c2VjcmV0", id, 1, b"{}"));
    }
}
