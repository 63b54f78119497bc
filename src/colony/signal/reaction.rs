//! Nonlinear production and decay of the signal, φ = α(ρ,S)ρ − β(ρ,S)S (HKS Remark 3.6).

use crate::experiment::{OutOfRange, Ranged};
use crate::formula::Quantity;
use crate::spectral::Spectral;
use rayon::prelude::*;

/// Nodes that make a task of their own worth its while.
const BATCH: usize = 1 << 9;

/// φ, or what of it is no linear function of the modes of ρ and S. Rates are taken at ρ⁺ = max(ρ, 0),
/// so that a density that deposit or round-off make slightly negative has them as well.
#[derive(Clone, Debug)]
pub struct Reaction {
    production: Ranged,
    decay: Ranged,
    /// 1/δ.
    scale: f64,
}

/// What `check` of (max(ρ, 0), S) finds at the first node where it finds anything, from the coefficients of
/// ρ and S.
pub(crate) fn refused_at_a_node<const D: usize>(
    spectral: &Spectral<D>,
    [density, signal]: [&[f64]; 2],
    check: impl Fn(&[f64; 2]) -> Option<OutOfRange>,
) -> Option<OutOfRange> {
    let (density, signal) = (spectral.inverse(density), spectral.inverse(signal));
    density.iter().zip(signal).find_map(|(rho, s)| check(&[rho.max(0.0), s]))
}

impl Reaction {
    /// α and β in the variables ρ and S; φ is multiplied by `scale`.
    pub fn new(production: Quantity, decay: Quantity, scale: f64) -> Self {
        let production = Ranged::new("signal.production", production);
        Self { production, decay: Ranged::new("signal.decay", decay), scale }
    }

    /// φ at one point.
    fn at(&self, rho: f64, s: f64) -> f64 {
        let arguments = [rho.max(0.0), s];
        self.scale * (self.production.eval(&arguments) * rho - self.decay.eval(&arguments) * s)
    }

    /// Why α or β is refused at some node, from the coefficients of ρ and S; `None` if neither is.
    pub fn refused<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        fields: [&[f64]; 2],
    ) -> Option<OutOfRange> {
        refused_at_a_node(spectral, fields, |arguments| {
            self.production.check(arguments).or_else(|| self.decay.check(arguments))
        })
    }

    /// Writes the coefficients of φ into `result`, from those of ρ and S: evaluated at the nodes.
    pub fn coefficients<const D: usize>(
        &self,
        spectral: &Spectral<D>,
        density: &[f64],
        signal: &[f64],
        result: &mut Vec<f64>,
    ) {
        let mut nodal = signal.to_vec();
        spectral.inverse_in_place(&mut nodal);
        result.clear();
        result.extend_from_slice(density);
        spectral.inverse_in_place(result);
        (result.par_iter_mut().zip(&nodal).with_min_len(BATCH))
            .for_each(|(rho, s)| *rho = self.at(*rho, *s));
        spectral.forward_in_place(result);
    }
}
