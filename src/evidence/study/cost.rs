//! What a run will cost: events and steps.

use super::budget::runs;
use super::work::Work;
use crate::cells::InitialError;
use crate::experiment::{Experiment, Parameter, points};
use crate::grid::Grid;
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

/// Predicts the cost of one replicate of `e`, which is the experiment of `model` or differs from it in ε, times, grid
/// and numbers of cells.
pub fn predict<const D: usize>(e: &Experiment, model: &Model<D>) -> Cost {
    let (ticks, sensed) = (model.ticks_of(e), model.initial_signals());
    let nodes = Grid::<D>::from_domain(&e.domain).len() * model.populations.len();
    let mut cost =
        Cost { candidates: 0.0, cell_steps: 0.0, node_steps: (nodes * ticks.len()) as f64 };
    for (species, of) in model.populations.iter().zip(&e.populations) {
        let cues = Cues::among(&sensed, &species.cues);
        let scaling = species.scaling.at(e.epsilon);
        let kernel = species.kernel.with_epsilon(scaling.bias());
        let computed = || kernel.candidate_bound(&cues.bounds_of_all());
        let bound = species.kernel_bound.unwrap_or_else(computed);
        let cells = of.cells.count as f64;
        let events = |duration: f64| {
            let candidates = bound * duration / scaling.tumble_time();
            match model.method {
                Method::Hybrid => candidates.min((duration / e.time.motion_step).ceil()),
                _ => candidates,
            }
        };
        cost.candidates += cells * ticks.iter().map(|tick| events(tick.duration)).sum::<f64>();
        cost.cell_steps += cells * ticks.len() as f64;
    }
    cost
}

/// [`Cost::work`] of the replicates of a sweep, where `model` is that of `e`.
///
/// # Errors
/// δ is varied, and the elliptic signal of δ = 0 is none.
pub fn predict_sweep<const D: usize>(
    e: &Experiment,
    model: &Model<D>,
) -> Result<f64, InitialError> {
    let points = points(e);
    let mut work = points.iter().map(|point| predict(&point.own, model).work()).sum::<f64>();
    let others: Vec<&Experiment> = points.iter().filter_map(|point| point.other.as_ref()).collect();
    // Of all that is varied only δ = 0 changes the signals at t = 0.
    let quasi_steady = match (e.converge.parameter, others.first()) {
        (Parameter::Delta, Some(other)) => Some(Model::new(other)?),
        _ => None,
    };
    let model = quasi_steady.as_ref().unwrap_or(model);
    work += others.iter().map(|other| predict(other, model).work()).sum::<f64>();
    Ok(runs(e) as f64 * work)
}

/// Cells of a trial, field steps, and [`Cost::work`], at most.
const CELLS: usize = 20_000;
const STEPS: f64 = 3.0;
const WORK: f64 = 2e7;
/// Share of that which is tried first, and seconds that the rest may take by the pace of it.
const FIRST: f64 = 0.02;
const SECONDS: f64 = 0.5;

/// A short run that shows how fast this machine is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Cells of every population, at most.
    pub cells: usize,
    /// Its final time.
    pub end: f64,
    /// Events and cell-steps.
    pub work: f64,
    /// Seconds of the loop.
    pub seconds: f64,
    /// Seconds per unit of [`Cost::work`] on one core.
    pub pace: f64,
}

impl Trial {
    /// Of at most a few field steps with few cells, which end the earlier the more events there are in them: however
    /// small ε is and whatever an event costs, it takes about as long. `model` is that of `e`.
    ///
    /// # Errors
    /// As a run.
    pub fn new<const D: usize>(e: &Experiment, model: &Model<D>) -> Result<Self, SimulationError> {
        let mut short = e.clone();
        for cells in short.populations.iter_mut().map(|p| &mut p.cells) {
            cells.count = cells.count.min(CELLS);
        }
        short.output.cells_at.clear();
        short.time.end = e.time.end.min(STEPS * e.time.step);
        short.time.outputs = vec![short.time.end];
        // What a longer trial takes is told by a shorter one.
        let predicted = predict(&short, model).work();
        let mut model = Model::<D>::new(&short)?;
        let mut part = |work: f64| {
            let end = short.time.end * (work / predicted).min(1.0);
            (model.outputs, model.step) = (vec![end], e.time.step.min(end));
            Self::of(&model)
        };
        let first = part(FIRST * WORK)?;
        let rest = (SECONDS / first.seconds * first.work).min(WORK);
        if first.end >= short.time.end || rest <= 2.0 * first.work {
            return Ok(first);
        }
        part(rest)
    }

    fn of<const D: usize>(model: &Model<D>) -> Result<Self, SimulationError> {
        let mut simulation = Simulation::new(model, 0)?;
        simulation.run(&AtomicBool::new(false), &|_| {}, |_| {})?;
        let (tally, seconds) = (simulation.state().tally(), simulation.loop_time().as_secs_f64());
        let work = (tally.candidates + tally.hops + tally.cell_steps) as f64;
        let threads = rayon::current_num_threads() as f64;
        let cells = model.populations.iter().map(|species| species.cells).max().unwrap_or(0);
        let pace = if work > 0.0 { seconds * threads / work } else { 0.0 };
        Ok(Self { cells, end: model.end(), work, seconds, pace })
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;

    const FILE: &str = r#"
        dimension = 1
        epsilon = 0.1
        domain = { lower = 0, upper = 1, grid = 32 }
        kernel = { model = "local", lambda = 1, b = 0.3 }
        signal = { equation = "prescribed", expression = "cos(2*PI*x)" }
        cells = { count = 30000 }
        time = { end = 0.5, step = 0.1 }
    "#;

    fn experiment(changes: &[&str]) -> Experiment {
        let changes: Vec<String> = changes.iter().map(|change| change.to_string()).collect();
        read(FILE, "cost.toml", &changes).expect("it is valid").experiment
    }

    /// The model of the experiment tells of a whole sweep what the models of its points do.
    #[test]
    fn one_model_tells_the_cost_of_a_sweep() {
        for word in ["epsilon", "step", "cells"] {
            let e = experiment(&[&format!("converge.in={word}"), "kernel.q=2"]);
            let own = |e: &Experiment| predict(e, &Model::<1>::new(e).unwrap()).work();
            let points = points(&e);
            let all = points.iter().flat_map(|p| std::iter::once(&p.own).chain(&p.other));
            let whole = runs(&e) as f64 * all.map(own).sum::<f64>();
            let told = predict_sweep(&e, &Model::<1>::new(&e).unwrap()).unwrap();
            assert!((told / whole - 1.0).abs() < 1e-12, "{word}: {told} {whole}");
        }
    }

    /// A trial is no longer for a small ε; what is drawn there is within a tenth of what is predicted.
    #[test]
    fn a_trial_is_bounded_whatever_epsilon() {
        for epsilon in ["epsilon=0.1", "epsilon=0.001", "epsilon=0.00001"] {
            let e = experiment(&[epsilon]);
            let trial = Trial::new(&e, &Model::<1>::new(&e).unwrap()).unwrap();
            assert!(trial.work < 1.1 * WORK && trial.cells == CELLS, "{epsilon}: {trial:?}");
            assert!(trial.pace > 0.0 && trial.end > 0.0, "{epsilon}: {trial:?}");
        }
    }
}
