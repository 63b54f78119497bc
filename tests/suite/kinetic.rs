//! The solver of the kinetic equation against exact solutions, against the slab oracle, and
//! against itself where two problems are one.

use crate::common::slab::{Slab, difference, norm};
use kinetaxis::experiment::read;
use kinetaxis::kinetic::{Entropy, KineticSolver, Resolution};
use kinetaxis::model::Model;
use kinetaxis::study::{Monitor, converge};
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

/// ρ and J at the nodes at the end of the experiment.
fn solve<const D: usize>(text: &str, resolution: Resolution) -> (Vec<f64>, [Vec<f64>; D]) {
    let e = read(text, "test.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let model = Model::<D>::new(&e).unwrap();
    let mut solver = KineticSolver::new(&model, resolution);
    assert!(solver.run(e.time.end, &AtomicBool::new(false), &|_| {}));
    (solver.density(0), solver.flux(0))
}

fn farthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// In 1D the density of the free walk obeys the telegraph equation ε²∂ttρ + λ∂tρ = s²∂xxρ, with
/// ∂tρ(0) = −∂xJ(0), J(0) = ρ m/ε. For a cosine of wave number k the roots are
/// r = (−λ ± √(λ² − 4ε²s²k²))/2ε².
#[test]
fn the_free_walk_on_a_line_is_the_telegraph_equation() {
    let (epsilon, lambda, speed, k, t) = (0.3_f64, 1.4_f64, 0.8_f64, 2.0 * PI / 3.0, 0.7);
    let (rho, _) = solve::<1>(
        "dimension = 1\nepsilon = 0.3\ndomain = { lower = 0, upper = 3, grid = 24 }
        velocity = { speed = 0.8 }\nkernel = { model = \"local\", lambda = 1.4 }
        cells = { count = 10, mass = 3, density = { shape = \"cosine\", amplitude = 0.5, mode = 1 } }
        time = { end = 0.7, step = 0.7 }",
        Resolution { angles: 4, step: 0.7 },
    );
    let root = (lambda * lambda - 4.0 * (epsilon * speed * k).powi(2)).sqrt();
    let [a, b] = [root, -root].map(|root| (root - lambda) / (2.0 * epsilon * epsilon));
    let factor = (a * (b * t).exp() - b * (a * t).exp()) / (a - b);
    let exact: Vec<f64> =
        (0..24).map(|i| 1.0 + 0.5 * factor * (k * i as f64 / 8.0).cos()).collect();
    assert!(farthest(&rho, &exact) < 1e-9, "{}", farthest(&rho, &exact));
}

/// With D = 0 start and mean velocity m everywhere, the flux is (ρm/ε)e^{−λt/ε²}.
#[test]
fn a_net_flux_fades_at_the_tumble_rate() {
    for (set, angles) in [("sphere", 8), ("ball", 12), ("shell", 12)] {
        let text = format!(
            "dimension = 2\nepsilon = 0.5\ndomain = {{ lower = 0, upper = 1, grid = 8 }}
            velocity = {{ set = \"{set}\", speed = 1{} }}
            kernel = {{ model = \"local\", lambda = 2 }}
            cells = {{ count = 10, mean_velocity = [0.2, -0.1], density = {{ shape = \"uniform\" }} }}
            time = {{ end = 0.3, step = 0.3 }}",
            if set == "shell" { ", inner_speed = 0.4" } else { "" },
        );
        let (rho, flux) = solve::<2>(&text, Resolution { angles, step: 0.3 });
        let left = (-2.0 * 0.3 / 0.25_f64).exp() / 0.5;
        assert!(rho.iter().all(|r| (r - 1.0).abs() < 1e-9));
        for (component, start) in flux.iter().zip([0.2, -0.1]) {
            assert!(component.iter().all(|j| (j - start * left).abs() < 1e-9), "{set}");
        }
    }
}

/// The oracle (`tests/suite/common/slab.rs`) is another method for the same equation. What is left is
/// second order in Δt and the bandwidth, below 10⁻⁵. The effect of ε is 2·10⁻² and 5·10⁻³; a lost μ or
/// sign moves ρ by more, a gradient sensed through a spline by 3·10⁻⁴ on these nodes.
#[test]
fn the_slab_is_the_oracles() {
    let text = include_str!("../../experiments/slab-reference-2d.toml");
    for epsilon in [0.4, 0.2] {
        let text = (text.replace("epsilon = 0.2\n", &format!("epsilon = {epsilon}\n")))
            .replace("bandwidth = 0.25", "bandwidth = 0.1");
        let (rho, _) = solve::<2>(&text, Resolution { angles: 16, step: 0.01 });
        let oracle = Slab { modes: 32, ..Slab::default() }.kinetic(epsilon, 1.0);
        let along_x: Vec<f64> = rho.iter().copied().step_by(10).collect();
        let distance = norm(&difference(&along_x, &oracle));
        assert!(distance < 1e-5, "{epsilon}: {distance:e}");
    }
}

/// A no-flux box is half of a periodic one with an even start.
#[test]
fn walls_are_mirrors() {
    let text = |lower: f64, grid: usize, boundary: &str, kernel: &str| {
        format!(
            "dimension = 2\nepsilon = 0.25
            domain = {{ lower = [{lower}, 0], upper = 2, grid = [{grid}, 8], boundary = [\"{boundary}\", \"periodic\"] }}
            kernel = {{ {kernel} }}
            signal = {{ equation = \"elliptic\", decay = 1 }}
            cells = {{ count = 10, mass = {}, density = {{ shape = \"expression\", expression = \"1 + 0.4*cos(PI*x/2) + 0.2*cos(PI*x)*sin(PI*y)\" }} }}
            deposit = {{ bandwidth = 0.25 }}
            time = {{ end = 0.4, step = 0.1 }}",
            2.0 * (2.0 - lower)
        )
    };
    let resolution = Resolution { angles: 12, step: 0.05 };
    for kernel in [
        "model = \"local\", lambda = 1, a = 0.2, b = 0.3",
        "model = \"nonlocal\", psi = \"saturating\", c1 = 0.2, c2 = 0.3, alpha_plus = 1, alpha_minus = 0.5",
    ] {
        let (half, half_flux) = solve::<2>(&text(0.0, 24, "no-flux", kernel), resolution);
        // Nodes of a periodic axis start at the lower corner: half a spacing makes them match.
        let (whole, flux) = solve::<2>(&text(-2.0, 48, "no-flux", kernel), resolution);
        assert!(farthest(&half, &whole[24 * 8..]) < 1e-7, "{}", farthest(&half, &whole[24 * 8..]));
        for (half, whole) in half_flux.iter().zip(&flux) {
            assert!(farthest(half, &whole[24 * 8..]) < 1e-7);
        }
    }
}

/// Second order in Δt; spectral in v: 12 angles already differ from 24 by less than the error at
/// the smallest step here.
#[test]
fn the_error_in_time_is_of_second_order() {
    let text = "dimension = 2\nepsilon = 0.25
        domain = { lower = 0, upper = 4, grid = 24, boundary = \"no-flux\" }
        kernel = { model = \"local\", lambda = 1, a = 0.2, b = 0.1 }
        signal = { equation = \"parabolic\", decay = 1 }
        cells = { count = 10, mass = 8, density = { shape = \"gaussian\", center = [1.5, 2], width = 0.6 } }
        deposit = { bandwidth = 0.3 }
        time = { end = 0.8, step = 0.1 }";
    let at = |angles, step| solve::<2>(text, Resolution { angles, step }).0;
    let [a, b, c] = [0.05, 0.025, 0.0125].map(|step| at(16, step));
    let order = (farthest(&a, &b) / farthest(&b, &c)).log2();
    assert!((1.8..2.2).contains(&order), "{order}");
    let angles = farthest(&at(12, 0.0125), &at(24, 0.0125));
    assert!(angles < farthest(&b, &c));
    let mass: f64 = c.iter().sum::<f64>() * (4.0_f64 / 24.0).powi(2);
    assert!((mass - 8.0).abs() < 1e-9, "{mass}");
}

/// Cells and equation agree, in ρ and in S: the 99.999% interval of their distance reaches 0, four
/// times (false alarm 2·10⁻⁵ in all). What this would miss is below a sixth of the effect of ε.
#[test]
fn cells_follow_the_equation() {
    let text = "dimension = 2\nepsilon = 0.5\nseed = 9
        domain = { lower = 0, upper = [4, 3], grid = 24, boundary = [\"no-flux\", \"periodic\"] }
        velocity = { set = \"shell\", inner_speed = 0.3, speed = 1.2, equilibrium = \"exp(-r*r)\" }
        kernel = { model = \"local\", lambda = 1, a = 0.1, b = 0.15 }
        signal = { equation = \"parabolic\", decay = 1 }
        cells = { count = 20000, mass = 6, mean_velocity = [0.2, 0], density = { shape = \"gaussian\", center = [1.5, 1.5], width = 0.5 } }
        deposit = { bandwidth = 0.3 }\ntime = { end = 0.4, step = 0.05 }
        ensemble.confidence = 0.99999
        converge = { epsilons = [0.5, 0.35], replicates = 24, noise_free = true }";
    let e = read(text, "test.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    let result = converge::<2>(&e, None, &monitor).unwrap();
    assert_eq!(result.checks.len(), 4);
    for check in &result.checks {
        let rows = &result.main.rows;
        let of = |r: &&kinetaxis::study::ErrorRow| {
            r.value == check.value && r.quantity == check.quantity && r.norm == "L2"
        };
        let effect = rows.iter().find(of).unwrap().error.value;
        let (low, high) = (check.distance.low, check.distance.high);
        assert!(low == 0.0 && 6.0 * high < effect, "{low} {high} {effect}");
    }
}

/// A solver that kept the entropy until the end of the experiment.
fn with_entropy<const D: usize>(text: &str, step: f64) -> Vec<Entropy> {
    let e = read(text, "test.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let model = Model::<D>::new(&e).unwrap();
    let mut solver = KineticSolver::new(&model, Resolution { angles: 8, step });
    solver.keep_entropy();
    assert!(solver.run(e.time.end, &AtomicBool::new(false), &|_| {}));
    solver.entropy().to_vec()
}

/// A net flux m that fades has H = ½|Ω|ρ²(1 + d|m|²/⟨|v|²⟩ e^{−2λt/ε²}), all of whose loss is dissipated.
#[test]
fn the_entropy_of_a_fading_flux_is_exact() {
    let text = "dimension = 2\nepsilon = 0.5\ndomain = { lower = 0, upper = 1, grid = 8 }
        velocity = { set = \"sphere\", speed = 1 }\nkernel = { model = \"local\", lambda = 2 }
        cells = { count = 10, mass = 3, mean_velocity = [0.2, -0.1], density = { shape = \"uniform\" } }
        time = { end = 0.3, step = 0.3 }";
    let lines = with_entropy::<2>(text, 0.005);
    for e in &lines {
        let exact = 4.5 * (1.0 + 0.1 * (-2.0 * 2.0 * e.time / 0.25).exp());
        assert!((e.entropy - exact).abs() < 1e-9, "{e:?} {exact}");
        assert!(e.produced.abs() < 1e-12);
        // The trapezoidal rule: a relative (2λΔt/ε²)²/12 = 5·10⁻⁴.
        assert!((e.dissipated - (lines[0].entropy - exact)).abs() < 1e-3 * 0.45, "{e:?}");
    }
}

/// The balance closes to second order in the step while cells aggregate between a wall and a period, with
/// a T that breaks the detailed balance at O(ε); what is dissipated never falls, and the signal produces.
#[test]
fn the_entropy_is_balanced_while_cells_aggregate() {
    let text = "dimension = 2\nepsilon = 0.4
        domain = { lower = [0, 0], upper = [3, 2], grid = [32, 16], boundary = [\"no-flux\", \"periodic\"] }
        kernel = { model = \"nonlocal\", psi = \"saturating\", c1 = 0.2, c2 = 0.25 }
        signal = { equation = \"parabolic\", decay = 1, initial = \"1 - x/4\" }
        cells = { count = 10, mass = 6, density = { shape = \"cosine\", amplitude = 0.4, mode = 1 } }
        time = { end = 0.4, step = 0.4 }";
    let imbalance = |step: f64| {
        let lines = with_entropy::<2>(text, step);
        let (first, last) = (lines[0], lines[lines.len() - 1]);
        assert!(lines.windows(2).all(|pair| pair[1].dissipated >= pair[0].dissipated));
        assert!(last.dissipated > 0.0 && last.produced > 0.05 * last.dissipated, "{last:?}");
        (last.entropy + last.dissipated - last.produced - first.entropy, last.dissipated)
    };
    let ((coarse, _), (fine, dissipated)) = (imbalance(0.01), imbalance(0.005));
    println!("imbalance {coarse:.3e}, {fine:.3e} of {dissipated:.3e}");
    assert!((3.2..4.8).contains(&(coarse / fine)), "{coarse} {fine}");
    assert!(fine.abs() < 1e-4 * dissipated, "{fine} of {dissipated}");
}
