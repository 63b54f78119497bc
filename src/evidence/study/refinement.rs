//! The error of a solution of the limit, measured by others that are coarser or finer.

use super::monitor::Monitor;
use super::reference::{LimitDensity, LimitFields, LimitRun, coarse_limit};
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::growth::FLOOR;
use crate::limit::Coarseness;
use crate::schedule::ticks;
use crate::simulation::SimulationError;
use std::sync::atomic::AtomicBool;

/// The order of the scheme in time.
const ORDER: f64 = 4.0;
/// The highest order that is seen for that.
const HIGHEST: f64 = 4.5;
/// Differences below this fraction of the norm say nothing about an order.
const TOO_SMALL: f64 = 1e-11;
/// What round-off makes of any of these differences.
const ROUND_OFF: f64 = 1e-14;
/// Factor of the density below which nothing is born, to see what is missing without it.
pub(super) const FLOORS: f64 = 100.0;
/// Share of the norm to which births of round-off may be raised without a closer look.
const UNBORN: f64 = 1e-12;

/// The limit solver's own error at the final time, measured by refinement. All norms are those of L².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refinement {
    /// The error in time, ‖ρ_Δt − ρ_qΔt‖/|qᵖ − 1| with the order p that is seen, at most four; the
    /// change itself, with q = 2, where none is seen.
    pub time: f64,
    /// The order seen in the changes of the step by two and by four, if they are above round-off.
    pub order: Option<f64>,
    /// ‖ρ_n − ρ_{n/2}‖: the error of the half grid, a bound on that of the grid (‖ρ_2n − ρ_n‖ where
    /// there is no half grid).
    pub grid: f64,
    /// What is missing because nothing is born of densities that are but round-off, as the change
    /// when that floor is raised a hundred times.
    pub births: f64,
    /// To how much of the largest density round-off could have grown, were it let.
    pub seeds: f64,
    /// ‖ρ₀‖, to compare with.
    pub norm: f64,
    /// The same changes, added up, of the mass and of the variance.
    pub mass: f64,
    /// Of the variance.
    pub variance: f64,
}

impl Refinement {
    /// The whole error in L².
    pub fn total(&self) -> f64 {
        self.time + self.grid + self.births
    }
}

/// Another solution of the same limit: `share` times what is between them is the error of the first.
pub(super) struct Other<const D: usize> {
    pub fields: LimitFields<D>,
    pub share: f64,
    /// A bound on that share that asks for no order: the error falls at least in proportion.
    pub most: f64,
}

impl<const D: usize> Other<D> {
    fn new(run: &LimitRun<D>, is_finer: bool) -> Self {
        let most = if is_finer { 2.0 } else { 1.0 };
        Self { fields: run.last().clone(), share: most, most }
    }
}

/// What the error of a limit is measured by, cause by cause, in whatever norm.
pub(super) struct Others<const D: usize> {
    pub time: Other<D>,
    pub grid: Other<D>,
    /// None where births of round-off do not matter.
    pub births: Option<Other<D>>,
}

/// Shares of the work, roughly: of each of two other steps, of another grid and of other births.
const OF_STEP: f64 = 0.3;
const OF_GRID: f64 = 0.2;
const OF_BIRTHS: f64 = 0.2;

/// Measures the error of `base`, which is the limit of `e`, mollified or not.
pub fn refinement<const D: usize>(
    e: &Experiment,
    mollified: bool,
    base: &LimitRun<D>,
    stop: &AtomicBool,
) -> Result<Refinement, SimulationError> {
    watched_refinement(e, mollified, base, &Monitor::silent(stop))
}

/// [`refinement`] that tells how far it is.
///
/// # Errors
/// As [`refinement`].
pub fn watched_refinement<const D: usize>(
    e: &Experiment,
    mollified: bool,
    base: &LimitRun<D>,
    monitor: &Monitor<'_>,
) -> Result<Refinement, SimulationError> {
    Ok(refined(e, mollified, base, monitor)?.0)
}

/// The same, and the solutions that it is measured by.
pub(super) fn refined<const D: usize>(
    e: &Experiment,
    mollified: bool,
    base: &LimitRun<D>,
    monitor: &Monitor<'_>,
) -> Result<(Refinement, Others<D>), SimulationError> {
    let volume = Grid::<D>::from_domain(&e.domain).volume();
    let own = Own { e, mollified, base, monitor, volume };
    let square: f64 = densities(base.last()).map(|c| c * c).sum();
    let norm = (own.volume * square).sqrt();
    let (time, order) = own.in_time(norm)?;
    let grid = own.in_space()?;
    let (births, seeds, most) = own.of_births(norm)?;
    let of = |other: &Other<D>| own.change(base.last(), &other.fields).scaled(other.share);
    let (in_time, in_space) = (of(&time), of(&grid));
    let unborn = births.as_ref().map_or(Change { density: most, ..Change::default() }, of);
    let sum = |of: fn(&Change) -> f64| [&in_time, &in_space, &unborn].map(of).iter().sum::<f64>();
    let refinement = Refinement {
        time: in_time.density + ROUND_OFF * norm,
        order,
        grid: in_space.density,
        births: unborn.density,
        seeds,
        norm,
        mass: sum(|c| c.mass),
        variance: sum(|c| c.variance),
    };
    Ok((refinement, Others { time, grid, births }))
}

/// The same experiment with nothing to show before its end, and no longer steps than it takes: outputs
/// cut steps, and would cut longer ones alike.
pub(super) fn without_outputs(e: &Experiment) -> Experiment {
    let mut e = e.clone();
    let steps = ticks(&e.time.outputs, e.limit.step, f64::INFINITY);
    e.limit.step = steps.iter().map(|tick| tick.duration).fold(0.0, f64::max);
    e.time.outputs = e.time.outputs.last().copied().into_iter().collect();
    e
}

/// The coefficients of every ρ.
fn densities<const D: usize>(fields: &LimitFields<D>) -> impl Iterator<Item = &f64> {
    fields.populations.iter().flat_map(|population| &population.density)
}

/// The largest of all ρ.
fn largest<const D: usize>(fields: &LimitFields<D>) -> f64 {
    fields.populations.iter().map(|p| p.spread.largest).fold(0.0, f64::max)
}

/// The solution whose error is measured.
struct Own<'a, const D: usize> {
    e: &'a Experiment,
    mollified: bool,
    base: &'a LimitRun<D>,
    monitor: &'a Monitor<'a>,
    volume: f64,
}

/// How far two solutions are apart at the final time.
#[derive(Clone, Copy, Default)]
struct Change {
    /// In L².
    density: f64,
    mass: f64,
    variance: f64,
}

impl Change {
    fn scaled(self, factor: f64) -> Self {
        let Self { density, mass, variance } = self;
        Self { density: factor * density, mass: factor * mass, variance: factor * variance }
    }
}

impl<const D: usize> Own<'_, D> {
    fn change(&self, a: &LimitFields<D>, b: &LimitFields<D>) -> Change {
        let pairs = densities(a).zip(densities(b));
        let both = || a.populations.iter().zip(&b.populations);
        let largest = |of: fn(&LimitDensity<D>) -> f64| {
            both().map(|(a, b)| (of(a) - of(b)).abs()).fold(0.0, f64::max)
        };
        Change {
            density: (self.volume * pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>()).sqrt(),
            mass: self.volume * largest(|p| p.density[0]),
            variance: largest(|p| p.spread.variance),
        }
    }

    /// The solution that tells the error in time and the order seen, from steps twice and four times as
    /// long, or a half and a quarter where there are too few.
    fn in_time(&self, norm: f64) -> Result<(Other<D>, Option<f64>), SimulationError> {
        let e = without_outputs(self.e);
        let solve = |step: f64| {
            let coarseness = Coarseness { step, floor: 1.0 };
            let solve = |m: &Monitor<'_>| coarse_limit(&e, self.mollified, coarseness, m);
            self.monitor.part(OF_STEP, "", solve)
        };
        // Births cut steps as well.
        let given = ticks(&self.e.time.outputs, self.e.limit.step, f64::INFINITY).len();
        let long = 4.0 * e.limit.step > e.time.outputs[0] * (1.0 + 1e-9);
        let few = self.base.steps < 4 || (long && self.base.steps <= given);
        let factor: f64 = if few { 0.5 } else { 2.0 };
        let other = solve(factor)?;
        let change = self.change(self.base.last(), other.last()).density;
        let q = self.base.steps as f64 / other.steps as f64;
        let found = Other::new(&other, few);
        if change <= TOO_SMALL * norm {
            return Ok((found, None));
        }
        let last = solve(factor * factor)?;
        let next = self.change(other.last(), last.last()).density;
        let ratio = if few { change / next } else { next / change };
        let regular = |q: f64| (1.8..2.2).contains(&if few { 1.0 / q } else { q });
        let seen = regular(q) && regular(other.steps as f64 / last.steps as f64);
        let order = Some(ratio.log2()).filter(|p| seen && p.is_finite());
        let share = match order {
            // Finer steps are nearer to the truth, longer ones are farther off.
            Some(p) if (1.0..=HIGHEST).contains(&p) => {
                1.0 / (2.0_f64.powf(factor.log2() * p.min(ORDER)) - 1.0).abs()
            }
            // Nothing is known to shrink: whatever was seen may be what is missing.
            Some(p) if p < 1.0 => 2.0_f64.max(next / change),
            // A higher order than the scheme has is chance.
            _ => found.most,
        };
        Ok((Other { share, ..found }, order))
    }

    /// The half grid, whose error is told, or twice this one where there is no half.
    fn in_space(&self) -> Result<Other<D>, SimulationError> {
        let mut other = self.e.clone();
        // Multiples of 8 suit any boundary (see `Boundary::Open`).
        let open = other.domain.is_open();
        let half = |n: usize| if open { n / 16 * 8 } else { n / 2 };
        let least = if open { 8 } else { 4 };
        let there_is = other.limit.grid.iter().all(|n| half(*n) >= least);
        let size = |n: usize| if there_is { half(n) } else { 2 * n };
        other.limit.grid.iter_mut().for_each(|n| *n = size(*n));
        // It is compared, whatever it is like.
        other.domain.leak = 1.0;
        let solve = |m: &Monitor<'_>| coarse_limit(&other, self.mollified, Coarseness::NONE, m);
        let run = self.monitor.part(OF_GRID, "", solve)?;
        Ok(Other::new(&run, !there_is))
    }

    /// The solution that tells what is missing of births, if it matters; to which share of the largest
    /// density round-off could have grown, and that in L².
    fn of_births(&self, norm: f64) -> Result<(Option<Other<D>>, f64, f64), SimulationError> {
        let seeds = FLOOR * self.base.amplified.exp();
        if self.base.amplified == 0.0 {
            return Ok((None, 0.0, 0.0));
        }
        let most = seeds * largest(self.base.last()) * self.volume.sqrt();
        if most <= UNBORN * norm {
            return Ok((None, seeds, most));
        }
        let thicker = Coarseness { step: 1.0, floor: FLOORS };
        let solve = |m: &Monitor<'_>| coarse_limit(self.e, self.mollified, thicker, m);
        let run = self.monitor.part(OF_BIRTHS, "", solve)?;
        Ok((Some(Other::new(&run, false)), seeds, most))
    }
}
