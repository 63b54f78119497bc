//! The macroscopic limit of an experiment, on the experiment's grid.

use crate::cells::InitialLaw;
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::growth::Growth;
use crate::limit::{BlowUp, LimitSolver, MacroFlux, Mollifier};
use crate::moments::Moments;
use crate::schedule::ticks;
use crate::signal::equation;
use crate::simulation::{Leak, SimulationError};
use crate::spectral::Spectral;
use crate::turning::Kernel;
use crate::vector::Vector;
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
    /// Where ρ₀ is, on the solver's own grid.
    pub spread: Spread<D>,
}

/// Where a density is and how far it spreads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread<const D: usize> {
    /// c, the centre of mass; NaN around a periodic axis on which there is none ([`Moments`]).
    pub center: Vector<D>,
    /// (1/M)∫|x−c|²ρ dx; NaN without a centre.
    pub variance: f64,
    /// The largest nodal value.
    pub largest: f64,
    /// The share of the mass outside the window of the whole space.
    pub leak: f64,
}

impl<const D: usize> Spread<D> {
    /// Of a density given by its coefficients; of the images of its centre, the one near to `place`.
    pub fn new(spectral: &Spectral<D>, density: &[f64], place: &Vector<D>) -> Self {
        let (grid, nodal) = (spectral.grid(), spectral.inverse(density));
        let mass: f64 = nodal.iter().sum();
        let Moments { center, variance } = Moments::of_density(grid, &nodal, place);
        let inside: f64 = match grid.is_open() {
            true => grid.window_nodes().map(|(i, _)| nodal[i]).sum(),
            false => mass,
        };
        Self {
            center,
            variance,
            largest: nodal.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            leak: 1.0 - inside / mass,
        }
    }
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

/// One solution of the limit.
#[derive(Clone, Debug)]
pub struct LimitRun<const D: usize> {
    /// ρ₀, S₀, J₀ at the output times, on the grid of the cells.
    pub fields: Vec<LimitFields<D>>,
    /// The largest fraction of the mass that the positivity limiter moved in a step.
    pub limited: f64,
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

/// Solves the limit. With `mollified`, ρ₀ feeds S₀ through K_h as cells do.
pub fn limit_fields<const D: usize>(
    e: &Experiment,
    mollified: bool,
    stop: &AtomicBool,
) -> Result<LimitRun<D>, SimulationError> {
    let target = Spectral::<D>::new(&Grid::from_domain(&e.domain));
    let mut domain = e.domain.clone();
    domain.grid.clone_from(&e.limit.grid);
    let own = Spectral::new(&Grid::from_domain(&domain));
    let kernel = Kernel::from_experiment(e, &VelocitySpace::from_experiment(&e.velocity));
    let equation = equation(e);
    let initial = InitialLaw::new(&e.cells, target.grid())?;
    let mollifier =
        mollified.then_some(Mollifier { bandwidth: e.deposit.bandwidth, order: e.deposit.order });
    let mut solver = LimitSolver::new(&own, &kernel, &*equation, &initial, mollifier)
        .with_mobility(e.limit.mobility)
        .with_growth(Growth::from_experiment(e));
    let (mut fields, mut leak, place) = (Vec::new(), None, initial.place(target.grid()));
    let done = solver.run(&e.time.outputs, e.limit.step, stop, |solver| {
        let state = solver.state();
        let spread = Spread::new(&own, &state.density, &place);
        if leak.is_none() && spread.leak > e.domain.leak {
            let reached = "the limit spreads smoothly".into();
            leak =
                Some(Leak { time: state.time, share: spread.leak, most: e.domain.leak, reached });
        }
        fields.push(LimitFields {
            time: state.time,
            density: own.resample(&state.density, &target),
            signal: own.resample(&state.signal, &target),
            flux: solver.flux().map(|component| resample_nodal(&own, &component, &target)),
            spread,
        });
    });
    let (limited, steps, blow_up) =
        (solver.limited_fraction(), solver.steps(), solver.blow_up().copied());
    let loop_seconds = solver.loop_time().as_secs_f64();
    match leak {
        _ if !done => Err(SimulationError::Interrupted),
        Some(leak) if blow_up.is_none() => Err(leak.into()),
        _ => Ok(LimitRun { fields, limited, blow_up, steps, loop_seconds }),
    }
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
    /// ‖ρ_Δt − ρ_qΔt‖_L²/|qᵖ − 1|, q ≈ 2: the error in time of a scheme of order p.
    pub time: f64,
    /// The order seen between Δt, 2Δt and 4Δt, if there are steps enough and their differences are
    /// above round-off. It is p where it is below four.
    pub order: Option<f64>,
    /// ‖ρ_n − ρ_{n/2}‖_L²: the error of the half grid, a bound on that of the grid.
    pub grid: f64,
    /// ‖ρ₀‖_L², to compare with.
    pub norm: f64,
}

/// The order of the scheme in time.
const ORDER: f64 = 4.0;
/// Differences below this fraction of the norm say nothing about an order.
const TOO_SMALL: f64 = 1e-11;

/// ‖ρ − ρ′‖_L² of two solutions at the final time.
fn distance<const D: usize>(volume: f64, a: &LimitRun<D>, b: &LimitRun<D>) -> f64 {
    let pairs = a.last().density.iter().zip(&b.last().density);
    (volume * pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>()).sqrt()
}

/// Measures the error of `base`, which is the limit of `e`, by runs with other steps and with half
/// the grid.
pub fn refinement<const D: usize>(
    e: &Experiment,
    base: &LimitRun<D>,
    stop: &AtomicBool,
) -> Result<Refinement, SimulationError> {
    let volume = Grid::<D>::from_domain(&e.domain).volume();
    let square: f64 = base.last().density.iter().map(|c| c * c).sum();
    let norm = (volume * square).sqrt();
    let (time, order) = error_in_time(e, base, TOO_SMALL * norm, stop)?;
    let mut coarse = e.clone();
    // Multiples of 8 suit any boundary (see `Boundary::Open`).
    let open = e.domain.is_open();
    let half = |n: usize| if open { (n / 16 * 8).max(8) } else { (n / 2).max(4) };
    coarse.limit.grid.iter_mut().for_each(|n| *n = half(*n));
    // It is compared, whatever it is like.
    coarse.domain.leak = 1.0;
    let grid = distance(volume, base, &limit_fields(&coarse, false, stop)?);
    Ok(Refinement { time, order, grid, norm })
}

/// The error of `base` in time and the order seen, by runs with twice the step (with half of it if
/// there is but one to every output) and with four times the step. No order is seen in changes
/// that are not above `too_small`.
fn error_in_time<const D: usize>(
    e: &Experiment,
    base: &LimitRun<D>,
    too_small: f64,
    stop: &AtomicBool,
) -> Result<(f64, Option<f64>), SimulationError> {
    let volume = Grid::<D>::from_domain(&e.domain).volume();
    let with_steps = |factor: f64| {
        let mut e = e.clone();
        e.limit.step *= factor;
        limit_fields::<D>(&e, false, stop)
    };
    let steps = |factor: f64| ticks(&e.time.outputs, e.limit.step * factor, f64::INFINITY).len();
    let other = with_steps(if steps(2.0) < base.steps { 2.0 } else { 0.5 })?;
    let change = distance(volume, base, &other);
    let mut order = None;
    if change > too_small && base.steps == 2 * other.steps && other.steps == 2 * steps(4.0) {
        order = Some((distance(volume, &other, &with_steps(4.0)?) / change).log2());
    }
    let q = base.steps as f64 / other.steps as f64;
    let p = order.unwrap_or(ORDER).clamp(1.0, ORDER);
    Ok((change / (q.powf(p) - 1.0).abs(), order))
}
