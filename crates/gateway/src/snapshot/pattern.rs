//! Names with `*` in them: of model groups that stand for many models, and in the lists of keys.

/// A name in which each `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// What is between the stars; one more than there are.
    pieces: Vec<String>,
}

impl Pattern {
    /// `None` for a plain name.
    pub fn parse(text: &str) -> Option<Self> {
        let pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
        (pieces.len() > 1).then(|| Self { text: text.to_owned(), pieces })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, name: &str) -> bool {
        self.captures(name).is_some()
    }

    /// What the stars stand for, if the name is one of these. All but the last stand for as little as they can.
    pub fn captures<'a>(&self, name: &'a str) -> Option<Vec<&'a str>> {
        let (first, rest) = self.pieces.split_first()?;
        let (last, between) = rest.split_last()?;
        let mut left = name.strip_prefix(first.as_str())?;
        let mut captures = Vec::with_capacity(rest.len());
        for piece in between {
            let (text, after) = left.split_once(piece.as_str())?;
            captures.push(text);
            left = after;
        }
        captures.push(left.strip_suffix(last.as_str())?);
        Some(captures)
    }

    /// The pattern with these in the place of its stars, in order; the last stands for all that are left.
    pub fn fill(&self, captures: &[&str]) -> String {
        let mut filled = String::new();
        for (position, piece) in self.pieces.iter().enumerate() {
            if position > 0 {
                let text = captures.get(position - 1).or(captures.last());
                filled.push_str(text.unwrap_or(&"*"));
            }
            filled.push_str(piece);
        }
        filled
    }

    /// Greater is more specific: a longer beginning, then more text in all.
    pub fn specificity(&self) -> (usize, usize) {
        (self.pieces.first().map_or(0, String::len), self.pieces.iter().map(String::len).sum())
    }
}

#[cfg(test)]
mod tests;
