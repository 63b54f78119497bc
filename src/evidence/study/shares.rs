//! The share of the work that each part of a sweep is predicted to be.

use super::budget::runs;
use super::cost::{EVENT, predict, seconds};
use super::fineness::{predicted_work, work_of_one};
use super::stage::{Stage, solves_equation};
use super::work::Work;
use crate::experiment::{Experiment, Parameter, Point, points};
use crate::model::Model;
use crate::simulation::SimulationError;

/// Shares of the whole work at one value.
pub(super) struct Share {
    /// Of one replicate; one of a budget variant counts the same.
    pub replicate: f64,
    /// Of the solution of the kinetic equation.
    pub solution: f64,
}

/// The share of [`stages`](super::stage::stages), which is that of the limit, by what is known before.
pub(super) fn share_of_limit<const D: usize>(e: &Experiment) -> Result<f64, SimulationError> {
    if e.converge.parameter != Parameter::Epsilon {
        return Ok(0.0);
    }
    let points = points(e);
    let model = Model::<D>::new(&points[0].own)?;
    let equation = match solves_equation(e) {
        true => EVENT * work_of_one(&model) * points.len() as f64,
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
            true => predicted_work(comparison),
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
