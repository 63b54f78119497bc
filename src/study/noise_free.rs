//! The sweep without noise: the kinetic equation itself, solved on a grid, beside its limit.

use super::difference::{Comparison, Differences, Measure, Test, pairing};
use super::monitor::Monitor;
use super::norms::{LeaveOneOut, NodalField, Norm, measure};
use super::statistics::Estimate;
use crate::experiment::Experiment;
use crate::kinetic::{self, Entropy, KineticSolver, Resolution};
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;

/// Nodes around the circle of velocities, in the fine solution and in the coarse one.
const ANGLES: [usize; 2] = [16, 12];
/// Field steps of the cells in one time step of either.
const STEPS: [f64; 2] = [0.125, 0.25];

/// The difference of the solution of the kinetic equation to its limit at one ε.
pub(super) struct Solution {
    /// From the fine solution, corrected by a third of its distance to the coarse one (which
    /// removes the error in Δt², the largest); what the correction was.
    fields: [[NodalField; 5]; 2],
    weak: [Vec<f64>; 2],
    /// The entropy after every step of the fine solution.
    pub entropy: Vec<Entropy>,
}

/// How the equation of `e` is solved, finely (0) and coarsely (1).
fn resolution(e: &Experiment, which: usize) -> Resolution {
    Resolution { angles: ANGLES[which], step: STEPS[which] * e.time.step }
}

/// Predicted work of both solutions, in the units of [`super::cost::Cost::work`].
pub(super) fn predicted_work<const D: usize>(e: &Experiment, model: &Model<D>) -> f64 {
    (0..2).map(|which| kinetic::predicted_work(model, resolution(e, which), e.time.end)).sum()
}

/// Solves the kinetic equation of `e` twice and subtracts the limit.
pub(super) fn solve<const D: usize>(
    e: &Experiment,
    comparison: &Comparison<D>,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Solution, SimulationError> {
    let model = &comparison.model;
    let solution = |which: usize| {
        let mut solver = KineticSolver::new(model, resolution(e, which));
        if which == 0 {
            solver.keep_entropy();
        }
        let progress = |done: f64| (monitor.progress)(share * [0.6, 0.4][which] * done);
        if !solver.run(e.time.end, monitor.stop, &progress) {
            return Err(SimulationError::Interrupted);
        }
        let fields = comparison.subtract_from(&solver.fields(&comparison.moments));
        let (density, flux) = (solver.density(), solver.flux());
        let means = |test: &Test<D>| {
            (pairing(&density, &test.nodal), flux.each_ref().map(|f| pairing(f, &test.nodal)))
        };
        let weak = comparison.weak_errors(means, &fields);
        Ok((fields, weak, solver.entropy().to_vec()))
    };
    let (mut fields, mut weak, entropy) = solution(0)?;
    let (mut change, mut weak_change, _) = solution(1)?;
    let pairs = fields.iter_mut().flatten().zip(change.iter_mut().flatten());
    pairs.for_each(|(fine, coarse)| correct(fine, coarse));
    correct(&mut weak, &mut weak_change);
    Ok(Solution { fields: [fields, change], weak: [weak, weak_change], entropy })
}

/// Adds (fine − coarse)/3 to `fine`, and leaves it in `coarse`.
fn correct(fine: &mut [f64], coarse: &mut [f64]) {
    for (fine, coarse) in fine.iter_mut().zip(coarse) {
        *coarse = (*fine - *coarse) / 3.0;
        *fine += *coarse;
    }
}

impl Solution {
    /// The distance in one measure; the interval is as wide as the correction was on either side.
    pub fn distance<const D: usize>(&self, of: Measure, spectral: &Spectral<D>) -> Estimate {
        let size = |which: usize| match of {
            Measure::Weak(w) => self.weak[which][w],
            // Of equal replicates, the norm is that of each.
            Measure::Norm(q, norm) => {
                let field: &NodalField = &self.fields[which][q];
                measure(norm, &vec![field.clone(); 4], spectral).estimate(0.5).value
            }
        };
        let (value, error) = (size(0), size(1).abs());
        Estimate { value, std_error: 0.0, low: value - error, high: value + error }
    }

    /// How far the mean of the cells is from this solution, in one norm.
    pub fn distance_of_cells<const D: usize>(
        &self,
        cells: &Differences,
        (q, norm): (usize, Norm),
        spectral: &Spectral<D>,
    ) -> LeaveOneOut {
        let minus = |field: &NodalField| -> NodalField {
            (field.iter().zip(&self.fields[0][q]))
                .map(|(f, own)| f.iter().zip(own).map(|(f, own)| f - own).collect())
                .collect()
        };
        let fields: Vec<NodalField> = cells.fields.iter().map(|f| minus(&f[q])).collect();
        measure(norm, &fields, spectral)
    }
}
