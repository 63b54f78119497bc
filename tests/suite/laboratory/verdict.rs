//! Verdicts that can be asked either way: right code must pass, planted errors must not.
//!
//! **False alarms.** One verdict fails with probability about [`LEVEL`] although all is right; a test file holds fewer than
//! 3000 of them, so the whole file alarms falsely with probability below 3·10⁻⁵ over the choice of its seed.
//!
//! **What is caught.** An error at least as large as `reach` escapes with probability [`LEVEL`] at most.

use crate::common::stats::{Law, Score, kolmogorov_smirnov, kolmogorov_tail, score};
use statrs::distribution::{ChiSquared, ContinuousCDF, StudentsT};
use std::collections::BTreeMap;

/// Probability that one verdict is an alarm although all is right.
pub const LEVEL: f64 = 1e-8;

/// One comparison.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What is compared.
    pub what: String,
    /// Probability of a difference at least as large by chance.
    pub p: f64,
    /// Smallest error sure to be caught, in the unit of what is compared (relative to it where it is not 0).
    pub reach: f64,
    /// The figures.
    pub seen: String,
}

/// `Err` lists every verdict that is an alarm.
pub fn judge(verdicts: &[Verdict]) -> Result<(), String> {
    assert!(!verdicts.is_empty() && verdicts.iter().all(|v| !v.p.is_nan()), "nothing compared");
    let alarms: Vec<String> = (verdicts.iter().filter(|v| v.p < LEVEL))
        .map(|v| format!("{}: p = {:.1e}, {}", v.what, v.p, v.seen))
        .collect();
    if alarms.is_empty() { Ok(()) } else { Err(alarms.join("\n")) }
}

/// Probability that one of the verdicts of a family is an alarm although all is right, however they depend on each other
/// (Bonferroni).
pub const FAMILY: f64 = 1e-3;

/// Judges a family at the level [`FAMILY`]. Each verdict is judged at this over their number, at least [`LEVEL`]: so its
/// `reach` holds. Tells what was done, or the alarms.
pub fn judge_family(verdicts: &[Verdict]) -> Result<String, String> {
    let each = FAMILY / verdicts.len() as f64;
    assert!(each >= LEVEL, "{} verdicts are too many", verdicts.len());
    assert!(!verdicts.is_empty() && verdicts.iter().all(|v| !v.p.is_nan()), "nothing compared");
    let alarms: Vec<String> = (verdicts.iter().filter(|v| v.p < each))
        .map(|v| format!("{}: p = {:.1e}, {}", v.what, v.p, v.seen))
        .collect();
    // By what is compared, which names say last.
    let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for v in verdicts {
        kinds.entry(v.what.rsplit(": ").next().unwrap_or("")).or_default().push(v.reach);
    }
    let least = verdicts.iter().map(|v| v.p).fold(1.0, f64::min);
    let mut told = format!(
        "{} verdicts at {each:.1e} each, false alarm of all {FAMILY:.0e}; least p {least:.1e}. Caught for certain:",
        verdicts.len()
    );
    for (kind, mut reach) in kinds {
        reach.sort_by(f64::total_cmp);
        let (middle, last) = (reach[reach.len() / 2], reach[reach.len() - 1]);
        told +=
            &format!("\n  {kind} ({}): {middle:.3} in the middle, {last:.3} at most", reach.len());
    }
    if alarms.is_empty() { Ok(told) } else { Err(alarms.join("\n")) }
}

/// The mean of independent values.
pub fn mean(what: &str, sample: &[f64], expected: f64) -> Verdict {
    let s = score(sample, expected);
    let student = StudentsT::new(0.0, 1.0, sample.len() as f64 - 1.0).unwrap();
    let scale = if expected == 0.0 { 1.0 } else { expected.abs() };
    // Cells that all do the same agree up to round-off or not at all.
    let p = match (s.mean - expected).abs() < crate::ROUND_OFF * scale {
        true => 1.0,
        false if sample.len() < MANY || s.z.is_infinite() => s.p,
        false => 2.0 * student.cdf(-unskewed(sample, &s).abs()),
    };
    let reach = -2.0 * student.inverse_cdf(LEVEL / 2.0) * s.std_error / scale;
    let seen = format!("{} ± {:.1e} for {expected}, z = {:.1}", s.mean, s.std_error, s.z);
    Verdict { what: what.into(), p, reach, seen }
}

/// From how many values on their skewness is known.
const MANY: usize = 500;

/// Hall's transform (1992) of the score, which takes the skewness γ of the values out of its law up to O(1/n): squares of
/// 2000 Gaussian values raise 13 times the alarms of the level 10⁻⁶ without. Monotone in the score.
fn unskewed(sample: &[f64], s: &Score) -> f64 {
    let n = sample.len() as f64;
    let moment = |p: i32| sample.iter().map(|x| (x - s.mean).powi(p)).sum::<f64>() / n;
    let g = moment(3) / moment(2).powf(1.5) / n.sqrt();
    s.z + g * s.z * s.z / 3.0 + g * g * s.z.powi(3) / 27.0 + g / 6.0
}

/// Counts in cells of known probability (Pearson); cells that expect fewer than 20 are put together.
pub fn counts(what: &str, counts: &[u64], shares: &[f64]) -> Verdict {
    assert_eq!(counts.len(), shares.len());
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{what}: {shares:?}");
    let n = counts.iter().sum::<u64>() as f64;
    let (mut square, mut cells, mut rest) = (0.0, 0, (0.0, 0.0));
    let mut compare = |count: f64, expected: f64| {
        if expected > 0.0 {
            square += (count - expected).powi(2) / expected;
            cells += 1;
        }
    };
    for (count, share) in counts.iter().zip(shares) {
        match n * share < 20.0 {
            true => rest = (rest.0 + *count as f64, rest.1 + n * share),
            false => compare(*count as f64, n * share),
        }
    }
    compare(rest.0, rest.1);
    let law = ChiSquared::new(f64::from(cells - 1)).unwrap();
    // Noncentrality that is caught: mean and spread of the shifted law, good to some 10 %.
    let limit = law.inverse_cdf(1.0 - LEVEL);
    let reach = ((limit - f64::from(cells - 1)).max(0.0) + 12.0 * limit.sqrt()) / n;
    let seen = format!("χ² = {square:.1} on {} degrees of freedom, {n} cells", cells - 1);
    Verdict { what: what.into(), p: law.sf(square), reach: reach.sqrt(), seen }
}

/// A sample and a law (Kolmogorov–Smirnov).
pub fn follows(what: &str, sample: &[f64], law: &(impl Law + ?Sized)) -> Verdict {
    let ks = kolmogorov_smirnov(sample, law);
    let reach = 2.0 * ((2.0 / LEVEL).ln() / (2.0 * sample.len() as f64)).sqrt();
    Verdict { what: what.into(), p: ks.p, reach, seen: format!("distance {}", ks.distance) }
}

/// Two samples and one law (Kolmogorov–Smirnov). Values no farther apart than 10⁻⁶ are equal: an atom of the law, reached by
/// two ways of rounding, in f32 too, stays one.
pub fn same_law(what: &str, a: &[f64], b: &[f64]) -> Verdict {
    let sorted = |x: &[f64]| {
        let mut x = x.to_vec();
        x.sort_by(f64::total_cmp);
        x
    };
    let (a, b) = (sorted(a), sorted(b));
    let (mut i, mut j, mut distance) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let mut at = a[i].min(b[j]) + 1e-6;
        let met = |x: &[f64], k: &mut usize, at: &mut f64| {
            let before = *k;
            while *k < x.len() && x[*k] <= *at {
                *at = x[*k] + 1e-6;
                *k += 1;
            }
            *k > before
        };
        while met(&a, &mut i, &mut at) | met(&b, &mut j, &mut at) {}
        distance = distance.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    let root = (a.len() as f64 * b.len() as f64 / (a.len() + b.len()) as f64).sqrt();
    let p = kolmogorov_tail((root + 0.12 + 0.11 / root) * distance);
    let reach = 2.0 * ((2.0 / LEVEL).ln() / 2.0).sqrt() / root;
    Verdict { what: what.into(), p, reach, seen: format!("distance {distance}") }
}
