//! Homogeneous states that last.

use super::homogeneous::{Homogeneous, State};
use super::limit::LimitWaves;
use super::newton::newton;
use super::spectrum::Spectrum;
use nalgebra::{DMatrix, DVector};

/// Where Newton's steps start, besides 0 and the means at t = 0.
const STARTS: usize = 64;
/// Powers of ten that they are below and above those means.
const SPREAD: f64 = 2.0;
/// Relative distance of equilibria that are the same.
const SAME: f64 = 1e-7;
/// Share of the scale below which a density is none.
const NOTHING: f64 = 1e-12;
/// With more, they are taken for points of a continuum.
const MOST: usize = 16;

/// A state in which nothing changes.
#[derive(Clone, Debug)]
pub struct Equilibrium {
    /// Densities and signals.
    pub state: State,
    /// Eigenvalues without space; `None` where they are not found.
    pub spectrum: Option<Spectrum>,
}

impl<const D: usize> Homogeneous<'_, D> {
    /// The equilibria with ρ ≥ 0 that have the conserved masses of t = 0, to round-off, the smallest sum of densities
    /// first: by Newton's method from `STARTS` starts, so that none is proved to be missing. Of a continuum only the one
    /// nearest to the means at t = 0 is kept.
    pub fn equilibria(&self) -> Vec<Equilibrium> {
        let scale = self.means.iter().copied().fold(0.0, f64::max);
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let mut found: Vec<DVector<f64>> = Vec::new();
        for start in self.starts(scale) {
            let Some(root) = self.root(start, scale) else { continue };
            let close =
                |other: &DVector<f64>| (&root - other).norm() <= SAME * (root.norm() + scale);
            if !found.iter().any(close) {
                found.push(root);
            }
        }
        if found.len() > MOST {
            let means = DVector::from_column_slice(&self.means);
            let away = |x: &DVector<f64>| (x.rows(0, self.populations()) - &means).norm();
            found.sort_by(|a, b| away(a).total_cmp(&away(b)));
            found.truncate(1);
        }
        let mut states: Vec<State> = found.iter().map(|root| self.state(root)).collect();
        let mass = |state: &State| state.densities.iter().sum::<f64>();
        states.sort_by(|a, b| mass(a).total_cmp(&mass(b)));
        let weighed = |state: State| {
            let spectrum = LimitWaves::new(self, &state, false).spectrum(0.0);
            Equilibrium { state, spectrum }
        };
        states.into_iter().map(weighed).collect()
    }

    /// Nothing, the means, and multiples of them by powers of ten that fill a cube evenly (additive recurrences in √p).
    fn starts(&self, scale: f64) -> Vec<DVector<f64>> {
        let n = self.unknowns();
        let size = |i: usize| self.means.get(i).copied().filter(|m| *m > 0.0).unwrap_or(scale);
        let roots = [2.0_f64, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0].map(f64::sqrt);
        let spread = |j: usize| {
            DVector::from_fn(n, |i, _| {
                let share = ((j * (1 + i / roots.len())) as f64 * roots[i % roots.len()]).fract();
                size(i) * 10.0_f64.powf(SPREAD * (2.0 * share - 1.0))
            })
        };
        let means = DVector::from_fn(n, |i, _| self.means.get(i).copied().unwrap_or(0.0));
        [DVector::zeros(n), means].into_iter().chain((1..=STARTS).map(spread)).collect()
    }

    fn root(&self, start: DVector<f64>, scale: f64) -> Option<DVector<f64>> {
        let (n, populations, conserved) = (self.unknowns(), self.populations(), self.conserved());
        let excess = |x: &DVector<f64>, weights: &DVector<f64>| -> f64 {
            weights.iter().zip(x.iter().zip(&self.means)).map(|(w, (x, m))| w * (x - m)).sum()
        };
        let residual = |x: &DVector<f64>| {
            let kept = conserved.iter().map(|weights| excess(x, weights));
            let change = self.change(&self.state(x));
            DVector::from_iterator(n + conserved.len(), change.iter().copied().chain(kept))
        };
        let jacobian = |x: &DVector<f64>| {
            let mut matrix = DMatrix::zeros(n + conserved.len(), n);
            let own = LimitWaves::new(self, &self.state(x), false).matrix(0.0);
            matrix.view_mut((0, 0), (n, n)).copy_from(&own);
            for (row, weights) in conserved.iter().enumerate() {
                matrix.view_mut((n + row, 0), (1, populations)).copy_from(&weights.transpose());
            }
            matrix
        };
        let mut root = newton(start, scale, residual, jacobian)?;
        for x in root.iter_mut().take(populations) {
            if x.abs() <= NOTHING * scale {
                *x = 0.0;
            }
        }
        root.iter().take(populations).all(|x| *x >= 0.0).then_some(root)
    }
}
