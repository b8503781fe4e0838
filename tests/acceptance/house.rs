//! Rules of the house that no compiler checks: the layers of the gateway, and the size of files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "gen" | "dist") && !name.starts_with('.')
            {
                found.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The layer of each module, as the comments between the `pub mod` lines of the gateway's root say.
fn layers(root: &str) -> BTreeMap<String, u32> {
    let mut layer = None;
    let mut modules = BTreeMap::new();
    for line in root.lines() {
        if let Some(number) = line.strip_prefix("// ").and_then(|rest| rest.split(' ').next()) {
            layer = number.parse().ok().or(layer);
        } else if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            modules.insert(name.to_owned(), layer.unwrap_or_else(|| panic!("{name} is in no layer")));
        }
    }
    modules
}

/// Modules named after `crate::` in this text, with `use crate::{a, b::c}` taken apart. Comments do not count.
fn mentioned(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut fresh = true;
            for character in group.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => fresh = true,
                    character if depth == 0 && fresh && (character.is_alphanumeric() || character == '_') => {
                        word.push(character);
                    }
                    _ if depth == 0 && !word.is_empty() => fresh = false,
                    _ => {}
                }
                if (!fresh || character == ',') && !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
            }
            if !word.is_empty() {
                found.push(word);
            }
        } else {
            found.push(
                rest.chars()
                    .take_while(|character| character.is_alphanumeric() || *character == '_')
                    .collect(),
            );
        }
    }
    found
}

#[test]
fn paths_into_the_crate_are_found_however_they_are_written() {
    let text = "use crate::auth::Caller;\nuse crate::{clock, http::Shared, ids};\nuse crate::{console, http, ids, manage};\n// crate::comment\nfn f() { crate::jobs::start() }";
    let found = mentioned(text);
    assert_eq!(found, ["auth", "clock", "http", "ids", "console", "http", "ids", "manage", "jobs"]);
}

#[test]
fn no_layer_of_the_gateway_looks_up() {
    let src = root().join("crates/gateway/src");
    let layers = layers(&std::fs::read_to_string(src.join("lib.rs")).unwrap());
    assert!(layers.len() >= 20 && layers["clock"] == 0 && layers["serve"] == 7, "{layers:?}");
    let mut upward = Vec::new();
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs");
        if module == "lib" || path.ends_with("tests.rs") {
            continue;
        }
        let own = *layers.get(module).unwrap_or_else(|| panic!("{module} is in no layer"));
        for used in mentioned(&std::fs::read_to_string(&path).unwrap()) {
            if let Some(layer) = layers.get(&used)
                && *layer > own
            {
                upward.push(format!("{} (layer {own}) uses {used} (layer {layer})", inside.display()));
            }
            // Policies are told what they need; one that looks into another is two policies in one.
            if own == 3 && layers.get(&used) == Some(&3) && used != module {
                upward.push(format!("{} uses the policy {used}", inside.display()));
            }
        }
    }
    assert!(upward.is_empty(), "layers that look up:\n{}", upward.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut lengths: Vec<(usize, PathBuf)> = ["crates", "src-tauri", "tests", "bench"]
        .iter()
        .flat_map(|directory| sources(&root().join(directory)))
        .map(|path| (std::fs::read_to_string(&path).unwrap().lines().count(), path))
        .collect();
    lengths.sort();
    assert!(lengths.len() > 100, "found {} files only", lengths.len());
    let long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > 700).collect();
    assert!(long.is_empty(), "{long:?}");
    assert!(
        lengths[lengths.len() / 2].0 <= 150,
        "the median file has {} lines",
        lengths[lengths.len() / 2].0
    );
    assert!(lengths[lengths.len() * 9 / 10].0 <= 400, "a tenth of the files is longer than 400 lines");
}

#[test]
fn no_folder_has_a_mod_rs() {
    let with: Vec<_> = ["crates", "src-tauri", "tests", "bench"]
        .iter()
        .flat_map(|directory| sources(&root().join(directory)))
        .filter(|path| path.ends_with("mod.rs"))
        .collect();
    assert!(with.is_empty(), "{with:?}");
}
