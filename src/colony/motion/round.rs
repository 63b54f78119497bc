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
    /// Whether the cells 2i and 2i+1 meet their candidates at the same times, with proposals v and −v.
    pub antithetic: bool,
    pub stream: Stream,
    pub stop: &'a AtomicBool,
    pub trace: Option<&'a mut Trace<D>>,
}

/// Rounds between two looks at the wish to stop: a look every millisecond or so.
const ROUNDS: u32 = 1 << 11;

/// What became of a lane in a round, in bits that add up without carry.
pub(super) const DUE: u32 = 0;
pub(super) const TURNED: u32 = 8;
pub(super) const OPEN: u32 = 16;
pub(super) const OUTSIDE: u32 = 24;
pub(super) const DONE: u32 = 32;

/// The cells in flight, one per lane.
#[derive(Clone)]
pub(super) struct Flight<const D: usize> {
    pub x: [Lane<f64>; D],
    pub w: [Lane<f64>; D],
    /// Time left of Δt; 0 in an idle lane.
    pub rest: Lane<f64>,
    /// What the next event is drawn from, if it is drawn already.
    pub drawn: Lane<u64>,
    /// Speeds of the proposals.
    pub speed: Lane<f64>,
    pub proposal: [Lane<f64>; D],
    /// What candidates are drawn from, and the level up to which they turn.
    pub bound: Lane<f64>,
    pub level: Lane<f64>,
    pub became: Lane<u64>,
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

/// Where the second half of the lanes begins, which holds the second cells of antithetic pairs.
const HALF: usize = LANES / 2;

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
        match (affine.gain != 0.0, affine.saturation != 0.0, self.antithetic) {
            (false, false, false) => self.fly::<false, false, false>(),
            (false, true, false) => self.fly::<false, true, false>(),
            (true, false, false) => self.fly::<true, false, false>(),
            (true, true, false) => self.fly::<true, true, false>(),
            (false, false, true) => self.fly::<false, false, true>(),
            (false, true, true) => self.fly::<false, true, true>(),
            (true, false, true) => self.fly::<true, false, true>(),
            (true, true, true) => self.fly::<true, true, true>(),
        }
    }
}

impl<const D: usize> Rounds<'_, D> {
    #[inline(always)]
    fn fly<const GAIN: bool, const SATURATES: bool, const PAIRS: bool>(
        &mut self,
    ) -> Result<Tally, Halt<D>> {
        let mut rng = LaneRng::new(&mut self.stream);
        let cells = self.positions.len() as u64;
        let invariants = Invariants { cells, ..Invariants::default() };
        let mut tally = Tally { cell_steps: cells, invariants, ..Tally::default() };
        let expected = self.tangents.highest * self.duration / self.scaling.tumble_time();
        let queue = match expected < 1.0 {
            true => {
                let way = (expected, self.duration / self.scaling.epsilon());
                pass(self.positions, self.velocities, self.grid, way, || {
                    let mut draws = rng.next();
                    if PAIRS {
                        (0..LANES).for_each(|l| draws[l] = draws[l & !1]);
                    }
                    draws
                })
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
            // Pair by pair.
            let l = if PAIRS { l / 2 + l % 2 * HALF } else { l };
            self.refill(&mut flight, l, &mut crew);
        }
        let mut rounds = 0_u32;
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
            self.round::<GAIN, SATURATES, PAIRS>(&mut flight, &mut rng);
            let mut sum = 0;
            for l in 0..LANES {
                sum += flight.became[l];
            }
            tally.candidates += sum >> DUE & 0xff;
            tally.tumbles += sum >> TURNED & 0xff;
            if let (Some(before), Some(trace)) = (before, &mut self.trace) {
                trace.find(crew.busy, &crew.cells);
                let lanes = if PAIRS { HALF } else { LANES };
                write_down(trace, &flight, before, self.rates, (self.grid, self.duration, lanes));
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
                    self.land_and_refill(&mut flight, l, &mut crew);
                    if PAIRS && l < HALF && done >> (l + HALF) & 1 == 1 {
                        done &= !(1 << (l + HALF));
                        self.land_and_refill(&mut flight, l + HALF, &mut crew);
                    }
                }
            }
        }
        match stray(self.grid, self.positions, self.velocities) {
            Some(cell) => Err(Halt::Stray(cell)),
            None => Ok(tally),
        }
    }

    /// Lets the cell of lane `l` rest where it is, and takes the next one.
    #[inline(always)]
    fn land_and_refill(&mut self, flight: &mut Flight<D>, l: usize, crew: &mut Crew<'_>) {
        let cell = crew.cells[l];
        self.positions[cell] = lane(&flight.x, l);
        self.velocities[cell] = lane(&flight.w, l);
        self.refill(flight, l, crew);
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
    fn round<const GAIN: bool, const SATURATES: bool, const PAIRS: bool>(
        &self,
        flight: &mut Flight<D>,
        rng: &mut LaneRng,
    ) {
        let (tangents, lower, upper) = (self.tangents, self.grid.lower, self.grid.upper);
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
        for l in 0..if PAIRS { HALF } else { LANES } {
            let mut own = self.aim::<SATURATES>(flight, &records, &from_middle, l);
            let clock = rng.next_of(l);
            let clock = if flight.drawn[l] != UNDRAWN { flight.drawn[l] } else { clock };
            let wait = self.scaling.tumble_time() * minus_log(uniform(clock));
            let level = uniform(rng.next_of(l));
            let mut v: Vector<D> = unit(rng, l);
            for a in 0..D {
                v[a] *= flight.speed[l];
            }
            if !PAIRS {
                self.land::<GAIN, SATURATES>(flight, &own, (wait, level, v), l);
                continue;
            }
            // Both of a pair meet their candidates at the same times.
            let mut other = self.aim::<SATURATES>(flight, &records, &from_middle, l + HALF);
            let is_alone = flight.rest[l + HALF] <= 0.0;
            let (bound, cap) = (other.bound, other.cap);
            let bound = if is_alone | (bound < own.bound) { own.bound } else { bound };
            let cap = if is_alone | (own.cap < cap) { own.cap } else { cap };
            (own.bound, own.cap) = (bound, cap);
            other.bound = bound;
            other.cap = if is_alone { 0.0 } else { cap };
            self.land::<GAIN, SATURATES>(flight, &own, (wait, level, v), l);
            for a in 0..D {
                v[a] = -v[a];
            }
            self.land::<GAIN, SATURATES>(flight, &other, (wait, level, v), l + HALF);
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
    (grid, duration, lanes): (&Grid<D>, f64, usize),
) {
    let Some(l) = trace.due(&flight.became.map(|became| became >> DUE & 1)) else { return };
    let [first, second] = [rng.next_of(l % lanes), rng.next_of(l % lanes)];
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
