//! Streams that come inside another framing, taken out of it before anyone looks at them.

use std::pin::Pin;

use axum::http::{HeaderValue, header};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use postern_wire::{ClaudeEvents, Format, Framing, PayloadParts};

use super::{Chunks, Reply};
use crate::error::Failure;
use crate::providers::Wrapping;

/// What takes a stream out of its wrapping.
enum Unwrapper {
    Claude(ClaudeEvents),
    Parts(PayloadParts),
}

impl Unwrapper {
    fn feed(&mut self, chunk: &[u8], provider: &str) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Claude(events) => Ok(events.feed(chunk)),
            Self::Parts(parts) => parts.feed(chunk).map_err(|reason| {
                Failure::upstream(502, "upstream_stream_broken", format!("{provider}: {reason}"))
            }),
        }
    }
}

/// The reply as if nothing had been wrapped. An answer that is no stream of the outer framing stays as it is.
pub fn unwrapped(reply: Reply, wrapping: Wrapping, format: Format, provider: &str) -> Reply {
    let outer = Framing::AwsMessages.content_type();
    let kind = reply.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with(outer)) {
        return reply;
    }
    let unwrapper = match wrapping {
        Wrapping::BedrockClaude => Unwrapper::Claude(ClaudeEvents::new()),
        Wrapping::PayloadParts => Unwrapper::Parts(PayloadParts::new()),
    };
    let mut headers = reply.headers;
    let inner = HeaderValue::from_static(format.framing().content_type());
    headers.insert(header::CONTENT_TYPE, inner);
    let state = (reply.chunks, unwrapper, provider.to_owned());
    let chunks = stream::unfold(state, |(mut chunks, mut unwrapper, provider)| async move {
        let chunk = chunks.next().await?;
        let inner = chunk.and_then(|chunk| unwrapper.feed(&chunk, &provider)).map(Bytes::from);
        Some((inner, (chunks, unwrapper, provider)))
    });
    let chunks: Chunks = Pin::from(Box::new(chunks) as Box<dyn futures_util::Stream<Item = _> + Send>);
    Reply { status: reply.status, headers, chunks }
}
