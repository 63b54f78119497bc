//! The macroscopic limit of an experiment, on the experiment's grid.

use super::ledger::Task;
use super::monitor::Monitor;
use super::spread::Spread;
use crate::experiment::{DepositSpec, Experiment};
use crate::grid::Grid;
use crate::limit::{BlowUp, Coarseness, LimitSolver, MacroFlux, System};
use crate::signal::smoothing_kernel;
use crate::simulation::{Leak, SimulationError};
use crate::spectral::Spectral;
use crate::vector::Vector;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use std::sync::atomic::AtomicBool;

/// The limit at one time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LimitFields<const D: usize> {
    /// t.
    pub time: f64,
    /// Of every population.
    pub populations: Vec<LimitDensity<D>>,
    /// Coefficients of every S₀.
    pub signals: Vec<Vec<f64>>,
}

/// The limit of one population.
#[serde_as]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LimitDensity<const D: usize> {
    /// Coefficients of ρ₀.
    pub density: Vec<f64>,
    /// J₀ by component, nodal.
    #[serde_as(as = "[_; D]")]
    pub flux: MacroFlux<D>,
    /// Where ρ₀ is, on the solver's own grid.
    pub spread: Spread<D>,
}

impl<const D: usize> LimitFields<D> {
    /// The population that is alone, or the first one.
    pub fn first(&self) -> &LimitDensity<D> {
        &self.populations[0]
    }
}

impl<const D: usize> LimitDensity<D> {
    /// Nodal K_h * ρ₀, the density as cells show it.
    pub fn smoothed_density(&self, spectral: &Spectral<D>, kernel: &DepositSpec) -> Vec<f64> {
        let factor = |k2: &f64| smoothing_kernel(kernel.bandwidth, kernel.order, *k2);
        let modes = self.density.iter().zip(spectral.laplacian());
        let smoothed: Vec<f64> = modes.map(|(c, k2)| c * factor(k2)).collect();
        spectral.inverse(&smoothed)
    }
}

/// One solution of the limit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LimitRun<const D: usize> {
    /// ρ₀, S₀, J₀ at the output times, on the grid of the cells.
    pub fields: Vec<LimitFields<D>>,
    /// ∫max r⁺ dt of births that depend on ρ or S ([`LimitSolver::amplified`]).
    pub amplified: f64,
    /// Where ρ outgrew the grid: the last fields are then those of the step at which it did.
    pub blow_up: Option<BlowUp>,
    /// Steps taken.
    pub steps: usize,
    /// Seconds that they took.
    pub loop_seconds: f64,
}

impl<const D: usize> LimitRun<D> {
    /// The limit at the final time, or where it outgrew the grid.
    pub fn last(&self) -> &LimitFields<D> {
        self.fields.last().expect("the final time is an output")
    }

    /// The limit, if there is one until the final time.
    ///
    /// # Errors
    /// It blew up before.
    pub fn to_the_end(self) -> Result<Self, SimulationError> {
        match self.blow_up {
            None => Ok(self),
            Some(b) => Err(SimulationError::NoLimit { time: b.time, largest: b.largest }),
        }
    }
}

/// Solves the limit. With `mollified`, ρ₀ feeds S₀, births and deaths through K_h as cells do.
pub fn limit_fields<const D: usize>(
    e: &Experiment,
    mollified: bool,
    stop: &AtomicBool,
) -> Result<LimitRun<D>, SimulationError> {
    watched_limit(e, mollified, &Monitor::silent(stop))
}

/// [`limit_fields`] that tells how far it is.
pub fn watched_limit<const D: usize>(
    e: &Experiment,
    mollified: bool,
    monitor: &Monitor<'_>,
) -> Result<LimitRun<D>, SimulationError> {
    coarse_limit(e, mollified, Coarseness::NONE, monitor)
}

/// The same, coarser in time and in what is born than the experiment says.
pub(super) fn coarse_limit<const D: usize>(
    e: &Experiment,
    mollified: bool,
    coarseness: Coarseness,
    monitor: &Monitor<'_>,
) -> Result<LimitRun<D>, SimulationError> {
    let task = || {
        let Coarseness { step, floor } = coarseness;
        let how = format!("{} {mollified} {step:?} {floor:?}", e.definition());
        Task::new("limit", &how, 0)
    };
    monitor.recall(task, || solve(e, mollified, coarseness, monitor))
}

fn solve<const D: usize>(
    e: &Experiment,
    mollified: bool,
    coarseness: Coarseness,
    monitor: &Monitor<'_>,
) -> Result<LimitRun<D>, SimulationError> {
    let target = Spectral::<D>::new(&Grid::from_domain(&e.domain));
    let mut domain = e.domain.clone();
    domain.grid.clone_from(&e.limit.grid);
    let own = Spectral::new(&Grid::from_domain(&domain));
    let system = System::<D>::new(e, target.grid(), mollified)?;
    let mut solver = LimitSolver::new(&own, &system)?.coarser(coarseness);
    let places: Vec<_> =
        system.constituents.iter().map(|of| of.initial.place(target.grid())).collect();
    let (mut fields, mut leak) = (Vec::new(), None);
    let step = coarseness.step * e.limit.step;
    let run = solver.run(&e.time.outputs, step, monitor.stop, monitor.progress, |solver| {
        let one = |(number, place): (usize, &Vector<D>)| {
            let (density, flux) = (solver.density(number), solver.flux(number));
            LimitDensity {
                spread: Spread::new(&own, density, place),
                density: own.resample(density, &target),
                flux: std::array::from_fn(|a| own.resample_flux(a, &flux[a], &target)),
            }
        };
        let populations: Vec<LimitDensity<D>> = places.iter().enumerate().map(one).collect();
        let share = populations.iter().fold(0.0, |most, p| f64::max(most, p.spread.leak));
        if leak.is_none() && share > e.domain.leak {
            let (time, most) = (solver.time(), e.domain.leak);
            leak = Some(Leak { time, share, most, reached: "the limit spreads smoothly".into() });
        }
        let signals = solver.signals().iter().map(|s| own.resample(s, &target)).collect();
        fields.push(LimitFields { time: solver.time(), populations, signals });
    });
    let done = run.map_err(|error| SimulationError::Limit(error.to_string()))?;
    let (amplified, steps, blow_up) =
        (solver.amplified(), solver.steps(), solver.blow_up().copied());
    let loop_seconds = solver.loop_time().as_secs_f64();
    match leak {
        _ if !done => Err(SimulationError::Interrupted),
        Some(leak) if blow_up.is_none() => Err(leak.into()),
        _ => Ok(LimitRun { fields, amplified, blow_up, steps, loop_seconds }),
    }
}

/// Whether the bandwidth of the cells' density matters to what becomes of it: through S, births or
/// deaths.
///
/// # Errors
/// A ρ⁰ is none.
pub fn feels_density<const D: usize>(e: &Experiment) -> Result<bool, SimulationError> {
    Ok(System::<D>::new(e, &Grid::from_domain(&e.domain), true)?.feels_density())
}
