//! Exact thinning of a block of cells in lanes, for uniform F.
//!
//! The algorithm is that of [`super::thinning`]; sixteen cells take each candidate together, and a
//! lane whose cell has used up its Δt takes the next cell of the block. Compiled for the vector
//! units of the machine at run time; the bits are the same on all of them.

use super::lanes::{LANES, Lane, LaneRng, direction, minus_log, uniform};
use super::thinning::Step;
use super::{BadRate, Tally};
use crate::grid::Grid;
use crate::rng::Stream;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;
use crate::velocity::{VelocitySet, VelocitySpace};

/// Advances the cells of one block by Δt.
pub(super) fn fly<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    positions: &mut [Vector<D>],
    velocities: &mut [Vector<D>],
    step: &Step<'_, D, K, S>,
    stream: &mut Stream,
) -> Result<Tally, BadRate<D>> {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512dq") {
            // SAFETY: the features that the callee enables were detected on this processor.
            #[allow(unsafe_code)]
            return unsafe { fly_avx512(positions, velocities, step, stream) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            return unsafe { fly_avx2(positions, velocities, step, stream) };
        }
    }
    fly_portable(positions, velocities, step, stream)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn fly_avx512<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    positions: &mut [Vector<D>],
    velocities: &mut [Vector<D>],
    step: &Step<'_, D, K, S>,
    stream: &mut Stream,
) -> Result<Tally, BadRate<D>> {
    fly_portable(positions, velocities, step, stream)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fly_avx2<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    positions: &mut [Vector<D>],
    velocities: &mut [Vector<D>],
    step: &Step<'_, D, K, S>,
    stream: &mut Stream,
) -> Result<Tally, BadRate<D>> {
    fly_portable(positions, velocities, step, stream)
}

/// The cells in flight, one per lane.
struct Flight<const D: usize> {
    x: [Lane<f64>; D],
    v: [Lane<f64>; D],
    /// Time left of Δt.
    rest: Lane<f64>,
    /// Cell in the lane; past the end of the block for an idle lane.
    cell: Lane<usize>,
}

impl<const D: usize> Flight<D> {
    /// Puts a cell into a lane, or leaves the lane idle.
    #[inline(always)]
    fn load(&mut self, l: usize, cell: usize, xs: &[Vector<D>], vs: &[Vector<D>], duration: f64) {
        self.cell[l] = cell;
        self.rest[l] = 0.0;
        if let (Some(x), Some(v)) = (xs.get(cell), vs.get(cell)) {
            self.rest[l] = duration;
            for a in 0..D {
                (self.x[a][l], self.v[a][l]) = (x[a], v[a]);
            }
        }
    }

    /// Flies every lane to its next candidate or to the end of its Δt; tells which ended.
    #[inline(always)]
    fn advance(&mut self, draws: &Lane<u64>, mean_flight: f64, per_epsilon: f64) -> Lane<bool> {
        let (mut time, mut done) = ([0.0; LANES], [false; LANES]);
        for l in 0..LANES {
            time[l] = mean_flight * minus_log(uniform(draws[l]));
        }
        for l in 0..LANES {
            done[l] = time[l] >= self.rest[l];
        }
        for l in 0..LANES {
            time[l] = if time[l] >= self.rest[l] { self.rest[l] } else { time[l] };
            self.rest[l] -= time[l];
        }
        for a in 0..D {
            for l in 0..LANES {
                self.x[a][l] += per_epsilon * time[l] * self.v[a][l];
            }
        }
        done
    }

    /// Whether any lane left the box.
    #[inline(always)]
    fn is_outside(&self, grid: &Grid<D>) -> bool {
        let mut outside = 0;
        for a in 0..D {
            let (lower, upper) = (grid.lower[a], grid.upper[a]);
            for x in self.x[a] {
                outside |= u64::from(x < lower) | u64::from(x >= upper);
            }
        }
        outside != 0
    }

    /// Brings the lanes that left the box back into it.
    #[cold]
    fn fold(&mut self, grid: &Grid<D>) {
        for l in 0..LANES {
            let (mut x, mut v) = (self.position(l), self.velocity(l));
            grid.fold(&mut x, &mut v);
            for a in 0..D {
                (self.x[a][l], self.v[a][l]) = (x[a], v[a]);
            }
        }
    }

    #[inline(always)]
    fn position(&self, l: usize) -> Vector<D> {
        std::array::from_fn(|a| self.x[a][l])
    }

    #[inline(always)]
    fn velocity(&self, l: usize) -> Vector<D> {
        std::array::from_fn(|a| self.v[a][l])
    }
}

#[inline(always)]
fn fly_portable<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    positions: &mut [Vector<D>],
    velocities: &mut [Vector<D>],
    step: &Step<'_, D, K, S>,
    stream: &mut Stream,
) -> Result<Tally, BadRate<D>> {
    let mut rng = LaneRng::new(stream);
    let (grid, count) = (step.grid, positions.len());
    let (mean_flight, per_epsilon) = (step.epsilon * step.epsilon / step.bound, 1.0 / step.epsilon);
    let mut tally = Tally { cell_steps: count as u64, ..Tally::default() };
    let zero = [[0.0; LANES]; D];
    let mut flight = Flight { x: zero, v: zero, rest: [0.0; LANES], cell: [0; LANES] };
    for l in 0..LANES {
        flight.load(l, l, positions, velocities, step.duration);
    }
    let (mut next, mut busy) = (LANES, count);
    while busy > 0 {
        let mut draws = rng.next();
        share(step.antithetic, &mut draws);
        let done = flight.advance(&draws, mean_flight, per_epsilon);
        if flight.is_outside(grid) {
            flight.fold(grid);
        }
        if done != [true; LANES] {
            turn(&mut flight, step, &mut rng, &done, &mut tally)?;
        }
        for l in 0..LANES {
            if done[l] && flight.cell[l] < count {
                let cell = flight.cell[l];
                (positions[cell], velocities[cell]) = (flight.position(l), flight.velocity(l));
                busy -= 1;
                flight.load(l, next, positions, velocities, step.duration);
                next += 1;
            }
        }
    }
    Ok(tally)
}

/// In antithetic pairs the second lane repeats the draws of the first. Both meet their candidates
/// at the same times, so they are loaded and finished together.
#[inline(always)]
fn share(antithetic: bool, draws: &mut Lane<u64>) {
    if antithetic {
        for l in (0..LANES).step_by(2) {
            draws[l + 1] = draws[l];
        }
    }
}

/// The candidates of all lanes that are not done.
#[inline(always)]
fn turn<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    flight: &mut Flight<D>,
    step: &Step<'_, D, K, S>,
    rng: &mut LaneRng,
    done: &Lane<bool>,
    tally: &mut Tally,
) -> Result<(), BadRate<D>> {
    let mut levels = rng.next();
    share(step.antithetic, &mut levels);
    let proposal = propose(step.space, rng, step.antithetic);
    for l in 0..LANES {
        if done[l] {
            continue;
        }
        tally.candidates += 1;
        let level = step.bound * uniform(levels[l]);
        let v: Vector<D> = std::array::from_fn(|a| proposal[a][l]);
        let mut accepted = level < step.floor;
        if !accepted {
            let (x, w) = (flight.position(l), flight.velocity(l));
            let rate = step.kernel.relative_rate(step.signal, &x, &v, &w);
            if rate > step.bound || rate.is_nan() || (rate < 0.0 && step.refuse_negative) {
                return Err(BadRate { cell: flight.cell[l], rate, bound: step.bound, at: x });
            }
            tally.negative += u64::from(rate < 0.0);
            accepted = level < rate;
        }
        tally.tumbles += u64::from(accepted);
        for a in 0..D {
            flight.v[a][l] = if accepted { v[a] } else { flight.v[a][l] };
        }
    }
    Ok(())
}

/// A velocity uniform on V for every lane; opposite ones in the two lanes of an antithetic pair.
#[inline(always)]
fn propose<const D: usize>(
    space: &VelocitySpace<D>,
    rng: &mut LaneRng,
    antithetic: bool,
) -> [Lane<f64>; D] {
    let mut draw = || {
        let mut bits = rng.next();
        share(antithetic, &mut bits);
        bits
    };
    let mut v = [[0.0; LANES]; D];
    let turns = draw();
    match D {
        1 => (0..LANES).for_each(|l| v[0][l] = if turns[l] >> 63 == 0 { 1.0 } else { -1.0 }),
        2 => (0..LANES).for_each(|l| (v[0][l], v[1][l]) = direction(turns[l])),
        _ => {
            // Archimedes: z is uniform on (−1, 1).
            let heights = draw();
            for l in 0..LANES {
                let (cos, sin) = direction(turns[l]);
                let z = 2.0 * uniform(heights[l]) - 1.0;
                let r = (1.0 - z * z).sqrt();
                (v[0][l], v[1][l], v[2][l]) = (r * cos, r * sin, z);
            }
        }
    }
    let mut speed = [space.max_speed(); LANES];
    if space.set() != VelocitySet::Sphere {
        let volumes = draw();
        (0..LANES).for_each(|l| speed[l] = space.speed_at(uniform(volumes[l])));
    }
    for (l, speed) in speed.iter_mut().enumerate() {
        if antithetic && l % 2 == 1 {
            *speed = -*speed;
        }
    }
    for component in &mut v {
        (0..LANES).for_each(|l| component[l] *= speed[l]);
    }
    v
}
