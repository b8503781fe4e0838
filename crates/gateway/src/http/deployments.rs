//! Paths that name the model themselves: `/openai/deployments/{model}/...`, as clients of Azure ask, and
//! `/engines/{model}/...`, as the oldest clients of OpenAI did. What the body says of the model does not count.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use postern_wire::Format;

use super::Shared;
use crate::error::Failure;
use crate::exchange::{self, Call};
use crate::ids;

/// `{model}/chat/completions`, `{model}/completions`
pub async fn call(State(engine): State<Shared>, Path(path): Path<String>, request: Request) -> Response {
    let endpoint = request.uri().path().to_owned();
    let known = [("/chat/completions", Format::OpenAiChat), ("/completions", Format::OpenAiCompletions)];
    let found = known.iter().find_map(|(end, format)| Some((path.strip_suffix(end)?, *format)));
    let Some((model, format)) = found.filter(|(model, _)| !model.is_empty()) else {
        let message = format!("there is no POST {endpoint}; /docs lists what there is");
        return Failure::not_found("unknown_path", message).respond(Format::OpenAiChat, ids::new_id());
    };
    let call = Call { model_in_body: Some(model.to_owned()), ..Call::new(format, endpoint) };
    exchange::serve(engine, call, request).await
}
