//! The stages of a sweep: the experiment at each value, what it is compared with, and the share of
//! the work.

use super::budget::COMPONENTS;
use super::converge::Macroscopic;
use super::cost::{EVENT, predict, seconds};
use super::difference::Comparison;
use super::monitor::Monitor;
use super::needs::Work;
use super::noise_free;
use super::reference::watched_limit;
use super::refinement::{Others, refined};
use crate::experiment::{Experiment, Parameter, Point, points};
use crate::model::Model;
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
    let solve = |mollified| monitor.part(0.25, "", |m| watched_limit::<D>(any, mollified, m));
    let (limit, mollified) = (solve(false)?.to_the_end()?, solve(true)?.to_the_end()?);
    // That of the one that is subtracted.
    let (refinement, others) = monitor.part(0.5, "", |m| refined::<D>(any, true, &mollified, m))?;
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

/// The share of [`stages`], which is that of the limit, by what is known before.
pub(super) fn share_of_limit<const D: usize>(e: &Experiment) -> Result<f64, SimulationError> {
    if e.converge.parameter != Parameter::Epsilon {
        return Ok(0.0);
    }
    let points = points(e);
    let model = Model::<D>::new(&points[0].own)?;
    let equation = match solves_equation(e) {
        true => EVENT * noise_free::work_of_one(&model) * points.len() as f64,
        false => 0.0,
    };
    let cost = predict(&points[0].own, &model);
    let limit = seconds(Work::Limit, &points[0].own, &cost);
    Ok(limit / (limit + equation + seconds(Work::Converge, &points[0].own, &cost)))
}

/// The shares of each stage by predicted cost, which add up to `whole`.
pub(super) fn shares<const D: usize>(stages: &[Stage<D>], whole: f64) -> Vec<Share> {
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
        replicate: whole * share.replicate / total,
        solution: whole * share.solution / total,
    };
    works.into_iter().map(of_total).collect()
}

/// Runs of cells at each value: replicates, and those of the error budget, which only a sweep in ε has.
pub fn runs(e: &Experiment) -> usize {
    let of_epsilon = e.converge.parameter == Parameter::Epsilon;
    let budget = if of_epsilon { e.converge.budget_replicates } else { 0 };
    e.converge.replicates.saturating_add(budget.saturating_mul(COMPONENTS.len()))
}

/// Whether the kinetic equation is solved: it has no number of cells.
pub(super) fn solves_equation(e: &Experiment) -> bool {
    e.converge.noise_free && e.converge.parameter != Parameter::Cells
}
