//! The virial identity of the plane, in the limit and in the cells, and what happens above the
//! critical mass.

use kinetaxis::cells::InitialLaw;
use kinetaxis::experiment::{Experiment, read};
use kinetaxis::grid::Grid;
use kinetaxis::identities::Virial;
use kinetaxis::model::Model;
use kinetaxis::observe::names;
use kinetaxis::study::{Ensemble, Keep, Monitor, ensemble, limit_fields, observe_run};
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

const BELOW: &str = include_str!("../../experiments/subcritical.toml");
const ABOVE: &str = include_str!("../../experiments/supercritical-2d.toml");

fn experiment(text: &str, set: &[&str]) -> Experiment {
    let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
    read(text, "test.toml", &set).unwrap_or_else(|e| panic!("{e}")).experiment
}

fn virial(e: &Experiment) -> Option<Virial> {
    let initial = InitialLaw::<2>::new(&e.first().cells, &Grid::from_domain(&e.domain)).unwrap();
    let model = Model::<2>::new(e).unwrap();
    Virial::new(e, &model.first().kernel, &initial)
}

/// (1/M) d/dt ∫|x|²ρ = 4D − χM/(2π) = 4 − M/(2π), between all outputs: asked for to 1%, found to a
/// millionth. Centre of mass and mass stay.
#[test]
fn the_limit_spreads_by_the_virial_identity() {
    for mass in [4.0 * PI, 6.0 * PI] {
        let e = experiment(BELOW, &[&format!("cells.mass={mass}")]);
        let run = limit_fields::<2>(&e, false, &AtomicBool::new(false)).unwrap();
        let want = 4.0 - mass / (2.0 * PI);
        assert!((virial(&e).unwrap().slope() / want - 1.0).abs() < 1e-12);
        for pair in run.fields.windows(2) {
            let slope = (pair[1].first().spread.variance - pair[0].first().spread.variance)
                / (pair[1].time - pair[0].time);
            assert!((slope / want - 1.0).abs() < 1e-6, "{mass}: {slope} for {want}");
        }
        let last = run.last();
        assert!(run.blow_up.is_none() && last.first().spread.leak < 1e-6);
        assert!(last.first().spread.center.iter().all(|c| c.abs() < 1e-9));
    }
}

/// E|x|² = I₀ + 2P(t − (ε²/λ)(1 − e^{−λt/ε²})) for 24 replicates of 50 000 cells, at five times, each
/// replicate against its own start. Student's t with 23 degrees of freedom is beyond 6.5 once in 8·10⁵,
/// so five verdicts fail by chance once in 10⁵. 6.5 standard errors are some 3% of the growth: half of it
/// is missing without attraction, and a third is the lag of ε.
#[test]
fn the_cells_have_an_identity_of_their_own_at_fixed_epsilon() {
    let e = experiment(BELOW, &["cells.count=50000"]);
    let (model, virial) = (Model::<2>::new(&e).unwrap(), virial(&e).unwrap());
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    let place = names(&model).iter().position(|(_, n)| n == "second_moment").unwrap();
    let runs: Vec<_> =
        (0..24).map(|r| observe_run(&model, r, Keep::default(), &monitor, 1.0).unwrap()).collect();
    assert!(runs.iter().all(|run| run.tally.negative == 0 && run.tally.outside == 0));
    for k in 1..e.time.outputs.len() {
        let growth: Vec<f64> = (runs.iter())
            .map(|run| run.snapshots[k].observables[place] - run.snapshots[0].observables[place])
            .collect();
        let n = growth.len() as f64;
        let mean = growth.iter().sum::<f64>() / n;
        let square: f64 = growth.iter().map(|g| (g - mean).powi(2)).sum();
        let error = (square / (n * (n - 1.0))).sqrt();
        let want = virial.growth_of_cells(e.time.outputs[k]).unwrap();
        println!("t = {}: {mean:.5} for {want:.5}, standard error {error:.5}", e.time.outputs[k]);
        assert!((mean - want).abs() < 6.5 * error, "{k}: {mean} for {want} ± {error}");
        assert!(error < 0.01 * virial.growth_of_cells(e.time.end).unwrap());
    }
}

/// Above the critical mass the limit is lost before the virial time, the later the finer its grid; a
/// little below it is not lost on the same grid.
#[test]
fn the_limit_blows_up_above_the_critical_mass_before_the_virial_time() {
    let lost = |grid: usize, mass: f64| {
        let (grid, mass) = (format!("limit.grid={grid}"), format!("cells.mass={mass}"));
        let e = experiment(ABOVE, &[&grid, &mass, "limit.step=0.002"]);
        let run = limit_fields::<2>(&e, false, &AtomicBool::new(false)).unwrap();
        assert!(run.last().first().density.iter().all(|c| c.is_finite()));
        (virial(&e).unwrap(), run)
    };
    let (identity, coarse) = lost(64, 80.0);
    assert!((identity.critical_mass / 40.0 - 1.0).abs() < 1e-12);
    // The variance is 2·0.5², its slope 4D − χM/(2π) = −2.
    let latest = identity.latest_blow_up(coarse.fields[0].first().spread.variance).unwrap();
    assert!((latest - 0.25).abs() < 1e-9, "{latest}");
    let fine = lost(96, 80.0).1;
    let times = [&coarse, &fine].map(|run| run.blow_up.expect("it blows up"));
    assert!(times[0].time < times[1].time && times[1].time < latest, "{times:?}");
    assert!(times.iter().all(|b| b.growth >= 4.0 && b.extrapolated > b.time));
    assert!(times[1].extrapolated < latest, "{times:?}");
    assert_eq!(fine.last().time, fine.fields.last().unwrap().time);
    let (identity, below) = lost(64, 36.0);
    assert!(below.blow_up.is_none() && identity.latest_blow_up(0.5).is_none());
    assert_eq!(below.last().time, 0.5);
}

/// The cells of Model 2 go on where the limit does not: to the end, with T ≥ 0 and no leak.
#[test]
fn the_cells_go_through_above_the_critical_mass() {
    let e = experiment(ABOVE, &["cells.count=20000", "ensemble.replicates=2"]);
    let model = Model::<2>::new(&e).unwrap();
    let stop = AtomicBool::new(false);
    let monitor = Monitor::silent(&stop);
    let result: Ensemble<2> = ensemble(&model, 2, &[], &monitor).unwrap();
    let frame = result.frames.last().unwrap();
    assert_eq!((frame.time, result.tally.negative), (0.5, 0));
    assert!(frame.observables.means().iter().all(|v| v.is_finite()));
}

/// Where a study needs the limit at a time that it does not reach, it says so.
#[test]
fn no_limit_to_compare_with_is_an_error() {
    let e = experiment(ABOVE, &["limit.grid=64", "limit.step=0.002"]);
    let run = limit_fields::<2>(&e, true, &AtomicBool::new(false)).unwrap();
    let message = run.to_the_end().unwrap_err().to_string();
    assert!(message.contains("the limit blows up") && message.contains("End earlier"), "{message}");
}

/// The identity is that of the plane, the whole of it, and of a signal without decay.
#[test]
fn the_identity_is_not_claimed_elsewhere() {
    let has = |set: &[&str]| virial(&experiment(BELOW, set)).is_some();
    assert!(has(&[]));
    assert!(!has(&["signal.decay=0.1"]));
    assert!(!has(&["domain.boundary=no-flux"]));
    assert!(!has(&["kernel.lambda=1 + G"]));
    assert!(!has(&["signal.equation=parabolic"]));
    let nonlocal = virial(&experiment(ABOVE, &[])).unwrap();
    assert_eq!(nonlocal.growth_of_cells(1.0), None);
}
