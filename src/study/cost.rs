//! What a run will cost: events and memory.

use crate::experiment::Experiment;
use crate::model::Model;
use crate::motion::Method;
use crate::simulation::{Simulation, SimulationError};
use crate::turning::{Sense, TurningKernel};
use std::sync::atomic::AtomicBool;

/// Predicted cost of one replicate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Events of all cells, from the bound at t = 0; a hybrid step is one.
    pub candidates: f64,
    /// Cells times field steps.
    pub cell_steps: f64,
    /// Bytes of one replicate: cells, and the fields and private grids of the deposit.
    pub bytes: f64,
}

impl Cost {
    /// Work in arbitrary units: an event and a cell-step (deposit, last flight) cost about the same.
    pub fn work(&self) -> f64 {
        self.candidates + self.cell_steps
    }
}

/// Predicts the cost of one replicate of `e`, whose model is `model`.
pub fn predict<const D: usize>(e: &Experiment, model: &Model<D>) -> Cost {
    let bound = model.kernel.candidate_bound(&model.initial_signal().bounds());
    let cells = e.cells.count as f64;
    let ticks = model.ticks();
    let events = |duration: f64| {
        let candidates = bound * duration / (e.epsilon * e.epsilon);
        match model.method {
            Method::Hybrid => candidates.min((duration / model.hop).ceil()),
            _ => candidates,
        }
    };
    Cost {
        candidates: cells * ticks.iter().map(|tick| events(tick.duration)).sum::<f64>(),
        cell_steps: cells * ticks.len() as f64,
        bytes: 8.0 * (cells * 2.0 * D as f64 + 20.0 * model.grid().len() as f64),
    }
}

/// [`Cost::work`] of a trial, at most: some tenths of a second.
const TRIAL: f64 = 2e7;

/// Seconds per unit of [`Cost::work`] on one core of this machine, from a trial of at most a few field
/// steps with few cells. However small ε is, it costs the same: it ends the earlier.
pub fn measured_pace<const D: usize>(e: &Experiment) -> Result<f64, SimulationError> {
    let mut trial = e.clone();
    trial.cells.count = e.cells.count.min(20_000);
    trial.time.end = e.time.end.min(3.0 * e.time.step);
    trial.time.outputs = vec![trial.time.end];
    let work = predict(&trial, &Model::<D>::new(&trial)?).work();
    trial.time.end *= (TRIAL / work).min(1.0);
    trial.time.step = trial.time.step.min(trial.time.end);
    trial.time.outputs = vec![trial.time.end];
    trial.output.cells_at.clear();
    let model = Model::<D>::new(&trial)?;
    let mut simulation = Simulation::new(&model, 0)?;
    simulation.run(&AtomicBool::new(false), &|_| {}, |_| {})?;
    let tally = simulation.state().tally;
    let threads = rayon::current_num_threads() as f64;
    let work = (tally.candidates + tally.hops + tally.cell_steps) as f64;
    Ok(simulation.loop_time().as_secs_f64() * threads / work)
}
