//! Words that are looked for. People write words, not expressions of the index: each becomes a text of its own there, so that
//! nothing they write can be an error.

/// More words than that are no search.
pub const MOST_WORDS: usize = 32;

/// Words that all have to be there, as the index takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    expression: String,
    /// UTC milliseconds: what has expired by then is not found.
    now: i64,
}

impl Words {
    /// Words with spaces between them. In double quotes they have to follow one another, and a star at the end of a word stands
    /// for whatever its rest is. `None` where there is no word at all, or more than [`MOST_WORDS`].
    pub fn parse(text: &str, now: i64) -> Option<Self> {
        let mut terms = Vec::new();
        for (place, piece) in text.split('"').enumerate() {
            if place % 2 == 1 {
                terms.extend(term(piece, false));
                continue;
            }
            for word in piece.split_whitespace() {
                terms.extend(term(word.trim_end_matches('*'), word.ends_with('*')));
            }
        }
        let is_fine = !terms.is_empty() && terms.len() <= MOST_WORDS;
        is_fine.then(|| Self { expression: terms.join(" AND "), now })
    }

    /// A condition on `id`, with one place for [`Self::expression`].
    pub(in crate::table) fn condition(&self) -> String {
        format!(
            "id IN (SELECT request_id FROM bodies WHERE expires_at > {} AND number IN \
             (SELECT rowid FROM bodies_text WHERE bodies_text MATCH ?))",
            self.now
        )
    }

    pub(in crate::table) fn expression(&self) -> &str {
        &self.expression
    }
}

/// One text of an expression; `None` where it holds nothing that the index has.
fn term(text: &str, is_beginning: bool) -> Option<String> {
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    let plain: String = indexed(text).chars().filter(|character| *character != '"').collect();
    Some(format!("\"{}\"{}", plain.trim(), if is_beginning { "*" } else { "" }))
}

/// Text as it is put into the index: characters that are words by themselves stand apart, and nothing in it ends it.
pub(super) fn indexed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.push(' ');
        } else if stands_alone(character) {
            out.extend([' ', character, ' ']);
        } else {
            out.push(character);
        }
    }
    out
}

/// Of writing systems that put no spaces between words.
fn stands_alone(character: char) -> bool {
    matches!(character as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF // Thai, Lao, Burmese, Khmer
        | 0x3040..=0x30FF | 0x31F0..=0x31FF // Kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF // Han
        | 0xAC00..=0xD7AF // Hangul
    )
}

#[cfg(test)]
mod tests {
    use super::{Words, indexed};

    fn expression(text: &str) -> Option<String> {
        Words::parse(text, 0).map(|words| words.expression)
    }

    #[test]
    fn words_are_texts_of_the_index() {
        for (text, expected) in [
            ("invoice", Some("\"invoice\"")),
            ("  two   words ", Some("\"two\" AND \"words\"")),
            ("\"in this order\" too", Some("\"in this order\" AND \"too\"")),
            ("begin*", Some("\"begin\"*")),
            ("NOT a OR b NEAR(c)", Some("\"NOT\" AND \"a\" AND \"OR\" AND \"b\" AND \"NEAR(c)\"")),
            ("col:x^2 -y", Some("\"col:x^2\" AND \"-y\"")),
            ("\"never closed", Some("\"never closed\"")),
            ("a\"b", Some("\"a\" AND \"b\"")),
            ("发票号码", Some("\"发  票  号  码\"")),
            ("*", None),
            ("\"\" ' ( ) ^", None),
            ("", None),
        ] {
            assert_eq!(expression(text).as_deref(), expected, "{text}");
        }
        assert_eq!(expression(&"w ".repeat(33)), None);
        assert_eq!(indexed("a\0b\nc"), "a b c");
    }
}
