//! What is proved, written beside what is measured in a run.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::model::Model;
use kinetaxis::observe::names;
use kinetaxis::study::{Keep, Monitor, RunRecord, observe_run};
use std::sync::atomic::AtomicBool;

fn experiment(text: &str, set: &[&str]) -> Experiment {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

fn run<const D: usize>(model: &Model<D>, replicate: u64) -> RunRecord<D> {
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    observe_run(model, replicate, Keep::default(), &monitor, 1.0).unwrap()
}

/// The observable called `name` at every output time.
fn series<const D: usize>(model: &Model<D>, record: &RunRecord<D>, name: &str) -> Vec<f64> {
    let place =
        names(model).iter().position(|(_, n)| n == name).unwrap_or_else(|| panic!("{name}"));
    record.snapshots.iter().map(|s| s.observables[place]).collect()
}

/// Mean and standard error.
fn mean(samples: &[f64]) -> (f64, f64) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let square: f64 = samples.iter().map(|s| (s - mean).powi(2)).sum();
    (mean, (square / (n * (n - 1.0))).sqrt())
}

fn parabolic(d: usize, half: f64, grid: usize, set: &[&str]) -> Experiment {
    let text = format!(
        "dimension = {d}\nepsilon = 0.3
        domain = {{ lower = -{half}, upper = {half}, grid = {grid}, boundary = \"open\" }}
        kernel = {{ model = \"local\", lambda = 1, a = 0.1 }}
        signal = {{ equation = \"parabolic\", delta = 0.5, diffusion = 0.8, production = 2 }}
        cells = {{ count = 3000, mass = 3, density = {{ shape = \"gaussian\", width = 0.5 }} }}
        time = {{ end = 0.4, step = 0.05, outputs = [0, 0.1, 0.4] }}"
    );
    experiment(&text, set)
}

/// (measured/bound) of every bound, by output time after t = 0, and its name.
fn ratios<const D: usize>(e: &Experiment) -> Vec<(String, Vec<f64>)> {
    let model = Model::<D>::new(e).unwrap();
    let record = run(&model, 0);
    let bounded =
        names(&model).into_iter().filter_map(|(_, n)| Some(n.strip_suffix("_bound")?.to_string()));
    let ratio = |name: String| {
        let (own, bound) =
            (series(&model, &record, &name), series(&model, &record, &format!("{name}_bound")));
        assert_eq!((own[0], bound[0]), (0.0, 0.0));
        (name, own.iter().zip(bound).skip(1).map(|(own, bound)| own / bound).collect())
    };
    bounded.map(ratio).collect()
}

/// Without decay ‖S‖₁ = αMt/δ is the bound itself, up to the 10⁻⁵ of K_h that the grid cuts off; no other
/// norm reaches its bound, and at the end all are above a tenth of it, so that a bound ten times too high
/// would be seen. With decay ‖S‖₁ = (αM/β)(1 − e^{−βt/δ}).
#[test]
fn the_signal_keeps_its_a_priori_bounds() {
    let all = [
        ratios::<1>(&parabolic(1, 6.0, 64, &[])),
        ratios::<2>(&parabolic(2, 5.0, 48, &[])),
        ratios::<3>(&parabolic(3, 4.0, 16, &[])),
    ];
    assert_eq!(all.each_ref().map(Vec::len), [5, 5, 4]);
    for list in &all {
        for (name, ratios) in list {
            println!("{name}: {ratios:.4?}");
            match name.as_str() {
                "signal_L1" => assert!(ratios.iter().all(|r| (r - 1.0).abs() < 1e-4), "{ratios:?}"),
                _ => assert!(ratios.iter().all(|r| *r < 1.0), "{name}: {ratios:?}"),
            }
        }
    }
    for list in &all {
        assert!(list.iter().all(|(_, r)| r[1] > 0.1), "{list:?}");
    }
    let decayed = ratios::<2>(&parabolic(2, 5.0, 48, &["signal.decay=1.5"]));
    for (ratio, t) in decayed[0].1.iter().zip([0.1, 0.4]) {
        let rate: f64 = 1.5 / 0.5 * t;
        assert!((ratio / ((1.0 - (-rate).exp()) / rate) - 1.0).abs() < 1e-4, "{ratio}");
    }
}

#[test]
fn bounds_are_not_claimed_where_they_are_not_proved() {
    let count = |set: &[&str]| {
        let model = Model::<2>::new(&parabolic(2, 5.0, 48, set)).unwrap();
        names(&model).iter().filter(|(_, n)| n.ends_with("_bound")).count()
    };
    assert_eq!(count(&[]), 5);
    assert_eq!(count(&["domain.boundary=no-flux"]), 0);
    assert_eq!(count(&["signal.initial=1"]), 0);
    assert_eq!(count(&["signal.production=1/(1+S)"]), 0);
    assert_eq!(count(&["deposit.order=4"]), 0);
}

/// Cells that start off the origin with a net velocity: 16 replicates, each predicted from its own start.
/// Student's t with 15 degrees of freedom is beyond 8 once in 10⁶, and 8 standard errors are less than
/// half of what x·v(0) contributes, 2(ε/λ)c·m(1 − e^{−λt/ε²}); a lost attraction or lag would be seen too.
#[test]
fn the_second_moment_is_predicted_from_the_start() {
    let text = include_str!("../../experiments/subcritical.toml");
    let set = [
        "cells.count=4000",
        "cells.mean_velocity=[0.4, 0]",
        "cells.density.center=[1.5, 0]",
        "time.outputs=[0, 0.25]",
        "time.end=0.25",
    ];
    let model = Model::<2>::new(&experiment(text, &set)).unwrap();
    let records: Vec<_> = (0..16).map(|r| run(&model, r)).collect();
    let excess: Vec<Vec<f64>> =
        records.iter().map(|r| series(&model, r, "second_moment_excess")).collect();
    assert!(excess.iter().all(|e| e[0].abs() < 1e-12));
    let (value, error) = mean(&excess.iter().map(|e| e[1]).collect::<Vec<_>>());
    let (epsilon, lambda) = (model.epsilon, 0.5);
    let left = (-lambda * 0.25 / (epsilon * epsilon)).exp();
    let kept = 2.0 * epsilon / lambda * 1.5 * 0.4 * (1.0 - left);
    println!("excess {value:.4} ± {error:.4}; x·v(0) gives {kept:.4}");
    assert!(8.0 * error < 0.5 * kept && value.abs() < 8.0 * error, "{value} {error}");
}

/// 400 replicates of 200 cells, with h so small that their noise is half of ∫ρ_h². The mean of the product
/// of halves is ∫(K_h*ρ)² = (M²/L)(1 + A²K̂_h²/2), of cells drawn independently; Student's t is beyond 5
/// once in 10⁶. A stratified start of pairs has it too, with 30 cells in a grid cell: with 3 of them the two
/// halves differ by some 3% from place to place, which takes 10⁻³ off.
#[test]
fn the_density_square_has_no_noise_floor() {
    let text = "dimension = 1\nepsilon = 0.3
        domain = { lower = 0, upper = 2, grid = 64 }
        kernel = { model = \"local\", lambda = 1 }
        cells = { count = 200, mass = 2, density = { shape = \"cosine\", amplitude = 0.8 } }
        deposit = { bandwidth = 0.04 }
        time = { end = 0.001, step = 0.001, outputs = [0] }";
    let h: f64 = 0.04 * std::f64::consts::PI;
    let exact = 2.0 * (1.0 + 0.5 * 0.64 * (-h * h).exp());
    for set in [["cells.stratified=false", "seed=1"], ["cells.antithetic=true", "cells.count=2000"]]
    {
        let model = Model::<1>::new(&experiment(text, &set)).unwrap();
        let at_start = |name: &str| -> (f64, f64) {
            mean(&(0..400).map(|r| series(&model, &run(&model, r), name)[0]).collect::<Vec<_>>())
        };
        let (value, error) = at_start("density_square");
        println!("{set:?}: {value:.5} ± {error:.5} for {exact:.5}");
        assert!((value - exact).abs() < 5.0 * error && error < 0.02 * exact);
        if set[0].ends_with("false") {
            // What the plain square adds: wM‖K_h‖² = (M²/N)/(2√π h).
            let (plain, _) = at_start("density_L2");
            assert!(
                plain * plain > exact + 0.8 * 0.02 / (2.0 * std::f64::consts::PI.sqrt() * 0.04)
            );
        }
    }
}
