//! What a model's name tells about the parameters it takes in this format.
//!
//! Only translations ask here; a client that speaks this format is passed on as it is.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Takes `thinking`, and its own thoughts back.
    pub thinking: bool,
    /// Can be made to call a tool, or not to.
    pub tool_choice: bool,
}

/// Beginnings of the names of models that came before thinking.
const UNTHINKING: &[&str] =
    &["command-r", "command-a-03", "command-a-vision", "command-a-translate", "c4ai", "aya"];
/// Beginnings of the names of models that came before `tool_choice`.
const UNFORCED: &[&str] = &["command-r-", "c4ai-command-r", "c4ai-aya", "aya"];

/// A name that is not known here is newer than this table.
pub(super) fn abilities(model: &str) -> Abilities {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let is_among = |names: &[&str]| names.iter().any(|beginning| name.starts_with(beginning));
    let is_oldest = ["command", "command-r", "command-light", "command-nightly"].contains(&name.as_str());
    Abilities {
        thinking: !is_oldest && !is_among(UNTHINKING),
        tool_choice: !is_oldest && !is_among(UNFORCED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_differ_in_what_they_take() {
        for (name, thinking, tool_choice) in [
            ("command-r", false, false),
            ("command-r-plus-08-2024", false, false),
            ("command-r7b-12-2024", false, true),
            ("command-a-03-2025", false, true),
            ("cohere/command-a-vision-07-2025", false, true),
            ("command-a-reasoning-08-2025", true, true),
            ("command-a-plus-05-2026", true, true),
            ("command-next", true, true),
        ] {
            assert_eq!(abilities(name), Abilities { thinking, tool_choice }, "{name}");
        }
    }
}
