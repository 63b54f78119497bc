//! How cells advance by one field step in a frozen signal.
//!
//! T_ε splits into floor·F, a turn that forgets everything, and the rest. Between two events of the
//! rest a cell walks freely: tumble by tumble ([`Method::Exact`]) or drawn at once from the law of
//! the free walk ([`Method::SkipAhead`]). Both are exact. [`Method::Hybrid`] is not: it takes the rest
//! to first order in ε, at a cost that does not grow as ε → 0.

mod advance;
mod block;
mod diffusion;
mod envelope;
mod hybrid;
mod lanes;
mod leg;
mod method;
mod offer;
mod pass;
mod round;
mod scale;
mod step;
mod stray;
mod tangents;
mod trace;

pub use advance::advance;
use envelope::sampled;
pub(crate) use envelope::sampled_of_all;
pub use envelope::{Envelope, Envelopes, GradientBox, Place};
pub(crate) use method::KEYS;
pub use method::Method;
pub use offer::Offer;
pub use scale::FlightScale;
pub use step::Step;
pub(crate) use stray::stray;
pub use trace::{Candidate, Trace};

use crate::invariants::Invariants;
use crate::schema::OutOfRange;
use crate::vector::Vector;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What happened to a set of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Candidate events drawn.
    pub candidates: u64,
    /// Candidates at which the cell turned. Tumbles of a free walk that is drawn at once are not
    /// among them.
    pub tumbles: u64,
    /// Candidates at which T < 0, counted as no turn.
    pub negative: u64,
    /// Cells advanced, summed over field steps.
    pub cell_steps: u64,
    /// Those of them that were drawn by skip-ahead.
    pub skip_ahead: u64,
    /// Those of them that were made of hybrid steps.
    pub hybrid: u64,
    /// Hybrid steps.
    pub hops: u64,
    /// Those of them that ended outside the box, in the whole space.
    pub outside: u64,
    /// What was checked.
    pub invariants: Invariants,
}

impl Tally {
    /// What to say where T < 0 was met and counted.
    pub fn warning(&self) -> Option<String> {
        (self.negative > 0).then(|| {
            format!(
                "T < 0 at {} of {} candidate events ({:.2e}); these count as no turn, so the model run is \
                 not the kernel's. Lower epsilon, or set kernel.negative = \"refuse\"",
                self.negative,
                self.candidates,
                self.negative as f64 / self.candidates as f64
            )
        })
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.tumbles += other.tumbles;
        self.negative += other.negative;
        self.cell_steps += other.cell_steps;
        self.skip_ahead += other.skip_ahead;
        self.hybrid += other.hybrid;
        self.hops += other.hops;
        self.outside += other.outside;
        self.invariants += other.invariants;
    }
}

/// Why a cell could not be advanced. It names the cell; the same seed and replicate lead to it again.
#[derive(Clone, Debug, Error, PartialEq, Serialize, Deserialize)]
pub enum MotionError {
    /// An expression gave a value that it must not have.
    #[error("cell {cell} of replicate {replicate} at step {step}, x = {at:?}: {value}")]
    Refused {
        /// Cell number.
        cell: usize,
        /// Replicate number.
        replicate: u64,
        /// Field step.
        step: u64,
        /// The value.
        value: Box<OutOfRange>,
        /// Where.
        at: Vec<f64>,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A rate above the bound from which candidates are drawn would bias the law.
    #[error(
        "cell {cell} of replicate {replicate} at step {step}: T/F = {rate:e} exceeds its bound \
         {bound:e} at x = {at:?}; set kernel.bound above it, or refine domain.grid"
    )]
    AboveBound {
        /// Cell number.
        cell: usize,
        /// Replicate number.
        replicate: u64,
        /// Field step.
        step: u64,
        /// The rate found.
        rate: f64,
        /// The bound.
        bound: f64,
        /// Where.
        at: Vec<f64>,
    },
    /// A rate below the floor up to which candidates turn unseen would bias the law, too.
    #[error(
        "cell {cell} of replicate {replicate} at step {step}: T/F = {rate:e} is below its floor \
         {floor:e} at x = {at:?}; set kernel.bound, which leaves the floor out"
    )]
    BelowFloor {
        /// Cell number.
        cell: usize,
        /// Replicate number.
        replicate: u64,
        /// Field step.
        step: u64,
        /// The rate found.
        rate: f64,
        /// The floor.
        floor: f64,
        /// Where.
        at: Vec<f64>,
    },
    /// T < 0 where the user refuses it.
    #[error(
        "cell {cell} of replicate {replicate} at step {step}: T/F = {rate:e} is negative at \
         x = {at:?}; lower epsilon or the kernel's bias, or count such events instead \
         (kernel.negative = \"count\")"
    )]
    Negative {
        /// Cell number.
        cell: usize,
        /// Replicate number.
        replicate: u64,
        /// Field step.
        step: u64,
        /// The rate found.
        rate: f64,
        /// Where.
        at: Vec<f64>,
    },
    /// A cell is where none can be.
    #[error(
        "cell {cell} of replicate {replicate} at step {step} is at x = {at:?} with v = {velocity:?}, which is \
         not finite or not in the box; no experiment should lead there, so please report it, and another seed \
         or time.step may avoid it"
    )]
    Stray {
        /// Cell number.
        cell: usize,
        /// Replicate number.
        replicate: u64,
        /// Field step.
        step: u64,
        /// Where.
        at: Vec<f64>,
        /// Its velocity.
        velocity: Vec<f64>,
    },
}

impl MotionError {
    /// The same, at time `t`.
    pub fn at_time(self, t: f64) -> Self {
        match self {
            Self::Refused { cell, replicate, step, value, at } => {
                let value = Box::new(value.at_time(t));
                Self::Refused { cell, replicate, step, value, at }
            }
            other => other,
        }
    }

    /// The number of the cell, if one is to blame.
    pub fn cell(&self) -> Option<usize> {
        match *self {
            Self::Interrupted => None,
            Self::Refused { cell, .. }
            | Self::AboveBound { cell, .. }
            | Self::BelowFloor { cell, .. }
            | Self::Negative { cell, .. }
            | Self::Stray { cell, .. } => Some(cell),
        }
    }
}

/// Why a block of cells was not flown to its end.
#[derive(Debug)]
pub(crate) enum Halt<const D: usize> {
    /// The user asked to stop.
    Interrupted,
    /// A cell met a rate that must not be.
    Rate(BadRate<D>),
    /// A cell, by its number in the block, is where none can be.
    Stray(usize),
}

impl<const D: usize> Halt<D> {
    /// The same of cell number `cell` of the block.
    fn of_cell(self, cell: usize) -> Self {
        match self {
            Self::Interrupted => Self::Interrupted,
            Self::Stray(_) => Self::Stray(cell),
            Self::Rate(bad) => Self::Rate(BadRate { cell, ..bad }),
        }
    }
}

/// A rate that must not be, before it is known which replicate and step it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct BadRate<const D: usize> {
    cell: usize,
    rate: f64,
    floor: f64,
    bound: f64,
    at: Vector<D>,
    /// What made the rate no number.
    value: Option<Box<OutOfRange>>,
}

impl<const D: usize> BadRate<D> {
    fn named(self, replicate: u64, step: u64) -> MotionError {
        let Self { cell, rate, floor, bound, at, value } = self;
        let at = at.to_vec();
        if let Some(value) = value {
            MotionError::Refused { cell, replicate, step, value, at }
        } else if rate < 0.0 && floor <= 0.0 {
            MotionError::Negative { cell, replicate, step, rate, at }
        } else if rate < floor {
            MotionError::BelowFloor { cell, replicate, step, rate, floor, at }
        } else {
            MotionError::AboveBound { cell, replicate, step, rate, bound, at }
        }
    }
}
