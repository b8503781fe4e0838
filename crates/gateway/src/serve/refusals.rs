//! What the HTTP library refuses by itself (too many headers, a request line it cannot read) it answers with an empty
//! body. This puts a message and a request id there, as on every other answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use postern_wire::Format;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::Failure;
use crate::http::guard;
use crate::{clock, ids};

pub struct Refusals<S> {
    stream: S,
    /// The format of the path that was asked for last.
    format: Format,
    /// The answer that replaces an empty refusal, and how much of it is written.
    replacing: Option<(Vec<u8>, usize)>,
}

impl<S> Refusals<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, format: Format::OpenAiChat, replacing: None }
    }
}

/// Refusals of the library, recognised by their first line and the lack of everything else.
fn replacement(written: &[u8], format: Format) -> Option<Vec<u8>> {
    let line = written.get(..13)?;
    let (status, line, failure) = match line {
        b"HTTP/1.1 431 " => (
            431,
            "Request Header Fields Too Large",
            Failure::too_large("the request has more headers, or longer ones, than this gateway takes"),
        ),
        b"HTTP/1.1 414 " => (
            414,
            "URI Too Long",
            Failure::too_large("the request's address is longer than this gateway takes"),
        ),
        b"HTTP/1.1 400 " => {
            (400, "Bad Request", Failure::invalid("invalid_http", "the request is not valid HTTP"))
        }
        _ => return None,
    };
    let text = std::str::from_utf8(written).ok()?.to_ascii_lowercase();
    if text.contains("x-request-id") || !text.contains("content-length: 0\r\n") {
        return None;
    }
    let mut error = failure.error;
    error.status = status;
    let id = ids::new_id().to_string();
    let body = postern_wire::render_error(format, &error, &id, &clock::text(clock::now_ms()));
    let mut answer = format!(
        "HTTP/1.1 {status} {line}\r\ncontent-type: application/json\r\nx-request-id: {id}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    Some(answer)
}

/// The format of the path in a request line, if these bytes begin with one.
fn format_asked(read: &[u8]) -> Option<Format> {
    let path = read.strip_prefix(b"POST ").or_else(|| read.strip_prefix(b"GET "))?;
    let line = path.split(|byte| *byte == b' ').next()?;
    std::str::from_utf8(line).ok().map(guard::format_of)
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusals<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if let Some(format) = format_asked(&buffer.filled()[before..]) {
            self.format = format;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Refusals<S> {
    /// Writes what replaces a refusal; the library believes that its own `length` bytes went out.
    fn poll_replacing(&mut self, context: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while let Some((answer, written)) = &mut self.replacing {
            if *written == answer.len() {
                self.replacing = None;
                break;
            }
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, &answer[*written..]))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += sent;
        }
        Poll::Ready(Ok(length))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Refusals<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.replacing.is_none()
            && buffer.starts_with(b"HTTP/1.1 4")
            && let Some(answer) = replacement(buffer, self.format)
        {
            self.replacing = Some((answer, 0));
        }
        if self.replacing.is_some() {
            return self.poll_replacing(context, buffer.len());
        }
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = buffers.iter().find(|buffer| !buffer.is_empty());
        if self.replacing.is_some()
            || first.is_some_and(|buffer| {
                buffer.starts_with(b"HTTP/1.1 4") && replacement(buffer, self.format).is_some()
            })
        {
            return match first {
                Some(buffer) => self.poll_write(context, buffer),
                None => Poll::Ready(Ok(0)),
            };
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
