//! The cells of one block, sixteen at a time.
//!
//! A leg of a cell ends at its next event, at the horizon of its bounds, or at the end of Δt. First
//! every cell flies one leg; those that did not reach the end of Δt wait in a queue, from which
//! lanes are filled again as their cells finish. So no lane idles, however many events cells have.

use super::lanes::{LANES, Lane, LaneRng, direction, minus_log, uniform};
use super::step::Step;
use super::{BadRate, Envelope, Method, Tally};
use crate::cells::BLOCK;
use crate::grid::Grid;
use crate::rng::Stream;
use crate::simd::Vectorised;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;
use crate::velocity::VelocitySet;

/// At most [`BLOCK`] cells, and what they fly in.
pub(super) struct Block<'a, 's, const D: usize, K, S> {
    pub positions: &'a mut [Vector<D>],
    pub velocities: &'a mut [Vector<D>],
    pub step: &'a Step<'s, D, K, S>,
    pub stream: Stream,
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Vectorised for Block<'_, '_, D, K, S> {
    type Output = Result<Tally, BadRate<D>>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { positions, velocities, step, mut stream } = self;
        let rng = LaneRng::new(&mut stream);
        let tally = Tally { cell_steps: positions.len() as u64, ..Tally::default() };
        let mut pilot = Pilot { step, rng, stream, tally };
        let mut queue = Queue::new();
        pilot.first_legs(positions, velocities, &mut queue);
        pilot.other_legs(positions, velocities, &queue)?;
        Ok(pilot.tally)
    }
}

/// Cells that have not reached the end of Δt, as they stand in their arrays.
struct Queue {
    len: usize,
    /// Number of the cell, and the tile whose rates hold for it.
    cell: [(u32, u32); BLOCK],
    /// Time left of Δt.
    rest: [f64; BLOCK],
    /// Whether an event is due.
    due: [bool; BLOCK],
}

impl Queue {
    fn new() -> Self {
        Self { len: 0, cell: [(0, 0); BLOCK], rest: [0.0; BLOCK], due: [false; BLOCK] }
    }

    #[inline(always)]
    fn push(&mut self, cell: usize, tile: u32, rest: f64, due: bool) {
        let k = self.len;
        (self.cell[k], self.rest[k], self.due[k]) = ((cell as u32, tile), rest, due);
        self.len += 1;
    }
}

/// The cells in flight, one per lane.
struct Flight<const D: usize> {
    x: [Lane<f64>; D],
    v: [Lane<f64>; D],
    /// Time left of Δt; 0 in an idle lane.
    rest: Lane<f64>,
    /// Whether an event is due.
    due: Lane<bool>,
    tile: Lane<u32>,
    /// Bounds on T/F.
    bound: Lane<f64>,
    floor: Lane<f64>,
}

impl<const D: usize> Flight<D> {
    #[inline(always)]
    fn idle(grid: &Grid<D>) -> Self {
        let zero = [0.0; LANES];
        let x = std::array::from_fn(|a| [grid.lower[a]; LANES]);
        let (due, tile) = ([false; LANES], [0; LANES]);
        Self { x, v: [zero; D], rest: zero, due, tile, bound: [1.0; LANES], floor: zero }
    }

    #[inline(always)]
    fn load(&mut self, l: usize, x: &Vector<D>, v: &Vector<D>) {
        for a in 0..D {
            (self.x[a][l], self.v[a][l]) = (x[a], v[a]);
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

    #[inline(always)]
    fn set_envelope(&mut self, l: usize, e: &Envelope) {
        (self.bound[l], self.floor[l]) = (e.bound, e.floor);
    }

    /// Gives both lanes of every antithetic pair the wider envelope, and so the same clock.
    #[inline(always)]
    fn pair(&mut self) {
        for l in (0..LANES).step_by(2) {
            let bound = self.bound[l].max(self.bound[l + 1]);
            let floor = self.floor[l].min(self.floor[l + 1]);
            (self.bound[l], self.bound[l + 1]) = (bound, bound);
            (self.floor[l], self.floor[l + 1]) = (floor, floor);
        }
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
            self.load(l, &x, &v);
        }
    }
}

/// What flies the lanes.
struct Pilot<'a, 's, const D: usize, K, S> {
    step: &'a Step<'s, D, K, S>,
    rng: LaneRng,
    /// For laws that are drawn lane by lane.
    stream: Stream,
    tally: Tally,
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Pilot<'_, '_, D, K, S> {
    /// One leg of every cell.
    #[inline(always)]
    fn first_legs(&mut self, xs: &mut [Vector<D>], vs: &mut [Vector<D>], queue: &mut Queue) {
        for (batch, (xs, vs)) in xs.chunks_mut(LANES).zip(vs.chunks_mut(LANES)).enumerate() {
            let mut flight = Flight::idle(self.step.grid);
            for (l, (x, v)) in xs.iter().zip(&*vs).enumerate() {
                flight.load(l, x, v);
                flight.rest[l] = self.step.duration;
            }
            self.leg(&mut flight);
            for (l, (x, v)) in xs.iter_mut().zip(vs).enumerate() {
                (*x, *v) = (flight.position(l), flight.velocity(l));
                if flight.rest[l] > 0.0 {
                    queue.push(batch * LANES + l, flight.tile[l], flight.rest[l], flight.due[l]);
                }
            }
        }
    }

    /// All further legs.
    #[inline(always)]
    fn other_legs(
        &mut self,
        xs: &mut [Vector<D>],
        vs: &mut [Vector<D>],
        queue: &Queue,
    ) -> Result<(), BadRate<D>> {
        let mut flight = Flight::idle(self.step.grid);
        let (mut busy, mut next, mut cells) = (queue.len, 0, [usize::MAX; LANES]);
        for l in 0..LANES {
            self.refill(&mut flight, l, queue, &mut next, &mut cells, (&*xs, &*vs));
        }
        while busy > 0 {
            if self.step.antithetic {
                flight.pair();
            }
            self.turn(&mut flight).map_err(|(l, bad)| BadRate { cell: cells[l], ..bad })?;
            self.leg(&mut flight);
            for l in 0..LANES {
                if flight.rest[l] <= 0.0 && cells[l] < xs.len() {
                    (xs[cells[l]], vs[cells[l]]) = (flight.position(l), flight.velocity(l));
                    busy -= 1;
                    self.refill(&mut flight, l, queue, &mut next, &mut cells, (&*xs, &*vs));
                }
            }
        }
        Ok(())
    }

    /// Takes the next cell of the queue into lane `l`, or leaves it idle.
    #[inline(always)]
    fn refill(
        &self,
        flight: &mut Flight<D>,
        l: usize,
        queue: &Queue,
        next: &mut usize,
        cells: &mut Lane<usize>,
        (xs, vs): (&[Vector<D>], &[Vector<D>]),
    ) {
        (flight.rest[l], flight.due[l], cells[l]) = (0.0, false, usize::MAX);
        if *next < queue.len {
            let (cell, tile) = queue.cell[*next];
            cells[l] = cell as usize;
            flight.load(l, &xs[cells[l]], &vs[cells[l]]);
            (flight.rest[l], flight.due[l]) = (queue.rest[*next], queue.due[*next]);
            flight.set_envelope(l, &self.step.envelopes.tiles.values()[tile as usize]);
            *next += 1;
        }
    }

    /// Flies every lane to the end of its leg.
    #[inline(always)]
    fn leg(&mut self, flight: &mut Flight<D>) {
        let (tiles, draws) = (&self.step.envelopes.tiles, self.draw());
        for l in 0..LANES {
            flight.tile[l] = tiles.index(&flight.position(l)) as u32;
        }
        for l in 0..LANES {
            flight.set_envelope(l, &tiles.values()[flight.tile[l] as usize]);
        }
        if self.step.antithetic {
            flight.pair();
        }
        let skips = self.step.method == Method::SkipAhead;
        let square = self.step.epsilon * self.step.epsilon;
        let mut time = [0.0; LANES];
        for l in 0..LANES {
            let passed = if skips { flight.floor[l] } else { 0.0 };
            time[l] = square * minus_log(uniform(draws[l])) / (flight.bound[l] - passed);
        }
        let horizon = self.step.envelopes.horizon;
        for l in 0..LANES {
            let cap = if flight.rest[l] < horizon { flight.rest[l] } else { horizon };
            flight.due[l] = time[l] < cap;
            time[l] = if time[l] < cap { time[l] } else { cap };
            flight.rest[l] -= time[l];
        }
        match self.step.method {
            Method::Exact => straight(flight, &time, 1.0 / self.step.epsilon),
            Method::SkipAhead => self.walk(flight, &time),
        }
        if flight.is_outside(self.step.grid) {
            flight.fold(self.step.grid);
        }
    }

    /// The events of all lanes that have one due.
    #[inline(always)]
    fn turn(&mut self, flight: &mut Flight<D>) -> Result<(), (usize, BadRate<D>)> {
        let (levels, proposal) = (self.draw(), self.propose());
        let skips = self.step.method == Method::SkipAhead;
        let (mut level, mut turns, mut looks) = ([0.0; LANES], [false; LANES], 0_u64);
        for l in 0..LANES {
            let (bound, floor) = (flight.bound[l], flight.floor[l]);
            let u = uniform(levels[l]);
            level[l] = if skips { floor + (bound - floor) * u } else { bound * u };
            turns[l] = flight.due[l] & (level[l] < floor);
        }
        for l in 0..LANES {
            looks |= u64::from(flight.due[l] & !turns[l]) << l;
            self.tally.candidates += u64::from(flight.due[l]);
        }
        while looks != 0 {
            let l = looks.trailing_zeros() as usize;
            looks &= looks - 1;
            let (x, w) = (flight.position(l), flight.velocity(l));
            let v: Vector<D> = std::array::from_fn(|a| proposal[a][l]);
            let rate = self.step.kernel.relative_rate(self.step.signal, &x, &v, &w);
            let bound = flight.bound[l];
            if rate > bound || rate.is_nan() || (rate < 0.0 && self.step.refuse_negative) {
                return Err((l, BadRate { cell: 0, rate, bound, at: x }));
            }
            self.tally.negative += u64::from(rate < 0.0);
            turns[l] = level[l] < rate;
        }
        for l in 0..LANES {
            self.tally.tumbles += u64::from(turns[l]);
        }
        for a in 0..D {
            for l in 0..LANES {
                flight.v[a][l] = if turns[l] { proposal[a][l] } else { flight.v[a][l] };
            }
        }
        Ok(())
    }

    /// A free walk of every lane over `time`, its end velocity included.
    #[inline(always)]
    fn walk(&mut self, flight: &mut Flight<D>, time: &Lane<f64>) {
        if D == 2 && self.step.space.set() == VelocitySet::Sphere {
            self.walk_circle(flight, time);
        } else {
            self.walk_each(flight, time);
        }
    }

    /// The free walk on the circle: straight to the first tumble; from the end back to the last;
    /// between them, for a time r, |Z| = (s/Λ)√(−2Λr ln U − ln²U) where −ln U < Λr, else sr, by
    /// inversion of P(|Z| > z) (Stadje 1987; model.md §3).
    #[inline(always)]
    fn walk_circle(&mut self, flight: &mut Flight<D>, time: &Lane<f64>) {
        let (first, last, middle) = (self.draw(), self.draw(), self.draw());
        let (away, end) = (self.draw(), self.draw());
        let (speed, epsilon) = (self.step.space.max_speed(), self.step.epsilon);
        let (square, per_epsilon) = (epsilon * epsilon, 1.0 / epsilon);
        for l in 0..LANES {
            // In units of 1/Λ.
            let mean = square / flight.floor[l];
            let total = time[l] / mean;
            let (first, last) = (minus_log(uniform(first[l])), minus_log(uniform(last[l])));
            let left = total - first;
            let tumbles = left > 0.0;
            let last = if last < left { last } else { left };
            let r = left - last;
            let m = minus_log(uniform(middle[l]));
            let length = if m < r { m * (2.0 * r - m) } else { r * r }.sqrt();
            let sign = if self.step.antithetic && l % 2 == 1 { -speed } else { speed };
            let ((zx, zy), (wx, wy)) = (direction(away[l]), direction(end[l]));
            let (z, w) = (sign * length, [sign * wx, sign * wy]);
            let ways = [z * zx, z * zy];
            for a in 0..2 {
                let v = flight.v[a][l];
                let walked = (v * first + ways[a] + w[a] * last) * mean;
                flight.x[a][l] += per_epsilon * if tumbles { walked } else { v * time[l] };
                flight.v[a][l] = if tumbles { w[a] } else { v };
            }
        }
    }

    /// The free walk on any V, lane by lane.
    #[inline(always)]
    fn walk_each(&mut self, flight: &mut Flight<D>, time: &Lane<f64>) {
        let mut start = self.stream.clone();
        for l in 0..LANES {
            let mirrored = self.step.antithetic && l % 2 == 1;
            if mirrored {
                self.stream = start.clone();
            } else {
                start = self.stream.clone();
            }
            if time[l] <= 0.0 {
                continue;
            }
            let sign = if mirrored { -1.0 } else { 1.0 };
            let mut v: Vector<D> = std::array::from_fn(|a| sign * flight.v[a][l]);
            let tumbles = flight.floor[l] * time[l] / (self.step.epsilon * self.step.epsilon);
            let mean = self.step.walk.advance(&mut v, tumbles, &mut self.stream);
            for a in 0..D {
                flight.x[a][l] += sign * time[l] / self.step.epsilon * mean[a];
                flight.v[a][l] = sign * v[a];
            }
        }
    }

    /// Sixteen draws; in antithetic pairs the second lane repeats those of the first.
    #[inline(always)]
    fn draw(&mut self) -> Lane<u64> {
        let mut draws = self.rng.next();
        if self.step.antithetic {
            for l in (0..LANES).step_by(2) {
                draws[l + 1] = draws[l];
            }
        }
        draws
    }

    /// A velocity drawn from F for every lane; opposite ones in an antithetic pair.
    #[inline(always)]
    fn propose(&mut self) -> [Lane<f64>; D] {
        let space = self.step.space;
        let mut v = if space.is_uniform() { self.propose_uniform() } else { self.propose_each() };
        if self.step.antithetic {
            for component in &mut v {
                for l in (0..LANES).step_by(2) {
                    component[l + 1] = -component[l];
                }
            }
        }
        v
    }

    #[inline(always)]
    fn propose_each(&mut self) -> [Lane<f64>; D] {
        let mut v = [[0.0; LANES]; D];
        for l in 0..LANES {
            let drawn = self.step.space.sample(&mut self.stream);
            (0..D).for_each(|a| v[a][l] = drawn[a]);
        }
        v
    }

    #[inline(always)]
    fn propose_uniform(&mut self) -> [Lane<f64>; D] {
        let space = self.step.space;
        let mut v = [[0.0; LANES]; D];
        let turns = self.draw();
        match D {
            1 => (0..LANES).for_each(|l| v[0][l] = if turns[l] >> 63 == 0 { 1.0 } else { -1.0 }),
            2 => (0..LANES).for_each(|l| (v[0][l], v[1][l]) = direction(turns[l])),
            _ => {
                // Archimedes: z is uniform on (−1, 1).
                let heights = self.draw();
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
            let volumes = self.draw();
            (0..LANES).for_each(|l| speed[l] = space.speed_at(uniform(volumes[l])));
        }
        for component in &mut v {
            (0..LANES).for_each(|l| component[l] *= speed[l]);
        }
        v
    }
}

/// Straight flights at v/ε.
#[inline(always)]
fn straight<const D: usize>(flight: &mut Flight<D>, time: &Lane<f64>, per_epsilon: f64) {
    for a in 0..D {
        for l in 0..LANES {
            flight.x[a][l] += per_epsilon * time[l] * flight.v[a][l];
        }
    }
}
