//! A gateway of its own for each test, asked over the network.

use postern_secrets::VaultKind;
use postern_store::table::users::UserRow;
use postern_store::table::{LimitColumns, keys};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::auth::attempts::Peer;
use crate::config::Options;
use crate::directory::Change;
use crate::gateway::Gateway;
use crate::registry::passwords::hash_password;
use crate::registry::sessions;

pub struct Open {
    pub gateway: Gateway,
    pub url: String,
    pub client: reqwest::Client,
    _files: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

pub const ADMIN: &str = "sk-admin-0123456789abcdef";

impl Open {
    pub async fn start(config: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("config.yaml");
        std::fs::write(&file, config).unwrap();
        let mut options = Options::new(files.path().join("data"));
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.vault = Some(VaultKind::Memory);
        options.admin_key = Some(ADMIN.into());
        options.config = Some(file);
        let gateway = Gateway::open(options).await.unwrap();
        let url = format!("http://{}", gateway.listen().await.unwrap());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { gateway, url, client, _files: files }
    }

    /// A user with a password, or without.
    pub async fn user(&self, id: &str, email: Option<&str>, password: Option<&str>) -> UserRow {
        let engine = self.gateway.engine();
        let hash = match password {
            Some(password) => Some(hash_password(&engine.tasks, password.into()).await.unwrap()),
            None => None,
        };
        let row = UserRow {
            user_id: id.into(),
            user_email: email.map(str::to_owned),
            user_role: "internal_user".into(),
            password_hash: hash,
            models: "[]".into(),
            metadata: "{}".into(),
            extra: "{}".into(),
            limits: LimitColumns::default(),
            ..UserRow::default()
        };
        self.put(row.clone()).await;
        row
    }

    pub async fn put(&self, row: UserRow) {
        let change = Change::User(row.user_id.clone());
        self.gateway.engine().transact(move |connection| Ok(row.put(connection)?)).await.unwrap();
        self.gateway.engine().refresh(vec![change], &[]).await.unwrap();
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    pub async fn with_key(&self, method: Method, path: &str, key: &str) -> Answer {
        self.send(self.request(method, path).bearer_auth(key)).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/console/sign-in", json!({"email": email, "password": password})).await
    }
}

#[tokio::test]
async fn somebody_signs_in_is_themselves_and_signs_out() {
    let open = Open::start("").await;
    let ways = open.send(open.request(Method::GET, "/console/sign-in")).await;
    assert_eq!(ways.body, json!({"administrator_key": true, "password": false, "sso": null}));
    open.user("ada", Some("Ada@example.com"), Some("correct horse")).await;
    let ways = open.send(open.request(Method::GET, "/console/sign-in")).await;
    assert_eq!(ways.body["password"], true);

    let before = crate::clock::now_ms();
    let by_email = open.sign_in("ada@EXAMPLE.com", "correct horse").await;
    assert_eq!(by_email.status, 200, "{by_email:?}");
    assert_eq!(by_email.headers["cache-control"], "no-store");
    assert_eq!(by_email.body["user_id"], "ada");
    assert_eq!(by_email.body["user_email"], "Ada@example.com");
    assert_eq!(by_email.body["user_role"], "internal_user");
    let expires: jiff::Timestamp = by_email.body["expires"].as_str().unwrap().parse().unwrap();
    let lasting = expires.as_millisecond() - before;
    assert!((86_400_000..86_460_000).contains(&lasting), "{lasting}");
    let by_id = open.post("/console/sign-in", json!({"user_id": "ada", "password": "correct horse"})).await;
    assert_eq!(by_id.status, 200, "{by_id:?}");

    let (one, other) = (by_email.body["key"].as_str().unwrap(), by_id.body["key"].as_str().unwrap());
    assert!(one.starts_with("sk-") && one != other);
    for key in [one, other] {
        assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 200);
        // They are who they are, and no administrator.
        assert_eq!(open.with_key(Method::POST, "/config/reload", key).await.status, 403);
    }
    let out = open.with_key(Method::POST, "/console/sign-out", one).await;
    assert_eq!((out.status, out.body), (200, json!({"signed_out": true})));
    assert_eq!(open.with_key(Method::GET, "/console/session", one).await.status, 401);
    assert_eq!(open.with_key(Method::GET, "/console/session", other).await.status, 200);
    assert_eq!(open.with_key(Method::POST, "/console/sign-out", one).await.status, 401);
    let admin = open.with_key(Method::POST, "/console/sign-out", ADMIN).await;
    assert_eq!(admin.body, json!({"signed_out": false}));
    assert_eq!(open.with_key(Method::GET, "/console/session", ADMIN).await.status, 200);
}

#[tokio::test]
async fn who_may_not_sign_in_learns_nothing_of_accounts() {
    let open = Open::start("").await;
    let ada = open.user("ada", Some("ada@example.com"), Some("correct horse")).await;
    open.user("bob", Some("bob@example.com"), None).await;
    let wrong = open.sign_in("ada@example.com", "battery staple").await;
    assert_eq!((wrong.status, wrong.code()), (401, "wrong_password"));
    let message = |answer: &Answer| answer.body["error"]["message"].clone();
    for (email, password) in [
        ("nobody@example.com", "battery staple"),
        ("bob@example.com", "battery staple"),
        ("' OR 1=1 --", "x"),
    ] {
        let other = open.sign_in(email, password).await;
        assert_eq!((other.status, message(&other)), (401, message(&wrong)), "{email}");
    }
    open.put(UserRow { blocked: true, ..ada }).await;
    assert_eq!(open.sign_in("ada@example.com", "battery staple").await.status, 401);
    let blocked = open.sign_in("ada@example.com", "correct horse").await;
    assert_eq!((blocked.status, blocked.code()), (403, "user_blocked"));
}

#[tokio::test]
async fn a_session_ends_when_its_user_is_blocked() {
    let open = Open::start("").await;
    let ada = open.user("ada", Some("ada@example.com"), Some("correct horse")).await;
    let signed_in = open.sign_in("ada@example.com", "correct horse").await;
    let key = signed_in.body["key"].as_str().unwrap();
    open.put(UserRow { blocked: true, ..ada }).await;
    assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 401);
}

#[tokio::test]
async fn the_sixth_wrong_password_has_to_wait_and_nobody_else_has() {
    let open = Open::start("").await;
    open.user("ada", Some("ada@example.com"), Some("correct horse")).await;
    open.user("bob", Some("bob@example.com"), Some("correct horse")).await;
    for _ in 0..5 {
        assert_eq!(open.sign_in("ada@example.com", "battery staple").await.status, 401);
    }
    for password in ["battery staple", "correct horse"] {
        let late = open.sign_in("ada@example.com", password).await;
        assert_eq!((late.status, late.code()), (429, "too_many_attempts"));
        let wait: u64 = late.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "{wait}");
    }
    assert_eq!(open.sign_in("bob@example.com", "correct horse").await.status, 200);
    // The same account from another address.
    let elsewhere = reqwest::Client::builder()
        .local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap())
        .no_proxy()
        .build()
        .unwrap();
    let body = json!({"email": "ada@example.com", "password": "correct horse"}).to_string();
    let request = elsewhere.post(format!("{}/console/sign-in", open.url)).body(body);
    assert_eq!(open.send(request).await.status, 200);
}

#[tokio::test]
async fn many_wrong_passwords_at_once_are_no_more_than_five() {
    let open = Open::start("").await;
    open.user("ada", Some("ada@example.com"), Some("correct horse")).await;
    let tries = (0..30).map(|_| open.sign_in("ada@example.com", "battery staple"));
    let answers = futures_util::future::join_all(tries).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(401), of(429)), (5, 25));
}

#[tokio::test]
async fn what_is_no_sign_in_is_told() {
    let open = Open::start("").await;
    for (body, status, field) in [
        (json!({}), 400, "email"),
        (json!({"email": "ada@example.com"}), 400, "password"),
        (json!({"email": "ada@example.com", "password": ""}), 400, "password"),
        (json!({"email": " ", "password": "x"}), 400, "email"),
        (json!({"email": "x".repeat(401), "password": "x"}), 400, "email"),
        (json!({"email": "a", "user_id": "b", "password": "x"}), 400, "user_id"),
        (json!({"email": 1, "password": "x"}), 422, "email"),
        (json!({"mail": "a", "password": "x"}), 422, "mail"),
    ] {
        let answer = open.post("/console/sign-in", body.clone()).await;
        assert_eq!(
            (answer.status, answer.body["error"]["param"].as_str()),
            (status, Some(field)),
            "{body}: {answer:?}"
        );
        assert!(!answer.headers["x-request-id"].is_empty());
    }
    assert_eq!(open.sign_in("ada", &"x".repeat(100_000)).await.status, 401);
    let answer = open.post("/console/sign-in/redeem", json!({"code": "made-up"})).await;
    assert_eq!((answer.status, answer.code()), (401, "sign_in_code_unknown"));
    assert_eq!(open.post("/console/sign-in/redeem", json!({})).await.status, 400);
}

#[tokio::test]
async fn litellm_s_path_takes_either_name() {
    let open = Open::start("").await;
    open.user("ada", Some("ada@example.com"), Some("correct horse")).await;
    for username in ["ada", "ada@example.com"] {
        let answer = open.post("/v2/login", json!({"username": username, "password": "correct horse"})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["redirect_url"], "/ui/");
        let key = answer.body["token"].as_str().unwrap();
        assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 200);
    }
    let wrong = open.post("/v2/login", json!({"username": "ada", "password": "x"})).await;
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn a_password_that_the_administrator_gave_is_good_until_another_is_set() {
    let open = Open::start("").await;
    let admin = async |path: &str, body: Value| {
        let request = open.request(Method::POST, path).bearer_auth(ADMIN).body(body.to_string());
        let answer = open.send(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let ada = json!({"user_id": "ada", "user_email": "ada@example.com", "password": "correct horse"});
    admin("/user/new", ada).await;
    assert_eq!(open.sign_in("ada@example.com", "correct horse").await.status, 200);
    admin("/user/update", json!({"user_id": "ada", "password": "battery staple"})).await;
    assert_eq!(open.sign_in("ada@example.com", "correct horse").await.status, 401);
    assert_eq!(open.sign_in("ada@example.com", "battery staple").await.status, 200);
}

#[tokio::test]
async fn sessions_last_as_configured_and_are_never_too_many() {
    let open = Open::start(
        "{general_settings: {session_duration: 1h}, litellm_settings: {max_ui_session_budget: 0.5}}",
    )
    .await;
    open.user("ada", None, None).await;
    let engine = open.gateway.engine();
    let first = sessions::open(engine, "ada".into()).await.unwrap();
    let lasting = first.row.expires_at.unwrap() - first.row.created_at;
    assert_eq!((lasting, first.row.limits.max_budget_nanos), (3_600_000, Some(500_000_000)));
    for _ in 0..50 {
        sessions::open(engine, "ada".into()).await.unwrap();
    }
    let running = engine.read(|connection| keys::sessions_of(connection, "ada")).await.unwrap();
    assert_eq!(running.len(), 50);
    assert!(running.iter().all(|row| row.id != first.row.id));
    assert_eq!(open.with_key(Method::GET, "/console/session", first.key.expose()).await.status, 401);
    // One that has ended by itself is taken away by the next.
    let mut over = running[49].clone();
    over.expires_at = Some(1);
    let id = over.id;
    engine.transact(move |connection| Ok(over.put(connection)?)).await.unwrap();
    sessions::open(engine, "ada".into()).await.unwrap();
    let running = engine.read(|connection| keys::sessions_of(connection, "ada")).await.unwrap();
    assert!(running.len() == 50 && running.iter().all(|row| row.id != id));
    let nobody = sessions::open(engine, "nobody".into()).await.map(drop).unwrap_err();
    assert_eq!(nobody.error.code.as_deref(), Some("user_unknown"));
}

#[tokio::test]
async fn a_request_from_inside_has_no_address() {
    let (mut parts, ()) = axum::http::Request::new(()).into_parts();
    let peer = <Peer as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    assert_eq!(peer, Ok(Peer(None)));
}
