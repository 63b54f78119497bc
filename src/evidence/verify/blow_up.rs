//! The limit blows up in finite time; at every fixed ε the cells go on with a bounded density (CMPS
//! Theorem 1, HKS Theorem 2.5).
//!
//! A density is seen through a bandwidth h. That of cells which have gathered in points grows like
//! h^{−d} as h shrinks, a bounded one settles. So its largest value is taken with h ∝ ε, and again with
//! half of that.

use super::{Demand, Finding};
use crate::experiment::{Experiment, Parameter};
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::{
    Keep, Measured, Monitor, Spread, limit_fields, observe_run, orders, statistics,
};

/// Time of the blow-up, the growth of the largest density when h is halved, and its growth as ε → 0.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let mut findings = vec![of_the_limit::<D>(e, monitor)?];
    let (mut epsilons, mut largest) = (Vec::new(), Vec::new());
    let share = 0.5 / (e.converge.epsilons.len() * e.converge.replicates) as f64;
    for (&epsilon, &cells) in e.converge.epsilons.iter().zip(&e.converge.cells) {
        let mut at = e.clone();
        at.epsilon = epsilon;
        Parameter::Cells.set(&mut at, cells as f64);
        at.time.outputs = vec![e.time.end];
        let mut both = [Vec::new(), Vec::new()];
        for (halvings, values) in both.iter_mut().enumerate() {
            let bandwidth = e.first().deposit.bandwidth;
            let bandwidth = bandwidth * epsilon / e.epsilon * 0.5_f64.powi(halvings as i32);
            Parameter::Bandwidth.set(&mut at, bandwidth);
            let model = Model::<D>::new(&at)?;
            let spacing = model.grid().spacing().into_iter().fold(0.0, f64::max);
            if bandwidth < spacing * (1.0 - 1e-12) {
                let what = format!(
                    "epsilon = {epsilon}: half of the bandwidth is {bandwidth}, and the grid's spacing {spacing}"
                );
                findings.push(Finding::new(what, None, Demand::AtMost(0.0)));
                return Ok(findings);
            }
            for r in 0..e.converge.replicates as u64 {
                let run = observe_run(&model, r, Keep::default(), monitor, share)?;
                let last = run.snapshots.last().expect("the end is an output");
                values.push(last.densities[0].iter().copied().fold(0.0, f64::max));
            }
        }
        let [wide, narrow] = both;
        let ratios: Vec<f64> = wide.iter().zip(&narrow).map(|(w, n)| n / w).collect();
        let number = statistics::mean(&ratios, e.ensemble.confidence);
        let what = format!(
            "epsilon = {epsilon}: max rho grows by this when h is halved ({} for points)",
            1 << D
        );
        // Half way, in the exponent, between a bounded density and points.
        let demand = Demand::AtMost(2.0_f64.powf(0.5 * D as f64));
        findings.push(Finding::new(what, Some(number), demand));
        epsilons.push(epsilon);
        largest.push(Measured::Mean(narrow));
    }
    let order = orders(&epsilons, &largest, 1.0, e.ensemble.confidence)[0].order;
    let what = format!("max rho at t = {} goes like epsilon to this power", e.time.end);
    findings.push(Finding::new(what, order, Demand::Open));
    Ok(findings)
}

/// When the limit is lost, in units of the latest time that the virial identity allows, if it holds.
fn of_the_limit<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Finding, SimulationError> {
    let run = limit_fields::<D>(e, false, monitor.stop)?;
    let model = Model::<D>::new(e)?;
    let time = run.blow_up.map_or(f64::NAN, |b| b.time);
    let variance = {
        let first = model.first();
        Spread::new(&model.spectral, first.initial.start(), &first.place).variance
    };
    Ok(match model.virial.and_then(|v| v.latest_blow_up(variance)) {
        Some(latest) => Finding::exact(
            format!("time at which the limit outgrows its grid over the virial time {latest:.4}"),
            time / latest,
            Demand::AtMost(1.0),
        ),
        None => Finding::exact(
            format!("time at which the limit outgrows its grid (t = {} is the end)", e.time.end),
            time,
            Demand::AtMost(e.time.end),
        ),
    })
}
