//! Localhost is hostile: `Host` and `Origin` are checked, every answer has an id, and unknown paths say so.

use postern_tests::{Answer, Caller, World, receive};
use reqwest::Method;

async fn with(world: &World, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = world.gateway.client().request(method, format!("{}{path}", world.gateway.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    receive(request.bearer_auth(&world.key)).await
}

#[tokio::test]
async fn a_rebound_name_is_refused() {
    let world =
        World::with("{}", |builder| builder.environment("POSTERN_ALLOWED_HOSTS", "gateway.lan, other.lan"))
            .await;
    for (host, allowed) in [
        ("localhost", true),
        ("localhost:4000", true),
        ("127.0.0.1", true),
        ("[::1]:4000", true),
        ("postern.localhost", true),
        ("gateway.lan:80", true),
        ("evil.example", false),
        ("localhost.evil.example", false),
        ("127.0.0.1.evil.example", false),
        ("gateway.lan.evil.example", false),
    ] {
        for (path, caller) in [
            ("/health", Caller::Chat),
            ("/v1/models", Caller::Chat),
            ("/ui/", Caller::Chat),
            ("/v1/messages", Caller::Messages),
        ] {
            let answer = with(&world, Method::GET, path, &[("host", host)]).await;
            if allowed {
                assert_ne!(answer.status, 403, "{host} {path}");
            } else {
                assert_eq!(answer.status, 403, "{host} {path}");
                caller.own_error(&answer);
            }
            answer.request_id();
        }
    }
}

#[tokio::test]
async fn web_pages_of_other_origins_are_refused() {
    let world =
        World::with("{}", |builder| builder.environment("POSTERN_ALLOWED_ORIGINS", "http://app.example"))
            .await;
    let own = world.gateway.url().to_owned();
    for (origin, allowed) in [
        (own.as_str(), true),
        ("http://app.example", true),
        ("https://app.example", false),
        ("http://evil.example", false),
        ("http://127.0.0.1:1", false),
        ("null", false),
    ] {
        let answer = with(&world, Method::GET, "/v1/models", &[("origin", origin)]).await;
        assert_eq!(answer.status, if allowed { 200 } else { 403 }, "{origin}");
        let told = answer.header("access-control-allow-origin");
        assert_eq!(told, if allowed { origin } else { "" });
        let preflight = [("origin", origin), ("access-control-request-method", "POST")];
        let answer = with(&world, Method::OPTIONS, "/v1/chat/completions", &preflight).await;
        assert_eq!(answer.status, if allowed { 204 } else { 403 }, "{origin}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_say_so_in_the_formats_words() {
    let world = World::start().await;
    for (method, path, caller, status) in [
        (Method::GET, "/nothing", Caller::Chat, 404),
        (Method::POST, "/v1/nothing", Caller::Chat, 404),
        (Method::POST, "/v1/messages/nothing", Caller::Messages, 404),
        (Method::GET, "/v1/chat/completions", Caller::Chat, 405),
        (Method::DELETE, "/v1/messages", Caller::Messages, 405),
        (Method::GET, "/v1/responses", Caller::Chat, 405),
        // Bytes that are no text.
        (Method::GET, "/v1/models/%FF", Caller::Chat, 404),
        (Method::GET, "/console/requests/%C3%28", Caller::Chat, 404),
        (Method::DELETE, "/fallback/%FF", Caller::Chat, 404),
        (Method::POST, "/v1/messages/%FF", Caller::Messages, 404),
    ] {
        let answer = with(&world, method.clone(), path, &[]).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(status == 405, !answer.header("allow").is_empty(), "{method} {path}");
        caller.own_error(&answer);
    }
    // Without /v1 the same.
    for caller in Caller::BOTH {
        let path = caller.path().strip_prefix("/v1").unwrap();
        let answer =
            receive(world.gateway.post(path, &world.key, &caller.body("demo", false))).await.expect(200);
        assert_eq!(world.row(answer.request_id()).await["endpoint"], caller.path());
    }
    let openapi = receive(world.gateway.client().get(format!("{}/openapi.json", world.gateway.url())))
        .await
        .expect(200);
    assert!(openapi.json()["paths"]["/v1/messages"].is_object());
}

#[tokio::test]
async fn http_2_is_spoken_without_an_upgrade() {
    let world = World::start().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for stream in [false, true] {
        let url = format!("{}/v1/chat/completions", world.gateway.url());
        let body = Caller::Chat.body("oa/x", stream);
        let response = client.post(url).bearer_auth(&world.key).json(&body).send().await.unwrap();
        assert_eq!(response.version(), reqwest::Version::HTTP_2);
        let answer = Answer::of(response).await.expect(200);
        assert!(!stream || Caller::Chat.is_finished(&answer), "{}", answer.text());
    }
    world.assert_well().await;
}

#[tokio::test]
async fn the_description_of_the_api_needs_no_network() {
    let world = World::start().await;
    let page = with(&world, Method::GET, "/docs/", &[]).await.expect(200).text();
    let is_asset = |part: &&str| matches!(part.rsplit_once('.'), Some((_, "js" | "css")));
    let mut names = page.split('"').filter(is_asset).peekable();
    assert!(names.peek().is_some(), "{page}");
    for name in names {
        assert!(!name.contains("//"), "{name} is fetched from elsewhere");
        let part = with(&world, Method::GET, &format!("/docs/{}", name.trim_start_matches("./")), &[]).await;
        assert!(part.status == 200 && part.text().len() > 100, "{name}: {}", part.status);
    }
    let described = with(&world, Method::GET, "/openapi.json", &[]).await.expect(200).json();
    assert!(described["paths"]["/v1/messages"]["post"].is_object());
}

#[tokio::test]
async fn probes_find_somebody_there() {
    let world = World::start().await;
    for path in ["/", "/api/hello", "/v1", "/health"] {
        assert_eq!(with(&world, Method::HEAD, path, &[]).await.status / 100, 2, "{path}");
    }
}
