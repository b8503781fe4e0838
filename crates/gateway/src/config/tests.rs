use std::path::Path;

use super::{as_typed, quoted};

#[test]
fn words_are_quoted_for_the_shell_only_where_they_must_be() {
    assert_eq!(quoted("/home/ada/.local/share/postern"), "/home/ada/.local/share/postern");
    assert_eq!(quoted("/home/ada/my data"), "'/home/ada/my data'");
    assert_eq!(quoted("ada's"), r"'ada'\''s'");
    assert_eq!(quoted(""), "''");
}

#[test]
fn a_program_is_named_by_its_path_unless_the_shell_finds_that_very_file() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("sh");
    std::fs::write(&other, "").unwrap();
    assert_eq!(as_typed(&other), other.display().to_string());
    assert_eq!(as_typed(Path::new("/bin/sh")), "sh");
}
