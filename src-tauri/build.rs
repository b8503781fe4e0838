//! Builds what Tauri needs of its configuration, and says plainly when the console has not been built.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Without this the build would fail deep inside a macro. The tests of the shell need no console, but the window does.
    println!("cargo::rerun-if-changed=src-ui/dist/index.html");
    if !Path::new("src-ui/dist/index.html").exists() {
        println!(
            "cargo::error=The console is not built, and the window has nothing to show without it. Run: make ui \
             (or: cd src-ui && npm ci && npm run build)"
        );
        return ExitCode::FAILURE;
    }
    let attributes = tauri_build::Attributes::new().capabilities_path_pattern("src-tauri/capabilities/**/*");
    match tauri_build::try_build(attributes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=Tauri's configuration: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}
