use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use super::FileVault;
use crate::{Secret, Vault, VaultError};

const VALUE: &str = "sk-ant-a-value-that-must-never-be-on-disk";

fn open(folder: &Path) -> FileVault {
    FileVault::open(folder, None).unwrap()
}

fn open_with(folder: &Path, passphrase: &str) -> Result<FileVault, VaultError> {
    FileVault::open(folder, Some(Secret::from(passphrase)))
}

fn value_of(vault: &FileVault, name: &str) -> Option<String> {
    vault.get(name).unwrap().map(|secret| secret.expose().to_owned())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn sentence(error: VaultError, wanted: fn(&VaultError) -> bool) -> String {
    assert!(wanted(&error), "{error:?}");
    error.to_string()
}

fn is_refused(error: &VaultError) -> bool {
    matches!(error, VaultError::Refused(_))
}

fn is_corrupt(error: &VaultError) -> bool {
    matches!(error, VaultError::Corrupt(_))
}

#[test]
fn keeps_replaces_and_removes() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    assert_eq!(value_of(&vault, "a"), None);
    vault.remove("a").unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "reading must leave no trace");

    vault.put("a", &VALUE.into()).unwrap();
    vault.put("b", &"".into()).unwrap();
    vault.put("a", &"second".into()).unwrap();
    let again = open(folder.path());
    assert_eq!(value_of(&again, "a").as_deref(), Some("second"));
    assert_eq!(value_of(&again, "b").as_deref(), Some(""));
    again.remove("a").unwrap();
    assert_eq!(value_of(&vault, "a"), None, "another opening sees the change");
}

#[test]
fn files_are_private_and_hold_no_plaintext() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("deep/data");
    open(&folder).put("provider", &VALUE.into()).unwrap();
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(12).any(|part| VALUE.as_bytes().starts_with(part)), "{}", path.display());
    }
}

#[test]
fn the_same_content_is_never_sealed_the_same_way_twice() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.put("a", &VALUE.into()).unwrap();
    let first = fs::read(folder.path().join("vault.bin")).unwrap();
    vault.put("a", &VALUE.into()).unwrap();
    let second = fs::read(folder.path().join("vault.bin")).unwrap();
    assert_eq!(first.len(), second.len());
    assert_ne!(first, second);
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.put("a", &VALUE.into()).unwrap();
    let key = folder.path().join("vault.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();

    let told = sentence(FileVault::open(folder.path(), None).err().unwrap(), is_refused);
    assert!(told.contains(&format!("chmod 600 {}", key.display())), "{told}");
    sentence(vault.get("a").unwrap_err(), is_refused);
    assert!(!vault.retry().is_ready());

    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(vault.retry().is_ready());
    assert_eq!(value_of(&vault, "a").as_deref(), Some(VALUE));
}

#[test]
fn a_missing_or_foreign_key_is_told_and_no_new_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.put("a", &VALUE.into()).unwrap();
    let (sealed, key) = (folder.path().join("vault.bin"), folder.path().join("vault.key"));
    let before = fs::read(&sealed).unwrap();
    fs::remove_file(&key).unwrap();

    assert!(sentence(vault.put("b", &"x".into()).unwrap_err(), is_refused).contains("missing"));
    assert!(!key.exists());

    let other = tempfile::tempdir().unwrap();
    open(other.path()).put("a", &"x".into()).unwrap();
    fs::copy(other.path().join("vault.key"), &key).unwrap();
    assert!(sentence(vault.put("b", &"x".into()).unwrap_err(), is_refused).contains("does not belong"));
    assert_eq!(fs::read(&sealed).unwrap(), before);

    fs::write(&key, "not a key").unwrap();
    sentence(vault.get("a").unwrap_err(), is_corrupt);
}

#[test]
fn damage_is_told_at_every_byte_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).put("a", &VALUE.into()).unwrap();
    let path = folder.path().join("vault.bin");
    let whole = fs::read(&path).unwrap();
    let told = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let error = FileVault::open(folder.path(), None).err().expect("damage must be noticed");
        assert!(is_corrupt(&error) || is_refused(&error), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "must be left as it is");
    };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        told(&bytes);
        told(&whole[..at]);
    }
    let mut longer = whole.clone();
    longer.push(0);
    told(&longer);

    fs::write(&path, &whole).unwrap();
    let vault = open(folder.path());
    fs::write(&path, "gone").unwrap();
    sentence(vault.put("b", &"x".into()).unwrap_err(), is_corrupt);
    sentence(vault.remove("a").unwrap_err(), is_corrupt);
    assert_eq!(fs::read(&path).unwrap(), b"gone");
}

#[test]
fn a_passphrase_seals_without_a_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_with(folder.path(), "correct horse").unwrap();
    vault.put("a", &VALUE.into()).unwrap();
    vault.put("b", &"second".into()).unwrap();
    assert!(!folder.path().join("vault.key").exists());
    assert_eq!(value_of(&open_with(folder.path(), "correct horse").unwrap(), "b").as_deref(), Some("second"));

    let told = sentence(open_with(folder.path(), "wrong").err().unwrap(), is_refused);
    assert!(told.contains("passphrase is wrong"), "{told}");
    let told = sentence(FileVault::open(folder.path(), None).err().unwrap(), is_refused);
    assert!(told.contains("POSTERN_VAULT_PASSPHRASE"), "{told}");
    sentence(open_with(folder.path(), "").err().unwrap(), is_refused);
}

#[test]
fn a_passphrase_given_later_replaces_the_key_file() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).put("a", &VALUE.into()).unwrap();
    let key = folder.path().join("vault.key");
    assert!(key.exists());
    let vault = open_with(folder.path(), "now with one").unwrap();
    assert!(!key.exists());
    assert_eq!(value_of(&vault, "a").as_deref(), Some(VALUE));
    sentence(FileVault::open(folder.path(), None).err().unwrap(), is_refused);
}

#[test]
fn a_file_cannot_ask_for_all_the_memory_there_is() {
    let folder = tempfile::tempdir().unwrap();
    open_with(folder.path(), "p").unwrap().put("a", &VALUE.into()).unwrap();
    let path = folder.path().join("vault.bin");
    let mut bytes = fs::read(&path).unwrap();
    bytes[17..21].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    assert!(sentence(open_with(folder.path(), "p").err().unwrap(), is_corrupt).contains("asks for too much"));
}

#[test]
fn too_large_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let largest = "x".repeat(crate::MAX_SECRET_BYTES);
    assert_eq!(vault.put("a", &format!("{largest}x").into()), Err(VaultError::TooLarge));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    vault.put("a", &largest.into()).unwrap();
}

#[test]
fn a_crash_before_the_rename_leaves_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    vault.put("a", &VALUE.into()).unwrap();
    // What a crash leaves behind: a part of a new file, with whatever permissions.
    let leftover = folder.path().join("vault.bin.new");
    fs::write(&leftover, b"half a va").unwrap();
    fs::set_permissions(&leftover, fs::Permissions::from_mode(0o666)).unwrap();

    let vault = open(folder.path());
    assert_eq!(value_of(&vault, "a").as_deref(), Some(VALUE));
    vault.put("b", &"after the crash".into()).unwrap();
    assert!(!leftover.exists());
    assert_eq!(mode(&folder.path().join("vault.bin")), 0o600);
    assert_eq!(value_of(&open(folder.path()), "b").as_deref(), Some("after the crash"));
}

#[test]
fn a_crash_after_the_key_and_before_the_vault_keeps_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("vault.key");
    open(folder.path()).put("a", &VALUE.into()).unwrap();
    let text = fs::read(&key).unwrap();
    fs::remove_file(folder.path().join("vault.bin")).unwrap();
    open(folder.path()).put("a", &VALUE.into()).unwrap();
    assert_eq!(fs::read(&key).unwrap(), text);
}

#[test]
fn concurrent_writers_lose_nothing() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let folder = Arc::clone(&folder);
            // Each opens the vault for itself, as another process would.
            std::thread::spawn(move || {
                let vault = open(folder.path());
                for number in 0..10 {
                    vault.put(&format!("{writer}/{number}"), &format!("{writer}-{number}").into()).unwrap();
                    assert!(vault.get(&format!("{writer}/{number}")).unwrap().is_some());
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let vault = open(folder.path());
    for writer in 0..4 {
        for number in 0..10 {
            let expected = format!("{writer}-{number}");
            assert_eq!(value_of(&vault, &format!("{writer}/{number}")), Some(expected));
        }
    }
}
