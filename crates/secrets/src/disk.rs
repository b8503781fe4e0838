//! Small private files: readable by the owner only, replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::VaultError;

/// Creates the folder for the owner alone. One that exists keeps its permissions: it may be shared on purpose.
pub(crate) fn create_folder(folder: &Path) -> Result<(), VaultError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| io_error("create", folder, &error))
}

/// The file's bytes, or `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error("read", path, &error)),
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| io_error("read", path, &error))?;
    Ok(Some(bytes))
}

/// Replaces the file in one step. After a crash the old or the new content is there, perhaps beside a stale `.new`
/// file, which the next write overwrites. Callers hold the folder's [`lock`].
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = Path::new(&name);
    let written = write_private(fresh, bytes).and_then(|()| fs::rename(fresh, path));
    if let Err(error) = written {
        // A half-written file is of no use; failing to remove it changes nothing for the caller.
        let _ = fs::remove_file(fresh);
        return Err(io_error("write", path, &error));
    }
    sync_folder(path);
    Ok(())
}

/// Waits until no other process or thread holds the lock of that name; it is given back on drop.
pub(crate) fn lock(path: &Path) -> Result<File, VaultError> {
    let file = private_options().open(path).map_err(|error| io_error("open", path, &error))?;
    file.lock().map_err(|error| io_error("lock", path, &error))?;
    Ok(file)
}

/// Whether anyone but the owner may read the file.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> Result<bool, VaultError> {
    use std::os::unix::fs::PermissionsExt;
    let about = fs::metadata(path).map_err(|error| io_error("read", path, &error))?;
    Ok(about.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the user's profile folder is private by its access list.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_path: &Path) -> Result<bool, VaultError> {
    Ok(false)
}

pub(crate) fn io_error(doing: &str, path: &Path, error: &io::Error) -> VaultError {
    VaultError::Io(format!("Could not {doing} {}: {error}.", path.display()))
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A leftover of a crash might have other permissions than a fresh file.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private_options().open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename itself durable. Not every file system can, and the content is safe by then.
fn sync_folder(path: &Path) {
    #[cfg(unix)]
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = path;
}
