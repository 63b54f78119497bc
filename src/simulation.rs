//! One realisation: cells and signal advanced together.
//!
//! A field step, second order in Δt: S at mid-step is predicted from the last densities, the cells
//! fly in it, are deposited, and S is advanced with the source linear between both deposits.

use crate::cells::{BLOCK, InitialError};
use crate::model::Model;
use crate::motion::{MotionError, Tally};
use crate::rng::Streams;
use crate::schedule::Tick;
use crate::state::State;
use crate::turning::{Sense, TurningKernel};
use crate::with_kernel;
use rayon::prelude::*;
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
    Motion(#[from] MotionError),
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
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
        let state =
            State { time: 0.0, step: 0, cells, signal, density, density_slope, anchor, tally };
        let parts = model.deposit.parts(model.cells);
        let work = Work { parts, field: Vec::new(), signal: Vec::new(), padded: Vec::new() };
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
        let share = 1.0 / (ticks.len() * self.state.cells.len()) as f64;
        let watch = Watch { stop, progress: &|cells| progress(share * cells as f64) };
        for tick in &ticks {
            let start = Instant::now();
            self.step(tick, &watch)?;
            self.loop_time += start.elapsed();
            if tick.output {
                observe(&self.state);
            }
        }
        Ok(())
    }

    /// One field step.
    fn step(&mut self, tick: &Tick, watch: &Watch<'_>) -> Result<(), SimulationError> {
        let (model, dt) = (self.model, tick.duration);
        let deposited = model.equation.is_coupled() || tick.output;
        let mut field = std::mem::take(&mut self.work.field);
        self.signal_after(0.5 * dt, &mut field);
        let mut signal = model.sense(&mut field, std::mem::take(&mut self.work.padded));
        if model.kernel.senses_change() && !model.equation.is_steady() {
            self.signal_after(dt, &mut field);
            field
                .iter_mut()
                .zip(&self.state.signal)
                .for_each(|(next, now)| *next = (*next - now) / dt);
            signal = model.with_change(signal, &mut field);
        }
        let tally = self.fly(&signal, dt, deposited, watch)?;
        self.state.tally += tally;
        self.work.padded = signal.into_padded();
        if deposited {
            model.deposit.collect(&model.spectral, &mut self.work.parts.0, &mut field);
        } else {
            field.clone_from(&self.state.density);
        }
        rate(&field, &self.state.density, dt, &mut self.state.density_slope);
        let mut next = std::mem::take(&mut self.work.signal);
        self.signal_after(dt, &mut next);
        let state = &mut self.state;
        self.work.signal = std::mem::replace(&mut state.signal, next);
        self.work.field = std::mem::replace(&mut state.density, field);
        if tick.long {
            std::mem::swap(&mut self.work.field, &mut state.anchor.1);
            state.anchor.0 = state.time;
        }
        (state.time, state.step) = (tick.end, state.step + 1);
        let since = tick.end - state.anchor.0;
        rate(&state.density, &state.anchor.1, since, &mut state.density_slope);
        Ok(())
    }

    /// All cells over Δt in a frozen signal; if `deposit`, each block is deposited while it is at
    /// hand.
    fn fly<S: Sense<D>>(
        &mut self,
        signal: &S,
        duration: f64,
        deposit: bool,
        watch: &Watch<'_>,
    ) -> Result<Tally, SimulationError> {
        let Self { model, streams, state, work, .. } = self;
        let (parts, length) = (&mut work.parts.0, work.parts.1);
        let (weight, number) = (state.cells.weight, state.step);
        let (positions, velocities) = (&mut state.cells.positions, &mut state.cells.velocities);
        let tallies: Vec<Result<Tally, SimulationError>> = with_kernel!(&model.kernel, kernel => {
            let step = model.field_step(kernel, signal, duration, positions);
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
                        tally += step.fly(xs, vs, *streams, names)?;
                        (watch.progress)(xs.len());
                        if deposit {
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

    /// Coefficients of S after a time `h`, into `next`.
    fn signal_after(&self, h: f64, next: &mut Vec<f64>) {
        let State { signal, density, density_slope: slope, time, .. } = &self.state;
        let (equation, spectral) = (&self.model.equation, &self.model.spectral);
        equation.advance(spectral, signal, density, slope, *time, h, next);
    }
}

/// (now − before)/`time`, into `rate`.
fn rate(now: &[f64], before: &[f64], time: f64, rate: &mut Vec<f64>) {
    rate.clear();
    rate.extend(now.iter().zip(before).map(|(now, before)| (now - before) / time));
}
