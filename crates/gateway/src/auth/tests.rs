//! Which header counts, and which key is good for what.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use postern_store::table::keys::KeyRow;
use uuid::Uuid;

use super::{Caller, authenticate};
use crate::config::ConfigFile;
use crate::ids;
use crate::snapshot::{Snapshot, Sources, build};

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
        blocked: false,
        expires_at: None,
        max_budget_nanos: None,
        budget_duration: None,
        budget_reset_at: None,
        budget_started_at: 0,
        rpm_limit: None,
        tpm_limit: None,
        max_parallel_requests: None,
        created_by: String::new(),
        created_at: 0,
        updated_at: 0,
    }
}

/// Any id that differs from key to key.
fn some_id(key: &str) -> Uuid {
    Uuid::from_bytes(ids::hash_key(key)[..16].try_into().unwrap())
}

fn snapshot() -> Snapshot {
    let config = ConfigFile::default();
    let keys = vec![
        row("sk-one"),
        row("sk-two"),
        KeyRow { blocked: true, ..row("sk-blocked") },
        KeyRow { expires_at: Some(NOW), ..row("sk-expired") },
        KeyRow { expires_at: Some(NOW + 1), ..row("sk-expiring") },
        KeyRow { blocked: true, expires_at: Some(NOW), ..row("sk-both") },
    ];
    build(Sources { admin: Some(ids::hash_key(ADMIN)), keys, ..Sources::empty(&config) })
}

/// The caller's name, or the code of the refusal.
fn who(headers: &[(&'static str, &str)]) -> String {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        })
        .collect();
    match authenticate(&snapshot(), &headers, NOW) {
        Ok(Caller::Key(key)) => key.label.clone(),
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
    ] {
        assert_eq!(who(headers), code, "{headers:?}");
    }
    assert_eq!(who(&[("x-api-key", "sk-expiring")]), "sk-expiring", "good to its last millisecond");
}

#[test]
fn without_an_administrators_key_nobody_is_the_administrator() {
    let config = ConfigFile::default();
    let snapshot = build(Sources::empty(&config));
    for value in ["", "sk-", ADMIN] {
        for name in ["x-admin-key", "x-api-key"] {
            let headers: HeaderMap = [(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())]
                .into_iter()
                .collect();
            assert!(authenticate(&snapshot, &headers, NOW).is_err(), "{name}: {value}");
        }
    }
}

#[test]
fn a_refusal_never_shows_the_key() {
    let headers: HeaderMap =
        [(HeaderName::from_static("x-api-key"), HeaderValue::from_static("sk-very-secret-value"))]
            .into_iter()
            .collect();
    let Err(failure) = authenticate(&snapshot(), &headers, NOW) else { panic!("an unknown key was taken") };
    assert!(!failure.error.message.contains("secret"), "{}", failure.error.message);
    assert!(failure.error.message.contains("alue"), "enough to recognise it: {}", failure.error.message);
}
