//! A priori bounds of a parabolic signal in the whole space (HKS Lemma 2.3), with their constants.

use crate::experiment::{Experiment, Signal};
use crate::formula::Quantity::Constant;
use crate::growth::Growth;
use libm::tgamma;
use std::f64::consts::PI;

/// ‖S(t)‖_p ≤ (αM/δ) ∫₀ᵗ ‖Γ(s)‖_p ds and the same for ∇S, with Γ the heat kernel of D_S/δ, for
/// δ∂tS = D_SΔS + αρ − βS with constant α, β ≥ 0 and S(0) = 0.
///
/// This is Young's inequality for S = (α/δ) ∫Γ(t−s) * ρ(s) ds with ‖ρ‖₁ = M. Decay puts the factor
/// e^{−β(t−s)/δ} ≤ 1 under the integral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignalBounds {
    dimension: i32,
    /// αM/δ.
    feed: f64,
    /// D_S/δ.
    diffusivity: f64,
}

impl SignalBounds {
    /// The bounds for cells of total mass `mass`. `None` where they are not proved: another signal, a
    /// box, S(0) ≠ 0, production or decay that vary, or a K_h that is negative in its tails, whose
    /// ‖K_h * ρ‖₁ may exceed M.
    pub fn new(e: &Experiment, mass: f64) -> Option<Self> {
        let (population, signal) = e.alone().filter(|_| e.reactions.is_empty())?;
        if Growth::of(&population.cells).is_some() {
            return None;
        }
        match *signal {
            Signal::Parabolic {
                delta,
                diffusion,
                production: Constant(production),
                decay: Constant(_),
                source: Constant(0.0),
                initial: Constant(0.0),
            } if e.domain.is_open() && diffusion > 0.0 && population.deposit.order == 2 => {
                Some(Self {
                    dimension: e.dimension as i32,
                    feed: production * mass / delta,
                    diffusivity: diffusion / delta,
                })
            }
            _ => None,
        }
    }

    /// The p of the norms of S that are recorded; the bound is finite for d(1 − 1/p) < 2.
    pub fn signal_exponents(&self) -> &'static [f64] {
        match self.dimension {
            1 => &[1.0, 2.0, f64::INFINITY],
            2 => &[1.0, 2.0, 4.0],
            _ => &[1.0, 2.0],
        }
    }

    /// The p of the norms of ∇S that are recorded; the bound is finite for d(1 − 1/p) < 1.
    pub fn gradient_exponents(&self) -> &'static [f64] {
        match self.dimension {
            1 => &[1.0, 2.0],
            2 => &[1.0, 1.5],
            _ => &[1.0, 1.25],
        }
    }

    /// The bound on ‖S(t)‖_p: ‖Γ(s)‖_p = (4πDs)^{−a} p^{−d/2p}, a = (d/2)(1 − 1/p), over s.
    pub fn signal(&self, p: f64, t: f64) -> f64 {
        let a = self.decay(p);
        let shape = if p.is_finite() { p.powf(-0.5 * self.d() / p) } else { 1.0 };
        self.feed * (4.0 * PI * self.diffusivity).powf(-a) * shape * t.powf(1.0 - a) / (1.0 - a)
    }

    /// The bound on ‖∇S(t)‖_p: ∇Γ = −(x/2Ds)Γ and ∫|x|^p e^{−c|x|²} dx =
    /// π^{d/2} (Γ((d+p)/2)/Γ(d/2)) c^{−(d+p)/2} with c = p/4Ds.
    pub fn gradient(&self, p: f64, t: f64) -> f64 {
        let (a, d, diffusivity) = (self.decay(p), self.d(), self.diffusivity);
        let sphere = PI.powf(0.5 * d) * tgamma(0.5 * (d + p)) / tgamma(0.5 * d);
        let at_one = sphere.powf(1.0 / p) * (4.0 * diffusivity / p).powf(0.5 * (d + p) / p)
            / (2.0 * diffusivity * (4.0 * PI * diffusivity).powf(0.5 * d));
        self.feed * at_one * t.powf(0.5 - a) / (0.5 - a)
    }

    /// a = (d/2)(1 − 1/p): ‖Γ(s)‖_p falls like s^{−a}.
    fn decay(&self, p: f64) -> f64 {
        0.5 * self.d() * (1.0 - 1.0 / p)
    }

    fn d(&self) -> f64 {
        f64::from(self.dimension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The norm over ℝᵈ of a function of r = |x|, by Simpson's rule in r ≤ `end`.
    fn norm(d: i32, p: f64, end: f64, f: impl Fn(f64) -> f64) -> f64 {
        let n = 4000;
        let sphere = [2.0, 2.0 * PI, 4.0 * PI][d as usize - 1];
        let value = |i: i32| {
            let r = end * f64::from(i) / f64::from(n);
            let weight = if i == 0 || i == n { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
            weight * f(r).abs().powf(p) * r.powi(d - 1)
        };
        let sum: f64 = (0..=n).map(value).sum();
        (sphere * sum * end / f64::from(3 * n)).powf(1.0 / p)
    }

    /// Against the norms of the heat kernel by quadrature in space, and their integral over time by the
    /// midpoint rule in u = s^{1/m}, which makes it smooth; m = 8 leaves 10⁻⁶.
    #[test]
    fn constants_are_the_integrals_of_norms_of_the_heat_kernel() {
        let (diffusivity, feed, t): (f64, f64, f64) = (0.7, 2.5, 1.3);
        for d in 1..=3 {
            let bounds = SignalBounds { dimension: d, feed, diffusivity };
            let kernel = |s: f64, r: f64| {
                let width = 4.0 * diffusivity * s;
                (PI * width).powf(-0.5 * f64::from(d)) * (-r * r / width).exp()
            };
            let over_time = |of: &dyn Fn(f64) -> f64| {
                let n = 2000;
                let value = |i: i32| {
                    let u = (f64::from(i) + 0.5) / f64::from(n);
                    8.0 * t * u.powi(7) * of(t * u.powi(8)) / f64::from(n)
                };
                feed * (0..n).map(value).sum::<f64>()
            };
            for &p in bounds.signal_exponents().iter().filter(|p| p.is_finite()) {
                let exact =
                    over_time(&|s| norm(d, p, 14.0 * (diffusivity * s).sqrt(), |r| kernel(s, r)));
                assert!((bounds.signal(p, t) / exact - 1.0).abs() < 1e-4, "{d} {p} {exact}");
            }
            for &p in bounds.gradient_exponents() {
                let slope = |s: f64, r: f64| r / (2.0 * diffusivity * s) * kernel(s, r);
                let exact =
                    over_time(&|s| norm(d, p, 14.0 * (diffusivity * s).sqrt(), |r| slope(s, r)));
                assert!((bounds.gradient(p, t) / exact - 1.0).abs() < 1e-4, "{d} {p} {exact}");
            }
        }
        let line = SignalBounds { dimension: 1, feed, diffusivity };
        // ∫ (4πDs)^{−1/2} ds = √(t/πD).
        let highest = feed * (t / (PI * diffusivity)).sqrt();
        assert!((line.signal(f64::INFINITY, t) / highest - 1.0).abs() < 1e-14);
    }

    /// HKS (18) with its misprint mended: M p t^{1/p} (4π)^{−(1−1/p)} p^{−1/p} in the plane.
    #[test]
    fn the_plane_has_the_constant_of_the_lemma() {
        let (mass, t): (f64, f64) = (3.0, 0.4);
        let bounds = SignalBounds { dimension: 2, feed: mass, diffusivity: 1.0 };
        for p in [1.0_f64, 2.0, 4.0] {
            let lemma =
                mass * p * t.powf(1.0 / p) * (4.0 * PI).powf(1.0 / p - 1.0) * p.powf(-1.0 / p);
            assert!((bounds.signal(p, t) / lemma - 1.0).abs() < 1e-14);
        }
    }
}
