//! How a command fails, and its exit code.

use crate::cells::InitialError;
use crate::device::DeviceError;
use crate::experiment::Problems;
use crate::output::FolderError;
use crate::simulation::SimulationError;
use std::io::Write;
use thiserror::Error;

/// Why a command ended without its result.
#[derive(Debug, Error)]
pub enum CliError {
    /// The experiment or the command line is wrong.
    #[error("{0}")]
    BadInput(String),
    /// Something failed on the way.
    #[error("{0}")]
    Failure(String),
    /// It ran out of the time that it was given, and goes on another time.
    #[error("{0}")]
    Paused(String),
    /// The user stopped it.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// Other processes have a part in the result: what this one has done.
    #[error("{0}")]
    Shared(String),
}

impl CliError {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::BadInput(_) => 2,
            Self::Failure(_) => 1,
            Self::Shared(_) => 0,
            Self::Paused(_) => 3,
            Self::Interrupted => super::signals::code(),
        }
    }
}

impl From<Problems> for CliError {
    fn from(problems: Problems) -> Self {
        Self::BadInput(problems.to_string())
    }
}

impl From<InitialError> for CliError {
    fn from(error: InitialError) -> Self {
        Self::BadInput(error.to_string())
    }
}

/// What a device can not do, before anything is computed.
impl From<DeviceError> for CliError {
    fn from(error: DeviceError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<SimulationError> for CliError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Interrupted => Self::Interrupted,
            SimulationError::Shared => Self::Shared(error.to_string()),
            SimulationError::Initial(e) => e.into(),
            e => Self::Failure(e.to_string()),
        }
    }
}

impl From<FolderError> for CliError {
    fn from(error: FolderError) -> Self {
        match error {
            e if e.is_of_the_place() => Self::BadInput(e.to_string()),
            e => Self::Failure(e.to_string()),
        }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::Failure(error.to_string())
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
