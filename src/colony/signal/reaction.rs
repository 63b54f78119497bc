//! Nonlinear production and decay of a signal, φ = α(ρ,S)ρ − β(ρ,S)S + σ (HKS Remark 3.6), where α, β and σ may
//! depend on the densities of all populations and on all signals.

use super::surroundings::{Arguments, Surroundings};
use crate::schema::{OutOfRange, Ranged};
use crate::spectral::Spectral;
use rayon::prelude::*;

/// Nodes that make a task of their own worth its while.
const BATCH: usize = 1 << 9;

/// φ, or what of it is no linear function of the modes of ρ and S.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// α.
    pub production: Ranged,
    /// β.
    pub decay: Ranged,
    /// σ.
    pub source: Ranged,
    /// 1/δ, which multiplies φ.
    pub scale: f64,
}

impl Reaction {
    /// α, β, σ.
    pub fn rates(&self) -> [&Ranged; 3] {
        [&self.production, &self.decay, &self.source]
    }

    /// Why a rate is refused at some node; `None` if none is.
    pub fn refused<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
    ) -> Option<OutOfRange> {
        Arguments::complete(spectral, around).refused(self.rates())
    }

    /// Writes the coefficients of φ into `result`, from those of the ρ that feeds this signal and of S: evaluated at the
    /// nodes.
    pub fn coefficients<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        around: Surroundings<'_>,
        [density, signal]: [&[f64]; 2],
        result: &mut Vec<f64>,
    ) {
        let arguments = Arguments::new(spectral, around, self.rates());
        let nodal = spectral.inverse(signal);
        result.clear();
        result.extend_from_slice(density);
        spectral.inverse_in_place(result);
        let sourceless = self.source.constant() == Some(0.0);
        (result.par_iter_mut().zip(&nodal).enumerate().with_min_len(BATCH)).for_each(
            |(node, (rho, s))| {
                let at = arguments.at(node);
                let linear = self.production.eval(&at) * *rho - self.decay.eval(&at) * s;
                *rho =
                    self.scale * if sourceless { linear } else { linear + self.source.eval(&at) };
            },
        );
        spectral.forward_in_place(result);
    }
}
