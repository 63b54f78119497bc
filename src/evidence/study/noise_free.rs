//! The sweep without noise: the kinetic equation itself, solved on a grid, beside its limit or
//! beside the equation of another experiment; and the limits of two experiments.
//!
//! What a distance D is uncertain by is measured by refinement, cause by cause: D is found again with
//! another grid, twice the step and fewer ordinates, and each change is taken whole, or twice where it
//! could only be made finer. It bounds the
//! error of D wherever that falls at least in proportion to what is refined. Step and ordinates are
//! refined on the coarser grid, where that is cheap; with the grid D changes as a whole, both sides of
//! it, so that what they have in common cancels. The limit has errors of its own
//! ([`refinement`](super::refinement)): that of its step, of its grid, if that is another one, and of what
//! is not born; each changes D by its norm at most.

use super::difference::{Comparison, Differences, Measure, Side, Test, pairing};
use super::measured::Measured;
use super::monitor::Monitor;
use super::norms::{NodalField, Norm, measure, norm_of};
use super::observed::{Each, Observed};
use super::reference::{LimitFields, coarse_limit, watched_limit};
use super::refinement::{FLOORS, Other, Others, without_outputs};
use super::stage::Stage;
use super::statistics::Estimate;
use crate::experiment::{Experiment, Parameter, Point};
use crate::growth::Growth;
use crate::kinetic::{self, Entropy, KineticSolver, Resolution};
use crate::limit::Coarseness;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;
use crate::velocity::VelocitySpace;
use std::cell::RefCell;
use std::sync::atomic::Ordering;

/// Nodes around the circle of velocities; fewer, to see what they matter; and more, until the distance
/// of ρ follows them by no more than a share of it.
pub(super) const ANGLES: usize = 16;
const FEWER: usize = 12;
const MORE: [usize; 5] = [24, 32, 48, 64, 96];
const FOLLOWS: f64 = 1e-4;
/// Most ordinates: 96 angles on a circle, 32 and a sphere.
const MOST_ORDINATES: usize = 512;
/// Most bytes of a turning operator that is a table.
const MOST_BYTES: f64 = 1e9;
/// Field steps of the cells in one time step.
const STEPS: f64 = 0.125;
/// The change from four steps to two over that from two to one, where the order is seen to be 2.
const SECOND_ORDER: std::ops::Range<f64> = 3.0..5.0;
/// How much wider the spacing of the other grid is, at least, and the fewest grid cells along an edge.
pub(super) const COARSER: f64 = 1.5;
const FEWEST: usize = 4;
/// A finer solution is nearer by this part of the error or more, where that falls with the power of the
/// spacing for which a coarser one is farther off by all of it.
const NEARER: f64 = 0.5;

/// The difference of a solution to what it is compared with, at one value of the parameter.
pub(super) struct Solution {
    best: Change,
    /// By how much it changed with what it is found by.
    causes: Vec<Change>,
    /// The entropy after every step of the best solution.
    pub entropy: Vec<Entropy>,
}

/// The nodal fields ρ, S, ∇S, J, r and the weak errors of a difference, or of a change of it.
struct Change {
    fields: Each<NodalField>,
    weak: Vec<f64>,
}

/// What half the step changes.
struct Late {
    change: Change,
    /// The errors of the weak errors.
    weak: Vec<f64>,
    /// Whether the change is of second order.
    second: bool,
}

/// What the stages of a sweep are solved again with.
pub(super) struct Refined<const D: usize> {
    /// By stage: the same on another grid. None where the grid is what the sweep looks at.
    grid: Vec<Comparison<D>>,
    /// Whether that is coarser.
    coarser: bool,
    /// How much of a change with the grid is taken for an error.
    share: f64,
    /// What is between these and the limit that is subtracted adds to its error.
    limit: Vec<Other<D>>,
    /// Whether it matters where nothing is born.
    births: bool,
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
fn regridded(e: &Experiment, coarser: bool) -> Experiment {
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

/// The same with other steps, or with births of what is thicker alone.
fn coarse<const D: usize>(
    e: &Experiment,
    coarseness: Coarseness,
    monitor: &Monitor<'_>,
) -> Result<LimitFields<D>, SimulationError> {
    let run = coarse_limit::<D>(&without_outputs(e), true, coarseness, monitor)?;
    Ok(run.to_the_end()?.last().clone())
}

/// The experiment and what it is compared with, if that has an equation of its own.
fn both<const D: usize>(comparison: &Comparison<D>) -> impl Iterator<Item = &Comparison<D>> {
    std::iter::once(comparison).chain(comparison.other())
}

/// Predicted work of all solutions, in the units of [`super::cost::Cost::work`].
pub(super) fn predicted_work<const D: usize>(comparison: &Comparison<D>) -> f64 {
    both(comparison).map(|c| work_of_one(&c.model)).sum()
}

/// The same of one model, before there is anything to compare with.
pub(super) fn work_of_one<const D: usize>(model: &Model<D>) -> f64 {
    let how = Resolution { angles: ANGLES, step: STEPS * model.step };
    kinetic::predicted_work(model, how, end(model)) / share_of_best::<D>()
}

/// Share of the work in the best solution. The others are four on a grid that is coarser by
/// [`COARSER`], and so is their step in time.
fn share_of_best<const D: usize>() -> f64 {
    1.0 / (1.0 + 4.0 * COARSER.powi(-(D as i32 + 1)))
}

fn end<const D: usize>(model: &Model<D>) -> f64 {
    *model.outputs.last().expect("the final time is an output")
}

/// Share of the work in one of the limits that tell how far two of them are apart, at most eight.
const OF_LIMIT: f64 = 0.125;

/// Whether more ordinates may be tried, on so many nodes.
fn affordable(ordinates: usize, nodes: f64) -> bool {
    ordinates <= MOST_ORDINATES && 8.0 * (ordinates as f64).powi(2) * nodes <= MOST_BYTES
}

/// The most ordinates that a sweep may come to, whose refinement has so many nodes.
pub(super) fn most_ordinates<const D: usize>(space: &VelocitySpace<D>, nodes: f64) -> usize {
    let count = |angles: usize| space.ordinates(angles).len();
    let more = MORE.into_iter().map(count).take_while(|count| affordable(*count, nodes));
    more.last().unwrap_or(0).max(count(ANGLES))
}

/// How an equation is solved.
#[derive(Clone, Copy)]
struct How {
    angles: usize,
    /// Time step in field steps.
    steps: f64,
    /// Whether the entropy is kept.
    entropy: bool,
    /// The density below which nothing is born, in that of the experiment.
    floor: f64,
    /// Of all work.
    share: f64,
}

/// How one value of a sweep is solved.
struct Solver<'a, const D: usize> {
    /// Whose grid every solution is brought to.
    on: &'a Comparison<D>,
    parameter: Parameter,
    monitor: &'a Monitor<'a>,
    entropy: RefCell<Vec<Entropy>>,
}

impl<const D: usize> Solver<'_, D> {
    /// The difference that `c` is about.
    fn solve(&self, c: &Comparison<D>, how: How) -> Result<Side<D>, SimulationError> {
        let how = How { share: how.share / both(c).count() as f64, ..how };
        let own = self.side(c, how)?;
        let difference = match c.other() {
            None => own,
            Some(other) => c.minus(own, self.side(other, How { entropy: false, ..how })?),
        };
        Ok(if std::ptr::eq(c, self.on) { difference } else { self.on.lifted(difference, c) })
    }

    fn side(&self, c: &Comparison<D>, how: How) -> Result<Side<D>, SimulationError> {
        let model = &c.model;
        // A sweep in the field step looks at that step itself.
        let steps = if self.parameter == Parameter::Step { 1.0 } else { how.steps };
        let resolution = Resolution { angles: how.angles, step: steps * model.step };
        let mut solver = KineticSolver::new(model, resolution).with_floor(how.floor);
        // Lemma 2 of CMPS knows neither births and deaths nor other populations.
        let alone = model.populations.len() == 1 && model.network.is_empty();
        let kept = how.entropy && alone && model.first().growth.is_none();
        if kept {
            solver.keep_entropy();
        }
        let progress = |done: f64| (self.monitor.progress)(how.share * done);
        if !solver.run(end(model), self.monitor.stop, &progress) {
            return Err(SimulationError::Interrupted);
        }
        let all = 0..model.populations.len();
        let nodal: Vec<_> = all.map(|p| (solver.density(p), solver.flux(p))).collect();
        let means = |test: &Test<D>| {
            let one = |(density, flux): &(Vec<f64>, [Vec<f64>; D])| {
                (pairing(density, &test.nodal), flux.each_ref().map(|f| pairing(f, &test.nodal)))
            };
            nodal.iter().map(one).collect()
        };
        if kept {
            *self.entropy.borrow_mut() = solver.entropy().to_vec();
        }
        Ok(c.side(&solver.fields(&c.moments), means))
    }

    /// The fewest angles that ρ no longer follows, the solution with these and, unless V has no angles,
    /// by how much it differs from that with fewer.
    fn angles(
        &self,
        c: &Comparison<D>,
        how: How,
    ) -> Result<(usize, Side<D>, Option<Change>), SimulationError> {
        let count = |angles: usize| -> usize {
            c.model.populations.iter().map(|s| s.space.ordinates(angles).len()).sum()
        };
        let with = |angles: usize| self.solve(c, How { angles, ..how });
        let mut now = with(how.angles)?;
        if count(FEWER) == count(how.angles) {
            return Ok((how.angles, now, None));
        }
        let (mut angles, mut change) = (how.angles, Change::of(&now, &with(FEWER)?));
        for more in MORE {
            let follows = change.size() > FOLLOWS * sizes(now.nodal.densities());
            if !follows || !affordable(count(more), c.model.grid().len() as f64) {
                break;
            }
            let next = self.solve(c, How { angles: more, share: 0.0, ..how })?;
            (angles, change, now) = (more, Change::of(&next, &now), next);
        }
        Ok((angles, now, Some(change)))
    }

    /// By how much `base` changes with twice the step, and whether that is of second order. Terms of
    /// two orders may cancel in one change of a weak error, but not in two of them: it gets the larger
    /// of this one and a quarter of the next.
    fn step(
        &self,
        c: &Comparison<D>,
        base: &Side<D>,
        how: How,
    ) -> Result<Option<Late>, SimulationError> {
        // In a steady signal, where no cell is born, every step is exact.
        if self.parameter == Parameter::Step || both(c).all(|c| c.model.is_frozen()) {
            return Ok(None);
        }
        let with = |factor: f64| self.solve(c, How { steps: factor * how.steps, ..how });
        let (twice, four) = (with(2.0)?, with(4.0)?);
        let (change, before) = (Change::of(base, &twice), Change::of(&twice, &four));
        let second = SECOND_ORDER.contains(&(before.size() / change.size()));
        let weak = change.weak.iter().zip(&before.weak);
        let error = weak.map(|(one, two)| one.abs().max(0.25 * two.abs())).collect();
        Ok(Some(Late { change, weak: error, second }))
    }
}

/// The difference at one stage, and by how much it changes on another grid, with fewer angles, with
/// twice the step and with another step of the limit. Where the step is seen to be of second order, a
/// third of its change is added, which removes that error, and taken for it.
pub(super) fn solve<const D: usize>(
    (index, stage): (usize, &Stage<D>),
    refined: &Refined<D>,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Solution, SimulationError> {
    let (on, parameter) = (&stage.comparison, stage.point.own.converge.parameter);
    let solver = Solver { on, parameter, monitor, entropy: RefCell::new(Vec::new()) };
    let (of_best, other) = (share_of_best::<D>(), refined.grid.get(index));
    let cheap = How {
        angles: ANGLES,
        steps: STEPS,
        entropy: other.is_none(),
        floor: 1.0,
        share: 0.25 * (1.0 - of_best) * share,
    };
    let (angles, base, change) = solver.angles(other.unwrap_or(on), cheap)?;
    let mut causes: Vec<Change> = change.into_iter().collect();
    let late = solver.step(other.unwrap_or(on), &base, How { angles, ..cheap })?;
    if refined.births {
        let how = How { angles, floor: FLOORS, entropy: false, share: 0.0, ..cheap };
        causes.push(Change::of(&base, &solver.solve(other.unwrap_or(on), how)?));
    }
    let best = match other {
        None => base,
        Some(_) => {
            let how = How { angles, entropy: true, share: of_best * share, ..cheap };
            let best = solver.solve(on, how)?;
            causes.push(Change::of(&best, &base).scaled(refined.share));
            best
        }
    };
    let mut best = Change { fields: best.nodal, weak: best.weak };
    if let Some(Late { mut change, mut weak, second }) = late {
        if second {
            change.values().chain(&mut weak).for_each(|v| *v /= 3.0);
            best.values().zip(change.values()).for_each(|(best, change)| *best += *change);
        }
        causes.push(Change { weak, ..change });
    }
    for Other { fields: limit, share, .. } in &refined.limit {
        let means = on.means_of(limit);
        let Side { nodal: fields, weak, .. } =
            on.side(&on.macroscopic(limit), |test| means(&test.nodal));
        causes.push(Change { fields, weak }.scaled(*share));
    }
    Ok(Solution { best, causes, entropy: solver.entropy.into_inner() })
}

/// The same for the macroscopic limits of two experiments, with half of their step, and by how much it
/// changes with that step and on another grid.
pub(super) fn solve_limit<const D: usize>(
    (index, stage): (usize, &Stage<D>),
    refined: &Refined<D>,
    monitor: &Monitor<'_>,
) -> Result<Solution, SimulationError> {
    let (on, own) = (&stage.comparison, &stage.point.own);
    let other = stage.point.other.as_ref().expect("delta has the elliptic signal");
    let solution = |c: &Comparison<D>, e: &Experiment, how: Coarseness| {
        let limit = monitor.part(OF_LIMIT, "", |m| coarse(e, how, m))?;
        let means = c.means_of(&limit);
        Ok::<_, SimulationError>(c.side(&c.macroscopic(&limit), |test| means(&test.nodal)))
    };
    let difference = |c: &Comparison<D>, [own, other]: [&Experiment; 2], how: Coarseness| {
        let minuend = solution(c, own, how)?;
        Ok::<_, SimulationError>(match c.other() {
            Some(theirs) => c.minus(minuend, solution(theirs, other, how)?),
            None => minuend,
        })
    };
    let best = difference(on, [own, other], Coarseness { step: 0.5, ..Coarseness::NONE })?;
    let whole = difference(on, [own, other], Coarseness::NONE)?;
    let mut causes = vec![Change::of(&best, &whole)];
    if refined.births {
        let thicker = Coarseness { floor: FLOORS, ..Coarseness::NONE };
        causes.push(Change::of(&whole, &difference(on, [own, other], thicker)?));
    }
    if let Some(c) = refined.grid.get(index) {
        let [own, other] = [own, other].map(|e| regridded(e, refined.coarser));
        let there = difference(c, [&own, &other], Coarseness::NONE)?;
        causes.push(Change::of(&whole, &on.lifted(there, c)).scaled(refined.share));
    }
    let best = Change { fields: best.nodal, weak: best.weak };
    Ok(Solution { best, causes, entropy: Vec::new() })
}

impl Change {
    /// `a` − `b`.
    fn of<const D: usize>(a: &Side<D>, b: &Side<D>) -> Self {
        let minus = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let field = |a: &NodalField, b: &NodalField| -> NodalField {
            a.iter().zip(b).map(|(a, b)| minus(a, b)).collect()
        };
        Self { fields: a.nodal.zip_map(&b.nodal, field), weak: minus(&a.weak, &b.weak) }
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.values().for_each(|v| *v *= factor);
        self
    }

    /// Every number of it.
    fn values(&mut self) -> impl Iterator<Item = &mut f64> {
        self.fields.values_mut().flatten().flatten().chain(&mut self.weak)
    }

    /// Of the fields of all ρ.
    fn size(&self) -> f64 {
        sizes(self.fields.densities())
    }
}

/// (Σ of squares)^½.
fn sizes(fields: &[NodalField]) -> f64 {
    fields.iter().flatten().flatten().map(|v| v * v).sum::<f64>().sqrt()
}

impl Solution {
    /// Whether it knows what `of` is about.
    pub fn has(&self, of: Measure) -> bool {
        match of {
            Measure::Norm(q, _) => !self.best.fields[q].is_empty(),
            Measure::Weak(_) => true,
        }
    }

    /// The distance in one measure; half of the interval is the sum of its changes.
    pub fn distance<const D: usize>(&self, of: Measure, spectral: &Spectral<D>) -> Estimate {
        let size = |change: &Change| match of {
            Measure::Weak(w) => change.weak[w],
            // The limit has no r, and so no error of it.
            Measure::Norm(q, _) if change.fields[q].is_empty() => 0.0,
            Measure::Norm(q, norm) => norm_of(norm, &change.fields[q], spectral),
        };
        let value = size(&self.best);
        let error: f64 = self.causes.iter().map(|cause| size(cause).abs()).sum();
        Estimate { value, std_error: 0.0, low: value - error, high: value + error }
    }

    /// How far the mean of the cells is from this solution, in one norm.
    pub fn distance_of_cells<const D: usize>(
        &self,
        cells: &Differences,
        (q, norm): (Observed, Norm),
        spectral: &Spectral<D>,
    ) -> Measured {
        let minus = |field: &NodalField| -> NodalField {
            (field.iter().zip(&self.best.fields[q]))
                .map(|(f, own)| f.iter().zip(own).map(|(f, own)| f - own).collect())
                .collect()
        };
        let fields: Vec<NodalField> = cells.fields.iter().map(|f| minus(&f[q])).collect();
        measure(norm, &fields.iter().collect::<Vec<_>>(), spectral)
    }
}
