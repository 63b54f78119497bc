//! What the papers claim, weighed in numbers: `kinetaxis verify`.
//!
//! An experiment names its claims (`verify.claims`). Each claim is a file of this module: it computes
//! what it needs, by the studies that a user has, and returns findings: a number with its interval,
//! what was demanded of it, and the verdict that follows from these two alone.

mod blow_up;
mod coefficients;
mod finding;
mod moments;
mod order;
mod regularisation;
mod runs;
mod shipped;
mod stamp;
mod virial;

pub use finding::{Demand, Finding, Verdict, short};
pub use shipped::SHIPPED;
pub use stamp::stamp;

use crate::experiment::Experiment;
use crate::simulation::SimulationError;
use crate::study::Monitor;

/// A kind of claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Distances vanish with the expected order; in ε, J and r_ε stay bounded.
    Order,
    /// D and χ in closed form are those of the integral equations.
    Coefficients,
    /// Mass, centre and spread of the cells are those of the limit.
    Moments,
    /// The virial identity of the plane.
    Virial,
    /// The limit blows up, the cells do not.
    BlowUp,
    /// The kinetic regularisation beside Velázquez's.
    Regularisation,
}

impl Claim {
    /// Every claim with its word in the experiment file.
    pub const ALL: [(Self, &str); 6] = [
        (Self::Order, "order"),
        (Self::Coefficients, "coefficients"),
        (Self::Moments, "moments"),
        (Self::Virial, "virial"),
        (Self::BlowUp, "blow-up"),
        (Self::Regularisation, "regularisation"),
    ];

    /// The words.
    pub const WORDS: [&str; Self::ALL.len()] = {
        let mut words = [""; Self::ALL.len()];
        let mut i = 0;
        while i < words.len() {
            words[i] = Self::ALL[i].1;
            i += 1;
        }
        words
    };

    /// The claim with this word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, own)| *own == word).map(|(claim, _)| *claim)
    }

    /// Weighs the claim for an experiment of dimension `D`.
    ///
    /// # Errors
    /// Those of the runs that it takes.
    pub fn weigh<const D: usize>(
        self,
        e: &Experiment,
        monitor: &Monitor<'_>,
    ) -> Result<Vec<Finding>, SimulationError> {
        match self {
            Self::Order => order::weigh::<D>(e, monitor),
            Self::Coefficients => coefficients::weigh::<D>(e),
            Self::Moments => moments::weigh::<D>(e, monitor),
            Self::Virial => virial::weigh::<D>(e, monitor),
            Self::BlowUp => blow_up::weigh::<D>(e, monitor),
            Self::Regularisation => regularisation::weigh::<D>(e, monitor),
        }
    }
}
