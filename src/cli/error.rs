//! How a command fails, and its exit code.

pub use crate::api::Error as CliError;
use std::io::Write;

/// The exit code.
pub fn code(error: &CliError) -> u8 {
    match error {
        CliError::BadInput(_) => 2,
        CliError::Failure(_) => 1,
        CliError::Shared(_) => 0,
        CliError::Paused(_) => 3,
        CliError::Interrupted => super::signals::code(),
    }
}

/// Warns the user.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "kinetaxis: warning: {text}");
}

/// Tells the user; a closed terminal is no reason to panic.
pub fn print(error: &CliError) {
    match error {
        CliError::Interrupted => return super::signals::tell(),
        CliError::Shared(told) if told.is_empty() => return,
        _ => {}
    }
    let _ = writeln!(std::io::stderr().lock(), "kinetaxis: {}", error.to_string().trim_end());
}
