//! A server to sign in at: metadata, keys, tokens signed with Ed25519, userinfo. It checks what a real one checks of a code,
//! and tells whatever lies a test wants of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::tasks::Tasks;

pub struct Issuer {
    pub url: String,
    how: Arc<Mutex<Behaviour>>,
    _tasks: Tasks,
}

/// A lie about the signature.
#[derive(Debug, Clone, Copy)]
pub enum Forge {
    OtherKey,
    UnknownKey,
    NoSignature,
    ByClientSecret,
    EditedClaims,
}

#[derive(Default)]
pub struct Behaviour {
    url: String,
    pub issuer_name: Option<String>,
    /// Over the right ones; [`absent`] takes one away.
    pub claims: Map<String, Value>,
    /// Null: who it is, and nothing else.
    pub userinfo: Value,
    pub forge: Option<Forge>,
    pub token_error: Option<(u16, Value)>,
    pub without_id_token: bool,
    key: u8,
    codes: HashMap<String, Approved>,
    asked: BTreeMap<&'static str, usize>,
}

struct Approved {
    subject: String,
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

type Shared = State<Arc<Mutex<Behaviour>>>;

pub fn absent() -> Value {
    json!({"absent": true})
}

/// The parameters of an address or a form.
pub fn query(text: &str) -> HashMap<String, String> {
    let url =
        reqwest::Url::parse(text).or_else(|_| reqwest::Url::parse(&format!("http://x/?{text}"))).unwrap();
    url.query_pairs().into_owned().collect()
}

impl Issuer {
    pub async fn start() -> Self {
        let how = Arc::new(Mutex::new(Behaviour { key: 1, ..Behaviour::default() }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/moved/.well-known/openid-configuration", get(async || Redirect::temporary("/")))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(how.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        how.lock().unwrap().url = url.clone();
        let tasks = Tasks::default();
        tasks.spawn_until_stopped(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, how, _tasks: tasks }
    }

    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.how.lock().unwrap());
    }

    pub fn change_key(&self) {
        self.how.lock().unwrap().key += 1;
    }

    pub fn asked(&self, what: &str) -> usize {
        self.how.lock().unwrap().asked.get(what).copied().unwrap_or_default()
    }

    /// What happens in the browser: state and code of somebody who agrees.
    pub fn approve(&self, url: &str) -> (String, String) {
        self.approve_as(url, "ada-1815")
    }

    pub fn approve_as(&self, url: &str, subject: &str) -> (String, String) {
        let asked = query(url);
        let code = crate::ids::new_id().to_string();
        let approved = Approved {
            subject: subject.to_owned(),
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
        };
        self.how.lock().unwrap().codes.insert(code.clone(), approved);
        (asked["state"].clone(), code)
    }
}

impl Behaviour {
    fn count(&mut self, what: &'static str) {
        *self.asked.entry(what).or_default() += 1;
    }

    fn id_token(&self, approved: &Approved, access_token: &str) -> String {
        let now = clock::now_ms() / 1000;
        let half = &sha512(access_token)[..32];
        let mut claims = json!({
            "iss": self.issuer_name.clone().unwrap_or_else(|| self.url.clone()), "aud": "postern",
            "sub": approved.subject, "iat": now, "exp": now + 300, "nonce": approved.nonce,
            "email": "ada@example.com", "email_verified": true, "name": "Ada Lovelace",
            "at_hash": URL_SAFE_NO_PAD.encode(half),
        });
        for (name, value) in &self.claims {
            if *value == absent() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let (algorithm, kid) = match self.forge {
            Some(Forge::NoSignature) => ("none", key_name(self.key)),
            Some(Forge::ByClientSecret) => ("HS256", key_name(self.key)),
            Some(Forge::UnknownKey) => ("EdDSA", key_name(99)),
            _ => ("EdDSA", key_name(self.key)),
        };
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed =
            format!("{}.{}", encode(&json!({"alg": algorithm, "kid": kid, "typ": "JWT"})), encode(&claims));
        let by = |key: u8| key_pair(key).sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
        let signature = match self.forge {
            Some(Forge::NoSignature) => Vec::new(),
            Some(Forge::ByClientSecret) => CoreHmacKey::new("a secret of ours")
                .sign(&CoreJwsSigningAlgorithm::HmacSha256, signed.as_bytes())
                .unwrap(),
            Some(Forge::OtherKey | Forge::UnknownKey) => by(99),
            _ => by(self.key),
        };
        let mut token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        if matches!(self.forge, Some(Forge::EditedClaims)) {
            claims["sub"] = json!("somebody else");
            let parts: Vec<&str> = token.split('.').collect();
            token = format!("{}.{}.{}", parts[0], encode(&claims), parts[2]);
        }
        token
    }
}

fn sha512(text: &str) -> Vec<u8> {
    sha2::Sha512::digest(text).to_vec()
}

fn key_name(key: u8) -> String {
    format!("key-{key}")
}

/// A key made of its number, in the one form that the library reads.
fn key_pair(key: u8) -> CoreEdDsaPrivateSigningKey {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend(Sha256::digest([key]));
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(key_name(key)))).unwrap()
}

async fn metadata(State(how): Shared) -> Json<Value> {
    let mut how = how.lock().unwrap();
    how.count("metadata");
    let url = how.url.clone();
    Json(json!({
        "issuer": how.issuer_name.clone().unwrap_or_else(|| url.clone()),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // What a careless server says; the first is believed of none.
        "id_token_signing_alg_values_supported": ["none", "EdDSA"],
    }))
}

async fn keys(State(how): Shared) -> Json<Value> {
    let key = how.lock().unwrap().key;
    // Keys of kinds that nobody knows are in such lists, too.
    Json(json!({"keys": [key_pair(key).as_verification_key(), {"kty": "XYZ", "kid": "later"}]}))
}

async fn token(State(how): Shared, headers: HeaderMap, body: String) -> Response {
    let mut how = how.lock().unwrap();
    how.count("token");
    if let Some((status, body)) = &how.token_error {
        return (StatusCode::from_u16(*status).unwrap(), Json(body.clone())).into_response();
    }
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let secret = format!("Basic {}", STANDARD.encode("postern:a+secret+of+ours"));
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&secret) {
        return refuse("invalid_client");
    }
    let form = query(&body);
    let Some(approved) = how.codes.remove(&form["code"]) else { return refuse("invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if challenge != approved.challenge || form["redirect_uri"] != approved.redirect_uri {
        return refuse("invalid_grant");
    }
    let access_token = format!("access-{}:{}", crate::ids::new_id(), approved.subject);
    let mut answer = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 60});
    if !how.without_id_token {
        answer["id_token"] = how.id_token(&approved, &access_token).into();
    }
    Json(answer).into_response()
}

async fn userinfo(State(how): Shared, RawQuery(_): RawQuery, headers: HeaderMap) -> Response {
    let mut how = how.lock().unwrap();
    how.count("userinfo");
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((_, subject)) = bearer.strip_prefix("Bearer access-").and_then(|token| token.split_once(':'))
    else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    if how.userinfo.is_null() { Json(json!({"sub": subject})) } else { Json(how.userinfo.clone()) }
        .into_response()
}
