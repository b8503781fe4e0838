//! What is wrong with a configuration file, and where.

use std::fmt;

use serde::Serialize;

use super::place::{Path, Places};

/// A sentence about a configuration file, with the place that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ConfigProblem)]
pub struct Problem {
    /// From 1; absent where the file cannot be read at all.
    pub line: Option<u32>,
    /// From 1.
    pub column: Option<u32>,
    /// What is wrong and what would be right. Repeats nothing secret.
    pub message: String,
}

impl Problem {
    pub fn of_the_file(message: impl Into<String>) -> Self {
        Self { line: None, column: None, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(formatter, "line {line}, column {column}: ")?;
        }
        formatter.write_str(&self.message)
    }
}

/// A setting that names a model group, or a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    /// The setting, and where it stands.
    pub at: Problem,
}

/// A problem whose place in the text is still to be looked up.
#[derive(Debug)]
pub struct Wrong {
    pub path: Path,
    /// The whole sentence.
    pub message: String,
}

impl Wrong {
    /// `rest` goes on where the path ends: " must be a text".
    pub fn new(path: &Path, rest: &str) -> Self {
        Self { path: path.clone(), message: format!("{path}{rest}") }
    }

    pub fn placed(self, places: &Places) -> Problem {
        let place = places.find(&self.path);
        Problem {
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            message: self.message,
        }
    }
}
