//! The characteristic function against integrals that know nothing of contours. A sum of j + k
//! flights is a Beta(j, k) mixture of a sum of j and one of k:
//! ĝⱼ₊ₖ(ξ) = E ĝⱼ(Bξ)ĝₖ((1 − B)ξ), ĝ₁ = E e^{iξv₁}.

use super::super::bessel::Bessel;
use super::super::resolvent::Resolvent;
use super::super::transform::Transform;
use super::spaces;
use crate::quadrature::gauss_legendre;
use crate::velocity::{VelocitySet, VelocitySpace};

/// E g(B) for B ~ Beta(k, k).
fn mixture(k: u64, g: impl Fn(f64) -> f64) -> f64 {
    let k = k as f64;
    let half = 0.5 * (12.0 / (2.0 * k + 1.0).sqrt()).min(1.0);
    let (mut total, mut sum) = (0.0, 0.0);
    for (b, w) in gauss_legendre(160, 0.5 - half, 0.5 + half) {
        let weight = w * ((k - 1.0) * (4.0 * b * (1.0 - b)).ln()).exp();
        total += weight;
        sum += weight * g(b);
    }
    sum / total
}

/// Largest difference for k = 2, from the closed transform of F.
fn pairs<const D: usize>(set: VelocitySet, single: impl Fn(f64) -> f64) -> f64 {
    let space = VelocitySpace::<D>::new(set, 0.0, 1.3, None);
    let resolvent = Resolvent::new(&space);
    let transform = Transform::new(&resolvent, 2);
    let error = |x: f64| transform.at(x) - mixture(1, |b| single(b * x) * single((1.0 - b) * x));
    (1..=48).map(|i| error(0.5 * i as f64).abs()).fold(0.0, f64::max)
}

#[test]
fn two_flights() {
    let bessel = Bessel::new(50.0);
    let sinc = |x: f64| x.sin() / x;
    let ball = |x: f64| 3.0 * (x.sin() - x * x.cos()) / x.powi(3);
    let errors = [
        pairs::<1>(VelocitySet::Sphere, f64::cos),
        pairs::<1>(VelocitySet::Ball, sinc),
        pairs::<2>(VelocitySet::Sphere, |x| bessel.at(x).0),
        pairs::<2>(VelocitySet::Ball, |x| 2.0 * bessel.at(x).1 / x),
        pairs::<3>(VelocitySet::Sphere, sinc),
        // Below 0.1 the closed form loses digits by cancellation.
        pairs::<3>(VelocitySet::Ball, |x| {
            if x < 0.1 { 1.0 - 0.1 * x * x + x.powi(4) / 280.0 } else { ball(x) }
        }),
    ];
    println!("two flights: {errors:?}");
    assert!(errors[..5].iter().all(|e| *e < 1e-12), "{errors:?}");
    assert!(errors[5] < 1e-9, "{errors:?}");
}

/// From 2 flights to 2²² by doubling; both sides within 10⁻¹², so errors cannot hide by growing
/// slowly.
fn doubling<const D: usize>() {
    let mut worst = 0.0_f64;
    for (i, space) in spaces::<D>().into_iter().enumerate() {
        let resolvent = Resolvent::new(&space);
        for doublings in 1..22 {
            let k = 1 << doublings;
            let (one, two) = (Transform::new(&resolvent, k), Transform::new(&resolvent, 2 * k));
            let widest = one.widest().min(14.0 * (k as f64).sqrt());
            for j in 1..=12 {
                let x = widest * j as f64 / 12.0;
                let direct = two.at(x);
                let mixed = mixture(k, |b| one.at(b * x) * one.at((1.0 - b) * x));
                worst = worst.max((direct - mixed).abs());
                assert!((direct - mixed).abs() < 1e-12, "{D} {i} {k} {x} {direct} {mixed}");
            }
        }
    }
    println!("doubling, d = {D}: {worst:e}");
}

#[test]
fn doubling_the_flights() {
    doubling::<1>();
    doubling::<2>();
    doubling::<3>();
}
