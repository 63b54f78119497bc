//! Exact thinning of affine kernels: rounds of one leg for every lane, by the records of the tiles.
//!
//! Along its leg a cell at x with velocity w feels w·∇S = c + (q/ε)(t − ½ε lag) ± r, with c = w·(g + H(x − c₀))
//! and q = w·Hw of its tile. So T/F is bounded by its values at both ends, candidates are hardly more than
//! turns, and at the end of the leg T/F is known up to r without another look at the tile. Where the
//! level of a candidate falls within that, S is looked at. A leg is flown as if the box went on beyond its
//! faces as the signal does, and folded after the turn: F is even along every axis.

use super::lanes::{LANES, Lane, LaneRng, direction, minus_log, uniform};
use super::pass::{Queue, UNDRAWN, pass};
use super::tangents::{QUAD, QUADS, Tangents, quads};
use super::{BadRate, Candidate, Halt, Tally, Trace, stray};
use crate::grid::Grid;
use crate::invariants::Invariants;
use crate::rng::Stream;
use crate::scaling::Scaling;
use crate::schema::OutOfRange;
use crate::simd::{Vectorised, whole};
use crate::turning::lane;
use crate::vector::Vector;
use crate::velocity::{VelocitySet, VelocitySpace};
use std::sync::atomic::{AtomicBool, Ordering};

/// T/F itself, looked at where its bounds leave a candidate open.
pub(super) trait Rates<const D: usize> {
    /// T(v, w)/F(v) at x.
    fn rate(&self, x: &Vector<D>, v: &Vector<D>, w: &Vector<D>) -> f64;
    /// Which expression is to blame for it, by x, v and w.
    fn refused(&self, turn: [&Vector<D>; 3]) -> Option<Box<OutOfRange>>;
}

/// At most a block of cells, and what they fly in.
pub(super) struct Rounds<'a, const D: usize> {
    pub positions: &'a mut [Vector<D>],
    pub velocities: &'a mut [Vector<D>],
    pub tangents: &'a Tangents<D>,
    pub rates: &'a dyn Rates<D>,
    pub space: &'a VelocitySpace<D>,
    pub grid: &'a Grid<D>,
    pub scaling: Scaling,
    pub duration: f64,
    pub refuse_negative: bool,
    pub stream: Stream,
    pub stop: &'a AtomicBool,
    pub trace: Option<&'a mut Trace<D>>,
}

/// Rounds between two looks at the wish to stop: a look every millisecond or so.
const ROUNDS: u32 = 1 << 11;

/// What became of a lane in a round, in bits that add up without carry.
const DUE: u32 = 0;
const TURNED: u32 = 8;
const OPEN: u32 = 16;
const OUTSIDE: u32 = 24;
const DONE: u32 = 32;

/// The cells in flight, one per lane.
#[derive(Clone)]
struct Flight<const D: usize> {
    x: [Lane<f64>; D],
    w: [Lane<f64>; D],
    /// Time left of Δt; 0 in an idle lane.
    rest: Lane<f64>,
    /// What the next event is drawn from, if it is drawn already.
    drawn: Lane<u64>,
    /// Speeds of the proposals.
    speed: Lane<f64>,
    proposal: [Lane<f64>; D],
    /// What candidates are drawn from, and the level up to which they turn.
    bound: Lane<f64>,
    level: Lane<f64>,
    became: Lane<u64>,
}

impl<const D: usize> Flight<D> {
    #[inline(always)]
    fn put(parts: &mut [Lane<f64>; D], l: usize, vector: &Vector<D>) {
        for a in 0..D {
            parts[a][l] = vector[a];
        }
    }

    /// The lanes of which this became.
    #[inline(always)]
    fn that(&self, became: u32) -> u32 {
        let mut lanes = 0;
        for l in 0..LANES {
            lanes |= ((self.became[l] >> became & 1) as u32) << l;
        }
        lanes
    }
}

/// Which cell is in which lane.
struct Crew<'a> {
    queue: &'a Queue,
    next: usize,
    cells: Lane<usize>,
    busy: u32,
}

impl<const D: usize> Vectorised for Rounds<'_, D> {
    type Output = Result<Tally, Halt<D>>;

    #[inline(always)]
    fn run(mut self) -> Self::Output {
        let affine = &self.tangents.affine;
        match (affine.gain != 0.0, affine.saturation != 0.0) {
            (false, false) => self.fly::<false, false>(),
            (false, true) => self.fly::<false, true>(),
            (true, false) => self.fly::<true, false>(),
            (true, true) => self.fly::<true, true>(),
        }
    }
}

impl<const D: usize> Rounds<'_, D> {
    #[inline(always)]
    fn fly<const GAIN: bool, const SATURATES: bool>(&mut self) -> Result<Tally, Halt<D>> {
        let mut rng = LaneRng::new(&mut self.stream);
        let cells = self.positions.len() as u64;
        let invariants = Invariants { cells, ..Invariants::default() };
        let mut tally = Tally { cell_steps: cells, invariants, ..Tally::default() };
        let expected = self.tangents.highest * self.duration / self.scaling.tumble_time();
        let queue = match expected < 1.0 {
            true => {
                let way = (expected, self.duration / self.scaling.epsilon());
                pass(self.positions, self.velocities, self.grid, way, || rng.next())
            }
            false => Queue::all(self.positions.len()),
        };
        let (zero, none) = ([0.0; LANES], [UNDRAWN; LANES]);
        let mut flight = Flight {
            x: std::array::from_fn(|a| [self.grid.lower[a]; LANES]),
            w: [zero; D],
            rest: zero,
            drawn: none,
            speed: [self.space.max_speed(); LANES],
            proposal: [zero; D],
            bound: zero,
            level: zero,
            became: none,
        };
        let mut crew = Crew { queue: &queue, next: 0, cells: [0; LANES], busy: 0 };
        for l in 0..LANES {
            self.refill(&mut flight, l, &mut crew);
        }
        let (mut rounds, per_epsilon) = (0_u32, 1.0 / self.scaling.epsilon());
        while crew.busy != 0 {
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(ROUNDS) && self.stop.load(Ordering::Relaxed) {
                return Err(Halt::Interrupted);
            }
            if self.space.set() != VelocitySet::Sphere {
                let draws = rng.next();
                (0..LANES).for_each(|l| flight.speed[l] = self.space.speed_at(uniform(draws[l])));
            }
            let before = self.trace.is_some().then(|| (flight.clone(), rng.clone()));
            self.round::<GAIN, SATURATES>(&mut flight, &mut rng, per_epsilon);
            let mut sum = 0;
            for l in 0..LANES {
                sum += flight.became[l];
            }
            tally.candidates += sum >> DUE & 0xff;
            tally.tumbles += sum >> TURNED & 0xff;
            if let (Some(before), Some(trace)) = (before, &mut self.trace) {
                trace.find(crew.busy, &crew.cells);
                write_down(trace, &flight, before, self.rates, (self.grid, self.duration));
            }
            if sum >> OPEN & 0xff != 0 {
                self.look(&mut flight, &mut tally, &crew)?;
            }
            if let Some(trace) = &mut self.trace {
                let turned = flight.became.map(|became| became >> TURNED & 1);
                trace.ended(&flight.became.map(|became| became >> DUE & 1), &turned);
            }
            if sum >> OUTSIDE & 0xff != 0 {
                self.fold(&mut flight);
            }
            if sum >> DONE & 0xff != 0 {
                let mut done = flight.that(DONE) & crew.busy;
                while done != 0 {
                    let l = done.trailing_zeros() as usize;
                    done &= done - 1;
                    let cell = crew.cells[l];
                    self.positions[cell] = lane(&flight.x, l);
                    self.velocities[cell] = lane(&flight.w, l);
                    self.refill(&mut flight, l, &mut crew);
                }
            }
        }
        match stray(self.grid, self.positions, self.velocities) {
            Some(cell) => Err(Halt::Stray(cell)),
            None => Ok(tally),
        }
    }

    /// Takes the next cell of the queue into lane `l`; an idle lane, if there is none.
    #[inline(always)]
    fn refill(&self, flight: &mut Flight<D>, l: usize, crew: &mut Crew<'_>) {
        if crew.next >= crew.queue.len {
            flight.rest[l] = 0.0;
            crew.busy &= !(1 << l);
            return;
        }
        let (cell, drawn) = crew.queue.get(crew.next);
        flight.drawn[l] = drawn;
        Flight::put(&mut flight.x, l, &self.positions[cell]);
        Flight::put(&mut flight.w, l, &self.velocities[cell]);
        flight.rest[l] = self.duration;
        crew.cells[l] = cell;
        crew.busy |= 1 << l;
        crew.next += 1;
    }

    /// A leg of every lane, and what is known of its candidate.
    #[inline(always)]
    fn round<const GAIN: bool, const SATURATES: bool>(
        &self,
        flight: &mut Flight<D>,
        rng: &mut LaneRng,
        per_epsilon: f64,
    ) {
        let (tangents, affine) = (self.tangents, self.tangents.affine);
        let (lower, upper) = (self.grid.lower, self.grid.upper);
        let square = self.scaling.tumble_time();
        let (rate, loss, gain, slack) = (affine.rate, affine.loss, affine.gain, affine.slack);
        let (steepest, kappa) = (affine.slope(), affine.saturation);
        // Half the lag, in time and in length over the velocity.
        let lag = [0.5 * affine.lag * self.scaling.epsilon(), 0.5 * affine.lag];
        let highest = tangents.highest;
        let (mut from_middle, mut index) = ([[0.0; LANES]; D], [0.0; LANES]);
        for l in 0..LANES {
            let (tile, from) = tangents.locate(&lane(&flight.x, l));
            index[l] = tile;
            for a in 0..D {
                from_middle[a][l] = from[a];
            }
        }
        if let Some(anywhere) = tangents.anywhere {
            for l in 0..LANES {
                let mut is_outside = false;
                for a in 0..D {
                    is_outside |= (flight.x[a][l] < lower[a]) | (flight.x[a][l] >= upper[a]);
                }
                index[l] = if is_outside { anywhere } else { index[l] };
            }
        }
        let mut records = [[[0.0_f32; QUAD]; LANES]; QUADS];
        for l in 0..LANES {
            let first = quads(D) * whole(index[l]);
            let record = &tangents.records[first..first + quads(D)];
            for k in 0..quads(D) {
                records[k][l] = record[k];
            }
        }
        for l in 0..LANES {
            let (mut gradient, mut hessian) = ([0.0; D], [[0.0; D]; D]);
            let mut k = 0;
            for a in 0..D {
                gradient[a] = field(&records, l, k);
                k += 1;
            }
            for a in 0..D {
                for b in a..D {
                    (hessian[a][b], hessian[b][a]) = (field(&records, l, k), field(&records, l, k));
                    k += 1;
                }
            }
            let (horizon, residual) = (field(&records, l, k), field(&records, l, k + 1));
            let gains = if D > 1 { field(&records, l, k + 2) } else { tangents.gains };
            // w·∇S now, how fast it changes, and both ends of the leg.
            let (mut here, mut bend, mut now) = ([0.0; D], [0.0; D], 0.0);
            for a in 0..D {
                here[a] = gradient[a];
                for b in 0..D {
                    here[a] += hessian[a][b] * from_middle[b][l];
                    bend[a] += hessian[a][b] * flight.w[b][l];
                }
            }
            let mut change = 0.0;
            for a in 0..D {
                now += flight.w[a][l] * here[a];
                change += flight.w[a][l] * bend[a];
            }
            let change = change * per_epsilon;
            let now = now - lag[0] * change;
            let rest = flight.rest[l];
            let cap = if rest < horizon { rest } else { horizon };
            let then = now + change * cap;
            let (low, high) = if now < then { (now, then) } else { (then, now) };
            let around = slack + gains;
            let top = rate + around + loss * sigma::<SATURATES>(kappa, low - residual);
            let steep = loss * sigma::<SATURATES>(kappa, high + residual);
            // Where T could be negative the candidates are those of a wide bound, to be looked at and counted.
            let is_sure = rate - around + steep > 0.0;
            let wide = rate + around - steep;
            let wide = if wide > top { wide } else { top };
            let bound = if is_sure { top } else { wide };
            let bound = if bound < highest { bound } else { highest };
            let clock = rng.next_of(l);
            let clock = if flight.drawn[l] != UNDRAWN { flight.drawn[l] } else { clock };
            flight.drawn[l] = UNDRAWN;
            let time = square * minus_log(uniform(clock)) / bound;
            let is_due = time < cap;
            let time = if is_due { time } else { cap };
            let level = uniform(rng.next_of(l)) * bound;
            let mut v: Vector<D> = unit(rng, l);
            for a in 0..D {
                v[a] *= flight.speed[l];
            }
            let mut turns = rate + loss * sigma::<SATURATES>(kappa, now + change * time);
            let mut doubt = slack - loss * (steepest * residual);
            if GAIN {
                let mut ahead = 0.0;
                for a in 0..D {
                    let mut sensed = here[a] + bend[a] * (per_epsilon * time);
                    for b in 0..D {
                        sensed += hessian[a][b] * (lag[1] * v[b]);
                    }
                    ahead += v[a] * sensed;
                }
                turns += gain * sigma::<SATURATES>(kappa, ahead);
                doubt += gain * (steepest * residual);
            }
            let below = level < turns - doubt;
            let is_known = is_sure & (below | (level >= turns + doubt));
            let is_turned = is_due & is_known & below;
            let mut is_outside = false;
            for a in 0..D {
                let w = flight.w[a][l];
                let x = flight.x[a][l] + per_epsilon * time * w;
                is_outside |= (x < lower[a]) | (x >= upper[a]);
                flight.x[a][l] = x;
                flight.w[a][l] = if is_turned { v[a] } else { w };
                flight.proposal[a][l] = v[a];
            }
            (flight.bound[l], flight.level[l]) = (bound, level);
            let rest = rest - time;
            flight.rest[l] = rest;
            flight.became[l] = u64::from(is_due) << DUE
                | u64::from(is_turned) << TURNED
                | u64::from(is_due & !is_known) << OPEN
                | u64::from(is_outside) << OUTSIDE
                | u64::from(rest <= 0.0) << DONE;
        }
    }

    /// Decides the candidates that are open.
    #[inline(never)]
    fn look(
        &self,
        flight: &mut Flight<D>,
        tally: &mut Tally,
        crew: &Crew<'_>,
    ) -> Result<(), Halt<D>> {
        let mut open = flight.that(OPEN);
        while open != 0 {
            let l = open.trailing_zeros() as usize;
            open &= open - 1;
            let [x, v, w] = match flight.became[l] >> OUTSIDE & 1 {
                0 => [&flight.x, &flight.proposal, &flight.w].map(|of| lane(of, l)),
                _ => folded(self.grid, flight, l),
            };
            let (rate, bound) = (self.rates.rate(&x, &v, &w), flight.bound[l]);
            if rate > bound || rate.is_nan() || (rate < 0.0 && self.refuse_negative) {
                let value = self.rates.refused([&x, &v, &w]);
                let cell = crew.cells[l];
                return Err(Halt::Rate(BadRate { cell, rate, floor: 0.0, bound, at: x, value }));
            }
            tally.invariants.look(rate, bound);
            tally.negative += u64::from(rate < 0.0);
            if flight.level[l] < rate {
                tally.tumbles += 1;
                flight.became[l] |= 1 << TURNED;
                let proposed = lane(&flight.proposal, l);
                Flight::put(&mut flight.w, l, &proposed);
            }
        }
        Ok(())
    }

    /// Brings the lanes that left the box back into it.
    #[inline(never)]
    fn fold(&self, flight: &mut Flight<D>) {
        let mut outside = flight.that(OUTSIDE);
        while outside != 0 {
            let l = outside.trailing_zeros() as usize;
            outside &= outside - 1;
            let (mut x, mut w) = (lane(&flight.x, l), lane(&flight.w, l));
            self.grid.fold(&mut x, &mut w);
            Flight::put(&mut flight.x, l, &x);
            Flight::put(&mut flight.w, l, &w);
        }
    }
}

/// A number of lane `l`'s record.
#[inline(always)]
fn field(records: &[[[f32; QUAD]; LANES]; QUADS], l: usize, k: usize) -> f64 {
    f64::from(records[k / QUAD][l][k % QUAD])
}

/// σ(y) of [`crate::turning::Affine`].
#[inline(always)]
fn sigma<const SATURATES: bool>(kappa: f64, y: f64) -> f64 {
    let z = kappa * y;
    if SATURATES { z / (1.0 + z * z).sqrt() } else { y }
}

/// A uniform direction in lane `l`.
#[inline(always)]
fn unit<const D: usize>(rng: &mut LaneRng, l: usize) -> Vector<D> {
    let mut v = [0.0; D];
    let turn = rng.next_of(l);
    match D {
        1 => v[0] = if turn >> 63 == 0 { 1.0 } else { -1.0 },
        2 => (v[0], v[1]) = direction(turn),
        _ => {
            // Archimedes: z is uniform on (−1, 1).
            let (cos, sin) = direction(turn);
            let z = 2.0 * uniform(rng.next_of(l)) - 1.0;
            let r = (1.0 - z * z).sqrt();
            (v[0], v[1], v[2]) = (r * cos, r * sin, z);
        }
    }
    v
}

/// Where lane `l` is, its proposal and its velocity, brought back into the box.
fn folded<const D: usize>(grid: &Grid<D>, flight: &Flight<D>, l: usize) -> [Vector<D>; 3] {
    let back = |mut v: Vector<D>| {
        let mut x = lane(&flight.x, l);
        grid.fold(&mut x, &mut v);
        (x, v)
    };
    let ((x, v), (_, w)) = (back(lane(&flight.proposal, l)), back(lane(&flight.w, l)));
    [x, v, w]
}

/// Writes down the candidate of the cell that is watched, if it has one; `before` the round it was there.
#[cold]
fn write_down<const D: usize>(
    trace: &mut Trace<D>,
    flight: &Flight<D>,
    (before, mut rng): (Flight<D>, LaneRng),
    rates: &dyn Rates<D>,
    (grid, duration): (&Grid<D>, f64),
) {
    let Some(l) = trace.due(&flight.became.map(|became| became >> DUE & 1)) else { return };
    let [first, second] = [rng.next_of(l), rng.next_of(l)];
    let clock = if before.drawn[l] != UNDRAWN { before.drawn[l] } else { first };
    let mut unturned = flight.clone();
    unturned.w = before.w;
    let [at, proposed, before] = folded(grid, &unturned, l);
    trace.candidates.push(Candidate {
        time: duration - flight.rest[l],
        at,
        before,
        proposed,
        rate: rates.rate(&at, &proposed, &before),
        bound: flight.bound[l],
        floor: 0.0,
        level: flight.level[l],
        draws: [uniform(clock), uniform(second)],
        turned: None,
    });
}

#[cfg(test)]
mod tests;
