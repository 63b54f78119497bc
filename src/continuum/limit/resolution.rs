//! Whether the grid still resolves ρ, and what it means if it does not.

use super::error::LimitError;
use crate::spectral::Spectral;
use serde::{Deserialize, Serialize};

/// Share of the squares of the modes in the upper third of any axis above which ρ is not resolved.
const TAIL: f64 = 1e-4;
/// Squares of modes over that of the mean that are round-off: an even density has no others.
const ROUND_OFF: f64 = 1e-24;
/// Growth of the largest ρ that tells a density that has grown beyond the grid from one that never
/// was resolved.
const GROWTH: f64 = 4.0;

/// ρ has grown into a peak that is as narrow as the grid: what is known of a blow-up.
///
/// It is judged by two things together: the largest ρ is at least four times what it was at the
/// start, and the upper third of the spectrum, which holds next to nothing of a resolved density, has
/// more than 10⁻⁴ of its squares. A steep but bounded density on a coarse grid looks the same; on
/// finer grids its `time` grows without limit, while that of a blow-up converges.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlowUp {
    /// The time when ρ was last resolved.
    pub time: f64,
    /// The largest ρ at that time.
    pub largest: f64,
    /// When 1/max ρ reaches 0 along the line through its values at the last two resolved steps: the
    /// time of the blow-up if max ρ ∝ 1/(T − t). A slower logarithm makes it a little late.
    pub extrapolated: f64,
    /// The largest ρ of the next step, not resolved, over that at the start; infinite if that step
    /// led to no numbers. That alone is no blow-up: ρ must have grown before.
    pub growth: f64,
}

/// Keeps an eye on ρ.
pub struct Resolution {
    /// Whether a mode lies in the upper third of an axis.
    upper: Vec<bool>,
    /// The largest nodal ρ at the start, and now.
    start: f64,
    pub largest: f64,
    /// Time and largest ρ of the last two steps that were resolved.
    resolved: [(f64, f64); 2],
    blow_up: Option<BlowUp>,
}

impl Resolution {
    /// From the coefficients of ρ at the start.
    pub fn new<const D: usize>(spectral: &Spectral<D>, density: &[f64]) -> Self {
        let start = spectral.inverse(density).into_iter().fold(f64::NEG_INFINITY, f64::max);
        Self {
            upper: spectral.upper_modes(),
            start,
            largest: start,
            resolved: [(0.0, start); 2],
            blow_up: None,
        }
    }

    /// Whether ρ, with these coefficients, has outgrown the grid.
    ///
    /// # Errors
    /// ρ is no number, and was not growing.
    pub fn is_lost(&mut self, time: f64, density: &[f64]) -> Result<bool, LimitError> {
        let (mut all, mut high) = (0.0, 0.0);
        // The mean is no structure.
        for (c, upper) in density.iter().zip(&self.upper).skip(1) {
            all += c * c;
            high += if *upper { c * c } else { 0.0 };
        }
        let is_number = f64::is_finite(all);
        if is_number && (high <= TAIL * all || high <= ROUND_OFF * density[0] * density[0]) {
            self.resolved = [self.resolved[1], (time, self.largest)];
            return Ok(false);
        }
        if is_number {
            return Ok(self.has_grown(self.largest));
        }
        match self.was_growing() {
            true => Ok(true),
            false => Err(LimitError::NoNumber { time: self.resolved[1].0 }),
        }
    }

    /// Whether ρ was growing before it led to no numbers: a blow-up, which is noted.
    pub fn was_growing(&mut self) -> bool {
        self.has_grown(self.resolved[1].1) && self.has_grown(f64::INFINITY)
    }

    /// Whether ρ was growing, where births have become too fast for any step.
    pub fn is_outrun(&mut self) -> bool {
        self.has_grown(self.largest)
    }

    /// Whether `largest` is far above the largest ρ at the start: a blow-up, which is noted.
    fn has_grown(&mut self, largest: f64) -> bool {
        let growth = largest / self.start;
        if growth < GROWTH {
            return false;
        }
        let [(before, less), (time, largest)] = self.resolved;
        let extrapolated = time + less / (largest - less) * (time - before);
        self.blow_up = Some(BlowUp { time, largest, extrapolated, growth });
        true
    }

    /// Where it was lost.
    pub fn blow_up(&self) -> Option<&BlowUp> {
        self.blow_up.as_ref()
    }
}
