//! Watches the configuration file and reads it again when it has changed. The system tells of changes, so that nothing is
//! asked while nothing happens. Watched are directories: an editor puts a new file in the place of the old one, and
//! Kubernetes turns a symbolic link to a new directory.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::engine::Engine;
use crate::registry::audit::Actor;

/// A file is taken to be written when nothing has happened to it for this long.
const QUIET: Duration = Duration::from_millis(200);
/// But one that is written to without end is read, too.
const MOST_DELAY: Duration = Duration::from_secs(3);
const MOST_LINKS: usize = 32;

pub async fn watch(engine: Arc<Engine>) {
    let Some(path) = &engine.options.config else { return };
    let Ok(path) = std::path::absolute(path) else { return };
    let mut watched = match Watched::new() {
        Ok(watched) => watched,
        Err(error) => return not_watched(&path, &error),
    };
    if let Err(error) = watched.follow(&path) {
        not_watched(&path, &error);
    }
    // What changed between its first reading and now.
    let mut changed = true;
    loop {
        if !changed {
            watched.changed.notified().await;
            settle(&watched.changed).await;
        }
        changed = false;
        let before = watched.links.clone();
        if let Err(error) = watched.follow(&path) {
            not_watched(&path, &error);
        }
        let _ = engine.reload_config(&Actor::gateway()).await;
        // A link that was turned before the new place was watched.
        if watched.links != before {
            changed = links(&path) != watched.links;
        }
    }
}

fn not_watched(path: &Path, error: &notify::Error) {
    tracing::warn!(
        "changes of the configuration file {} will not be seen ({error}): POST /config/reload reads it again",
        path.display()
    );
}

/// Waits until it is quiet.
async fn settle(changed: &Notify) {
    let quiet = async { while tokio::time::timeout(QUIET, changed.notified()).await.is_ok() {} };
    let _ = tokio::time::timeout(MOST_DELAY, quiet).await;
}

struct Watched {
    watcher: RecommendedWatcher,
    /// The file and every symbolic link on the way to it.
    links: BTreeSet<PathBuf>,
    /// The directories that are watched.
    directories: BTreeSet<PathBuf>,
    /// The names in them that matter, for the watcher's thread.
    names: Arc<Mutex<BTreeSet<OsString>>>,
    changed: Arc<Notify>,
}

impl Watched {
    fn new() -> notify::Result<Self> {
        let names = Arc::<Mutex<BTreeSet<OsString>>>::default();
        let changed = Arc::new(Notify::new());
        let (known, tell) = (names.clone(), changed.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = match event {
                // Reading the file is an event, too.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
                // Events were lost.
                Ok(event) if event.need_rescan() => true,
                Ok(event) => {
                    let names = known.lock().unwrap_or_else(PoisonError::into_inner);
                    let is_one = |path: &PathBuf| path.file_name().is_some_and(|name| names.contains(name));
                    event.paths.iter().any(is_one)
                }
                Err(_) => true,
            };
            if matters {
                tell.notify_one();
            }
        })?;
        Ok(Self { watcher, links: BTreeSet::new(), directories: BTreeSet::new(), names, changed })
    }

    /// Watches what the way to the file is now.
    fn follow(&mut self, path: &Path) -> notify::Result<()> {
        self.links = links(path);
        let mut directories = BTreeSet::new();
        let mut names = BTreeSet::new();
        for link in &self.links {
            let mut at = link.as_path();
            // Of a directory that is not there, the coming is waited for.
            while let Some(directory) = at.parent() {
                names.extend(at.file_name().map(ToOwned::to_owned));
                if directory.is_dir() {
                    // Its own end is told by its own name.
                    names.extend(directory.file_name().map(ToOwned::to_owned));
                    directories.insert(directory.to_owned());
                    break;
                }
                at = directory;
            }
        }
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
        // All anew: one may have been replaced by another of the same name. What happens meanwhile is read afterwards.
        for known in std::mem::take(&mut self.directories) {
            let _ = self.watcher.unwatch(&known);
        }
        let mut outcome = Ok(());
        for directory in directories {
            match self.watcher.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.directories.insert(directory);
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }
}

/// The file, and every symbolic link that is followed on the way to it.
fn links(path: &Path) -> BTreeSet<PathBuf> {
    let mut links = BTreeSet::from([path.to_owned()]);
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Some((link, next)) = first_link(&path) else { break };
        links.insert(link);
        path = next;
    }
    links.insert(path);
    links
}

/// The first part of the way that is a symbolic link, and the way with its target in the place of it.
fn first_link(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut so_far = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        so_far.push(part);
        if let Ok(target) = std::fs::read_link(&so_far) {
            let whole = so_far.parent().unwrap_or(Path::new("/")).join(target).join(parts.as_path());
            return Some((so_far, without_dots(&whole)));
        }
    }
    None
}

/// `a/../b` is `b`: what stands before the dots is no link, or it would have been followed first.
fn without_dots(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            _ => plain.push(part),
        }
    }
    plain
}
