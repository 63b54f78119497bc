//! Sweeps in another parameter than ε, against closed forms and against the orders that are due.

use kinetaxis::experiment::read;
use kinetaxis::study::{Convergence, ErrorRow, Monitor, Order, Sweep, converge};
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

/// A line of length 3, periodic, ε = 0.3, s = 1, λ = 1.4, ρ⁰ = 1 + ½ cos kx with k = 2π/3, and
/// δ∂tS = ΔS + ρ − S from S = 0; the cells answer to S by `a`.
const LINE: &str = r#"
dimension = 1
epsilon = 0.3
seed = 3
domain = { lower = 0, upper = 3, grid = 24 }
kernel = { model = "local", lambda = 1.4 }
signal = { equation = "parabolic", decay = 1, delta = 0.2 }
cells = { count = 500, mass = 3, density = { shape = "cosine", amplitude = 0.5, mode = 1 } }
deposit = { bandwidth = 0.2 }
time = { end = 0.6, step = 0.05 }
limit = { step = 0.01 }
ensemble.confidence = 0.9999
converge = { replicates = 8, noise_free = true }
"#;
const K: f64 = 2.0 * PI / 3.0;
const END: f64 = 0.6;

fn sweep(set: &[&str]) -> Convergence<1> {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    let e = read(LINE, "line.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment;
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    converge::<1>(&e, None, &monitor).unwrap_or_else(|e| panic!("{e}"))
}

fn method<'a>(r: &'a Convergence<1>, name: &str) -> &'a Sweep {
    let all = std::iter::once(&r.main).chain(&r.others);
    all.into_iter().find(|s| s.method == name).unwrap()
}

fn rows<'a>(sweep: &'a Sweep, quantity: &str, norm: &str) -> Vec<&'a ErrorRow> {
    sweep.rows.iter().filter(|r| r.quantity.name() == quantity && r.norm == norm).collect()
}

fn order<'a>(sweep: &'a Sweep, quantity: &str, norm: &str) -> &'a Order {
    sweep.order(quantity.parse().unwrap(), norm).unwrap()
}

/// The order of ρ and of S in L², each within `tolerance` of `due`.
#[track_caller]
fn assert_orders(sweep: &Sweep, due: f64, tolerance: f64) {
    for quantity in ["rho", "S"] {
        let found = order(sweep, quantity, "L2").order.as_ref().unwrap().value;
        assert!((found - due).abs() < tolerance, "{} {quantity}: {found}", sweep.method);
    }
}

/// (S_δ − S₀)/K̂_h in the mode cos kx, where ρ in that mode is Σ c e^{rt}: with q = k² + 1,
/// S_δ = Σ c (e^{rt} − e^{−qt/δ})/(q + δr) and S₀ = Σ c e^{rt}/q.
fn lag(terms: &[[f64; 2]], delta: f64) -> f64 {
    let q = K * K + 1.0;
    let term = |[c, r]: &[f64; 2]| {
        let now = (r * END).exp();
        c * ((now - (-q * END / delta).exp()) / (q + delta * r) - now / q)
    };
    terms.iter().map(term).sum()
}

/// Cells that do not feel S have a ρ that is known, by the telegraph equation or by that of heat,
/// and so is S for every δ: all three methods have to give the distance itself, not only an order.
/// Cells: four weak distances at 99.99%, false alarm 4·10⁻⁴; a δ that is off by a half would be seen.
#[test]
fn the_lag_of_the_signal_is_the_exact_one() {
    let r = sweep(&[
        "converge.in=delta",
        "signal.delta=1.6",
        "time.step=0.02",
        "cells.count=2000",
        "converge.replicates=16",
    ]);
    let (epsilon, lambda) = (0.3_f64, 1.4_f64);
    let root = (lambda * lambda - 4.0 * (epsilon * K).powi(2)).sqrt();
    let [a, b] = [root, -root].map(|root| (root - lambda) / (2.0 * epsilon * epsilon));
    let telegraph = [[-b / (a - b) * 0.5, a], [a / (a - b) * 0.5, b]];
    let heat = [[0.5, -K * K / lambda]];
    let mollified = (-0.5 * (0.2 * K).powi(2)).exp();
    let weak = "weak:cos(PI*x/1.5)";
    let deltas: Vec<f64> =
        rows(method(&r, "cells"), "S", "L2").iter().map(|row| row.value).collect();
    assert_eq!(deltas, [1.6, 0.8, 0.4, 0.2]);
    for (name, terms) in [("kinetic equation", &telegraph[..]), ("limit", &heat)] {
        for row in rows(method(&r, name), "S", weak) {
            // The mean of cos² is ½.
            let exact = 0.5 * mollified * lag(terms, row.value);
            let off = (row.error.value / exact - 1.0).abs();
            assert!(off < 1e-3, "{name} {}: {} {exact}", row.value, row.error.value);
        }
    }
    for row in rows(method(&r, "cells"), "S", weak) {
        let exact = 0.5 * mollified * lag(&telegraph, row.value);
        assert!(row.error.low <= exact && exact <= row.error.high, "{row:?} {exact}");
        // A quarter of the distance at δ = 1.6 to either side.
        assert!(row.error.high - row.error.low < 0.004, "{row:?} {exact}");
    }
}

/// With feedback ρ, S and all else are of order 1 in δ, in the kinetic equation and in its limit. A
/// δ that entered as δ² or √δ would give 2 or ½.
#[test]
fn the_distance_to_the_elliptic_signal_is_of_order_one() {
    let fine = "limit.step=0.0025";
    let small = "converge.values=[0.04, 0.02, 0.01, 0.005]";
    let r = sweep(&["converge.in=delta", "kernel.a=0.3", "time.step=0.005", fine, small]);
    assert_orders(method(&r, "kinetic equation"), 1.0, 0.1);
    assert_orders(method(&r, "limit"), 1.0, 0.1);
}

/// Without feedback ρ_h = K_h * ρ changes by (K̂_h − K̂_{h/√2})ρ̂ in the one mode that there is.
#[test]
fn the_bandwidth_has_the_order_of_its_kernel() {
    for order in [2, 4] {
        let set = [&format!("deposit.order={order}")[..], "converge.in=bandwidth"];
        let r = sweep(&[&set[..], &["converge.values=[0.4, 0.28, 0.2]"]].concat());
        let equation = method(&r, "kinetic equation");
        assert_orders(equation, f64::from(order), 0.15 * f64::from(order));
        let factor = |h: f64| {
            let q = 0.5 * (h * K).powi(2);
            (-q).exp() * if order == 2 { 1.0 } else { 1.0 + q }
        };
        let of = rows(equation, "rho", "L2");
        let change = |row: &ErrorRow| {
            row.error.value / (factor(row.value) - factor(row.value / 2f64.sqrt())).abs()
        };
        // The amplitude of ρ̂, the same for every h.
        for row in &of[1..] {
            assert!((change(row) / change(of[0]) - 1.0).abs() < 1e-6, "{row:?}");
        }
    }
}

/// The field step is second order: signal and cells drive each other. The solver of the equation
/// takes the very step of the sweep here; its correction for that step would hide what is measured.
/// (S remembers δ/(k² + 1) = 0.04 only, and the last step before an output is a row of short ones:
/// its order is lower until steps are much shorter than that.)
#[test]
fn the_field_step_is_of_order_two() {
    let r = sweep(&["converge.in=step", "kernel.a=0.3", "time.step=0.05"]);
    let equation = method(&r, "kinetic equation");
    let steps: Vec<f64> = rows(equation, "rho", "L2").iter().map(|row| row.value).collect();
    assert!((steps[0] / 0.05 - 1.0).abs() < 1e-12 && (steps[3] * 8.0 / 0.05 - 1.0).abs() < 1e-12);
    let found = order(equation, "rho", "L2").order.as_ref().unwrap().value;
    assert!((found - 2.0).abs() < 0.2, "{found}");
}

/// S is sensed at the nodes as the spectrum has it: where the grid resolves all, nothing is left of it, and
/// no order is made of round-off. Through the cells' spline it would be 10⁻³, of order two.
#[test]
fn the_grid_leaves_nothing_where_it_resolves_all() {
    let grids = "converge.values=[16, 24, 32]";
    let r = sweep(&["converge.in=grid", "kernel.a=0.3", grids, "deposit.bandwidth=0.25"]);
    let equation = method(&r, "kinetic equation");
    assert!(rows(equation, "rho", "L2").iter().all(|row| row.error.high < 1e-12));
    assert!(order(equation, "rho", "L2").order.is_none());
    assert_eq!(r.last.domain.grid, [32]);
}

/// Cells that do not feel S are independent: nothing depends on N, and nothing is resolved (false
/// alarm 3·10⁻⁴). There is no equation for a number of cells.
#[test]
fn free_cells_know_nothing_of_their_number() {
    let r = sweep(&["converge.in=cells", "signal.production=0"]);
    assert!(r.others.is_empty() && r.macroscopic.is_none());
    for row in rows(&r.main, "rho", "weak:cos(PI*x/1.5)") {
        assert!(!row.resolved, "{row:?}");
    }
    let counts: Vec<f64> = rows(&r.main, "rho", "L2").iter().map(|row| row.value).collect();
    assert_eq!(counts, [63.0, 125.0, 250.0, 500.0]);
}
