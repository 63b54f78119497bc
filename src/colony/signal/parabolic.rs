//! The diffusing signal: δ∂tS = D_S ΔS + αρ − βS (CMPS 6; HKS 2, 3, 9), with α and β that may depend
//! on ρ and S.

use super::spec::KEYS;
use super::{Law, Reaction, SignalEquation};
use crate::formula::Quantity;
use crate::schema::Ranged;
use crate::spectral::Spectral;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Tables that are kept.
const TABLES: usize = 16;

/// δ∂tS = D_S ΔS + αρ − βS with S(x,0) given.
///
/// Exponential integrator: the linear part is exact, and so is the response to a source that is
/// linear in time (ETD2, Cox & Matthews 2002), mode by mode with z = (D_S|κ|²+β)h/δ,
///
/// S(t+h) = e^{−z} S + h φ₁(z) N + h² φ₂(z) Ṅ,  φ₁ = (1−e^{−z})/z,  φ₂ = (z−1+e^{−z})/z²,
///
/// with N = αρ/δ. As δ → 0 it becomes (αρ + hαρ̇)/(D_S|κ|²+β), the elliptic signal. If α or β depends
/// on ρ or S, what does is part of N, and Ṅ is its change from the start to the first-order
/// prediction at the end, over h (ETD2RK, their equations 20 to 22).
pub struct Parabolic {
    /// D_S/δ, and what of α/δ and β/δ is constant.
    diffusion: f64,
    production: f64,
    decay: f64,
    reaction: Option<Reaction>,
    start: Quantity,
    /// The factors of S, N/α and Ṅ/α in every mode, by time step. A run has a handful of steps.
    tables: Mutex<HashMap<u64, Arc<Vec<[f64; 3]>>>>,
}

impl Parabolic {
    /// D_S ≥ 0, α ≥ 0, β ≥ 0, and S(x,0) in the variables x, y, z up to the dimension; δ = 1.
    pub fn new(diffusion: f64, production: f64, decay: f64, start: Quantity) -> Self {
        let (reaction, tables) = (None, Mutex::default());
        Self { diffusion, production, decay, reaction, start, tables }
    }

    /// The same with δ > 0 and with α and β that may depend on ρ and S.
    pub fn with_rates(
        delta: f64,
        diffusion: f64,
        [production, decay, source]: [Quantity; 3],
        start: Quantity,
    ) -> Self {
        let scale = 1.0 / delta;
        let constant = |q: &Quantity| match q {
            Quantity::Constant(c) => Some(*c),
            Quantity::Formula(_) => None,
        };
        let sourceless = matches!(source, Quantity::Constant(0.0));
        let (alpha, beta) = (constant(&production), constant(&decay));
        let linear = Self::new(scale * diffusion, 1.0, scale * beta.unwrap_or(0.0), start);
        match (alpha, beta) {
            (Some(alpha), Some(_)) if sourceless => Self { production: scale * alpha, ..linear },
            _ => {
                // A constant β is part of the linear law already.
                let decay = if beta.is_some() { Quantity::Constant(0.0) } else { decay };
                let reaction = Reaction {
                    production: Ranged::new(KEYS, "signal.production", production),
                    decay: Ranged::new(KEYS, "signal.decay", decay),
                    source: Ranged::new(KEYS, "signal.source", source),
                    scale,
                };
                Self { reaction: Some(reaction), ..linear }
            }
        }
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
        [source, slope]: [&[f64]; 2],
        [_time, h]: [f64; 2],
        next: &mut Vec<f64>,
    ) {
        linear(&self.table(spectral.laplacian(), h), [signal, source, slope], next);
    }

    fn correct(
        &self,
        spectral: &Spectral<D>,
        [first, last]: [&[f64]; 2],
        h: f64,
        next: &mut [f64],
    ) {
        let table = self.table(spectral.laplacian(), h);
        for ((s, [_, _, rate]), (first, last)) in
            next.iter_mut().zip(&*table).zip(first.iter().zip(last))
        {
            *s += rate * (last - first) / h;
        }
    }

    fn law(&self, k2: f64) -> Law {
        Law::Relaxes { rate: self.diffusion * k2 + self.decay, gain: self.production }
    }

    fn reaction(&self) -> Option<&Reaction> {
        self.reaction.as_ref()
    }

    fn is_coupled(&self) -> bool {
        self.production != 0.0 || self.reaction.is_some()
    }
}

/// S at the end of a step from S, N and Ṅ at its start.
fn linear(table: &[[f64; 3]], [signal, source, slope]: [&[f64]; 3], next: &mut Vec<f64>) {
    next.clear();
    next.extend((table.iter().zip(signal).zip(source.iter().zip(slope))).map(
        |(([decay, now, rate], s), (source, change))| decay * s + now * source + rate * change,
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Formula;
    use crate::grid::{Boundary, Grid};
    use crate::signal::{One, Signals, Surroundings};

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
        equation.advance(&spectral, &s0, [&rho, &slope], [0.0, h], &mut next);
        let got = next[1];
        // S = A e^{−qt} + B + Ct with qC = αρ̇, qB = αρ − C.
        let q = d * std::f64::consts::PI.powi(2) + beta;
        let c = alpha * slope[1] / q;
        let b = (alpha * rho[1] - c) / q;
        let want = (s0[1] - b) * (-q * h).exp() + b + c * h;
        assert!((got - want).abs() < 1e-13);
    }

    /// The largest error of S(1) at the node of a line where nothing depends on x, from S(0) = 0.3,
    /// with ρ = 2 + t.
    fn error_of_reaction(production: &str, decay: &str, steps: usize, exact: f64) -> f64 {
        let grid =
            Grid::<1> { lower: [0.0], upper: [1.0], cells: [8], boundary: [Boundary::NoFlux] };
        let spectral = Spectral::new(&grid);
        let [production, decay] = [production, decay]
            .map(|text| Quantity::Formula(Formula::parse(text, &["rho", "S"]).unwrap()));
        // δ = ½: the equations are for half of the rates.
        let rates = [production, decay, Quantity::Constant(0.0)];
        let equation = Parabolic::with_rates(0.5, 1.0, rates, Quantity::Constant(0.3));
        let signals = Signals::<1>::of(vec![One {
            name: "S".into(),
            producers: vec![0],
            equation: Box::new(equation),
        }]);
        let mut all = signals.initial(&spectral, &[vec![0.0; 8]]);
        let (h, mut slope) = (1.0 / steps as f64, vec![0.0; 8]);
        slope[0] = 1.0;
        for i in 0..steps {
            let (t, mut density) = (i as f64 * h, vec![0.0; 8]);
            density[0] = 2.0 + t;
            let (densities, slopes, mut next) = ([density], [slope.clone()], Vec::new());
            let now = Surroundings { time: t, densities: &densities, signals: &all };
            signals.advance(&spectral, now, &slopes, h, &mut next);
            all = next;
        }
        (spectral.inverse(&all[0])[3] - exact).abs()
    }

    /// Saturating production S′ = ρ/(1 + S)², consumption S′ = −ρS, and both with decay: exact
    /// solutions, and errors of order two.
    #[test]
    fn nonlinear_rates_follow_their_equations_with_order_two() {
        // ∫ρ = 2.5.
        let produced = (1.3_f64.powi(3) + 7.5).cbrt() - 1.0;
        let consumed = 0.3 * (-2.5_f64).exp();
        // S′ = −S²: 1/S = 1/0.3 + t.
        let squared = 0.3 / 1.3;
        for (production, decay, exact) in [
            ("0.5/(1 + S)^2", "0*S", produced),
            ("0*S", "0.5*rho", consumed),
            ("0*S", "0.5*S", squared),
        ] {
            let errors = [20, 40].map(|n| error_of_reaction(production, decay, n, exact));
            let order = (errors[0] / errors[1]).log2();
            assert!((1.8..2.2).contains(&order), "{production} {decay}: {order}");
            assert!(errors[1] < 2e-3 * exact, "{production} {decay}: {errors:?}");
        }
    }

    /// As δ → 0 a step leads to the elliptic signal of the density at its end.
    #[test]
    fn a_small_delta_is_quasi_steady() {
        let grid =
            Grid::<1> { lower: [0.0], upper: [2.0], cells: [8], boundary: [Boundary::Periodic] };
        let spectral = Spectral::new(&grid);
        let rates = || [3.0, 0.7, 0.0].map(Quantity::Constant);
        let (rho, slope): (Vec<f64>, Vec<f64>) = (0..8).map(|i| (1.0, i as f64)).unzip();
        let end: Vec<f64> = rho.iter().zip(&slope).map(|(r, s)| r + 0.25 * s).collect();
        let want = super::super::Elliptic::new(1.3, 3.0, 0.7).initial(&spectral, &end);
        for delta in [1e-4, 1e-8] {
            let equation = Parabolic::with_rates(delta, 1.3, rates(), Quantity::Constant(5.0));
            let (start, mut next) = (equation.initial(&spectral, &[]), Vec::new());
            equation.advance(&spectral, &start, [&rho, &slope], [0.0, 0.25], &mut next);
            for ((got, want), slope) in next.iter().zip(&want).zip(&slope) {
                // S lags by δρ̇α/r².
                assert!((got - want).abs() <= 1.1 * delta * slope * 3.0 / 0.49 + 1e-14);
            }
        }
    }
}
