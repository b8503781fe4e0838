//! AWS's Signature Version 4, from the receiver's side: the signature is made again and compared. How old it is is not
//! looked at.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::super::Recorded;

/// The only access key there is.
const ACCESS_KEY: &str = "AKIDEXAMPLE";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
    Check your AWS Secret Access Key and signing method.";

/// Fails with what the provider says of it.
pub fn check(request: &Recorded, secret: &str) -> Result<(), &'static str> {
    let said = request.header("authorization");
    let said = said.strip_prefix(ALGORITHM).ok_or("Missing Authentication Token")?;
    let field = |name: &str| {
        let mut fields = said.split(',').filter_map(|field| field.trim().split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let (Some(credential), Some(signed), Some(signature)) =
        (field("Credential"), field("SignedHeaders"), field("Signature"))
    else {
        return Err("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.");
    };
    let time = request.header("x-amz-date");
    let (key, scope) = credential.split_once('/').unwrap_or_default();
    let [day, region, "bedrock", "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        return Err("Credential should be scoped to correct service: 'bedrock'.");
    };
    if key != ACCESS_KEY {
        return Err("The security token included in the request is invalid.");
    }
    let names: Vec<&str> = signed.split(';').collect();
    if time.is_empty() || !time.starts_with(day) || !names.contains(&"host") || !names.contains(&"x-amz-date")
    {
        return Err("Credential date does not match the date in 'X-Amz-Date', or it is not signed.");
    }
    let hash = hex(&Sha256::digest(&request.body));
    let stated = request.header("x-amz-content-sha256");
    if !stated.is_empty() && stated != hash {
        return Err("The provided 'x-amz-content-sha256' header does not match what was computed.");
    }
    let canonical = format!("{}\n{}\n{hash}", canonical_head(request, &names), signed);
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day, region, "bedrock", "aws4_request"] {
        key = mac(&key, part);
    }
    if hex(&mac(&key, &text)) == signature { Ok(()) } else { Err(MISMATCH) }
}

/// Method, path, query and signed headers, each on lines of its own.
fn canonical_head(request: &Recorded, names: &[&str]) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut pairs: Vec<String> =
        query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    pairs.sort();
    let mut out = format!("{}\n{}\n{}\n", request.method, encoded(path), pairs.join("&"));
    for name in names {
        let value: Vec<&str> = request.header(name).split_whitespace().collect();
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{name}:{}", value.join(" "));
    }
    out
}

/// The path as it was sent, encoded once more: that is how every service but S3 signs.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;

    /// Signed by AWS's own SDK for Python.
    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-central-1/bedrock/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date, \
        Signature=a63a874955ae383bfdcebbbcba33f974ed775599c8f207ca77f607b64fbb6507";

    fn signed() -> Recorded {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json"),
            ("host", "127.0.0.1:1234"),
            ("x-amz-date", "20260102T030405Z"),
            ("authorization", SIGNED),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Recorded {
            method: Method::POST,
            path: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse".to_owned(),
            headers,
            body: Bytes::from_static(b"{\"messages\":[]}"),
        }
    }

    #[test]
    fn a_signature_is_right_for_its_secret_and_its_request_only() {
        assert_eq!(check(&signed(), "a-secret"), Ok(()));
        assert_eq!(check(&signed(), "another"), Err(MISMATCH));
        let changed: [fn(&mut Recorded); 4] = [
            |request| request.body = Bytes::from_static(b"{}"),
            |request| request.path.push('2'),
            |request| request.method = Method::GET,
            |request| {
                request.headers.insert("content-type", HeaderValue::from_static("text/plain"));
            },
        ];
        for change in changed {
            let mut request = signed();
            change(&mut request);
            assert_eq!(check(&request, "a-secret"), Err(MISMATCH));
        }
        for (name, value) in [
            ("x-amz-date", "20260103T030405Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0",
            ),
            ("authorization", "AWS4-HMAC-SHA256 nonsense"),
            ("authorization", "Basic x"),
        ] {
            let mut request = signed();
            request.headers.insert(name, HeaderValue::from_static(value));
            assert!(check(&request, "a-secret").is_err(), "{value}");
        }
    }
}
