//! From the button to the console and out again, over the network, with a server that can be made to misbehave.

use postern_store::table::users::{self, UserRow};
use reqwest::Method;
use serde_json::{Value, json};

use crate::console::sign_in::tests::{Answer, Open};
use crate::upstream::oidc::tests::issuer::{Issuer, absent};

async fn start(issuer: &Issuer, more: &str) -> Open {
    Open::start(&format!(
        "general_settings:\n  sso:\n    name: The Office\n    issuer: {}\n    client_id: postern\n    client_secret: a secret of ours\n{more}",
        issuer.url
    ))
    .await
}

/// A browser: it keeps cookies.
struct Browser<'a> {
    open: &'a Open,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    fn of(open: &'a Open) -> Self {
        Self { open, cookies: Vec::new() }
    }

    async fn ask(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.open.request(method, path).header("cookie", cookies.join("; "));
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let answer = self.open.send(request).await;
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.contains("; HttpOnly; SameSite="), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    /// To the other server and back: the answer to the way back.
    async fn there_and_back(&mut self, issuer: &Issuer, subject: &str) -> Answer {
        let away = self.get("/sso/login?return_to=/keys").await;
        assert_eq!(away.status, 303, "{away:?}");
        let (state, code) = issuer.approve_as(&location(&away), subject);
        self.get(&format!("/sso/callback?state={state}&code={code}")).await
    }

    async fn sign_in(&mut self, issuer: &Issuer, subject: &str) -> Answer {
        let back = self.there_and_back(issuer, subject).await;
        assert_eq!(back.status, 303, "{back:?}");
        self.redeem(&code_of(&back)).await
    }

    async fn redeem(&mut self, code: &str) -> Answer {
        self.ask(Method::POST, "/console/sign-in/redeem", Some(json!({"code": code}))).await
    }
}

fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

fn code_of(answer: &Answer) -> String {
    let location = location(answer);
    let rest = location.strip_prefix("/ui/#/signed-in?code=").unwrap_or_else(|| panic!("{location}"));
    assert!(rest.ends_with("&to=%2Fkeys"), "{location}");
    rest.split('&').next().unwrap().to_owned()
}

async fn by_subject(open: &Open, subject: &'static str) -> Option<UserRow> {
    open.gateway.engine().read(move |connection| users::find_by_sso(connection, subject)).await.unwrap()
}

#[tokio::test]
async fn somebody_new_lands_in_the_console_as_themselves() {
    let issuer = Issuer::start().await;
    let open = start(&issuer, "").await;
    let mut browser = Browser::of(&open);
    let ways = browser.get("/console/sign-in").await;
    assert_eq!(ways.body["sso"], json!({"name": "The Office", "url": "/sso/login"}));
    let back = browser.there_and_back(&issuer, "ada-1815").await;
    assert_eq!((back.status, &back.headers["cache-control"]), (303, &"no-store".parse().unwrap()));
    let code = code_of(&back);
    let signed_in = browser.redeem(&code).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    assert_eq!(signed_in.body["user_email"], "ada@example.com");
    assert_eq!(signed_in.body["user_role"], "internal_user");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    let user = by_subject(&open, "ada-1815").await.unwrap();
    assert_eq!(signed_in.body["user_id"], user.user_id);
    assert_eq!(user.user_alias.as_deref(), Some("Ada Lovelace"));
    let key = signed_in.body["key"].as_str().unwrap();
    assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 200);
    assert_eq!(browser.redeem(&code).await.status, 401);
    // The next time they are known.
    let again = Browser::of(&open).sign_in(&issuer, "ada-1815").await;
    assert_eq!(again.body["user_id"], user.user_id);
    assert_eq!(open.with_key(Method::POST, "/console/sign-out", key).await.status, 200);
    assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 401);
}

#[tokio::test]
async fn neither_the_way_back_nor_the_code_is_good_in_another_browser() {
    let issuer = Issuer::start().await;
    let open = start(&issuer, "").await;
    let (mut victim, mut attacker) = (Browser::of(&open), Browser::of(&open));
    let away = attacker.get("/sso/login").await;
    let (state, code) = issuer.approve_as(&location(&away), "eve");
    let injected = victim.get(&format!("/sso/callback?state={state}&code={code}")).await;
    assert_eq!((injected.status, injected.code()), (403, "sso_other_browser"));
    let theirs = attacker.there_and_back(&issuer, "eve").await;
    let code = code_of(&theirs);
    let injected = victim.redeem(&code).await;
    assert_eq!((injected.status, injected.code()), (401, "sign_in_code_unknown"));
}

#[tokio::test]
async fn what_went_wrong_is_told_to_browsers_on_a_page() {
    let issuer = Issuer::start().await;
    let open = start(&issuer, "").await;
    let mut browser = Browser::of(&open);
    let away = browser.get("/sso/login").await;
    let (state, _) = issuer.approve(&location(&away));
    let request = open.request(Method::GET, &format!("/sso/callback?state={state}&error=access_denied"));
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let page = open.send(request.header("accept", "text/html").header("cookie", cookies.join("; "))).await;
    assert_eq!(page.status, 403);
    let html = page.body.as_str().unwrap();
    assert!(html.contains("The sign-in at The Office was declined."), "{html}");
    for (path, status, code) in [
        ("/sso/callback", 400, "sso_state_missing"),
        ("/sso/callback?state=made-up&code=x", 400, "sso_state_unknown"),
        ("/sso/callback?state=&code=x", 400, "sso_state_missing"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }
    let none = Open::start("").await;
    for path in ["/sso/login", "/sso/callback?state=x&code=y", "/sso/key/generate"] {
        let answer = none.send(none.request(Method::GET, path)).await;
        assert_eq!((answer.status, answer.code()), (404, "sso_not_set_up"), "{path}");
    }
    let moved = none.send(none.request(Method::GET, "/console/sign-in")).await;
    assert_eq!(moved.body["sso"], Value::Null);
}

#[tokio::test]
async fn somebody_known_by_a_verified_address_is_linked_and_otherwise_not() {
    let issuer = Issuer::start().await;
    let open = start(&issuer, "").await;
    open.user("ada", Some("ADA@example.com"), Some("correct horse")).await;
    let before = open.sign_in("ada@example.com", "correct horse").await;
    issuer.behave(|how| {
        how.claims.insert("email_verified".into(), absent());
    });
    let refused = Browser::of(&open).there_and_back(&issuer, "mallory").await;
    assert_eq!((refused.status, refused.code()), (403, "sso_account_taken"));
    assert!(by_subject(&open, "mallory").await.is_none());
    issuer.behave(|how| how.claims.clear());
    let signed_in = Browser::of(&open).sign_in(&issuer, "ada-1815").await;
    assert_eq!(signed_in.body["user_id"], "ada");
    // Whoever knew a password of the account before is not in it any more.
    assert_eq!(open.sign_in("ada@example.com", "correct horse").await.status, 401);
    let key = before.body["key"].as_str().unwrap();
    assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 401);
    let again = Browser::of(&open).sign_in(&issuer, "ada-1815").await;
    assert_eq!(again.body["user_id"], "ada");
    let key = signed_in.body["key"].as_str().unwrap();
    assert_eq!(open.with_key(Method::GET, "/console/session", key).await.status, 200);
    // Somebody else with the same address is not them.
    let refused = Browser::of(&open).there_and_back(&issuer, "eve").await;
    assert_eq!((refused.status, refused.code()), (403, "sso_account_taken"));
}

#[tokio::test]
async fn blocked_people_and_strangers_are_not_let_in() {
    let issuer = Issuer::start().await;
    let open = start(&issuer, "    create_users: false\n").await;
    let stranger = Browser::of(&open).there_and_back(&issuer, "ada-1815").await;
    assert_eq!((stranger.status, stranger.code()), (403, "sso_user_unknown"));
    let ada = open.user("ada", Some("ada@example.com"), None).await;
    let mut browser = Browser::of(&open);
    let back = browser.there_and_back(&issuer, "ada-1815").await;
    let linked = by_subject(&open, "ada-1815").await.unwrap();
    assert_eq!(linked.user_id, ada.user_id);
    open.put(UserRow { blocked: true, ..linked }).await;
    // Blocked between the way back and the console.
    let redeemed = browser.redeem(&code_of(&back)).await;
    assert_eq!((redeemed.status, redeemed.code()), (403, "user_blocked"));
    let again = Browser::of(&open).there_and_back(&issuer, "ada-1815").await;
    assert_eq!((again.status, again.code()), (403, "user_blocked"));
}

#[tokio::test]
async fn the_role_claim_decides_at_every_sign_in() {
    let issuer = Issuer::start().await;
    let open = start(
        &issuer,
        "    role_claim: groups\n    role_map: {ops: proxy_admin}\n    default_role: internal_user_viewer\n",
    )
    .await;
    for (groups, role) in [
        (json!(["ops"]), "proxy_admin"),
        (json!(["proxy_admin"]), "internal_user_viewer"),
        (absent(), "internal_user_viewer"),
        (json!(["x", "ops"]), "proxy_admin"),
    ] {
        issuer.behave(|how| {
            how.claims.insert("groups".into(), groups.clone());
        });
        let signed_in = Browser::of(&open).sign_in(&issuer, "ada-1815").await;
        assert_eq!(signed_in.body["user_role"], role, "{groups}");
        let key = signed_in.body["key"].as_str().unwrap();
        let may = open.with_key(Method::GET, "/router/settings", key).await.status == 200;
        assert_eq!(may, role == "proxy_admin", "{groups}");
    }
}

#[tokio::test]
async fn the_browser_leaves_from_where_it_will_come_back_to() {
    let issuer = Issuer::start().await;
    let open = start(&issuer, "    public_url: https://gateway.example/postern/\n").await;
    let away = open.send(open.request(Method::GET, "/sso/login?return_to=/keys")).await;
    assert_eq!(location(&away), "https://gateway.example/postern/sso/login?here=yes&return_to=%2Fkeys");
    // There, behind whatever passes it on.
    let away = open.send(open.request(Method::GET, "/sso/login?here=yes&return_to=//evil.example")).await;
    let asked = crate::upstream::oidc::tests::issuer::query(&location(&away));
    assert_eq!(asked["redirect_uri"], "https://gateway.example/postern/sso/callback");
    let cookie = away.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/sso; Max-Age=600; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}
