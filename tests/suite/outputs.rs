//! An output time changes nothing, and moments follow the cells around the box.

use kinetaxis::experiment::{Experiment, read};
use kinetaxis::model::Model;
use kinetaxis::observe::names;
use kinetaxis::study::{Keep, Monitor, RunRecord, limit_fields, observe_run};
use std::sync::atomic::AtomicBool;

/// Cells that attract each other by a signal of their own.
const COUPLED: &str = r#"
    dimension = 1
    epsilon = 0.1
    domain = { lower = 0, upper = 4, grid = 32 }
    kernel = { model = "local", a = 0.2, b = 0.2 }
    signal = { equation = "parabolic" }
    cells = { count = 2000, mass = 5, density = { shape = "gaussian", width = 0.5 } }
    time = { end = 0.4, step = 0.05 }
"#;

fn experiment(set: &[&str]) -> Experiment {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(COUPLED, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

fn run(e: &Experiment, replicate: u64) -> RunRecord<1> {
    let (model, stop) = (Model::<1>::new(e).unwrap(), AtomicBool::new(false));
    let monitor = Monitor::silent(&stop);
    let keep = Keep { cells_at: &[0.4], neighbour: 0 };
    observe_run(&model, replicate, keep, &monitor, 1.0).unwrap()
}

fn observable(e: &Experiment, record: &RunRecord<1>, name: &str) -> f64 {
    let place = names(&Model::<1>::new(e).unwrap()).iter().position(|(_, n)| n == name).unwrap();
    record.snapshots.last().unwrap().observables[place]
}

/// Times that no step can lead to are of the state before: not a bit of the rest changes.
#[test]
fn an_output_beside_another_changes_nothing() {
    for (plain, outputs) in [
        ("[0.4]", "[1e-300]"),
        ("[0.4]", "[1e-20, 2e-20]"),
        ("[0.4]", "[0.0]"),
        ("[0.2]", "[0.2, 0.20000000000000004]"),
    ] {
        let plain = run(&experiment(&[&format!("time.outputs={plain}")]), 0);
        let record = run(&experiment(&[&format!("time.outputs={outputs}")]), 0);
        let [a, b] = [&plain, &record].map(|r| r.snapshots.last().unwrap());
        assert_eq!(a.time, b.time);
        assert!(a.densities == b.densities && a.signals == b.signals, "{outputs}");
    }
}

/// Any other output cuts a field step, and so draws other numbers from the same law. Means of 24
/// replicates of the variance, whose standard error is some 1%: within 5 of them, so that 7% would be seen.
#[test]
fn an_output_anywhere_leaves_the_law() {
    let mean = |outputs: &str| {
        let e = experiment(&[&format!("time.outputs={outputs}"), "cells.count=500"]);
        let values: Vec<f64> = (0..24).map(|r| observable(&e, &run(&e, r), "variance")).collect();
        let mean = values.iter().sum::<f64>() / 24.0;
        let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 23.0;
        (mean, (square / 24.0).sqrt())
    };
    let (plain, error) = mean("[0.4]");
    for outputs in ["[1e-8]", "[1e-5, 0.05000001]", "[0.399999]", "[0.1, 0.1001, 0.1002, 0.1003]"] {
        let (other, other_error) = mean(outputs);
        let noise = error.hypot(other_error);
        assert!((other - plain).abs() < 5.0 * noise, "{outputs}: {other} {plain} {noise}");
        assert!(noise < 0.05 * plain);
    }
}

/// The same colony in the middle of the box and at its face: moments of cells and of the limit. Of
/// 4000 cells the variance errs by 2.2%, the centre by 0.0016, each within 5 of them.
#[test]
fn moments_follow_the_colony_around_the_box() {
    for center in [2.0, 0.0, 3.97] {
        let shape = format!("cells.density={{shape=\"gaussian\",width=0.1,center={center}}}");
        let e = experiment(&[
            &shape,
            "cells.count=4000",
            "domain.grid=128",
            "time={end=1e-4,step=1e-4}",
        ]);
        let record = run(&e, 0);
        let [c, v] = ["center_x", "variance"].map(|name| observable(&e, &record, name));
        assert!((c - center).abs() < 0.008 && (v - 0.01).abs() < 0.0012, "{center}: {c} {v}");
        let limit = limit_fields::<1>(&e, false, &AtomicBool::new(false)).unwrap();
        let s = limit.last().first().spread;
        // D = 1: the variance has grown by 2e-4.
        assert!((s.center[0] - center).abs() < 1e-3 && (s.variance - 0.0102).abs() < 1e-4, "{s:?}");
    }
    let even = COUPLED.replace("shape = \"gaussian\", width = 0.5", "shape = \"uniform\"");
    let set = ["kernel.a=0", "kernel.b=0"].map(String::from);
    let even = read(&even, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment;
    assert!(observable(&even, &run(&even, 0), "center_x").is_nan());
    let limit = limit_fields::<1>(&even, false, &AtomicBool::new(false)).unwrap();
    assert!(
        limit.last().first().spread.center[0].is_nan()
            && limit.last().first().spread.variance.is_nan()
    );
}

/// Three cells of which two are mirrored: each place is as likely. The mean of 2000 replicates errs by
/// 0.0045, within 5 of them; a whole stratum for the last one made it 0.42.
#[test]
fn an_odd_cell_without_a_partner_is_placed_fairly() {
    let e = experiment(&["cells={count=3,antithetic=true}", "domain.upper=1"]);
    let model = Model::<1>::new(&e).unwrap();
    let mean = (0..2000)
        .map(|r| {
            let streams = kinetaxis::rng::Streams::new(5, r);
            let cells =
                model.first().initial.populate((3, 0..3), &model.first().space, streams).unwrap();
            cells.positions.iter().map(|x| x[0]).sum::<f64>() / 3.0
        })
        .sum::<f64>()
        / 2000.0;
    assert!((mean - 0.5).abs() < 0.022, "{mean}");
}
