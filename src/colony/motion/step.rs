//! A field step of a population: what its cells share, and the blocks that they fly in.

use super::block::Block;
use super::{BadRate, Envelopes, Halt, Method, MotionError, Tally};
use crate::cells::{BLOCK, Population};
use crate::free_walk::FreeWalk;
use crate::grid::Grid;
use crate::rng::{Purpose, Streams};
use crate::scaling::Scaling;
use crate::simd::vectorise;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;
use crate::velocity::VelocitySpace;
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;

/// What all cells share during one field step.
pub struct Step<'a, const D: usize, K, S> {
    /// T_ε\[S\].
    pub kernel: &'a K,
    /// S, frozen.
    pub signal: &'a S,
    /// V and F.
    pub space: &'a VelocitySpace<D>,
    /// The free walk on V, where it is drawn at once.
    pub walk: &'a FreeWalk<D>,
    /// The box.
    pub grid: &'a Grid<D>,
    /// Speeds and rates.
    pub scaling: Scaling,
    /// Δt.
    pub duration: f64,
    /// How cells fly.
    pub method: Method,
    /// Longest step of the hybrid; Δt is cut into equal ones.
    pub hop: f64,
    /// Bounds on T/F.
    pub envelopes: Envelopes<D>,
    /// Whether T < 0 is an error.
    pub refuse_negative: bool,
    /// Whether cell 2i+1 repeats the draws of cell 2i with proposals −v. As F is even, its law is
    /// the same; both are given the wider of their envelopes, so they meet their candidates at the
    /// same times.
    pub antithetic: bool,
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Step<'_, D, K, S> {
    /// Hybrid steps that make up Δt.
    pub(super) fn hops(&self) -> u32 {
        // A hair of tolerance, so that 1.0/0.1 is ten steps.
        (self.duration / self.hop * (1.0 - 1e-12)).ceil().max(1.0) as u32
    }

    /// Advances one block of cells by Δt, with the streams of its number and of the field step. `stop`
    /// is heeded every few thousand events.
    ///
    /// # Errors
    /// A rate that is no number or above its bound, or a negative one where it is refused, or the wish
    /// to stop; the cells are then unusable.
    pub fn fly(
        &self,
        positions: &mut [Vector<D>],
        velocities: &mut [Vector<D>],
        streams: Streams,
        [block, number]: [u64; 2],
        stop: &AtomicBool,
    ) -> Result<Tally, MotionError> {
        let stream = streams.stream(Purpose::Motion, block, number);
        let result = vectorise(Block { positions, velocities, step: self, stream, stop });
        result.map_err(|halt| match halt {
            Halt::Interrupted => MotionError::Interrupted,
            Halt::Rate(bad) => {
                let cell = block as usize * BLOCK + bad.cell;
                BadRate { cell, ..bad }.named(streams.replicate(), number)
            }
        })
    }
}

/// Advances every cell of `population` by Δt.
///
/// # Errors
/// As [`Step::fly`].
pub fn advance<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    population: &mut Population<D>,
    step: &Step<'_, D, K, S>,
    streams: Streams,
    number: u64,
) -> Result<Tally, MotionError> {
    let stop = AtomicBool::new(false);
    let blocks: Vec<Result<Tally, MotionError>> = population
        .positions
        .par_chunks_mut(BLOCK)
        .zip(population.velocities.par_chunks_mut(BLOCK))
        .enumerate()
        .map(|(block, (xs, vs))| step.fly(xs, vs, streams, [block as u64, number], &stop))
        .collect();
    let mut total = Tally::default();
    for block in blocks {
        total += block?;
    }
    Ok(total)
}
