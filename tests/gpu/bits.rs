//! Bits do not depend on how work is cut up, nor on where a run was set down.

use crate::{GPU, made};
use kinetaxis::device::{Cut, Device};
use kinetaxis::experiment::read;
use kinetaxis::model::Model;
use kinetaxis::simulation::Simulation;
use kinetaxis::state::State;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Cells that make their signal.
fn text(dimension: usize, boundary: &str) -> String {
    let (kernel, psi) = match dimension {
        2 => ("local", "a = 0.1\nb = 0.05"),
        _ => ("nonlocal", "psi = \"saturating\"\nc1 = 0.5\nc2 = 0.7"),
    };
    format!(
        "dimension = {dimension}\nepsilon = 0.3\nseed = 5\ntime = {{ end = 0.3, step = 0.1 }}\n\
         domain = {{ lower = -2, upper = 2, grid = 16, boundary = \"{boundary}\" }}\n\
         cells = {{ count = 3001, density = {{ shape = \"gaussian\", width = 0.25 }} }}\n\
         signal = {{ equation = \"parabolic\", decay = 1 }}\n[kernel]\nmodel = \"{kernel}\"\n{psi}\n"
    )
}

fn model<const D: usize>(text: &str, device: &Device) -> Model<D> {
    let e = read(text, "bits.toml", &[]).unwrap_or_else(|why| panic!("{why}\n{text}")).experiment;
    Model::new(&e).unwrap().aboard(device, &e).unwrap()
}

/// The end of a replicate.
fn end<const D: usize>(text: &str, device: &Device, replicate: u64) -> State<D> {
    let model = model::<D>(text, device);
    let mut simulation = Simulation::new(&model, replicate).unwrap();
    simulation.run(&AtomicBool::new(false), &|_| {}, |_| {}).unwrap();
    simulation.state().clone()
}

fn cut_in_any_way<const D: usize>(boundary: &str) {
    let text = text(D, boundary);
    let whole = end::<D>(&text, &GPU, 0);
    assert!(whole.first().tally.candidates > 3001 && whole.first().tally.invariants.looks > 0);
    assert_ne!(whole.first().cells, end::<D>(&text, &GPU, 1).first().cells, "replicates");
    for cut in [
        Cut { lanes: 64, most: 1 << 21 },
        Cut { lanes: 8, most: 500 },
        Cut { lanes: 256, most: 1000 },
    ] {
        let other = end::<D>(&text, &made(|adapter| adapter.cut_by(cut)), 0);
        assert_eq!(whole, other, "d = {D}, {boundary}, {cut:?}");
    }
}

/// Workgroups of any size, and cells by the hundred or all at once.
#[test]
fn bits_do_not_depend_on_the_schedule() {
    cut_in_any_way::<1>("no-flux");
    cut_in_any_way::<2>("periodic");
    cut_in_any_way::<2>("open");
    cut_in_any_way::<3>("no-flux");
}

/// Set down after every field step, and taken up by another simulation: places and velocities come back as they were.
#[test]
fn a_run_that_is_set_down_goes_on_with_the_same_bits() {
    for boundary in ["periodic", "no-flux", "open"] {
        let text = text(2, boundary);
        let (model, stop) = (model::<2>(&text, &GPU), AtomicBool::new(false));
        let mut simulation = Simulation::new(&model, 0).unwrap();
        while simulation.advance_tick(&stop, &|_| {}, |_| {}).unwrap() {
            simulation.land().unwrap();
            let (state, (done, _)) = (simulation.state().clone(), simulation.ticks());
            simulation = Simulation::resumed(&model, 0, state, done, Duration::ZERO);
        }
        assert_eq!(simulation.state(), &end::<2>(&text, &GPU, 0), "{boundary}");
    }
}

/// The largest difference of the deposit of a run's cells on the device to that of the same cells on the processor, over the
/// largest density.
fn off<const D: usize>(boundary: &str, device: &Device) -> f64 {
    let text = text(D, boundary);
    let state = end::<D>(&text, device, 0);
    let (model, colony) = (model::<D>(&text, &Device::Cpu), state.first());
    assert!(colony.tally.invariants.mass < 1e-13, "{}", colony.tally.invariants.mass);
    let weight = |_| colony.cells.weight;
    let deposit = &model.first().deposit;
    let own = deposit.coefficients(&model.spectral, &colony.cells.positions, weight);
    let [own, there] = [&own, &colony.density.now].map(|c| model.spectral.inverse(c));
    let largest = own.iter().fold(0.0, |most: f64, rho| most.max(rho.abs()));
    own.iter().zip(&there).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

/// A weight errs by some roundings of f32, and the sum over many cells by less.
const DIGITS: f64 = 8.0 * f32::EPSILON as f64;

/// The same cells are deposited as on the processor, to the digits of f32, with all their mass.
#[test]
fn the_deposit_is_that_of_the_processor() {
    let all = [
        off::<1>("periodic", &GPU),
        off::<2>("no-flux", &GPU),
        off::<2>("open", &GPU),
        off::<3>("periodic", &GPU),
    ];
    assert!(all.iter().all(|off| *off < DIGITS), "{all:?}");
}

/// The test above sees weights that are off by a hundredth of the way to the next node.
#[test]
fn a_deposit_of_other_weights_is_seen() {
    let text = "let z = weights(s.t.z) * 0x1p28f;";
    let wrong = made(|adapter| adapter.planted(text, "let z = weights(0.99 * s.t.z) * 0x1p28f;"));
    let off = off::<2>("periodic", &wrong);
    assert!(off > DIGITS, "{off}");
}
