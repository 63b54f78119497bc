//! The stages of a sweep: the experiment at each value, what it is compared with, and the share of
//! the work.

use super::budget::COMPONENTS;
use super::converge::Macroscopic;
use super::cost::predict;
use super::difference::Comparison;
use super::monitor::Monitor;
use super::noise_free;
use super::reference::limit_fields;
use super::refinement::{Others, refined};
use crate::experiment::{Experiment, Parameter, Point, points};
use crate::simulation::SimulationError;

/// One value of the parameter.
pub(super) struct Stage<const D: usize> {
    pub point: Point,
    pub comparison: Comparison<D>,
}

/// The limit of a sweep in ε, and what its error is measured by.
type OneLimit<const D: usize> = (Macroscopic<D>, Others<D>);

/// What is to be run, and the limit of a sweep in ε.
pub(super) fn stages<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<(Vec<Stage<D>>, Option<OneLimit<D>>), SimulationError> {
    let points = points(e);
    if e.converge.parameter != Parameter::Epsilon {
        let compare = |point: Point| {
            let other = point.other.as_ref().expect("all parameters but epsilon have another one");
            Ok::<_, SimulationError>(Stage {
                comparison: Comparison::between(&point.own, other)?,
                point,
            })
        };
        return Ok((points.into_iter().map(compare).collect::<Result<_, _>>()?, None));
    }
    // The limit does not depend on ε.
    let any = &points[0].own;
    let limit = limit_fields::<D>(any, false, monitor.stop)?.to_the_end()?;
    let mollified = limit_fields::<D>(any, true, monitor.stop)?.to_the_end()?;
    // That of the one that is subtracted.
    let (refinement, others) = refined::<D>(any, true, &mollified, monitor.stop)?;
    let macroscopic = Macroscopic { limit: limit.last().clone(), refinement };
    let compare = |point: Point| {
        Ok::<_, SimulationError>(Stage {
            comparison: Comparison::with_limit(&point.own, mollified.last())?,
            point,
        })
    };
    let stages = points.into_iter().map(compare).collect::<Result<_, _>>()?;
    Ok((stages, Some((macroscopic, others))))
}

/// Shares of the whole work at one value.
pub(super) struct Share {
    /// Of one replicate; one of a budget variant counts the same.
    pub replicate: f64,
    /// Of the solution of the kinetic equation.
    pub solution: f64,
}

/// The shares of each stage by predicted cost.
pub(super) fn shares<const D: usize>(stages: &[Stage<D>]) -> Vec<Share> {
    let (mut works, mut total) = (Vec::new(), 0.0);
    for Stage { point: Point { own: e, other, .. }, comparison } in stages {
        let mut replicate = predict(e, &comparison.model).work();
        if let (Some(other), Some(model)) = (other, comparison.other().map(|o| &o.model)) {
            replicate += predict(other, model).work();
        }
        let solution = match solves_equation(e) {
            true => noise_free::predicted_work(comparison),
            false => 0.0,
        };
        total += replicate * runs(e) as f64 + solution;
        works.push(Share { replicate, solution });
    }
    let of_total = |share: Share| Share {
        replicate: share.replicate / total,
        solution: share.solution / total,
    };
    works.into_iter().map(of_total).collect()
}

/// Runs of cells at each value: replicates, and those of the error budget, which only a sweep in ε has.
pub fn runs(e: &Experiment) -> usize {
    let of_epsilon = e.converge.parameter == Parameter::Epsilon;
    let budget = if of_epsilon { e.converge.budget_replicates } else { 0 };
    e.converge.replicates + COMPONENTS.len() * budget
}

/// Whether the kinetic equation is solved: it has no number of cells.
pub(super) fn solves_equation(e: &Experiment) -> bool {
    e.converge.noise_free && e.converge.parameter != Parameter::Cells
}
