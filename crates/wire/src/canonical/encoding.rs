//! The one thing passed through an encoder: what to do with what cannot be carried.

use super::opaque::join;
use crate::envelope::BadRequest;
use crate::format::Format;
use crate::loss::LossReport;

/// Collects losses, and decides between refusing and dropping.
#[derive(Debug)]
pub(crate) struct Encoding {
    pub loss: LossReport,
    /// Nothing is refused: the caller said so, or it is a reply.
    pub lenient: bool,
    /// The format that what is being encoded was written in.
    pub from: Format,
    /// What is being encoded came from a model, not from a client.
    pub is_reply: bool,
}

impl Encoding {
    /// For replies: what cannot be carried is reported, never refused.
    pub fn of_reply(from: Format) -> Self {
        Self { loss: LossReport::default(), lenient: true, from, is_reply: true }
    }

    /// A hint that the target has no place for.
    pub fn lose(&mut self, path: &str, member: &str) {
        self.loss.add(join(path, member));
    }

    /// The same, if there was one.
    pub fn lose_if(&mut self, was_there: bool, path: &str, member: &str) {
        if was_there {
            self.lose(path, member);
        }
    }

    /// Something that changes the meaning if it is dropped. `what` reads as "audio input", for a sentence.
    pub fn refuse(&mut self, path: &str, what: &str) -> Result<(), BadRequest> {
        if self.lenient {
            self.loss.add(path);
            return Ok(());
        }
        let message = format!("`{path}`: {what} cannot be expressed in the format of the model asked for.");
        Err(BadRequest::new("unsupported_value", path, message))
    }
}
