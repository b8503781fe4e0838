//! A connection that can do what HTTP libraries do not: end with a reset, and let its head leave byte by byte.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::locked;

/// What the answer wants of the connection it travels on.
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Mutex<Wanted>>);

#[derive(Debug, Default)]
struct Wanted {
    reset: bool,
    head_over: Option<Duration>,
}

impl Orders {
    /// The connection will end with a reset (RST) instead of an end (FIN).
    pub fn reset(&self) {
        locked(&self.0).reset = true;
    }

    /// Status line and headers of the next answer leave a byte at a time, evenly over this time. Not over TLS, where the
    /// connection sees no heads.
    pub fn spread_head(&self, total: Duration) {
        locked(&self.0).head_over = Some(total);
    }
}

/// A head on its way.
#[derive(Debug)]
struct Head {
    left: usize,
    interval: Duration,
    due: Pin<Box<Sleep>>,
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    orders: Orders,
    head: Option<Head>,
}

impl Connection {
    pub fn new(stream: TcpStream, orders: Orders) -> Self {
        // Without it the kernel would hold small pieces back and every streaming test would measure that.
        drop(stream.set_nodelay(true));
        Self { stream, orders, head: None }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if locked(&self.orders.0).reset {
            drop(self.stream.set_zero_linger());
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Some(total) = locked(&this.orders.0).head_over.take() {
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
            let left = end.map_or(bytes.len(), |end| end + 4);
            let interval = total / u32::try_from(left.max(1)).unwrap_or(u32::MAX);
            this.head = Some(Head { left, interval, due: Box::pin(tokio::time::sleep(interval)) });
        }
        let Some(head) = &mut this.head else { return Pin::new(&mut this.stream).poll_write(context, bytes) };
        ready!(head.due.as_mut().poll(context));
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, &bytes[..bytes.len().min(1)]))?;
        head.left = head.left.saturating_sub(written);
        head.due.as_mut().reset(Instant::now() + head.interval);
        if head.left == 0 {
            this.head = None;
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
