//! One realisation: cells and signal advanced together.
//!
//! A field step, second order in Δt: S at mid-step is predicted from the last densities, the cells
//! fly in it, are deposited, and S is advanced with the source linear between both deposits.

use crate::cells::InitialError;
use crate::model::Model;
use crate::motion::{MotionError, Step, Tally, advance};
use crate::rng::Streams;
use crate::schedule::Tick;
use crate::state::State;
use crate::turning::{Sense, TurningKernel};
use crate::with_kernel;
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
    loop_time: Duration,
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
        Ok(Self { model, streams, state, loop_time: Duration::ZERO })
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
    /// `progress` with the fraction done after every step. `stop` is heeded between steps.
    pub fn run(
        &mut self,
        stop: &AtomicBool,
        mut progress: impl FnMut(f64),
        mut observe: impl FnMut(&State<D>),
    ) -> Result<(), SimulationError> {
        let ticks = self.model.ticks();
        if self.model.outputs.first() == Some(&0.0) {
            observe(&self.state);
        }
        for (done, tick) in ticks.iter().enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Err(SimulationError::Interrupted);
            }
            let start = Instant::now();
            self.step(tick)?;
            self.loop_time += start.elapsed();
            progress((done + 1) as f64 / ticks.len() as f64);
            if tick.output {
                observe(&self.state);
            }
        }
        Ok(())
    }

    /// One field step.
    fn step(&mut self, tick: &Tick) -> Result<(), SimulationError> {
        let (model, dt) = (self.model, tick.duration);
        let middle = self.signal_after(&self.state.density_slope, 0.5 * dt);
        let signal = model.sense(&middle);
        // Room for round-off in rates that attain the bounds.
        // A bound from the user is checked at every candidate: no floor spares the look.
        let floor = match model.kernel_bound {
            Some(_) => 0.0,
            None => model.kernel.floor(&signal.bounds()) * (1.0 - 1e-9),
        };
        let bound =
            model.kernel_bound.unwrap_or(model.kernel.bound(&signal.bounds()) * (1.0 + 1e-9));
        let (cells, number) = (&mut self.state.cells, self.state.step);
        let tally = with_kernel!(&model.kernel, kernel => {
            let step = Step {
                kernel,
                signal: &signal,
                space: &model.space,
                grid: model.grid(),
                epsilon: model.epsilon,
                duration: dt,
                bound,
                floor,
                refuse_negative: model.refuse_negative,
                antithetic: model.antithetic,
            };
            advance(cells, &step, self.streams, number)
        })?;
        self.state.tally += tally;
        let weight = self.state.cells.weight;
        let positions = &self.state.cells.positions;
        let density = model.deposit.coefficients(&model.spectral, positions, |_| weight);
        self.state.signal = self.signal_after(&rate(&density, &self.state.density, dt), dt);
        let before = std::mem::replace(&mut self.state.density, density);
        if tick.long {
            self.state.anchor = (self.state.time, before);
        }
        self.state.time = tick.end;
        let (since, anchor) = &self.state.anchor;
        self.state.density_slope = rate(&self.state.density, anchor, tick.end - since);
        self.state.step += 1;
        Ok(())
    }

    /// S after a time `h`, with ρ changing at the rate `slope`.
    fn signal_after(&self, slope: &[f64], h: f64) -> Vec<f64> {
        let s = &self.state;
        self.model.equation.advance(&self.model.spectral, &s.signal, &s.density, slope, s.time, h)
    }
}

/// (now − before)/`time`.
fn rate(now: &[f64], before: &[f64], time: f64) -> Vec<f64> {
    now.iter().zip(before).map(|(now, before)| (now - before) / time).collect()
}
