//! The difference of a solution without noise to what it is compared with, and by how much it changes with what it is
//! found by.

use super::difference::{Differences, Measure, Side};
use super::measured::{Measured, measure};
use super::norms::{NodalField, Norm, norm_of};
use super::observed::{Each, Observed};
use super::statistics::Estimate;
use crate::kinetic::Entropy;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;

/// The difference of a solution to what it is compared with, at one value of the parameter.
pub(super) struct Solution {
    pub best: Change,
    /// By how much it changed with what it is found by.
    pub causes: Vec<Change>,
    /// The entropy after every step of the best solution.
    pub entropy: Vec<Entropy>,
}

/// The nodal fields ρ, S, ∇S, J, r and the weak errors of a difference, or of a change of it.
pub(super) struct Change {
    pub fields: Each<NodalField>,
    pub weak: Vec<f64>,
}

impl Change {
    /// `a` − `b`.
    pub fn of<const D: usize>(a: &Side<D>, b: &Side<D>) -> Self {
        let minus = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let field = |a: &NodalField, b: &NodalField| -> NodalField {
            a.iter().zip(b).map(|(a, b)| minus(a, b)).collect()
        };
        Self { fields: a.nodal.zip_map(&b.nodal, field), weak: minus(&a.weak, &b.weak) }
    }

    pub fn scaled(mut self, factor: f64) -> Self {
        self.values().for_each(|v| *v *= factor);
        self
    }

    /// Every number of it.
    pub fn values(&mut self) -> impl Iterator<Item = &mut f64> {
        self.fields.values_mut().flatten().flatten().chain(&mut self.weak)
    }

    /// Of the fields of all ρ.
    pub fn size(&self) -> f64 {
        sizes(self.fields.densities())
    }
}

/// (Σ of squares)^½.
pub(super) fn sizes(fields: &[NodalField]) -> f64 {
    fields.iter().flatten().flatten().map(|v| v * v).sum::<f64>().sqrt()
}

impl Solution {
    /// Whether it knows what `of` is about.
    pub fn has(&self, of: Measure) -> bool {
        match of {
            Measure::Norm(q, _) => !self.best.fields[q].is_empty(),
            Measure::Weak(_) => true,
        }
    }

    /// The distance in one measure; half of the interval is the sum of its changes.
    pub fn distance<const D: usize>(&self, of: Measure, spectral: &Spectral<D>) -> Estimate {
        let size = |change: &Change| match of {
            Measure::Weak(w) => change.weak[w],
            // The limit has no r, and so no error of it.
            Measure::Norm(q, _) if change.fields[q].is_empty() => 0.0,
            Measure::Norm(q, norm) => norm_of(norm, &change.fields[q], spectral),
        };
        let value = size(&self.best);
        let error: f64 = self.causes.iter().map(|cause| size(cause).abs()).sum();
        Estimate { value, std_error: 0.0, low: value - error, high: value + error }
    }

    /// How far the mean of the cells is from this solution, in one norm.
    pub fn distance_of_cells<const D: usize>(
        &self,
        cells: &Differences,
        (q, norm): (Observed, Norm),
        spectral: &Spectral<D>,
    ) -> Result<Measured, SimulationError> {
        let minus = |field: &NodalField| -> NodalField {
            (field.iter().zip(&self.best.fields[q]))
                .map(|(f, own)| f.iter().zip(own).map(|(f, own)| f - own).collect())
                .collect()
        };
        let fields: Vec<NodalField> = cells.of(q)?.iter().map(|field| minus(field)).collect();
        Ok(measure(norm, &fields.iter().collect::<Vec<_>>(), spectral))
    }
}
