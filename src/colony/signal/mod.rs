//! The chemoattractant S: its equations, the deposit of cells that feeds them, and how it is sensed.
//!
//! Everything between deposit and sensing happens on spectral coefficients (see
//! [`crate::spectral`]), so a field step costs one forward and one inverse transform.

mod cues;
mod density;
mod deposit;
mod elliptic;
mod nodal;
mod parabolic;
mod prescribed;
mod reaction;
mod sensed;
mod spec;
mod surroundings;
mod system;
mod whole_space;

pub use cues::{Cues, NodalCues};
pub use density::Density;
pub use deposit::{Deposit, Parts, smoothing_kernel};
pub use elliptic::Elliptic;
pub use nodal::{AtNodes, NodalSignal};
pub use parabolic::{Parabolic, doubled, phi};
pub use prescribed::Prescribed;
pub use reaction::Reaction;
pub use sensed::SensedSignal;
pub(crate) use spec::KEYS;
pub use spec::{AROUND, DepositSpec, NamedSignal, Signal};
pub use surroundings::{Arguments, MOST_FIELDS, Surroundings};
pub use system::{One, Signals, later, weighted};
pub use whole_space::WholeSpace;

use crate::grid::{Domain, Grid};
use crate::schema::OutOfRange;
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
    /// linear in time, ρ(time + τ) = `source`\[0\] + τ·`source`\[1\]; where there is a
    /// [`SignalEquation::reaction`], that of φ. The span is \[time, h\].
    fn advance(
        &self,
        spectral: &Spectral<D>,
        signal: &[f64],
        source: [&[f64]; 2],
        span: [f64; 2],
        next: &mut Vec<f64>,
    );

    /// Adds to S after a time `h` what φ has changed by then, from its first and last coefficients.
    fn correct(&self, _spectral: &Spectral<D>, _source: [&[f64]; 2], _h: f64, _next: &mut [f64]) {}

    /// Which expression of the equation but those of its reaction has a value at `time` that it must not have.
    fn refused(&self, _spectral: &Spectral<D>, _time: f64) -> Option<OutOfRange> {
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

/// The equation of a signal in a box.
pub fn equation<const D: usize>(signal: &Signal, domain: &Domain) -> Box<dyn SignalEquation<D>> {
    match signal.clone() {
        Signal::None => Box::new(Prescribed::zero()),
        Signal::Prescribed(formula) => Box::new(Prescribed::new(formula)),
        Signal::Parabolic { delta, diffusion, production, decay, source, initial } => {
            let rates = [production, decay, source];
            Box::new(Parabolic::with_rates(delta, diffusion, rates, initial))
        }
        Signal::Density => Box::new(Density),
        Signal::Elliptic { diffusion, production, decay } => {
            let grid = Grid::<D>::from_domain(domain);
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
