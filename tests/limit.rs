//! The macroscopic solver against exact solutions: order in time, accuracy in space, mass,
//! positivity, variable coefficients, and the noise-free slab reference.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::grid::Grid;
use kinetaxis::spectral::Spectral;
use kinetaxis::study::{limit_fields, refinement};
use std::sync::atomic::AtomicBool;

const SLAB: &str = include_str!("../experiments/slab-reference-2d.toml");

fn experiment(text: &str, set: &[&str]) -> Experiment {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

/// Nodes, ρ and S at the final time, and the limiter's largest move.
fn solve<const D: usize>(e: &Experiment) -> (Vec<[f64; D]>, Vec<f64>, Vec<f64>, f64) {
    let (fields, limited) = limit_fields::<D>(e, false, &AtomicBool::new(false)).unwrap();
    let last = fields.last().expect("the final time is an output");
    assert_eq!(last.time, e.time.end);
    let spectral = Spectral::<D>::new(&Grid::from_domain(&e.domain));
    let nodes: Vec<_> = spectral.grid().nodes().collect();
    (nodes, last.nodal_density(&spectral), spectral.inverse(&last.signal), limited)
}

const LINE: &str = r#"
    dimension = 1
    epsilon = 0.1
    [domain]
    lower = -1
    upper = 2
    grid = 96
    boundary = "no-flux"
    [kernel]
    model = "local"
    lambda = 2
    [cells]
    count = 1
    [cells.density]
    shape = "cosine"
    amplitude = 0.5
    mode = 3
    [time]
    end = 0.3
    step = 0.1
"#;

#[test]
fn a_heat_mode_decays_exactly_whatever_the_step() {
    // D = 1/(dλ) = 1/2, k = 3π/3.
    let (x, rho, _, limited) = solve::<1>(&experiment(LINE, &[]));
    let k = std::f64::consts::PI;
    for (x, rho) in x.iter().zip(&rho) {
        let exact = (1.0 + 0.5 * (-0.5 * k * k * 0.3_f64).exp() * (k * (x[0] + 1.0)).cos()) / 3.0;
        assert!((rho - exact).abs() < 1e-13);
    }
    assert_eq!((x.len(), limited), (96, 0.0));
}

/// Stationary state in a prescribed signal: ρ ∝ exp(∫χ/D dS). With ψ separable both D(S) and χ(S)
/// vary, so a derivative in the wrong place or a lost factor moves it.
#[test]
fn variable_coefficients_reach_their_boltzmann_state() {
    let text = LINE.replace("model = \"local\"\n    lambda = 2", "model = \"nonlocal\"\n    psi = \"separable\"\n    diffusivity = \"1 + 0.5*S*S\"\n    sensitivity = \"2*S\"")
        .replace("end = 0.3", "end = 20")
        .replace("step = 0.1", "step = 0.02")
        + "[signal]\nequation = \"prescribed\"\nexpression = \"0.6*cos(PI*(x+1)/3)\"\n";
    let (x, rho, _, _) = solve::<1>(&experiment(&text, &[]));
    // χ/D = 2S/(1+S²/2) integrates to 2 ln(1+S²/2).
    let shape: Vec<f64> = (x.iter())
        .map(|x| 0.6 * (std::f64::consts::PI * (x[0] + 1.0) / 3.0).cos())
        .map(|s| (1.0 + 0.5 * s * s).powi(2))
        .collect();
    let mean = shape.iter().sum::<f64>() / shape.len() as f64 * 3.0;
    for (rho, shape) in rho.iter().zip(&shape) {
        assert!((rho - shape / mean).abs() < 1e-9, "{rho} {}", shape / mean);
    }
}

#[test]
fn slab_reference_within_1e_minus_6() {
    let (x, rho, _, _) = solve::<2>(&experiment(SLAB, &["limit.step=0.002"]));
    let at = |target: f64| {
        let found = x.iter().position(|x| (x[0] - target).abs() < 1e-12 && x[1] == 0.0);
        rho[found.expect("the point is a node")]
    };
    assert!((at(0.0) - 1.582_969_264_7).abs() < 1e-6);
    assert!((at(std::f64::consts::PI) - 0.563_434_172_9).abs() < 1e-6);
}

/// Halving the step divides the error by four, for parabolic and elliptic signals.
#[test]
fn second_order_in_time() {
    for signal in ["signal.equation=parabolic", "signal.equation=elliptic"] {
        let run = |step: &str| {
            let step = format!("limit.step={step}");
            solve::<2>(&experiment(SLAB, &[signal, &step, "time.end=0.5"])).1
        };
        let [a, b, c] = ["0.05", "0.025", "0.0125"].map(run);
        let distance = |a: &[f64], b: &[f64]| {
            a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        };
        let ratio = distance(&a, &b) / distance(&b, &c);
        assert!((3.6..4.5).contains(&ratio), "{signal}: {ratio}");
    }
}

/// A disk with a jump is far from resolved: the density stays non-negative and the mass exact.
#[test]
fn mass_and_positivity_hold_where_the_grid_does_not_resolve() {
    let jump = r#"density = { shape = "ball", center = [3, 0.5], radius = 0.2 }"#;
    let smooth = SLAB.lines().find(|line| line.starts_with("density = ")).unwrap();
    let set = ["cells.mass=7", "time.end=0.02", "time.step=0.02"];
    let (_, rho, _, limited) = solve::<2>(&experiment(&SLAB.replace(smooth, jump), &set));
    let cell = std::f64::consts::TAU / 640.0;
    let mass = rho.iter().sum::<f64>() * cell;
    assert!((mass / 7.0 - 1.0).abs() < 1e-12, "{mass}");
    assert!(rho.iter().all(|r| *r >= 0.0));
    assert!(limited > 0.0, "the limiter had nothing to do: the test is idle");
}

#[test]
fn the_reported_error_is_the_error() {
    let e = experiment(SLAB, &["limit.step=0.02"]);
    let stop = AtomicBool::new(false);
    let reported = refinement::<2>(&e, &stop).unwrap();
    let fine = solve::<2>(&experiment(SLAB, &["limit.step=0.001"])).1;
    let coarse = solve::<2>(&e).1;
    let square: f64 = fine.iter().zip(&coarse).map(|(a, b)| (a - b).powi(2)).sum();
    let error = (square * std::f64::consts::TAU / 640.0).sqrt();
    assert!((reported.time / error - 1.0).abs() < 0.1, "{} {error}", reported.time);
}
