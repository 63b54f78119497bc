//! R₀ is a threshold (BC after 48): the reactions of May and Nowak are run with rates of infection that make R₀ what it is
//! to be, on both sides of 1. At the end all three densities of the limit are those of Q* above and of Q₀ below, and the
//! infected share of the cells, s/(c + s), is that of Q* above, and none below.

use super::homogeneous::MayNowak;
use super::reactions::SETTLED;
use super::runs::Runs;
use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::formula::Quantity;
use crate::model::Model;
use crate::reaction::Event;
use crate::simulation::SimulationError;
use crate::study::{Monitor, limit_fields};

/// The values of R₀.
const VALUES: [f64; 5] = [0.5, 0.8, 1.25, 2.0, 4.5];
/// How far the share may be from that of the equilibrium: what is left of the start at the end.
const LIMIT: f64 = 0.002;
/// The same for the cells, with their interval: what the reaction noise of N cells leaves, too.
const CELLS: f64 = 0.02;

/// The infected share at the end, for every value of R₀.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let Some(own) = MayNowak::of(&Model::<D>::new(e)?.network) else {
        let what =
            "threshold R0 = 1: the reactions are not those of May and Nowak with constant rates";
        return Ok(vec![Finding::new(what, None, Demand::AtMost(LIMIT))]);
    };
    let mut findings = Vec::new();
    for wanted in VALUES {
        let mut e = infecting(e, wanted / own.reproduction_number());
        e.time.outputs = vec![e.time.end];
        let model = Model::<D>::new(&e)?;
        let virus = MayNowak::of(&model.network).expect("only a rate has changed");
        let [healthy, infected, _] = virus.populations;
        let [c, s, _] = virus.equilibrium();
        let due = s / (c + s);
        let limit = limit_fields::<D>(&e, false, monitor.stop)?.to_the_end()?;
        let end = &limit.last().populations;
        let what = format!(
            "R0 = {wanted}: distance of the limit to {} at the end, relative",
            virus.equilibrium_name()
        );
        let off = virus.off(|number| end[number].density[0]);
        findings.push(Finding::exact(what, off, Demand::AtMost(SETTLED)));
        let [c, s] = [healthy, infected].map(|number| end[number].density[0]);
        let what =
            format!("R0 = {wanted}: infected share of the limit, {due:.4} in the equilibrium");
        findings.push(Finding::exact(what, s / (c + s), Demand::near(due, LIMIT)));
        let share = 1.0 / VALUES.len() as f64;
        let runs = monitor.part(share, "", |m| Runs::new(&e, &model, m))?;
        let [c, s] = [healthy, infected].map(|number| {
            let mass = runs.series(&model.populations[number].name, "mass");
            runs.each(mass, |m| m[m.len() - 1])
        });
        let shares: Vec<f64> = c.iter().zip(s).map(|(c, s)| s / (c + s)).collect();
        let share = crate::study::statistics::mean(&shares, e.ensemble.confidence);
        let what = format!("R0 = {wanted}: infected share of the cells");
        findings.push(Finding::new(what, Some(share), Demand::near(due, CELLS)));
    }
    Ok(findings)
}

/// The experiment with `factor` times the rate of every infection, which is a constant.
fn infecting(e: &Experiment, factor: f64) -> Experiment {
    let mut e = e.clone();
    for reaction in &mut e.reactions {
        if let (Event::Infection { .. }, Quantity::Constant(rate)) =
            (reaction.event, &mut reaction.rate)
        {
            *rate *= factor;
        }
    }
    e
}
