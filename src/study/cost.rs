//! What a run will cost: events and memory.

use super::noise_free::ANGLES;
use crate::experiment::{Experiment, Parameter, Point, points};
use crate::grid::Grid;
use crate::model::Model;
use crate::motion::Method;
use crate::simulation::{Simulation, SimulationError};
use crate::turning::{Sense, TurningKernel};
use crate::velocity::VelocitySpace;
use std::sync::atomic::AtomicBool;

/// Fields on the grid that a replicate needs: signal, density, transforms, grids of the deposit.
const FIELDS: f64 = 20.0;
/// Arrays of the shape of f while the kinetic equation is solved.
const COPIES_OF_F: f64 = 4.0;

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
    let computed = || model.kernel.candidate_bound(&model.initial_signal().bounds());
    let bound = model.kernel_bound.unwrap_or_else(computed);
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
        bytes: 8.0 * (cells * 2.0 * D as f64 + FIELDS * model.grid().len() as f64),
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

/// Bytes that `converge` holds at once: the fields of every replicate at every value (ρ, S, ∇S, J and the
/// moments of r_ε), one replicate in flight on each thread, and f where the kinetic equation is solved.
/// Everything is an upper bound that is reached up to what norms need for a while.
pub fn converge_bytes<const D: usize>(e: &Experiment) -> f64 {
    let observed = (2 + 2 * D + D * (D + 3) / 2) as f64;
    let nodes = |e: &Experiment| Grid::<D>::from_domain(&e.domain).len() as f64;
    let (mut kept, mut flying, mut variant, mut equation) = (0.0, 0.0_f64, 0.0_f64, 0.0_f64);
    for Point { own, other, .. } in points(e) {
        let cells = |e: &Experiment| 2.0 * D as f64 * e.cells.count as f64;
        let finest = other.as_ref().map_or(0.0, nodes).max(nodes(&own));
        let both = std::iter::once(&own).chain(&other);
        flying = flying.max(both.map(|e| cells(e) + FIELDS * nodes(e)).sum());
        kept += own.converge.replicates as f64 * observed * finest;
        if own.converge.parameter == Parameter::Epsilon {
            // The finest variant has twice the grid; its differences are taken to the base grid.
            let more = 2f64.powi(D as i32) + 1.0;
            variant = variant.max(own.converge.budget_replicates as f64 * observed * more * finest);
        }
        if own.converge.noise_free && own.converge.parameter != Parameter::Cells {
            let space = VelocitySpace::<D>::from_experiment(&own.velocity);
            let f = space.ordinates(ANGLES).len() as f64 * finest;
            equation = equation.max(COPIES_OF_F * f);
        }
    }
    let threads = rayon::current_num_threads() as f64;
    8.0 * (kept + equation.max(threads * flying + variant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;

    /// 10 replicates at two ε on 32 × 32 nodes: at most ρ, S, ∇S, J and five moments, 11 fields of each. What a
    /// budget, the equation and more cells add is more, and a sweep in the grid keeps the finer one.
    #[test]
    fn a_sweep_counts_what_it_keeps() {
        let bytes = |set: &[&str]| {
            let text = "dimension = 2\nepsilon = 0.1\ndomain = { lower = 0, upper = 1, grid = 32 }\n\
                        kernel = { model = \"local\" }\ncells = { count = 1000 }\n\
                        signal = { equation = \"parabolic\" }\ntime = { end = 0.1, step = 0.05 }\n\
                        converge = { replicates = 10, epsilons = [0.2, 0.1] }";
            let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
            converge_bytes::<2>(&read(text, "e.toml", &set).unwrap().experiment)
        };
        let kept = |replicates: f64, nodes: f64| 8.0 * 2.0 * replicates * 11.0 * nodes;
        let base = bytes(&[]);
        assert!(base > kept(10.0, 1024.0));
        let more = bytes(&["converge.replicates=1000"]) - base;
        assert!((more / kept(990.0, 1024.0) - 1.0).abs() < 1e-12, "{more}");
        for set in
            ["converge.budget_replicates=4", "converge.noise_free=true", "cells.count=100000"]
        {
            assert!(bytes(&[set]) > base, "{set}");
        }
        let grids = ["converge.in=grid", "converge.values=[32, 40]"];
        assert!(bytes(&grids) > kept(5.0, 4096.0) + kept(5.0, 6400.0));
    }
}
