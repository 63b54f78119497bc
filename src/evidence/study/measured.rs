//! A distance as replicates know it.

use super::dual::Dual;
use super::profile::Margin;
use super::square::Square;
use super::statistics::{Estimate, mean, student_quantile};

/// What is known of one distance, by its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// The mean of these samples, one of each replicate, of either sign.
    Mean(Vec<f64>),
    /// The root of an unbiased square.
    Square(Square),
    /// Between two limits.
    Dual(Dual),
}

/// Variances of means below this are round-off.
const SMALLEST: f64 = 1e-28;

impl Measured {
    /// Replicates.
    pub fn replicates(&self) -> usize {
        match self {
            Self::Mean(samples) => samples.len(),
            Self::Square(square) => square.replicates(),
            Self::Dual(dual) => dual.replicates(),
        }
    }

    /// Value, standard error and interval. The interval of a norm is cut at 0; where it reaches 0 nothing but an
    /// upper bound is known.
    pub fn estimate(&self, confidence: f64) -> Estimate {
        let square = match self {
            Self::Mean(samples) => return mean(samples, confidence),
            Self::Dual(dual) => return dual.estimate(confidence),
            Self::Square(square) => square,
        };
        let (margin, zero) = (square.margin(), square.margin().zero());
        let t = student_quantile(confidence, square.replicates() - 1);
        // Where U < 0, z is counted from that of the nearest θ ≥ 0.
        let reach = t.hypot(zero.max(0.0));
        let root = |z: f64| if z > zero { margin.at(z)[0].max(0.0).sqrt() } else { 0.0 };
        let value = square.value.max(0.0).sqrt();
        let deviation = square.covariance(square).sqrt();
        // Delta method; where U ≤ 0 the interval alone speaks.
        let std_error = if value > 0.0 { deviation / (2.0 * value) } else { deviation.sqrt() };
        Estimate { value, std_error, low: root(-reach), high: root(reach) }
    }

    /// The scale on which it is nearly normal; none for what has limits only.
    pub(super) fn margin(&self) -> Option<Margin> {
        match self {
            Self::Mean(samples) => {
                let constant = covariance(samples, samples).max(SMALLEST);
                let value = samples.iter().sum::<f64>() / samples.len() as f64;
                Some(Margin { value, slope: 0.0, constant, signed: true })
            }
            Self::Square(square) => Some(square.margin()),
            Self::Dual(_) => None,
        }
    }

    /// The covariance with another of the same kind, from the same replicates.
    pub(super) fn covariance(&self, other: &Self) -> f64 {
        match (self, other) {
            (Self::Mean(a), Self::Mean(b)) if std::ptr::eq(a, b) => covariance(a, b).max(SMALLEST),
            (Self::Mean(a), Self::Mean(b)) => covariance(a, b),
            (Self::Square(a), Self::Square(b)) => a.covariance(b),
            _ => 0.0,
        }
    }

    /// log of the size per log of [`Margin::value`].
    pub(super) fn exponent(&self) -> f64 {
        if matches!(self, Self::Square(_)) { 0.5 } else { 1.0 }
    }
}

/// The covariance of two means.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let middle = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (at, bt) = (middle(a), middle(b));
    a.iter().zip(b).map(|(a, b)| (a - at) * (b - bt)).sum::<f64>() / (n - 1.0) / n
}
