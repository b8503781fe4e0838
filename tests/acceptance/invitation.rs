//! `/invitation/*` and `/onboarding/*`: links with which people set a password, or sign up.

use postern_tests::{Answer, World, receive};
use reqwest::Method;
use serde_json::{Value, json};

use crate::user::{as_key, ask, info, is_known, key, make, organization, post};

/// A request of somebody whom nobody knows.
async fn anybody(world: &World, method: Method, path: &str, body: Value) -> Answer {
    let request = world.gateway.client().request(method, format!("{}{path}", world.gateway.url()));
    receive(if body.is_null() { request } else { request.json(&body) }).await
}

async fn claim(world: &World, id: &str, body: Value) -> Answer {
    anybody(world, Method::POST, &format!("/invitation/claim/{id}"), body).await
}

async fn sign_in(world: &World, user: &str, password: &str) -> Answer {
    anybody(world, Method::POST, "/console/sign-in", json!({"user_id": user, "password": password})).await
}

async fn invite(world: &World, body: Value) -> Value {
    post(world, "/invitation/create", body).await.expect(200).json()
}

fn id(invitation: &Value) -> &str {
    invitation["id"].as_str().unwrap()
}

#[tokio::test]
async fn an_invitation_has_the_shape_of_both_documents() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "auto_create_key": false})).await;
    let made = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    for (name, value) in [
        ("user_id", json!("ann")),
        ("is_accepted", json!(false)),
        ("accepted_at", Value::Null),
        ("created_by", json!("default_user_id")),
        ("updated_by", json!("default_user_id")),
        ("invitation_id", made["id"].clone()),
        ("invitation_url", json!(format!("{}/invitation/claim/{}", world.gateway.url(), id(&made)))),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    let days = |at: &Value| at.as_str().unwrap()[..10].replace('-', "").parse::<u32>().unwrap();
    assert!(days(&made["expires_at"]) > days(&made["created_at"]), "{made}");
    // Nothing about one says anything about another.
    let other = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    assert!(id(&made).len() >= 40 && id(&made)[..12] != id(&other)[..12], "{made} {other}");
    let info = world.get(&format!("/invitation/info?invitation_id={}", id(&made))).await;
    for name in [
        "id",
        "user_id",
        "is_accepted",
        "accepted_at",
        "expires_at",
        "created_at",
        "created_by",
        "updated_at",
    ] {
        assert_eq!(info[name], made[name], "{name}");
    }
    let until = "2031-02-19T10:00:00Z";
    assert_eq!(
        post(&world, "/invitation/create", json!({"expires_at": until})).await.status,
        400,
        "too late"
    );
    let soon = json!({"user_id": "ann", "expires_at": made["expires_at"]});
    assert_eq!(invite(&world, soon).await["expires_at"], made["expires_at"]);
}

#[tokio::test]
async fn who_was_invited_sets_a_password_once() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "user_email": "ann@example.com", "user_alias": "Ann", "auto_create_key": false})).await;
    let made = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    let spare = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    for (body, status) in [
        (json!({"password": "short"}), 400),
        (json!({"user_id": "bob", "password": "correct horse"}), 401),
        (json!({"user_email": "bob@example.com", "password": "correct horse"}), 401),
        (json!({"user_email": "nobody", "password": "correct horse"}), 400),
        (json!({"password": 7}), 422),
    ] {
        let answer = claim(&world, id(&made), body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    let body = json!({"user_id": "ann", "user_email": "ANN@example.com", "password": "correct horse"});
    let claimed = claim(&world, id(&made), body.clone()).await.expect(200);
    assert!(!claimed.text().contains("argon2") && !claimed.text().contains("horse"), "{}", claimed.text());
    let claimed = claimed.json();
    for (name, value) in [
        ("user_id", json!("ann")),
        ("user_email", json!("ann@example.com")),
        ("user_role", json!("internal_user")),
        ("is_accepted", json!(true)),
        ("key", Value::Null),
        ("invitation_id", made["id"].clone()),
    ] {
        assert_eq!(claimed[name], value, "{name}");
    }
    assert_eq!(
        (&claimed["user"]["user_alias"], &claimed["user"]["has_password"]),
        (&json!("Ann"), &json!(true))
    );
    let session = sign_in(&world, "ann", "correct horse").await.expect(200).json();
    assert_eq!(info(&world, "ann").await["user_info"]["updated_by"], "ann");
    // It is used up, and so is every other link to the same account.
    let again = claim(&world, id(&made), json!({"password": "battery staple"})).await.expect(401);
    assert!(again.text().contains("already been used"), "{}", again.text());
    claim(&world, id(&spare), json!({"password": "battery staple"})).await.expect(404);
    sign_in(&world, "ann", "battery staple").await.expect(401);
    let known = world.get(&format!("/invitation/info?invitation_id={}", id(&made))).await;
    assert_eq!(known["is_accepted"], true);
    assert!(known["accepted_at"].is_string());
    // A link sent again is a way back in, and ends what was open.
    let anew = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    claim(&world, id(&anew), json!({"password": "battery staple"})).await.expect(200);
    as_key(&world, key(&session), Method::GET, "/console/session", Value::Null).await.expect(401);
    sign_in(&world, "ann", "battery staple").await.expect(200);
    sign_in(&world, "ann", "correct horse").await.expect(401);
}

#[tokio::test]
async fn whoever_has_an_open_link_signs_up() {
    let world = World::start().await;
    make(
        &world,
        json!({"user_id": "admin-user-id", "user_role": "proxy_admin", "user_email": "boss@example.com"}),
    )
    .await;
    // As the seed has it: `user_id` is who invites.
    let made = invite(&world, json!({"user_id": "admin-user-id"})).await;
    assert_eq!((&made["created_by"], &made["user_id"]), (&json!("admin-user-id"), &Value::Null));
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(422);
    for (body, status) in [
        (json!({"user_id": "admin-user-id", "password": "correct horse"}), 409),
        (json!({"user_id": "eve", "user_email": "BOSS@example.com"}), 409),
        (json!({"user_id": "default_user_id", "password": "correct horse"}), 409),
        (json!({"user_id": "a\nb"}), 400),
        (json!({"user_email": "nobody"}), 400),
    ] {
        let answer = claim(&world, id(&made), body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    let body =
        json!({"user_id": "new-user-id", "user_email": "newuser@example.com", "user_role": "proxy_admin"});
    let claimed = claim(&world, id(&made), body).await.expect(200).json();
    assert_eq!(
        (&claimed["user_id"], &claimed["user_role"]),
        (&json!("new-user-id"), &json!("internal_user"))
    );
    // Who chose no password has a key.
    ask(&world, key(&claimed), "oa/x").await.expect(200);
    let own = as_key(&world, key(&claimed), Method::GET, "/user/info", Value::Null).await.expect(200).json();
    assert_eq!(own["user_email"], "newuser@example.com");
    claim(&world, id(&made), json!({"user_email": "eve@example.com"})).await.expect(401);
    assert!(!is_known(&world, "eve").await);
    assert!(world.get("/user/info?user_id=admin-user-id").await["user_info"]["has_password"] == false);

    let made = invite(&world, json!({})).await;
    assert_eq!((&made["created_by"], &made["user_id"]), (&json!("default_user_id"), &Value::Null));
    let body = json!({"user_email": "cy@example.com", "user_alias": "Cy", "password": "correct horse"});
    let claimed = claim(&world, id(&made), body).await.expect(200).json();
    assert_eq!((&claimed["key"], &claimed["user"]["user_alias"]), (&Value::Null, &json!("Cy")));
    let sign_in = json!({"email": "cy@example.com", "password": "correct horse"});
    anybody(&world, Method::POST, "/console/sign-in", sign_in).await.expect(200);
    let known = world.get(&format!("/invitation/info?invitation_id={}", id(&made))).await;
    assert_eq!(known["user_id"], claimed["user_id"]);
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_does() {
    let world = World::start().await;
    let made = invite(&world, json!({})).await;
    let claims = (0..8).map(|number| {
        let email = format!("user-{number}@example.com");
        claim(&world, id(&made), json!({"user_email": email}))
    });
    let answers = futures_util::future::join_all(claims).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401, 401, 401, 401, 401]);
    assert_eq!(world.get("/user/list").await["total"], 1);
}

#[tokio::test]
async fn an_invitation_ends() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    // Far enough for a busy machine, near enough to wait for.
    let session = world.get("/console/status").await;
    assert!(session.is_object());
    let made = invite(&world, json!({"user_id": "ann"})).await;
    let created = made["created_at"].as_str().unwrap();
    let soon = in_seconds(created, 4);
    let short = invite(&world, json!({"user_id": "ann", "expires_at": soon})).await;
    anybody(&world, Method::GET, &format!("/onboarding/get_token?invite_link={}", id(&short)), Value::Null)
        .await
        .expect(200);
    let over = async {
        let path = format!("/onboarding/get_token?invite_link={}", id(&short));
        while anybody(&world, Method::GET, &path, Value::Null).await.status == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), over).await.expect("the invitation to end");
    let late = claim(&world, id(&short), json!({"password": "correct horse"})).await.expect(401);
    assert!(late.text().contains("expired"), "{}", late.text());
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(200);
    for (expires_at, status) in [
        (json!("2001-01-01T00:00:00Z"), 400),
        (json!("soon"), 400),
        (json!("2999-01-01T00:00:00Z"), 400),
        (json!(7), 422),
    ] {
        let answer = post(&world, "/invitation/create", json!({"expires_at": expires_at})).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

/// A time of day so many seconds after another; tests at midnight wait a day longer than they need, and fail.
fn in_seconds(time: &str, seconds: u32) -> String {
    let number = |from: usize| time[from..from + 2].parse::<u32>().unwrap();
    let of_day = (number(11) * 3600 + number(14) * 60 + number(17) + seconds).min(86_399);
    format!("{}T{:02}:{:02}:{:02}.999Z", &time[..10], of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[tokio::test]
async fn an_invitation_is_marked_reopened_and_taken_back() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    let made = invite(&world, json!({"user_id": "ann"})).await;
    let update = async |is_accepted: bool| {
        post(&world, "/invitation/update", json!({"invitation_id": id(&made), "is_accepted": is_accepted}))
            .await
    };
    let marked = update(true).await.expect(200).json();
    assert_eq!((&marked["id"], &marked["is_accepted"]), (&made["id"], &json!(true)));
    assert!(marked["accepted_at"].is_string());
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(401);
    let reopened = update(false).await.expect(200).json();
    assert_eq!((&reopened["is_accepted"], &reopened["accepted_at"]), (&json!(false), &Value::Null));
    let gone =
        post(&world, "/invitation/delete", json!({"invitation_id": id(&made)})).await.expect(200).json();
    assert_eq!(gone["id"], made["id"]);
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(404);
    for (method, path, body) in [
        (Method::GET, format!("/invitation/info?invitation_id={}", id(&made)), Value::Null),
        (Method::POST, "/invitation/update".into(), json!({"invitation_id": id(&made), "is_accepted": true})),
        (Method::POST, "/invitation/delete".into(), json!({"invitation_id": id(&made)})),
        (Method::POST, "/invitation/delete".into(), json!({"invitation_id": "' OR 1=1 --"})),
    ] {
        let answer = world.admin(method, &path, body).await.expect(400);
        assert!(
            answer.json()["detail"]["error"].as_str().unwrap().contains("does not exist"),
            "{}",
            answer.text()
        );
    }
    for (method, path, body) in [
        (Method::GET, "/invitation/info", Value::Null),
        (Method::POST, "/invitation/new", json!({})),
        (Method::POST, "/invitation/update", json!({"invitation_id": "x"})),
        (Method::POST, "/invitation/delete", json!({})),
        (Method::GET, "/onboarding/get_token", Value::Null),
        (Method::POST, "/onboarding/claim_token", json!({"invitation_link": "x", "user_id": "y"})),
    ] {
        world.admin(method, path, body).await.expect(422);
    }
    for path in ["/invitation/new", "/invitation/create"] {
        let answer = post(&world, path, json!({"user_id": "nobody"})).await.expect(404);
        assert_eq!(answer.json()["error"]["param"], "user_id");
    }
}

#[tokio::test]
async fn a_browser_is_shown_the_page() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    let made = invite(&world, json!({"user_id": "ann"})).await;
    let url = made["invitation_url"].as_str().unwrap();
    let answer = receive(reqwest_without_redirects().get(url)).await.expect(303);
    assert_eq!(answer.header("location"), format!("/ui/#/invitation/{}", id(&made)));
    let odd = format!("{}/invitation/claim/..%2F%2Fevil.example%3Fx%0D%0Ay", world.gateway.url());
    let answer = receive(reqwest_without_redirects().get(odd)).await.expect(303);
    assert_eq!(answer.header("location"), "/ui/#/invitation/%2E%2E%2F%2Fevil%2Eexample%3Fx%0D%0Ay");
    // Looking at it uses nothing up.
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(200);
}

fn reqwest_without_redirects() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

#[tokio::test]
async fn a_new_users_invitation_comes_with_them() {
    let world = World::start().await;
    let body = json!({"user_id": "ann", "user_email": "ann@example.com", "send_invite_email": true});
    let made = make(&world, body).await;
    let url = made["invitation_url"].as_str().unwrap();
    let claimed = receive(world.gateway.client().post(url).json(&json!({"password": "correct horse"}))).await;
    assert_eq!(claimed.expect(200).json()["user_id"], "ann");
    sign_in(&world, "ann", "correct horse").await.expect(200);
    ask(&world, key(&made), "oa/x").await.expect(200);
}

#[tokio::test]
async fn litellms_console_uses_it_in_its_own_way() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann", "user_email": "ann@example.com"})).await;
    let made = post(&world, "/invitation/new", json!({"user_id": "ann"})).await.expect(200).json();
    let path = format!("/onboarding/get_token?invite_link={}", id(&made));
    let token = anybody(&world, Method::GET, &path, Value::Null).await.expect(200).json();
    assert_eq!(token["user_email"], "ann@example.com");
    assert_eq!(token["login_url"], format!("{}/ui/#/invitation/{}", world.gateway.url(), id(&made)));
    assert_eq!(token["token"].as_str().unwrap().split('.').count(), 3);
    // The token lets nobody in.
    as_key(&world, token["token"].as_str().unwrap(), Method::GET, "/user/info", Value::Null)
        .await
        .expect(401);
    let claim = |user: &str, password: &str| {
        let body = json!({"invitation_link": id(&made), "user_id": user, "password": password});
        anybody(&world, Method::POST, "/onboarding/claim_token", body)
    };
    claim("bob", "correct horse").await.expect(401);
    claim("ann", "short").await.expect(400);
    let user = claim("ann", "correct horse").await.expect(200);
    assert!(!user.text().contains("password_hash") && !user.text().contains("argon2"), "{}", user.text());
    assert_eq!((&user.json()["user_id"], &user.json()["has_password"]), (&json!("ann"), &json!(true)));
    claim("ann", "battery staple").await.expect(401);
    anybody(&world, Method::GET, &path, Value::Null).await.expect(401);
    anybody(&world, Method::GET, "/onboarding/get_token?invite_link=none", Value::Null).await.expect(404);
    sign_in(&world, "ann", "correct horse").await.expect(200);
}

#[tokio::test]
async fn blocked_people_are_not_let_in() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    let made = invite(&world, json!({"user_id": "ann"})).await;
    post(&world, "/user/update", json!({"user_id": "ann", "blocked": true})).await.expect(200);
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(401);
    post(&world, "/user/update", json!({"user_id": "ann", "blocked": false})).await.expect(200);
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(200);
}

#[tokio::test]
async fn invitations_are_for_who_may_invite() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    let other = organization(&world, "other").await;
    let ann = make(&world, json!({"user_id": "ann", "organizations": ["acme"]})).await;
    let made = as_key(&world, &acme, Method::POST, "/invitation/new", json!({"user_id": "ann"}))
        .await
        .expect(200)
        .json();
    assert_eq!(made["created_by"], "acme-admin");
    as_key(&world, &acme, Method::POST, "/invitation/create", json!({"user_id": "ann"})).await.expect(200);
    // Only the administrator invites whom nobody knows.
    for body in [json!({}), json!({"user_id": "acme-admin"}), json!({"user_id": "default_user_id"})] {
        as_key(&world, &acme, Method::POST, "/invitation/create", body).await.expect(403);
    }
    let viewer = make(&world, json!({"user_role": "proxy_admin_viewer"})).await;
    let open = invite(&world, json!({})).await;
    let info = |id: &str| format!("/invitation/info?invitation_id={id}");
    for (caller, path, status) in [
        (&*acme, info(id(&made)), 200),
        (&*other, info(id(&made)), 403),
        (&*other, info("none"), 403),
        (&*acme, info(id(&open)), 403),
        (key(&ann), info(id(&made)), 403),
        (key(&viewer), info(id(&made)), 200),
        (key(&viewer), info("none"), 400),
    ] {
        let answer = as_key(&world, caller, Method::GET, &path, Value::Null).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
    for (caller, status) in [(&*other, 403), (key(&viewer), 403), (key(&ann), 403), (&*acme, 200)] {
        let body = json!({"invitation_id": id(&made), "is_accepted": false});
        let answer = as_key(&world, caller, Method::POST, "/invitation/update", body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        let body = json!({"invitation_id": id(&made)});
        let answer = as_key(&world, caller, Method::POST, "/invitation/delete", body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_link_is_good_for_as_long_as_who_sent_it_may_invite() {
    let world = World::start().await;
    let acme = organization(&world, "acme").await;
    organization(&world, "other").await;
    make(&world, json!({"user_id": "ann", "organizations": ["acme"]})).await;
    let made = as_key(&world, &acme, Method::POST, "/invitation/new", json!({"user_id": "ann"})).await;
    let made = made.expect(200).json();
    let member = json!({"organization_id": "other", "member": {"role": "internal_user", "user_id": "ann"}});
    post(&world, "/organization/member_add", member).await.expect(200);
    // Who set her password now would be in the other organization with her.
    let refused = claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(401);
    assert!(refused.text().contains("not good any more"), "{}", refused.text());
    let out = json!({"organization_id": "other", "user_id": "ann"});
    world.admin(Method::DELETE, "/organization/member_delete", out).await.expect(200);
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(200);
    let made = as_key(&world, &acme, Method::POST, "/invitation/new", json!({"user_id": "ann"})).await;
    let made = made.expect(200).json();
    post(&world, "/user/delete", json!({"user_ids": ["acme-admin"]})).await.expect(200);
    claim(&world, id(&made), json!({"password": "correct horse"})).await.expect(401);
}

#[tokio::test]
async fn what_the_gateway_keeps_of_a_link_opens_nothing() {
    let world = World::start().await;
    make(&world, json!({"user_id": "ann"})).await;
    let made = invite(&world, json!({"user_id": "ann"})).await;
    let link = id(&made).to_owned();
    for entry in std::fs::read_dir(world.gateway.data_dir()).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = bytes.windows(link.len()).any(|window| window == link.as_bytes());
            assert!(!found, "the link is in {}", entry.path().display());
        }
    }
    assert!(!world.gateway.stderr().contains(&link), "the link is in the log");
}
