//! The one type that may hold a secret.

use std::fmt;

use zeroize::Zeroizing;

/// Text that is wiped from memory when dropped, never printed and never serialized. It has no `==`: comparing secrets
/// takes a constant-time comparison, which is the caller's to choose.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself. The name is there to be searched for in reviews.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_utf8(bytes: Vec<u8>) -> Result<Self, String> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::from(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err("it is not UTF-8 text".to_owned())
            }
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::from("sk-very-secret");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(redacted) Some(Secret(redacted))");
        assert_eq!(secret.expose(), "sk-very-secret");
    }
}
