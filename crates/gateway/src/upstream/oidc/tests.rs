//! Whole sign-ins against a server of our own that can be made to misbehave. A real one is in `tests/sdk`.

pub mod issuer;

use std::sync::Arc;

use issuer::Issuer;
use serde_json::json;

use super::*;
use crate::config::{ClaimNames, SsoServer};

const BACK: &str = "http://127.0.0.1:4000/sso/callback";

/// A gateway's side of it.
struct Ours {
    clients: Clients,
    settings: SsoSettings,
    sso: SingleSignOn,
}

impl Ours {
    fn of(issuer: &Issuer) -> Self {
        Self { clients: Clients::default(), settings: settings(issuer), sso: SingleSignOn::default() }
    }

    async fn leave(&self) -> Leaving {
        let there = Some("/spend".to_owned());
        self.sso.begin(&self.clients, &self.settings, BACK, there).await.expect("begun")
    }

    async fn finish(&self, callback: Callback<'_>, leaving: &Leaving) -> Result<Arrival, Failure> {
        let cookie = |name: &str| (name == leaving.cookie_name).then_some(leaving.cookie_value.as_str());
        self.sso.finish(&self.clients, &self.settings, callback, cookie).await
    }

    /// From the button to the answer.
    async fn sign_in(&self, issuer: &Issuer) -> Result<Arrival, Failure> {
        let leaving = self.leave().await;
        let (state, code) = issuer.approve(&leaving.url);
        self.finish(back(&state, &code), &leaving).await
    }

    async fn refused(&self, issuer: &Issuer) -> (u16, String, String) {
        told(self.sign_in(issuer).await.expect_err("refused"))
    }
}

fn settings(issuer: &Issuer) -> SsoSettings {
    SsoSettings {
        name: "The Office".into(),
        server: SsoServer::Issuer(issuer.url.clone()),
        client_id: "postern".into(),
        client_secret: Some("a secret of ours".into()),
        include_client_id: false,
        scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
        claims: ClaimNames::default(),
        role_map: [].into(),
        default_role: None,
        allowed_email_domains: Vec::new(),
        trust_email: false,
        create_users: true,
        public_url: None,
    }
}

fn back<'a>(state: &'a str, code: &'a str) -> Callback<'a> {
    Callback { state: Some(state), code: Some(code), ..Callback::default() }
}

fn told(failure: Failure) -> (u16, String, String) {
    assert!(!failure.error.message.contains("a secret of ours"), "{}", failure.error.message);
    assert!(!failure.error.message.contains("access-"), "{}", failure.error.message);
    (failure.error.status, failure.error.code.unwrap_or_default(), failure.error.message)
}

#[tokio::test]
async fn somebody_signs_in() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    let leaving = ours.leave().await;
    let asked = issuer::query(&leaving.url);
    assert!(leaving.url.starts_with(&format!("{}/authorize?", issuer.url)), "{}", leaving.url);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], "postern");
    assert_eq!(asked["redirect_uri"], BACK);
    assert_eq!(asked["scope"], "openid email profile");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(asked["state"].len() >= 40 && asked["nonce"].len() >= 16 && asked["code_challenge"].len() == 43);
    assert!(leaving.cookie_value.len() >= 40 && !leaving.url.contains(&leaving.cookie_value));

    let (state, code) = issuer.approve(&leaving.url);
    let arrival = ours.finish(back(&state, &code), &leaving).await.expect("signed in");
    assert_eq!(arrival.return_to.as_deref(), Some("/spend"));
    let expected = Claims {
        subject: "ada-1815".into(),
        email: Some("ada@example.com".into()),
        email_verified: true,
        name: Some("Ada Lovelace".into()),
        roles: Vec::new(),
    };
    assert_eq!(arrival.claims, expected);
    // Nothing was missing, so nothing more was asked.
    assert_eq!(issuer.asked("userinfo"), 0);
    assert_eq!(issuer.asked("token"), 1);
}

#[tokio::test]
async fn a_sign_in_ends_once_and_in_the_browser_that_began_it() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    let (leaving, other) = (ours.leave().await, ours.leave().await);
    assert_ne!(leaving.cookie_name, other.cookie_name);
    let (state, code) = issuer.approve(&leaving.url);

    let wrong = |failure| told(failure).1;
    let nobody = ours.finish(back("made-up", &code), &leaving).await.expect_err("refused");
    assert_eq!(wrong(nobody), "sso_state_unknown");
    let none = Callback { code: Some(&code), ..Callback::default() };
    assert_eq!(wrong(ours.finish(none, &leaving).await.expect_err("refused")), "sso_state_missing");
    let elsewhere = ours.finish(back(&state, &code), &other).await.expect_err("refused");
    assert_eq!(wrong(elsewhere), "sso_other_browser");
    let name = leaving.cookie_name.clone();
    let swapped = Leaving { cookie_name: name, ..other };
    let with_their_cookie = ours.finish(back(&state, &code), &swapped).await.expect_err("refused");
    assert_eq!(wrong(with_their_cookie), "sso_other_browser");
    assert_eq!(issuer.asked("token"), 0, "the code was taken to nobody");

    ours.finish(back(&state, &code), &leaving).await.expect("signed in");
    let again = ours.finish(back(&state, &code), &leaving).await.expect_err("refused");
    assert_eq!(wrong(again), "sso_state_unknown");
    assert_eq!(issuer.asked("token"), 1);
}

#[tokio::test]
async fn a_code_is_worth_nothing_in_another_sign_in() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    let (theirs, mine) = (ours.leave().await, ours.leave().await);
    let (_, stolen) = issuer.approve(&theirs.url);
    let (state, _) = issuer.approve(&mine.url);
    let (status, code, message) = told(ours.finish(back(&state, &stolen), &mine).await.expect_err("refused"));
    assert_eq!((status, code.as_str()), (401, "sso_code_refused"), "{message}");
}

#[tokio::test]
async fn what_the_server_refuses_is_told() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    let end = async |error, description| {
        let leaving = ours.leave().await;
        let (state, _) = issuer.approve(&leaving.url);
        let callback =
            Callback { error: Some(error), error_description: description, code: None, ..back(&state, "") };
        told(ours.finish(callback, &leaving).await.expect_err("refused"))
    };
    let (status, code, message) = end("access_denied", None).await;
    assert_eq!((status, code.as_str()), (403, "sso_declined"));
    assert_eq!(message, "the sign-in at The Office was declined");
    let (status, code, message) = end("server_error", Some("try\n<later>")).await;
    assert_eq!((status, code.as_str()), (502, "sso_refused"));
    assert_eq!(message, "The Office ended the sign-in with the error server_error: try<later>");

    issuer.behave(|how| how.token_error = Some((401, json!({"error": "invalid_client"}))));
    let (status, code, message) = ours.refused(&issuer).await;
    assert_eq!((status, code.as_str()), (502, "sso_server_unusable"));
    assert!(message.contains("client_id and client_secret (invalid_client)"), "{message}");
    issuer.behave(|how| how.token_error = Some((500, json!("<html>"))));
    assert_eq!(ours.refused(&issuer).await.1, "sso_server_unusable");
}

#[tokio::test]
async fn an_id_token_that_is_not_right_in_everything_is_no_proof() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    ours.sign_in(&issuer).await.expect("it is right as it is");
    let past = clock::now_ms() / 1000 - 3600;
    let cases = [
        ("aud", json!("another"), "another application"),
        ("aud", json!(["postern", "another"]), "another application"),
        ("aud", json!([]), "another application"),
        ("azp", json!("another"), "another application"),
        ("iss", json!("https://evil.example"), "another issuer"),
        ("nonce", json!("another"), "another sign-in"),
        ("nonce", json!(null), "another sign-in"),
        ("exp", json!(past), "expired"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "another access token"),
    ];
    for (claim, value, why) in cases {
        issuer.behave(|how| {
            how.claims.clear();
            how.claims.insert(claim.into(), value.clone());
        });
        let (status, code, message) = ours.refused(&issuer).await;
        assert_eq!((status, code.as_str()), (401, "sso_token_refused"), "{claim} {value}: {message}");
        assert!(message.contains(why), "{claim} {value}: {message}");
    }
    for claim in ["aud", "iss", "exp", "sub"] {
        issuer.behave(|how| {
            how.claims.clear();
            how.claims.insert(claim.into(), issuer::absent());
        });
        let (status, _, message) = ours.refused(&issuer).await;
        assert!(status == 401 || status == 502, "without {claim}: {status} {message}");
    }
    issuer.behave(|how| how.claims.clear());
    ours.sign_in(&issuer).await.expect("it is right again");
}

#[tokio::test]
async fn a_signature_of_anybody_else_or_of_nobody_is_no_proof() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    for (forge, why) in [
        (issuer::Forge::OtherKey, "signature does not hold"),
        (issuer::Forge::NoSignature, "signature does not hold"),
        (issuer::Forge::ByClientSecret, "signature does not hold"),
        (issuer::Forge::EditedClaims, "signature does not hold"),
        (issuer::Forge::UnknownKey, "not among the server's"),
    ] {
        issuer.behave(|how| how.forge = Some(forge));
        let (status, code, message) = ours.refused(&issuer).await;
        assert_eq!((status, code.as_str()), (401, "sso_token_refused"), "{forge:?}: {message}");
        assert!(message.contains(why), "{forge:?}: {message}");
    }
}

#[tokio::test]
async fn new_keys_of_the_server_are_found() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    ours.sign_in(&issuer).await.expect("signed in");
    assert_eq!(issuer.asked("metadata"), 1);
    issuer.change_key();
    // It was asked a moment ago, and is not asked for every token that somebody makes up.
    assert_eq!(ours.refused(&issuer).await.1, "sso_token_refused");
    assert_eq!(issuer.asked("metadata"), 1);
    ours.sso.servers.age(60_000).await;
    ours.sign_in(&issuer).await.expect("signed in by the new key");
    assert_eq!(issuer.asked("metadata"), 2);
    ours.sign_in(&issuer).await.expect("signed in");
    assert_eq!(issuer.asked("metadata"), 2);
    ours.sso.servers.age(2 * 60 * 60_000).await;
    ours.sign_in(&issuer).await.expect("signed in");
    assert_eq!(issuer.asked("metadata"), 3, "after an hour it is asked anyway");
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_told_of_and_left_alone_for_a_moment() {
    let issuer = Issuer::start().await;
    let begin = async |url: &str| {
        let mut ours = Ours::of(&issuer);
        ours.settings.server = SsoServer::Issuer(url.to_owned());
        let failure = ours.sso.begin(&ours.clients, &ours.settings, BACK, None).await.expect_err("refused");
        told(failure)
    };
    // Nobody listens on port 1.
    let (status, code, message) = begin("http://127.0.0.1:1").await;
    assert_eq!((status, code.as_str()), (502, "sso_unreachable"));
    assert!(message.starts_with("The Office cannot be reached"), "{message}");
    let (status, code, message) = begin(&format!("{}/nowhere", issuer.url)).await;
    assert_eq!((status, code.as_str()), (502, "sso_server_unusable"));
    assert!(message.contains("status 404"), "{message}");
    let (_, code, message) = begin(&format!("{}/moved", issuer.url)).await;
    assert_eq!(code, "sso_unreachable");
    assert!(message.contains("is not followed"), "{message}");

    issuer.behave(|how| how.issuer_name = Some("https://evil.example".into()));
    let ours = Ours::of(&issuer);
    for _ in 0..3 {
        let failure = ours.sso.begin(&ours.clients, &ours.settings, BACK, None).await.expect_err("refused");
        let (status, code, message) = told(failure);
        assert_eq!((status, code.as_str()), (502, "sso_server_unusable"));
        assert!(message.contains("another issuer") && message.contains("https://evil.example"), "{message}");
    }
    assert_eq!(issuer.asked("metadata"), 1);
}

#[tokio::test]
async fn metadata_that_was_read_once_outlives_a_server_that_is_away() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    ours.leave().await;
    issuer.behave(|how| how.issuer_name = Some("https://evil.example".into()));
    ours.sso.servers.age(2 * 60 * 60_000).await;
    ours.leave().await;
    assert_eq!(issuer.asked("metadata"), 2);
}

#[tokio::test]
async fn what_the_id_token_leaves_out_is_asked_for() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    issuer.behave(|how| {
        how.claims.insert("email".into(), issuer::absent());
        how.claims.insert("email_verified".into(), issuer::absent());
        how.userinfo = json!({"sub": "ada-1815", "email": "ada@example.org", "email_verified": "true", "updated_at": "2024-01-01T00:00:00Z"});
    });
    let claims = ours.sign_in(&issuer).await.expect("signed in").claims;
    assert_eq!(claims.email.as_deref(), Some("ada@example.org"));
    assert!(claims.email_verified);
    assert_eq!(issuer.asked("userinfo"), 1);
    issuer.behave(|how| how.userinfo["sub"] = json!("somebody else"));
    let (status, code, message) = ours.refused(&issuer).await;
    assert_eq!((status, code.as_str()), (502, "sso_server_unusable"));
    assert!(message.contains("tells of somebody else"), "{message}");
}

#[tokio::test]
async fn only_verified_addresses_of_allowed_domains_sign_in() {
    let issuer = Issuer::start().await;
    let mut ours = Ours::of(&issuer);
    ours.settings.allowed_email_domains = vec!["example.com".into()];
    ours.sign_in(&issuer).await.expect("signed in");
    for (email, verified) in [
        (json!("ada@example.org"), json!(true)),
        (json!("ada@example.com.evil.org"), json!(true)),
        (json!("ada@example.com@evil.org"), json!(true)),
        (json!("ada@example.com"), json!(false)),
        (json!("ada@example.com"), issuer::absent()),
        (issuer::absent(), json!(true)),
    ] {
        issuer.behave(|how| {
            how.claims.insert("email".into(), email.clone());
            how.claims.insert("email_verified".into(), verified.clone());
        });
        let (status, code, message) = ours.refused(&issuer).await;
        assert_eq!((status, code.as_str()), (403, "sso_email_not_allowed"), "{email}: {message}");
    }
}

#[tokio::test]
async fn a_server_without_openid_connect_says_who_somebody_is_by_userinfo() {
    let issuer = Issuer::start().await;
    let mut ours = Ours::of(&issuer);
    let at = |path: &str| format!("{}/{path}", issuer.url);
    ours.settings.server =
        SsoServer::Endpoints { authorization: at("authorize"), token: at("token"), userinfo: at("userinfo") };
    ours.settings.scopes = vec!["user:email".into()];
    ours.settings.claims = ClaimNames { role: Some("realm.roles".into()), ..ClaimNames::default() };
    issuer.behave(|how| {
        how.without_id_token = true;
        how.userinfo =
            json!({"id": 1815, "email": "ada@example.com", "realm": {"roles": ["proxy_admin", "x"]}});
    });
    let leaving = ours.leave().await;
    assert_eq!(issuer::query(&leaving.url)["scope"], "user:email");
    let (state, code) = issuer.approve(&leaving.url);
    let claims = ours.finish(back(&state, &code), &leaving).await.expect("signed in").claims;
    assert_eq!(claims.subject, "1815");
    assert_eq!(claims.email.as_deref(), Some("ada@example.com"));
    assert!(!claims.email_verified, "nobody said so");
    assert_eq!(claims.role(&ours.settings), Some("proxy_admin"));
    assert_eq!(issuer.asked("metadata"), 0);

    issuer.behave(|how| how.userinfo = json!({"email": "ada@example.com"}));
    let (status, code, _) = ours.refused(&issuer).await;
    assert_eq!((status, code.as_str()), (401, "sso_subject_missing"));
    issuer.behave(|how| how.userinfo = json!([]));
    assert_eq!(ours.refused(&issuer).await.1, "sso_server_unusable");
}

#[tokio::test]
async fn an_id_token_is_wanted_where_there_is_metadata() {
    let issuer = Issuer::start().await;
    issuer.behave(|how| how.without_id_token = true);
    let (status, code, message) = Ours::of(&issuer).refused(&issuer).await;
    assert_eq!((status, code.as_str()), (502, "sso_server_unusable"));
    assert!(message.contains("no ID token"), "{message}");
}

#[tokio::test]
async fn the_way_back_may_say_whose_it_is() {
    let issuer = Issuer::start().await;
    let ours = Ours::of(&issuer);
    for (sender, expected) in
        [(issuer.url.as_str(), None), ("https://evil.example", Some("sso_other_issuer"))]
    {
        let leaving = ours.leave().await;
        let (state, code) = issuer.approve(&leaving.url);
        let callback = Callback { issuer: Some(sender), ..back(&state, &code) };
        let code = ours.finish(callback, &leaving).await.err().map(|failure| told(failure).1);
        assert_eq!(code.as_deref(), expected, "{sender}");
    }
}

#[tokio::test]
async fn many_sign_in_at_once_and_each_is_themselves() {
    let issuer = Arc::new(Issuer::start().await);
    let ours = Ours::of(&issuer);
    let one = async |number: u32| {
        let leaving = ours.leave().await;
        let (state, code) = issuer.approve_as(&leaving.url, &format!("person-{number}"));
        ours.finish(back(&state, &code), &leaving).await.expect("signed in").claims.subject
    };
    let subjects = futures_util::future::join_all((0..40).map(one)).await;
    let expected: Vec<_> = (0..40).map(|number| format!("person-{number}")).collect();
    assert_eq!(subjects, expected);
    assert_eq!(issuer.asked("metadata"), 1);
}
