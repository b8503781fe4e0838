//! What a translation could not carry, by the place where it stood in the request or reply.

use std::fmt::Write;

use serde::Serialize;

/// JSON paths of what was dropped or changed, such as `seed` or `messages[0].content[1].cache_control`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LossReport(pub Vec<String>);

impl LossReport {
    /// The longest header value that [`LossReport::to_header`] gives.
    pub const MAX_HEADER_BYTES: usize = 1024;

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a path, once.
    pub(crate) fn add(&mut self, path: impl Into<String>) {
        let path = path.into();
        if !self.0.contains(&path) {
            self.0.push(path);
        }
    }

    /// The paths as a header value, or `None` if nothing was lost. Only visible ASCII; what does not fit is counted:
    /// `seed, metadata, +12 more`.
    pub fn to_header(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut header = String::new();
        for (index, path) in self.0.iter().enumerate() {
            let path: String =
                path.chars().map(|c| if c.is_ascii_graphic() && c != ',' { c } else { '?' }).collect();
            // Room for the count that would follow.
            if header.len() + path.len() + 24 > Self::MAX_HEADER_BYTES {
                let separator = if header.is_empty() { "" } else { ", " };
                // Writing into a string cannot fail.
                let _ = write!(header, "{separator}+{} more", self.0.len() - index);
                break;
            }
            if index > 0 {
                header.push_str(", ");
            }
            header.push_str(&path);
        }
        Some(header)
    }
}
