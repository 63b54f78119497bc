//! Whether the grid still resolves ρ, and what it means if it does not.

use crate::spectral::Spectral;

/// Share of the squares of the modes in the upper third of any axis above which ρ is not resolved.
const TAIL: f64 = 1e-4;
/// Growth of the largest ρ that tells a density that has grown beyond the grid from one that never
/// was resolved.
const GROWTH: f64 = 4.0;

/// ρ has grown into a peak that is as narrow as the grid: what is known of a blow-up.
///
/// It is judged by two things together: the largest ρ is at least four times what it was at the
/// start, and the upper third of the spectrum, which holds next to nothing of a resolved density, has
/// more than 10⁻⁴ of its squares. A steep but bounded density on a coarse grid looks the same; on
/// finer grids its `time` grows without limit, while that of a blow-up converges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlowUp {
    /// The time when ρ was last resolved.
    pub time: f64,
    /// The largest ρ at that time.
    pub largest: f64,
    /// When 1/max ρ reaches 0 along the line through its values at the last two resolved steps: the
    /// time of the blow-up if max ρ ∝ 1/(T − t). A slower logarithm makes it a little late.
    pub extrapolated: f64,
    /// The largest ρ of the next step, not resolved, over that at the start; infinite if that step
    /// led to no numbers.
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
        let last = spectral.wave_vector(spectral.grid().len() - 1);
        let upper = (0..density.len())
            .map(|flat| {
                let k = spectral.wave_vector(flat);
                (0..D).any(|a| 3.0 * k[a] > 2.0 * last[a])
            })
            .collect();
        let start = spectral.inverse(density).into_iter().fold(f64::NEG_INFINITY, f64::max);
        Self { upper, start, largest: start, resolved: [(0.0, start); 2], blow_up: None }
    }

    /// Whether ρ, with these coefficients, has outgrown the grid.
    pub fn is_lost(&mut self, time: f64, density: &[f64]) -> bool {
        let (mut all, mut high) = (0.0, 0.0);
        // The mean is no structure.
        for (c, upper) in density.iter().zip(&self.upper).skip(1) {
            all += c * c;
            high += if *upper { c * c } else { 0.0 };
        }
        let is_number = f64::is_finite(all);
        if is_number && high <= TAIL * all {
            self.resolved = [self.resolved[1], (time, self.largest)];
            return false;
        }
        let growth = if is_number { self.largest / self.start } else { f64::INFINITY };
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
