//! What is looked for in texts.

use std::sync::LazyLock;

use regex::Regex;

/// What stands in place of credentials, of this gateway's keys, and of what own expressions match.
pub const CREDENTIAL: &str = "[credential]";
const KEY: &str = "[key]";
pub const OWN: &str = "[redacted]";

/// A rule that comes with the gateway. In the order in which they are applied: what is longer comes before what may be a part
/// of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Secrets,
    Emails,
    CardNumbers,
    PhoneNumbers,
}

pub const NAMES: [&str; 4] = ["emails", "phone_numbers", "card_numbers", "secrets"];

impl Rule {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "emails" => Self::Emails,
            "phone_numbers" => Self::PhoneNumbers,
            "card_numbers" => Self::CardNumbers,
            "secrets" => Self::Secrets,
            _ => return None,
        })
    }

    /// What stands in its place.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Secrets => "[secret]",
            Self::Emails => "[email]",
            Self::CardNumbers => "[card number]",
            Self::PhoneNumbers => "[phone number]",
        }
    }

    /// `None` for what no expression can tell.
    pub fn regex(self) -> Option<&'static Regex> {
        match self {
            Self::Secrets => SECRETS.as_ref(),
            Self::Emails => EMAILS.as_ref(),
            Self::PhoneNumbers => PHONE_NUMBERS.as_ref(),
            Self::CardNumbers => None,
        }
    }
}

/// A test sees to it that each of them compiles. The ends of words are those of ASCII: Chinese puts no space before a key or a
/// number.
fn any_of(alternatives: &[&str]) -> Option<Regex> {
    Regex::new(&alternatives.join("|")).ok()
}

static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    any_of(&[
        // A block without its end goes on to where the text was cut.
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        r"(?i:(?-u:\b)bearer\s+)[A-Za-z0-9._~+/\-]{16,}=*",
        r"(?-u:\b)(?:sk|pk|rk)-[A-Za-z0-9_\-]{16,}",
        r"(?-u:\b)(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}",
        r"(?-u:\b)(?:AKIA|ASIA)[0-9A-Z]{16}(?-u:\b)",
        r"(?-u:\b)gh[opsur]_[A-Za-z0-9]{20,}",
        r"(?-u:\b)github_pat_[A-Za-z0-9_]{20,}",
        r"(?-u:\b)glpat-[A-Za-z0-9_\-]{16,}",
        r"(?-u:\b)xox[a-z]-[A-Za-z0-9\-]{10,}",
        r"(?-u:\b)AIza[A-Za-z0-9_\-]{35}",
        r"(?-u:\b)hf_[A-Za-z0-9]{20,}",
        r"(?-u:\b)npm_[A-Za-z0-9]{30,}",
        // JSON web tokens.
        r"(?-u:\b)eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*",
    ])
});

/// The end of a host is a word: `package@1.2.3` is no address.
static EMAILS: LazyLock<Option<Regex>> =
    LazyLock::new(|| any_of(&[r"[\w.%+'\-]+@[\w\-]+(?:\.[\w\-]+)*\.(?:[^\W\d_]{2,}|xn--[A-Za-z0-9\-]+)"]));

static PHONE_NUMBERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    any_of(&[
        // Written for abroad.
        r"(?:\+|(?-u:\b)00[ ]?)[1-9]\d{0,2}(?:[ .\-/]?\(?\d{1,5}\)?){1,5}\d(?-u:\b)",
        // Three, three and four, as in North America.
        r"(?:\(\d{3}\)[ ]?|(?-u:\b)\d{3}[ .\-])\d{3}[ .\-]\d{4}(?-u:\b)",
        // With the digit of trunk calls, and something between area and number.
        r"\(0\d{1,4}\)[ ]?\d{3,4}[ \-]?\d{3,5}(?-u:\b)|(?-u:\b)0\d{1,4}[ /\-]\d{3,4}(?:[ \-]?\d{2,5}){1,2}(?-u:\b)",
        // Mobile phones in China.
        r"(?-u:\b)1[3-9]\d{9}(?-u:\b)",
    ])
});

/// What may be a key: some that were made by people hold other characters than those of a word.
static KEYS: LazyLock<Option<Regex>> = LazyLock::new(|| any_of(&[r"sk-[!-~]{13,253}"]));
/// A key ends at one of so many places.
const MOST_ENDS: usize = 8;

/// The text without keys of this gateway; `None` if there are none.
pub fn without_keys(text: &str, is_key: &(dyn Fn(&str) -> bool + Sync)) -> Option<String> {
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = KEYS.as_ref()?.find_at(text, at) {
        let Some(length) = key_length(found.as_str(), is_key) else {
            at = found.start() + 3;
            continue;
        };
        let out = out.get_or_insert_with(String::new);
        out.push_str(&text[copied..found.start()]);
        out.push_str(KEY);
        copied = found.start() + length;
        at = copied;
    }
    out.map(|out| out + &text[copied..])
}

/// Something may stand right behind a key, and be taken for more of it.
fn key_length(candidate: &str, is_key: &(dyn Fn(&str) -> bool + Sync)) -> Option<usize> {
    let bytes = candidate.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let ends = (16..=bytes.len())
        .rev()
        .filter(|end| *end == bytes.len() || !is_word(bytes[*end]) || !is_word(bytes[*end - 1]));
    ends.take(MOST_ENDS).find(|end| is_key(&candidate[..*end]))
}

/// Members whose texts are credentials, whatever the format: of servers that a provider is to call, for instance.
const SECRET_MEMBERS: [&str; 16] = [
    "api_key",
    "apikey",
    "api-key",
    "x-api-key",
    "x-goog-api-key",
    "authorization",
    "proxy-authorization",
    "authorization_token",
    "access_token",
    "refresh_token",
    "client_secret",
    "aws_secret_access_key",
    "aws_session_token",
    "private_key",
    "password",
    "cookie",
];

pub fn is_secret_member(name: &str) -> bool {
    SECRET_MEMBERS.iter().any(|known| known.eq_ignore_ascii_case(name))
}
