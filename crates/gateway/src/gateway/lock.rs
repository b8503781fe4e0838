//! One Postern per data directory. The lock is the operating system's, so that it ends with the process however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// Holds the lock and, for people, the owner's process id.
pub const LOCK_FILE: &str = "postern.lock";

pub struct DirectoryLock {
    _file: File,
}

pub enum LockError {
    /// By the process of this id.
    Held(String),
    Io(io::Error),
}

impl DirectoryLock {
    pub fn take(directory: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(LOCK_FILE))
            .map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = file.read_to_string(&mut owner);
                let owner = owner.trim();
                return Err(LockError::Held(if owner.is_empty() { "unknown".into() } else { owner.into() }));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}

/// The process that owns a data directory now, if one does.
pub fn owner(directory: &Path) -> Option<String> {
    let mut file = File::open(directory.join(LOCK_FILE)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            file.read_to_string(&mut owner).ok()?;
            Some(owner.trim().to_owned())
        }
        _ => None,
    }
}

/// Makes the directory, for its owner alone.
pub fn private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(directory)
}
