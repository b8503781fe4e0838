//! Items, which requests and replies are made of, and the parts within them.

mod decode;
mod encode;
mod part;

pub(super) use decode::{decode, is_offered, part_of_reply};
pub(super) use encode::{Names, encode, encode_own};
pub(super) use part::annotation;

/// Marks what another format's provider signed, where this one keeps what only its provider can read: a client sends
/// it back without looking into it.
pub(super) const SIGNATURE: &str = "postern:signature:";
/// The same for thinking that is hidden altogether.
pub(super) const REDACTED: &str = "postern:redacted:";
