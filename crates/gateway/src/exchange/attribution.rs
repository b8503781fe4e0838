//! What a request is part of: the project that its client works on, and the session in which it does. Headers say it, or what
//! tools write into every request: where they work, and which run of theirs this is.

use axum::http::HeaderMap;
use memchr::memmem;
use postern_store::table::requests::RequestRow;

use crate::pipeline::{SESSIONS, header};

const PROJECT: &str = "x-postern-project";
const SESSION: &str = "x-postern-session";

/// No name is longer, in characters.
const LONGEST: usize = 120;

/// What stands before the directory that a tool works in: Claude Code and opencode, Codex, Gemini CLI.
const DIRECTORIES: [&[u8]; 3] = [b"orking directory: ", b"<cwd>", b"working in the directory: "];
/// Tools have long prompts: in a shorter request nothing is looked for.
const SHORTEST_PROMPT: usize = 1024;
/// So much of a request's beginning and of its end is looked through: prompts stand at one of them, conversations between.
const LOOKED_THROUGH: usize = 256 * 1024;
/// The longest path that is read.
const LONGEST_PATH: usize = 1024;

/// What the headers say.
pub fn of_headers(row: &mut RequestRow, headers: &HeaderMap) {
    row.project = header(headers, PROJECT).and_then(name);
    let sessions = std::iter::once(SESSION).chain(SESSIONS);
    row.session = sessions.into_iter().find_map(|known| header(headers, known).and_then(name));
}

/// What the body says besides, where the headers say nothing. Claude Code names its session in what is meant for the end user,
/// who is told apart from it.
pub fn of_body(row: &mut RequestRow, body: &[u8]) {
    if let Some((user, session)) = row.end_user.as_deref().and_then(user_and_session) {
        row.session = row.session.take().or_else(|| name(&session));
        row.end_user = Some(user);
    }
    if row.project.is_none() {
        row.project = project(body);
    }
}

/// A name as it is kept: without controls, and not too long.
fn name(text: &str) -> Option<String> {
    let kept: String = text.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    (!kept.is_empty()).then_some(kept)
}

/// `user_…_account_…_session_…`, or an object with `device_id`, `account_uuid` and `session_id`.
fn user_and_session(text: &str) -> Option<(String, String)> {
    if let Some((user, session)) = text.split_once("_session_") {
        let is_known = user.starts_with("user_") && user.contains("_account_") && !session.is_empty();
        return is_known.then(|| (user.to_owned(), session.to_owned()));
    }
    let said: serde_json::Value = text.starts_with('{').then(|| serde_json::from_str(text).ok())??;
    let part = |name: &str| said.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some((part("account_uuid").or_else(|| part("device_id"))?, part("session_id")?))
}

/// The last directory of the path that a tool says it works in.
fn project(body: &[u8]) -> Option<String> {
    if body.len() < SHORTEST_PROMPT {
        return None;
    }
    let path = if body.len() <= 2 * LOOKED_THROUGH {
        directory(body)
    } else {
        directory(&body[..LOOKED_THROUGH]).or_else(|| directory(&body[body.len() - LOOKED_THROUGH..]))
    }?;
    let last = path.rsplit(['/', '\\']).find(|part| !part.is_empty())?;
    name(last)
}

/// The path after the first of the words that stand before one. It stands in JSON: its backslashes are doubled, and it ends with
/// its line, its element or its text.
fn directory(text: &[u8]) -> Option<String> {
    let found =
        DIRECTORIES.iter().filter_map(|before| Some(memmem::find(text, before)? + before.len())).min()?;
    let rest = &text[found..];
    let rest = &rest[..rest.len().min(LONGEST_PATH)];
    let mut path = Vec::new();
    let mut bytes = rest.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' | b'<' | b'\n' | b'\r' => break,
            b'\\' => match bytes.next() {
                Some(b'\\') => path.push(b'\\'),
                Some(b'/') => path.push(b'/'),
                _ => break,
            },
            byte => path.push(byte),
        }
    }
    let path = String::from_utf8(path).ok()?;
    let is_whole = path.starts_with(['/', '~']) || path.get(1..3) == Some(":\\");
    is_whole.then(|| path.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_prompt(text: &str) -> String {
        let prompt = format!("{}{text}", "You are a tool. ".repeat(100));
        serde_json::json!({"model": "x", "messages": [{"role": "system", "content": prompt}]}).to_string()
    }

    fn found(text: &str) -> Option<String> {
        project(in_prompt(text).as_bytes())
    }

    #[test]
    fn tools_say_where_they_work() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found("<env>\nWorking directory: /home/ann/src/atlas\nIs it a git repo: Yes"),
            some("atlas")
        );
        assert_eq!(found(" - Primary working directory: /home/ann/it's here/\n"), some("it's here"));
        assert_eq!(found("<environment_context>\n  <cwd>/srv/küche</cwd>\n"), some("küche"));
        assert_eq!(found("I'm currently working in the directory: /srv/gemini\n"), some("gemini"));
        assert_eq!(found("Working directory: C:\\Users\\ann\\atlas\nPlatform: win32"), some("atlas"));
        assert_eq!(found("Working directory: ~/notes"), some("notes"));
        assert_eq!(found("Working directory: /"), None);
        assert_eq!(found("the working directory: see below"), None, "no path");
        assert_eq!(found("nothing of the kind"), None);
        assert_eq!(project(br#"{"x":"Working directory: /home/ann/short"}"#), None, "no tool's prompt");
    }

    #[test]
    fn both_ends_of_a_long_conversation_are_looked_at() {
        let long = "x".repeat(3 * LOOKED_THROUGH);
        let at_end = format!("{long}Working directory: /a/end\\nnext");
        assert_eq!(project(at_end.as_bytes()), Some("end".to_owned()));
        let between = format!("{long}Working directory: /a/between\\n{long}");
        assert_eq!(project(between.as_bytes()), None);
    }

    #[test]
    fn claude_codes_user_and_session_are_two() {
        let pair = |user: &str, session: &str| Some((user.to_owned(), session.to_owned()));
        assert_eq!(user_and_session("user_ab_account_cd_session_ef-01"), pair("user_ab_account_cd", "ef-01"));
        assert_eq!(user_and_session("user_ab_account__session_ef"), pair("user_ab_account_", "ef"));
        let said = r#"{"device_id":"d","account_uuid":"","session_id":"s"}"#;
        assert_eq!(user_and_session(said), pair("d", "s"));
        for other in ["ann", "my_session_id", "user_1_session_2", "{", "{}", ""] {
            assert_eq!(user_and_session(other), None, "{other}");
        }
    }
}
