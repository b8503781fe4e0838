//! Postern's desktop shell: the tray icon, the one window, notifications, and a bridge from the window to the gateway,
//! which runs in the same process.
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
mod settings;
mod stream;
mod tray;
mod watch;
mod webkit;
mod window;

pub use app::main;
