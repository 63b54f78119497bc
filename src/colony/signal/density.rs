//! A signal that is the density of populations, made smooth by the kernels that deposit them (BC 49).

use super::{Law, SignalEquation};
use crate::spectral::Spectral;

/// S = K_h * ρ.
pub struct Density;

impl<const D: usize> SignalEquation<D> for Density {
    fn initial(&self, _spectral: &Spectral<D>, density: &[f64]) -> Vec<f64> {
        density.to_vec()
    }

    fn advance(
        &self,
        _spectral: &Spectral<D>,
        _signal: &[f64],
        [density, slope]: [&[f64]; 2],
        [_time, h]: [f64; 2],
        next: &mut Vec<f64>,
    ) {
        next.clear();
        next.extend(density.iter().zip(slope).map(|(rho, s)| rho + h * s));
    }

    fn law(&self, _k2: f64) -> Law {
        Law::Follows { gain: 1.0 }
    }

    fn is_coupled(&self) -> bool {
        true
    }
}
