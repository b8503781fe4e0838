use std::path::PathBuf;

use axum::http::{HeaderMap, HeaderValue, Uri};

use super::check;
use crate::config::Options;

fn answer(host: &str, origin: Option<&str>) -> Result<(), String> {
    let mut options = Options::new(PathBuf::new());
    options.allowed_hosts = vec!["gateway.example".into()];
    options.allowed_origins = vec!["https://app.example".into()];
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_str(host).expect("header"));
    if let Some(origin) = origin {
        headers.insert("origin", HeaderValue::from_str(origin).expect("header"));
    }
    check(&options, &Uri::from_static("/v1/models"), &headers)
        .map_err(|failure| failure.error.code.unwrap_or_default())
}

#[test]
fn hosts() {
    for host in [
        "localhost:4000",
        "127.0.0.1:4000",
        "[::1]:4000",
        "192.168.1.7:4000",
        "app.localhost",
        "gateway.example:4000",
        "LOCALHOST",
    ] {
        assert_eq!(answer(host, None), Ok(()), "{host}");
    }
    for host in ["evil.example:4000", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
        assert_eq!(answer(host, None), Err("host_not_allowed".into()), "{host}");
    }
}

#[test]
fn origins() {
    assert_eq!(answer("127.0.0.1:4000", Some("http://127.0.0.1:4000")), Ok(()));
    assert_eq!(answer("127.0.0.1:4000", Some("https://app.example")), Ok(()));
    for origin in
        ["https://evil.example", "null", "http://127.0.0.1:8080", "http://localhost:4000.evil.example"]
    {
        assert_eq!(answer("127.0.0.1:4000", Some(origin)), Err("origin_not_allowed".into()), "{origin}");
    }
}
