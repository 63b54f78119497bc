//! Exact thinning, in one stage.
//!
//! If T_ε(v,w) ≤ R F(v) in reach, candidates come at rate R/ε². At each, v is drawn from F and the
//! cell turns if uR < T_ε(v,w)/F(v). Turns w → v then happen at rate density T_ε(v,w)/ε² exactly,
//! for every kernel: no integral λ_ε, no probability per step (Lewis & Shedler 1979).

use super::{BadRate, MotionError, Tally, block};
use crate::cells::{BLOCK, Population};
use crate::grid::Grid;
use crate::rng::{Purpose, Stream, Streams};
use crate::turning::{Sense, TurningKernel};
use crate::vector::{Vector, add_scaled, scaled};
use crate::velocity::VelocitySpace;
use rand::RngExt;
use rand_distr::Exp1;
use rayon::prelude::*;

/// What all cells share during one field step.
pub struct Step<'a, const D: usize, K, S> {
    /// T_ε\[S\].
    pub kernel: &'a K,
    /// S, frozen.
    pub signal: &'a S,
    /// V and F.
    pub space: &'a VelocitySpace<D>,
    /// The box.
    pub grid: &'a Grid<D>,
    /// ε.
    pub epsilon: f64,
    /// Δt.
    pub duration: f64,
    /// Bound R on T/F.
    pub bound: f64,
    /// Lower bound on T/F: a candidate whose uR is below it turns without a look at the signal.
    pub floor: f64,
    /// Whether T < 0 is an error.
    pub refuse_negative: bool,
    /// Whether cell 2i+1 repeats the draws of cell 2i with proposals −v. As F is even, its law is
    /// the same; with the same bound both meet their candidates at the same times.
    pub antithetic: bool,
}

/// Advances every cell of `population` by Δt, in blocks with streams of their own.
///
/// # Errors
/// A rate above its bound, or a negative one where it is refused; the population is then unusable.
pub fn advance<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    population: &mut Population<D>,
    step: &Step<'_, D, K, S>,
    streams: Streams,
    number: u64,
) -> Result<Tally, MotionError> {
    // A floor above the bound would hide that every rate is: without it, a rate names its cell.
    let floor = if step.floor <= step.bound { step.floor } else { f64::NEG_INFINITY };
    let step = &Step { floor, ..*step };
    let blocks: Vec<Result<Tally, BadRate<D>>> = population
        .positions
        .par_chunks_mut(BLOCK)
        .zip(population.velocities.par_chunks_mut(BLOCK))
        .enumerate()
        .map(|(number_of_block, (positions, velocities))| {
            let mut rng = streams.stream(Purpose::Motion, number_of_block as u64, number);
            let tally = if step.space.is_uniform() {
                block::fly(positions, velocities, step, &mut rng)
            } else {
                fly_each(positions, velocities, step, &mut rng)
            };
            tally.map_err(|bad| BadRate { cell: number_of_block * BLOCK + bad.cell, ..bad })
        })
        .collect();
    let mut total = Tally::default();
    for block in blocks {
        total += block.map_err(|bad| bad.named(streams.replicate(), number))?;
    }
    Ok(total)
}

/// One cell after the other: the plain form of the algorithm, for every F.
fn fly_each<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    positions: &mut [Vector<D>],
    velocities: &mut [Vector<D>],
    step: &Step<'_, D, K, S>,
    rng: &mut Stream,
) -> Result<Tally, BadRate<D>> {
    let (mut tally, mut start) = (Tally::default(), rng.clone());
    for (i, (x, v)) in positions.iter_mut().zip(velocities).enumerate() {
        let mirrored = step.antithetic && i % 2 == 1;
        if mirrored {
            *rng = start.clone();
        } else {
            start = rng.clone();
        }
        let sign = if mirrored { -1.0 } else { 1.0 };
        fly(x, v, sign, step, rng, &mut tally).map_err(|bad| BadRate { cell: i, ..bad })?;
    }
    tally.cell_steps = positions.len() as u64;
    Ok(tally)
}

/// Advances one cell by Δt: flights at v/ε, candidates at rate R/ε².
#[inline(always)]
fn fly<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    x: &mut Vector<D>,
    v: &mut Vector<D>,
    sign: f64,
    step: &Step<'_, D, K, S>,
    rng: &mut Stream,
    tally: &mut Tally,
) -> Result<(), BadRate<D>> {
    let mean_flight = step.epsilon * step.epsilon / step.bound;
    let per_epsilon = 1.0 / step.epsilon;
    let mut rest = step.duration;
    loop {
        let flight = mean_flight * rng.sample::<f64, _>(Exp1);
        *x = add_scaled(x, per_epsilon * flight.min(rest), v);
        step.grid.fold(x, v);
        if flight >= rest {
            return Ok(());
        }
        rest -= flight;
        let proposal = scaled(sign, &step.space.sample(rng));
        tally.candidates += 1;
        let level = step.bound * rng.random::<f64>();
        if level < step.floor {
            *v = proposal;
            tally.tumbles += 1;
            continue;
        }
        let rate = step.kernel.relative_rate(step.signal, x, &proposal, v);
        if rate > step.bound || rate.is_nan() || (rate < 0.0 && step.refuse_negative) {
            return Err(BadRate { cell: 0, rate, bound: step.bound, at: *x });
        }
        tally.negative += u64::from(rate < 0.0);
        if level < rate {
            *v = proposal;
            tally.tumbles += 1;
        }
    }
}
