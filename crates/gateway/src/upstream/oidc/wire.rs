//! What the protocol's library asks over the network, asked with the gateway's own clients: no redirects, a time limit, a
//! size limit.

use std::pin::Pin;
use std::time::Duration;

use axum::http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use super::super::{Clients, collect};
use crate::error::Failure;
use crate::snapshot::Address;

const PATIENCE: Duration = Duration::from_secs(10);
/// Metadata, keys and tokens are a few kilobytes.
const LARGEST: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.error.message)]
pub struct NoAnswer(pub Failure);

/// The way to the server of that name, as the library wants one.
pub struct Wire<'w> {
    pub clients: &'w Clients,
    pub name: &'w str,
}

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(ask(self.clients, self.name, request))
    }
}

/// Sends one request to the server of that name.
pub async fn ask(clients: &Clients, name: &str, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let answered = tokio::time::timeout(PATIENCE, exchange(clients, name, request)).await;
    let answered = answered.unwrap_or_else(|_| {
        let message = format!("{name} did not answer within {} s", PATIENCE.as_secs());
        Err(Failure::upstream(504, "", message))
    });
    answered.map_err(|mut failure| {
        failure.error.code = Some("sso_unreachable".into());
        NoAnswer(failure)
    })
}

async fn exchange(clients: &Clients, name: &str, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let (head, body) = request.into_parts();
    let address = Address::parse(&head.uri.to_string())
        .ok_or_else(|| Failure::upstream(502, "", format!("{name} names an address that is none")))?;
    let reply = clients.exchange(head.method, &address, head.headers, body.into(), name).await?;
    if (300..400).contains(&reply.status) {
        let host = address.url().host_str().unwrap_or_default();
        let message = format!("{name} sends on from {host}{}, and is not followed", address.url().path());
        return Err(Failure::upstream(502, "", message));
    }
    let mut response = Response::builder().status(reply.status);
    if let Some(headers) = response.headers_mut() {
        *headers = reply.headers;
    }
    let body = collect(reply.chunks, LARGEST, name).await?;
    response
        .body(body.into())
        .map_err(|error| Failure::upstream(502, "", format!("{name} answered what is no answer: {error}")))
}
