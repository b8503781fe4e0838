//! Where an invitation leads. Its address is one that the gateway answers to: the one that is configured as public, else the one
//! that the caller came by.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::auth::InternalOrigin;
use crate::engine::{Engine, base_url};

/// The beginning of the gateway's addresses: `http://127.0.0.1:4000`.
pub struct Base(String);

impl FromRequestParts<std::sync::Arc<Engine>> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        engine: &std::sync::Arc<Engine>,
    ) -> Result<Self, Infallible> {
        let public = engine.config.load().sso.as_ref().and_then(|sso| sso.public_url.clone());
        if let Some(public) = public {
            return Ok(Self(public));
        }
        // The window and the command come by no address.
        let is_internal = parts.extensions.get::<InternalOrigin>().is_some();
        let came_by = if is_internal { None } else { host(&parts.uri, &parts.headers) };
        let own = || engine.base_url().unwrap_or_else(|| base_url(engine.address()));
        Ok(Self(came_by.map_or_else(own, |host| format!("{}://{host}", scheme(&parts.headers)))))
    }
}

/// As a proxy in front of the gateway says that it was reached.
fn scheme(headers: &HeaderMap) -> &'static str {
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    if forwarded == Some("https") { "https" } else { "http" }
}

/// What the guard has found to be this gateway.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = || headers.get(header::HOST)?.to_str().ok()?.parse().ok();
    uri.authority().cloned().or_else(named).filter(|host: &Authority| !host.as_str().contains('@'))
}

/// The address of an invitation.
pub fn url(base: &Base, link: &str) -> String {
    format!("{}/invitation/claim/{link}", base.0)
}

/// The console's page for it.
pub(super) fn page(base: &Base, link: &str) -> String {
    format!("{}{}", base.0, place(link))
}

/// The console itself.
pub(super) fn console(base: &Base) -> String {
    format!("{}/ui/", base.0)
}

/// The page without the gateway's address.
pub(super) fn place(link: &str) -> String {
    format!("/ui/#/invitation/{}", utf8_percent_encode(link, &PLAIN))
}

/// Everything but what links are made of.
const PLAIN: percent_encoding::AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_');

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Uri};

    use super::{Base, host, place, url};

    #[test]
    fn a_link_leads_where_its_maker_came_by() {
        let of = |text: &'static str| {
            let headers = HeaderMap::from_iter([("host".parse().unwrap(), HeaderValue::from_static(text))]);
            host(&Uri::from_static("/user/new"), &headers).map(|host| host.to_string())
        };
        assert_eq!(of("127.0.0.1:4000").as_deref(), Some("127.0.0.1:4000"));
        assert_eq!(of("[::1]:4000").as_deref(), Some("[::1]:4000"));
        for wrong in ["127.0.0.1:4000/@evil.example", "localhost@evil.example", "", "127.0.0.1:4000 x"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        let base = Base("http://127.0.0.1:4000".into());
        assert_eq!(url(&base, "inv-a_b"), "http://127.0.0.1:4000/invitation/claim/inv-a_b");
    }

    #[test]
    fn nothing_in_a_link_leaves_its_place() {
        assert_eq!(place("inv-a_b"), "/ui/#/invitation/inv-a_b");
        assert_eq!(place("../x?y#z\r\n"), "/ui/#/invitation/%2E%2E%2Fx%3Fy%23z%0D%0A");
    }
}
