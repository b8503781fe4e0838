//! What is taken out of bodies before they are kept: e-mail addresses, telephone and card numbers, secrets, and what a key's own
//! regular expressions match. What opens this gateway or a provider is taken out always, asked for or not.
//!
//! Bodies are JSON, in which text may be written in many ways: texts are looked at as what they say, and stay as they were
//! written where nothing is found. `json` reads bodies that way, `rules` is what is looked for, `cards` the numbers of cards.

mod cards;
mod json;
mod rules;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use json::words;
use postern_secrets::Secret;
use regex::{Regex, RegexBuilder};
pub use rules::{NAMES, Rule};

use crate::error::Failure;

/// Most regular expressions of one key, and most characters of each.
const MOST_PATTERNS: usize = 20;
const LONGEST_PATTERN: usize = 256;
/// Bytes that one may take when it is compiled.
const LARGEST_PATTERN: usize = 256 * 1024;
/// What the expressions of a key may take for one body.
const PATIENCE: Duration = Duration::from_secs(2);
/// JSON within texts of JSON, as arguments of tools are, is read so deep.
const DEEPEST: usize = 4;

/// What is taken out for one key.
#[derive(Debug, Default)]
pub struct Redaction {
    rules: Vec<Rule>,
    patterns: Vec<Box<str>>,
    /// Compiled when they are first used: not every key that has some is.
    compiled: OnceLock<Vec<Regex>>,
}

/// What is taken out whatever a key says.
pub struct Guarded<'a> {
    /// Credentials of providers.
    pub credentials: &'a [Secret],
    /// Whether a text is a key of this gateway.
    pub is_key: &'a (dyn Fn(&str) -> bool + Sync),
}

/// A text, and whether something was taken out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    pub text: String,
    pub changed: bool,
}

impl Redaction {
    /// Of names and expressions that were checked before; what is not known any more is left out.
    pub fn new(names: &[Box<str>], patterns: Vec<Box<str>>) -> Self {
        let rules = names.iter().filter_map(|name| Rule::parse(name)).collect();
        Self { rules, patterns, compiled: OnceLock::new() }
    }

    fn compiled(&self) -> &[Regex] {
        self.compiled
            .get_or_init(|| self.patterns.iter().filter_map(|pattern| compile(pattern).ok()).collect())
    }

    /// A body: JSON or a beginning of it, or else plain text.
    pub fn body(&self, body: &str, guarded: &Guarded<'_>) -> Redacted {
        let pass = Pass { redaction: self, guarded, until: Instant::now() + PATIENCE };
        let is_json = body.trim_start().starts_with(['{', '[']);
        let redacted = if is_json { pass.json(body, 0) } else { pass.plain(body) };
        match redacted {
            Cow::Borrowed(_) => Redacted { text: body.to_owned(), changed: false },
            Cow::Owned(text) => Redacted { text, changed: true },
        }
    }
}

/// One body's way through all rules. Borrowed is what stays as it was.
struct Pass<'a> {
    redaction: &'a Redaction,
    guarded: &'a Guarded<'a>,
    /// When own expressions have had their time.
    until: Instant,
}

/// Applies a change that may find nothing.
fn then(text: Cow<'_, str>, change: impl FnOnce(&str) -> Option<String>) -> Cow<'_, str> {
    match change(&text) {
        Some(changed) => Cow::Owned(changed),
        None => text,
    }
}

fn replaced(regex: &Regex, text: &str, by: &'static str) -> Option<String> {
    match regex.replace_all(text, regex::NoExpand(by)) {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    }
}

/// The same for an expression that somebody made: some look at all that follows at every place. What takes too long is taken
/// out as a whole.
fn replaced_in_time(regex: &Regex, text: &str, until: Instant) -> Option<String> {
    let mut out: Option<String> = None;
    let mut copied = 0;
    for found in regex.find_iter(text) {
        if Instant::now() > until {
            return Some(rules::OWN.to_owned());
        }
        let out = out.get_or_insert_with(String::new);
        out.push_str(&text[copied..found.start()]);
        out.push_str(rules::OWN);
        copied = found.end();
    }
    out.map(|out| out + &text[copied..])
}

impl Pass<'_> {
    fn plain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for credential in self.guarded.credentials {
            let secret = credential.expose();
            // What is shorter stands in texts by chance.
            if secret.len() >= 8 {
                text =
                    then(text, |text| text.contains(secret).then(|| text.replace(secret, rules::CREDENTIAL)));
            }
        }
        text = then(text, |text| rules::without_keys(text, self.guarded.is_key));
        for rule in &self.redaction.rules {
            text = then(text, |text| match rule.regex() {
                Some(regex) => replaced(regex, text, rule.mark()),
                None => cards::without(text, rule.mark()),
            });
        }
        for pattern in self.redaction.compiled() {
            text = then(text, |text| replaced_in_time(pattern, text, self.until));
        }
        text
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN).build()
}

/// Refuses names that are no rule.
pub fn check_names(names: &[String]) -> Result<(), Failure> {
    let Some(wrong) = names.iter().find(|name| Rule::parse(name).is_none()) else { return Ok(()) };
    let message = format!("redact: `{wrong}` is no rule; there are {}", NAMES.join(", "));
    Err(Failure::invalid("unknown_rule", message).with_param("redact"))
}

/// Refuses expressions that cannot be used.
pub fn check_patterns(patterns: &[String]) -> Result<(), Failure> {
    let wrong = |message: String| {
        Err(Failure::invalid("invalid_pattern", format!("redact_patterns: {message}"))
            .with_param("redact_patterns"))
    };
    if patterns.len() > MOST_PATTERNS {
        return wrong(format!("there may be at most {MOST_PATTERNS}"));
    }
    for pattern in patterns {
        let length = pattern.chars().count();
        if !(1..=LONGEST_PATTERN).contains(&length) {
            return wrong(format!("each must have 1 to {LONGEST_PATTERN} characters, and one has {length}"));
        }
        match compile(pattern) {
            Err(regex::Error::CompiledTooBig(_)) => {
                return wrong(format!("`{pattern}` becomes too large: repeat less in it"));
            }
            Err(error) => {
                let told = error.to_string();
                let reason = told.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
                return wrong(format!("`{pattern}` is no regular expression: {reason}"));
            }
            Ok(regex) if regex.is_match("") => {
                return wrong(format!("`{pattern}` matches where there is nothing, and so everywhere"));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
