//! What a chunk says, to the watcher of OpenAI's streams.

use crate::openai::watch::{Words, says};

pub(super) const WORDS: Words =
    Words { is_output: |key| key == b"text", has_content: |choice| says(choice, "text") };
