//! Bodies that leave in pieces, at a pace, and end as they were told to.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::watch;
use tokio::time::Instant;

use super::State;
use super::events::Ending;
use crate::Pace;

/// A reset overtakes what the other side has not read from its kernel; this is its time to do so.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// Makes hyper drop the connection, wherever it is.
#[derive(Debug)]
pub struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the fake upstream hangs up, as it was told to")
    }
}

impl std::error::Error for HangUp {}

pub type Body = UnsyncBoxBody<Bytes, HangUp>;

pub fn whole(body: Bytes) -> Body {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

/// What is left to send.
struct Steps {
    pieces: std::vec::IntoIter<Bytes>,
    pace: Pace,
    ending: Ending,
    abandoned: Abandoned,
    /// When the first piece was asked for, and how many there were then.
    began: Option<(Instant, usize)>,
}

/// Sends every piece by itself: between two pieces the body is pending once, so that hyper writes what it has.
pub fn streamed(state: &Arc<State>, pieces: Vec<Bytes>, pace: Pace, ending: Ending) -> Body {
    let abandoned = Abandoned::watch(&state.abandoned);
    let steps = Steps { pieces: pieces.into_iter(), pace, ending, abandoned, began: None };
    let frames = stream::unfold(steps, |mut steps| async move {
        let (began, count) = *steps.began.get_or_insert_with(|| (Instant::now(), steps.pieces.len()));
        let Some(piece) = steps.pieces.next() else {
            tokio::task::yield_now().await;
            match steps.ending {
                Ending::Proper => return None,
                Ending::Silence => std::future::pending().await,
                Ending::Abort => {}
                Ending::Reset => tokio::time::sleep(BEFORE_RESET).await,
            }
            steps.ending = Ending::Proper;
            return Some((Err(HangUp), steps));
        };
        match &steps.pace {
            Pace::None => tokio::task::yield_now().await,
            Pace::Every(interval) => tokio::time::sleep(*interval).await,
            Pace::Over(total) => {
                let sent = count - steps.pieces.len();
                let due = total.mul_f64(sent as f64 / count as f64);
                // Also where it is late: each piece is to leave by itself.
                tokio::task::yield_now().await;
                tokio::time::sleep_until(began + due).await;
            }
            Pace::Gate(gate) => gate.pass().await,
        }
        if steps.pieces.len() == 0 && steps.ending != Ending::Silence {
            // A caller may hang up on the last piece; it has everything.
            steps.abandoned.finished();
        }
        Some((Ok(Frame::data(piece)), steps))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Counts a reply as abandoned unless it was finished.
pub struct Abandoned(Option<watch::Sender<usize>>);

impl Abandoned {
    pub fn watch(counter: &watch::Sender<usize>) -> Self {
        Self(Some(counter.clone()))
    }

    fn finished(&mut self) {
        self.0 = None;
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(counter) = self.0.take() {
            counter.send_modify(|left| *left += 1);
        }
    }
}
