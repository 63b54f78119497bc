//! Why a simulation ends before its time.

use crate::cells::InitialError;
use crate::motion::MotionError;
use crate::schema::OutOfRange;
use crate::turning::Unbounded;
use thiserror::Error;

/// Why a simulation ended before its time.
#[derive(Debug, Error)]
pub enum SimulationError {
    /// The cells could not be placed.
    #[error(transparent)]
    Initial(#[from] InitialError),
    /// A cell could not be advanced.
    #[error(transparent)]
    Motion(MotionError),
    /// An expression gave a value that it must not have.
    #[error("{0}")]
    Value(Box<OutOfRange>),
    /// S overflowed.
    #[error(
        "S is not finite at t = {time}: what feeds it grows without bound. Lower signal.production, \
         cells.mass or cells.growth, or end earlier"
    )]
    Signal {
        /// t.
        time: f64,
    },
    /// T/F has no bound.
    #[error("at t = {time} {unbounded}")]
    Unbounded {
        /// t.
        time: f64,
        /// The bound.
        unbounded: Unbounded,
    },
    /// Too much of the mass left the box that stands for the whole space.
    #[error("{0}")]
    Leak(#[from] Leak),
    /// A record of what was done could not be kept or read.
    #[error("{0}")]
    Ledger(String),
    /// Other processes have their part of the study.
    #[error("the other shards have their part of this study")]
    Shared,
    /// The limit could not be solved.
    #[error("{0}")]
    Limit(String),
    /// A study asks for the limit at a time that it does not reach.
    #[error(
        "the limit blows up, or outgrows limit.grid, soon after t = {time} (largest density \
         {largest:.4e}): nothing is left to compare with at time.end. End earlier, lower cells.mass, \
         or refine limit.grid; `kinetaxis limit` tells more"
    )]
    NoLimit {
        /// The last time when it was resolved.
        time: f64,
        /// The largest density then.
        largest: f64,
    },
    /// Births made more cells than are held.
    #[error(
        "{key} makes {cells:.3e} {name} by t = {time}, and {most:.3e} are the most. Lower it, end \
         earlier, or start with fewer cells of a larger mass"
    )]
    Crowd {
        /// The key to blame.
        key: &'static str,
        /// The name of the population.
        name: String,
        /// t.
        time: f64,
        /// Cells.
        cells: f64,
        /// What is held.
        most: f64,
    },
    /// No cell is left.
    #[error(
        "all cells have died by t = {time}, so nothing is left to measure. Raise cells.growth or \
         cells.count, or end earlier"
    )]
    Extinct {
        /// t.
        time: f64,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl SimulationError {
    /// The same, at time `t` if it says nothing of time.
    pub(super) fn at_time(self, t: f64) -> Self {
        match self {
            Self::Value(value) => Self::Value(Box::new(value.at_time(t))),
            Self::Motion(error) => Self::Motion(error.at_time(t)),
            Self::Unbounded { unbounded, .. } => Self::Unbounded { time: t, unbounded },
            other => other,
        }
    }
}

impl From<MotionError> for SimulationError {
    fn from(error: MotionError) -> Self {
        match error {
            MotionError::Interrupted => Self::Interrupted,
            error => Self::Motion(error),
        }
    }
}

/// How much of the mass is outside the box that stands for the whole space, where its field is not
/// that of the whole space.
#[derive(Clone, Debug, Error, PartialEq)]
#[error(
    "at t = {time}, {share:.1e} of the mass is outside the box of the whole space, where {most:e} \
     is the most (domain.leak). Widen domain.lower and domain.upper, or end earlier; {reached}"
)]
pub struct Leak {
    /// t.
    pub time: f64,
    /// The share outside.
    pub share: f64,
    /// What is allowed.
    pub most: f64,
    /// How far it reached.
    pub reached: String,
}
