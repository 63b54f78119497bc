//! The parts of the engine by themselves, each short enough to be run after every change.
//!
//! `benches/peers` compares whole runs with other programs.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kinetaxis::experiment::{self, Experiment};
use kinetaxis::limit::{LimitSolver, System};
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const GIVEN: &str = include_str!("../experiments/bench-w1.toml");
const COUPLED: &str = include_str!("../experiments/bench-w2.toml");

fn with(text: &str, overrides: &[&str]) -> Experiment {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    experiment::read(text, "bench.toml", &overrides).expect("the experiment is valid").experiment
}

/// A whole run without output; its set-up is not timed.
fn whole_run(c: &mut Criterion, name: &str, experiment: &Experiment) {
    let model = Model::<2>::new(experiment).expect("the density is valid");
    c.bench_function(name, |b| {
        b.iter_batched_ref(
            || Simulation::new(&model, 0).expect("the cells can be placed"),
            |simulation| simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}),
            BatchSize::PerIteration,
        );
    });
}

/// A grid so coarse that the field costs nothing: the motion of cells alone.
fn cells_in_a_given_signal(c: &mut Criterion) {
    let e = with(GIVEN, &["cells.count=20000", "domain.grid=32", "deposit.bandwidth=0.5"]);
    whole_run(c, "20 000 cells in a given signal, t = 0.1", &e);
}

/// A step of ε²/25 is not divided further before the output.
fn coupled_step(c: &mut Criterion) {
    let e = with(COUPLED, &["cells.count=100000", "time.end=0.0004", "time.step=0.0004"]);
    whole_run(c, "one coupled step, 100 000 cells, grid 256", &e);
}

fn deposit(c: &mut Criterion) {
    let model = Model::<2>::new(&with(COUPLED, &["cells.count=100000"])).expect("valid");
    let simulation = Simulation::new(&model, 0).expect("the cells can be placed");
    let positions = &simulation.state().first().cells.positions;
    c.bench_function("deposit, 100 000 cells, grid 256", |b| {
        b.iter(|| model.first().deposit.coefficients(&model.spectral, positions, |_| 1.0));
    });
}

fn transforms(c: &mut Criterion) {
    let model = Model::<2>::new(&with(COUPLED, &[])).expect("the density is valid");
    let start = model.first().initial.coefficients(&model.spectral).expect("it is resolved");
    let mut values = model.spectral.inverse(&start);
    c.bench_function("forward and inverse transform, grid 256", |b| {
        b.iter(|| {
            model.spectral.forward_in_place(&mut values);
            model.spectral.inverse_in_place(&mut values);
        });
    });
}

fn limit_steps(c: &mut Criterion) {
    let experiment = with(COUPLED, &[]);
    let model = Model::<2>::new(&experiment).expect("the density is valid");
    let system = System::new(&experiment, model.grid(), false).expect("it is resolved");
    c.bench_function("three steps of the limit, grid 256", |b| {
        b.iter_batched_ref(
            || LimitSolver::new(&model.spectral, &system).expect("it is resolved"),
            |solver| solver.run(&[0.003], 0.001, &AtomicBool::new(false), &|_| {}, |_| {}),
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = cells_in_a_given_signal, coupled_step, deposit, transforms, limit_steps
}
criterion_main!(benches);
