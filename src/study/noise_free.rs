//! The sweep without noise: the kinetic equation itself, solved on a grid, beside its limit or
//! beside the equation of another experiment; and the limits of two experiments.

use super::difference::{Comparison, Differences, Measure, Side, Test, pairing};
use super::measured::Measured;
use super::monitor::Monitor;
use super::norms::{NodalField, Norm, measure, norm_of};
use super::observed::{Each, Observed};
use super::reference::limit_fields;
use super::statistics::Estimate;
use crate::experiment::{Experiment, Parameter};
use crate::kinetic::{self, Entropy, KineticSolver, Resolution};
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;
use std::cell::RefCell;

/// Nodes around the circle of velocities, in the fine solution and in the coarse one.
pub(super) const ANGLES: [usize; 2] = [16, 12];
/// Field steps of the cells in one time step of either.
const STEPS: [f64; 2] = [0.125, 0.25];

/// The difference of a solution to what it is compared with, at one value of the parameter.
pub(super) struct Solution {
    /// Of the best solution, and its error.
    fields: [Each<NodalField>; 2],
    weak: [Vec<f64>; 2],
    /// The entropy after every step of the fine solution.
    pub entropy: Vec<Entropy>,
}

/// How the equation of `model` is solved, finely (0) and coarsely (1). A sweep in the field step
/// looks at that step itself: both then differ in the angles alone.
fn resolution<const D: usize>(model: &Model<D>, parameter: Parameter, which: usize) -> Resolution {
    let steps = if parameter == Parameter::Step { 1.0 } else { STEPS[which] };
    Resolution { angles: ANGLES[which], step: steps * model.step }
}

/// The experiment and what it is compared with, if that has an equation of its own.
fn both<const D: usize>(comparison: &Comparison<D>) -> impl Iterator<Item = &Comparison<D>> {
    std::iter::once(comparison).chain(comparison.other())
}

/// Predicted work of all solutions, in the units of [`super::cost::Cost::work`].
pub(super) fn predicted_work<const D: usize>(
    comparison: &Comparison<D>,
    parameter: Parameter,
) -> f64 {
    let work = |c: &Comparison<D>| -> f64 {
        let model = &c.model;
        let work =
            |which| kinetic::predicted_work(model, resolution(model, parameter, which), end(model));
        (0..2).map(work).sum()
    };
    both(comparison).map(work).sum()
}

fn end<const D: usize>(model: &Model<D>) -> f64 {
    *model.outputs.last().expect("the final time is an output")
}

/// Solves the kinetic equation twice and subtracts what it is compared with. The fine solution is
/// corrected by a third of its distance to the coarse one, which removes the error in Δt², the
/// largest; the correction is taken for the error. In a sweep over the step nothing is removed.
pub(super) fn solve<const D: usize>(
    comparison: &Comparison<D>,
    parameter: Parameter,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Solution, SimulationError> {
    let sides = both(comparison).count() as f64;
    let entropy = RefCell::new(Vec::new());
    let solution = |c: &Comparison<D>, which: usize| {
        let model = &c.model;
        let mut solver = KineticSolver::new(model, resolution(model, parameter, which));
        // Lemma 2 of CMPS knows no births and deaths.
        let kept = which == 0 && std::ptr::eq(c, comparison) && model.growth.is_none();
        if kept {
            solver.keep_entropy();
        }
        let part = share * [0.6, 0.4][which] / sides;
        if !solver.run(end(model), monitor.stop, &|done| (monitor.progress)(part * done)) {
            return Err(SimulationError::Interrupted);
        }
        let (density, flux) = (solver.density(), solver.flux());
        let means = |test: &Test<D>| {
            (pairing(&density, &test.nodal), flux.each_ref().map(|f| pairing(f, &test.nodal)))
        };
        if kept {
            *entropy.borrow_mut() = solver.entropy().to_vec();
        }
        Ok(c.side(&solver.fields(&c.moments), means))
    };
    let (fine, coarse) = paired(comparison, solution)?;
    let best = match parameter {
        Parameter::Step => Solution::new(fine, coarse, |fine, coarse| *coarse = *fine - *coarse),
        _ => Solution::new(fine, coarse, correct),
    };
    Ok(Solution { entropy: entropy.into_inner(), ..best })
}

/// The same for the macroscopic limits of two experiments, with half the step of the limit and with
/// that step.
pub(super) fn solve_limit<const D: usize>(
    comparison: &Comparison<D>,
    experiments: [&Experiment; 2],
    monitor: &Monitor<'_>,
) -> Result<Solution, SimulationError> {
    let solution = |c: &Comparison<D>, which: usize| {
        let mut e = experiments[usize::from(!std::ptr::eq(c, comparison))].clone();
        e.limit.step *= [0.5, 1.0][which];
        let run = limit_fields::<D>(&e, true, monitor.stop)?.to_the_end()?;
        let means = c.means_of(run.last());
        Ok(c.side(&c.macroscopic(run.last()), |test| means(&test.nodal)))
    };
    let (fine, coarse) = paired(comparison, solution)?;
    Ok(Solution::new(fine, coarse, |fine, coarse| *coarse = *fine - *coarse))
}

/// The fine and the coarse solution, each less what it is compared with.
fn paired<const D: usize>(
    comparison: &Comparison<D>,
    solution: impl Fn(&Comparison<D>, usize) -> Result<Side<D>, SimulationError>,
) -> Result<(Side<D>, Side<D>), SimulationError> {
    let difference = |which| {
        let own = solution(comparison, which)?;
        match comparison.other() {
            None => Ok::<_, SimulationError>(own),
            Some(other) => Ok(comparison.minus(own, solution(other, which)?)),
        }
    };
    Ok((difference(0)?, difference(1)?))
}

/// Adds (fine − coarse)/3 to `fine`, and leaves it in `coarse`.
fn correct(fine: &mut f64, coarse: &mut f64) {
    *coarse = (*fine - *coarse) / 3.0;
    *fine += *coarse;
}

impl Solution {
    /// `combine` turns a fine and a coarse value into the best one and its error.
    fn new<const D: usize>(
        fine: Side<D>,
        coarse: Side<D>,
        combine: impl Fn(&mut f64, &mut f64),
    ) -> Self {
        let (mut fine, mut coarse) = (fine, coarse);
        let nodal = fine.nodal.0.iter_mut().flatten().zip(coarse.nodal.0.iter_mut().flatten());
        let pairs = nodal.chain([(&mut fine.weak, &mut coarse.weak)]);
        pairs.flat_map(|(f, c)| f.iter_mut().zip(c)).for_each(|(f, c)| combine(f, c));
        let (fields, weak) = ([fine.nodal, coarse.nodal], [fine.weak, coarse.weak]);
        Self { fields, weak, entropy: Vec::new() }
    }

    /// Whether it knows what `of` is about.
    pub fn has(&self, of: Measure) -> bool {
        match of {
            Measure::Norm(q, _) => !self.fields[0][q].is_empty(),
            Measure::Weak(_) => true,
        }
    }

    /// The distance in one measure; the interval is as wide as the error on either side.
    pub fn distance<const D: usize>(&self, of: Measure, spectral: &Spectral<D>) -> Estimate {
        let size = |which: usize| match of {
            Measure::Weak(w) => self.weak[which][w],
            Measure::Norm(q, norm) => norm_of(norm, &self.fields[which][q], spectral),
        };
        let (value, error) = (size(0), size(1).abs());
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
            (field.iter().zip(&self.fields[0][q]))
                .map(|(f, own)| f.iter().zip(own).map(|(f, own)| f - own).collect())
                .collect()
        };
        let fields: Vec<NodalField> = cells.fields.iter().map(|f| minus(&f[q])).collect();
        measure(norm, &fields.iter().collect::<Vec<_>>(), spectral)
    }
}
