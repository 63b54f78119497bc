//! The chemoattractant S: its equations, the deposit of cells that feeds them, and how it is sensed.
//!
//! Everything between deposit and sensing happens on spectral coefficients (see
//! [`crate::spectral`]), so a field step costs one forward and one inverse transform.

mod deposit;
mod elliptic;
mod nodal;
mod parabolic;
mod prescribed;
mod reaction;
mod sensed;
mod whole_space;

pub use deposit::{Deposit, smoothing_kernel};
pub use elliptic::Elliptic;
pub use nodal::NodalSignal;
pub use parabolic::{Parabolic, doubled, phi};
pub use prescribed::Prescribed;
pub use reaction::Reaction;
pub(crate) use reaction::refused_at_a_node;
pub use sensed::SensedSignal;
pub use whole_space::WholeSpace;

use crate::experiment::{self, Experiment, OutOfRange};
use crate::grid::Grid;
use crate::spectral::Spectral;

/// How one mode of S answers to that of ρ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// ∂tŜ = −rate·Ŝ + gain·N̂, where N is ρ, or what [`SignalEquation::reaction`] makes of ρ and S.
    Relaxes {
        /// The rate, not negative.
        rate: f64,
        /// The gain.
        gain: f64,
    },
    /// Ŝ = gain·ρ̂ at every time.
    Follows {
        /// The gain.
        gain: f64,
    },
    /// Not at all: S at another time comes from [`SignalEquation::advance`], which is given no ρ.
    Given,
}

/// One equation for S, advanced in spectral space.
pub trait SignalEquation<const D: usize>: Sync + Send {
    /// Coefficients of S(x, 0), from those of ρ(x, 0).
    fn initial(&self, spectral: &Spectral<D>, density: &[f64]) -> Vec<f64>;

    /// Writes coefficients of S at `time + h` into `next`, from those of S at `time`, with the source
    /// linear in time, ρ(time + τ) = `density` + τ·`slope`.
    #[allow(clippy::too_many_arguments)]
    fn advance(
        &self,
        spectral: &Spectral<D>,
        signal: &[f64],
        density: &[f64],
        slope: &[f64],
        time: f64,
        h: f64,
        next: &mut Vec<f64>,
    );

    /// Which expression of the equation has a value that it must not have on the way from S at `time`
    /// to S at `time + h`, and when, given the coefficients of S, of ρ and of its rate of change at
    /// `time`. Such a value makes S no number, and whoever finds that asks for the reason.
    fn refused(
        &self,
        _spectral: &Spectral<D>,
        _fields: [&[f64]; 3],
        _span: [f64; 2],
    ) -> Option<OutOfRange> {
        None
    }

    /// How S answers to ρ in the modes with |κ|² = `k2`; the kind of answer is that of all modes.
    fn law(&self, k2: f64) -> Law;

    /// What of the source of S is no linear law: it adds to the other part, whose gain is then 1.
    fn reaction(&self) -> Option<&Reaction> {
        None
    }

    /// Whether ρ feeds S.
    fn is_coupled(&self) -> bool;

    /// Whether S never changes.
    fn is_steady(&self) -> bool {
        false
    }
}

/// The equation of an experiment.
pub fn equation<const D: usize>(e: &Experiment) -> Box<dyn SignalEquation<D>> {
    match e.signal.clone() {
        experiment::Signal::None => Box::new(Prescribed::zero()),
        experiment::Signal::Prescribed(formula) => Box::new(Prescribed::new(formula)),
        experiment::Signal::Parabolic { delta, diffusion, production, decay, initial } => {
            Box::new(Parabolic::with_rates(delta, diffusion, [production, decay], initial))
        }
        experiment::Signal::Elliptic { diffusion, production, decay } => {
            let grid = Grid::<D>::from_domain(&e.domain);
            let equation = Elliptic::new(diffusion, production, decay);
            Box::new(match grid.is_open() {
                true => {
                    let kappa = (decay / diffusion).sqrt();
                    equation.in_whole_space(WholeSpace::on(&grid, kappa))
                }
                false => equation,
            })
        }
    }
}
