//! Desktop notifications: only for what the user must know with no window open, and once per episode.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::menu::Gateway;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    CannotStart {
        reason: String,
    },
    PortTaken {
        port: u16,
        instead: Option<u16>,
    },
    CannotListen {
        reason: String,
    },
    CredentialRefused {
        provider: String,
        message: String,
    },
    /// A key was rotated by itself; the old one is taken until then, in the time of this machine.
    KeyRotated {
        key: String,
        previous_until: String,
    },
    /// A budget, unusual spend, a provider's limit: told once by the gateway, in its words.
    Alert {
        title: String,
        text: String,
    },
    NoTray,
}

/// What has been told and is not over yet.
#[derive(Default)]
pub struct Episodes(Mutex<BTreeSet<String>>);

impl Notice {
    /// Title and text.
    pub fn words(&self) -> (String, String) {
        match self {
            Self::CannotStart { reason } => ("Postern cannot start".to_owned(), reason.clone()),
            Self::PortTaken { port, instead } => (
                format!("Port {port} is taken"),
                match instead {
                    Some(free) => format!(
                        "Another program uses it, so the gateway is not reachable. Postern's menu offers port {free} \
                         instead."
                    ),
                    None => "Another program uses it, so the gateway is not reachable. End that program, then turn \
                             the gateway on again."
                        .to_owned(),
                },
            ),
            Self::CannotListen { reason } => ("The gateway is not reachable".to_owned(), reason.clone()),
            Self::CredentialRefused { provider, message } => (
                format!("{provider} refuses its credential"),
                format!("Requests to it fail until the credential is replaced under Providers. It said: {message}"),
            ),
            Self::KeyRotated { key, previous_until } => (
                format!("The key {key} was rotated"),
                format!(
                    "Programs that use the old one are refused after {previous_until}. The new one waits under Keys, \
                     where it is shown once."
                ),
            ),
            Self::Alert { title, text } => (title.clone(), text.clone()),
            Self::NoTray => (
                "No tray on this desktop".to_owned(),
                "Postern goes on when its window is closed. Start it again to bring the window back, or run \
                 postern-desktop --quit to end it."
                    .to_owned(),
            ),
        }
    }

    fn episode(&self) -> String {
        match self {
            Self::CannotStart { .. } => "start".to_owned(),
            Self::PortTaken { .. } | Self::CannotListen { .. } => "listen".to_owned(),
            Self::CredentialRefused { provider, .. } => format!("credential {provider}"),
            Self::KeyRotated { key, .. } => format!("rotation {key}"),
            Self::Alert { title, .. } => format!("alert {title}"),
            Self::NoTray => "tray".to_owned(),
        }
    }

    /// Whether the gateway tells it once by itself: a credential until it works again, a key each time it is rotated, an alert
    /// once in its episode.
    fn is_told_once(&self) -> bool {
        matches!(self, Self::CredentialRefused { .. } | Self::KeyRotated { .. } | Self::Alert { .. })
    }
}

impl Episodes {
    /// Shows it, unless the same is going on already.
    pub fn tell(&self, notice: Notice) {
        if self.begins(&notice) {
            tracing::warn!(?notice, "notification");
            show(notice);
        }
    }

    /// What listens again may fail again, and is told again then.
    pub fn gateway_is(&self, gateway: &Gateway) {
        if matches!(gateway, Gateway::On(_) | Gateway::Off) {
            self.over("listen");
        }
    }

    fn begins(&self, notice: &Notice) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notice.is_told_once() || told.insert(notice.episode())
    }

    fn over(&self, episode: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(episode);
    }
}

/// On a thread of its own: the daemon may be slow, missing or hung, and none of that may hold anything up.
fn show(notice: Notice) {
    std::thread::spawn(move || {
        let (title, text) = notice.words();
        let mut notification = notify_rust::Notification::new();
        notification.appname("Postern").summary(&title).body(&escaped(&text)).icon("postern-desktop");
        if let Err(error) = notification.show() {
            tracing::info!(%error, "no notification could be shown");
        }
    });
}

/// Bodies may carry a little markup, and part of ours comes from providers.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_once_until_it_is_over() {
        let episodes = Episodes::default();
        let taken = Notice::PortTaken { port: 4000, instead: Some(4001) };
        assert!(episodes.begins(&taken));
        assert!(!episodes.begins(&taken));
        episodes.gateway_is(&Gateway::Refused {
            address: "127.0.0.1:4000".parse().unwrap(),
            taken: true,
            instead: None,
        });
        assert!(!episodes.begins(&taken));
        episodes.gateway_is(&Gateway::On("127.0.0.1:4000".parse().unwrap()));
        assert!(episodes.begins(&taken));
    }

    #[test]
    fn every_rotation_of_a_key_is_told() {
        let episodes = Episodes::default();
        for until in ["28 November, 14:05", "29 November, 14:05"] {
            let rotated = Notice::KeyRotated { key: "laptop".to_owned(), previous_until: until.to_owned() };
            assert!(episodes.begins(&rotated), "{until}");
        }
    }

    #[test]
    fn every_alert_is_shown_as_the_gateway_words_it() {
        let episodes = Episodes::default();
        let alert =
            Notice::Alert { title: "openai is near its limit".to_owned(), text: "9 of 10".to_owned() };
        assert!(episodes.begins(&alert) && episodes.begins(&alert), "the gateway tells each once");
        assert_eq!(alert.words(), ("openai is near its limit".to_owned(), "9 of 10".to_owned()));
    }

    #[test]
    fn says_what_to_do_and_keeps_markup_out() {
        let rotated =
            Notice::KeyRotated { key: "laptop".to_owned(), previous_until: "28 November, 14:05".to_owned() };
        let (title, text) = rotated.words();
        assert!(title.contains("laptop") && text.contains("after 28 November, 14:05"), "{title} {text}");
        let (title, text) = Notice::PortTaken { port: 4000, instead: Some(4001) }.words();
        assert!(title.contains("4000") && text.contains("port 4001 instead"), "{title} {text}");
        assert_eq!(escaped("<b>401 & gone</b>"), "&lt;b&gt;401 &amp; gone&lt;/b&gt;");
    }
}
