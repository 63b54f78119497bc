//! The cells of one population through one field step.

use super::{Incident, Scene, SimulationError};
use crate::cells::{BLOCK, Population, Precision, settle};
use crate::model::{Model, Species};
use crate::motion::{MotionError, Tally, sampled_of_all};
use crate::rng::{Purpose, Streams};
use crate::signal::{Cues, Parts};
use crate::turning::{Kernel, Sense, TurningKernel};
use crate::vector::Vector;
use crate::with_kernel;
use rayon::prelude::*;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};

/// All cells of a population over one field step in frozen signals.
pub(super) struct Flight<'a, const D: usize> {
    pub model: &'a Model<D>,
    pub species: &'a Species<D>,
    pub cues: Cues<'a, 'a, D>,
    /// Coefficients of all signals in mid-step and, if these are sensed, of their changes per time.
    pub signals: (&'a [Vec<f64>], Option<&'a [Vec<f64>]>),
    pub dt: f64,
    /// When the step starts and ends.
    pub span: [f64; 2],
    /// Whether each block is deposited while it is at hand.
    pub deposited: bool,
    pub streams: Streams,
    pub step: u64,
    /// Whether what a block starts with is kept until it is flown.
    pub keeps: bool,
    pub cells: &'a mut Population<D>,
    pub parts: &'a mut Parts,
    /// Raised when a cell is beyond what surrounds an open box.
    pub lost: &'a AtomicBool,
    pub watch: &'a Watch<'a>,
}

/// Who watches a run.
pub(super) struct Watch<'a> {
    pub stop: &'a AtomicBool,
    /// Takes the number of cells that were flown through one field step.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

fn fly<const D: usize>(flight: Flight<'_, D>) -> Result<Tally, SimulationError> {
    let cues = flight.cues.clone();
    match &flight.species.kernel {
        Kernel::Sum(kernel) => fly_by(kernel, &cues, flight),
        kernel => with_kernel!(kernel, kernel => fly_by(kernel, cues.first(), flight)),
    }
}

fn fly_by<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    kernel: &K,
    signal: &S,
    flight: Flight<'_, D>,
) -> Result<Tally, SimulationError> {
    let Flight { model, species, dt, span, deposited, streams, step: number, .. } = flight;
    let Flight { cells, parts, lost, watch, signals, keeps, .. } = flight;
    let open = model.grid().is_open();
    let (weight, Parts { grids, length, start, all }) = (cells.weight, parts);
    let (length, start, all) = (*length, *start, *all);
    let (positions, velocities) = (&mut cells.positions, &mut cells.velocities);
    let sample = sampled_of_all(&model.crew, (start, all), positions);
    let senses = (kernel, signal);
    let step = model.field_step(species, senses, dt, &sample).map_err(|unbounded| {
        match model.refused(species, kernel, signal) {
            Some(value) => SimulationError::Value(Box::new(value)),
            None => SimulationError::Unbounded { time: f64::NAN, unbounded },
        }
    })?;
    let incident = |error: MotionError, block: u64, cells: [Vec<f64>; 2]| match error.cell() {
        None => None,
        Some(cell) => {
            let scene = Scene {
                population: species.name.clone(),
                cell,
                replicate: streams.replicate(),
                step: number,
                span,
                duration: dt,
                block,
                cells,
                sample: sample.as_flattened().to_vec(),
                middle: signals.0.to_vec(),
                change: signals.1.map(<[_]>::to_vec),
            };
            Some(Box::new(Incident { error, scene }))
        }
    };
    let is_narrow = positions.precision() == Precision::Single;
    let fly_block = |grid: &mut [f64], block: u64, xs: &mut [Vector<D>], vs: &mut [Vector<D>]| {
        if watch.stop.load(Ordering::Relaxed) {
            return Err(None);
        }
        if is_narrow {
            species.space.project(vs);
        }
        let start = match keeps {
            true => [&*xs, &*vs].map(|now| now.as_flattened().to_vec()),
            false => [Vec::new(), Vec::new()],
        };
        let mut tally = step
            .fly(xs, vs, streams, [block, number], watch.stop)
            .map_err(|error| incident(error, block, start))?;
        if is_narrow {
            let mut stream = streams.stream(Purpose::Settling, block, number);
            settle(model.grid(), xs, &mut stream);
        }
        (watch.progress)(xs.len());
        let mut inside = true;
        if open {
            let (outside, held) = model.grid().outside(xs.iter().copied());
            (tally.outside, inside) = (outside, held);
            lost.fetch_or(!held, Ordering::Relaxed);
        }
        if deposited && inside {
            species.deposit.add(grid, xs, weight);
        }
        Ok(tally)
    };
    let parts = positions.parts(length).into_par_iter().zip(velocities.parts(length));
    let tallies: Vec<Result<Tally, Option<Box<Incident>>>> = parts
        .zip(grids)
        .enumerate()
        .map(|(part, ((mut xs, mut vs), grid))| {
            grid.fill(0.0);
            let (mut tally, first) = (Tally::default(), (start + part * length) / BLOCK);
            let (mut room, mut other) = (Vec::new(), Vec::new());
            let blocks = xs.blocks(BLOCK).into_iter().zip(vs.blocks(BLOCK)).enumerate();
            for (block, (mut xs, mut vs)) in blocks {
                let block = (first + block) as u64;
                tally += xs.edit(&mut room, |xs| {
                    vs.edit(&mut other, |vs| fly_block(grid, block, xs, vs))
                })?;
            }
            Ok(tally)
        })
        .collect();
    // What one of a crew has met, all do.
    let flown = model.crew.fold(Ok(Tally::default()), |before: Result<Tally, _>| {
        tallies.into_iter().try_fold(before?, |mut total, part| {
            total += part?;
            Ok(total)
        })
    });
    let is_lost = lost.load(Ordering::Relaxed);
    lost.store(model.crew.fold(false, |before| before || is_lost), Ordering::Relaxed);
    flown.map_err(|met: Option<Box<Incident>>| {
        met.map_or(SimulationError::Interrupted, SimulationError::Cell)
    })
}

pub(super) type Fly<const D: usize> = fn(Flight<'_, D>) -> Result<Tally, SimulationError>;

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
pub(super) fn compiled<const D: usize>() -> Fly<D> {
    let all: [&dyn Any; 3] =
        [&(fly_in_1d as Fly<1>), &(fly_in_2d as Fly<2>), &(fly_in_3d as Fly<3>)];
    *all[D - 1].downcast_ref().expect("D is 1, 2 or 3")
}
