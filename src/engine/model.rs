//! What is rebuilt from the experiment and never changes during a run.

mod culprit;

use crate::cells::{InitialError, InitialLaw};
use crate::experiment::{Experiment, OutOfRange};
use crate::free_walk::FreeWalk;
use crate::grid::Grid;
use crate::growth::Growth;
use crate::identities::{SignalBounds, Virial};
use crate::motion::{Envelopes, FlightScale, Method, Offer, Step, Unbounded};
use crate::schedule::{Tick, ticks};
use crate::signal::{self, Deposit, NodalSignal, SensedSignal, SignalEquation};
use crate::simulation::most_cells;
use crate::spectral::Spectral;
use crate::spline::{self, NodeMap};
use crate::turning::{Kernel, Sense, TurningKernel};
use crate::vector::{Vector, scaled};
use crate::velocity::VelocitySpace;
use culprit::{Culprit, culprit};
use rayon::prelude::*;
use std::sync::Arc;

/// Kernel, velocity set, grid, signal equation, deposit, initial law and schedule of an experiment.
pub struct Model<const D: usize> {
    /// ε.
    pub epsilon: f64,
    /// V and F.
    pub space: VelocitySpace<D>,
    /// T_ε\[S\].
    pub kernel: Kernel<D>,
    /// Bound on T/F given by the user.
    pub kernel_bound: Option<f64>,
    /// Whether T < 0 is an error.
    pub refuse_negative: bool,
    /// Share of the cells that may be outside the box in the whole space.
    pub most_leak: f64,
    /// Whether cells fly in mirrored pairs.
    pub antithetic: bool,
    /// The box, its grid and their transforms.
    pub spectral: Spectral<D>,
    /// The equation for S.
    pub equation: Box<dyn SignalEquation<D>>,
    /// ρ_h from the cells.
    pub deposit: Deposit<D>,
    /// Births and deaths, if there are any.
    pub growth: Option<Growth>,
    /// f⁰.
    pub initial: InitialLaw<D>,
    /// Where the cells are at t = 0, in the box; of their images around a periodic axis, moments take
    /// those near to it.
    pub place: Vector<D>,
    /// The virial identity, where it holds.
    pub virial: Option<Virial>,
    /// The a priori bounds of S, where they are proved.
    pub bounds: Option<SignalBounds>,
    /// Number of cells of one replicate.
    pub cells: usize,
    /// Seed of all streams.
    pub seed: u64,
    /// Sorted times at which something is recorded.
    pub outputs: Vec<f64>,
    /// Largest field step.
    pub step: f64,
    /// How cells fly.
    pub method: Method,
    /// Relative bias that [`Method::Auto`] may accept.
    pub tolerated_bias: f64,
    /// Longest step of the hybrid.
    pub hop: f64,
    /// The free walk on V.
    pub walk: FreeWalk<D>,
    map: Arc<NodeMap<D>>,
    symbol: Vec<f64>,
}

/// Candidates of a cell in a field step: with more, the time between two is lost in round-off.
const MOST_CANDIDATES: f64 = 1e15;
/// Nodes at which a kernel is tried before it is used.
const TRIALS: usize = 512;

impl<const D: usize> Model<D> {
    /// Builds the model of an experiment of dimension `D`.
    pub fn new(e: &Experiment) -> Result<Self, InitialError> {
        assert_eq!(e.dimension, D, "the experiment's dimension is checked before");
        let grid = Grid::from_domain(&e.domain);
        let spectral = Spectral::new(&grid);
        let space = VelocitySpace::from_experiment(&e.velocity);
        let map = Arc::new(NodeMap::new(&grid));
        let (kernel, initial) =
            (Kernel::from_experiment(e, &space), InitialLaw::new(&e.cells, &grid)?);
        let place = initial.place(&grid);
        let model = Self {
            epsilon: e.epsilon,
            place,
            virial: Virial::new(e, &kernel, &initial),
            bounds: SignalBounds::new(e, initial.mass()),
            kernel,
            kernel_bound: e.kernel.bound,
            refuse_negative: e.kernel.refuse_negative,
            most_leak: e.domain.leak,
            antithetic: e.cells.antithetic,
            equation: signal::equation(e),
            deposit: Deposit::new(&spectral, map.clone(), e.deposit.bandwidth, e.deposit.order),
            growth: Growth::from_experiment(e),
            initial,
            cells: e.cells.count,
            seed: e.seed,
            outputs: record_times(e),
            step: e.time.step,
            method: e.motion,
            tolerated_bias: e.motion_bias,
            hop: e.time.motion_step,
            walk: FreeWalk::new(&space),
            map,
            symbol: spectral.table(|k| spline::symbol(&grid, k)),
            spectral,
            space,
        };
        model.check_start(e)?;
        let start = || {
            let every = model.grid().len().div_ceil(TRIALS);
            (model.initial_signal(), model.grid().nodes().step_by(every).collect())
        };
        match model.kernel.fault(start) {
            Some(fault) => Err(InitialError::Kernel(fault)),
            None => Ok(model),
        }
    }

    /// Checks every expression of signal, growth and kernel at t = 0, on the nodes of the grid.
    fn check_start(&self, e: &Experiment) -> Result<(), InitialError> {
        let at_start = |value: OutOfRange| InitialError::Value(Box::new(value.at_time(0.0)));
        let density = self.initial.start();
        let mut signal = self.equation.initial(&self.spectral, density);
        let is_finite = signal.iter().all(|s| s.is_finite());
        // Rates of a reaction are no part of S(x, 0).
        if !is_finite || self.equation.reaction().is_some() {
            let fields = [&signal[..], density, &vec![0.0; density.len()]];
            if let Some(value) = self.equation.refused(&self.spectral, fields, [0.0; 2]) {
                return Err(InitialError::Value(Box::new(value)));
            }
        }
        if !is_finite {
            return Err(InitialError::Signal);
        }
        let refuses = |growth: &Growth| growth.refused(&self.spectral, [density, &signal]);
        if let Some(value) = self.growth.as_ref().and_then(refuses) {
            return Err(at_start(value));
        }
        if let Some(rate) = self.growth.as_ref().and_then(Growth::constant) {
            let (cells, time) = (self.cells as f64 * (rate * self.end()).exp(), self.end());
            let most = most_cells::<D>() as f64;
            if cells > most {
                return Err(InitialError::Crowd { rate, cells, time, most });
            }
        }
        let signal = self.sense(&mut signal, Vec::new());
        match self.refused(&self.kernel, &signal) {
            Some(value) => Err(at_start(value)),
            None => self.check_bound(e, &signal),
        }
    }

    /// Which expression of the kernel has a value that it must not have at some node, for cells that
    /// fly along the axes at their largest speed, if one has.
    pub fn refused<K: TurningKernel<D>, S: Sense<D>>(
        &self,
        kernel: &K,
        signal: &S,
    ) -> Option<OutOfRange> {
        if !kernel.is_sampled() {
            return None;
        }
        let along = |a: usize, speed: f64| -> Vector<D> {
            std::array::from_fn(|b| if a == b { speed } else { 0.0 })
        };
        let speed = self.space.max_speed();
        let velocities: Vec<Vector<D>> =
            (0..D).flat_map(|a| [along(a, speed), along(a, -speed)]).collect();
        let at = |node: usize| {
            let x = self.grid().node(node);
            velocities.iter().find_map(|v| kernel.refused(signal, [&x, v, v]))
        };
        (0..self.grid().len()).into_par_iter().find_map_first(at)
    }

    /// Whether T/F has a bound at t = 0 that candidates can be drawn from: a field step holds no more of
    /// them than f64 can tell apart.
    fn check_bound(
        &self,
        e: &Experiment,
        signal: &SensedSignal<'_, D>,
    ) -> Result<(), InitialError> {
        let computed = || self.kernel.candidate_bound(&signal.bounds());
        let bound = self.kernel_bound.unwrap_or_else(computed);
        if !bound.is_finite() {
            return Err(InitialError::Unbounded(Unbounded(bound)));
        }
        let duration = if self.is_free() { self.end() } else { self.step.min(self.end()) };
        let candidates = bound * duration / (self.epsilon * self.epsilon);
        let given = self.kernel_bound.is_some();
        if (given || self.method == Method::Exact) && candidates > MOST_CANDIDATES {
            let Culprit { key, value, remedy } = culprit(e, &self.kernel, bound, &signal.bounds());
            return Err(InitialError::Candidates { key, value, remedy, candidates, duration });
        }
        Ok(())
    }

    /// The field steps. Before an output they shrink to ε²/25, a fraction of the time in which
    /// velocities forget, so that the flux is that of the output time. A steady signal needs none, if
    /// cells neither divide nor die.
    pub fn ticks(&self) -> Vec<Tick> {
        if self.is_free() {
            return ticks(&self.outputs, f64::INFINITY, f64::INFINITY);
        }
        ticks(&self.outputs, self.step, self.last_step())
    }

    /// Whether nothing changes but the cells, so that they need no field steps.
    fn is_free(&self) -> bool {
        self.equation.is_steady() && self.growth.is_none()
    }

    /// The final time.
    pub fn end(&self) -> f64 {
        *self.outputs.last().expect("the final time is an output")
    }

    /// The field step before an output: ε²/25.
    pub fn last_step(&self) -> f64 {
        0.04 * self.epsilon * self.epsilon
    }

    /// The box and its grid.
    pub fn grid(&self) -> &Grid<D> {
        self.spectral.grid()
    }

    /// S(x, 0) answering to ρ⁰ itself, without the noise of cells.
    pub fn initial_signal(&self) -> SensedSignal<'_, D> {
        let mut signal = self.equation.initial(&self.spectral, self.initial.start());
        self.sense(&mut signal, Vec::new())
    }

    /// S with these coefficients, which are overwritten, as cells sense it; `padded` gives memory.
    pub fn sense(&self, signal: &mut [f64], padded: Vec<f64>) -> SensedSignal<'_, D> {
        SensedSignal::new(&self.spectral, &self.map, &self.symbol, signal, padded)
    }

    /// S as it is sensed over a step of length `dt` from the coefficients `now`: that of the middle
    /// of the step, and ∂tS if the kernel senses it. `after` writes the coefficients after a time;
    /// `field` and `padded` give memory.
    pub fn sense_step(
        &self,
        now: &[f64],
        dt: f64,
        after: impl Fn(f64, &mut Vec<f64>),
        field: &mut Vec<f64>,
        padded: Vec<f64>,
    ) -> SensedSignal<'_, D> {
        after(0.5 * dt, field);
        let signal = self.sense(field, padded);
        if !self.changes() {
            return signal;
        }
        after(dt, field);
        field.iter_mut().zip(now).for_each(|(next, now)| *next = (*next - now) / dt);
        signal.changing(&self.spectral, &self.symbol, field)
    }

    /// The same at the nodes, for cells of these velocities.
    pub fn nodal_step(
        &self,
        now: &[f64],
        dt: f64,
        after: impl Fn(f64, &mut Vec<f64>),
        velocities: &[Vector<D>],
    ) -> NodalSignal<'_, D> {
        let (mut middle, mut change) = (Vec::new(), Vec::new());
        after(0.5 * dt, &mut middle);
        if self.changes() {
            after(dt, &mut change);
            change.iter_mut().zip(now).for_each(|(next, now)| *next = (*next - now) / dt);
        }
        let looks = self.kernel.sensing_distance() > 0.0;
        let moves: Vec<Vector<D>> =
            velocities.iter().filter(|_| looks).map(|v| scaled(self.epsilon, v)).collect();
        let spline = self.sense(&mut middle.clone(), Vec::new());
        let change = self.changes().then_some(&*change);
        NodalSignal::new(&self.spectral, &middle, change, &moves, spline)
    }

    /// Whether the kernel senses a ∂tS that does not vanish.
    fn changes(&self) -> bool {
        self.kernel.senses_change() && !self.equation.is_steady()
    }

    /// Coefficients of K_h * ρ and of S by which cells grow over a step of length `dt`: those of the
    /// middle of the step, from the coefficients of K_h * ρ now and of its rate of change. `after`
    /// writes the coefficients of S after a time.
    pub fn growth_fields(
        &self,
        density: &[f64],
        slope: &[f64],
        dt: f64,
        after: impl Fn(f64, &mut Vec<f64>),
    ) -> Option<[Vec<f64>; 2]> {
        self.growth.as_ref()?;
        let middle: Vec<f64> = density.iter().zip(slope).map(|(r, s)| r + 0.5 * dt * s).collect();
        let mut signal = Vec::new();
        after(0.5 * dt, &mut signal);
        Some([middle, signal])
    }

    /// Nodal r of [`Model::growth_fields`].
    pub fn growth_rates(
        &self,
        density: &[f64],
        slope: &[f64],
        dt: f64,
        after: impl Fn(f64, &mut Vec<f64>),
    ) -> Option<Vec<f64>> {
        let [density, signal] = self.growth_fields(density, slope, dt, after)?;
        Some(self.growth.as_ref()?.nodal(&self.spectral, &density, &signal))
    }

    /// A field step of length `duration` in a frozen signal, for cells at `positions`.
    ///
    /// # Errors
    /// If T/F has no bound.
    pub fn field_step<'a, K: TurningKernel<D>, S: Sense<D>>(
        &'a self,
        kernel: &'a K,
        signal: &'a S,
        duration: f64,
        positions: &[Vector<D>],
    ) -> Result<Step<'a, D, K, S>, Unbounded> {
        let step = |method| self.step_by(method, kernel, signal, duration, positions);
        if self.method != Method::Auto {
            return step(self.method);
        }
        let hybrid = (self.tolerated_bias > 0.0).then_some(Method::Hybrid);
        let mut best: Option<(Step<'a, D, K, S>, f64)> = None;
        for method in [Method::Exact, Method::SkipAhead].into_iter().chain(hybrid) {
            let step = step(method)?;
            let offer = step.offer(positions);
            let is_better = best.as_ref().is_none_or(|(_, cost)| offer.cost < *cost);
            if offer.bias <= self.tolerated_bias && is_better {
                best = Some((step, offer.cost));
            }
        }
        Ok(best.expect("an exact way has no bias").0)
    }

    /// The first field step of a run as every way would fly it, for cells at `positions`, and the
    /// way that is taken.
    ///
    /// # Errors
    /// If T/F has no bound.
    pub fn offers(&self, positions: &[Vector<D>]) -> Result<(Vec<Offer>, Method), Unbounded> {
        let signal = self.initial_signal();
        let duration = self.ticks().iter().map(|tick| tick.duration).find(|dt| *dt > 0.0);
        let duration = duration.expect("there is a step before the final time");
        let every = [Method::Exact, Method::SkipAhead, Method::Hybrid];
        let offer = |method| {
            let step = self.step_by(method, &self.kernel, &signal, duration, positions)?;
            Ok(step.offer(positions))
        };
        let taken = self.field_step(&self.kernel, &signal, duration, positions)?.method;
        Ok((every.into_iter().map(offer).collect::<Result<_, _>>()?, taken))
    }

    fn step_by<'a, K: TurningKernel<D>, S: Sense<D>>(
        &'a self,
        method: Method,
        kernel: &'a K,
        signal: &'a S,
        duration: f64,
        positions: &[Vector<D>],
    ) -> Result<Step<'a, D, K, S>, Unbounded> {
        let scale = FlightScale {
            method,
            speed: self.space.max_speed() / self.epsilon,
            max_speed: self.space.max_speed(),
            epsilon_squared: self.epsilon * self.epsilon,
            duration,
        };
        let envelopes = match self.kernel_bound {
            // A bound from the user is checked at every candidate: no floor spares the look.
            Some(bound) => Envelopes::uniform(bound, 0.0),
            None => Envelopes::local(kernel, signal, self.grid(), &scale, positions)?,
        };
        Ok(Step {
            kernel,
            signal,
            space: &self.space,
            walk: &self.walk,
            grid: self.grid(),
            epsilon: self.epsilon,
            duration,
            method,
            hop: self.hop,
            envelopes,
            refuse_negative: self.refuse_negative,
            antithetic: self.antithetic,
        })
    }
}

/// Output times and those at which cells are asked for.
fn record_times(e: &Experiment) -> Vec<f64> {
    let mut times = [e.time.outputs.as_slice(), &e.output.cells_at].concat();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}
