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

    /// Paths that are listed; a request with more of them is told so by a last entry, [`LossReport::MORE`].
    pub const MAX_PATHS: usize = 200;
    /// Stands for every path beyond [`LossReport::MAX_PATHS`].
    pub const MORE: &str = "...";

    /// Notes a path, once.
    pub(crate) fn add(&mut self, path: impl Into<String>) {
        let path = path.into();
        if self.0.len() > Self::MAX_PATHS || self.0.contains(&path) {
            return;
        }
        let is_full = self.0.len() == Self::MAX_PATHS;
        self.0.push(if is_full { Self::MORE.to_owned() } else { path });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_listed_once_and_not_without_end() {
        let mut loss = LossReport::default();
        for index in (0..1000).chain(0..3) {
            loss.add(format!("tools[{index}].cache_control"));
        }
        assert_eq!(loss.0.len(), LossReport::MAX_PATHS + 1);
        assert_eq!(loss.0.last().unwrap(), LossReport::MORE);
    }

    #[test]
    fn the_header_is_short_plain_text() {
        assert_eq!(LossReport::default().to_header(), None);
        let few = LossReport(vec!["seed".into(), "x, y\r\nz\u{e9}".into()]);
        assert_eq!(few.to_header().unwrap(), "seed, x??y??z?");
        let many = LossReport((0..200).map(|index| format!("tools[{index}].cache_control")).collect());
        let header = many.to_header().unwrap();
        assert!(header.len() <= LossReport::MAX_HEADER_BYTES && header.ends_with(" more"), "{header}");
    }
}
