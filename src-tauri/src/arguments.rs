//! The command line of the desktop binary. `postern` (without a window) has more to say; see `crates/cli`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use postern_gateway::Options;
use postern_gateway::config::{DEFAULT_LISTEN, default_data_dir};
use postern_secrets::VaultKind;

use crate::settings::Settings;

/// A personal LLM gateway that lives in the tray.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "postern-desktop", version)]
pub struct Arguments {
    /// Open the window at start, not only the first time.
    #[arg(long)]
    pub show: bool,
    /// End the Postern that runs for this data directory, after what is under way.
    #[arg(long, conflicts_with = "show")]
    pub quit: bool,
    /// Be the window's process of the Postern that started this one; see `window.rs`.
    #[arg(long, hide = true)]
    pub window: bool,
    /// Where the gateway listens; port 0 picks a free one. [default: what was chosen last, or 127.0.0.1:4000]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where the database and settings are kept. [default: $POSTERN_DATA_DIR, or the system's place for it]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// A LiteLLM config.yaml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where credentials are kept: keychain, file or memory.
    #[arg(long, value_name = "VAULT")]
    pub vault: Option<VaultKind>,
}

impl Arguments {
    /// The data directory, or the sentence to end with.
    pub fn data_dir(&self) -> Result<PathBuf, String> {
        self.data_dir.clone().or_else(default_data_dir).ok_or_else(|| {
            "There is no home directory to keep data in. Name a directory with --data-dir.".to_owned()
        })
    }

    /// The name under which a second start finds the first: one for each data directory.
    pub fn instance_name(data_dir: &Path) -> String {
        let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        let path = path.canonicalize().unwrap_or(path);
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        format!("dev.postern.desktop.d{:016x}", hasher.finish())
    }

    pub fn options(&self, data_dir: PathBuf, settings: &Settings) -> Options {
        let mut options = Options::new(data_dir).with_environment();
        options.listen = self.listen.or(settings.listen).unwrap_or(DEFAULT_LISTEN);
        options.config.clone_from(&self.config);
        options.vault = self.vault;
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Arguments {
        Arguments::try_parse_from(std::iter::once(&"postern-desktop").chain(arguments)).unwrap()
    }

    fn listens_at(arguments: &[&str], saved: Option<&str>) -> String {
        let settings = Settings { listen: saved.map(|text| text.parse().unwrap()), ..Settings::default() };
        parse(arguments).options(PathBuf::from("/data"), &settings).listen.to_string()
    }

    #[test]
    fn the_command_line_wins_over_what_was_saved() {
        assert_eq!(listens_at(&[], None), "127.0.0.1:4000");
        assert_eq!(listens_at(&[], Some("127.0.0.1:4001")), "127.0.0.1:4001");
        assert_eq!(listens_at(&["--listen", "127.0.0.1:0"], Some("127.0.0.1:4001")), "127.0.0.1:0");
    }

    #[test]
    fn each_data_directory_has_an_instance_of_its_own() {
        let name = |folder: &Path| Arguments::instance_name(folder);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(name(folder.path()), name(&folder.path().join(".").join("..").join(folder.path())));
        assert_ne!(name(folder.path()), name(&folder.path().join("other")));
    }

    #[test]
    fn a_wrong_vault_is_refused_with_the_choices() {
        let error =
            Arguments::try_parse_from(["postern-desktop", "--vault", "clouds"]).unwrap_err().to_string();
        assert!(error.contains("keychain, file or memory"), "{error}");
    }
}
