//! What a person needs next: where the gateway is, how to get a key, and one line that works at once.

use std::net::SocketAddr;
use std::path::Path;

use super::Gateway;
use crate::config;
use crate::engine::base_url;

/// Asks the built-in model, which needs no account.
const BODY: &str = r#"{"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}"#;

impl Gateway {
    /// Some lines for a terminal. `program` is the `postern` command as it lies on this machine; the administrator's key
    /// is in them only if it was made at this start.
    pub fn greeting(&self, address: SocketAddr, program: &Path) -> String {
        let url = base_url(address);
        let options = &self.engine.options;
        let mut create = format!("{} keys create", config::as_typed(program));
        if config::default_data_dir().as_deref() != Some(&options.data_dir) {
            create.push_str(" --data-dir ");
            create.push_str(&config::quoted(&options.data_dir.display().to_string()));
        }
        let (shown, key) = match (&self.new_admin_key, self.engine.given_admin_key()) {
            (Some(made), _) => {
                let made = made.expose().to_owned();
                (format!("\n  Administrator's key, shown this once: {made}\n"), made)
            }
            (None, Some(_)) => (String::new(), "$POSTERN_ADMIN_KEY".to_owned()),
            (None, None) => (String::new(), format!("$({create})")),
        };
        format!(
            "{shown}
  Base URL   {url}/v1   (Anthropic clients: {url})
  Console    {url}/ui
  New key    {create}
  Try it     curl {url}/v1/chat/completions -H \"Authorization: Bearer {key}\" -H 'Content-Type: application/json' -d '{BODY}'
"
        )
    }
}
