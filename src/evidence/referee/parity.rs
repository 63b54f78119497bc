//! The order in ε that is to be expected: two, if f⁰ is even in v and T even under
//! (ε, v, v′) → (−ε, −v, −v′), as then ρ_{−ε} = ρ_ε; else one. And no more than the power with which diffusion or drift vanishes.

use super::Place;
use super::velocities::velocities;
use crate::experiment::Population;
use crate::turning::{TurningKernel, Wave};
use crate::vector::scaled;
use crate::velocity::VelocitySpace;
use std::f64::consts::FRAC_PI_4;

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    /// Whether f⁰(x, v) = f⁰(x, −v): no net flux at t = 0.
    pub even_start: bool,
    /// Largest |T_ε(v,v′) − T_{−ε}(−v,−v′)| relative to the largest T_ε, both over F, in a wave with
    /// the gradient of t = 0.
    pub odd_part: f64,
}

/// Odd part that counts as round-off.
const ROUND_OFF: f64 = 1e-9;

impl Parity {
    /// Whether the kernel is even.
    pub fn even_kernel(&self) -> bool {
        self.odd_part <= ROUND_OFF
    }

    /// The order of ρ_ε − ρ₀ of the population that it was found for.
    pub fn order(&self, of: &Population) -> u32 {
        of.order(self.even_kernel())
    }

    /// Why.
    pub fn reason(&self, of: &Population) -> String {
        let signs = match (self.even_start, self.even_kernel()) {
            (true, true) => "f0 is even in v, and T under (eps, v, v') -> (-eps, -v, -v')",
            (false, true) => "f0 has a net flux",
            (true, false) => "T is not even under (eps, v, v') -> (-eps, -v, -v')",
            (false, false) => "f0 has a net flux and T is not even under a change of all signs",
        };
        match of.vanishing() {
            Some(power) => format!("{signs}; diffusion or drift vanishes like eps^{power}"),
            None => signs.into(),
        }
    }
}

/// Tries T at ±ε on pairs of velocities.
pub fn parity<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    place: &Place,
    of: &Population,
    epsilon: f64,
) -> Parity {
    // Value and gradient are those of t = 0, and S is curved.
    let amplitude = if place.high > place.low { 0.5 * (place.high - place.low) } else { 1.0 };
    let number = place.slope / (amplitude * FRAC_PI_4.sin());
    let mean = place.middle() - amplitude * FRAC_PI_4.cos();
    let signal = Wave { mean, amplitude, number, phase: -FRAC_PI_4 };
    let (plus, minus) = (kernel.with_epsilon(epsilon), kernel.with_epsilon(-epsilon));
    let (mut gap, mut most) = (0.0_f64, 0.0_f64);
    let velocities = velocities(space);
    for v in &velocities {
        for w in &velocities {
            let rate = plus.relative_rate(&signal, &[0.0; D], v, w);
            let (v, w) = (scaled(-1.0, v), scaled(-1.0, w));
            let mirrored = minus.relative_rate(&signal, &[0.0; D], &v, &w);
            gap = gap.max((rate - mirrored).abs());
            most = most.max(rate.abs());
        }
    }
    let odd_part = if most > 0.0 { gap / most } else { 0.0 };
    Parity { even_start: of.starts_without_flux(), odd_part }
}
