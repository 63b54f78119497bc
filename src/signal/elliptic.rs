//! The quasi-steady signal: −D_S ΔS = αρ − βS (CMPS 8 with decay).

use super::{Law, SignalEquation};
use crate::spectral::Spectral;

/// 0 = D_S ΔS + αρ − βS. Without decay a periodic or no-flux box needs a mean-free source: the
/// mean of ρ is subtracted and S has mean zero.
pub struct Elliptic {
    diffusion: f64,
    production: f64,
    decay: f64,
}

impl Elliptic {
    /// D_S > 0, α ≥ 0, β ≥ 0.
    pub fn new(diffusion: f64, production: f64, decay: f64) -> Self {
        Self { diffusion, production, decay }
    }

    /// α/(D_S|κ|² + β), or 0 where that is not defined.
    fn response(&self, k2: f64) -> f64 {
        match self.diffusion * k2 + self.decay {
            0.0 => 0.0,
            resistance => self.production / resistance,
        }
    }
}

impl<const D: usize> SignalEquation<D> for Elliptic {
    fn initial(&self, spectral: &Spectral<D>, density: &[f64]) -> Vec<f64> {
        density.iter().zip(spectral.laplacian()).map(|(c, k2)| c * self.response(*k2)).collect()
    }

    fn advance(
        &self,
        spectral: &Spectral<D>,
        _signal: &[f64],
        density: &[f64],
        slope: &[f64],
        _time: f64,
        h: f64,
        next: &mut Vec<f64>,
    ) {
        next.clear();
        next.extend(
            (density.iter().zip(slope).zip(spectral.laplacian()))
                .map(|((c, s), k2)| (c + h * s) * self.response(*k2)),
        );
    }

    fn law(&self, k2: f64) -> Law {
        Law::Follows { gain: self.response(k2) }
    }

    fn is_coupled(&self) -> bool {
        true
    }
}
