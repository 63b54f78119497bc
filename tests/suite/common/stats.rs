//! Judging samples: Kolmogorov–Smirnov against a known law, and the mean against a known mean.
//!
//! **False alarms.** A right engine fails one of these assertions with probability at most [`ALARM`] over the choice of
//! its seed. Seeds in tests are fixed, so a test that passes keeps passing; the rate says how likely a change that
//! reshuffles the random numbers is to trip it by chance. K assertions together: at most K·[`ALARM`].
//!
//! **What is caught.** Each verdict has a `reach`: an error at least that large escapes with probability at most
//! [`ALARM`] too. Print it, and check that the error you fear is larger.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Probability that one assertion fails although all is right.
pub const ALARM: f64 = 1e-6;

/// The law of a real variable.
pub trait Law {
    /// P(X ≤ x).
    fn cdf(&self, x: f64) -> f64;

    /// The points of positive probability, each with that probability.
    fn atoms(&self) -> Vec<(f64, f64)> {
        Vec::new()
    }
}

/// A law given by a continuous distribution function.
impl<F: Fn(f64) -> f64> Law for F {
    fn cdf(&self, x: f64) -> f64 {
        self(x)
    }
}

/// Values this close to an atom, relatively, count as on it: a simulated flight ends there only up to round-off.
pub const ON_ATOM: f64 = 1e-9;

/// Verdict of a Kolmogorov–Smirnov test.
#[derive(Clone, Copy, Debug)]
pub struct Ks {
    /// sup |F_n − F|.
    pub distance: f64,
    /// Asymptotic probability of a distance at least as large. With atoms the true probability is smaller (Noether 1963).
    pub p: f64,
    /// Another law at this sup-distance from F is caught, except with probability [`ALARM`].
    pub reach: f64,
}

impl Ks {
    /// Panics if the sample is implausible at level [`ALARM`].
    #[track_caller]
    pub fn assert_plausible(&self, what: &str) {
        assert!(self.p >= ALARM, "{what}: the sample does not follow the law: {self:?}");
    }
}

/// Compares a sample of independent values with a law.
///
/// The p-value is the asymptotic one at (√n + 0.12 + 0.11/√n)·D (Stephens 1970), good to a few per cent from n ≈ 10 on.
/// `reach` is 2z with P(D > z) ≤ 2exp(−2nz²) = [`ALARM`] (Dvoretzky, Kiefer, Wolfowitz; Massart 1990), for any law and any
/// n: F_n keeps within z of its own law, so from 2z away it is farther than z from F, and that raises the alarm.
pub fn kolmogorov_smirnov(sample: &[f64], law: &(impl Law + ?Sized)) -> Ks {
    let atoms = law.atoms();
    let mut x: Vec<f64> = sample.iter().map(|x| snap(*x, &atoms)).collect();
    x.sort_by(f64::total_cmp);
    assert!(!x.is_empty() && x.iter().all(|x| x.is_finite()), "a sample needs finite values");
    let n = x.len() as f64;
    let mut distance = 0.0f64;
    let mut below = 0;
    for tied in x.chunk_by(|a, b| a == b) {
        let at = law.cdf(tied[0]);
        let mass: f64 =
            atoms.iter().filter(|(place, _)| *place == tied[0]).map(|(_, mass)| mass).sum();
        let above = below + tied.len();
        distance =
            distance.max((below as f64 / n - (at - mass)).abs()).max((above as f64 / n - at).abs());
        below = above;
    }
    // An atom that nobody hit is a jump of F alone.
    for (place, mass) in &atoms {
        let count = x.partition_point(|x| x <= place) as f64 / n;
        let left = x.partition_point(|x| x < place) as f64 / n;
        let at = law.cdf(*place);
        distance = distance.max((count - at).abs()).max((left - (at - mass)).abs());
    }
    let root = n.sqrt();
    let p = kolmogorov_tail((root + 0.12 + 0.11 / root) * distance);
    Ks { distance, p, reach: 2.0 * ((2.0 / ALARM).ln() / (2.0 * n)).sqrt() }
}

/// P(K > z) for the Kolmogorov distribution: 2Σ(−1)^{j−1}e^{−2j²z²}, or for small z its theta-function dual
/// 1 − (√2π/z)Σe^{−(2j−1)²π²/8z²}.
pub fn kolmogorov_tail(z: f64) -> f64 {
    use std::f64::consts::PI;
    if z <= 0.0 {
        return 1.0;
    }
    if z < 1.0 {
        let term = |j: i32| (-(f64::from(2 * j - 1) * PI / z).powi(2) / 8.0).exp();
        return 1.0 - (2.0 * PI).sqrt() / z * (1..=4).map(term).sum::<f64>();
    }
    let term = |j: i32| {
        f64::from(if j % 2 == 1 { 2 } else { -2 }) * (-2.0 * (f64::from(j) * z).powi(2)).exp()
    };
    (1..=6).map(term).sum()
}

/// The atom that `x` is on up to round-off, or `x`.
fn snap(x: f64, atoms: &[(f64, f64)]) -> f64 {
    let near = atoms.iter().find(|(place, _)| (x - place).abs() <= ON_ATOM * place.abs());
    near.map_or(x, |(place, _)| *place)
}

/// Verdict on a mean.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// Mean of the sample.
    pub mean: f64,
    /// Standard error of that mean.
    pub std_error: f64,
    /// (mean − expected) / standard error.
    pub z: f64,
    /// Two-sided probability of a |z| at least as large: Student's t with n − 1 degrees of freedom.
    pub p: f64,
    /// A true mean this far from the expected one is caught, except with probability about [`ALARM`].
    pub reach: f64,
}

impl Score {
    /// Panics if the mean is implausible at level [`ALARM`].
    #[track_caller]
    pub fn assert_plausible(&self, what: &str) {
        assert!(self.p >= ALARM, "{what}: the mean is not the expected one: {self:?}");
    }
}

/// Compares the mean of independent values with what it should be.
///
/// The rate of false alarms is exact for Gaussian values (means of replicates, nearly) and asymptotic for others; far
/// out in the tail a heavy or skewed law needs many values, so average into replicates first.
pub fn score(sample: &[f64], expected: f64) -> Score {
    let n = sample.len() as f64;
    assert!(
        n >= 2.0 && sample.iter().all(|x| x.is_finite()),
        "a standard error needs two finite values or more"
    );
    let mean = sample.iter().sum::<f64>() / n;
    let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let std_error = (variance / n).sqrt();
    let z = if mean == expected { 0.0 } else { (mean - expected) / std_error };
    let student = StudentsT::new(0.0, 1.0, n - 1.0).expect("n ≥ 2");
    // cdf(−|z|), not 1 − cdf(|z|), which loses the tail.
    let p = if z.is_infinite() { 0.0 } else { 2.0 * student.cdf(-z.abs()) };
    let reach = -2.0 * student.inverse_cdf(ALARM / 2.0) * std_error;
    Score { mean, std_error, z, p, reach }
}

/// Two-sided p-value of a standard normal z, for a variance that is known.
pub fn normal_p(z: f64) -> f64 {
    2.0 * Normal::standard().cdf(-z.abs())
}
