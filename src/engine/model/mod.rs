//! What is rebuilt from the experiment and never changes during a run.

mod aboard;
mod culprit;
mod species;

pub use species::Species;

use crate::cells::{InitialError, most_cells};
use crate::crew::Crew;
use crate::device::Device;
use crate::experiment::{Experiment, Population};
use crate::grid::Grid;
use crate::growth::Growth;
use crate::identities::{SignalBounds, Virial};
use crate::motion::{Method, Offer, Step};
use crate::reaction::Network;
use crate::schedule::{Tick, ticks};
use crate::schema::OutOfRange;
use crate::signal::{Cues, NodalCues, NodalSignal, SensedSignal, Signals, Surroundings, weighted};
use crate::spectral::Spectral;
use crate::spline::{self, NodeMap};
use crate::turning::{Sense, TurningKernel, Unbounded, pairs};
use crate::vector::{Vector, scaled};
use culprit::{Culprit, culprit};
use rayon::prelude::*;
use std::sync::Arc;

/// Populations, signals, reactions, grid and schedule of an experiment.
pub struct Model<const D: usize> {
    /// ε.
    pub epsilon: f64,
    /// The populations, at least one.
    pub populations: Vec<Species<D>>,
    /// The signals.
    pub signals: Signals<D>,
    /// The reactions.
    pub network: Network,
    /// What kernels sense: signals, by number, and their weights.
    pub cues: Vec<Vec<(usize, f64)>>,
    /// Share of the cells that may be outside the box in the whole space.
    pub most_leak: f64,
    /// The box, its grid and their transforms.
    pub spectral: Spectral<D>,
    /// The virial identity, where it holds.
    pub virial: Option<Virial>,
    /// The a priori bounds of S, where they are proved.
    pub bounds: Option<SignalBounds>,
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
    /// Who has the cells of a realisation.
    pub crew: Crew,
    /// What cells fly on.
    pub device: Device,
    /// What decides every realisation, with the times at which something is recorded.
    pub definition: String,
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
        let map = Arc::new(NodeMap::new(&grid));
        let mut cues: Vec<Vec<(usize, f64)>> = Vec::new();
        let mut populations = Vec::new();
        for population in &e.populations {
            let sensed = population.kernel.terms.iter().map(|term| {
                cues.iter().position(|cue| *cue == term.senses).unwrap_or_else(|| {
                    cues.push(term.senses.clone());
                    cues.len() - 1
                })
            });
            let sensed = sensed.collect();
            let species = Species::new(e, population, sensed, &spectral, &map);
            populations.push(species.map_err(|error| error.of(e.key_of(population, "")))?);
        }
        let (only, outputs) = (&populations[0], record_times(e));
        let model = Self {
            epsilon: e.epsilon,
            virial: Virial::new(e, &only.kernel, &only.initial),
            bounds: SignalBounds::new(e, only.initial.mass()),
            populations,
            signals: Signals::new(&e.signals, &e.domain),
            network: Network::new(&e.reactions),
            cues,
            most_leak: e.domain.leak,
            seed: e.seed,
            crew: Crew::default(),
            device: Device::default(),
            definition: format!("{} {outputs:?}", e.definition()),
            outputs,
            step: e.time.step,
            method: e.motion,
            tolerated_bias: e.motion_bias,
            hop: e.time.motion_step,
            map,
            symbol: spectral.table(|k| spline::symbol(&grid, k)),
            spectral,
        };
        model.check_start(e)?;
        Ok(model)
    }

    /// The population that is alone, or the first one.
    pub fn first(&self) -> &Species<D> {
        &self.populations[0]
    }

    /// Makes what the cells of every population are drawn from, once for all replicates.
    ///
    /// # Errors
    /// As [`crate::cells::InitialLaw::tabulate`].
    pub fn tabulate(&self) -> Result<(), InitialError> {
        self.populations.iter().try_for_each(|species| match species.cells {
            0 => Ok(()),
            _ => species.initial.tabulate().map_err(|error| match self.populations.len() {
                1 => error,
                _ => error.of(format!("populations.{}.", species.name)),
            }),
        })
    }

    /// Coefficients of every ρ(x, 0).
    pub fn start(&self) -> Vec<Vec<f64>> {
        self.populations.iter().map(|species| species.initial.start().to_vec()).collect()
    }

    /// Checks every expression of signals, growth, reactions and kernels at t = 0, on the nodes of the grid, and that
    /// the kernels are some.
    fn check_start(&self, e: &Experiment) -> Result<(), InitialError> {
        let refusal = |value: OutOfRange| Err(InitialError::Value(Box::new(value)));
        let densities = self.start();
        let signals = self.signals.initial(&self.spectral, &densities);
        let is_finite = signals.iter().flatten().all(|s| s.is_finite());
        let now = Surroundings { time: 0.0, densities: &densities, signals: &signals };
        let slopes: Vec<Vec<f64>> = densities.iter().map(|rho| vec![0.0; rho.len()]).collect();
        // Rates of a reaction are no part of S(x, 0).
        let looks = !is_finite || self.signals.iter().any(|one| one.reaction().is_some());
        if looks && let Some(value) = self.signals.refused(&self.spectral, now, &slopes, 0.0) {
            return refusal(value);
        }
        if !is_finite {
            return Err(InitialError::Signal);
        }
        if let Some(value) = self.network.refused(&self.spectral, now) {
            return refusal(value);
        }
        for (species, of) in self.populations.iter().zip(&e.populations) {
            let refused = species.growth.as_ref().and_then(|g| g.refused(&self.spectral, now));
            if let Some(value) = refused {
                return refusal(value.at_time(0.0));
            }
            if let Some(rate) = species.growth.as_ref().and_then(Growth::constant) {
                let (cells, time) = (species.cells as f64 * (rate * self.end()).exp(), self.end());
                let most = most_cells::<D>() as f64;
                if cells > most && species.between.is_none() {
                    let crowd = InitialError::Crowd { rate, cells, time, most };
                    return Err(crowd.of(e.key_of(of, "")));
                }
            }
        }
        let sensed = self.sense_all(&signals, None);
        for (species, of) in self.populations.iter().zip(&e.populations) {
            let cues = Cues::among(&sensed, &species.cues);
            match self.refused(species, &species.kernel, &cues) {
                Some(value) => return refusal(value.at_time(0.0)),
                None => self.check_bound(e, (species, of), &cues)?,
            }
        }
        for (species, of) in self.populations.iter().zip(&e.populations) {
            if let Some(fault) = self.fault(species, &Cues::among(&sensed, &species.cues)) {
                return Err(InitialError::Kernel(fault).of(e.key_of(of, "")));
            }
        }
        Ok(())
    }

    /// Why a kernel is none in the signals at t = 0, and the remedy, where no rule of the experiment file can judge
    /// that.
    fn fault(&self, species: &Species<D>, cues: &Cues<'_, '_, D>) -> Option<String> {
        let fault = species.kernel.leading_fault(&cues.bounds_of_all());
        fault.or_else(|| self.negative(species, cues))
    }

    /// T < 0 of a kernel that the user typed, at some nodes and velocities.
    fn negative(&self, species: &Species<D>, cues: &Cues<'_, '_, D>) -> Option<String> {
        if !species.kernel.is_typed() {
            return None;
        }
        let every = self.grid().len().div_ceil(TRIALS);
        let places: Vec<Vector<D>> = self.grid().nodes().step_by(every).collect();
        let turns = pairs(&species.space);
        let least = |epsilon: f64| {
            let kernel = species.kernel.with_epsilon(species.scaling.at(epsilon).bias());
            let of = |x: &Vector<D>| {
                let rates = turns.iter().map(|(v, w)| kernel.relative_rate(cues, x, v, w));
                rates.fold(f64::INFINITY, f64::min)
            };
            places.iter().map(of).fold(f64::INFINITY, f64::min)
        };
        let found = least(self.epsilon);
        if found >= 0.0 {
            return None;
        }
        let (mut good, mut bad) = (0.0, self.epsilon);
        while bad - good > 1e-3 * self.epsilon {
            let middle = 0.5 * (good + bad);
            *(if least(middle) >= 0.0 { &mut good } else { &mut bad }) = middle;
        }
        Some(format!(
            "T/F is {found:.6} somewhere at t = 0, and a rate must not be negative. Set epsilon to {good:.4} or less, or weaken the bias."
        ))
    }

    /// Which expression of the kernel has a value that it must not have at some node, for cells that
    /// fly along the axes at their largest speed, if one has.
    pub fn refused<K: TurningKernel<D>, S: Sense<D>>(
        &self,
        species: &Species<D>,
        kernel: &K,
        signal: &S,
    ) -> Option<OutOfRange> {
        if !kernel.may_refuse() {
            return None;
        }
        let along = |a: usize, speed: f64| -> Vector<D> {
            std::array::from_fn(|b| if a == b { speed } else { 0.0 })
        };
        let speed = species.space.max_speed();
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
        (species, of): (&Species<D>, &Population),
        cues: &Cues<'_, '_, D>,
    ) -> Result<(), InitialError> {
        let bounds = cues.bounds_of_all();
        let bound = species.kernel_bound.unwrap_or_else(|| species.kernel.candidate_bound(&bounds));
        if !bound.is_finite() {
            return Err(InitialError::Unbounded(Unbounded(bound)).of(e.key_of(of, "")));
        }
        let duration = if self.is_frozen() { self.end() } else { self.step.min(self.end()) };
        let candidates = bound * duration / species.scaling.tumble_time();
        let given = species.kernel_bound.is_some();
        if (given || self.method == Method::Exact) && candidates > MOST_CANDIDATES {
            let Culprit { key, value, remedy } = culprit((e, of), species, bound, &bounds);
            let key = match key.split_once('.') {
                Some(("kernel", _)) => e.key_of(of, key),
                Some(("signal", rest)) => e.key_of_signal(culprit::sensed(e, of), rest),
                _ => key.to_string(),
            };
            return Err(InitialError::Candidates { key, value, remedy, candidates, duration });
        }
        Ok(())
    }

    /// The field steps. Before an output they shrink to ε²/25, a fraction of the time in which
    /// velocities forget, so that the flux is that of the output time. A steady signal needs none, if
    /// cells neither divide nor die.
    pub fn ticks(&self) -> Vec<Tick> {
        self.ticks_with(&self.outputs, self.step, self.epsilon)
    }

    /// Those of `e`, which differs from this experiment in its times or in ε.
    pub fn ticks_of(&self, e: &Experiment) -> Vec<Tick> {
        self.ticks_with(&record_times(e), e.time.step, e.epsilon)
    }

    fn ticks_with(&self, outputs: &[f64], step: f64, epsilon: f64) -> Vec<Tick> {
        match self.is_frozen() {
            true => ticks(outputs, f64::INFINITY, f64::INFINITY),
            false => ticks(outputs, step, self.last_step_at(epsilon)),
        }
    }

    /// Whether nothing changes but the cells, so that they need no field steps.
    pub fn is_frozen(&self) -> bool {
        let unborn = self.populations.iter().all(|species| species.growth.is_none());
        self.signals.is_steady() && unborn && self.network.is_empty()
    }

    /// The final time.
    pub fn end(&self) -> f64 {
        *self.outputs.last().expect("the final time is an output")
    }

    /// The field step before an output: ε²/25, or ε^{q+1}/25 of the fastest population.
    pub fn last_step(&self) -> f64 {
        self.last_step_at(self.epsilon)
    }

    fn last_step_at(&self, epsilon: f64) -> f64 {
        let times = self.populations.iter().map(|s| s.scaling.at(epsilon).tumble_time());
        0.04 * times.fold(f64::INFINITY, f64::min)
    }

    /// The same with cells that a crew has. None may be born or die, and what needs all cells at once, as an adaptive
    /// density, may not be asked for.
    pub fn spread_over(mut self, crew: &Crew) -> Self {
        self.populations.iter_mut().for_each(|species| species.deposit.crew = crew.clone());
        Self { crew: crew.clone(), ..self }
    }

    /// How cells sense, and are deposited on, the grid.
    pub fn map(&self) -> &NodeMap<D> {
        &self.map
    }

    /// The box and its grid.
    pub fn grid(&self) -> &Grid<D> {
        self.spectral.grid()
    }

    /// The cues at t = 0, where signals answer to ρ⁰ itself, without the noise of cells.
    pub fn initial_signals(&self) -> Vec<SensedSignal<'_, D>> {
        self.sense_all(&self.signals.initial(&self.spectral, &self.start()), None)
    }

    /// S with these coefficients, which are overwritten, as cells sense it; `padded` gives memory.
    pub fn sense(&self, signal: &mut [f64], padded: Vec<f64>) -> SensedSignal<'_, D> {
        SensedSignal::new(&self.spectral, &self.map, &self.symbol, signal, padded)
    }

    /// Every cue, from the coefficients of all signals and, if kernels sense it, of what changes of them per time.
    pub fn sense_all(
        &self,
        signals: &[Vec<f64>],
        change: Option<&[Vec<f64>]>,
    ) -> Vec<SensedSignal<'_, D>> {
        self.sense_into(signals, change, &mut Vec::new())
    }

    /// One cue, from the coefficients of all signals.
    pub fn sense_cue(&self, number: usize, signals: &[Vec<f64>]) -> SensedSignal<'_, D> {
        self.sense(&mut weighted(signals, &self.cues[number]).into_owned(), Vec::new())
    }

    /// The same in the memory of `padded`, which is used up.
    pub fn sense_into(
        &self,
        signals: &[Vec<f64>],
        change: Option<&[Vec<f64>]>,
        padded: &mut Vec<Vec<f64>>,
    ) -> Vec<SensedSignal<'_, D>> {
        let one = |cue: &Vec<(usize, f64)>| {
            let memory = padded.pop().unwrap_or_default();
            let sensed = self.sense(&mut weighted(signals, cue).into_owned(), memory);
            match change {
                None => sensed,
                Some(change) => {
                    let mut change = weighted(change, cue).into_owned();
                    sensed.changing(&self.spectral, &self.symbol, &mut change)
                }
            }
        };
        self.cues.iter().map(one).collect()
    }

    /// The same at the nodes, for the cells of a population that have these velocities.
    pub fn nodal_cues(
        &self,
        species: &Species<D>,
        signals: &[Vec<f64>],
        change: Option<&[Vec<f64>]>,
        velocities: &[Vector<D>],
    ) -> NodalCues<'_, D> {
        let looks = species.kernel.sensing_distance() > 0.0;
        let reach = species.scaling.bias();
        let moves: Vec<Vector<D>> =
            velocities.iter().filter(|_| looks).map(|v| scaled(reach, v)).collect();
        let one = |number: &usize| {
            let cue = &self.cues[*number];
            let middle = weighted(signals, cue);
            let spline = self.sense(&mut middle.to_vec(), Vec::new());
            let change = change.map(|change| weighted(change, cue));
            NodalSignal::new(&self.spectral, &middle, change.as_deref(), &moves, spline)
        };
        NodalCues { all: species.cues.iter().map(one).collect() }
    }

    /// Whether some kernel senses a ∂tS that does not vanish.
    pub fn senses_change(&self) -> bool {
        let senses = self.populations.iter().any(|species| species.kernel.senses_change());
        senses && !self.signals.is_steady()
    }

    /// What is to be expected of a step of length `dt` from `now` on, where densities change at the rates
    /// `slopes`.
    pub fn forecast(
        &self,
        now: Surroundings<'_>,
        slopes: &[Vec<f64>],
        dt: f64,
        middle: &mut Vec<Vec<f64>>,
    ) -> Option<Vec<Vec<f64>>> {
        self.signals.advance(&self.spectral, now, slopes, 0.5 * dt, middle);
        self.senses_change().then(|| {
            let mut change = Vec::new();
            self.signals.advance(&self.spectral, now, slopes, dt, &mut change);
            for (next, now) in change.iter_mut().zip(now.signals) {
                next.iter_mut().zip(now).for_each(|(next, now)| *next = (*next - now) / dt);
            }
            change
        })
    }

    /// A field step of length `duration` of a population in frozen signals, for cells at `positions`.
    ///
    /// # Errors
    /// If T/F has no bound.
    pub fn field_step<'a, K: TurningKernel<D>, S: Sense<D>>(
        &'a self,
        species: &'a Species<D>,
        (kernel, signal): (&'a K, &'a S),
        duration: f64,
        positions: &[Vector<D>],
    ) -> Result<Step<'a, D, K, S>, Unbounded> {
        let step = |method| {
            let way = (method, self.hop);
            species.step_by(way, (kernel, signal), self.grid(), duration, positions)
        };
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

    /// The first field step of a run as every way would fly it, for cells of a population at `positions`,
    /// and the way that is taken.
    ///
    /// # Errors
    /// If T/F has no bound.
    pub fn offers(
        &self,
        species: &Species<D>,
        positions: &[Vector<D>],
    ) -> Result<(Vec<Offer>, Method), Unbounded> {
        let sensed = self.initial_signals();
        let cues = Cues::among(&sensed, &species.cues);
        let duration = self.ticks().iter().map(|tick| tick.duration).find(|dt| *dt > 0.0);
        let duration = duration.expect("there is a step before the final time");
        let every = [Method::Exact, Method::SkipAhead, Method::Hybrid];
        let senses = (&species.kernel, &cues);
        let offer = |method| {
            let way = (method, self.hop);
            let step = species.step_by(way, senses, self.grid(), duration, positions)?;
            Ok(step.offer(positions))
        };
        let taken = self.field_step(species, senses, duration, positions)?.method;
        Ok((every.into_iter().map(offer).collect::<Result<_, _>>()?, taken))
    }
}

/// Output times and those at which cells are asked for.
fn record_times(e: &Experiment) -> Vec<f64> {
    let mut times = [e.time.outputs.as_slice(), &e.output.cells_at].concat();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}
