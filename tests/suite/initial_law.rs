//! One initial law and two samplers of it: cells and coefficients have its mass, centre and variance,
//! wherever the nodes of a grid are.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::grid::Grid;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use kinetaxis::spectral::Spectral;
use kinetaxis::study::{Spread, limit_fields};
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::time::Duration;

fn experiment(dimension: usize, density: &str, set: &[&str]) -> Experiment {
    let text = format!(
        "dimension = {dimension}\nepsilon = 0.1\n\
         domain = {{ lower = 0, upper = 1, grid = 16, boundary = \"no-flux\" }}\n\
         kernel = {{ model = \"local\" }}\ntime = {{ end = 0.1, step = 0.05 }}\n\
         cells = {{ count = 20000, mass = 1, density = {density} }}\n"
    );
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(&text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

/// Centre and variance of the cells at t = 0.
fn of_cells<const D: usize>(model: &Model<D>) -> ([f64; D], f64) {
    let simulation = Simulation::new(model, 0).unwrap();
    let cells = &simulation.state().first().cells.positions;
    let mean = |f: &dyn Fn(&[f64; D]) -> f64| {
        cells.iter().map(|x| f(&x)).sum::<f64>() / cells.len() as f64
    };
    let center = std::array::from_fn(|a| mean(&|x| x[a]));
    (center, mean(&|x| (0..D).map(|a| (x[a] - center[a]).powi(2)).sum()))
}

/// Strata leave of the noise what is inside a grid cell: h/√12 a coordinate, 1.3·10⁻⁴ of the mean of
/// 20 000. False alarm 1e-6 a verdict at 4.9 of these, 7·10⁻⁴, for the variance twice that; half a grid
/// cell is 0.03. The coefficients show the centre to a share of h², where the ringing ends at the walls.
fn check<const D: usize>(density: &str, center: f64, variance: f64) {
    let e = experiment(D, density, &[]);
    let model = Model::<D>::new(&e).unwrap();
    let (mean, spread) = of_cells(&model);
    assert!(mean.iter().all(|c| (c - center).abs() < 7e-4), "{D} {density}: {mean:?}");
    assert!((spread - variance).abs() < 1.4e-3, "{D} {density}: {spread} {variance}");
    let s = Spread::new(&model.spectral, model.first().initial.start(), &model.first().place);
    assert!(s.center.iter().all(|c| (c - center).abs() < 2e-3), "{D} {density}: {s:?}");
    assert!((s.variance - variance).abs() < 2e-3, "{D} {density}: {s:?} {variance}");
    assert!((model.first().initial.start()[0] - 1.0).abs() < 1e-14);
}

#[test]
fn cells_and_coefficients_start_from_one_law() {
    check::<1>("{ shape = \"point\", center = 0.53 }", 0.53, 0.0);
    check::<2>("{ shape = \"point\", center = 0.83 }", 0.83, 0.0);
    check::<1>("{ shape = \"ball\", center = 0.52, radius = 0.2 }", 0.52, 0.04 / 3.0);
    check::<2>("{ shape = \"ball\", center = 0.52, radius = 0.2 }", 0.52, 0.04 / 2.0);
    check::<3>("{ shape = \"ball\", center = 0.52, radius = 0.2 }", 0.52, 0.04 * 0.6);
    check::<1>("{ shape = \"gaussian\", center = 0.52, width = 0.005 }", 0.52, 0.005_f64.powi(2));
    check::<3>("{ shape = \"gaussian\", center = 0.52, width = 0.05 }", 0.52, 0.0075);
    check::<2>("{ shape = \"ring\", center = 0.52, radius = 0.2, width = 0.01 }", 0.52, 0.0403);
    // A box, as an expression with edges between nodes, and a wedge up to a wall.
    let inside = |axes: &[&str]| {
        let sides: Vec<String> =
            axes.iter().map(|x| format!("{x} > 0.23 and {x} < 0.47")).collect();
        let text = format!("if({}, 1, 0)", sides.join(" and "));
        format!("{{ shape = \"expression\", expression = \"{text}\" }}")
    };
    let flat = 0.24_f64.powi(2) / 12.0;
    check::<1>(&inside(&["x"]), 0.35, flat);
    check::<2>(&inside(&["x", "y"]), 0.35, 2.0 * flat);
    check::<3>(&inside(&["x", "y", "z"]), 0.35, 3.0 * flat);
    check::<1>("{ shape = \"expression\", expression = \"max(0, x - 0.4)\" }", 0.8, 0.02);
}

/// Coefficients are integrals of ρ⁰ against the basis, whatever the grid: those of a ring, by a rule of
/// 600² points.
#[test]
fn coefficients_are_the_integrals_of_the_law() {
    let density = "{ shape = \"ring\", center = [0.5, 0.45], radius = 0.2, width = 0.02 }";
    let model = Model::<2>::new(&experiment(2, density, &[])).unwrap();
    let law = &model.first().initial;
    let grid =
        |n: usize| Grid::<2>::from_domain(&experiment(2, density, &[]).domain).with_cells([n, n]);
    let (coarse, fine) = (Spectral::new(&grid(8)), Spectral::new(&grid(600)));
    let values = fine.grid().sample(|x| {
        let r = (x[0] - 0.5).hypot(x[1] - 0.45);
        (-0.5 * ((r - 0.2) / 0.02).powi(2)).exp()
    });
    let due = fine.resample(&fine.forward(&values), &coarse);
    for (got, found) in law.coefficients(&coarse).unwrap().iter().zip(&due) {
        assert!((got - found / due[0]).abs() < 1e-10, "{got} {}", found / due[0]);
    }
}

/// On a torus nothing depends on where the box begins: a colony at its face has the centre and variance of
/// one in the middle, and a uniform one has no centre.
#[test]
fn a_translation_moves_the_centre_and_nothing_else() {
    let at = |center: &str| {
        let density = format!("{{ shape = \"gaussian\", center = {center}, width = 0.1 }}");
        let e = experiment(
            2,
            &density,
            &["domain.boundary=periodic", "time.end=0.005", "time.step=0.005"],
        );
        let run = limit_fields::<2>(&e, false, &AtomicBool::new(false)).unwrap();
        run.last().first().spread
    };
    let (middle, corner) = (at("[0.5, 0.5]"), at("[0, 0.97]"));
    let [x, y] = corner.center;
    assert!((middle.center[0] - 0.5).abs() < 1e-5 && (y - 0.97).abs() < 1e-5, "{middle:?} {y}");
    assert!((x - x.round()).abs() < 1e-5, "{x}");
    assert!((middle.variance - corner.variance).abs() < 1e-5, "{middle:?} {corner:?}");
    let e = experiment(1, "{ shape = \"uniform\" }", &["domain.boundary=periodic"]);
    let run = limit_fields::<1>(&e, false, &AtomicBool::new(false)).unwrap();
    assert!(
        run.last().first().spread.center[0].is_nan() && run.last().first().spread.variance.is_nan()
    );
}

/// A narrow part that no point of the table sees is looked for where the shape has it; one that only an
/// expression knows of is refused with a grid, not lost.
#[test]
fn a_density_too_narrow_for_its_table_is_refused_with_a_grid() {
    let bump = "{ shape = \"expression\", expression = \"1 + 1e5*exp(-((x-0.54)/0.0003)^2)\" }";
    let model = Model::<1>::new(&experiment(1, bump, &[])).unwrap();
    let error = Simulation::new(&model, 0).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("cells.density.grid = [32] or more"), "{error}");
}

/// An odd number of antithetic cells: the one without a partner has a stratum of half the size. With one
/// as large as that of a pair the mean would be 0.417. False alarm 1e-6.
#[test]
fn an_odd_cell_has_its_own_stratum() {
    let e = experiment(1, "{ shape = \"uniform\" }", &["cells.antithetic=true", "cells.count=3"]);
    let model = Model::<1>::new(&e).unwrap();
    let replicates = 2000;
    let middle = |r| {
        let simulation = Simulation::new(&model, r).unwrap();
        simulation.state().first().cells.positions.iter().map(|x| x[0]).sum::<f64>() / 3.0
    };
    let mean = (0..replicates).map(middle).sum::<f64>() / replicates as f64;
    // Two cells at one place in [0, ⅔] and one in the rest: standard deviation 0.13 of the mean of three.
    let error = 4.9 * 0.1325 / (replicates as f64).sqrt();
    assert!((mean - 0.5).abs() < error, "{mean} ± {error}");
}

/// Replicates that ask for the table of masses at once, on more threads than there are cores: who makes it
/// waits for its pieces, and takes up another replicate that needs it. With a lock held meanwhile, this
/// hangs in one of three rounds or so.
#[test]
fn replicates_do_not_wait_for_one_another() {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
        let e =
            experiment(2, "{ shape = \"expression\", expression = \"1 + x*y\", grid = 64 }", &[]);
        for _ in 0..20 {
            let model = Model::<2>::new(&e).unwrap();
            let run = |r: u64| Simulation::new(&model, r).map(|_| ());
            pool.install(|| (0..16_u64).into_par_iter().try_for_each(run)).unwrap();
        }
        tell.send(()).unwrap();
    });
    told.recv_timeout(Duration::from_secs(120)).expect("replicates wait for one another");
}
