//! The virial identity of the plane, in the limit and in the cells (see [`crate::identities::Virial`]).

use super::runs::Runs;
use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::{Monitor, limit_fields};

/// How far the slope in the limit may be from the identity, relative.
const LIMIT: f64 = 0.01;
/// The same for the cells, whose identity is exact for every ε.
const CELLS: f64 = 0.02;

/// Slope of the second moment over that of the identity.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let mut e = e.clone();
    e.time.outputs = vec![0.0, e.time.end];
    let model = Model::<D>::new(&e)?;
    let Some(virial) = &model.virial else {
        let what = "virial identity: it does not hold for this experiment";
        return Ok(vec![Finding::new(what, None, Demand::AtLeast(0.0))]);
    };
    let limit = limit_fields::<D>(&e, false, monitor.stop)?.to_the_end()?;
    let growth = limit.last().first().spread.variance - limit.fields[0].first().spread.variance;
    let ratio = growth / (virial.slope() * e.time.end);
    let what = format!(
        "M/Mc = {:.3}: slope of the variance in the limit over {:.4}",
        virial.mass / virial.critical_mass,
        virial.slope()
    );
    let mut findings = vec![Finding::exact(what, ratio, Demand::near(1.0, LIMIT))];
    if let Some(due) = virial.growth_of_cells(e.time.end) {
        let runs = Runs::new(&e, &model, monitor)?;
        let number = runs.growth(runs.series(&model.first().name, "second_moment"), due);
        let what = format!("growth of E|x|^2 of the cells over {due:.4}, due at this epsilon");
        findings.push(Finding::new(what, number, Demand::near(1.0, CELLS)));
    }
    Ok(findings)
}
