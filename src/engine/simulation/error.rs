//! Why a simulation ends before its time.

use super::Incident;
use crate::cells::InitialError;
use crate::device::DeviceError;
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
    #[error("{0}")]
    Cell(Box<Incident>),
    /// A device could not advance the cells.
    #[error("{0}")]
    Device(String),
    /// A population is not what it was, and what was born less what died.
    #[error("{0}")]
    Broken(Broken),
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

impl From<DeviceError> for SimulationError {
    fn from(error: DeviceError) -> Self {
        Self::Device(error.to_string())
    }
}

impl SimulationError {
    /// The same, at time `t` if it says nothing of time.
    pub(super) fn at_time(self, t: f64) -> Self {
        match self {
            Self::Value(value) => Self::Value(Box::new(value.at_time(t))),
            Self::Cell(mut incident) => {
                incident.error = incident.error.at_time(t);
                Self::Cell(incident)
            }
            Self::Unbounded { unbounded, .. } => Self::Unbounded { time: t, unbounded },
            other => other,
        }
    }
}

/// A population is not what it must be, whatever the experiment.
#[derive(Clone, Debug, Error, PartialEq)]
#[error(
    "at t = {time} the population {population} {what}; no experiment should lead there, so please report it with \
     the experiment file, and another seed or time.step may avoid it"
)]
pub struct Broken {
    /// t.
    pub time: f64,
    /// The name of the population.
    pub population: String,
    /// What is wrong.
    pub what: Wrong,
}

/// What is wrong with a population.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Wrong {
    /// Cells came from nowhere or are lost.
    #[error("has {after} cells, where there were {before}, {born} were born and {died} died")]
    Count {
        /// Before.
        before: usize,
        /// Born.
        born: u64,
        /// Died.
        died: u64,
        /// After.
        after: usize,
    },
    /// Mass came from nowhere or is lost.
    #[error("has the mass {cells:e} by its cells, and {found:e} {by}")]
    Mass {
        /// By its cells.
        cells: f64,
        /// Otherwise.
        found: f64,
        /// How.
        by: &'static str,
    },
    /// A cell is where none can be.
    #[error(
        "has a cell (number {cell}) at x = {at:?} with v = {velocity:?}, which is not finite or not in the box"
    )]
    Stray {
        /// Its number.
        cell: usize,
        /// Where.
        at: Vec<f64>,
        /// Its velocity.
        velocity: Vec<f64>,
    },
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
