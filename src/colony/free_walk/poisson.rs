//! Poisson numbers whose mean differs from draw to draw.

use crate::rng::Stream;
use rand::RngExt;
use std::f64::consts::PI;

/// Below this mean by inversion, above by rejection.
const SMALL: f64 = 10.0;
/// ln k! by its product up to here, by Stirling's series from here on.
const STIRLING: f64 = 10.0;

/// A Poisson number. Its probabilities are right to a relative 10⁻¹¹ up to means of 10⁸.
#[inline(always)]
pub(super) fn poisson(mean: f64, rng: &mut Stream) -> u64 {
    if mean < SMALL { by_inversion(mean, rng) } else { by_rejection(mean, rng) }
}

/// Walks up the distribution function. A `mean` of at most 10 leaves nothing beyond 100.
#[inline(always)]
fn by_inversion(mean: f64, rng: &mut Stream) -> u64 {
    let mut rest: f64 = rng.random();
    let mut probability = (-mean).exp();
    let mut n = 0;
    while rest >= probability && n < 100 {
        rest -= probability;
        n += 1;
        probability *= mean / n as f64;
    }
    n
}

/// Transformed rejection with squeeze, PTRS of Hörmann (1993), for means of 10 or more.
#[inline(always)]
fn by_rejection(mean: f64, rng: &mut Stream) -> u64 {
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.02483 * b;
    let squeeze = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = rng.random::<f64>() - 0.5;
        let v: f64 = rng.random();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
        if us >= 0.07 && v <= squeeze {
            return k as u64;
        }
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let hat = (1.1239 + 1.1328 / (b - 3.4)) / (a / (us * us) + b);
        if (v * hat).ln() <= log_probability(k, mean) {
            return k as u64;
        }
    }
}

/// ln(e^{−m}mᵏ/k!), arranged so that nothing large cancels.
fn log_probability(k: f64, mean: f64) -> f64 {
    if k < STIRLING {
        let factorial: f64 = (2..=k as u32).map(f64::from).product();
        return k * mean.ln() - mean - factorial.ln();
    }
    let (x, k2) = ((mean - k) / k, k * k);
    let stirling =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * k2)) / k2) / k2) / k;
    -k * (x - x.ln_1p()) - stirling - 0.5 * (2.0 * PI * k).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Streams};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    #[test]
    fn probabilities_sum_to_one() {
        for mean in [10.0, 37.5, 1e3, 1e6] {
            let lowest = (mean - 12.0 * f64::sqrt(mean)).max(0.0).floor() as u64;
            let highest = (mean + 16.0 * f64::sqrt(mean)) as u64;
            let sum: f64 = (lowest..highest).map(|k| log_probability(k as f64, mean).exp()).sum();
            assert!((sum - 1.0).abs() < 1e-11, "{mean} {sum}");
        }
    }

    /// χ² of 10⁶ draws against the probabilities: false alarm 10⁻⁷ for each of 9 means. Misses an
    /// error of the most likely number below 1%, of the rarest ones below 50%.
    #[test]
    fn draws_follow_the_law() {
        let mut rng = Streams::new(5, 0).stream(Purpose::Statistics, 0, 0);
        for mean in [0.01_f64, 0.7, 4.0, 9.99, 10.0, 14.3, 90.0, 1e3, 1e5] {
            let draws = 1_000_000;
            let bound = (mean + 10.0 * mean.sqrt() + 20.0) as usize;
            let mut counts = vec![0_u64; bound];
            for _ in 0..draws {
                counts[(poisson(mean, &mut rng) as usize).min(bound - 1)] += 1;
            }
            let (mut statistic, mut freedom) = (0.0, -1.0_f64);
            let (mut expected, mut seen) = (0.0, 0.0);
            let mut logarithm = -mean;
            for (k, count) in counts.iter().enumerate() {
                logarithm += if k > 0 { (mean / k as f64).ln() } else { 0.0 };
                expected += draws as f64 * logarithm.exp();
                seen += *count as f64;
                if expected > 50.0 {
                    statistic += (seen - expected) * (seen - expected) / expected;
                    freedom += 1.0;
                    (expected, seen) = (0.0, 0.0);
                }
            }
            statistic += (seen - expected) * (seen - expected) / expected.max(50.0);
            let tail = ChiSquared::new(freedom + 1.0).unwrap().sf(statistic);
            assert!(tail > 1e-7, "{mean}: {statistic} of {freedom}");
        }
    }
}
