//! Log probabilities: the tokens that were chosen, and beside them the likeliest at each place.

use serde_json::value::RawValue;

use super::spelling;
use crate::canonical::{Logprobs, Token};
use crate::json::{self, ObjectWriter, array};

/// `None` if it is no object.
pub(super) fn read(raw: &RawValue) -> Option<Logprobs> {
    let members = json::members(raw)?;
    let list = |name: &str| spelling::find(&members, name).and_then(json::elements).unwrap_or_default();
    let tops = list("topCandidates");
    let tokens = list("chosenCandidates").into_iter().enumerate().map(|(index, raw)| {
        let mut token = token(raw)?;
        let top = tops.get(index).and_then(|raw| json::elements(json::members(raw)?.get("candidates")?));
        token.top = top.unwrap_or_default().into_iter().filter_map(self::token).collect();
        Some(token)
    });
    let tokens = tokens.collect::<Option<Vec<Token>>>().unwrap_or_default();
    Some(Logprobs { raw: raw.to_owned(), tokens })
}

fn token(raw: &RawValue) -> Option<Token> {
    let members = json::members(raw)?;
    Some(Token {
        text: members.text("token").unwrap_or_default().into_owned(),
        logprob: spelling::find(&members, "logProbability").map(RawValue::to_owned),
        bytes: None,
        top: Vec::new(),
    })
}

/// The numbers of tokens are the provider's own, and not known here.
pub(super) fn write(tokens: &[Token]) -> String {
    let candidate = |token: &Token| {
        let mut out = ObjectWriter::new();
        out.string("token", &token.text).maybe_raw("logProbability", token.logprob.as_deref());
        out.finish()
    };
    let top = |token: &Token| {
        let mut out = ObjectWriter::new();
        out.raw("candidates", &array(token.top.iter().map(candidate)));
        out.finish()
    };
    let mut out = ObjectWriter::new();
    if tokens.iter().any(|token| !token.top.is_empty()) {
        out.raw("topCandidates", &array(tokens.iter().map(top)));
    }
    out.raw("chosenCandidates", &array(tokens.iter().map(candidate)));
    out.finish()
}
