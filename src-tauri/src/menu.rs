//! What the tray's menu says: a pure function of what is known, so that every state can be tested without a tray.

#[cfg(test)]
mod tests;

use std::net::SocketAddr;

/// What the menu depends on, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    pub gateway: Gateway,
    /// Nano-dollars.
    pub spend_today: i64,
    pub requests_today: u64,
    /// Requests of today whose model has no price: the spend is more than it says.
    pub unpriced_today: u64,
    /// The vault's complaint, if it is not open.
    pub vault: Option<VaultTrouble>,
    pub quitting: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gateway {
    #[default]
    Opening,
    /// The data directory could not be opened; the reason is a sentence.
    Broken(String),
    Off,
    On(SocketAddr),
    /// It should listen and cannot. `taken`: another program has the port, and `instead` is a free one.
    Refused {
        address: SocketAddr,
        taken: bool,
        instead: Option<u16>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultTrouble {
    Locked,
    Missing,
}

/// What a click asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Toggle,
    Open,
    CopyBaseUrl,
    UsePort(u16),
    UnlockVault,
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub action: Action,
    pub label: String,
    pub enabled: bool,
}

/// The menu from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuModel {
    /// Not for clicking.
    pub status: String,
    /// Present only while something can be done about it.
    pub remedies: Vec<Item>,
    pub toggle: Item,
    pub toggle_checked: bool,
    pub open: Item,
    pub copy: Item,
    pub quit: Item,
    /// Whether the icon shows a gateway that is reached.
    pub lit: bool,
}

pub fn model(glance: &Glance) -> MenuModel {
    let on = matches!(glance.gateway, Gateway::On(_));
    let switchable =
        !glance.quitting && matches!(glance.gateway, Gateway::On(_) | Gateway::Off | Gateway::Refused { .. });
    MenuModel {
        status: status(glance),
        remedies: if glance.quitting { Vec::new() } else { remedies(glance) },
        toggle: item(Action::Toggle, "Gateway on", switchable),
        toggle_checked: on,
        open: item(Action::Open, "Open Postern", !glance.quitting),
        copy: item(Action::CopyBaseUrl, "Copy base URL", on && !glance.quitting),
        quit: item(Action::Quit, if glance.quitting { "Quit now" } else { "Quit Postern" }, true),
        lit: on,
    }
}

fn item(action: Action, label: impl Into<String>, enabled: bool) -> Item {
    Item { action, label: label.into(), enabled }
}

fn status(glance: &Glance) -> String {
    if glance.quitting {
        return "Finishing what is under way…".to_owned();
    }
    let today = today(glance);
    match &glance.gateway {
        Gateway::Opening => "Starting…".to_owned(),
        Gateway::Broken(_) => "Postern cannot start".to_owned(),
        Gateway::Off => format!("Off · {today}"),
        Gateway::On(_) => today,
        Gateway::Refused { address, taken: true, .. } => {
            format!("Port {} is taken · {today}", address.port())
        }
        Gateway::Refused { address, .. } => format!("Cannot listen on {address} · {today}"),
    }
}

fn today(glance: &Glance) -> String {
    let unpriced = match glance.unpriced_today {
        0 => String::new(),
        some => format!(", {} unpriced", thousands(some)),
    };
    format!("{} today · {}{unpriced}", dollars(glance.spend_today), count(glance.requests_today, "request"))
}

fn remedies(glance: &Glance) -> Vec<Item> {
    let mut remedies = Vec::new();
    if let Gateway::Refused { instead: Some(port), .. } = glance.gateway {
        remedies.push(item(Action::UsePort(port), format!("Use port {port} instead"), true));
    }
    match glance.vault {
        Some(VaultTrouble::Locked) => remedies.push(item(Action::UnlockVault, "Unlock the keychain…", true)),
        Some(VaultTrouble::Missing) => {
            remedies.push(item(Action::UnlockVault, "Waiting for the keychain · look again", true));
        }
        None => {}
    }
    remedies
}

/// Nano-dollars with as many digits as it takes to be true, two at least: `$0.00`, `$0.0042`, `$12.30`.
pub fn dollars(nano: i64) -> String {
    const DOLLAR: u64 = 1_000_000_000;
    let sign = if nano < 0 { "-" } else { "" };
    let nano = nano.unsigned_abs();
    // Cents from a dollar up; below it the first three digits that say something.
    let unit = match nano {
        0 => return "$0.00".to_owned(),
        nano if nano < 500 => return format!("{sign}<$0.000001"),
        nano if nano < DOLLAR / 10_000 => 1_000,
        nano if nano < DOLLAR => 100_000,
        _ => DOLLAR / 100,
    };
    let rounded = (nano + unit / 2) / unit * unit;
    let fraction = format!("{:09}", rounded % DOLLAR);
    let shown = fraction.trim_end_matches('0').len().max(2);
    format!("{sign}${}.{}", thousands(rounded / DOLLAR), &fraction[..shown])
}

fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Action {
    /// The id of its menu item.
    pub fn id(&self) -> String {
        match self {
            Self::Toggle => "toggle".to_owned(),
            Self::Open => "open".to_owned(),
            Self::CopyBaseUrl => "copy-base-url".to_owned(),
            Self::UsePort(port) => format!("use-port-{port}"),
            Self::UnlockVault => "unlock-vault".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Some(match id {
            "toggle" => Self::Toggle,
            "open" => Self::Open,
            "copy-base-url" => Self::CopyBaseUrl,
            "unlock-vault" => Self::UnlockVault,
            "quit" => Self::Quit,
            other => Self::UsePort(other.strip_prefix("use-port-")?.parse().ok()?),
        })
    }
}
