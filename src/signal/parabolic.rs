//! The diffusing signal: ∂tS = D_S ΔS + αρ − βS (HKS 2, 3, 9).

use super::{Law, SignalEquation};
use crate::formula::Quantity;
use crate::spectral::Spectral;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Tables that are kept.
const TABLES: usize = 16;

/// ∂tS = D_S ΔS + αρ − βS with S(x,0) given.
///
/// Exponential integrator: the linear part is exact, and so is the response to a source that is
/// linear in time (ETD2, Cox & Matthews 2002), mode by mode with z = (D_S|κ|²+β)h,
///
/// S(t+h) = e^{−z} S + h φ₁(z) αρ + h² φ₂(z) αρ̇,  φ₁ = (1−e^{−z})/z,  φ₂ = (z−1+e^{−z})/z².
pub struct Parabolic {
    diffusion: f64,
    production: f64,
    decay: f64,
    start: Quantity,
    /// The factors of S, ρ and ρ̇ in every mode, by time step. A run has a handful of steps.
    tables: Mutex<HashMap<u64, Arc<Vec<[f64; 3]>>>>,
}

impl Parabolic {
    /// D_S > 0, α ≥ 0, β ≥ 0, and S(x,0) in the variables x, y, z up to the dimension.
    pub fn new(diffusion: f64, production: f64, decay: f64, start: Quantity) -> Self {
        Self { diffusion, production, decay, start, tables: Mutex::default() }
    }

    /// e^{−z}, αhφ₁(z) and αh²φ₂(z) of every mode.
    fn table(&self, laplacian: &[f64], h: f64) -> Arc<Vec<[f64; 3]>> {
        let mut tables = self.tables.lock().expect("nothing panics while it holds the lock");
        if tables.len() >= TABLES && !tables.contains_key(&h.to_bits()) {
            tables.clear();
        }
        let made = tables.entry(h.to_bits()).or_insert_with(|| {
            let factors = |k2: &f64| {
                let [decay, phi1, phi2, _] = phi((self.diffusion * k2 + self.decay) * h);
                [decay, self.production * h * phi1, self.production * h * h * phi2]
            };
            Arc::new(laplacian.iter().map(factors).collect())
        });
        made.clone()
    }
}

/// e^{−z}, φ₁(z), φ₂(z) and φ₃(z), accurate to round-off for every z ≥ 0:
/// φ₀ = e^{−z}, φₖ = (1/(k−1)! − φₖ₋₁)/z.
pub fn phi(z: f64) -> [f64; 4] {
    let decay = (-z).exp();
    if z < 1.0 {
        // φ₃ = Σ (−z)ʲ/(j+3)!, whose first neglected term is below 10⁻¹⁷ of it. Downwards the
        // recurrence loses nothing.
        let series = (4..=19).rev().fold(1.0, |sum, j| 1.0 - z / f64::from(j) * sum);
        let phi3 = series / 6.0;
        let phi2 = 0.5 - z * phi3;
        return [decay, 1.0 - z * phi2, phi2, phi3];
    }
    let phi1 = (1.0 - decay) / z;
    let phi2 = (1.0 - phi1) / z;
    [decay, phi1, phi2, (0.5 - phi2) / z]
}

/// [`phi`] of 2z from that of z: sums of positive terms, which lose nothing.
pub fn doubled([phi0, phi1, phi2, phi3]: [f64; 4]) -> [f64; 4] {
    [
        phi0 * phi0,
        0.5 * phi1 * (1.0 + phi0),
        0.25 * (phi1 * phi1 + 2.0 * phi2),
        0.125 * (phi2 * (1.0 + phi1) + 2.0 * phi3),
    ]
}

impl<const D: usize> SignalEquation<D> for Parabolic {
    fn initial(&self, spectral: &Spectral<D>, _density: &[f64]) -> Vec<f64> {
        spectral.forward(&spectral.grid().sample(|x| self.start.eval(x)))
    }

    fn advance(
        &self,
        spectral: &Spectral<D>,
        signal: &[f64],
        density: &[f64],
        slope: &[f64],
        _time: f64,
        h: f64,
        next: &mut Vec<f64>,
    ) {
        let table = self.table(spectral.laplacian(), h);
        next.clear();
        next.extend(
            (table.iter().zip(signal).zip(density.iter().zip(slope))).map(
                |(([decay, now, rate], s), (rho, change))| decay * s + now * rho + rate * change,
            ),
        );
    }

    fn law(&self, k2: f64) -> Law {
        Law::Relaxes { rate: self.diffusion * k2 + self.decay, gain: self.production }
    }

    fn is_coupled(&self) -> bool {
        self.production != 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};

    /// φₖ(z) = ∫₀¹ e^{−zs}(1−s)^{k−1}/(k−1)! ds, by quadrature on panels that suit the largest z.
    #[test]
    fn phi_functions_are_those_integrals() {
        let rule: Vec<_> = (0..80)
            .map(|i| 0.5_f64.powi(i))
            .flat_map(|b| crate::quadrature::gauss_legendre(12, 0.5 * b, b))
            .collect();
        for z in [0.0, 1e-300, 1e-8, 1e-3, 0.1, 0.5, 0.999_999, 1.0, 1.1, 5.0, 300.0, 1e6_f64] {
            let got = phi(z);
            assert_eq!(got[0], (-z).exp());
            for (doubled, got) in doubled(phi(0.5 * z)).iter().zip(got) {
                assert!((doubled - got).abs() <= 4e-15 * got, "{z} {doubled} {got}");
            }
            for (k, factorial) in [(1, 1.0), (2, 1.0), (3, 2.0)] {
                let weight = |s: f64| (1.0 - s).powi(k - 1) / factorial;
                let want: f64 = rule.iter().map(|(s, w)| w * weight(*s) * (-z * s).exp()).sum();
                assert!((got[k as usize] / want - 1.0).abs() < 1e-14, "{z} {k} {got:?} {want}");
            }
        }
    }

    /// One mode with a source linear in time has an elementary solution: the step is exact in one go.
    #[test]
    fn a_linear_source_is_answered_exactly() {
        let grid =
            Grid::<1> { lower: [0.0], upper: [1.0], cells: [8], boundary: [Boundary::NoFlux] };
        let spectral = Spectral::new(&grid);
        let (d, alpha, beta, h) = (0.7, 1.3, 0.4, 0.5);
        let equation = Parabolic::new(d, alpha, beta, Quantity::Constant(0.0));
        let (mut s0, mut rho, mut slope) = (vec![0.0; 8], vec![0.0; 8], vec![0.0; 8]);
        (s0[1], rho[1], slope[1]) = (2.0, 3.0, -1.0);
        let mut next = Vec::new();
        equation.advance(&spectral, &s0, &rho, &slope, 0.0, h, &mut next);
        let got = next[1];
        // S = A e^{−qt} + B + Ct with qC = αρ̇, qB = αρ − C.
        let q = d * std::f64::consts::PI.powi(2) + beta;
        let c = alpha * slope[1] / q;
        let b = (alpha * rho[1] - c) / q;
        let want = (s0[1] - b) * (-q * h).exp() + b + c * h;
        assert!((got - want).abs() < 1e-13);
    }
}
