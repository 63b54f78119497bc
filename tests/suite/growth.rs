//! Births and deaths: cells, kinetic equation and limit against exact solutions and each other, and
//! what is said where there are too many or none.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::grid::Grid;
use kinetaxis::kinetic::{KineticSolver, Resolution};
use kinetaxis::model::Model;
use kinetaxis::observe::names;
use kinetaxis::simulation::{Simulation, SimulationError};
use kinetaxis::spectral::Spectral;
use kinetaxis::study::{
    Keep, Monitor, Observed, converge, ensemble, limit_fields, observe_run, refinement,
};
use std::sync::atomic::AtomicBool;

fn experiment(set: &[&str]) -> Experiment {
    let text = r#"
        dimension = 1
        epsilon = 0.3
        domain = { lower = 0, upper = 2, grid = 32 }
        kernel = { model = "local", lambda = 1 }
        cells = { count = 4000, mass = 1, growth = "2*(1 - rho)", density = { shape = "uniform" } }
        time = { end = 1, step = 0.05 }
    "#;
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

const LOGISTIC: f64 = {
    // ρ′ = 2ρ(1 − ρ) from ρ = ½: 1/(1 + e^{−2t}) at t = 1.
    0.880_797_077_977_882_4
};

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

/// Without gradients the limit and the kinetic equation are the logistic equation: of order four,
/// and of order two, in their steps.
#[test]
fn a_uniform_colony_grows_by_the_logistic_law() {
    let limit = |step: &str| {
        let e = experiment(&[&format!("limit.step={step}")]);
        let run = limit_fields::<1>(&e, false, &never()).unwrap();
        (run.last().first().density[0] - LOGISTIC).abs()
    };
    let errors = [limit("0.1"), limit("0.05")];
    let order = (errors[0] / errors[1]).log2();
    assert!(errors[1] < 1e-6 && (3.7..4.3).contains(&order), "{errors:?} {order}");

    let (e, stop) = (experiment(&[]), never());
    let model = Model::<1>::new(&e).unwrap();
    let kinetic = |step: f64| {
        let mut solver = KineticSolver::new(&model, Resolution { angles: 4, step });
        assert!(solver.run(1.0, &stop, &|_| {}));
        (solver.density(0)[5] - LOGISTIC).abs()
    };
    let errors = [kinetic(0.1), kinetic(0.05)];
    let order = (errors[0] / errors[1]).log2();
    assert!(errors[1] < 1e-3 && (1.7..2.3).contains(&order), "{errors:?} {order}");
}

/// S as nutrient: consumed, S′ = −ρS, it feeds the cells, ρ′ = ρS, so ρ + S is constant (ρ = ½ and
/// S = 1 at the start) and ρ is logistic: 1.5/(1 + 2e^{−1.5t}).
#[test]
fn growth_may_depend_on_the_signal() {
    let e = experiment(&[
        "cells.growth=\"S\"",
        "signal.equation=parabolic",
        "signal.production=0",
        "signal.decay=\"rho\"",
        "signal.initial=1",
    ]);
    let exact = 1.5 / (1.0 + 2.0 * (-1.5_f64).exp());
    let run = limit_fields::<1>(&e, false, &never()).unwrap();
    let last = run.last();
    assert!((last.first().density[0] - exact).abs() < 1e-6, "{}", last.first().density[0]);
    assert!((last.signals[0][0] - (1.5 - exact)).abs() < 1e-6, "{}", last.signals[0][0]);
}

/// Cells with a constant rate are a Yule process: the mean number is N e^{rt}, its variance over
/// replicates N e^{rt}(e^{rt} − 1). With r = −½ they die as coins fall. False alarm 1e-6 a verdict;
/// a rate wrong by 1% would be seen (16 standard errors at r = 1).
#[test]
fn numbers_of_cells_follow_yule() {
    for (rate, grown) in [("1", 1.0_f64.exp()), ("-0.5", (-0.5_f64).exp())] {
        let e = experiment(&[&format!("cells.growth={rate}"), "ensemble.replicates=64"]);
        let model = Model::<1>::new(&e).unwrap();
        let stop = never();
        let monitor = Monitor::silent(&stop);
        let result = ensemble(&model, 64, &[], &monitor).unwrap();
        let mass = result.frames[0].observables.estimate(0, 0.95);
        let one = if grown > 1.0 { grown * (grown - 1.0) } else { grown * (1.0 - grown) };
        let error = (one / 4000.0 / 64.0).sqrt();
        assert!((mass.value - grown).abs() < 4.9 * error, "{rate}: {} ± {error}", mass.value);
        // The sample variance of 64 replicates: within 2.2 times of its due but for chances of 1e-6.
        let ratio = (mass.std_error / error).powi(2);
        assert!((1.0 / 2.6..2.2).contains(&ratio), "{rate}: {ratio}");
    }
}

/// A logistic colony with gradients: cells agree with the kinetic equation within their 99.9999%
/// interval, which is narrow enough to see a rate wrong by a tenth (0.060 of ρ in L², by the limit); and both are of order 2 in ε from the limit.
#[test]
fn a_colony_with_gradients_has_the_limit_with_the_same_growth() {
    let e = experiment(&[
        "cells.density.shape=cosine",
        "cells.density.amplitude=0.8",
        "cells.mass=2",
        "cells.count=40000",
        "cells.growth=\"3*(1 - rho/2)\"",
        "time.end=0.5",
        "converge.epsilons=[0.1, 0.0707]",
        "converge.replicates=16",
        "converge.noise_free=true",
        "ensemble.confidence=0.999999",
    ]);
    let stop = never();
    let monitor = Monitor::silent(&stop);
    let result = converge::<1>(&e, None, &monitor).unwrap();
    let order = result.main.order(Observed::DENSITY, "L2").unwrap().order.unwrap();
    assert!((1.9..2.1).contains(&order.value), "{}", order.value);
    for check in &result.checks {
        let d = check.distance;
        assert!(d.low <= 0.0 && d.high < 0.06, "{check:?}");
    }
    // The growth is no bystander.
    let mass = result.macroscopic.as_ref().unwrap().limit.first().density[0] * 2.0;
    assert!(mass > 2.8, "{mass}");
}

/// Cells are of order two in the field step: the mean over 64 replicates of the mass of a dense
/// uniform colony, whose rate falls as it fills.
#[test]
fn cells_follow_the_logistic_law() {
    let e = experiment(&["cells.count=20000", "ensemble.replicates=16"]);
    let model = Model::<1>::new(&e).unwrap();
    let stop = never();
    let monitor = Monitor::silent(&stop);
    let result = ensemble(&model, 16, &[], &monitor).unwrap();
    let mass = result.frames[0].observables.estimate(0, 0.999_999);
    // Noise of ρ_h lowers r(ρ_h) at the cells by (2/ρ) var ρ_h, some 0.1% here.
    assert!((mass.value / (2.0 * LOGISTIC) - 1.0).abs() < 5e-3, "{mass:?}");
}

#[test]
fn results_do_not_depend_on_threads() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let model = Model::<1>::new(&experiment(&["cells.count=9000"])).unwrap();
            let mut simulation = Simulation::new(&model, 3).unwrap();
            simulation.run(&never(), &|_| {}, |_| {}).unwrap();
            let cells = &simulation.state().first().cells;
            (cells.positions.clone(), cells.len())
        })
    };
    let (one, three) = (run(1), run(3));
    assert_eq!(one, three);
    assert!(one.1 > 12_000);
}

#[test]
fn a_colony_that_dies_out_says_so() {
    let model = Model::<1>::new(&experiment(&["cells.growth=-40", "cells.count=100"])).unwrap();
    let error = Simulation::new(&model, 0).unwrap().run(&never(), &|_| {}, |_| {}).unwrap_err();
    assert!(matches!(error, SimulationError::Extinct { .. }), "{error}");
    assert!(error.to_string().contains("cells.growth"));
}

/// G = ρ/(1+ηρ) and ρ(1−ρ/ρ*) in the limit: with ∂xS = g constant and D small, the front of a
/// step drifts; here the exact flux of a uniform density, J = χG(ρ)g, is enough.
#[test]
fn drift_is_regularised_as_asked() {
    // D and χ as constants, and as fields that have one value.
    for lambda in ["kernel.lambda=1", "kernel.lambda=\"1 + 0*S\""] {
        drift_is_regularised(lambda);
    }
}

fn drift_is_regularised(lambda: &str) {
    for (set, want) in [
        (vec![], 0.5),
        (vec!["limit.mobility=saturating", "limit.saturation=0.5"], 0.5 / 1.25),
        (vec!["limit.mobility=volume-filling", "limit.full=2"], 0.5 * 0.75),
    ] {
        let mut all = vec![
            "cells.growth=0",
            "kernel.a=0.7",
            lambda,
            "signal.equation=prescribed",
            "signal.expression=\"sin(PI*x)/PI\"",
            "time.end=1e-9",
            "time.step=1e-9",
        ];
        all.extend(set);
        let e = experiment(&all);
        let run = limit_fields::<1>(&e, false, &never()).unwrap();
        let spectral = Spectral::<1>::new(&Grid::from_domain(&e.domain));
        // χ = aμm₂/(dλ) = 2·0.7.
        for (x, j) in spectral.grid().nodes().zip(&run.last().first().flux[0]) {
            let due = 1.4 * want * (std::f64::consts::PI * x[0]).cos();
            assert!((j - due).abs() < 1e-7, "{j} for {due}");
        }
        // And so does ρ move: −∂xJ over a short time.
        let density = spectral.inverse(&run.last().first().density);
        for (x, rho) in spectral.grid().nodes().zip(density) {
            let change = (rho - 0.5) / 1e-9;
            let due = 1.4 * want * std::f64::consts::PI * (std::f64::consts::PI * x[0]).sin();
            assert!((change - due).abs() < 1e-4, "{change} for {due}");
        }
    }
}

/// The limit of a constant rate is exact with any step; one that depends on ρ has an error that holds
/// the truth, however long the step.
#[test]
fn the_limit_of_fast_growth_is_right_or_within_its_error() {
    let solved = |set: &[&str]| {
        let e = experiment(set);
        let run = limit_fields::<1>(&e, false, &never()).unwrap();
        let error = refinement::<1>(&e, false, &run, &never()).unwrap();
        (2.0 * run.last().first().density[0], error, run)
    };
    let (mass, ..) = solved(&["cells.growth=100", "time.end=0.1", "limit.step=0.05"]);
    assert!((mass / 10.0_f64.exp() - 1.0).abs() < 1e-12, "{mass}");
    // From ½: ρ′ = aρ(1 − ρ) with a = 40 is full by t = 1, ρ′ = −aρ² is 1/(2 + at).
    let logistic = |a: f64, t: f64| 2.0 / (1.0 + (-a * t).exp());
    for (growth, end, step, due) in [
        ("40*(1 - rho)", "0.1", "0.1", logistic(40.0, 0.1)),
        ("40*(1 - rho)", "0.1", "0.025", logistic(40.0, 0.1)),
        ("2*(1 - rho)", "1", "0.5", logistic(2.0, 1.0)),
        ("-1000*rho", "1", "0.5", 2.0 / 1002.0),
    ] {
        let set = [
            &format!("cells.growth=\"{growth}\""),
            &format!("time.end={end}"),
            &format!("time.step={step}"),
        ];
        let (mass, error, _) = solved(&set.map(String::as_str));
        assert!((mass - due).abs() <= error.mass, "{growth}: {mass} {due} {error:?}");
        assert!(error.mass < 0.03 * due, "{growth}: {error:?}");
    }
    // ρ′ = ρ² from ½ blows up at t = 2.
    let e = experiment(&["cells.growth=rho", "time.end=3"]);
    let blow_up = limit_fields::<1>(&e, false, &never()).unwrap().blow_up.expect("it blows up");
    assert!((blow_up.time - 2.0).abs() < 1e-3, "{blow_up:?}");
}

/// A colony at a wall, which grows into empty space.
const FRONT: [&str; 10] = [
    "domain.boundary=no-flux",
    "domain.upper=200",
    "domain.grid=512",
    "cells.mass=5",
    "cells.growth=\"1 - rho\"",
    "cells.density.shape=gaussian",
    "cells.density.center=0",
    "cells.density.width=3",
    "time.end=40",
    "time.step=0.1",
];

/// A front ρ̇ = ρ″ + ρ(1 − ρ) runs into empty space until t = 40, when round-off would have grown by e⁴⁰:
/// its mass is that of finite differences, which have no round-off where nothing is, extrapolated from
/// three grids, within the stated error.
#[test]
fn round_off_is_not_the_seed_of_a_front() {
    let e = experiment(&FRONT);
    let run = limit_fields::<1>(&e, false, &never()).unwrap();
    let error = refinement::<1>(&e, false, &run, &never()).unwrap();
    let mass = run.last().first().density[0] * 200.0;
    let [ab, bc] = extrapolated([0.8, 0.4, 0.2].map(front));
    let due = (16.0 * bc - ab) / 15.0;
    assert!((mass - due).abs() <= error.mass + (due - bc).abs(), "{mass} {due} {bc} {error:?}");
    assert!(error.mass < 0.01 && (due - bc).abs() < 0.05, "{error:?} {due} {bc}");
    assert!(error.seeds > 1.0, "round-off would not have grown: the test is idle");
}

/// From values at three spacings, each half of the one before, without the error of order two.
fn extrapolated([a, b, c]: [f64; 3]) -> [f64; 2] {
    [(4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0]
}

/// The colony of [`FRONT`] between nodes of this spacing, up to its scale.
fn start(i: usize, h: f64) -> f64 {
    (-((i as f64 + 0.5) * h / 3.0).powi(2) / 2.0).exp()
}

/// The mass at t = 40 by explicit finite differences with this spacing.
fn front(h: f64) -> f64 {
    let n = (200.0 / h).round() as usize;
    let mut u: Vec<f64> = (0..n).map(|i| start(i, h)).collect();
    let scale = 5.0 / (h * u.iter().sum::<f64>());
    u.iter_mut().for_each(|u| *u *= scale);
    let steps = (40.0 / (0.2 * h * h)).ceil();
    let dt = 40.0 / steps;
    for _ in 0..steps as usize {
        let old = u.clone();
        for i in 0..n {
            let (left, right) = (old[i.saturating_sub(1)], old[(i + 1).min(n - 1)]);
            u[i] += dt * ((left + right - 2.0 * old[i]) / (h * h) + old[i] * (1.0 - old[i]));
        }
    }
    h * u.iter().sum::<f64>()
}

/// The same for the kinetic equation at ε = 0.25: its mass is that of cells that fly from node to node, which
/// leave nothing where nothing is, extrapolated; and with births of whatever there is it is not.
#[test]
fn round_off_is_not_the_seed_of_a_kinetic_front() {
    let kinetic = ["epsilon=0.25", "deposit.bandwidth=0.4", "deposit.order=6"];
    let e = experiment(&[&FRONT[..], &kinetic].concat());
    let model = Model::<1>::new(&e).unwrap();
    let mass = |step: f64, floor: f64| {
        let mut solver =
            KineticSolver::new(&model, Resolution { angles: 4, step }).with_floor(floor);
        assert!(solver.run(40.0, &never(), &|_| {}));
        200.0 * solver.density(0).iter().sum::<f64>() / 512.0
    };
    let (fine, coarse) = (mass(0.05, 1.0), mass(0.1, 1.0));
    let [ab, bc] = extrapolated([0.1, 0.05, 0.025].map(telegraph));
    let error = (fine - coarse).abs() + (ab - bc).abs();
    println!("{fine} {coarse} for {bc} {ab}");
    // A floor of 10⁻¹³ costs the front 10⁻² of its way, by t = 40 next to none of it.
    assert!((fine - bc).abs() < error + 0.01 && error < 0.1, "{fine} {coarse} for {bc} {ab}");
    assert!(mass(0.1, 0.0) > bc + 10.0, "round-off would not have grown: the test is idle");
}

/// The mass at t = 40 with this spacing, h/ε the time that a cell takes from node to node; tumbles and
/// births before and after are exact.
fn telegraph(h: f64) -> f64 {
    let (n, epsilon) = ((200.0 / h).round() as usize, 0.25);
    let dt = epsilon * h;
    let whole: f64 = (0..n).map(|i| start(i, h)).sum();
    let mut right: Vec<f64> = (0..n).map(|i| 2.5 * start(i, h) / (h * whole)).collect();
    let mut left = right.clone();
    let (kept, grown) = ((-0.5 * dt / (epsilon * epsilon)).exp(), (0.5 * dt).exp());
    let at_nodes = |right: &mut [f64], left: &mut [f64]| {
        for (r, l) in right.iter_mut().zip(left) {
            let (rho, flow) = (*r + *l, kept * (*r - *l));
            let factor = grown / (1.0 + rho * (grown - 1.0));
            (*r, *l) = (0.5 * factor * (rho + flow), 0.5 * factor * (rho - flow));
        }
    };
    for _ in 0..(40.0 / dt).round() as usize {
        at_nodes(&mut right, &mut left);
        right.rotate_right(1);
        left.rotate_left(1);
        // Who was at a wall comes back.
        std::mem::swap(&mut right[0], &mut left[n - 1]);
        at_nodes(&mut right, &mut left);
    }
    h * right.iter().zip(&left).map(|(r, l)| r + l).sum::<f64>()
}

/// A colony without gradients is the same in limit and equation: every distance of ρ is 0, within what is
/// stated where births cut the steps of the limit, and where none of them is of round-off.
#[test]
fn births_of_the_limit_are_in_the_stated_error() {
    let e = experiment(&[
        "cells.growth=\"40*(1 - rho)\"",
        "cells.count=200",
        "time.end=0.1",
        "time.step=0.001",
        "limit.step=0.1",
        "converge.epsilons=[0.3, 0.2]",
        "converge.replicates=4",
        "converge.budget_replicates=0",
        "converge.noise_free=true",
    ]);
    let stop = never();
    let monitor = Monitor::silent(&stop);
    let result = converge::<1>(&e, None, &monitor).unwrap();
    let rows = result.main.rows.iter().filter(|r| r.quantity == Observed::DENSITY);
    let rows: Vec<_> = rows.filter(|r| r.norm == "L2").collect();
    assert_eq!((rows.len(), result.main.method), (2, "kinetic equation"));
    for row in rows {
        // ‖ρ‖ is 1.4.
        assert!(row.error.low <= 1e-13 && row.error.high < 0.05, "{:?}", row.error);
        assert!(row.error.value > 1e-10, "the limit is exact: the test is idle");
    }
}

/// Deaths leave fewer cells than the neighbour that is asked for, and fewer than have tumbled.
#[test]
fn dying_cells_are_counted_while_they_live() {
    // λ/ε² = 100: ten tumbles of a cell that lives to t = 0.1. Some 17 300 tumbles: 5 standard errors are
    // 4%; all tumbles over the 540 survivors are 32.
    let e = experiment(&["epsilon=0.1", "cells.growth=-20", "time.end=0.1", "time.step=0.01"]);
    let model = Model::<1>::new(&e).unwrap();
    let (stop, done) = (never(), std::sync::Mutex::new(0.0));
    let progress = |part: f64| *done.lock().unwrap() += part;
    let monitor = Monitor { progress: &progress, ..Monitor::silent(&stop) };
    let keep = Keep { cells_at: &[], neighbour: 1000 };
    let run = observe_run(&model, 0, keep, &monitor, 1.0).unwrap();
    let place = names(&model).iter().position(|(_, n)| n == "tumbles_per_cell").unwrap();
    let last = run.snapshots.last().unwrap();
    assert!((last.observables[place] - 10.0).abs() < 0.4, "{}", last.observables[place]);
    assert!(last.adaptive[0].is_none());
    // However the cells grow, the work is done at the end.
    let done = *done.lock().unwrap();
    assert!((done - 1.0).abs() < 1e-9, "{done}");
}

/// More cells than can be held, or counted, are refused before memory is asked for.
#[test]
fn a_crowd_is_refused_before_it_is_made() {
    for set in [["cells.growth=1e5", "time.end=0.1"], ["cells.growth=1", "time.end=20"]] {
        let said = Model::<1>::new(&experiment(&set)).err().unwrap().to_string();
        assert!(said.contains("cells.growth"), "{said}");
    }
    let run = |growth: &str| {
        let e = experiment(&[growth, "time.end=0.1"]);
        let model = Model::<1>::new(&e).unwrap();
        Simulation::new(&model, 0).unwrap().run(&never(), &|_| {}, |_| {}).unwrap_err()
    };
    assert!(matches!(run("cells.growth=\"1e5 + 0*rho\""), SimulationError::Crowd { .. }));
    assert!(matches!(run("cells.growth=-1e30"), SimulationError::Extinct { .. }));
    assert!(matches!(run("cells.growth=\"1e308*rho\""), SimulationError::Value(_)));
}
