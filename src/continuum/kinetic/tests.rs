//! Of whole runs: what they cost, and that threads leave no trace.

use super::{KineticSolver, Resolution};
use crate::experiment::read;
use crate::model::Model;
use rayon::ThreadPoolBuilder;
use std::sync::atomic::AtomicBool;

fn run<const D: usize, T>(text: &str, step: f64, then: impl Fn(&KineticSolver<D>) -> T) -> T {
    let e = read(text, "test.toml", &[]).unwrap_or_else(|e| panic!("{e}")).experiment;
    let model = Model::<D>::new(&e).unwrap();
    let mut solver = KineticSolver::new(&model, Resolution { angles: 8, step });
    assert!(solver.run(e.time.end, &AtomicBool::new(false), &|_| {}));
    then(&solver)
}

fn text(grid: &str, boundary: &str, epsilon: f64) -> String {
    let dimension = grid.split(',').count();
    let center = if dimension == 2 { "[1.5, 2]" } else { "[1.5, 2, 2]" };
    format!(
        "dimension = {dimension}\nepsilon = {epsilon}
        domain = {{ lower = 0, upper = 4, grid = {grid}, boundary = {boundary} }}
        kernel = {{ model = \"nonlocal\", psi = \"saturating\", c1 = 0.1, c2 = 0.2 }}
        signal = {{ equation = \"parabolic\", decay = 1 }}
        cells = {{ count = 10, mass = 8, density = {{ shape = \"gaussian\", center = {center}, width = 0.6 }} }}
        deposit = {{ bandwidth = 0.5 }}\ntime = {{ end = 1, step = 0.1 }}"
    )
}

/// In evaluations of the equation's right side, at equal angles: a tenth of ε costs less than twice as much where rational steps take
/// over from Taylor series, and a fifth more beyond, where series would take a hundred times as much each time. In two and
/// three dimensions, with walls and periods.
#[test]
fn the_work_does_not_grow_as_epsilon_falls() {
    let epsilons = [0.1, 0.01, 0.001];
    let plane = |epsilon| {
        let text = text("[16, 16]", "[\"no-flux\", \"periodic\"]", epsilon);
        run::<2, _>(&text, 0.05, |solver| solver.products())
    };
    let space = |epsilon| {
        let text = text("[10, 8, 8]", "[\"no-flux\", \"periodic\", \"no-flux\"]", epsilon);
        run::<3, _>(&text, 0.05, |solver| solver.products())
    };
    for all in [epsilons.map(plane), epsilons.map(space)] {
        println!("{all:?} at {epsilons:?}");
        let [first, second] = [0, 1].map(|k| all[k + 1] as f64 / all[k] as f64);
        assert!(first < 2.0 && second < 1.2, "{all:?} at {epsilons:?}");
    }
}

/// Sums are taken in the order of nodes and ordinates, whoever takes them: series and rational steps.
#[test]
fn any_number_of_threads_makes_the_same_bits() {
    for epsilon in [0.2, 0.02] {
        let text = text("[40, 36]", "[\"no-flux\", \"periodic\"]", epsilon);
        let of = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let bits = |solver: &KineticSolver<2>| {
                let fields =
                    [vec![solver.density(0), solver.signals[0].clone()], solver.flux(0).to_vec()];
                fields.concat().concat().iter().map(|v| v.to_bits()).collect::<Vec<u64>>()
            };
            pool.install(|| run::<2, _>(&text, 0.25, bits))
        };
        assert!(of(1) == of(3), "{epsilon}");
    }
}
