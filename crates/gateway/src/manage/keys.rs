//! `/key/*`: virtual keys. `request` is what routes take, `view` what they show; the rest is one file for what is done.

pub mod change;
pub mod issue;
pub mod list;
pub mod read;
pub mod remove;
mod request;
pub mod rotate;
pub(super) mod view;

pub use view::{KeyView, views};
