//! A field step of a population, by the blocks that its cells fly in.

use super::block::Block;
use super::round::{Rates, Rounds};
use super::{BadRate, Halt, MotionError, Step, Tally, Trace};
use crate::cells::{BLOCK, Population};
use crate::rng::{Purpose, Streams};
use crate::schema::OutOfRange;
use crate::simd::vectorise;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;
use rayon::prelude::*;
use std::sync::atomic::AtomicBool;

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Rates<D> for Step<'_, D, K, S> {
    fn rate(&self, x: &Vector<D>, v: &Vector<D>, w: &Vector<D>) -> f64 {
        self.kernel.relative_rate(self.signal, x, v, w)
    }

    fn refused(&self, turn: [&Vector<D>; 3]) -> Option<Box<OutOfRange>> {
        self.kernel.refused(self.signal, turn).map(Box::new)
    }
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Step<'_, D, K, S> {
    /// Advances one block of cells by Δt, with the streams of its number and of the field step. `stop`
    /// is heeded every few thousand events.
    ///
    /// # Errors
    /// A rate that is no number or above its bound, a negative one where it is refused, a cell that is where none
    /// can be, or the wish to stop; the cells are then unusable.
    pub fn fly(
        &self,
        positions: &mut [Vector<D>],
        velocities: &mut [Vector<D>],
        streams: Streams,
        names: [u64; 2],
        stop: &AtomicBool,
    ) -> Result<Tally, MotionError> {
        self.fly_watched(positions, velocities, streams, names, stop, None)
    }

    /// The same, writing down what becomes of one of the cells.
    ///
    /// # Errors
    /// As [`Self::fly`].
    pub fn fly_watched(
        &self,
        positions: &mut [Vector<D>],
        velocities: &mut [Vector<D>],
        streams: Streams,
        [block, number]: [u64; 2],
        stop: &AtomicBool,
        trace: Option<&mut Trace<D>>,
    ) -> Result<Tally, MotionError> {
        let stream = streams.stream(Purpose::Motion, block, number);
        let (xs, vs) = (&mut *positions, &mut *velocities);
        let result = match &self.envelopes.tangents {
            Some(tangents) => vectorise(Rounds {
                positions: xs,
                velocities: vs,
                tangents,
                rates: self,
                space: self.space,
                grid: self.grid,
                scaling: self.scaling,
                duration: self.duration,
                refuse_negative: self.refuse_negative,
                antithetic: self.antithetic,
                stream,
                stop,
                trace,
            }),
            None => {
                vectorise(Block { positions: xs, velocities: vs, step: self, stream, stop, trace })
            }
        };
        let (replicate, first) = (streams.replicate(), block as usize * BLOCK);
        result.map_err(|halt| match halt {
            Halt::Interrupted => MotionError::Interrupted,
            Halt::Stray(i) => {
                let [at, velocity] = [positions[i].to_vec(), velocities[i].to_vec()];
                MotionError::Stray { cell: first + i, replicate, step: number, at, velocity }
            }
            Halt::Rate(bad) => {
                let cell = first + bad.cell;
                BadRate { cell, ..bad }.named(replicate, number)
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
    let Population { positions, velocities, .. } = population;
    let parts = positions.parts(BLOCK).into_par_iter().zip(velocities.parts(BLOCK));
    let blocks: Vec<Result<Tally, MotionError>> = parts
        .enumerate()
        .map(|(block, (mut xs, mut vs))| {
            let names = [block as u64, number];
            let mut rooms = [Vec::new(), Vec::new()];
            let [room, other] = &mut rooms;
            xs.edit(room, |xs| vs.edit(other, |vs| step.fly(xs, vs, streams, names, &stop)))
        })
        .collect();
    let mut total = Tally::default();
    for block in blocks {
        total += block?;
    }
    Ok(total)
}
