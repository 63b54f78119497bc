//! The equilibrium F = F(|v|) > 0, ∫_V F dv = 1 (CMPS Remark 1).

use super::spec::KEYS;
use crate::formula::Formula;
use crate::quadrature::gauss_legendre;
use crate::schema::{OutOfRange, POSITIVE, Ranged};

/// Samples that bound a given profile.
const SAMPLES: usize = 4096;

/// F as a function of the speed.
#[derive(Clone, Debug)]
pub(super) enum Profile {
    /// F = 1/μ.
    Uniform,
    /// F ∝ a given function of |v|.
    Radial(Radial),
}

/// A given profile, normalised.
#[derive(Clone, Debug)]
pub(super) struct Radial {
    formula: Ranged,
    scale: f64,
    lowest: f64,
    highest: f64,
}

impl Profile {
    /// Normalises `formula`(r) on [inner, outer], where `surface`(r) dr is the measure of a layer.
    /// Its extremes are taken from samples, widened by the largest step between neighbours.
    pub(super) fn radial(
        formula: Formula,
        inner: f64,
        outer: f64,
        surface: impl Fn(f64) -> f64,
    ) -> Self {
        let formula = Ranged::formula(KEYS, "velocity.equilibrium", formula).within(POSITIVE);
        let total: f64 = gauss_legendre(64, inner, outer)
            .into_iter()
            .map(|(r, w)| w * surface(r) * formula.eval(&[r]))
            .sum();
        let at =
            |i: usize| formula.eval(&[inner + (outer - inner) * i as f64 / SAMPLES as f64]) / total;
        let (mut lowest, mut highest, mut step) = (at(0), at(0), 0.0_f64);
        for i in 1..=SAMPLES {
            let value = at(i);
            step = step.max((value - at(i - 1)).abs());
            (lowest, highest) = (lowest.min(value), highest.max(value));
        }
        Self::Radial(Radial {
            formula,
            scale: 1.0 / total,
            lowest: (lowest - step).max(0.5 * lowest),
            highest: highest + step,
        })
    }
}

impl Radial {
    /// F at speed r.
    pub(super) fn density(&self, r: f64) -> f64 {
        self.scale * self.formula.eval(&[r])
    }

    /// Why F at speed r is refused, if it is.
    pub(super) fn refused(&self, r: f64) -> Option<OutOfRange> {
        self.formula.check(&[r])
    }

    /// A lower bound on F.
    pub(super) fn lowest(&self) -> f64 {
        self.lowest
    }

    /// An upper bound on F.
    pub(super) fn highest(&self) -> f64 {
        self.highest
    }
}
