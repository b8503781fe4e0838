//! How likely the tokens of an answer were.

use super::opaque::RawText;

#[derive(Clone, Debug)]
pub(crate) struct Logprobs {
    /// As its owner wrote it, and wants it back.
    pub raw: RawText,
    /// In the order of the text. Empty if it told something else.
    pub tokens: Vec<Token>,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub text: String,
    /// A number; none for what nothing stood before.
    pub logprob: Option<RawText>,
    /// An array of numbers, for tokens that are no text by themselves.
    pub bytes: Option<RawText>,
    /// The likeliest ones at this place, without any of their own.
    pub top: Vec<Token>,
}
