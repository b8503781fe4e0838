mod flow;

use axum::http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;

use super::*;

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
    }
    headers
}

#[test]
fn cookies_are_found_among_others_by_their_whole_name() {
    let headers = headers(&[("cookie", "a=1; postern_sso_abc=x=y; b=2"), ("cookie", "late=3")]);
    assert_eq!(cookie(&headers, "postern_sso_abc"), Some("x=y"));
    assert_eq!(cookie(&headers, "a"), Some("1"));
    assert_eq!(cookie(&headers, "late"), Some("3"));
    assert_eq!(cookie(&headers, "postern_sso_ab"), None);
    assert_eq!(cookie(&headers, ""), None);
}

#[test]
fn only_pages_of_the_console_are_returned_to() {
    for good in ["/", "/keys", "/teams/a-b_c"] {
        assert_eq!(page_of_console(good), Some(good));
    }
    let long = format!("/{}", "x".repeat(200));
    for bad in [
        "",
        "keys",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/a?b",
        "/a#b",
        "/a%2f",
        "/ä",
        &long,
    ] {
        assert_eq!(page_of_console(bad), None, "{bad}");
    }
}

#[test]
fn the_gateway_s_own_address_is_what_was_asked_unless_the_settings_say_another() {
    let mut settings = crate::config::sso::sso_of_environment(&|name| {
        matches!(name, "GOOGLE_CLIENT_ID").then(|| "x".to_owned())
    })
    .unwrap()
    .unwrap();
    let uri = Uri::from_static("/sso/login");
    let asked = headers(&[("host", "127.0.0.1:4000")]);
    assert_eq!(own_url(&settings, &uri, &asked), "http://127.0.0.1:4000");
    let proxied = headers(&[("host", "gateway.example"), ("x-forwarded-proto", "https")]);
    assert_eq!(own_url(&settings, &uri, &proxied), "https://gateway.example");
    let made_up = headers(&[("host", "gateway.example"), ("x-forwarded-proto", "javascript")]);
    assert_eq!(own_url(&settings, &uri, &made_up), "http://gateway.example");
    assert_eq!(
        own_url(&settings, &Uri::from_static("http://[::1]:4000/sso/login"), &HeaderMap::new()),
        "http://[::1]:4000"
    );
    settings.public_url = Some("https://public.example".into());
    assert_eq!(own_url(&settings, &uri, &asked), "https://public.example");
    assert_eq!(
        (host_of("https://public.example:8443/x"), host_of("public.example")),
        ("public.example:8443", "public.example")
    );
}

#[tokio::test]
async fn a_browser_is_told_on_a_page_on_which_nothing_runs() {
    let failure = Failure::forbidden("sso_declined", "the server said <script>alert(\"1\")</script> & left");
    let page = told(&headers(&[("accept", "text/html,*/*")]), &failure);
    assert_eq!(page.status(), 403);
    assert!(page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
    let id = page.headers()["x-request-id"].to_str().unwrap().to_owned();
    let html = String::from_utf8(page.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert!(
        html.contains("The server said &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; left."),
        "{html}"
    );
    assert!(html.contains(&id) && html.contains("sso_declined") && !html.contains("<script"));
    let json = told(&headers(&[("accept", "application/json")]), &failure);
    assert_eq!(json.headers()[header::CONTENT_TYPE], "application/json");
}
