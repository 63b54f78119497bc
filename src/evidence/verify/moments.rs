//! Mass, centre and spread of the cells against those of the limit: D and χ as the cells have them. Of every
//! population.

use super::runs::Runs;
use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::{Monitor, limit_fields};

/// How far a ratio may be from 1: room for the effect of ε, which is of second order.
const TOLERANCE: f64 = 0.03;
/// A centre that moves less than this share of the standard deviation tells little about drift, a mass
/// that changes by less than this share little about births.
const LEAST_CHANGE: f64 = 0.05;

/// The growth of each moment over the run, as a ratio to that of the limit.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let mut e = e.clone();
    e.time.outputs = vec![0.0, e.time.end];
    let limit = limit_fields::<D>(&e, true, monitor.stop)?.to_the_end()?;
    let model = Model::<D>::new(&e)?;
    let volume = model.grid().volume();
    let runs = Runs::new(&e, &model, monitor)?;
    let mut findings = Vec::new();
    for (number, species) in model.populations.iter().enumerate() {
        let of = if model.populations.len() > 1 {
            format!(" of {}", species.name)
        } else {
            String::new()
        };
        let mut compare = |name: &str, [before, after]: [f64; 2], what: String| {
            let demand = Demand::near(1.0, TOLERANCE);
            let series = runs.series(&species.name, name);
            findings.push(Finding::new(what, runs.growth(series, after - before), demand));
        };
        let [start, end] = [&limit.fields[0], limit.last()].map(|f| &f.populations[number]);
        let masses = [start, end].map(|f| f.density[0] * volume);
        let reacts = species.growth.is_some() || !model.network.is_empty();
        if reacts && (masses[1] - masses[0]).abs() > LEAST_CHANGE * masses[0] {
            compare("mass", masses, format!("growth of mass{of}: cells over limit"));
        }
        let spreads = [start, end].map(|f| f.spread.variance);
        let even = spreads.iter().any(|v| v.is_nan());
        // One of many may be spread evenly all the time.
        let moves = (spreads[1] - spreads[0]).abs() > LEAST_CHANGE * spreads[0];
        if !of.is_empty() && !moves {
            continue;
        }
        let note = if even { " (none: even around a periodic axis)" } else { "" };
        compare("variance", spreads, format!("growth of variance{of}: cells over limit{note}"));
        for (a, axis) in ["x", "y", "z"].into_iter().enumerate().take(D) {
            let centers = [start, end].map(|f| f.spread.center[a]);
            if !even && (centers[1] - centers[0]).abs() > LEAST_CHANGE * end.spread.variance.sqrt()
            {
                let what = format!("drift{of} along {axis}: cells over limit");
                compare(&format!("center_{axis}"), centers, what);
            }
        }
    }
    Ok(findings)
}
