//! Reading the fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use postern_wire::Format;

pub struct Fixture {
    /// Format and file name, such as `openai_chat-minimal`.
    pub name: String,
    pub format: Format,
    pub bytes: Vec<u8>,
}

/// Every fixture of a kind (`requests`, `responses`, `streams`, `errors`), in a fixed order.
pub fn fixtures(kind: &str) -> Vec<Fixture> {
    let mut all = Vec::new();
    for format in Format::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format.as_str()).join(kind);
        let mut paths: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            all.push(Fixture { name: format!("{format}-{stem}"), format, bytes: fs::read(&path).unwrap() });
        }
    }
    assert!(all.len() > 10 || kind == "errors", "no fixtures of kind {kind}");
    all
}

/// The other format.
pub fn other(format: Format) -> Format {
    match format {
        Format::OpenAiChat => Format::AnthropicMessages,
        Format::AnthropicMessages => Format::OpenAiChat,
    }
}
