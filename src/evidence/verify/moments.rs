//! Mass, centre and spread of the cells against those of the limit: D and χ as the cells have them.

use super::runs::Runs;
use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::{Monitor, limit_fields};

/// How far a ratio may be from 1: room for the effect of ε, which is of second order.
const TOLERANCE: f64 = 0.03;
/// A centre that moves less than this share of the standard deviation tells little about drift.
const LEAST_DRIFT: f64 = 0.05;

/// The growth of each moment over the run, as a ratio to that of the limit.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let mut e = e.clone();
    e.time.outputs = vec![0.0, e.time.end];
    let limit = limit_fields::<D>(&e, true, monitor.stop)?.to_the_end()?;
    let [start, end] = [&limit.fields[0], limit.last()];
    let model = Model::<D>::new(&e)?;
    let runs = Runs::new(&model, e.ensemble.replicates, e.ensemble.confidence, monitor)?;
    let mut findings = Vec::new();
    let mut compare = |name: &str, [before, after]: [f64; 2], what: String| {
        let demand = Demand::Within(1.0 - TOLERANCE, 1.0 + TOLERANCE);
        findings.push(Finding::new(what, runs.growth(name, after - before), demand));
    };
    if model.first().growth.is_some() {
        let volume = model.grid().volume();
        let masses = [start, end].map(|f| f.first().density[0] * volume);
        compare("mass", masses, "growth of mass: cells over limit".into());
    }
    let spreads = [start, end].map(|f| f.first().spread.variance);
    let even = spreads.iter().any(|v| v.is_nan());
    let note = if even { " (none: even around a periodic axis)" } else { "" };
    compare("variance", spreads, format!("growth of variance: cells over limit{note}"));
    for (a, axis) in ["x", "y", "z"].into_iter().enumerate().take(D) {
        let centers = [start, end].map(|f| f.first().spread.center[a]);
        if !even
            && (centers[1] - centers[0]).abs() > LEAST_DRIFT * end.first().spread.variance.sqrt()
        {
            let what = format!("drift along {axis}: cells over limit");
            compare(&format!("center_{axis}"), centers, what);
        }
    }
    Ok(findings)
}
