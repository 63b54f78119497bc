//! The whole chain (cells, kernel, deposit, signal, limit, statistics) against the noise-free
//! kinetic solver of the slab, at the level of the ε² effect.

use crate::common::slab::{Slab, difference, fourier, norm};
use kinetaxis::experiment::read;
use kinetaxis::simulation::SimulationError;
use kinetaxis::study::{Convergence, Monitor, converge};
use std::sync::atomic::AtomicBool;

const SLAB: &str = include_str!("../../experiments/slab-reference-2d.toml");
const EPSILONS: [f64; 2] = [0.4, 0.3];

fn study(set: &[&str]) -> Convergence<2> {
    let mut all: Vec<String> = vec!["converge.epsilons=[0.4, 0.3]".into()];
    all.extend(set.iter().map(|s| s.to_string()));
    let e = read(SLAB, "slab.toml", &all).unwrap_or_else(|e| panic!("{e}")).experiment;
    let stop = AtomicBool::new(false);
    converge::<2>(&e, None, &Monitor::silent(&stop)).unwrap()
}

/// (measured − exact)/standard error of the weak error against sin 2x, and of the squared L² norm.
fn scores(result: &Convergence<2>) -> Vec<f64> {
    let oracle = Slab::default();
    let limit = oracle.limit(1.0);
    let mut scores = Vec::new();
    for epsilon in EPSILONS {
        let error = difference(&oracle.kinetic(epsilon, 1.0), &limit);
        for (name, exact) in [("weak:sin(2*x)", fourier(&error, 2).1), ("L2", norm(&error))] {
            let row = (result.main.rows.iter())
                .find(|r| r.value == epsilon && r.quantity.name() == "rho" && r.norm == name)
                .expect("the row is there");
            scores.push((row.error.value - exact) / row.error.std_error);
        }
    }
    scores
}

/// 2.4·10⁶ cells. With 23 degrees of freedom |t| > 5 has probability 5·10⁻⁵, four times. The weak
/// error is 9 standard errors at ε = 0.4: a study that is 60% off would be caught.
#[test]
fn the_effect_of_epsilon_is_the_oracles() {
    let result = study(&["cells.count=100000", "converge.replicates=24"]);
    for score in scores(&result) {
        assert!(score.abs() < 5.0, "{score}");
    }
}

/// With the μ of b lost the density outgrows every grid before the end, and there is no study.
#[test]
fn a_lost_measure_is_caught() {
    let e = read(SLAB, "slab.toml", &["kernel.b=1".into()]).unwrap().experiment;
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    let refused = converge::<2>(&e, None, &monitor).err();
    assert!(matches!(refused, Some(SimulationError::NoLimit { time, .. }) if time < 1.0));
}
