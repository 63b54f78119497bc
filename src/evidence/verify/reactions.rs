//! Data that are the same everywhere follow the ODE of the reactions (BC 48), whatever the exponents and ε: every flux
//! vanishes, and of the velocities only the densities are left. So the means of the limit have to be those of the
//! ODE to the accuracy of its solver, and the means of the cells within their intervals.
//!
//! With N cells a bilinear reaction is off by the covariance of who meets, of order 1/N. It is measured: by how much means
//! change when all numbers of cells are doubled, which is half of what is missing.

use super::homogeneous::{Homogeneous, MayNowak};
use super::runs::{Runs, hold};
use super::{Demand, Finding};
use crate::experiment::{Experiment, Parameter};
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::statistics::mean;
use crate::study::{LimitRun, Monitor, limit_fields};

/// How far the means of the limit may be from the ODE.
const LIMIT: f64 = 1e-8;
/// How far the means of the cells may be from it, relative.
const CELLS: f64 = 0.03;
/// How far the ODE may be from where it leads, relative, for a run to be called long.
pub(super) const SETTLED: f64 = 0.01;

/// Means of limit and cells against the ODE, at every output.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let model = Model::<D>::new(e)?;
    let Some(ode) = Homogeneous::new(&model.network) else {
        let what = "means against the ODE of the reactions: a rate is no constant";
        return Ok(vec![Finding::new(what, None, Demand::AtMost(LIMIT))]);
    };
    let volume = model.grid().volume();
    let start: Vec<f64> = model.populations.iter().map(|s| s.initial.mass() / volume).collect();
    let due = ode.solve(&start, &e.time.outputs);
    let limit = limit_fields::<D>(e, false, monitor.stop)?.to_the_end()?;
    let mut findings = vec![of_the_limit(&limit, &due)];
    findings.extend(settled(&model, &limit, due.last().expect("the end is an output")));
    let runs =
        |e: &Experiment, share| monitor.part(share, "", |m| Runs::new(e, &Model::<D>::new(e)?, m));
    let (cells, doubled) = (runs(e, 0.3)?, {
        let twice = 2.0 * Parameter::Cells.value(e);
        runs(&Parameter::Cells.at(e, twice), 0.6)?
    });
    let mut samples = Vec::new();
    for (number, species) in model.populations.iter().enumerate() {
        let mass = cells.series(&species.name, "mass");
        for (i, due) in due.iter().enumerate().filter(|(i, _)| e.time.outputs[*i] > 0.0) {
            samples.push((cells.each(mass, |m| m[i] / volume), due[number]));
        }
        let last = due.len() - 1;
        let due = due[last][number];
        if due > 0.0 {
            let what = format!("mean of {} at the end: cells over ODE", species.name);
            let ratio = cells.estimate(mass, |m| m[last] / volume / due);
            findings.push(Finding::new(what, ratio, Demand::near(1.0, CELLS)));
            let twice = doubled.each(mass, |m| m[last] / volume / due);
            let once = cells.each(mass, |m| m[last] / volume / due);
            let change: Vec<f64> = twice.iter().zip(once).map(|(a, b)| a - b).collect();
            let change = mean(&change, e.ensemble.confidence);
            let what = format!("finite N: change of that of {} with 2N cells", species.name);
            findings.push(Finding::new(what, Some(change), Demand::Open));
        }
    }
    findings.push(hold("means at all outputs", &samples, e.ensemble.confidence));
    Ok(findings)
}

fn of_the_limit<const D: usize>(limit: &LimitRun<D>, due: &[Vec<f64>]) -> Finding {
    let mut largest = 0.0_f64;
    for (fields, due) in limit.fields.iter().zip(due) {
        for (population, due) in fields.populations.iter().zip(due) {
            largest = largest.max((population.density[0] - due).abs());
        }
    }
    let what = "largest distance of means at all outputs: limit to ODE";
    Finding::exact(what, largest, Demand::AtMost(LIMIT))
}

/// Where the reactions are those of May and Nowak, and the run is long: the limit against the equilibrium.
fn settled<const D: usize>(model: &Model<D>, limit: &LimitRun<D>, last: &[f64]) -> Option<Finding> {
    let virus = MayNowak::of(&model.network)?;
    if virus.off(|number| last[number]) > SETTLED {
        return None;
    }
    let end = limit.last();
    let found = virus.off(|number| end.populations[number].density[0]);
    let what = format!(
        "R0 = {:.3}: distance of the limit to {} at the end, relative",
        virus.reproduction_number(),
        virus.equilibrium_name()
    );
    Some(Finding::exact(what, found, Demand::AtMost(SETTLED)))
}
