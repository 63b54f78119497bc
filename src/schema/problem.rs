//! What is wrong with a file, said so that it can be put right.

use super::table::Table;
use std::fmt;

/// What stands in a message in place of a file name, for a value from the command line.
pub(crate) const SET: &str = "--set";

/// One thing wrong: where, what, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the file, or `--set` for a value given on the command line.
    pub source: String,
    /// Line in the file, if the key stands in it.
    pub line: Option<usize>,
    /// Path of the key, such as `domain.lower`; empty for an error of syntax.
    pub key: String,
    /// The value as written; empty where there is none.
    pub value: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do; may be empty.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, ": {}.", self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, " {}", self.remedy) }
    }
}

/// Everything that is wrong, in the order of the file; keys that are missing come last, in the order of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(crate) fn sorted(table: &Table, mut problems: Vec<Problem>) -> Self {
        let place = |key: &str| table.keys.iter().position(|own| own.path == key);
        let missing = |p: &Problem| p.line.is_none().then(|| place(&p.key)).flatten();
        problems
            .sort_by_cached_key(|p| (p.source == SET, p.line.unwrap_or(usize::MAX), missing(p)));
        Self(problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem; nothing was run."),
            n => write!(f, "{n} problems; nothing was run."),
        }
    }
}

impl std::error::Error for Problems {}
