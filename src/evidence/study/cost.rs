//! What a run will cost: events and steps.

use super::budget::runs;
use super::work::Work;
use crate::experiment::{Experiment, Parameter, points};
use crate::model::Model;
use crate::motion::Method;
use crate::signal::Cues;
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
    /// Nodes of the grid times field steps.
    pub node_steps: f64,
}

impl Cost {
    /// Work in arbitrary units: an event and a cell-step (deposit, last flight) cost about the same.
    pub fn work(&self) -> f64 {
        self.candidates + self.cell_steps
    }
}

/// Predicts the cost of one replicate of `e`, whose model is `model`.
pub fn predict<const D: usize>(e: &Experiment, model: &Model<D>) -> Cost {
    let (ticks, sensed) = (model.ticks(), model.initial_signals());
    let mut cost = Cost {
        candidates: 0.0,
        cell_steps: 0.0,
        node_steps: (model.grid().len() * model.populations.len() * ticks.len()) as f64,
    };
    for (species, of) in model.populations.iter().zip(&e.populations) {
        let cues = Cues::among(&sensed, &species.cues);
        let computed = || species.kernel.candidate_bound(&cues.bounds_of_all());
        let bound = species.kernel_bound.unwrap_or_else(computed);
        let cells = of.cells.count as f64;
        let events = |duration: f64| {
            let candidates = bound * duration / species.scaling.tumble_time();
            match model.method {
                Method::Hybrid => candidates.min((duration / model.hop).ceil()),
                _ => candidates,
            }
        };
        cost.candidates += cells * ticks.iter().map(|tick| events(tick.duration)).sum::<f64>();
        cost.cell_steps += cells * ticks.len() as f64;
    }
    cost
}

/// [`Cost::work`] of a trial, at most: some tenths of a second.
const TRIAL: f64 = 2e7;

/// Seconds per unit of [`Cost::work`] on one core of this machine, from a trial of at most a few field
/// steps with few cells. However small ε is, it costs the same: it ends the earlier.
pub fn measured_pace<const D: usize>(e: &Experiment) -> Result<f64, SimulationError> {
    let mut trial = e.clone();
    for cells in trial.populations.iter_mut().map(|p| &mut p.cells) {
        cells.count = cells.count.min(20_000);
    }
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
    let tally = simulation.state().tally();
    let threads = rayon::current_num_threads() as f64;
    let work = (tally.candidates + tally.hops + tally.cell_steps) as f64;
    Ok(simulation.loop_time().as_secs_f64() * threads / work)
}

/// Seconds that nobody waits for unwarned.
pub const LONG: f64 = 1e4;
/// Seconds of an event, of a cell or of a node in a field step; rough, as of all the following.
pub(super) const EVENT: f64 = 1e-8;
/// Seconds of a replicate, however short.
const REPLICATE: f64 = 5e-5;
/// Seconds of a node in a step of the limit, with what refines it.
const LIMIT_NODE: f64 = 2e-6;

/// Seconds that `work` takes on one core, roughly: from the bound on events at t = 0, without a trial. `base` is
/// the cost of one replicate of `e`.
pub fn seconds(work: Work, e: &Experiment, base: &Cost) -> f64 {
    let one = |of: &Experiment| {
        let cells = Parameter::Cells.value(of) / Parameter::Cells.value(e).max(1.0);
        let steps = (e.time.step / of.time.step).max(1.0);
        let events = base.candidates * cells * (e.epsilon / of.epsilon).powi(2);
        REPLICATE + EVENT * (events + steps * (cells * base.cell_steps + base.node_steps))
    };
    match work {
        Work::Run => one(e),
        Work::Ensemble => e.ensemble.replicates as f64 * one(e),
        Work::Limit => {
            let nodes: f64 = e.limit.grid.iter().map(|n| *n as f64).product();
            LIMIT_NODE * nodes * (e.time.end / e.limit.step + e.time.outputs.len() as f64)
        }
        Work::Converge => {
            let points = points(e);
            let both =
                points.iter().flat_map(|point| std::iter::once(&point.own).chain(&point.other));
            runs(e) as f64 * both.map(one).sum::<f64>()
        }
    }
}
