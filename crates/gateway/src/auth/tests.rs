//! Which header counts, and which key is good for what.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use postern_store::table::keys::KeyRow;
use uuid::Uuid;

use super::{Caller, Known, authenticate};
use crate::directory::{Directory, Rows};
use crate::error::Failure;
use crate::ids;

const NOW: i64 = 1_700_000_000_000;
const ADMIN: &str = "sk-admin-0123456789";

fn row(key: &str) -> KeyRow {
    KeyRow {
        id: some_id(key),
        token: ids::hex(&ids::hash_key(key)),
        key_name: ids::key_name(key),
        key_alias: Some(key.into()),
        models: r#"["gpt-*"]"#.into(),
        metadata: "{}".into(),
        aliases: "{}".into(),
        allowed_routes: "[]".into(),
        tags: "[]".into(),
        ..KeyRow::default()
    }
}

/// Any id that differs from key to key.
fn some_id(key: &str) -> Uuid {
    Uuid::from_bytes(ids::hash_key(key)[..16].try_into().unwrap())
}

fn directory() -> Directory {
    let rotated = |until| KeyRow {
        previous_token: Some(ids::hex(&ids::hash_key(&format!("sk-before-{until}")))),
        previous_until: Some(NOW + until),
        ..row(&format!("sk-after-{until}"))
    };
    let rows = [
        row("sk-one"),
        row("sk-two"),
        KeyRow { blocked: true, ..row("sk-blocked") },
        KeyRow { expires_at: Some(NOW), ..row("sk-expired") },
        KeyRow { expires_at: Some(NOW + 1), ..row("sk-expiring") },
        KeyRow { blocked: true, expires_at: Some(NOW), ..row("sk-both") },
        KeyRow { allowed_routes: r#"["/v1/messages"]"#.into(), ..row("sk-messages") },
        rotated(0),
        rotated(1),
    ];
    let keys = rows.into_iter().map(|row| (row.id, Some(row))).collect();
    Directory::of(Some(ids::hash_key(ADMIN)), Rows { keys, ..Rows::default() })
}

fn ask(directory: &Directory, headers: &HeaderMap, path: &str) -> Result<Caller, Failure> {
    authenticate(Known { directory, access: &Arc::default(), now: NOW }, headers, path)
}

/// The caller's name, or the code of the refusal.
fn who(headers: &[(&'static str, &str)]) -> String {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        })
        .collect();
    match ask(&directory(), &headers, "/v1/chat/completions") {
        Ok(Caller::Key(identity)) => identity.key.label.to_string(),
        Ok(Caller::Administrator) => "administrator".into(),
        Ok(Caller::Internal) => "internal".into(),
        Err(failure) => {
            assert_eq!(failure.error.status, 401);
            failure.error.code.unwrap_or_default()
        }
    }
}

#[test]
fn each_header_brings_a_key() {
    for header in ["x-litellm-api-key", "api-key", "x-api-key", "x-goog-api-key"] {
        assert_eq!(who(&[(header, "sk-one")]), "sk-one");
        assert_eq!(who(&[(header, "Bearer sk-one")]), "sk-one");
        assert_eq!(who(&[(header, ADMIN)]), "administrator");
    }
    for value in [
        "Bearer sk-one",
        "bearer  sk-one",
        "BEARER sk-one ",
        "Basic sk-one",
        "Basic eDpzay1vbmU=",
        "Basic c2stb25lOg==",
    ] {
        assert_eq!(who(&[("authorization", value)]), "sk-one", "{value}");
    }
    assert_eq!(who(&[("x-admin-key", ADMIN)]), "administrator");
}

#[test]
fn of_several_headers_the_most_particular_counts() {
    let two = |first: &'static str, second: &'static str| {
        who(&[(first, "Bearer sk-one"), (second, "Bearer sk-two")])
    };
    for other in ["authorization", "api-key", "x-api-key", "x-goog-api-key"] {
        assert_eq!(two("x-litellm-api-key", other), "sk-one");
        assert_eq!(two(other, "x-litellm-api-key"), "sk-two");
    }
    // Coding tools send a placeholder in one header and the key in the other.
    assert_eq!(two("authorization", "x-api-key"), "sk-one");
    assert_eq!(who(&[("authorization", "Bearer "), ("x-api-key", "sk-two")]), "sk-two");
    assert_eq!(who(&[("x-api-key", ""), ("x-goog-api-key", "sk-two")]), "sk-two");
    assert_eq!(who(&[("x-admin-key", ADMIN), ("authorization", "Bearer sk-one")]), "administrator");
    // A wrong administrator's key is not made good by another one.
    assert_eq!(who(&[("x-admin-key", "sk-one"), ("authorization", "Bearer sk-one")]), "invalid_api_key");
}

#[test]
fn keys_that_are_none_say_what_is_wrong() {
    for (headers, code) in [
        (&[][..], "missing_api_key"),
        (&[("authorization", "Bearer")], "missing_api_key"),
        (&[("authorization", "sk-one")], "malformed_api_key"),
        (&[("authorization", "Bearer sk-ön€")], "malformed_api_key"),
        (&[("authorization", "Bearer sk-three")], "invalid_api_key"),
        (&[("authorization", "Bearer SK-ONE")], "invalid_api_key"),
        (&[("x-api-key", "sk-one sk-two")], "invalid_api_key"),
        (&[("x-admin-key", "")], "invalid_api_key"),
        (&[("x-api-key", "sk-blocked")], "key_blocked"),
        (&[("x-api-key", "sk-expired")], "expired_key"),
        (&[("x-api-key", "sk-both")], "key_blocked"),
        (&[("x-api-key", "sk-before-0")], "invalid_api_key"),
    ] {
        assert_eq!(who(headers), code, "{headers:?}");
    }
    assert_eq!(who(&[("x-api-key", "sk-expiring")]), "sk-expiring", "good to its last millisecond");
}

#[test]
fn without_an_administrators_key_nobody_is_the_administrator() {
    for value in ["", "sk-", ADMIN] {
        for name in ["x-admin-key", "x-api-key"] {
            let headers: HeaderMap = [(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())]
                .into_iter()
                .collect();
            assert!(ask(&Directory::default(), &headers, "/").is_err(), "{name}: {value}");
        }
    }
}

#[test]
fn a_refusal_never_shows_the_key() {
    let headers: HeaderMap =
        [(HeaderName::from_static("x-api-key"), HeaderValue::from_static("sk-very-secret-value"))]
            .into_iter()
            .collect();
    let Err(failure) = ask(&directory(), &headers, "/") else { panic!("an unknown key was taken") };
    assert!(!failure.error.message.contains("secret"), "{}", failure.error.message);
    assert!(failure.error.message.contains("alue"), "enough to recognise it: {}", failure.error.message);
}

#[test]
fn a_rotated_key_is_taken_until_its_grace_is_over() {
    assert_eq!(who(&[("x-api-key", "sk-before-1")]), "sk-after-1");
    assert_eq!(who(&[("x-api-key", "sk-after-1")]), "sk-after-1");
    assert_eq!(who(&[("x-api-key", "sk-after-0")]), "sk-after-0");
}

#[test]
fn a_key_may_be_restricted_to_routes() {
    let headers: HeaderMap =
        [(HeaderName::from_static("x-api-key"), HeaderValue::from_static("sk-messages"))]
            .into_iter()
            .collect();
    assert!(ask(&directory(), &headers, "/v1/messages").is_ok());
    let refused = ask(&directory(), &headers, "/v1/chat/completions").expect_err("not allowed");
    assert_eq!(refused.error.status, 403);
    assert!(refused.error.message.contains("/v1/messages"), "{}", refused.error.message);
}
