//! Estimates from independent replicates. Standard deviation (of one replicate), standard error
//! (of the mean) and confidence interval are three things, and each is named.

use statrs::distribution::{ChiSquared, ContinuousCDF, StudentsT};

/// A value with its standard error and confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Lower end of the confidence interval.
    pub low: f64,
    /// Upper end of the confidence interval.
    pub high: f64,
}

/// Two-sided quantile of Student's t: P(|t| ≤ q) = `confidence` with `freedom` degrees of freedom.
///
/// ```
/// let q = kinetaxis::study::statistics::student_quantile(0.95, 10);
/// assert!((q - 2.228_138_85).abs() < 1e-7);
/// ```
pub fn student_quantile(confidence: f64, freedom: usize) -> f64 {
    StudentsT::new(0.0, 1.0, freedom as f64)
        .expect("at least one degree of freedom")
        .inverse_cdf(0.5 + 0.5 * confidence)
}

/// P(χ² > `value`) with `freedom` degrees of freedom.
pub fn chi_square_tail(value: f64, freedom: usize) -> f64 {
    ChiSquared::new(freedom as f64).expect("at least one degree of freedom").sf(value)
}

/// Mean of independent `samples` (at least 2) with its t-interval.
pub fn mean(samples: &[f64], confidence: f64) -> Estimate {
    let n = samples.len() as f64;
    let value = samples.iter().sum::<f64>() / n;
    let variance = samples.iter().map(|s| (s - value).powi(2)).sum::<f64>() / (n - 1.0);
    around(value, (variance / n).sqrt(), confidence, samples.len() - 1)
}

/// `value` ± t·`std_error`.
pub fn around(value: f64, std_error: f64, confidence: f64, freedom: usize) -> Estimate {
    let half = student_quantile(confidence, freedom) * std_error;
    Estimate { value, std_error, low: value - half, high: value + half }
}

/// Jackknife standard error from the estimates that leave out one replicate each
/// (Efron & Stein 1981): √((n−1)/n Σ(θ₍ᵢ₎ − θ̄)²).
pub fn jackknife_error(omitted: &[f64]) -> f64 {
    let n = omitted.len() as f64;
    let middle = omitted.iter().sum::<f64>() / n;
    ((n - 1.0) / n * omitted.iter().map(|t| (t - middle).powi(2)).sum::<f64>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jackknife_of_a_mean_is_its_standard_error() {
        let x = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let total: f64 = x.iter().sum();
        let omitted: Vec<f64> = x.iter().map(|x| (total - x) / 7.0).collect();
        assert!((jackknife_error(&omitted) - mean(&x, 0.95).std_error).abs() < 1e-14);
    }

    #[test]
    fn chi_square_tail_known_value() {
        assert!((chi_square_tail(3.841_458_820_694_124, 1) - 0.05).abs() < 1e-9);
    }
}
