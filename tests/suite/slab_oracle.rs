//! The noise-free slab solver gives the published values, and errors planted in it show.

use crate::common::slab::{Slab, difference, fourier, norm};

/// ρ₀(0) and ρ₀(π) at t = 1.
const LIMIT: [f64; 2] = [1.5829692647, 0.5634341729];

/// ε, ‖ρ_ε − ρ₀‖ in L²(0, 2π), (1/2π)∫(ρ_ε − ρ₀) sin 2x dx, at t = 1.
const KINETIC: [[f64; 3]; 4] = [
    [0.4, 2.1074e-2, 4.9441e-3],
    [0.2, 5.0074e-3, 1.1805e-3],
    [0.1, 1.2392e-3, 2.9225e-4],
    [0.05, 3.0905e-4, 7.2892e-5],
];

/// Misfit allowed to the limit.
const LIMIT_TOLERANCE: f64 = 1e-9;

/// Half a unit of the last of `digits` significant digits of `value`.
fn half_unit(value: f64, digits: i32) -> f64 {
    0.5 * 10f64.powi(value.abs().log10().floor() as i32 + 1 - digits)
}

/// The largest misfit of the limit, in tolerances.
fn limit_misfit(slab: &Slab) -> f64 {
    let rho = slab.limit(1.0);
    let at = [rho[0], rho[slab.modes]];
    (0..2).map(|i| (at[i] - LIMIT[i]).abs() / LIMIT_TOLERANCE).fold(0.0, f64::max)
}

/// The larger misfit of the two distances from the right limit at one ε, in tolerances.
fn kinetic_misfit(slab: &Slab, [eps, distance, mode]: [f64; 3]) -> f64 {
    let excess = difference(&slab.kinetic(eps, 1.0), &Slab::default().limit(1.0));
    let of = |value: f64, wanted: f64| (value - wanted).abs() / half_unit(wanted, 5);
    println!("ε = {eps}: {:.6e} {:.6e}", norm(&excess), fourier(&excess, 2).1);
    of(norm(&excess), distance).max(of(fourier(&excess, 2).1, mode))
}

#[test]
fn published_limit() {
    let misfit = limit_misfit(&Slab::default());
    assert!(misfit < 1.0, "off by {misfit} tolerances");
}

#[test]
fn published_distances_from_the_limit() {
    for row in KINETIC {
        let misfit = kinetic_misfit(&Slab::default(), row);
        assert!(misfit <= 1.0, "ε = {}: off by {misfit} tolerances", row[0]);
    }
}

#[test]
fn resolution_does_not_matter() {
    let (plain, fine) = (Slab::default(), Slab { modes: 36, harmonics: 32, ..Slab::default() });
    // Every second of 48 nodes is every third of 72.
    let apart = |a: Vec<f64>, b: Vec<f64>| {
        let pairs = a.into_iter().step_by(2).zip(b.into_iter().step_by(3));
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let mut moved = vec![apart(plain.limit(1.0), fine.limit(1.0))];
    moved
        .extend([0.4, 0.2, 0.05].map(|eps| apart(plain.kinetic(eps, 1.0), fine.kinetic(eps, 1.0))));
    println!("{moved:?}");
    assert!(moved.iter().all(|m| *m < 1e-10), "{moved:?}");
}

#[test]
fn cells_are_conserved() {
    for rho in [Slab::default().limit(1.0), Slab::default().kinetic(0.4, 1.0)] {
        assert!((fourier(&rho, 0).0 - 1.0).abs() < 1e-13);
    }
}

#[test]
fn planted_errors_show() {
    let right = Slab::default();
    let lost = 1.0 / std::f64::consts::TAU;
    let planted = [
        ("a lost μ in the drawn direction", Slab { a_mu: lost, ..right.clone() }),
        ("a lost μ in the rate", Slab { b_mu: lost, ..right.clone() }),
        ("λ too large by 2%", Slab { lambda: 1.02, ..right.clone() }),
        ("the wrong sign of a", Slab { a_mu: -1.0, ..right.clone() }),
        ("the wrong sign of b", Slab { b_mu: -1.0, ..right.clone() }),
    ];
    for (name, slab) in &planted {
        let (limit, kinetic) = (limit_misfit(slab), kinetic_misfit(slab, KINETIC[1]));
        println!("{name}: limit off by {limit:.1e}, kinetic by {kinetic:.1e} tolerances");
        assert!(limit > 100.0 && kinetic > 100.0, "{name}: {limit}, {kinetic}");
    }
}

/// a for b leaves D, χ and so the limit alone: only the ε² effect tells them apart.
#[test]
fn an_error_that_spares_the_limit_shows() {
    for (a_mu, b_mu) in [(2.0, 0.0), (0.0, 2.0)] {
        let slab = Slab { a_mu, b_mu, ..Slab::default() };
        assert!(limit_misfit(&slab) < 1.0);
        for row in KINETIC {
            let misfit = kinetic_misfit(&slab, row);
            assert!(misfit > 100.0, "aμ = {a_mu}, ε = {}: only {misfit} tolerances", row[0]);
        }
    }
}
