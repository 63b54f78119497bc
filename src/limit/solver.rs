//! Drift–diffusion solver: spectral in space, exponential Runge–Kutta of order two in time.
//!
//! With D̄ = max D and the rest explicit, ρ̂(t+Δt) is the ETD2RK step of Cox & Matthews (2002, eq. 22)
//! and S is advanced by the same equation as in the particle engine, its source linear in time.
//! Mass is conserved to round-off because a divergence has no mean mode. Positivity is enforced by
//! a mass-conserving limiter: negative nodal values are set to zero and the rest is scaled back to
//! the total mass. It acts only on what the grid does not resolve, and how much it moved is reported.

use crate::cells::InitialLaw;
use crate::schedule::ticks;
use crate::signal::{SignalEquation, phi, smoothing_kernel};
use crate::spectral::Spectral;
use crate::turning::{Coefficients, Kernel, TurningKernel};
use std::sync::atomic::{AtomicBool, Ordering};

/// K_h applied to ρ before it feeds S, as the deposit of cells does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mollifier {
    /// h.
    pub bandwidth: f64,
    /// Order of the kernel.
    pub order: usize,
}

/// ρ and S at one time, as spectral coefficients.
#[derive(Clone, Debug)]
pub struct LimitState {
    /// t.
    pub time: f64,
    /// Coefficients of ρ.
    pub density: Vec<f64>,
    /// Coefficients of S.
    pub signal: Vec<f64>,
}

/// Nodal values of J = −D∇ρ + χρ∇S, by component.
pub type MacroFlux<const D: usize> = [Vec<f64>; D];

/// The macroscopic equation of one experiment on one grid.
pub struct LimitSolver<'a, const D: usize> {
    spectral: &'a Spectral<D>,
    kernel: &'a Kernel<D>,
    equation: &'a dyn SignalEquation<D>,
    /// K̂_h, mode by mode; all 1 without mollifier.
    source: Vec<f64>,
    state: LimitState,
    mass: f64,
    limited: f64,
}

impl<'a, const D: usize> LimitSolver<'a, D> {
    /// Starts from the initial law.
    pub fn new(
        spectral: &'a Spectral<D>,
        kernel: &'a Kernel<D>,
        equation: &'a dyn SignalEquation<D>,
        initial: &InitialLaw<D>,
        mollifier: Option<Mollifier>,
    ) -> Self {
        let grid = spectral.grid();
        let density = spectral.forward(&initial.nodal(grid));
        let source = (spectral.laplacian().iter())
            .map(|k2| mollifier.map_or(1.0, |m| smoothing_kernel(m.bandwidth, m.order, *k2)))
            .collect();
        let state = LimitState { time: 0.0, density, signal: Vec::new() };
        let mass = state.density[0];
        let mut solver = Self { spectral, kernel, equation, source, state, mass, limited: 0.0 };
        solver.state.signal = equation.initial(spectral, &solver.fed(&solver.state.density));
        solver
    }

    /// ρ and S now.
    pub fn state(&self) -> &LimitState {
        &self.state
    }

    /// Largest fraction of the mass that the positivity limiter moved in one step.
    pub fn limited_fraction(&self) -> f64 {
        self.limited
    }

    /// Runs through the sorted `outputs` with steps of at most `step`, calling `observe` at each.
    /// Returns false when `stop` was raised.
    pub fn run(
        &mut self,
        outputs: &[f64],
        step: f64,
        stop: &AtomicBool,
        mut observe: impl FnMut(&Self),
    ) -> bool {
        if outputs.first() == Some(&0.0) {
            observe(self);
        }
        for tick in ticks(outputs, step, f64::INFINITY) {
            if stop.load(Ordering::Relaxed) {
                return false;
            }
            self.step(tick.duration);
            self.state.time = tick.end;
            if tick.output {
                observe(self);
            }
        }
        true
    }

    /// J now.
    pub fn flux(&self) -> MacroFlux<D> {
        let (flux, _) = self.flux_beyond(&self.state.density, &self.state.signal, 0.0);
        flux
    }

    /// One step of length `dt`.
    fn step(&mut self, dt: f64) {
        let LimitState { density: old, signal, .. } = self.state.clone();
        let (flux, mean) = self.flux_beyond(&old, &signal, f64::NAN);
        let explicit = self.spectral.divergence(&flux);
        let k2 = self.spectral.laplacian();
        let tables: Vec<[f64; 3]> = k2.iter().map(|k2| phi(mean * k2 * dt)).collect();
        let mut predicted: Vec<f64> = (tables.iter().zip(&old).zip(&explicit))
            .map(|(([decay, phi1, _], rho), n)| decay * rho - dt * phi1 * n)
            .collect();
        let ahead = self.signal_after(&signal, &old, &predicted, dt);
        let (flux, _) = self.flux_beyond(&predicted, &ahead, mean);
        let corrected = self.spectral.divergence(&flux);
        for (i, rho) in predicted.iter_mut().enumerate() {
            *rho -= dt * tables[i][2] * (corrected[i] - explicit[i]);
        }
        self.limit(&mut predicted);
        self.state.signal = self.signal_after(&signal, &old, &predicted, dt);
        self.state.density = predicted;
    }

    /// S after `dt`, with the source linear between ρ = `from` and ρ = `to`.
    fn signal_after(&self, signal: &[f64], from: &[f64], to: &[f64], dt: f64) -> Vec<f64> {
        let (from, to) = (self.fed(from), self.fed(to));
        let slope: Vec<f64> = from.iter().zip(&to).map(|(a, b)| (b - a) / dt).collect();
        let mut next = Vec::new();
        let time = self.state.time;
        self.equation.advance(self.spectral, signal, &from, &slope, time, dt, &mut next);
        next
    }

    /// ρ as it feeds S.
    fn fed(&self, density: &[f64]) -> Vec<f64> {
        density.iter().zip(&self.source).map(|(c, k)| c * k).collect()
    }

    /// Nodal values of −(D − D̄)∇ρ + χρ∇S, and D̄: the one given, or the largest D if that is NaN.
    fn flux_beyond(&self, density: &[f64], signal: &[f64], mean: f64) -> (MacroFlux<D>, f64) {
        let rho = self.spectral.inverse(density);
        let s = self.spectral.inverse(signal);
        let gradient: [Vec<f64>; D] = std::array::from_fn(|a| self.spectral.derivative(a, signal));
        let slope = |i: usize| (0..D).map(|a| gradient[a][i].powi(2)).sum::<f64>().sqrt();
        let at: Vec<Coefficients> = match self.kernel.constant_coefficients() {
            Some(constant) => vec![constant; rho.len()],
            None => (0..rho.len()).map(|i| self.kernel.coefficients(s[i], slope(i))).collect(),
        };
        let largest = at.iter().map(|c| c.diffusivity).fold(0.0, f64::max);
        let mean = if mean.is_nan() { largest } else { mean };
        let uniform = at.iter().all(|c| c.diffusivity == mean);
        let flux = std::array::from_fn(|a| {
            let mut flux: Vec<f64> =
                (0..rho.len()).map(|i| at[i].sensitivity * rho[i] * gradient[a][i]).collect();
            if !uniform {
                let steepness = self.spectral.derivative(a, density);
                for (i, f) in flux.iter_mut().enumerate() {
                    *f -= (at[i].diffusivity - mean) * steepness[i];
                }
            }
            flux
        });
        (flux, mean)
    }

    /// The positivity limiter.
    fn limit(&mut self, density: &mut Vec<f64>) {
        let mut nodal = self.spectral.inverse(density);
        let negative: f64 = nodal.iter().map(|v| v.min(0.0)).sum();
        if negative == 0.0 {
            return;
        }
        let positive: f64 = nodal.iter().map(|v| v.max(0.0)).sum();
        let scale = (positive + negative) / positive;
        nodal.iter_mut().for_each(|v| *v = v.max(0.0) * scale);
        *density = self.spectral.forward(&nodal);
        density[0] = self.mass;
        self.limited = self.limited.max(-negative / (positive + negative));
    }
}
