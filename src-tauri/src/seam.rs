//! What the shell and its window, two processes, say to each other: one JSON object per line, over the window's standard
//! input and output. Whatever the gateway itself can answer goes over its control socket instead; here is what only the
//! process with the tray can know or do. The end of the input tells the window that the shell is gone.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// From the shell to its window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWindow {
    /// The gateway's control socket can be called from now on.
    GatewayOpen,
    /// There will be no gateway; a sentence for the user.
    GatewayFailed(String),
    Raise,
    Answer {
        to: u64,
        outcome: Outcome,
    },
}

/// From the window to the shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToShell {
    /// The window is in front: after its start, and after each `Raise`.
    Shown,
    /// The user has closed it: what is left is for its process to end.
    Closing,
    Question {
        number: u64,
        ask: Ask,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// What was copied has to outlive the window.
    Copy(String),
    /// Answered with the new base URL.
    ListenOn(u16),
    UnlockVault,
}

/// What came of a question: often nothing to say, or a sentence for the user.
pub type Outcome = Result<String, String>;

/// One message as it is sent, with the end of its line.
pub fn line(message: &impl Serialize) -> String {
    // These types always serialize; an empty line is passed over on the other side.
    let mut line = serde_json::to_string(message).unwrap_or_default();
    line.push('\n');
    line
}

/// What a line says; `None` where nobody meant it for us, as when a library prints something.
pub fn understood<'a, T: Deserialize<'a>>(line: &'a str) -> Option<T> {
    let line = line.trim();
    if line.is_empty() {
        return None;
    }
    match serde_json::from_str(line) {
        Ok(message) => Some(message),
        Err(error) => {
            tracing::debug!(%error, line = %shortened(line), "not understood");
            None
        }
    }
}

fn shortened(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]).into(),
        None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_one_line_and_comes_back() {
        for message in [
            ToWindow::GatewayOpen,
            ToWindow::GatewayFailed("Two\nlines.".to_owned()),
            ToWindow::Raise,
            ToWindow::Answer { to: 7, outcome: Ok("http://127.0.0.1:4001".to_owned()) },
            ToWindow::Answer { to: 8, outcome: Err("No.".to_owned()) },
        ] {
            let sent = line(&message);
            assert_eq!(sent.find('\n'), Some(sent.len() - 1), "{sent}");
            assert_eq!(understood(&sent), Some(message));
        }
        for ask in [Ask::Copy("sk-\r\n\u{2028}".to_owned()), Ask::ListenOn(4001), Ask::UnlockVault] {
            let sent = line(&ToShell::Question { number: 1, ask: ask.clone() });
            assert_eq!(sent.lines().count(), 1, "{sent}");
            assert_eq!(understood(&sent), Some(ToShell::Question { number: 1, ask }));
        }
    }

    #[test]
    fn what_a_library_prints_is_passed_over() {
        for noise in ["", "\n", "libEGL warning: failed", "{\"shown\":", "{\"other\":1}"] {
            assert_eq!(understood::<ToShell>(noise), None, "{noise}");
        }
        assert!(understood::<ToShell>(&"ü".repeat(200)).is_none());
    }
}
