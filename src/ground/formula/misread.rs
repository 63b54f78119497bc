use std::fmt;

/// Why a text is no expression, and what to write instead. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What is wrong, and where.
    pub message: String,
    /// What to do, as a sentence.
    pub remedy: String,
}

impl Misread {
    pub(in crate::ground) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message, self.remedy)
    }
}

impl std::error::Error for Misread {}
