//! What the papers claim, weighed in numbers: `kinetaxis verify`.
//!
//! An experiment names its claims (`verify.claims`). Each claim is a file of this module: it computes
//! what it needs, by the studies that a user has, and returns findings: a number with its interval,
//! what was demanded of it, and the verdict that follows from these two alone.

mod blow_up;
mod coefficients;
mod finding;
mod front;
mod homogeneous;
mod moments;
mod order;
mod reactions;
mod regularisation;
mod runs;
mod shipped;
mod speed;
mod stability;
mod stamp;
mod threshold;
mod virial;

pub use finding::{Demand, Finding, Verdict, short};
pub use shipped::SHIPPED;
pub use stamp::stamp;

use crate::experiment::{Claim, Experiment};
use crate::simulation::SimulationError;
use crate::study::Monitor;

impl Claim {
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
            Self::Reactions => reactions::weigh::<D>(e, monitor),
            Self::Threshold => threshold::weigh::<D>(e, monitor),
            Self::Front => front::weigh::<D>(e, monitor),
            Self::Speed => speed::weigh::<D>(e, monitor),
            Self::Stability => stability::weigh::<D>(e, monitor),
        }
    }
}
