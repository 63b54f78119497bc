//! Tables against closed laws, exact moments and finer tables.

use super::super::modes::Modes;
use super::super::pieces::Pieces;
use super::super::resolvent::Resolvent;
use super::super::table::{NODES, Table};
use super::{rough_spaces, spaces};
use crate::quadrature::gauss_legendre;
use crate::velocity::{VelocitySet, VelocitySpace};
use statrs::function::beta::beta_reg;
use statrs::function::factorial::ln_binomial;

fn table<const D: usize>(space: &VelocitySpace<D>, flights: u64, nodes: usize) -> Table {
    Table::new(&Resolvent::new(space), &Modes::<D>::new(nodes), flights)
}

/// Largest distance of P from `exact`, between nodes too.
fn distance(table: &Table, exact: impl Fn(f64) -> f64) -> f64 {
    let r = |i: usize| table.reach() * (i as f64 + 0.5) / 4096.0;
    (0..4096).map(|i| (table.at(r(i)) - exact(r(i))).abs()).fold(0.0, f64::max)
}

/// Sizes of sum that any table set has.
fn sizes(direct: u64) -> Vec<u64> {
    let all = [direct + 1, direct + 2, 20, 35, 63, 64, 640, 63 * 64, 5 << 12, 63 << 18];
    all.into_iter().filter(|k| *k > direct).collect()
}

/// n tumbles on the circle: P(R > r) = (1 − r²)^{n/2}; in the disk (1 − r²)^{n+1}.
#[test]
fn closed_laws_in_the_plane() {
    for (set, power) in [(VelocitySet::Sphere, 0.5), (VelocitySet::Ball, 1.0)] {
        let space = VelocitySpace::<2>::new(set, 0.0, 1.0, None);
        for k in sizes(Pieces::new(&space).direct()) {
            let n = k as f64 - if set == VelocitySet::Sphere { 1.0 } else { 0.0 };
            let exact = |r: f64| -(power * n * (-r * r).ln_1p()).exp_m1();
            let error = distance(&table(&space, k, NODES), exact);
            assert!(error < 1e-10, "{set:?} {k}: {error:e}");
        }
    }
}

/// On the line the share of flights upwards is binomial, and that of their time a Beta variable.
#[test]
fn closed_law_on_the_line() {
    let space = VelocitySpace::<1>::new(VelocitySet::Sphere, 0.0, 1.0, None);
    for k in [45_u64, 64, 320] {
        let exact = |r: f64| -> f64 {
            let up = |j: u64| {
                let (a, b) = (j as f64, (k - j) as f64);
                let share = beta_reg(a, b, 0.5 * (1.0 + r)) - beta_reg(a, b, 0.5 * (1.0 - r));
                (ln_binomial(k, j) - k as f64 * 2.0_f64.ln()).exp() * share
            };
            (1..k).map(up).sum()
        };
        let error = distance(&table(&space, k, NODES), exact);
        assert!(error < 1e-10, "{k}: {error:e}");
    }
}

/// The uniform segment is the projection of the sphere of ℝ³, so the laws of k flights are
/// projections of each other: P(|Z₁| ≤ x) = P(R ≤ x) + x∫ₓ p(r)/r dr.
#[test]
fn segment_and_sphere() {
    let sphere = VelocitySpace::<3>::new(VelocitySet::Sphere, 0.0, 1.0, None);
    let segment = VelocitySpace::<1>::new(VelocitySet::Ball, 0.0, 1.0, None);
    for k in sizes(Pieces::new(&sphere).direct()) {
        let (line, space) = (table(&segment, k, NODES), table(&sphere, k, NODES));
        let reach = space.reach();
        for i in 1..40 {
            let x = line.reach() * i as f64 / 40.0;
            // By parts: x∫ₓ p/r dr = x/reach − P(x) + x∫ₓ P/r² dr.
            let tail: f64 = (0..200)
                .flat_map(|j| {
                    let at = |j: usize| x * (reach / x).powf(j as f64 / 200.0);
                    gauss_legendre(12, at(j), at(j + 1))
                })
                .map(|(r, w)| w * space.at(r) / (r * r))
                .sum();
            let error = line.at(x) - x / reach - x * tail;
            assert!(error.abs() < 1e-10, "{k} {x}: {error:e}");
        }
    }
}

/// E|v|ᵖ under F.
fn speed_moment<const D: usize>(space: &VelocitySpace<D>, p: i32) -> f64 {
    if space.set() == VelocitySet::Sphere {
        return space.max_speed().powi(p);
    }
    let (mut total, mut sum) = (0.0, 0.0);
    for (r, w) in gauss_legendre(200, space.min_speed(), space.max_speed()) {
        let mut v = [0.0; D];
        v[0] = r;
        let weight = w * r.powi(D as i32 - 1) * space.density(&v);
        total += weight;
        sum += weight * r.powi(p);
    }
    sum / total
}

/// E|Z|², E|Z|⁴, E|Z|⁶ of k flights: E Z₁²ⁿ = (2n)!(k−1)!/(2n+k−1)! [w²ⁿ](E 1/(1 − wv₁))ᵏ.
pub(super) fn moments<const D: usize>(space: &VelocitySpace<D>, k: f64) -> [f64; 3] {
    let d = D as f64;
    let axis = [1.0 / d, 3.0 / (d * (d + 2.0)), 15.0 / (d * (d + 2.0) * (d + 4.0))];
    let m: Vec<f64> = (0..3).map(|n| axis[n] * speed_moment(space, 2 * n as i32 + 2)).collect();
    let power = [
        k * m[0],
        k * m[1] + 0.5 * k * (k - 1.0) * m[0] * m[0],
        k * m[2] + k * (k - 1.0) * (m[0] * m[1] + (k - 2.0) / 6.0 * m[0].powi(3)),
    ];
    std::array::from_fn(|n| {
        let factor: f64 = (1..=2 * n + 2).map(|j| j as f64 / (k + j as f64 - 1.0)).product();
        factor * power[n] / axis[n]
    })
}

fn table_moments<const D: usize>() {
    for (i, space) in spaces::<D>().into_iter().chain(rough_spaces()).enumerate() {
        for k in sizes(Pieces::new(&space).direct()) {
            let t = table(&space, k, NODES);
            let cells = 200;
            for (n, exact) in moments(&space, k as f64).into_iter().enumerate() {
                let p = 2 * n as i32 + 2;
                let at = |j: usize| t.reach() * j as f64 / cells as f64;
                let above: f64 = (0..cells)
                    .flat_map(|j| gauss_legendre(8, at(j), at(j + 1)))
                    .map(|(r, w)| w * f64::from(p) * r.powi(p - 1) * (1.0 - t.at(r)))
                    .sum();
                assert!((above / exact - 1.0).abs() < 2e-9, "{D} {i} {k} {p}: {above} {exact}");
            }
        }
    }
}

#[test]
fn second_fourth_and_sixth_moments() {
    table_moments::<1>();
    table_moments::<2>();
    table_moments::<3>();
}

/// Against twice as many nodes; and draws return to their u.
fn finer<const D: usize>() -> f64 {
    let mut worst = 0.0_f64;
    for (i, space) in spaces::<D>().into_iter().chain(rough_spaces()).enumerate() {
        let resolvent = Resolvent::new(&space);
        let (coarse, fine) = (Modes::<D>::new(NODES), Modes::<D>::new(2 * NODES));
        for k in sizes(Pieces::new(&space).direct()) {
            let t = Table::new(&resolvent, &coarse, k);
            let finer = Table::new(&resolvent, &fine, k);
            let error = distance(&t, |r| finer.at(r));
            assert!(error < 2e-10, "{D} {i} {k}: {error:e}");
            worst = worst.max(error);
            for j in 0..10_000 {
                let u = (j as f64 + 0.3) / 10_000.0;
                assert!((t.at(t.draw(u)) - u).abs() < 5e-11, "{D} {i} {k} {u}");
            }
        }
    }
    worst
}

#[test]
fn finer_tables_agree() {
    println!("{:e} {:e} {:e}", finer::<1>(), finer::<2>(), finer::<3>());
}
