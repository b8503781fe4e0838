//! What Postern is told at start: options, the environment, and a LiteLLM `config.yaml`. The only place that reads the
//! environment.

mod alerts;
mod costs;
mod governance;
mod litellm;
mod routing;
pub mod sso;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use alerts::{AlertWebhook, signing_key};
pub use costs::{CostRules, DeploymentBilling, Margin};
pub use governance::{Governance, ProviderLimits, ProviderModelLimits, Unpriced};
pub use litellm::{
    ConfigFile, ConfigModel, Difference, LitellmParams, Named, PROVIDER_PARAMS, Problem, ids as config_ids,
    read as read_config_file,
};
use postern_secrets::{Secret, VaultKind};
pub use routing::{
    DEFAULT_RETRIES, FallbackKind, Fallbacks, LONGEST_TIMEOUT, MOST_RETRIES, Mirror, Policy, RoutingSettings,
    StoredFallbacks, Strategy, described,
};
pub use sso::{ClaimNames, SSO_ROLES, SsoServer, SsoSettings};

/// Where the gateway listens unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);

/// Largest request body, in bytes.
pub const DEFAULT_MAX_BODY: usize = 32 * 1024 * 1024;

/// How long shutdown waits for requests under way.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// How a gateway is opened.
#[derive(Debug, Clone)]
pub struct Options {
    pub data_dir: PathBuf,
    /// Port 0 picks a free one.
    pub listen: SocketAddr,
    /// A LiteLLM `config.yaml`.
    pub config: Option<PathBuf>,
    /// `None`: the keychain where there is one, else an encrypted file.
    pub vault: Option<VaultKind>,
    /// Opens the file vault instead of a key file.
    pub vault_passphrase: Option<Secret>,
    /// The administrator's key; without one it is read from the vault, or made and kept there.
    pub admin_key: Option<Secret>,
    /// Names besides localhost and IP addresses that the `Host` header may carry.
    pub allowed_hosts: Vec<String>,
    /// Web origins besides the gateway's own that may call it from a browser.
    pub allowed_origins: Vec<String>,
    pub max_body: usize,
    /// Answer before the ledger row is committed. Faster by the length of a commit; a crash may then lose rows.
    pub buffered_ledger: bool,
}

impl Options {
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            listen: DEFAULT_LISTEN,
            config: None,
            vault: None,
            vault_passphrase: None,
            admin_key: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            max_body: DEFAULT_MAX_BODY,
            buffered_ledger: false,
        }
    }

    /// Fills in what the environment says: `POSTERN_ADMIN_KEY` (or `LITELLM_MASTER_KEY`), `POSTERN_VAULT_PASSPHRASE`,
    /// `POSTERN_ALLOWED_HOSTS` and `POSTERN_ALLOWED_ORIGINS` (comma lists), `POSTERN_MAX_BODY_MB`,
    /// `POSTERN_DURABILITY=buffered`.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        let list = |name| -> Vec<String> {
            environment(name)
                .map(|text| {
                    text.split(',')
                        .map(str::trim)
                        .filter(|part| !part.is_empty())
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default()
        };
        self.admin_key = environment("POSTERN_ADMIN_KEY")
            .or_else(|| environment("LITELLM_MASTER_KEY"))
            .map(Secret::from)
            .or(self.admin_key);
        self.vault_passphrase = environment("POSTERN_VAULT_PASSPHRASE").map(Secret::from);
        self.allowed_hosts.extend(list("POSTERN_ALLOWED_HOSTS"));
        self.allowed_origins.extend(list("POSTERN_ALLOWED_ORIGINS"));
        if let Some(megabytes) =
            environment("POSTERN_MAX_BODY_MB").and_then(|text| text.parse::<usize>().ok())
        {
            self.max_body = megabytes.clamp(1, 1024) * 1024 * 1024;
        }
        self.buffered_ledger |= environment("POSTERN_DURABILITY").as_deref() == Some("buffered");
        self
    }
}

/// A variable of the environment; empty counts as absent.
#[expect(clippy::disallowed_methods, reason = "this module is where the environment is read")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads a secret from a caller's JSON or a file; blank counts as absent.
pub fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    use serde::Deserialize;
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty()).map(Secret::from))
}

/// Where data goes unless told otherwise: `POSTERN_DATA_DIR`, else the platform's data directory.
pub fn default_data_dir() -> Option<PathBuf> {
    environment("POSTERN_DATA_DIR").map(PathBuf::from).or_else(|| {
        directories::ProjectDirs::from("", "", "postern").map(|directories| directories.data_dir().to_owned())
    })
}

/// A program as a person would type it: by its name if that is what the shell finds, else by its path.
pub fn as_typed(program: &Path) -> String {
    let name = program.file_name().unwrap_or(program.as_os_str());
    let found = environment("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    match found {
        Some(found) if same_file(&found, program) => name.display().to_string(),
        _ => quoted(&program.display().to_string()),
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// A word for a POSIX shell.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@%,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
