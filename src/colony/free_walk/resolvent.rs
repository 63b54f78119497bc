//! The resolvent E[1/(z − iξv₁)] of the first velocity component under F.

use crate::quadrature::gauss_legendre;
use crate::velocity::{VelocitySet, VelocitySpace};
use rustfft::num_complex::Complex64;

/// Terms of the series; enough for |q| > 1.08 (see [`Resolvent::excess`]).
const ORDER: usize = 320;
/// Panels and nodes per panel of the quadrature over speeds. The highest term has 16 waves each.
const PANELS: usize = 16;
const PANEL_NODES: usize = 64;

/// z E[1/(z − iξv₁)] = 1 + δ(ζ) with ζ = z/(iξs), where s is the largest speed.
#[derive(Debug)]
pub(super) struct Resolvent {
    speed: f64,
    coefficients: Vec<f64>,
}

impl Resolvent {
    /// From the Chebyshev moments tₘ = E T₂ₘ(v₁/s): with ζ = (q + 1/q)/2, |q| > 1,
    /// E[1/(ζ − v₁/s)] = (2/q) Σ sₘq⁻²ᵐ, where s₀ = 1 and sₘ = sₘ₋₁ + 2tₘ; hence
    /// δ = Σ_{m≥1} (sₘ + sₘ₋₁)q⁻²ᵐ. All sums over speeds are of smooth bounded terms.
    pub(super) fn new<const D: usize>(space: &VelocitySpace<D>) -> Self {
        let mut moments = vec![0.0; ORDER];
        for (speed, weight) in speeds(space) {
            add_moments::<D>(speed, weight, &mut moments);
        }
        let mut before = 1.0;
        let coefficients = moments
            .into_iter()
            .map(|t| {
                let now = before + 2.0 * t;
                let sum = before + now;
                before = now;
                sum
            })
            .collect();
        Self { speed: space.max_speed(), coefficients }
    }

    /// The largest speed s.
    pub(super) fn speed(&self) -> f64 {
        self.speed
    }

    /// δ(ζ), to about 10⁻¹⁵ of its value, for ζ away from [−1, 1].
    pub(super) fn excess(&self, zeta: Complex64) -> Complex64 {
        let root = (zeta * zeta - 1.0).sqrt();
        let aligned = zeta.re * root.re + zeta.im * root.im >= 0.0;
        let q = if aligned { zeta + root } else { zeta - root };
        let p = (q * q).inv();
        let needed = 44.0 / -p.norm_sqr().ln() * 2.0;
        let terms = (needed as usize + 2).min(self.coefficients.len());
        let series = self.coefficients[..terms]
            .iter()
            .rev()
            .fold(Complex64::ZERO, |sum, coefficient| sum * p + coefficient);
        p * series
    }
}

/// Nodes |v|/s and weights, which sum to one, for averages over F. Gauss–Legendre in arccos(|v|/s),
/// where T₂ₘ is a cosine.
fn speeds<const D: usize>(space: &VelocitySpace<D>) -> Vec<(f64, f64)> {
    if space.set() == VelocitySet::Sphere {
        return vec![(1.0, 1.0)];
    }
    let speed = space.max_speed();
    let widest = (space.min_speed() / speed).min(1.0).acos();
    let density = |ratio: f64| {
        let mut v = [0.0; D];
        v[0] = ratio * speed;
        ratio.powi(D as i32 - 1) * space.density(&v)
    };
    let panel = |i: usize| widest * i as f64 / PANELS as f64;
    let mut rule: Vec<(f64, f64)> = (0..PANELS)
        .flat_map(|i| gauss_legendre(PANEL_NODES, panel(i), panel(i + 1)))
        .map(|(angle, weight)| (angle.cos(), weight * angle.sin() * density(angle.cos())))
        .collect();
    let total: f64 = rule.iter().map(|(_, weight)| weight).sum();
    rule.iter_mut().for_each(|(_, weight)| *weight /= total);
    rule
}

/// Adds `weight`·⟨T₂ₘ(re₁)⟩ over directions e to `moments`[m−1], by the recurrence in x = 2r² − 1:
/// Tₘ(x) on the line, (Pₘ − Pₘ₋₁)(x)/2 in the plane, and (Wₘ/(2m+1) − Wₘ₋₁/(2m−1))/2 in space with
/// Wₘ(x) = T₂ₘ₊₁(r)/r.
fn add_moments<const D: usize>(r: f64, weight: f64, moments: &mut [f64]) {
    let x = 2.0 * r * r - 1.0;
    let (mut before, mut now) = (1.0, if D == 3 { 2.0 * x - 1.0 } else { x });
    for (i, moment) in moments.iter_mut().enumerate() {
        let m = i as f64 + 1.0;
        let (mean, next) = match D {
            1 => (now, 2.0 * x * now - before),
            2 => (0.5 * (now - before), ((2.0 * m + 1.0) * x * now - m * before) / (m + 1.0)),
            _ => {
                let mean = 0.5 * (now / (2.0 * m + 1.0) - before / (2.0 * m - 1.0));
                (mean, 2.0 * x * now - before)
            }
        };
        *moment += weight * mean;
        (before, now) = (now, next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// Closed forms: 1/(1 − v²/ζ²) on the line, 1/√(1 − 1/ζ²) on the circle, ζ artanh(1/ζ) on the
    /// sphere, and ζ artanh(1/ζ) again for the uniform segment.
    #[test]
    fn closed_forms_along_a_contour() {
        let sphere1 = Resolvent::new(&VelocitySpace::<1>::new(VelocitySet::Sphere, 0.0, 2.0, None));
        let sphere2 = Resolvent::new(&VelocitySpace::<2>::new(VelocitySet::Sphere, 0.0, 2.0, None));
        let sphere3 = Resolvent::new(&VelocitySpace::<3>::new(VelocitySet::Sphere, 0.0, 2.0, None));
        let segment = Resolvent::new(&VelocitySpace::<1>::new(VelocitySet::Ball, 0.0, 2.0, None));
        for i in 0..200 {
            let angle = 2.0 * PI * (i as f64 + 0.5) / 200.0;
            for b in [0.09, 0.5, 3.0, 1e4] {
                let zeta = Complex64::new((1.0 + b) * angle.cos(), b * angle.sin());
                if zeta.im.abs() < 0.08 && zeta.re.abs() < 1.05 {
                    continue;
                }
                let inverse = zeta.inv();
                let artanh = 0.5 * ((1.0 + inverse) / (1.0 - inverse)).ln();
                let pairs = [
                    (&sphere1, (1.0 - inverse * inverse).inv()),
                    (&sphere2, (1.0 - inverse * inverse).sqrt().inv()),
                    (&sphere3, zeta * artanh),
                    (&segment, zeta * artanh),
                ];
                for (j, (resolvent, exact)) in pairs.into_iter().enumerate() {
                    let error = (resolvent.excess(zeta) + 1.0 - exact).norm() / exact.norm();
                    assert!(error < 2e-12, "{j} {zeta} {error:e}");
                }
            }
        }
    }
}
