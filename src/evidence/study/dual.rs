//! ‖E u‖ in L¹ and L^∞ from independent noisy replicates u₁, …, u_R: a limit from below and one from above.
//!
//! By duality ‖u‖ = ⟨φ, u⟩ with φ = u/|u|, or φ concentrated where |u| is largest.
//!
//! - **Below**: ‖E u‖ ≥ ⟨φ, E u⟩ for any such φ. φ is taken from one half of the replicates, denoised, and paired
//!   with the other half. The result has mean zero when E u = 0, and tightens as noise shrinks; this is the value
//!   that is given. (Leaving out single replicates instead would give every pairing nearly the same φ, and an
//!   interval that is too short.)
//! - **Above**: E u has *one* dual φ*, unknown but fixed, so ‖E u‖ = ⟨φ*, E u⟩ ≤ ‖ū‖ + ⟨φ*, E u − ū⟩, where the last
//!   is the noise of a single number. In L^∞ it is that of ū at one node, so that ‖E u‖ is at most the largest
//!   |ū| + tσ over the nodes; in L¹ its variance is at most |Ω| times the largest that ⟨φ, ū⟩ has over ‖φ‖_L² = 1.
//!   No quantile of a maximum over the nodes is needed for that.

use super::norms::{NodalField, Norm};
use super::square::Square;
use super::statistics::{Estimate, jackknife_error, student_quantile};
use crate::spectral::Spectral;

/// Limits of ‖E u‖ from both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Dual {
    /// The pairing of all replicates, at most ‖E u‖ on average.
    below: f64,
    /// Its standard error.
    error: f64,
    /// (‖ū‖, standard error) in L¹; (|ū|, standard error) at every node in L^∞.
    above: Vec<(f64, f64)>,
    replicates: usize,
}

impl Dual {
    /// Of at least 4 replicates.
    pub fn new<const D: usize>(
        norm: Norm,
        replicates: &[&NodalField],
        spectral: &Spectral<D>,
    ) -> Self {
        let (below, omitted) = cross_fitted(norm, replicates, spectral);
        let above = match norm {
            Norm::Linf => at_nodes(replicates),
            _ => vec![in_the_mean(replicates, spectral)],
        };
        Self { below, error: jackknife_error(&omitted), above, replicates: replicates.len() }
    }

    /// Replicates.
    pub fn replicates(&self) -> usize {
        self.replicates
    }

    /// The value from below, and limits that hold together with the given confidence.
    pub fn estimate(&self, confidence: f64) -> Estimate {
        let t = student_quantile(confidence, self.replicates - 1);
        let high = self.above.iter().map(|(size, error)| size + t * error).fold(0.0, f64::max);
        let low = (self.below - t * self.error).max(0.0);
        Estimate { value: self.below, std_error: self.error, low, high }
    }
}

/// |ū| and its standard error (that of the component along ū is at most the root of the summed variances).
fn at_nodes(replicates: &[&NodalField]) -> Vec<(f64, f64)> {
    let n = replicates.len() as f64;
    let at = |i: usize| {
        let (mut size, mut variance) = (0.0, 0.0);
        for c in 0..replicates[0].len() {
            let mean = replicates.iter().map(|u| u[c][i]).sum::<f64>() / n;
            let spread: f64 = replicates.iter().map(|u| (u[c][i] - mean).powi(2)).sum();
            size += mean * mean;
            variance += spread / (n - 1.0) / n;
        }
        (size.sqrt(), variance.sqrt())
    };
    (0..replicates[0][0].len()).map(at).collect()
}

/// ‖ū‖ in L¹ and the largest standard error of ⟨φ, ū⟩ over |φ| = 1.
fn in_the_mean<const D: usize>(replicates: &[&NodalField], spectral: &Spectral<D>) -> (f64, f64) {
    let grid = spectral.grid();
    let nodes = at_nodes(replicates);
    let sum =
        |f: &dyn Fn(&(f64, f64)) -> f64| grid.cell_volume() * nodes.iter().map(f).sum::<f64>();
    let variance = grid.volume() * Square::new(replicates, grid.cell_volume()).largest_variance();
    // If all nodes moved together it would be the integral of their standard errors.
    (sum(&|node| node.0), variance.sqrt().min(sum(&|node| node.1)))
}

/// The mean of either half, paired with the dual function of the denoised mean of the other half;
/// the average of both; and the same without each replicate, which changes its half's mean and dual function.
fn cross_fitted<const D: usize>(
    norm: Norm,
    replicates: &[&NodalField],
    spectral: &Spectral<D>,
) -> (f64, Vec<f64>) {
    let modes: Vec<NodalField> = (replicates.iter())
        .map(|u| u.iter().map(|component| spectral.forward(component)).collect())
        .collect();
    let half = |parity: usize, without: Option<usize>| -> [NodalField; 2] {
        let members = (parity..modes.len()).step_by(2).filter(|r| Some(*r) != without);
        mean_and_denoised(&members.map(|r| &modes[r]).collect::<Vec<_>>(), spectral)
    };
    let statistic = |halves: [&[NodalField; 2]; 2]| -> f64 {
        let [[mean_a, steer_a], [mean_b, steer_b]] = halves;
        let volume = spectral.grid().cell_volume();
        0.5 * (pairing(norm, steer_a, mean_b, volume) + pairing(norm, steer_b, mean_a, volume))
    };
    let whole = [half(0, None), half(1, None)];
    let omitted = (0..modes.len())
        .map(|r| {
            let changed = half(r % 2, Some(r));
            statistic(if r % 2 == 0 { [&changed, &whole[1]] } else { [&whole[0], &changed] })
        })
        .collect();
    (statistic([&whole[0], &whole[1]]), omitted)
}

/// ⟨φ, u⟩ where φ is dual to `steer` in the norm: steer/|steer|, or that where |steer| is largest.
fn pairing(norm: Norm, steer: &NodalField, u: &NodalField, cell_volume: f64) -> f64 {
    let pairs = (0..u[0].len()).map(|i| {
        let dot = |a: &NodalField, b: &NodalField| -> f64 {
            a.iter().zip(b).map(|(a, b)| a[i] * b[i]).sum()
        };
        let size = dot(steer, steer).sqrt();
        (size, if size > 0.0 { dot(steer, u) / size } else { 0.0 })
    });
    match norm {
        Norm::Linf => pairs.fold((0.0, 0.0), |best, p| if p.0 > best.0 { p } else { best }).1,
        _ => cell_volume * pairs.map(|(_, pairing)| pairing).sum::<f64>(),
    }
}

/// The nodal mean of fields given by their modes, and the same with every mode m̂ shrunk by
/// (1 − var(m̂)/m̂²)⁺ (James & Stein 1961): what is mostly noise does not steer the dual function.
/// A single field is not shrunk.
fn mean_and_denoised<const D: usize>(
    fields: &[&NodalField],
    spectral: &Spectral<D>,
) -> [NodalField; 2] {
    let n = fields.len() as f64;
    let (mut means, mut denoised) = (NodalField::new(), NodalField::new());
    for c in 0..fields[0].len() {
        let (mut mean, mut shrunk) = (Vec::new(), Vec::new());
        for i in 0..fields[0][c].len() {
            let m = fields.iter().map(|f| f[c][i]).sum::<f64>() / n;
            let square = fields.iter().map(|f| (f[c][i] - m).powi(2)).sum::<f64>();
            let variance = if n > 1.0 { square / (n - 1.0) / n } else { 0.0 };
            mean.push(m);
            shrunk.push(if variance < m * m { m - variance / m } else { 0.0 });
        }
        means.push(spectral.inverse(&mean));
        denoised.push(spectral.inverse(&shrunk));
    }
    [means, denoised]
}
