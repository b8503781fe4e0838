//! The clipboard, from this process: the menu copies without a window, a page's own way needs focus, and what was copied
//! in the window has to be there after it is closed.

use std::sync::{Mutex, PoisonError};

/// Under X11 the copied text lives in the program it was copied from, so the connection is kept.
#[derive(Default)]
pub struct Clipboard(Mutex<Option<arboard::Clipboard>>);

impl Clipboard {
    /// Blocks for a moment.
    pub fn copy(&self, text: String) -> Result<(), String> {
        let failed = |error: arboard::Error| format!("The clipboard cannot be reached ({error}).");
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut clipboard = match slot.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new().map_err(failed)?,
        };
        // Only a connection that worked is kept; the next copy makes a new one otherwise.
        clipboard.set_text(text).map_err(failed)?;
        *slot = Some(clipboard);
        Ok(())
    }
}
