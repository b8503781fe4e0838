//! Before every route that is not for models: who calls, and does the table of permissions give them anything here? What is
//! theirs, each handler asks of the [`Authority`] that is put into the request.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::auth::InternalOrigin;
use crate::auth::permissions::{self, Authority};
use crate::error::Failure;
use crate::http::Shared;

/// LiteLLM's header in which a caller names the person who makes a change.
const CHANGED_BY: &str = "litellm-changed-by";
const LONGEST_NAME: usize = 200;

pub async fn check(
    State(engine): State<Shared>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    // The router's mark for a parameter that may hold slashes is not the table's.
    match authority(&engine, &path.as_str().replace("{*", "{"), &request) {
        Ok(None) => next.run(request).await,
        Ok(Some(authority)) => {
            request.extensions_mut().insert(authority);
            next.run(request).await
        }
        Err(failure) => failure.into_response(),
    }
}

fn authority(engine: &Shared, path: &str, request: &Request) -> Result<Option<Authority>, Failure> {
    let method = request.method().as_str();
    let rule = permissions::rule(method, path);
    if rule.is_some_and(|rule| rule.public) {
        return Ok(None);
    }
    let internal = request.extensions().get::<InternalOrigin>();
    let caller = engine.caller(internal, request.headers(), request.uri().path())?;
    let mut authority = Authority::of(caller, &engine.directory.load(), method, path)?;
    let changed_by = request.headers().get(CHANGED_BY).and_then(|value| value.to_str().ok());
    authority.changed_by =
        changed_by.filter(|name| !name.is_empty()).map(|name| name.chars().take(LONGEST_NAME).collect());
    Ok(Some(authority))
}
