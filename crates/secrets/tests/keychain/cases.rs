//! The cases. Each runs alone in its process, inside the bus it names.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use dbus_secret_service::{EncryptionType, SecretService};
use postern_secrets::{KeychainVault, Secret, Vault, VaultError, VaultKind, VaultState, open};

use crate::session::{Keyring, Kind};

pub struct Case {
    pub name: &'static str,
    pub bus: Kind,
    run: fn(),
}

const fn case(name: &'static str, bus: Kind, run: fn()) -> Case {
    Case { name, bus, run }
}

pub const CASES: &[Case] = &[
    case("keeps_and_removes", Kind::Bare, keeps_and_removes),
    case("nothing_in_the_data_directory", Kind::Bare, nothing_in_the_data_directory),
    case("two_data_directories_do_not_meet", Kind::Bare, two_data_directories_do_not_meet),
    case("locked_is_a_state_and_goes_on_when_unlocked", Kind::Bare, locked_is_a_state),
    case("late_keychain_is_found", Kind::Promising, late_keychain_is_found),
    case("keychain_without_a_keyring_is_locked", Kind::Bare, keychain_without_a_keyring),
    case("keychain_that_restarts_is_found_again", Kind::Bare, keychain_that_restarts),
    case("larger_than_any_message", Kind::Bare, larger_than_any_message),
    case("no_bus_means_a_file", Kind::None, no_bus_means_a_file),
    case("bus_without_keychain_means_a_file", Kind::Bare, bus_without_keychain_means_a_file),
    case("never_from_keychain_to_file", Kind::None, never_from_keychain_to_file),
    case("file_stays_file_when_a_keychain_appears", Kind::Bare, file_stays_file),
    case("what_is_asked_for_is_done", Kind::None, what_is_asked_for_is_done),
];

const VALUE: &str = "sk-ant-a-value-that-must-never-be-on-disk";

pub fn run(name: &str) {
    (CASES.iter().find(|case| case.name == name).expect("a case of that name").run)();
}

fn data_dir() -> PathBuf {
    std::env::home_dir().unwrap().join("data")
}

/// Waits for something another process does; fails after a time no working machine needs.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn unlocked_keyring(vault: &dyn Vault) -> Keyring {
    let keyring = Keyring::start(Some("login password"));
    until("the keychain to be ready", || vault.retry().is_ready());
    keyring
}

fn value_of(vault: &dyn Vault, name: &str) -> Option<String> {
    vault.get(name).unwrap().map(|secret| secret.expose().to_owned())
}

fn keeps_and_removes() {
    let vault = KeychainVault::open(&data_dir()).unwrap();
    let _keyring = unlocked_keyring(&vault);
    assert_eq!(vault.kind(), VaultKind::Keychain);
    assert_eq!(value_of(&vault, "provider/a"), None);
    vault.remove("provider/a").unwrap();
    vault.put("provider/a", &"first".into()).unwrap();
    vault.put("provider/a", &VALUE.into()).unwrap();
    vault.put("provider/b", &"".into()).unwrap();
    assert_eq!(value_of(&vault, "provider/a").as_deref(), Some(VALUE));
    assert_eq!(value_of(&vault, "provider/b").as_deref(), Some(""));

    // A second opening finds it, by whatever path the directory is named.
    let again = KeychainVault::open(&data_dir().join("..").join("data")).unwrap();
    assert_eq!(value_of(&again, "provider/a").as_deref(), Some(VALUE));

    // Moved as a whole, it still finds it: the name is noted in the directory.
    let moved = data_dir().with_file_name("moved");
    fs::rename(data_dir(), &moved).unwrap();
    assert_eq!(value_of(&KeychainVault::open(&moved).unwrap(), "provider/a").as_deref(), Some(VALUE));

    vault.remove("provider/a").unwrap();
    assert_eq!(value_of(&vault, "provider/a"), None);
}

fn nothing_in_the_data_directory() {
    let vault = KeychainVault::open(&data_dir()).unwrap();
    let _keyring = unlocked_keyring(&vault);
    vault.put("provider/a", &VALUE.into()).unwrap();
    let files: Vec<_> = fs::read_dir(data_dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().any(|path| path.ends_with("vault.json")), "{files:?}");
    // The keyring's own file, too: it is encrypted with the login password.
    let keyrings = data_dir().with_file_name("share").join("keyrings");
    let kept: Vec<_> = fs::read_dir(keyrings).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in files.iter().chain(&kept) {
        let bytes = fs::read(path).unwrap();
        let found = bytes.windows(12).any(|part| part == &VALUE.as_bytes()[..12]);
        assert!(!found, "the value is in {}", path.display());
    }
}

fn two_data_directories_do_not_meet() {
    let one = KeychainVault::open(&data_dir()).unwrap();
    let _keyring = unlocked_keyring(&one);
    let other = KeychainVault::open(&data_dir().with_file_name("other")).unwrap();
    assert_ne!(one.service(), other.service());
    one.put("a", &VALUE.into()).unwrap();
    assert_eq!(value_of(&other, "a"), None);
    other.put("a", &"of the other".into()).unwrap();
    other.remove("a").unwrap();
    assert_eq!(value_of(&one, "a").as_deref(), Some(VALUE));
}

fn locked_is_a_state() {
    let vault = KeychainVault::open(&data_dir()).unwrap();
    let keyring = unlocked_keyring(&vault);
    vault.put("a", &VALUE.into()).unwrap();
    let service = SecretService::connect(EncryptionType::Plain).unwrap();
    service.get_default_collection().unwrap().lock().unwrap();

    assert_eq!(vault.get("a").unwrap_err(), VaultError::Locked);
    assert_eq!(
        vault.get("never stored").unwrap_err(),
        VaultError::Locked,
        "locked is not the same as absent"
    );
    assert_eq!(vault.put("a", &"x".into()).unwrap_err(), VaultError::Locked);
    assert_eq!(vault.remove("a").unwrap_err(), VaultError::Locked);
    assert!(matches!(vault.state(), VaultState::Locked(_)));
    assert!(matches!(vault.retry(), VaultState::Locked(_)));
    assert!(!data_dir().join("vault.bin").exists());

    // Opened while locked, as at login: chosen all the same, and the user is told.
    let choice = open(None, &data_dir(), None).unwrap();
    assert_eq!(choice.vault.kind(), VaultKind::Keychain);
    assert!(choice.why.contains("locked"), "{}", choice.why);

    // The user logs in: the keyring's own way to be unlocked from outside is to be started with the password.
    keyring.stop();
    let _keyring = unlocked_keyring(&vault);
    assert_eq!(value_of(&vault, "a").as_deref(), Some(VALUE));
    assert!(choice.vault.retry().is_ready());
    assert_eq!(value_of(&*choice.vault, "a").as_deref(), Some(VALUE));
}

fn late_keychain_is_found() {
    let choice = open(None, &data_dir(), None).unwrap();
    assert_eq!(choice.vault.kind(), VaultKind::Keychain, "{}", choice.why);
    assert!(matches!(choice.vault.state(), VaultState::Starting(_)), "{:?}", choice.vault.state());
    assert!(matches!(choice.vault.get("a").unwrap_err(), VaultError::Unavailable(_)));
    assert!(matches!(choice.vault.put("a", &VALUE.into()).unwrap_err(), VaultError::Unavailable(_)));
    assert!(!data_dir().exists(), "nothing may be written while there is no keychain");

    let _keyring = unlocked_keyring(&*choice.vault);
    choice.vault.put("a", &VALUE.into()).unwrap();
    assert_eq!(value_of(&*choice.vault, "a").as_deref(), Some(VALUE));
}

fn keychain_without_a_keyring() {
    let vault = KeychainVault::open(&data_dir()).unwrap();
    assert!(matches!(vault.state(), VaultState::Starting(_)));
    let _keyring = Keyring::start(None);
    until("the keychain to show itself", || !matches!(vault.retry(), VaultState::Starting(_)));
    assert!(matches!(vault.state(), VaultState::Locked(_)), "{:?}", vault.state());
    assert_eq!(vault.put("a", &VALUE.into()).unwrap_err(), VaultError::Locked);
    assert!(!data_dir().exists());
}

fn keychain_that_restarts() {
    let vault = KeychainVault::open(&data_dir()).unwrap();
    let keyring = unlocked_keyring(&vault);
    vault.put("a", &VALUE.into()).unwrap();
    keyring.stop();
    assert!(matches!(vault.get("a").unwrap_err(), VaultError::Unavailable(_)));
    assert!(!vault.state().is_ready());
    let _keyring = Keyring::start(Some("login password"));
    // Without a retry in between: the next use finds it by itself.
    until("the secret to be there again", || vault.get("a").is_ok_and(|found| found.is_some()));
    assert_eq!(value_of(&vault, "a").as_deref(), Some(VALUE));
}

fn larger_than_any_message() {
    let vault = KeychainVault::open(&data_dir()).unwrap();
    let _keyring = unlocked_keyring(&vault);
    let largest = "x".repeat(postern_secrets::MAX_SECRET_BYTES);
    vault.put("a", &largest.as_str().into()).unwrap();
    assert_eq!(value_of(&vault, "a").unwrap(), largest);
    assert_eq!(vault.put("a", &format!("{largest}x").into()), Err(VaultError::TooLarge));
}

fn no_bus_means_a_file() {
    let choice = open(None, &data_dir(), None).unwrap();
    assert_eq!(choice.vault.kind(), VaultKind::File);
    assert!(choice.why.contains("no desktop session"), "{}", choice.why);
    assert!(choice.why.contains("key beside it"), "{}", choice.why);
    choice.vault.put("a", &VALUE.into()).unwrap();
    assert_eq!(value_of(&*open(None, &data_dir(), None).unwrap().vault, "a").as_deref(), Some(VALUE));

    let sealed = open(None, &data_dir(), Some(Secret::from("passphrase"))).unwrap();
    assert!(!sealed.why.contains("key beside it"), "{}", sealed.why);
}

fn bus_without_keychain_means_a_file() {
    let choice = open(None, &data_dir(), None).unwrap();
    assert_eq!(choice.vault.kind(), VaultKind::File);
    assert!(choice.why.contains("no keychain"), "{}", choice.why);
}

fn never_from_keychain_to_file() {
    // What an earlier use of the keychain leaves behind.
    fs::create_dir_all(data_dir()).unwrap();
    fs::write(data_dir().join("vault.json"), r#"{"kind":"keychain","service":"postern-12345678"}"#).unwrap();
    let choice = open(None, &data_dir(), None).unwrap();
    assert_eq!(choice.vault.kind(), VaultKind::Keychain);
    assert!(matches!(choice.vault.state(), VaultState::Unavailable(_)));
    assert!(choice.why.contains("no session bus"), "{}", choice.why);
    assert!(choice.vault.put("a", &VALUE.into()).is_err());
    assert_eq!(fs::read_dir(data_dir()).unwrap().count(), 1, "nothing but the note itself");

    fs::write(data_dir().join("vault.json"), "{").unwrap();
    assert!(matches!(open(None, &data_dir(), None).unwrap_err(), VaultError::Corrupt(_)));
}

fn file_stays_file() {
    assert_eq!(open(None, &data_dir(), None).unwrap().vault.kind(), VaultKind::File);
    open(None, &data_dir(), None).unwrap().vault.put("a", &VALUE.into()).unwrap();
    let keychain = KeychainVault::open(&data_dir().with_file_name("other")).unwrap();
    let _keyring = unlocked_keyring(&keychain);
    assert_eq!(
        open(None, &data_dir().with_file_name("new"), None).unwrap().vault.kind(),
        VaultKind::Keychain
    );
    let choice = open(None, &data_dir(), None).unwrap();
    assert_eq!(choice.vault.kind(), VaultKind::File);
    assert!(choice.why.contains("put there before"), "{}", choice.why);
    assert_eq!(value_of(&*choice.vault, "a").as_deref(), Some(VALUE));
}

fn what_is_asked_for_is_done() {
    let asked = |kind| open(Some(kind), &data_dir(), None).unwrap();
    let memory = asked(VaultKind::Memory);
    memory.vault.put("a", &VALUE.into()).unwrap();
    assert_eq!(value_of(&*memory.vault, "a").as_deref(), Some(VALUE));
    assert!(!data_dir().exists(), "memory leaves no trace");

    asked(VaultKind::File).vault.put("a", &VALUE.into()).unwrap();
    let keychain = asked(VaultKind::Keychain);
    assert_eq!(keychain.vault.kind(), VaultKind::Keychain);
    assert!(keychain.why.contains("stays there"), "{}", keychain.why);
    assert_eq!(
        open(None, &data_dir(), None).unwrap().vault.kind(),
        VaultKind::File,
        "asking alone changes nothing"
    );
}
