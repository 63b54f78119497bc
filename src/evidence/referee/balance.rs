//! (A0) of CMPS, Assumption 1.1 of HKS: detailed balance, an equilibrium without flux, T₀/F ≥ γ > 0.

use super::velocities::velocities;
use super::{Place, Status};
use crate::turning::{LinearSignal, TurningKernel};
use crate::vector::{Vector, norm};
use crate::velocity::VelocitySpace;

/// What was found on pairs of velocities, over the range of S and |∇S| at t = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance<const D: usize> {
    /// Largest |T₀(v,v′)F′ − T₀(v′,v)F|/FF′, relative to the largest T₀/F.
    pub violation: f64,
    /// The turn (v, v′) with that violation, and the two rates T₀(v,v′)/F and T₀(v′,v)/F′.
    pub worst: ([Vector<D>; 2], [f64; 2]),
    /// |∫vF dv| over the largest speed.
    pub flux: f64,
    /// γ: the least T₀/F.
    pub least: f64,
    /// The largest T₀/F.
    pub most: f64,
    /// Whether T₀ was the same for every S and ∇S tried, beyond the range at t = 0, too.
    pub constant: bool,
}

/// Round-off of a kernel's values, and of F by quadrature.
const ROUND_OFF: f64 = 1e-10;

impl<const D: usize> Balance<D> {
    /// Whether (A0) holds.
    pub fn status(&self) -> Status {
        let balanced = self.violation <= ROUND_OFF && self.flux <= ROUND_OFF;
        match balanced && self.least > 0.0 && self.most.is_finite() {
            true => Status::Holds,
            false => Status::Fails,
        }
    }
}

/// T₀ is the kernel at ε = 0.
pub fn balance<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    place: &Place,
) -> Balance<D> {
    let zero = kernel.with_epsilon(0.0);
    let rate = |s: f64, slope: f64, v: &Vector<D>, w: &Vector<D>| {
        let mut gradient = [0.0; D];
        gradient[0] = slope;
        zero.relative_rate(&LinearSignal { offset: s, gradient }, &[0.0; D], v, w)
    };
    let velocities = velocities(space);
    let centre = velocities[0];
    let mut found = Balance {
        violation: 0.0,
        worst: ([centre; 2], [rate(place.middle(), place.slope, &centre, &centre); 2]),
        flux: flux(space),
        least: f64::INFINITY,
        most: f64::NEG_INFINITY,
        constant: true,
    };
    let mut gap = 0.0;
    for s in [place.low, place.middle(), place.high] {
        for slope in [0.0, 0.5 * place.slope, place.slope] {
            for (i, v) in velocities.iter().enumerate() {
                for w in &velocities[..=i] {
                    let rates = [rate(s, slope, v, w), rate(s, slope, w, v)];
                    // A value that is no number violates everything.
                    let sum: f64 = rates.iter().sum();
                    found.most = if sum.is_nan() { f64::INFINITY } else { found.most };
                    found.least = found.least.min(rates[0]).min(rates[1]);
                    found.most = found.most.max(rates[0]).max(rates[1]);
                    if (rates[0] - rates[1]).abs() > gap {
                        gap = (rates[0] - rates[1]).abs();
                        found.worst = ([*v, *w], rates);
                    }
                }
            }
        }
    }
    found.violation = gap / found.most.abs().max(found.least.abs());
    found.constant = velocities.iter().all(|v| {
        let here = rate(place.middle(), place.slope, v, &centre);
        [(0.0, 0.0), (1.0, 10.0), (100.0, 1.0), (place.low, place.slope), (place.high, 0.0)]
            .iter()
            .all(|(s, slope)| (rate(*s, *slope, v, &centre) - here).abs() <= ROUND_OFF * here.abs())
    });
    found
}

/// |∫vF dv| by quadrature, over the largest speed.
fn flux<const D: usize>(space: &VelocitySpace<D>) -> f64 {
    let mut mean = [0.0; D];
    for (v, weight) in space.quadrature() {
        (0..D).for_each(|a| mean[a] += weight * space.density(&v) * v[a]);
    }
    norm(&mean) / space.max_speed()
}
