//! Postern's desktop shell, in two processes of one binary. The first has the tray icon, the notifications and the
//! gateway, and lives for as long as Postern does. The second (`view.rs`) is the window: it is started to open it and ends
//! when it is closed, so that a closed window costs nothing. `window.rs` is the first's side of it, `seam.rs` what the two
//! say to each other.
//!
//! It may depend on everything below it; nothing depends on it, and only this package knows Tauri. What can be decided
//! without a desktop is decided in pure functions and tested as such: what the menu says (`menu.rs`), what is worth a
//! notification (`notices.rs`), what happens at start (`arguments.rs`). Start with `app.rs`, which puts it together.

mod app;
mod arguments;
mod clipboard;
mod commands;
mod engine;
mod environment;
mod menu;
mod notices;
mod quit;
mod seam;
mod settings;
mod tray;
mod view;
mod watch;
mod window;

pub use app::main;
