use serde_json::json;

use super::*;
use crate::config::{ClaimNames, SsoServer};

fn settings(claims: ClaimNames) -> SsoSettings {
    SsoSettings {
        name: "The Office".into(),
        server: SsoServer::Issuer("https://office.example".into()),
        client_id: "postern".into(),
        client_secret: None,
        include_client_id: false,
        scopes: Vec::new(),
        claims,
        role_map: [].into(),
        default_role: None,
        allowed_email_domains: Vec::new(),
        trust_email: false,
        create_users: true,
        public_url: None,
    }
}

fn read(settings: &SsoSettings, told: &[Value]) -> Claims {
    let told: Vec<_> = told.iter().map(|claims| claims.as_object().cloned().expect("an object")).collect();
    Claims::read(settings, &told).expect("claims")
}

#[test]
fn claims_are_found_by_name_and_by_way() {
    let claims = json!({
        "sub": "1", "https://example.com/roles": ["a"], "realm_access": {"roles": ["b", 7, null, ["x"]]},
        "resource.one": {"roles": "c"}, "flat.dotted": "d", "empty": [],
    });
    for (path, expected) in [
        ("https://example.com/roles", vec!["a"]),
        ("realm_access.roles", vec!["b", "7"]),
        ("resource.one.roles", vec!["c"]),
        ("flat.dotted", vec!["d"]),
        ("empty", vec![]),
        ("nowhere", vec![]),
        ("sub.deeper", vec![]),
        (".", vec![]),
    ] {
        let names = ClaimNames { role: Some(path.into()), ..ClaimNames::default() };
        assert_eq!(read(&settings(names), std::slice::from_ref(&claims)).roles, expected, "{path}");
    }
}

#[test]
fn an_address_is_verified_if_every_word_on_it_says_so() {
    let told =
        |email: Value, verified: Value| json!({"sub": "1", "email": email, "email_verified": verified});
    let ada = || json!("ada@example.com");
    for (trust, documents, expected) in [
        (false, vec![told(ada(), json!(true))], true),
        (false, vec![told(ada(), json!("true"))], true),
        (false, vec![told(ada(), json!(false))], false),
        (false, vec![told(ada(), json!(null))], false),
        (false, vec![told(ada(), json!(1))], false),
        (false, vec![told(ada(), json!(null)), told(json!("ADA@example.com"), json!(true))], true),
        (false, vec![told(ada(), json!(null)), told(json!("eve@example.com"), json!(true))], false),
        (false, vec![told(ada(), json!(false)), told(ada(), json!(true))], false),
        (false, vec![told(json!(null), json!(true)), told(ada(), json!(null))], false),
        (true, vec![told(ada(), json!(null))], true),
        (true, vec![told(ada(), json!(false))], false),
    ] {
        let settings = SsoSettings { trust_email: trust, ..settings(ClaimNames::default()) };
        assert_eq!(read(&settings, &documents).email_verified, expected, "{trust} {documents:?}");
    }
}

#[test]
fn what_is_no_address_or_name_is_none() {
    let claims =
        json!({"sub": "1", "email": "no address", "name": "x".repeat(500), "preferred_username": "ada"});
    let claims = read(&settings(ClaimNames::default()), &[claims]);
    assert_eq!((claims.email, claims.name.as_deref()), (None, Some("ada")));
    for subject in [json!(null), json!(""), json!("  "), json!({}), json!("a\u{0}b"), json!("x".repeat(401))]
    {
        let told = json!({"sub": subject}).as_object().cloned().expect("an object");
        let failure = Claims::read(&settings(ClaimNames::default()), &[told]).expect_err("nobody");
        assert_eq!(failure.error.code.as_deref(), Some("sso_subject_missing"), "{subject}");
    }
}

#[test]
fn the_mightiest_role_that_the_map_gives_counts() {
    let names = ClaimNames { role: Some("groups".into()), ..ClaimNames::default() };
    let mut mapped = settings(names);
    let role = |settings: &SsoSettings, groups: Value| {
        read(settings, &[json!({"sub": "1", "groups": groups})]).role(settings)
    };
    // Without a map the values are roles themselves.
    assert_eq!(role(&mapped, json!(["internal_user", "proxy_admin"])), Some("proxy_admin"));
    assert_eq!(role(&mapped, json!("proxy_admin_viewer")), Some("proxy_admin_viewer"));
    assert_eq!(role(&mapped, json!(["nobody", ""])), None);
    mapped.role_map = [("ops", "proxy_admin"), ("guests", "internal_user_viewer")]
        .map(|(from, to)| (from.into(), to.into()))
        .into();
    assert_eq!(role(&mapped, json!(["guests", "ops"])), Some("proxy_admin"));
    assert_eq!(role(&mapped, json!(["guests"])), Some("internal_user_viewer"));
    // With one, nothing else makes anybody mighty.
    assert_eq!(role(&mapped, json!(["proxy_admin"])), None);
    assert_eq!(role(&mapped, json!(null)), None);
    assert_eq!(role(&settings(ClaimNames::default()), json!(["proxy_admin"])), None);
}
