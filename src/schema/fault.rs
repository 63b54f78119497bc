//! Why a value is refused.

/// Why a value is refused, and what to do.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub message: String,
    pub remedy: String,
}

impl Fault {
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }

    /// The same, of the entry of a list, counted from 0.
    pub fn of_entry(self, i: usize) -> Self {
        Self { message: format!("entry {} {}", i + 1, self.message), remedy: self.remedy }
    }
}
