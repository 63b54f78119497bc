//! The speed of a band: that of the centre of the first population between the last two outputs, along the first axis,
//! against `verify.speed`, the speed of a travelling wave of the limit that is known exactly.

use super::runs::{Runs, hold};
use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::{Monitor, watched_limit};

/// How far the speed of the limit may be off, relative.
const LIMIT: f64 = 0.005;
/// The same for the cells, with their interval: room for the effect of ε, which is of second order.
const CELLS: f64 = 0.02;

/// The speed of limit and cells over the exact one.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let (Some(speed), [.., from, to]) = (e.verify.speed, &e.time.outputs[..]) else {
        let what = "speed: verify.speed is not given, or time.outputs has a single time";
        return Ok(vec![Finding::new(what, None, Demand::near(1.0, LIMIT))]);
    };
    let (due, between) = (speed * (to - from), format!("from t = {from} to {to}"));
    let limit = monitor.part(0.3, "", |m| watched_limit::<D>(e, true, m))?;
    let limit = limit.to_the_end()?;
    let [.., before, after] = &limit.fields[..] else { unreachable!("there are two outputs") };
    let moved = after.first().spread.center[0] - before.first().spread.center[0];
    let what = format!("speed of the limit {between} over {speed}");
    let mut findings = vec![Finding::exact(what, moved / due, Demand::near(1.0, LIMIT))];
    let model = Model::<D>::new(e)?;
    let runs = monitor.part(0.7, "", |m| Runs::new(e, &model, m))?;
    let center = runs.series(&model.first().name, "center_x");
    let ratio = |x: &[f64]| (x[x.len() - 1] - x[x.len() - 2]) / due;
    let what = format!("speed of the cells {between} over {speed}");
    findings.push(Finding::new(what, runs.estimate(center, ratio), Demand::near(1.0, CELLS)));
    findings.push(hold("exact speed", &[(runs.each(center, ratio), 1.0)], e.ensemble.confidence));
    Ok(findings)
}
