//! ‖E u‖² from independent noisy replicates u₁, …, u_R, without the bias of their noise.
//!
//! U = Σ_{i≠j}⟨uᵢ,uⱼ⟩/R(R−1) has the mean ‖E u‖² = θ and, C being the covariance of u and m̂ the direction of E u,
//!
//! Var U = (4/R) θ ⟨m̂, C m̂⟩ + 2 tr C²/R(R−1).
//!
//! The second term is that of noise alone. The first goes with θ: an interval asks for every θ whether U is within
//! t standard deviations *at that θ*, as the one of a proportion does (Wilson 1927). A standard deviation at U
//! itself, jackknife or not, is far too small where U is small by chance.

use super::norms::NodalField;
use super::profile::Margin;
use rayon::prelude::*;

/// U, and what its variance and its covariance with those of other fields are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Square {
    /// U.
    pub value: f64,
    /// ⟨uᵣ, ū⟩/‖ū‖ less their mean: the noise along the mean, by replicate.
    along: Vec<f64>,
    /// ⟨uᵢ − ū, uⱼ − ū⟩ of the first replicates and their mean.
    gram: Vec<f64>,
}

/// Replicates from which tr C² is found; their products are O(n²).
const MOST: usize = 64;
/// Squares of norms below that of [`super::fit::ROUND_OFF`] are zero.
const SMALLEST: f64 = 1e-28;

impl Square {
    /// Of at least 3 replicates, every inner product weighted by `measure`.
    ///
    /// Σ_{j≠i}⟨uᵢ,uⱼ⟩ is ⟨uᵢ,s⟩ − ‖uᵢ‖², with s the sum of all.
    pub fn new(replicates: &[&NodalField], measure: f64) -> Self {
        let mut sum = replicates[0].clone();
        for u in &replicates[1..] {
            sum.iter_mut().flatten().zip(u.iter().flatten()).for_each(|(sum, u)| *sum += u);
        }
        let n = replicates.len() as f64;
        let with_sum: Vec<f64> = replicates.par_iter().map(|u| inner(u, &sum, measure)).collect();
        let own: f64 =
            replicates.par_iter().map(|u| inner(u, u, measure)).collect::<Vec<_>>().iter().sum();
        let square: f64 = with_sum.iter().sum();
        let mean = square / n;
        let length = square.max(f64::MIN_POSITIVE).sqrt();
        Self {
            value: (square - own) / (n * (n - 1.0)),
            along: with_sum.iter().map(|w| (w - mean) / length).collect(),
            gram: centred_gram(&replicates[..replicates.len().min(MOST)], measure),
        }
    }

    /// Replicates.
    pub fn replicates(&self) -> usize {
        self.along.len()
    }

    /// U as a function of θ: see [`Margin`].
    pub(super) fn margin(&self) -> Margin {
        let constant = self.noise(self).max(SMALLEST * SMALLEST);
        Margin { value: self.value, slope: 0.5 * self.pull(self), constant, signed: false }
    }

    /// Cov(U, U′) at what both seem to be.
    pub(super) fn covariance(&self, other: &Self) -> f64 {
        let size = (self.value.max(0.0) * other.value.max(0.0)).sqrt();
        let own = if std::ptr::eq(self, other) { SMALLEST * SMALLEST } else { 0.0 };
        size * self.pull(other) + self.noise(other) + own
    }

    /// (4/R) times the covariance of the noises along the means.
    fn pull(&self, other: &Self) -> f64 {
        let n = self.along.len() as f64;
        let sum: f64 = self.along.iter().zip(&other.along).map(|(a, b)| a * b).sum();
        4.0 / n * sum / (n - 1.0)
    }

    /// 2 tr(C₁₂C₂₁)/R(R−1), with C₁₂ the covariance of both fields. For normal fields with n degrees of freedom the
    /// mean of ‖S₁₂‖² − tr S₁₁ tr S₂₂/n is (n−1)(n+2)/n² of that trace, S being the sample covariance.
    fn noise(&self, other: &Self) -> f64 {
        let size = self.gram.len().isqrt();
        let n = size as f64 - 1.0;
        let trace = |g: &[f64]| (0..size).map(|i| g[i * size + i]).sum::<f64>();
        let products: f64 = self.gram.iter().zip(&other.gram).map(|(a, b)| a * b).sum();
        let square = products - trace(&self.gram) * trace(&other.gram) / n;
        let replicates = self.along.len() as f64;
        2.0 * square / ((n - 1.0) * (n + 2.0)) / (replicates * (replicates - 1.0))
    }

    /// The largest variance of ⟨φ, ū⟩ over ‖φ‖ = 1, by powers of the products.
    pub(super) fn largest_variance(&self) -> f64 {
        let size = self.gram.len().isqrt();
        let (mut x, mut largest): (Vec<f64>, f64) =
            ((0..size).map(|i| 1.0 + (i as f64).sin()).collect(), 0.0);
        for _ in 0..100 {
            let y: Vec<f64> = self
                .gram
                .chunks_exact(size)
                .map(|row| row.iter().zip(&x).map(|(g, x)| g * x).sum())
                .collect();
            largest = y.iter().map(|y| y * y).sum::<f64>().sqrt();
            if largest == 0.0 {
                break;
            }
            x = y.iter().map(|y| y / largest).collect();
        }
        largest / (size as f64 - 1.0) / self.along.len() as f64
    }
}

/// ⟨u, w⟩, with every sum weighted by `measure`.
fn inner(u: &NodalField, w: &NodalField, measure: f64) -> f64 {
    let pair = |(u, w): (&Vec<f64>, &Vec<f64>)| u.iter().zip(w).map(|(u, w)| u * w).sum::<f64>();
    measure * u.iter().zip(w).map(pair).sum::<f64>()
}

/// ⟨uᵢ − ū, uⱼ − ū⟩, row by row.
fn centred_gram(fields: &[&NodalField], measure: f64) -> Vec<f64> {
    let n = fields.len();
    let row = |i: usize| (0..=i).map(|j| inner(fields[i], fields[j], measure)).collect::<Vec<_>>();
    let half: Vec<Vec<f64>> = (0..n).into_par_iter().map(row).collect();
    let raw = |i: usize, j: usize| half[i.max(j)][i.min(j)];
    let means: Vec<f64> =
        (0..n).map(|i| (0..n).map(|j| raw(i, j)).sum::<f64>() / n as f64).collect();
    let middle = means.iter().sum::<f64>() / n as f64;
    (0..n * n).map(|at| raw(at / n, at % n) - means[at / n] - means[at % n] + middle).collect()
}
