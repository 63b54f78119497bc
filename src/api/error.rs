//! Why there are no results.

use crate::cells::InitialError;
use crate::device::DeviceError;
use crate::experiment::Problems;
#[cfg(not(target_family = "wasm"))]
use crate::output::FolderError;
use crate::simulation::SimulationError;
use thiserror::Error;

/// Why a command ended without its results.
#[derive(Debug, Error)]
pub enum Error {
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

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::BadInput(problems.to_string())
    }
}

impl From<InitialError> for Error {
    fn from(error: InitialError) -> Self {
        Self::BadInput(error.to_string())
    }
}

/// What a device can not do, before anything is computed.
impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<SimulationError> for Error {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Interrupted => Self::Interrupted,
            SimulationError::Shared => Self::Shared(error.to_string()),
            SimulationError::Initial(e) => e.into(),
            e => Self::Failure(e.to_string()),
        }
    }
}

#[cfg(not(target_family = "wasm"))]
impl From<FolderError> for Error {
    fn from(error: FolderError) -> Self {
        match error {
            e if e.is_of_the_place() => Self::BadInput(e.to_string()),
            e => Self::Failure(e.to_string()),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Failure(error.to_string())
    }
}
