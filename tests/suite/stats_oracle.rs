//! The statistical judges: known values, right levels, and errors at their reach caught.

use crate::common::stats::{ALARM, Law, kolmogorov_smirnov, kolmogorov_tail, normal_p, score};
use crate::laboratory::verdict::mean;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

fn uniform(x: f64) -> f64 {
    x.clamp(0.0, 1.0)
}

fn draws(seed: u64, n: usize) -> Vec<f64> {
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..n).map(|_| stream.random()).collect()
}

/// Uniform on (0, 1) with probability ¾, else 1.
struct Mixed;

impl Law for Mixed {
    fn cdf(&self, x: f64) -> f64 {
        if x < 1.0 { 0.75 * x.max(0.0) } else { 1.0 }
    }

    fn atoms(&self) -> Vec<(f64, f64)> {
        vec![(1.0, 0.25)]
    }
}

#[test]
fn kolmogorov_distribution_has_its_tabulated_quantiles() {
    for (z, p) in
        [(1.2238478702, 0.1), (1.3580986393, 0.05), (1.6276236115, 0.01), (1.9494746035, 0.001)]
    {
        assert!((kolmogorov_tail(z) / p - 1.0).abs() < 1e-8, "{z}: {}", kolmogorov_tail(z));
    }
    // The two series agree where they meet, and both ends are right.
    assert!((kolmogorov_tail(1.0 - 1e-12) - kolmogorov_tail(1.0)).abs() < 1e-11);
    assert_eq!(kolmogorov_tail(0.0), 1.0);
    assert!(kolmogorov_tail(0.05) == 1.0 && kolmogorov_tail(5.0) > 0.0);
}

#[test]
fn distance_by_hand() {
    let ks = |sample: &[f64]| kolmogorov_smirnov(sample, &uniform).distance;
    assert!((ks(&[0.3]) - 0.7).abs() < 1e-15);
    assert!((ks(&[0.9, 0.2, 0.4]) - (2.0 / 3.0 - 0.4)).abs() < 1e-15);
    // The same value thrice: one jump from 0 to 1.
    assert!((ks(&[0.5, 0.5, 0.5]) - 0.5).abs() < 1e-15);
}

#[test]
fn distance_by_hand_with_an_atom() {
    let ks = |sample: &[f64]| kolmogorov_smirnov(sample, &Mixed).distance;
    // At the atom F jumps from ¾ to 1 and so does the sample: the distance is that before it.
    assert!((ks(&[0.25, 0.5, 0.75, 1.0]) - 0.25 * 0.75).abs() < 1e-15);
    // On the atom up to round-off, from either side.
    assert!((ks(&[0.25, 0.5, 1.0 - 1e-14, 1.0 + 1e-14]) - 0.25).abs() < 1e-14);
    // Nobody on the atom: the sample is complete where the law still lacks ¼.
    assert!((ks(&[0.2, 0.6]) - (1.0 - 0.45)).abs() < 1e-15);
    // Beyond the support: all of F lies before it.
    assert!((ks(&[2.0, 3.0]) - 1.0).abs() < 1e-15);
}

/// Rate of false alarms: p-values of right samples are uniform (themselves judged at [`ALARM`]).
#[test]
fn p_values_are_uniform() {
    let ks: Vec<f64> =
        (0..4000).map(|seed| kolmogorov_smirnov(&draws(seed, 200), &uniform).p).collect();
    let verdict = kolmogorov_smirnov(&ks, &uniform);
    println!("{verdict:?}");
    verdict.assert_plausible("p-values of right samples");
    let gauss = |seed| {
        let u = draws(seed, 12);
        let radius = |i: usize| (-2.0 * (1.0 - u[i]).ln()).sqrt();
        let sample: Vec<f64> =
            (0..6).map(|i| radius(i) * (std::f64::consts::TAU * u[i + 6]).cos()).collect();
        score(&sample, 0.0).p
    };
    let verdict = kolmogorov_smirnov(&(0..4000).map(gauss).collect::<Vec<f64>>(), &uniform);
    println!("{verdict:?}");
    verdict.assert_plausible("p-values of right means");
}

/// Atoms make the test conservative, never trigger-happy: no more p-values below α than α allows.
#[test]
fn atoms_only_lower_the_rate_of_alarms() {
    let sample =
        |seed| -> Vec<f64> { draws(seed, 400).iter().map(|u| (u / 0.75).min(1.0)).collect() };
    let p: Vec<f64> = (0..4000).map(|seed| kolmogorov_smirnov(&sample(seed), &Mixed).p).collect();
    for alpha in [0.01, 0.05, 0.2] {
        let count = p.iter().filter(|p| **p < alpha).count() as f64;
        let allowed = 4000.0 * alpha + 4.9 * (4000.0 * alpha).sqrt();
        assert!(count < allowed, "{count} of 4000 below {alpha}");
    }
}

#[test]
fn errors_at_the_reach_are_caught() {
    let plain = draws(11, 10_000);
    let reach = kolmogorov_smirnov(&plain, &uniform).reach;
    for seed in 0..100 {
        let shifted: Vec<f64> = draws(seed, 10_000).iter().map(|u| u + reach).collect();
        assert!(kolmogorov_smirnov(&shifted, &uniform).p < ALARM);
        let right = draws(seed, 10_000);
        assert!(score(&right, 0.5 + score(&right, 0.5).reach).p < ALARM);
        score(&right, 0.5).assert_plausible("mean of the uniform law");
    }
    // A quarter of the atom lost.
    let lost: Vec<f64> =
        plain.iter().map(|u| if *u > 0.9375 { 0.999 } else { (u / 0.75).min(1.0) }).collect();
    assert!(kolmogorov_smirnov(&lost, &Mixed).p < ALARM);
}

/// Squares of Gaussian values are skewed: their score alone lies below its level four times too often, and the verdict on a
/// mean, which allows for that, is an alarm no more than a third too often. Binomial bounds at 4.9 standard errors.
#[test]
fn a_skewed_sample_raises_no_more_alarms_than_stated() {
    let (samples, level, size) = (40_000, 1e-3, 512);
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(3);
    let (mut alarms, mut low) = (0.0, 0.0);
    for _ in 0..samples {
        let sample: Vec<f64> = (0..size)
            .map(|_| {
                let (u, angle): (f64, f64) = (stream.random(), stream.random());
                -2.0 * (1.0 - u).ln() * (std::f64::consts::TAU * angle).cos().powi(2)
            })
            .collect();
        let plain = score(&sample, 1.0);
        alarms += f64::from(mean("", &sample, 1.0).p < level);
        low += f64::from(plain.z < 0.0 && plain.p < level);
    }
    let due = f64::from(samples) * level;
    println!("{alarms} for {due}, and {low} low ones for {}", due / 2.0);
    assert!(alarms < 4.0 / 3.0 * due + 4.9 * due.sqrt());
    assert!(low > due + 4.9 * (due / 2.0).sqrt());
}

#[test]
fn scores_by_hand() {
    let verdict = score(&[1.0, 2.0, 3.0], 1.0);
    assert!(
        (verdict.mean - 2.0).abs() < 1e-15
            && (verdict.std_error - (1.0f64 / 3.0).sqrt()).abs() < 1e-15
    );
    assert!((verdict.z - 3f64.sqrt()).abs() < 1e-14);
    // Student with two degrees of freedom: P(|T| > t) = 1 − t/√(2+t²).
    assert!((verdict.p - (1.0 - (3.0f64 / 5.0).sqrt())).abs() < 1e-9, "{}", verdict.p);
    assert!((normal_p(1.959963984540054) - 0.05).abs() < 1e-9);
    assert_eq!(score(&[1.0, 1.0], 2.0).p, 0.0);
    assert_eq!(score(&[1.0, 1.0], 1.0).p, 1.0);
}
