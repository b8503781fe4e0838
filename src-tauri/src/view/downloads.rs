//! Files for the user, in their folder for downloads: a webview has none of its own. A file gets its name once it is whole; until
//! then its name ends in `.part`, and what fails takes it away.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use tauri::{AppHandle, Manager};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

/// So many files of one name, numbered, and no more.
const MOST_OF_A_NAME: u32 = 1000;
/// File systems take 255 bytes; a number and `.part` are added to a name.
const LONGEST_STEM: usize = 180;
const LONGEST_EXTENSION: usize = 16;

/// What was saved since the window opened: nothing else is shown to the page's order.
#[derive(Default)]
pub struct Downloads(Mutex<HashSet<PathBuf>>);

impl Downloads {
    pub fn add(&self, path: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    }

    pub fn has(&self, path: &Path) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }
}

/// Where the user's downloads go; where the system names no folder for them, the usual one.
pub fn folder(app: &AppHandle) -> Result<PathBuf, String> {
    let known = app.path();
    known
        .download_dir()
        .or_else(|_| known.home_dir().map(|home| home.join("Downloads")))
        .map_err(|_| "There is no folder for downloads, nor a home folder to make one in.".to_owned())
}

/// A body as a new file of about that name. Nothing that is there is written over.
pub async fn store<B>(folder: &Path, suggested: &str, mut body: B) -> Result<PathBuf, String>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let name = clean(suggested);
    let mut unfinished = Unfinished::begin(folder, &name).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("The gateway's answer broke off: {error}."))?;
        if let Some(chunk) = frame.data_ref() {
            unfinished.write(chunk).await?;
        }
    }
    unfinished.finish().await
}

struct Unfinished<'a> {
    file: File,
    path: PathBuf,
    folder: &'a Path,
    name: &'a str,
    finished: bool,
}

impl<'a> Unfinished<'a> {
    async fn begin(folder: &'a Path, name: &'a str) -> Result<Self, String> {
        fs::create_dir_all(folder).await.map_err(|error| told(folder, &error))?;
        let (file, path) = create(folder, &format!("{name}.part")).await?;
        Ok(Self { file, path, folder, name, finished: false })
    }

    async fn write(&mut self, chunk: &[u8]) -> Result<(), String> {
        self.file.write_all(chunk).await.map_err(|error| told(&self.path, &error))
    }

    async fn finish(mut self) -> Result<PathBuf, String> {
        // Some file systems find only now that there is no room.
        let written = async {
            self.file.flush().await?;
            self.file.sync_all().await
        };
        written.await.map_err(|error| told(&self.path, &error))?;
        // The name is taken before the file gets it: moving would write over another's.
        let (_, path) = create(self.folder, self.name).await?;
        if let Err(error) = fs::rename(&self.path, &path).await {
            let _ = fs::remove_file(&path).await;
            return Err(told(&path, &error));
        }
        self.finished = true;
        Ok(path)
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "half a file stays behind");
        }
    }
}

/// A new file: `name.csv`, or `name (2).csv` where that is taken.
async fn create(folder: &Path, name: &str) -> Result<(File, PathBuf), String> {
    let mut path = folder.join(name);
    for number in 1..=MOST_OF_A_NAME {
        if number > 1 {
            path = folder.join(numbered(name, number));
        }
        match OpenOptions::new().write(true).create_new(true).open(&path).await {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(told(&path, &error)),
        }
    }
    Err(format!("{} has {MOST_OF_A_NAME} files of that name already.", folder.display()))
}

fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem} ({number}).{extension}"),
        _ => format!("{name} ({number})"),
    }
}

/// One name and no path: without what separates folders or means something to a file system, not hidden, and not too long.
fn clean(suggested: &str) -> String {
    let plain: String = suggested
        .chars()
        .map(|letter| if letter.is_control() || r#"/\:*?"<>|"#.contains(letter) { '-' } else { letter })
        .collect();
    let plain = plain.trim_matches(|letter: char| letter == '.' || letter.is_whitespace());
    let (stem, extension) = match plain.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= LONGEST_EXTENSION => (stem, Some(extension)),
        _ => (plain, None),
    };
    let stem = if stem.is_empty() { "postern" } else { &stem[..stem.floor_char_boundary(LONGEST_STEM)] };
    extension.map_or_else(|| stem.to_owned(), |extension| format!("{stem}.{extension}"))
}

fn told(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull => format!("There is no space left on the disk for {path}."),
        io::ErrorKind::QuotaExceeded => format!("There is no space left for you on the disk of {path}."),
        io::ErrorKind::PermissionDenied => format!("{path} may not be written."),
        io::ErrorKind::ReadOnlyFilesystem => format!("{path} cannot be written: its disk is read-only."),
        _ => format!("{path} cannot be written: {error}."),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use hyper::body::Frame;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_file_is_new_and_whole() {
        let home = tempfile::tempdir().unwrap();
        // The folder need not be there yet.
        let folder = home.path().join("Downloads");
        for (text, name) in [("one", "log.csv"), ("two", "log (2).csv"), ("three", "log (3).csv")] {
            let path = store(&folder, "log.csv", Full::from(text)).await.unwrap();
            assert_eq!(path, folder.join(name));
            assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        }
        assert_eq!(
            std::fs::read_to_string(folder.join("log.csv")).unwrap(),
            "one",
            "nothing is written over"
        );
        assert_eq!(names(&folder).len(), 3, "nothing else is there: {:?}", names(&folder));
    }

    /// Chunks, and then perhaps an end that is none.
    struct Chunks(Vec<Result<Frame<Bytes>, io::Error>>);

    impl Body for Chunks {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            std::task::Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
        }
    }

    #[tokio::test]
    async fn of_what_breaks_off_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("log.csv"), "mine").unwrap();
        let chunk = || Ok(Frame::data(Bytes::from_static(b"half")));
        let broken = Chunks(vec![chunk(), Err(io::ErrorKind::ConnectionReset.into())]);
        let error = store(folder.path(), "log.csv", broken).await.unwrap_err();
        assert!(error.starts_with("The gateway's answer broke off"), "{error}");
        assert_eq!(names(folder.path()), ["log.csv"]);
        assert_eq!(std::fs::read_to_string(folder.path().join("log.csv")).unwrap(), "mine");
        store(folder.path(), "log.csv", Chunks(vec![chunk(), chunk()])).await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("log (2).csv")).unwrap(), "halfhalf");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_said() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Downloads");
        std::fs::write(&folder, "a file").unwrap();
        let error = store(&folder, "log.csv", Full::from("x")).await.unwrap_err();
        assert!(error.contains("Downloads cannot be written"), "{error}");
        assert_eq!(
            told(&folder, &io::ErrorKind::StorageFull.into()),
            format!("There is no space left on the disk for {}.", folder.display())
        );
    }

    #[test]
    fn a_name_is_a_name_and_no_path() {
        for (suggested, name) in [
            ("postern-requests-2026-11-27.csv", "postern-requests-2026-11-27.csv"),
            ("../../.bashrc", "-..-.bashrc"),
            ("/etc/passwd", "-etc-passwd"),
            (r"C:\log.csv", "C--log.csv"),
            (".hidden", "hidden"),
            ("a\nb\0.png", "a-b-.png"),
            ("  ", "postern"),
            ("…/.csv", "…-.csv"),
            ("Übersicht März.jsonl", "Übersicht März.jsonl"),
        ] {
            assert_eq!(clean(suggested), name);
        }
        let long = clean(&format!("{}.csv", "ü".repeat(300)));
        assert!(long.len() < 200 && long.ends_with("ü.csv"), "{long}");
        assert_eq!(numbered("log.csv", 2), "log (2).csv");
        assert_eq!(numbered("log", 3), "log (3)");
        assert_eq!(numbered("log.csv.part", 2), "log.csv (2).part");
    }

    #[tokio::test]
    async fn an_empty_answer_is_an_empty_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = store(folder.path(), "none.csv", Chunks(Vec::new())).await.unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().len(), 0);
    }

    #[test]
    fn only_what_was_saved_is_known() {
        let downloads = Downloads::default();
        downloads.add(PathBuf::from("/home/ann/Downloads/log.csv"));
        assert!(downloads.has(Path::new("/home/ann/Downloads/log.csv")));
        assert!(!downloads.has(Path::new("/home/ann/Downloads")));
    }
}
