//! One realisation: cells and signals advanced together.
//!
//! A field step, second order in Δt: what cells feel at mid-step is predicted from the last densities, cells
//! react for half of the step, fly, react for the other half and are deposited, and signals are advanced with
//! sources linear between both deposits.

mod checks;
mod chemistry;
mod error;
mod fleet;
mod flight;
mod incident;
mod replay;

pub use error::{Broken, Leak, SimulationError, Wrong};
pub use incident::{Incident, Scene};
pub use replay::History;

use crate::cells::Population;
use crate::clock::Clock;
use crate::device::Device;
use crate::model::{Model, Species};
use crate::motion::Tally;
use crate::reaction::Census;
use crate::rng::Streams;
use crate::schedule::Tick;
use crate::signal::{Cues, Parts, SensedSignal, Surroundings, later};
use crate::state::{Colony, State, Tracked};
use chemistry::{Half, Rates};
use fleet::Fleet;
use flight::{Flight, Watch, compiled};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The owner of the time loop of one replicate.
pub struct Simulation<'m, const D: usize> {
    model: &'m Model<D>,
    streams: Streams,
    state: State<D>,
    ticks: Vec<Tick>,
    /// How many of them are done.
    done: usize,
    work: Work,
    /// By population: its cells, where they fly on a device.
    fleets: Vec<Option<Fleet<D>>>,
    loop_time: Duration,
    /// Whether what a block of cells starts a field step with is kept until it is flown.
    keeps: bool,
}

/// Memory that is used again at every step.
#[derive(Default)]
struct Work {
    /// By population: private grids of the deposit.
    parts: Vec<Parts>,
    /// By population: coefficients of the next density.
    fields: Vec<Vec<f64>>,
    /// Coefficients of signals.
    middle: Vec<Vec<f64>>,
    next: Vec<Vec<f64>>,
    /// Nodal values of a density.
    nodal: Vec<f64>,
    /// Spline coefficients of what is sensed.
    padded: Vec<Vec<f64>>,
    /// Whether a cell flew out of the padding of an open box.
    lost: AtomicBool,
}

/// What cells are going to feel in a field step.
struct Forecast<'m, const D: usize> {
    sensed: Vec<SensedSignal<'m, D>>,
    /// Coefficients of the changes of all signals per time, where these are sensed.
    change: Option<Vec<Vec<f64>>>,
    rates: Option<Rates<'m, D>>,
}

impl<'m, const D: usize> Simulation<'m, D> {
    /// Replicate number `replicate` at t = 0.
    pub fn new(model: &'m Model<D>, replicate: u64) -> Result<Self, SimulationError> {
        let streams = Streams::new(model.seed, replicate);
        let mut populations = Vec::new();
        for (number, species) in model.populations.iter().enumerate() {
            let cells = species.populate(streams)?;
            let density =
                species.deposit.coefficients(&model.spectral, &cells.positions, |_| cells.weight);
            let flux = match model.network.needs_flux(number) {
                true => flux(model, species, &cells).into_iter().map(Tracked::new).collect(),
                false => Vec::new(),
            };
            let (density, census) = (Tracked::new(density), Census::default());
            let tally = Tally::default();
            populations.push(Colony { cells, density, flux, cell_time: 0.0, tally, census });
        }
        let densities: Vec<Vec<f64>> = populations.iter().map(|p| p.density.now.clone()).collect();
        let signals = model.signals.initial(&model.spectral, &densities);
        let state = State { time: 0.0, step: 0, populations, signals };
        Ok(Self::resumed(model, replicate, state, 0, Duration::ZERO))
    }

    /// Replicate number `replicate` where another left it: in `state`, when `done` of its ticks were done in the time
    /// `loop_time`.
    pub fn resumed(
        model: &'m Model<D>,
        replicate: u64,
        state: State<D>,
        done: usize,
        loop_time: Duration,
    ) -> Self {
        let all = model.populations.iter().zip(&state.populations);
        let parts = all.map(|(s, colony)| s.deposit.parts(colony.cells.len())).collect();
        let fields = vec![Vec::new(); state.populations.len()];
        let work = Work { parts, fields, ..Work::default() };
        let (streams, ticks) = (Streams::new(model.seed, replicate), model.ticks());
        let fleets = model.populations.iter().map(|_| None).collect();
        Self { model, streams, state, ticks, done, work, fleets, loop_time, keeps: false }
    }

    /// How many of its ticks are done, and how many there are.
    pub fn ticks(&self) -> (usize, usize) {
        (self.done, self.ticks.len())
    }

    /// Where the replicate stands.
    pub fn state(&self) -> &State<D> {
        &self.state
    }

    /// Brings cells that are on a device back into the state.
    ///
    /// # Errors
    /// The device has failed.
    pub fn land(&mut self) -> Result<(), SimulationError> {
        for (fleet, colony) in self.fleets.iter().zip(&mut self.state.populations) {
            fleet.as_ref().map_or(Ok(()), |fleet| fleet.land(&mut colony.cells))?;
        }
        Ok(())
    }

    /// Time spent in the loop, without set-up and output.
    pub fn loop_time(&self) -> Duration {
        self.loop_time
    }

    /// Runs to the end, calling `observe` at every output time, t = 0 included if it is one, and
    /// `progress` with the fractions of the run that were done since it was called, from whatever
    /// thread. `stop` is heeded between blocks of cells; the state is then unusable.
    pub fn run(
        &mut self,
        stop: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
        mut observe: impl FnMut(&State<D>),
    ) -> Result<(), SimulationError> {
        while self.advance_tick(stop, progress, &mut observe)? {}
        Ok(())
    }

    /// Does the next tick as [`Self::run`] does; false if none is left.
    ///
    /// # Errors
    /// Those of [`Self::run`].
    pub fn advance_tick(
        &mut self,
        stop: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
        mut observe: impl FnMut(&State<D>),
    ) -> Result<bool, SimulationError> {
        if self.done == 0 && self.model.outputs.first() == Some(&0.0) {
            observe(&self.state);
        }
        let Some(tick) = self.ticks.get(self.done).copied() else { return Ok(false) };
        let (start, all) = (Clock::start(), self.ticks.len() as f64);
        match tick.duration > 0.0 {
            true => self.step(&tick, stop, &|part| progress(part / all))?,
            false => progress(1.0 / all),
        }
        if tick.output {
            self.land()?;
        }
        self.loop_time += start.elapsed();
        if tick.output {
            let now = std::mem::replace(&mut self.state.time, tick.end);
            observe(&self.state);
            self.state.time = now;
        }
        self.done += 1;
        Ok(true)
    }

    /// One field step; `progress` takes the parts of it that were done since it was called.
    fn step(
        &mut self,
        tick: &Tick,
        stop: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<(), SimulationError> {
        let forecast = self.predict(tick.duration)?;
        self.react(&forecast, 0, tick)?;
        self.fly(&forecast, tick, stop, progress)?;
        self.react(&forecast, 1, tick)?;
        self.work.padded.extend(forecast.sensed.into_iter().map(SensedSignal::into_padded));
        self.deposit(tick)?;
        self.advance(tick)
    }

    /// Densities now.
    fn densities(&self) -> Vec<Vec<f64>> {
        self.state.populations.iter().map(|colony| colony.density.now.clone()).collect()
    }

    /// Their rates of change.
    fn slopes(&self) -> Vec<Vec<f64>> {
        self.state.populations.iter().map(|colony| colony.density.slope.clone()).collect()
    }

    /// What cells are going to feel in a step of length `dt`: signals and rates of its middle.
    fn predict(&mut self, dt: f64) -> Result<Forecast<'m, D>, SimulationError> {
        let (model, densities, slopes) = (self.model, self.densities(), self.slopes());
        let State { time, signals, populations, .. } = &self.state;
        let now = Surroundings { time: *time, densities: &densities, signals };
        let change = model.forecast(now, &slopes, dt, &mut self.work.middle);
        let middle = &self.work.middle;
        let sensed = model.sense_into(middle, change.as_deref(), &mut self.work.padded);
        if !sensed.iter().all(SensedSignal::is_finite) {
            return Err(self.lost_signal(&[0.5 * dt, dt]));
        }
        if !self.reacts() {
            return Ok(Forecast { sensed, change, rates: None });
        }
        let half = |field: &Tracked| field.after(0.5 * dt);
        let fluxes: Vec<Vec<Vec<f64>>> =
            populations.iter().map(|p| p.flux.iter().map(half).collect()).collect();
        let densities = later(&densities, &slopes, 0.5 * dt);
        let at_middle =
            Surroundings { time: time + 0.5 * dt, densities: &densities, signals: middle };
        let rates = Some(Rates::new(model, &self.state, at_middle, &fluxes)?);
        Ok(Forecast { sensed, change, rates })
    }

    /// Whether cells are born or die.
    fn reacts(&self) -> bool {
        (0..self.model.populations.len()).any(|number| self.changes(number))
    }

    /// Whether those of one population do.
    fn changes(&self, number: usize) -> bool {
        self.model.populations[number].growth.is_some() || self.model.network.touches(number)
    }

    /// Reactions of one half of a field step.
    fn react(
        &mut self,
        forecast: &Forecast<'_, D>,
        half: u64,
        tick: &Tick,
    ) -> Result<(), SimulationError> {
        let Some(rates) = &forecast.rates else { return Ok(()) };
        let (model, number) = (self.model, 2 * self.state.step + half);
        let streams = |species: &Species<D>| self.streams.of_population(&species.name);
        let streams = model.populations.iter().map(streams).collect();
        let step = Half { model, rates, streams, number, tick };
        match half {
            0 => step.before(&mut self.state)?,
            _ => step.after(&mut self.state)?,
        }
        for number in 0..self.model.populations.len() {
            if self.changes(number) {
                let cells = self.state.populations[number].cells.len();
                self.work.parts[number] = self.model.populations[number].deposit.parts(cells);
            }
        }
        Ok(())
    }

    /// Whether densities are needed at the end of a step.
    fn is_deposited(&self, tick: &Tick) -> bool {
        self.model.signals.is_coupled() || tick.output || self.reacts()
    }

    /// Flies every population through the step.
    fn fly(
        &mut self,
        forecast: &Forecast<'_, D>,
        tick: &Tick,
        stop: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<(), SimulationError> {
        let (model, dt) = (self.model, tick.duration);
        let middle = self.state.time + 0.5 * dt;
        let own: usize = self.state.populations.iter().map(|colony| colony.cells.len()).sum();
        let watch = &Watch { stop, progress: &|cells| progress(cells as f64 / own as f64) };
        let deposited = self.is_deposited(tick);
        for (number, species) in model.populations.iter().enumerate() {
            let deposited = deposited && !self.changes(number);
            let colony = &mut self.state.populations[number];
            let all = self.work.parts[number].all;
            if all == 0 {
                continue;
            }
            colony.cell_time += dt * all as f64;
            let flight = Flight {
                model,
                species,
                cues: Cues::among(&forecast.sensed, &species.cues),
                signals: (&self.work.middle, forecast.change.as_deref()),
                dt,
                span: [self.state.time, tick.end],
                deposited,
                streams: self.streams.of_population(&species.name),
                step: self.state.step,
                keeps: self.keeps,
                cells: &mut colony.cells,
                parts: &mut self.work.parts[number],
                lost: &self.work.lost,
                watch,
            };
            let fleet = &mut self.fleets[number];
            if let (Device::Gpu(adapter), None) = (&model.device, &fleet) {
                *fleet = Some(Fleet::board(adapter, (model, species), flight.cells)?);
            }
            let flown = match fleet {
                Some(fleet) => fleet.fly(flight),
                None => compiled::<D>()(flight),
            };
            let tally = flown.map_err(|error| error.at_time(middle))?;
            colony.tally += tally;
            if self.check_leak((number, all), &tally, tick.end).is_err() {
                // How far cells have reached is told, too.
                self.land()?;
                self.check_leak((number, all), &tally, tick.end)?;
            }
        }
        Ok(())
    }

    /// Finds the densities of the end of the step, and what must hold of them and of the cells that made them.
    fn deposit(&mut self, tick: &Tick) -> Result<(), SimulationError> {
        let (model, deposited) = (self.model, self.is_deposited(tick));
        for (number, species) in model.populations.iter().enumerate() {
            let changes = self.changes(number);
            let Work { parts, fields, nodal, .. } = &mut self.work;
            let (colony, field) = (&mut self.state.populations[number], &mut fields[number]);
            let Parts { grids, length, all, .. } = &mut parts[number];
            let told = |wrong: Wrong| wrong.of(&species.name, tick.end);
            if changes {
                checks::places(colony, model.grid()).map_err(told)?;
                let Population { positions, weight, .. } = &colony.cells;
                *field = species.deposit.coefficients(&model.spectral, positions, |_| *weight);
            } else if deposited {
                species.deposit.collect(&model.spectral, grids, field);
            } else {
                field.clone_from(&colony.density.now);
                continue;
            }
            checks::mass_deposited((colony, *all), model.grid(), field, *length).map_err(told)?;
            nodal.clone_from(field);
            model.spectral.inverse_in_place(nodal);
            colony.tally.invariants.survey(nodal);
        }
        Ok(())
    }

    /// Advances all signals to the end of the step, and takes the densities there.
    fn advance(&mut self, tick: &Tick) -> Result<(), SimulationError> {
        let (model, dt) = (self.model, tick.duration);
        for (colony, field) in self.state.populations.iter_mut().zip(&self.work.fields) {
            colony.density.change_to(field, dt);
        }
        let (densities, slopes) = (self.densities(), self.slopes());
        let State { time, signals, .. } = &self.state;
        let now = Surroundings { time: *time, densities: &densities, signals };
        model.signals.advance(&model.spectral, now, &slopes, dt, &mut self.work.next);
        if !self.work.next.iter().flatten().all(|s| s.is_finite()) {
            return Err(self.lost_signal(&[dt]));
        }
        std::mem::swap(&mut self.state.signals, &mut self.work.next);
        let span = [std::mem::replace(&mut self.state.time, tick.end), tick.end];
        self.state.step += 1;
        let full = model.step.min(model.end());
        for ((colony, field), species) in
            self.state.populations.iter_mut().zip(&mut self.work.fields).zip(&model.populations)
        {
            colony.density.replace(field, span, full);
            if !colony.flux.is_empty() {
                let fluxes = flux(model, species, &colony.cells);
                for (tracked, mut next) in colony.flux.iter_mut().zip(fluxes) {
                    tracked.replace(&mut next, span, full);
                }
            }
        }
        Ok(())
    }

    /// Why some S is no number, at one of these times from now on.
    #[cold]
    fn lost_signal(&self, after: &[f64]) -> SimulationError {
        let (densities, slopes) = (self.densities(), self.slopes());
        let State { signals, time, .. } = &self.state;
        let now = Surroundings { time: *time, densities: &densities, signals };
        let refused = |h: &f64| self.model.signals.refused(&self.model.spectral, now, &slopes, *h);
        match after.iter().find_map(refused) {
            Some(value) => SimulationError::Value(Box::new(value)),
            None => SimulationError::Signal { time: time + after[0] },
        }
    }

    /// Stops where the cells of a population that this field step left outside the box are too many, or one is
    /// beyond what surrounds it.
    fn check_leak(
        &self,
        (number, all): (usize, usize),
        tally: &Tally,
        time: f64,
    ) -> Result<(), Leak> {
        let cells = &self.state.populations[number].cells;
        let (share, most) = (tally.outside as f64 / all as f64, self.model.most_leak);
        if share <= most && !self.work.lost.load(Ordering::Relaxed) {
            return Ok(());
        }
        let axis = |a: usize| {
            let along = cells.positions.iter().map(|x| x[a]);
            let (low, high) = (self.model.crew)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |ends: (f64, f64)| {
                    along.fold(ends, |(l, h), x| (l.min(x), h.max(x)))
                });
            format!("[{low:.3}, {high:.3}]")
        };
        let reached = (0..D).map(axis).collect::<Vec<_>>().join(" x ");
        Err(Leak { time, share, most, reached: format!("the cells fill {reached}") })
    }
}

/// Coefficients of K_h * ∫vf dv, by component.
fn flux<const D: usize>(
    model: &Model<D>,
    species: &Species<D>,
    cells: &Population<D>,
) -> Vec<Vec<f64>> {
    let along = |a: usize| {
        let of = |i: usize| cells.weight * cells.velocities.get(i)[a];
        species.deposit.coefficients(&model.spectral, &cells.positions, of)
    };
    (0..D).map(along).collect()
}
