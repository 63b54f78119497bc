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

use super::difference::{Comparison, Side, Test, pairing};
use super::fineness::{DOUBT, FOLLOWS, LADDER, STEPS, TRIED, affordable, both, end, share_of_best};
use super::ledger::Task;
use super::monitor::Monitor;
use super::reference::{LimitFields, coarse_limit};
use super::refinement::{FLOORS, Other, without_outputs};
use super::regrid::{Refined, regridded};
use super::solution::{Change, Solution, sizes};
use super::stage::Stage;
use crate::experiment::{Experiment, Parameter};
use crate::fields::Fields;
use crate::kinetic::{Entropy, KineticSolver, Resolution};
use crate::limit::Coarseness;
use crate::simulation::SimulationError;
use std::cell::RefCell;

/// The change from four steps to two over that from two to one, where the order is seen to be 2.
const SECOND_ORDER: std::ops::Range<f64> = 3.0..5.0;

/// What half the step changes.
struct Late {
    change: Change,
    /// The errors of the weak errors.
    weak: Vec<f64>,
    /// Whether the change is of second order.
    second: bool,
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

/// Share of the work in one of the limits that tell how far two of them are apart, at most eight.
const OF_LIMIT: f64 = 0.125;

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
        // Lemma 2 of CMPS knows neither births and deaths nor other populations.
        let alone = model.populations.len() == 1 && model.network.is_empty();
        let kept = how.entropy && alone && model.first().growth.is_none();
        let task = || {
            let How { angles, floor, .. } = how;
            let how = format!("{} {angles} {steps:?} {floor:?} {kept}", c.definition);
            Task::new("equation", &how, 0)
        };
        let solve = || self.solved(c, How { steps, entropy: kept, ..how });
        let (fields, weak, entropy) = self.monitor.recall(task, solve)?;
        if kept {
            *self.entropy.borrow_mut() = entropy;
        }
        Ok(Side::new(fields, weak, &c.model.spectral))
    }

    /// The fields less what they are compared with, the weak errors, and the entropy after every step, if it is kept.
    fn solved(
        &self,
        c: &Comparison<D>,
        how: How,
    ) -> Result<(Fields<D>, Vec<f64>, Vec<Entropy>), SimulationError> {
        let (model, steps) = (&c.model, how.steps);
        let resolution = Resolution { angles: how.angles, step: steps * model.step };
        let mut solver = KineticSolver::new(model, resolution).with_floor(how.floor);
        if how.entropy {
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
        let side = c.side(&solver.fields(&c.moments), means);
        Ok((side.fields, side.weak, solver.entropy().to_vec()))
    }

    /// The fewest angles of which more are not followed by ρ, the solution with these and, unless V has no angles,
    /// its error by how much it changes with more. Where there are never enough, the most that are affordable, and by
    /// how much it changed with the last of them.
    fn angles(
        &self,
        c: &Comparison<D>,
        how: How,
    ) -> Result<(usize, Side<D>, Option<Change>), SimulationError> {
        let count = |angles: usize| -> usize {
            c.model.populations.iter().map(|s| s.space.ordinates(angles).len()).sum()
        };
        let [first, second, ..] = LADDER;
        let (mut angles, mut now) = (first, self.solve(c, How { angles: first, ..how })?);
        if count(first) == count(second) {
            return Ok((angles, now, None));
        }
        let mut change = None;
        for more in LADDER.into_iter().skip(1) {
            if more > TRIED && !affordable(count(more), c.model.grid().len() as f64) {
                break;
            }
            let entropy = self.entropy.take();
            let share = if more == second { how.share } else { 0.0 };
            let next = self.solve(c, How { angles: more, share, ..how })?;
            let by = Change::of(&next, &now);
            if by.size() <= FOLLOWS * sizes(next.nodal.densities()) {
                self.entropy.replace(entropy);
                return Ok((angles, now, Some(by.scaled(DOUBT))));
            }
            (angles, now, change) = (more, next, Some(by));
        }
        Ok((angles, now, change))
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
        angles: LADDER[0],
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
