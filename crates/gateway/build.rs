//! Finds the built console (`src-ui/dist`). Without it the gateway still builds and works: `/ui` then says how to build it.

use std::path::PathBuf;
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../..");
    let built = root.join("src-ui/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    println!("cargo::rerun-if-changed={}", built.join("index.html").display());
    let folder = if built.join("index.html").is_file() {
        built.canonicalize()?
    } else {
        let folder = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("console");
        fs::create_dir_all(&folder)?;
        fs::write(
            folder.join("index.html"),
            "<!doctype html><meta charset=utf-8><title>Postern</title><p>This build of Postern carries no console. \
             Run <code>make ui</code> in its source, then build it again. The gateway itself works.</p>",
        )?;
        folder
    };
    println!("cargo::rustc-env=POSTERN_CONSOLE={}", folder.display());
    Ok(())
}
