//! `desktop.json` in the data directory: the little the shell remembers. Damage costs nothing but the memory of it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether the window has been open once; until then it opens by itself.
    pub welcomed: bool,
    /// Another address than the usual one, chosen when that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

impl Settings {
    pub fn read(data_dir: &Path) -> Self {
        let text = match fs::read(path(data_dir)) {
            Ok(text) => text,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(%error, "desktop.json cannot be read; going on without it");
                }
                return Self::default();
            }
        };
        serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::warn!(%error, "desktop.json cannot be understood; going on without it");
            Self::default()
        })
    }

    /// Replaces the file in one step.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        fs::create_dir_all(data_dir)?;
        let fresh = data_dir.join("desktop.json.new");
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, path(data_dir))
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("desktop.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_survives_damage() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("new");
        assert_eq!(Settings::read(&data_dir), Settings::default());
        let settings = Settings { welcomed: true, listen: Some("127.0.0.1:4001".parse().unwrap()) };
        settings.write(&data_dir).unwrap();
        assert_eq!(Settings::read(&data_dir), settings);
        fs::write(path(&data_dir), "{\"welcomed\":").unwrap();
        assert_eq!(Settings::read(&data_dir), Settings::default());
    }
}
