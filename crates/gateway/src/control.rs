//! Where the window and the `postern` command find the gateway that owns a data directory.

use std::path::{Path, PathBuf};

/// Longest path a Unix socket may have on every system.
const LONGEST: usize = 100;

/// The control socket of a data directory. In the directory itself, or, where that path is too long for a socket, in the
/// temporary directory under a name derived from it.
pub fn socket_path(data_dir: &Path) -> PathBuf {
    let path = data_dir.join("control.sock");
    if path.as_os_str().len() <= LONGEST {
        return path;
    }
    let hash = crate::ids::hash_key(&data_dir.display().to_string());
    std::env::temp_dir().join(format!("postern-{}.sock", &crate::ids::hex(&hash)[..16]))
}
