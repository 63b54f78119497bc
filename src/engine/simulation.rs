//! One realisation: cells and signal advanced together.
//!
//! A field step, second order in Δt: S at mid-step is predicted from the last densities, the cells
//! fly in it, are deposited, and S is advanced with the source linear between both deposits. Births and
//! deaths, at the rate predicted for mid-step, come half before the flight and half after it.

use crate::cells::{BLOCK, InitialError, Population};
use crate::experiment::OutOfRange;
use crate::growth::divide;
use crate::model::Model;
use crate::motion::{MotionError, Tally, Unbounded};
use crate::rng::Streams;
use crate::schedule::Tick;
use crate::signal::SensedSignal;
use crate::state::State;
use crate::turning::Sense;
use crate::vector::Vector;
use crate::with_kernel;
use rayon::prelude::*;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Why a simulation ended before its time.
#[derive(Debug, Error)]
pub enum SimulationError {
    /// The cells could not be placed.
    #[error(transparent)]
    Initial(#[from] InitialError),
    /// A cell could not be advanced.
    #[error(transparent)]
    Motion(MotionError),
    /// An expression gave a value that it must not have.
    #[error("{0}")]
    Value(Box<OutOfRange>),
    /// S overflowed.
    #[error(
        "S is not finite at t = {time}: what feeds it grows without bound. Lower signal.production, \
         cells.mass or cells.growth, or end earlier"
    )]
    Signal {
        /// t.
        time: f64,
    },
    /// T/F has no bound.
    #[error("at t = {time} {unbounded}")]
    Unbounded {
        /// t.
        time: f64,
        /// The bound.
        unbounded: Unbounded,
    },
    /// Too much of the mass left the box that stands for the whole space.
    #[error("{0}")]
    Leak(#[from] Leak),
    /// The limit could not be solved.
    #[error("{0}")]
    Limit(String),
    /// A study asks for the limit at a time that it does not reach.
    #[error(
        "the limit blows up, or outgrows limit.grid, soon after t = {time} (largest density \
         {largest:.4e}): nothing is left to compare with at time.end. End earlier, lower cells.mass, \
         or refine limit.grid; `kinetaxis limit` tells more"
    )]
    NoLimit {
        /// The last time when it was resolved.
        time: f64,
        /// The largest density then.
        largest: f64,
    },
    /// Births made more cells than are held.
    #[error(
        "cells.growth makes {cells:.3e} cells by t = {time}, and {most:.3e} are the most. Lower it, end \
         earlier, or start with fewer cells of a larger mass"
    )]
    Crowd {
        /// t.
        time: f64,
        /// Cells.
        cells: f64,
        /// What is held.
        most: f64,
    },
    /// No cell is left.
    #[error(
        "all cells have died by t = {time}, so nothing is left to measure. Raise cells.growth or \
         cells.count, or end earlier"
    )]
    Extinct {
        /// t.
        time: f64,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl SimulationError {
    /// The same, at time `t` if it says nothing of time.
    fn at_time(self, t: f64) -> Self {
        match self {
            Self::Value(value) => Self::Value(Box::new(value.at_time(t))),
            Self::Motion(error) => Self::Motion(error.at_time(t)),
            Self::Unbounded { unbounded, .. } => Self::Unbounded { time: t, unbounded },
            other => other,
        }
    }
}

impl From<MotionError> for SimulationError {
    fn from(error: MotionError) -> Self {
        match error {
            MotionError::Interrupted => Self::Interrupted,
            error => Self::Motion(error),
        }
    }
}

/// Most bytes of the cells of one replicate; as they divide, there are as many again.
const MOST_BYTES: usize = 4 << 30;

/// Most cells of one replicate, of whose `D` coordinates and velocities each takes 8 bytes.
pub const fn most_cells<const D: usize>() -> usize {
    MOST_BYTES / (16 * D)
}

/// How much of the mass is outside the box that stands for the whole space, where its field is not
/// that of the whole space.
#[derive(Clone, Debug, Error, PartialEq)]
#[error(
    "at t = {time}, {share:.1e} of the mass is outside the box of the whole space, where {most:e} \
     is the most (domain.leak). Widen domain.lower and domain.upper, or end earlier; {reached}"
)]
pub struct Leak {
    /// t.
    pub time: f64,
    /// The share outside.
    pub share: f64,
    /// What is allowed.
    pub most: f64,
    /// How far it reached.
    pub reached: String,
}

/// The owner of the time loop of one replicate.
pub struct Simulation<'m, const D: usize> {
    model: &'m Model<D>,
    streams: Streams,
    state: State<D>,
    work: Work,
    loop_time: Duration,
}

/// Who watches a run.
struct Watch<'a> {
    stop: &'a AtomicBool,
    /// Takes the number of cells that were flown through one field step.
    progress: &'a (dyn Fn(usize) + Sync),
}

/// Memory that is used again at every step.
struct Work {
    /// Private grids of the deposit, and the number of cells of each.
    parts: (Vec<Vec<f64>>, usize),
    /// Spectral coefficients.
    field: Vec<f64>,
    signal: Vec<f64>,
    /// Spline coefficients of the signal.
    padded: Vec<f64>,
    /// Whether a cell flew out of the padding of an open box.
    lost: AtomicBool,
}

impl<'m, const D: usize> Simulation<'m, D> {
    /// Replicate number `replicate` at t = 0.
    pub fn new(model: &'m Model<D>, replicate: u64) -> Result<Self, SimulationError> {
        let streams = Streams::new(model.seed, replicate);
        let cells = model.initial.populate(model.cells, &model.space, streams)?;
        let density =
            model.deposit.coefficients(&model.spectral, &cells.positions, |_| cells.weight);
        let signal = model.equation.initial(&model.spectral, &density);
        let density_slope = vec![0.0; density.len()];
        let tally = Tally::default();
        let anchor = (0.0, density.clone());
        let state = State {
            time: 0.0,
            step: 0,
            cells,
            signal,
            density,
            density_slope,
            anchor,
            next_anchor: None,
            cell_time: 0.0,
            tally,
        };
        let parts = model.deposit.parts(model.cells);
        let (field, signal, padded, lost) = Default::default();
        let work = Work { parts, field, signal, padded, lost };
        Ok(Self { model, streams, state, work, loop_time: Duration::ZERO })
    }

    /// Where the replicate stands.
    pub fn state(&self) -> &State<D> {
        &self.state
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
        let ticks = self.model.ticks();
        if self.model.outputs.first() == Some(&0.0) {
            observe(&self.state);
        }
        for tick in &ticks {
            let start = Instant::now();
            if tick.duration > 0.0 {
                self.step(tick, stop, &|part| progress(part / ticks.len() as f64))?;
            } else {
                progress(1.0 / ticks.len() as f64);
            }
            self.loop_time += start.elapsed();
            if tick.output {
                let now = std::mem::replace(&mut self.state.time, tick.end);
                observe(&self.state);
                self.state.time = now;
            }
        }
        Ok(())
    }

    /// One field step; `progress` takes the parts of it that were done since it was called.
    fn step(
        &mut self,
        tick: &Tick,
        stop: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<(), SimulationError> {
        let (model, dt) = (self.model, tick.duration);
        let divides = model.growth.is_some();
        let deposited = model.equation.is_coupled() || tick.output || divides;
        let mut field = std::mem::take(&mut self.work.field);
        let padded = std::mem::take(&mut self.work.padded);
        let after = |h: f64, next: &mut Vec<f64>| self.signal_after(h, next);
        let signal = model.sense_step(&self.state.signal, dt, after, &mut field, padded);
        if !signal.is_finite() {
            return Err(self.lost_signal(&[0.5 * dt, dt]));
        }
        let growth = self.growth(dt)?;
        self.divide(growth.as_ref(), 0, tick)?;
        let middle = self.state.time + 0.5 * dt;
        let State { step, cells, cell_time, .. } = &mut self.state;
        let (streams, step, Work { parts, lost, .. }) = (self.streams, *step, &mut self.work);
        let share = 1.0 / cells.len() as f64;
        let watch = &Watch { stop, progress: &|cells| progress(share * cells as f64) };
        *cell_time += dt * cells.len() as f64;
        let flight = Flight {
            model,
            signal: &signal,
            dt,
            deposited: deposited && !divides,
            streams,
            step,
            cells,
            parts,
            lost,
            watch,
        };
        let tally = compiled::<D>()(flight).map_err(|error| error.at_time(middle))?;
        self.check_leak(&tally, tick.end)?;
        self.state.tally += tally;
        self.work.padded = signal.into_padded();
        self.divide(growth.as_ref(), 1, tick)?;
        if divides {
            let Population { positions, weight, .. } = &self.state.cells;
            field = model.deposit.coefficients(&model.spectral, positions, |_| *weight);
        } else if deposited {
            model.deposit.collect(&model.spectral, &mut self.work.parts.0, &mut field);
        } else {
            field.clone_from(&self.state.density);
        }
        rate(&field, &self.state.density, dt, &mut self.state.density_slope);
        let mut next = std::mem::take(&mut self.work.signal);
        self.signal_after(dt, &mut next);
        if !next.iter().all(|s| s.is_finite()) {
            return Err(self.lost_signal(&[dt]));
        }
        let state = &mut self.state;
        self.work.signal = std::mem::replace(&mut state.signal, next);
        self.work.field = std::mem::replace(&mut state.density, field);
        let start = std::mem::replace(&mut state.time, tick.end);
        state.step += 1;
        self.predict(start);
        Ok(())
    }

    /// The rate of change of ρ_h from which the next step is predicted, after one that began at `start`,
    /// when ρ_h was what `work.field` holds.
    fn predict(&mut self, start: f64) {
        let (state, before) = (&mut self.state, &mut self.work.field);
        let full = self.model.step.min(self.model.end()) * (1.0 - 1e-9);
        if state.time - start >= 0.5 * full {
            std::mem::swap(before, &mut state.anchor.1);
            (state.anchor.0, state.next_anchor) = (start, None);
        } else {
            let next = state.next_anchor.get_or_insert_with(|| (start, std::mem::take(before)));
            if state.time - next.0 >= 0.75 * full {
                std::mem::swap(&mut state.anchor, next);
                state.next_anchor = None;
            }
        }
        let since = state.time - state.anchor.0;
        if since >= 0.5 * full {
            rate(&state.density, &state.anchor.1, since, &mut state.density_slope);
        } else {
            state.density_slope.fill(0.0);
        }
    }

    /// r as cells feel it over a step of length `dt`.
    fn growth(&self, dt: f64) -> Result<Option<Felt<'m, D>>, SimulationError> {
        let (model, State { density, density_slope, time, .. }) = (self.model, &self.state);
        let Some(growth) = &model.growth else { return Ok(None) };
        if let Some(rate) = growth.constant() {
            return Ok(Some(Felt::Everywhere(rate)));
        }
        let after = |h: f64, next: &mut Vec<f64>| self.signal_after(h, next);
        let fields = model.growth_fields(density, density_slope, dt, after);
        let [density, signal] = &fields.expect("cells grow");
        let mut rates = growth.nodal(&model.spectral, density, signal);
        model.spectral.forward_in_place(&mut rates);
        let rates = model.sense(&mut rates, Vec::new());
        if rates.is_finite() {
            return Ok(Some(Felt::Here(rates)));
        }
        let value = growth.refused(&model.spectral, [density, signal]);
        let value = value.unwrap_or_else(|| growth.overflow());
        Err(SimulationError::Value(Box::new(value.at_time(time + 0.5 * dt))))
    }

    /// Why S is no number, at one of these times from now on.
    #[cold]
    fn lost_signal(&self, after: &[f64]) -> SimulationError {
        let State { signal, density, density_slope: slope, time, .. } = &self.state;
        let refused = |h: &f64| {
            let fields = [&signal[..], density, slope];
            self.model.equation.refused(&self.model.spectral, fields, [*time, *h])
        };
        match after.iter().find_map(refused) {
            Some(value) => SimulationError::Value(Box::new(value)),
            None => SimulationError::Signal { time: time + after[0] },
        }
    }

    /// Births and deaths of one half of a field step.
    fn divide(
        &mut self,
        rate: Option<&Felt<'_, D>>,
        half: u64,
        tick: &Tick,
    ) -> Result<(), SimulationError> {
        let Some(rate) = rate else { return Ok(()) };
        let State { cells, step, .. } = &mut self.state;
        let (names, most, time) = ((self.streams, 2 * *step + half), most_cells::<D>(), tick.end);
        divide(cells, |x| rate.at(x), 0.5 * tick.duration, names, most)
            .map_err(|cells| SimulationError::Crowd { time, cells, most: most as f64 })?;
        if cells.is_empty() {
            return Err(SimulationError::Extinct { time });
        }
        self.work.parts = self.model.deposit.parts(cells.len());
        Ok(())
    }

    /// Stops where the cells that this field step left outside the box are too many, or one is
    /// beyond what surrounds it.
    fn check_leak(&self, tally: &Tally, time: f64) -> Result<(), Leak> {
        let (share, most) =
            (tally.outside as f64 / self.state.cells.len() as f64, self.model.most_leak);
        if share <= most && !self.work.lost.load(Ordering::Relaxed) {
            return Ok(());
        }
        let axis = |a: usize| {
            let along = self.state.cells.positions.iter().map(|x| x[a]);
            let (low, high) =
                along.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
            format!("[{low:.3}, {high:.3}]")
        };
        let reached = (0..D).map(axis).collect::<Vec<_>>().join(" x ");
        Err(Leak { time, share, most, reached: format!("the cells fill {reached}") })
    }

    /// Coefficients of S after a time `h`, into `next`.
    fn signal_after(&self, h: f64, next: &mut Vec<f64>) {
        let State { signal, density, density_slope: slope, time, .. } = &self.state;
        let (equation, spectral) = (&self.model.equation, &self.model.spectral);
        equation.advance(spectral, signal, density, slope, *time, h, next);
    }
}

/// r where a cell is.
enum Felt<'a, const D: usize> {
    Everywhere(f64),
    Here(SensedSignal<'a, D>),
}

impl<const D: usize> Felt<'_, D> {
    fn at(&self, x: &Vector<D>) -> f64 {
        match self {
            Self::Everywhere(rate) => *rate,
            Self::Here(rate) => rate.value(x),
        }
    }
}

/// All cells over one field step in a frozen signal.
struct Flight<'a, const D: usize> {
    model: &'a Model<D>,
    signal: &'a SensedSignal<'a, D>,
    dt: f64,
    /// Whether each block is deposited while it is at hand.
    deposited: bool,
    streams: Streams,
    step: u64,
    cells: &'a mut Population<D>,
    parts: &'a mut (Vec<Vec<f64>>, usize),
    /// Raised when a cell is beyond what surrounds an open box.
    lost: &'a AtomicBool,
    watch: &'a Watch<'a>,
}

fn fly<const D: usize>(flight: Flight<'_, D>) -> Result<Tally, SimulationError> {
    let Flight { model, signal, dt, deposited, streams, step: number, cells, parts, lost, watch } =
        flight;
    let open = model.grid().is_open();
    let (weight, length, parts) = (cells.weight, parts.1, &mut parts.0);
    let (positions, velocities) = (&mut cells.positions, &mut cells.velocities);
    let tallies: Vec<Result<Tally, SimulationError>> = with_kernel!(&model.kernel, kernel => {
        let step = model.field_step(kernel, signal, dt, positions).map_err(|unbounded| {
            match model.refused(kernel, signal) {
                Some(value) => SimulationError::Value(Box::new(value)),
                None => SimulationError::Unbounded { time: f64::NAN, unbounded },
            }
        })?;
        (positions.par_chunks_mut(length))
            .zip(velocities.par_chunks_mut(length))
            .zip(parts)
            .enumerate()
            .map(|(part, ((xs, vs), grid))| {
                grid.fill(0.0);
                let (mut tally, first) = (Tally::default(), part * length / BLOCK);
                let blocks = xs.chunks_mut(BLOCK).zip(vs.chunks_mut(BLOCK)).enumerate();
                for (block, (xs, vs)) in blocks {
                    let names = [(first + block) as u64, number];
                    if watch.stop.load(Ordering::Relaxed) {
                        return Err(SimulationError::Interrupted);
                    }
                    tally += step.fly(xs, vs, streams, names, watch.stop)?;
                    (watch.progress)(xs.len());
                    let mut inside = true;
                    if open {
                        let (outside, held) = model.grid().outside(xs);
                        (tally.outside, inside) = (tally.outside + outside, held);
                        lost.fetch_or(!held, Ordering::Relaxed);
                    }
                    if deposited && inside {
                        model.deposit.add(grid, xs, weight);
                    }
                }
                Ok(tally)
            })
            .collect()
    });
    tallies.into_iter().try_fold(Tally::default(), |mut total, part| {
        total += part?;
        Ok(total)
    })
}

type Fly<const D: usize> = fn(Flight<'_, D>) -> Result<Tally, SimulationError>;

#[inline(never)]
fn fly_in_1d(flight: Flight<'_, 1>) -> Result<Tally, SimulationError> {
    fly(flight)
}

#[inline(never)]
fn fly_in_2d(flight: Flight<'_, 2>) -> Result<Tally, SimulationError> {
    fly(flight)
}

#[inline(never)]
fn fly_in_3d(flight: Flight<'_, 3>) -> Result<Tally, SimulationError> {
    fly(flight)
}

/// [`fly`] as compiled with this crate: a crate that uses a simulation need not compile every
/// kernel's loop again.
fn compiled<const D: usize>() -> Fly<D> {
    let all: [&dyn Any; 3] =
        [&(fly_in_1d as Fly<1>), &(fly_in_2d as Fly<2>), &(fly_in_3d as Fly<3>)];
    *all[D - 1].downcast_ref().expect("D is 1, 2 or 3")
}

/// (now − before)/`time`, into `rate`.
fn rate(now: &[f64], before: &[f64], time: f64, rate: &mut Vec<f64>) {
    rate.clear();
    rate.extend(now.iter().zip(before).map(|(now, before)| (now - before) / time));
}
