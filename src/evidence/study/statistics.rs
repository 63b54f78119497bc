//! Estimates from independent replicates. Standard deviation (of one replicate), standard error
//! (of the mean) and confidence interval are three things, and each is named.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use statrs::function::beta::{beta_reg, ln_beta};
use statrs::function::erf::{erf_inv, erfc_inv};
use std::f64::consts::SQRT_2;

/// A value with its standard error and confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
    let (alpha, freedom) = (1.0 - confidence, freedom as f64);
    let z = SQRT_2 * if confidence < 0.5 { erf_inv(confidence) } else { erfc_inv(alpha) };
    if freedom >= 1000.0 {
        return near_normal(z, freedom);
    }
    // Newton's method for the logarithm of the smaller of both probabilities against that of q: it is concave, and
    // straight far out and near 0, so that the first step overshoots and all others come from that side.
    let mut q = z.max(1e-300);
    for _ in 0..60 {
        let (x, y) = (freedom / (freedom + q * q), q * q / (freedom + q * q));
        // 2q times the density is x^{ν/2}y^{1/2}·2/B(ν/2, ½).
        let log = 0.5 * (freedom * x.ln() + y.ln()) - ln_beta(0.5 * freedom, 0.5);
        let step = match confidence < 0.5 {
            true => {
                let within = beta_reg(0.5, 0.5 * freedom, y);
                (confidence / within).ln() * within / (2.0 * log.exp())
            }
            false => {
                let tail = beta_reg(0.5 * freedom, 0.5, x);
                (tail / alpha).ln() * tail / (2.0 * log.exp())
            }
        };
        q *= step.clamp(-10.0, 10.0).exp();
        if step.abs() < 1e-14 {
            break;
        }
    }
    q
}

/// The quantile from that of the normal law (Abramowitz & Stegun 26.7.5).
fn near_normal(z: f64, freedom: f64) -> f64 {
    let (square, n) = (z * z, freedom);
    let terms = [
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
        ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0)
            / 92160.0,
    ];
    z * (1.0 + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / n))
}

/// P(F > `value`) of the F law with these degrees of freedom.
pub fn f_tail(value: f64, above: f64, below: f64) -> f64 {
    beta_reg(0.5 * below, 0.5 * above, below / (below + above * value.max(0.0)))
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

    /// ν = 1: cot(πα/2); ν = 2: (1−α)(2/(α(2−α)))^½; both sides of ν = 1000; and far out for many ν, where the
    /// tail is checked by its integral.
    #[test]
    fn quantiles_of_student_far_out() {
        for power in 1..16 {
            // The α that a confidence so near to 1 stands for.
            let confidence = 1.0 - 10f64.powi(-power);
            let a = 1.0 - confidence;
            let exact = 1.0 / (0.5 * std::f64::consts::PI * a).tan();
            assert!((student_quantile(confidence, 1) / exact - 1.0).abs() < 1e-9, "1: {a}");
            let exact = (1.0 - a) * (2.0 / (a * (2.0 - a))).sqrt();
            assert!((student_quantile(confidence, 2) / exact - 1.0).abs() < 1e-9, "2: {a}");
            let [below, above] = [999, 1000].map(|n| student_quantile(confidence, n));
            let step = below / above - 1.0;
            assert!((0.0..2e-5).contains(&step), "{a}: {step}");
        }
        assert!(student_quantile(1e-9, 5) > 0.0 && student_quantile(1e-9, 5) < 1e-8);
        assert!((student_quantile(0.95, 1_000_000) - 1.959_966_4).abs() < 1e-6);
        for freedom in [3, 7, 30, 200] {
            let (n, q) = (f64::from(freedom), student_quantile(1.0 - 1e-12, freedom as usize));
            // ∫ of the density beyond q, with u = (q/t)^m on (0, 1), as the tail falls at q.
            let m = (n + 1.0) * q * q / (n + q * q);
            let density = |t: f64| -0.5 * (n + 1.0) * (t * t / n).ln_1p();
            let cells = 200_000;
            let sum: f64 = (0..cells)
                .map(|i| {
                    let t = q * ((f64::from(i) + 0.5) / f64::from(cells)).powf(-1.0 / m);
                    (density(t) + m * (t / q).ln()).exp() * t / m
                })
                .sum::<f64>()
                / f64::from(cells);
            let tail = 2.0 * sum * (-ln_beta(0.5 * n, 0.5)).exp() / n.sqrt();
            assert!((tail / (1.0 - (1.0 - 1e-12)) - 1.0).abs() < 1e-4, "{freedom}: {tail}");
        }
    }

    #[test]
    fn f_of_one_and_many_is_the_square_of_t() {
        let q = student_quantile(0.95, 12);
        assert!((f_tail(q * q, 1.0, 12.0) - 0.05).abs() < 1e-9);
    }

    #[test]
    fn chi_square_tail_known_value() {
        assert!((chi_square_tail(3.841_458_820_694_124, 1) - 0.05).abs() < 1e-9);
    }
}
