//! The stages of a sweep on another grid, by which it is measured what the grid matters.

use super::difference::Comparison;
use super::fineness::COARSER;
use super::monitor::Monitor;
use super::reference::{LimitFields, watched_limit};
use super::refinement::{Other, Others};
use super::stage::Stage;
use crate::experiment::{Experiment, Parameter, Point};
use crate::growth::Growth;
use crate::simulation::SimulationError;
use std::sync::atomic::Ordering;

/// Fewest grid cells along an edge.
const FEWEST: usize = 4;
/// A finer solution is nearer by this part of the error or more, where that falls with the power of the
/// spacing for which a coarser one is farther off by all of it.
const NEARER: f64 = 0.5;

/// What the stages of a sweep are solved again with.
pub(super) struct Refined<const D: usize> {
    /// By stage: the same on another grid. None where the grid is what the sweep looks at.
    pub grid: Vec<Comparison<D>>,
    /// Whether that is coarser.
    pub coarser: bool,
    /// How much of a change with the grid is taken for an error.
    pub share: f64,
    /// What is between these and the limit that is subtracted adds to its error.
    pub limit: Vec<Other<D>>,
    /// Whether it matters where nothing is born.
    pub births: bool,
}

impl<const D: usize> Refined<D> {
    /// Solves the limit on another grid. `limits` are the others of a sweep in ε.
    pub fn new(
        stages: &[Stage<D>],
        limits: Option<Others<D>>,
        monitor: &Monitor<'_>,
    ) -> Result<Self, SimulationError> {
        let first = &stages[0].point.own;
        let births = match &limits {
            Some(limits) => limits.births.is_some(),
            None => (first.populations.iter())
                .filter_map(|p| Growth::of(&p.cells))
                .any(|growth| growth.constant().is_none()),
        };
        let limit = limits.map_or(Vec::new(), |limits| of_limit(first, limits));
        if first.converge.parameter == Parameter::Grid {
            return Ok(Self { grid: Vec::new(), coarser: true, share: 1.0, limit, births });
        }
        // A grid may be too coarse to start on, or to hold the limit.
        let (grid, coarser) = match on_another_grid(stages, true, monitor) {
            Err(fault) if monitor.stop.load(Ordering::Relaxed) => return Err(fault),
            Err(_) => (on_another_grid(stages, false, monitor)?, false),
            Ok(grid) => (grid, true),
        };
        let share = if refines(first, coarser) { 1.0 / NEARER } else { 1.0 };
        Ok(Self { grid, coarser, share, limit, births })
    }
}

/// The others by which the limit of `e` adds to the error of a distance. A grid that both sides have in
/// common is refined for both at once.
fn of_limit<const D: usize>(e: &Experiment, limits: Others<D>) -> Vec<Other<D>> {
    let Others { time, grid, births } = limits;
    // Another norm may see another order.
    let time = Other { share: time.share.max(time.most), ..time };
    let grid = Some(grid).filter(|_| e.limit.grid != e.domain.grid);
    std::iter::once(time).chain(grid).chain(births).collect()
}

/// Whether the other grid is finer along some axis.
fn refines(e: &Experiment, coarser: bool) -> bool {
    let there = regridded(e, coarser);
    let pairs = |a: &[usize], b: &[usize]| a.iter().zip(b).any(|(a, b)| a < b);
    pairs(&e.domain.grid, &there.domain.grid) || pairs(&e.limit.grid, &there.limit.grid)
}

/// The comparisons of all stages on another grid: a coarser one, or else a finer one.
fn on_another_grid<const D: usize>(
    stages: &[Stage<D>],
    coarser: bool,
    monitor: &Monitor<'_>,
) -> Result<Vec<Comparison<D>>, SimulationError> {
    let regridded = |e: &Experiment| regridded(e, coarser);
    // The limit does not depend on ε.
    let limit = match stages[0].point.other {
        Some(_) => None,
        None => Some(mollified::<D>(&regridded(&stages[0].point.own), monitor)?),
    };
    let all = stages.iter().map(|Stage { point: Point { own, other, .. }, .. }| {
        let own = regridded(own);
        match (other, &limit) {
            (Some(other), _) => Comparison::between(&own, &regridded(other)),
            (None, Some(limit)) => Comparison::with_limit(&own, limit),
            (None, None) => unreachable!("a sweep without another experiment has a limit"),
        }
    });
    all.collect()
}

/// The same on another grid.
pub(super) fn regridded(e: &Experiment, coarser: bool) -> Experiment {
    let mut e = e.clone();
    // Multiples of 8 suit an open boundary (see `Boundary::Open`).
    let unit = if e.domain.is_open() { 8 } else { 2 };
    let axes = e.domain.grid.iter_mut().chain(&mut e.limit.grid);
    axes.for_each(|n| *n = another(*n, unit, coarser));
    // It is compared, whatever it is like.
    e.domain.leak = 1.0;
    e
}

/// The largest number of grid cells below `n`/[`COARSER`], or the smallest above `n`·[`COARSER`], that
/// is a multiple of `unit` and easy to transform. An axis of few grid cells is always refined.
fn another(n: usize, unit: usize, coarser: bool) -> usize {
    let easy = |n: &usize| {
        let mut rest = *n;
        for prime in [2, 3, 5] {
            while rest.is_multiple_of(prime) {
                rest /= prime;
            }
        }
        rest == 1 && n.is_multiple_of(unit)
    };
    let below = (unit.max(FEWEST)..=(n as f64 / COARSER) as usize).rev().find(easy);
    let above =
        || ((n as f64 * COARSER).ceil() as usize..).find(easy).expect("powers of two go on");
    below.filter(|_| coarser).unwrap_or_else(above)
}

/// ρ₀ feeding S₀ through K_h, at the final time.
fn mollified<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<LimitFields<D>, SimulationError> {
    Ok(watched_limit::<D>(e, true, monitor)?.to_the_end()?.last().clone())
}
