//! How finely a sweep solves the kinetic equation, and how much work that is.

use super::difference::Comparison;
use crate::kinetic::{self, Resolution};
use crate::model::Model;
use crate::velocity::VelocitySpace;

/// Nodes around the circle of velocities: as many as it takes until the distance of ρ follows more of them by no
/// more than a share of it.
pub(super) const LADDER: [usize; 8] = [8, 12, 16, 24, 32, 48, 64, 96];
pub(super) const FOLLOWS: f64 = 1e-4;
/// How many that is as a rule.
const USUAL: usize = 12;
/// How many more are tried for kernels that are a sum.
pub(super) const TRIED: usize = 16;
/// How much of a change with more angles is taken for the error with fewer: each is worth more than the next.
pub(super) const DOUBT: f64 = 2.0;
/// Most ordinates: 96 angles on a circle, 32 and a sphere.
const MOST_ORDINATES: usize = 512;
/// Most bytes of a turning operator that is a table.
const MOST_BYTES: f64 = 1e9;
/// Field steps of the cells in one time step.
pub(super) const STEPS: f64 = 0.125;
/// How much wider the spacing of the other grid is, at least.
pub(super) const COARSER: f64 = 1.5;

/// The experiment and what it is compared with, if that has an equation of its own.
pub(super) fn both<const D: usize>(
    comparison: &Comparison<D>,
) -> impl Iterator<Item = &Comparison<D>> {
    std::iter::once(comparison).chain(comparison.other())
}

/// Predicted work of all solutions, in the units of [`Cost::work`](super::cost::Cost::work).
pub(super) fn predicted_work<const D: usize>(comparison: &Comparison<D>) -> f64 {
    both(comparison).map(|c| work_of_one(&c.model)).sum()
}

/// The same of one model, before there is anything to compare with.
pub(super) fn work_of_one<const D: usize>(model: &Model<D>) -> f64 {
    let how = Resolution { angles: USUAL, step: STEPS * model.step };
    kinetic::predicted_work(model, how, end(model)) / share_of_best::<D>()
}

/// Share of the work in the best solution. The others are four on a grid that is coarser by
/// [`COARSER`], and so is their step in time.
pub(super) fn share_of_best<const D: usize>() -> f64 {
    1.0 / (1.0 + 4.0 * COARSER.powi(-(D as i32 + 1)))
}

/// The final time.
pub(super) fn end<const D: usize>(model: &Model<D>) -> f64 {
    *model.outputs.last().expect("the final time is an output")
}

/// Whether more ordinates may be tried, on so many nodes.
pub(super) fn affordable(ordinates: usize, nodes: f64) -> bool {
    ordinates <= MOST_ORDINATES && 8.0 * (ordinates as f64).powi(2) * nodes <= MOST_BYTES
}

/// The most ordinates that a sweep may come to, whose refinement has so many nodes.
pub(super) fn most_ordinates<const D: usize>(space: &VelocitySpace<D>, nodes: f64) -> usize {
    let count = |angles: usize| space.ordinates(angles).len();
    let more = LADDER.into_iter().map(count).take_while(|count| affordable(*count, nodes));
    more.last().unwrap_or(0).max(count(TRIED))
}
