//! The macroscopic limit of an experiment, on the experiment's grid.

use crate::cells::InitialLaw;
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::limit::{LimitSolver, MacroFlux, Mollifier};
use crate::model::Model;
use crate::signal::equation;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;
use crate::turning::Kernel;
use crate::velocity::VelocitySpace;
use std::sync::atomic::AtomicBool;

/// The limit at one time: coefficients of ρ₀ and S₀ and nodal values of J₀.
#[derive(Clone, Debug)]
pub struct LimitFields<const D: usize> {
    /// t.
    pub time: f64,
    /// Coefficients of ρ₀.
    pub density: Vec<f64>,
    /// Coefficients of S₀.
    pub signal: Vec<f64>,
    /// J₀ by component, nodal.
    pub flux: MacroFlux<D>,
}

impl<const D: usize> LimitFields<D> {
    /// Nodal ρ₀. The limiter leaves it non-negative; what a transform adds to zero is removed.
    pub fn nodal_density(&self, spectral: &Spectral<D>) -> Vec<f64> {
        let mut density = spectral.inverse(&self.density);
        let round_off = 1e-12 * density.iter().copied().fold(0.0, f64::max);
        density.iter_mut().filter(|v| **v < 0.0 && **v > -round_off).for_each(|v| *v = 0.0);
        density
    }
}

/// ρ₀, S₀, J₀ at the output times on the grid of the cells, and the largest fraction of the mass
/// that the positivity limiter moved. With `mollified`, ρ₀ feeds S₀ through K_h as cells do.
pub fn limit_fields<const D: usize>(
    e: &Experiment,
    mollified: bool,
    stop: &AtomicBool,
) -> Result<(Vec<LimitFields<D>>, f64), SimulationError> {
    let target = Spectral::<D>::new(&Grid::from_domain(&e.domain));
    let own = Spectral::new(&target.grid().with_cells(std::array::from_fn(|a| e.limit.grid[a])));
    let kernel = Kernel::from_experiment(e, &VelocitySpace::from_experiment(&e.velocity));
    let equation = equation(e);
    let initial = InitialLaw::new(&e.cells, target.grid())?;
    let mollifier =
        mollified.then_some(Mollifier { bandwidth: e.deposit.bandwidth, order: e.deposit.order });
    let mut solver = LimitSolver::new(&own, &kernel, &*equation, &initial, mollifier);
    let mut fields = Vec::new();
    let done = solver.run(&e.time.outputs, e.limit.step, stop, |solver| {
        let state = solver.state();
        fields.push(LimitFields {
            time: state.time,
            density: own.resample(&state.density, &target),
            signal: own.resample(&state.signal, &target),
            flux: solver.flux().map(|component| resample_nodal(&own, &component, &target)),
        });
    });
    let limited = solver.limited_fraction();
    if done { Ok((fields, limited)) } else { Err(SimulationError::Interrupted) }
}

/// Nodal values on another grid. Only fluxes need it, and only where the grids differ.
fn resample_nodal<const D: usize>(
    from: &Spectral<D>,
    values: &[f64],
    to: &Spectral<D>,
) -> Vec<f64> {
    if from.grid() == to.grid() {
        return values.to_vec();
    }
    to.inverse(&from.resample(&from.forward(values), to))
}

/// The limit solver's own error at the final time, measured by refinement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refinement {
    /// ‖ρ_Δt − ρ_2Δt‖_L²/3: the error in time of a second-order scheme.
    pub time: f64,
    /// ‖ρ_n − ρ_{n/2}‖_L²: the error of the half grid, a bound on that of the grid.
    pub grid: f64,
    /// ‖ρ₀‖_L², to compare with.
    pub norm: f64,
}

/// Measures the limit solver's error by runs with twice the time step and half the grid.
pub fn refinement<const D: usize>(
    e: &Experiment,
    stop: &AtomicBool,
) -> Result<Refinement, SimulationError> {
    let mut e = e.clone();
    e.time.outputs = vec![e.time.end];
    let spectral = Spectral::<D>::new(&Grid::from_domain(&e.domain));
    let last = |e: &Experiment| -> Result<Vec<f64>, SimulationError> {
        let (fields, _) = limit_fields::<D>(e, false, stop)?;
        Ok(fields.into_iter().next_back().expect("one output").density)
    };
    let base = last(&e)?;
    let mut slow = e.clone();
    slow.limit.step *= 2.0;
    let mut coarse = e.clone();
    coarse.limit.grid.iter_mut().for_each(|n| *n = (*n / 2).max(4));
    let (slow, coarse) = (last(&slow)?, last(&coarse)?);
    let volume = spectral.grid().volume();
    let distance = |a: &[f64], b: &[f64]| {
        (volume * a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).sqrt()
    };
    Ok(Refinement {
        time: distance(&base, &slow) / 3.0,
        grid: distance(&base, &coarse),
        norm: distance(&base, &vec![0.0; base.len()]),
    })
}

/// K_h * u, by coefficients.
pub(super) fn smoothed<const D: usize>(model: &Model<D>, e: &Experiment, u: &[f64]) -> Vec<f64> {
    let kernel =
        |k2: &f64| crate::signal::smoothing_kernel(e.deposit.bandwidth, e.deposit.order, *k2);
    u.iter().zip(model.spectral.laplacian()).map(|(c, k2)| c * kernel(k2)).collect()
}
