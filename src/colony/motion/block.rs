//! The cells of one block, thirty-two at a time.
//!
//! A leg of a cell ends at its next event, at the horizon of its bounds, or at the end of Δt. A
//! first pass flies the cells to the end of Δt that have no event before it, by a bound that holds
//! everywhere; the others wait in a queue, from which lanes are filled again as their cells finish.
//! So few cells are looked at closely where events are few, and no lane idles where they are many.

use super::hybrid::Hopper;
use super::lanes::{LANES, Lane, LaneRng, direction, minus_log, uniform};
use super::pass::{Queue, UNDRAWN, pass};
use super::step::Step;
use super::{BadRate, Candidate, Halt, Method, Place, Tally, Trace, stray};
use crate::grid::Grid;
use crate::invariants::Invariants;
use crate::rng::Stream;
use crate::schema::OutOfRange;
use crate::simd::Vectorised;
use crate::tiles::Tiles;
use crate::turning::{Affine, Proposal, Sense, TurningKernel, Turns};
use crate::vector::Vector;
use crate::velocity::VelocitySet;
use rand::{RngExt, SeedableRng};
use std::sync::atomic::{AtomicBool, Ordering};

/// At most [`BLOCK`] cells, and what they fly in.
pub(super) struct Block<'a, 's, const D: usize, K, S> {
    pub positions: &'a mut [Vector<D>],
    pub velocities: &'a mut [Vector<D>],
    pub step: &'a Step<'s, D, K, S>,
    pub stream: Stream,
    /// Raised when the user wants to stop.
    pub stop: &'a AtomicBool,
    /// What is written down of a cell, if one is watched.
    pub trace: Option<&'a mut Trace<D>>,
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Vectorised for Block<'_, '_, D, K, S> {
    type Output = Result<Tally, Halt<D>>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self { positions, velocities, step, mut stream, stop, trace } = self;
        let rng = LaneRng::new(&mut stream);
        let cell_steps = positions.len() as u64;
        let skip_ahead = if step.method == Method::SkipAhead { cell_steps } else { 0 };
        let invariants = Invariants { cells: cell_steps, ..Invariants::default() };
        let tally = Tally { cell_steps, skip_ahead, invariants, ..Tally::default() };
        let mut pilot = Pilot { step, rng, stream, stop, tally, trace };
        let queue = pilot.pass(positions, velocities)?;
        pilot.fly(positions, velocities, &queue)?;
        match stray(step.grid, positions, velocities) {
            Some(cell) => Err(Halt::Stray(cell)),
            None => Ok(pilot.tally),
        }
    }
}

/// Legs of all lanes between two looks at the wish to stop: a look every millisecond or so.
const LEGS: u32 = 1 << 12;

/// The cells in flight, one per lane.
#[derive(Clone)]
struct Flight<const D: usize> {
    x: [Lane<f64>; D],
    v: [Lane<f64>; D],
    /// Time left of Δt; 0 in an idle lane.
    rest: Lane<f64>,
    /// What the next event is drawn from, if it is drawn already.
    drawn: Lane<u64>,
    /// 1 if an event is due.
    due: Lane<u64>,
    /// The tile where the cell is.
    tile: Lane<u64>,
    /// Bounds on T/F.
    bound: Lane<f64>,
    floor: Lane<f64>,
}

impl<const D: usize> Flight<D> {
    #[inline(always)]
    fn idle(grid: &Grid<D>) -> Self {
        let zero = [0.0; LANES];
        let x = std::array::from_fn(|a| [grid.lower[a]; LANES]);
        let (drawn, none, bound) = ([UNDRAWN; LANES], [0; LANES], [1.0; LANES]);
        Self { x, v: [zero; D], rest: zero, drawn, due: none, tile: none, bound, floor: zero }
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

    /// Finds the tiles where the cells are.
    #[inline(always)]
    fn locate(&mut self, places: &Tiles<D, Place<D>>) {
        for l in 0..LANES {
            self.tile[l] = places.index(&self.position(l)) as u64;
        }
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

/// Cells in flight with levels, the draws that these are made of, and proposals.
type Candidates<const D: usize> = (Flight<D>, Lane<f64>, Lane<f64>, [Lane<f64>; D]);

/// Writes down the candidate of the cell that is watched, if it has one.
#[cold]
#[inline(never)]
fn write_down<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
    step: &Step<'_, D, K, S>,
    trace: &mut Trace<D>,
    (flight, level, drawn, proposal): &Candidates<D>,
) {
    let Some(l) = trace.due(&flight.due) else { return };
    let (at, before) = (flight.position(l), flight.velocity(l));
    let proposed = std::array::from_fn(|a| proposal[a][l]);
    let law = step.kernel.proposal().filter(|_| step.envelopes.proposed);
    let rate = step.kernel.relative_rate(step.signal, &at, &proposed, &before);
    trace.candidates.push(Candidate {
        time: step.duration - flight.rest[l],
        at,
        before,
        proposed,
        rate: law.map_or(rate, |law| rate / law.relative_density(&proposed, &before)),
        bound: flight.bound[l],
        floor: flight.floor[l],
        level: level[l],
        draws: [uniform(trace.clock), drawn[l]],
        turned: None,
    });
}

/// What flies the lanes.
struct Pilot<'a, 's, const D: usize, K, S> {
    step: &'a Step<'s, D, K, S>,
    rng: LaneRng,
    /// For laws that are drawn lane by lane.
    stream: Stream,
    stop: &'a AtomicBool,
    tally: Tally,
    trace: Option<&'a mut Trace<D>>,
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Pilot<'_, '_, D, K, S> {
    /// Moves the cells that have no event within Δt, and queues the others.
    #[inline(always)]
    fn pass(&mut self, xs: &mut [Vector<D>], vs: &mut [Vector<D>]) -> Result<Queue, Halt<D>> {
        let step = self.step;
        if step.method == Method::Hybrid {
            return self.hop(xs, vs);
        }
        if step.method == Method::SkipAhead || step.envelopes.horizon < step.duration {
            return Ok(Queue::all(xs.len()));
        }
        let expected = step.envelopes.highest * step.duration / step.scaling.tumble_time();
        let way = step.duration / step.scaling.epsilon();
        Ok(pass(xs, vs, step.grid, (expected, way), || self.draw()))
    }

    /// Moves the cells that hop, and queues the others; the cells of an antithetic pair hop both or
    /// not at all. The draws of a pair are a stream of their own, which both read from its start.
    #[inline(always)]
    fn hop(&mut self, xs: &mut [Vector<D>], vs: &mut [Vector<D>]) -> Result<Queue, Halt<D>> {
        let mut queue = Queue::empty();
        let hopper = Hopper::new(self.step);
        let group = if self.step.antithetic { 2 } else { 1 };
        for first in (0..xs.len()).step_by(group) {
            let cells = first..(first + group).min(xs.len());
            let hops = cells.clone().all(|i| hopper.takes(&xs[i]));
            hopper.check(&vs[first]).map_err(|halt| halt.of_cell(first))?;
            if !hops {
                cells.for_each(|i| queue.push(i, UNDRAWN));
                continue;
            }
            self.tally.hybrid += cells.len() as u64;
            self.tally.hops += cells.len() as u64 * u64::from(hopper.hops());
            let mut fly = |i: usize, side: f64, stream: &mut Stream| {
                let flown = hopper.fly(&mut xs[i], &mut vs[i], side, stream, self.stop);
                flown.map_err(|halt| halt.of_cell(i))
            };
            if !self.step.antithetic {
                fly(first, 1.0, &mut self.stream)?;
                continue;
            }
            let seed = self.stream.random();
            for i in cells {
                let side = if i == first { 1.0 } else { -1.0 };
                fly(i, side, &mut Stream::seed_from_u64(seed))?;
            }
        }
        Ok(queue)
    }

    /// Flies the cells of the queue to the end of Δt.
    #[inline(always)]
    fn fly(
        &mut self,
        xs: &mut [Vector<D>],
        vs: &mut [Vector<D>],
        queue: &Queue,
    ) -> Result<(), Halt<D>> {
        let mut flight = Flight::idle(self.step.grid);
        let mut legs = 0_u32;
        let (mut next, mut cells) = (0, [0; LANES]);
        let mut busy = 0_u32;
        for l in 0..LANES {
            busy |=
                u32::from(self.refill(&mut flight, l, queue, &mut next, &mut cells, xs, vs)) << l;
        }
        while busy != 0 {
            legs = legs.wrapping_add(1);
            if legs.is_multiple_of(LEGS) && self.stop.load(Ordering::Relaxed) {
                return Err(Halt::Interrupted);
            }
            if let Some(trace) = &mut self.trace {
                // Of what a call is handed, here and below, a copy: the rest stays in registers.
                let copy = cells;
                trace.find(busy, &copy);
            }
            self.leg(&mut flight);
            self.turn(&mut flight).map_err(|bad| {
                // As yet it names the lane.
                let cell = cells[bad.cell];
                Halt::Rate(BadRate { cell, ..*bad })
            })?;
            let mut done = 0;
            for l in 0..LANES {
                done |= u32::from(flight.rest[l] <= 0.0) << l;
            }
            done &= busy;
            while done != 0 {
                let l = done.trailing_zeros() as usize;
                done &= done - 1;
                (xs[cells[l]], vs[cells[l]]) = (flight.position(l), flight.velocity(l));
                if !self.refill(&mut flight, l, queue, &mut next, &mut cells, xs, vs) {
                    busy &= !(1 << l);
                }
            }
        }
        Ok(())
    }

    /// Takes the next cell of the queue into lane `l`; false, and an idle lane, if there is none.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn refill(
        &self,
        flight: &mut Flight<D>,
        l: usize,
        queue: &Queue,
        next: &mut usize,
        cells: &mut Lane<usize>,
        xs: &[Vector<D>],
        vs: &[Vector<D>],
    ) -> bool {
        if *next >= queue.len {
            flight.rest[l] = 0.0;
            return false;
        }
        (cells[l], flight.drawn[l]) = queue.get(*next);
        flight.load(l, &xs[cells[l]], &vs[cells[l]]);
        flight.rest[l] = self.step.duration;
        *next += 1;
        true
    }

    /// Flies every lane to the end of its leg.
    #[inline(always)]
    fn leg(&mut self, flight: &mut Flight<D>) {
        let mut draws = self.draw();
        for l in 0..LANES {
            draws[l] = if flight.drawn[l] != UNDRAWN { flight.drawn[l] } else { draws[l] };
        }
        flight.drawn = [UNDRAWN; LANES];
        if let Some(trace) = &mut self.trace {
            trace.clock = draws[trace.lane.unwrap_or(0)];
        }
        flight.locate(&self.step.envelopes.places);
        self.bound(flight);
        if self.step.antithetic {
            flight.pair();
        }
        let skips = self.step.method == Method::SkipAhead;
        let square = self.step.scaling.tumble_time();
        let mut time = [0.0; LANES];
        for l in 0..LANES {
            let passed = if skips { flight.floor[l] } else { 0.0 };
            time[l] = square * minus_log(uniform(draws[l])) / (flight.bound[l] - passed);
        }
        let horizon = self.step.envelopes.horizon;
        for l in 0..LANES {
            let cap = if flight.rest[l] < horizon { flight.rest[l] } else { horizon };
            flight.due[l] = u64::from(time[l] < cap);
            time[l] = if time[l] < cap { time[l] } else { cap };
            flight.rest[l] -= time[l];
        }
        match self.step.method {
            Method::SkipAhead => self.walk(flight, &time),
            _ => straight(flight, &time, 1.0 / self.step.scaling.epsilon()),
        }
        if flight.is_outside(self.step.grid) {
            flight.fold(self.step.grid);
        }
    }

    /// The events of all lanes that have one due.
    #[inline(always)]
    fn turn(&mut self, flight: &mut Flight<D>) -> Result<(), Box<BadRate<D>>> {
        let levels = self.draw();
        let kernels_own = self.step.kernel.proposal().filter(|_| self.step.envelopes.proposed);
        let proposal = match kernels_own {
            Some(law) => self.propose_by(law, flight),
            None => self.propose(),
        };
        let skips = self.step.method == Method::SkipAhead;
        // Without a part of the new velocity the envelope of the leg is as close.
        let close = self.step.envelopes.affine.gain == 0.0 && !skips;
        let [mut low, mut high] = [[f64::NEG_INFINITY; LANES], [f64::INFINITY; LANES]];
        if !close {
            flight.locate(&self.step.envelopes.places);
            [low, high] = self.range(flight, Some(&proposal));
        }
        let (mut level, mut turns, mut open) = ([0.0; LANES], [0; LANES], [0; LANES]);
        for l in 0..LANES {
            let (bound, floor) = (flight.bound[l], flight.floor[l]);
            let u = uniform(levels[l]);
            level[l] = if skips { floor + (bound - floor) * u } else { bound * u };
        }
        if let Some(trace) = &mut self.trace {
            let now = (flight.clone(), level, levels.map(uniform), proposal);
            write_down(self.step, trace, &now);
        }
        for l in 0..LANES {
            let (below, above) = (u64::from(level[l] < low[l]), u64::from(level[l] >= high[l]));
            // Where T could be negative it is looked at, to be counted.
            let known = u64::from(low[l] >= 0.0) & (below | above);
            turns[l] = flight.due[l] & (u64::from(level[l] < flight.floor[l]) | (known & below));
            open[l] = flight.due[l] & !(turns[l] | known);
        }
        let mut looks = 0_u32;
        for l in 0..LANES {
            looks |= (open[l] as u32) << l;
        }
        for l in 0..LANES {
            self.tally.candidates += flight.due[l];
        }
        let rates = match looks {
            0 => [0.0; LANES],
            open => {
                let asked = Turns { at: &flight.x, new: &proposal, old: &flight.v, open };
                self.step.kernel.relative_rates(self.step.signal, &asked)
            }
        };
        while looks != 0 {
            let l = looks.trailing_zeros() as usize;
            looks &= looks - 1;
            let (x, w) = (flight.position(l), flight.velocity(l));
            let v: Vector<D> = std::array::from_fn(|a| proposal[a][l]);
            let mut rate = rates[l];
            if let Some(law) = kernels_own {
                rate /= law.relative_density(&v, &w);
            }
            let (floor, bound) = (flight.floor[l], flight.bound[l]);
            let below = floor > 0.0 && rate < floor;
            if rate > bound || below || rate.is_nan() || (rate < 0.0 && self.step.refuse_negative) {
                let value = self.refused([&x, &v, &w]);
                return Err(Box::new(BadRate { cell: l, rate, floor, bound, at: x, value }));
            }
            self.tally.invariants.look(rate, bound);
            self.tally.negative += u64::from(rate < 0.0);
            turns[l] = u64::from(level[l] < rate);
        }
        if let Some(trace) = &mut self.trace {
            let copy = (flight.due, turns);
            trace.ended(&copy.0, &copy.1);
        }
        for l in 0..LANES {
            self.tally.tumbles += turns[l];
        }
        for a in 0..D {
            for l in 0..LANES {
                flight.v[a][l] = if turns[l] != 0 { proposal[a][l] } else { flight.v[a][l] };
            }
        }
        Ok(())
    }

    /// Which expression is to blame for a rate.
    #[cold]
    fn refused(&self, turn: [&Vector<D>; 3]) -> Option<Box<OutOfRange>> {
        self.step.kernel.refused(self.step.signal, turn).map(Box::new)
    }

    /// Bounds on T/F for all lanes along the legs that they are about to fly.
    ///
    /// Where T/F is affine, the old velocity w is known, and what it adds is bounded by the box of
    /// ∇S: the candidates are hardly more than the turns. A cell for which T could be negative
    /// takes the wide envelope, so that it meets the candidates at which T < 0 is counted.
    #[inline(always)]
    fn bound(&self, flight: &mut Flight<D>) {
        let (affine, places) = (self.step.envelopes.affine, self.step.envelopes.places.values());
        for l in 0..LANES {
            let e = &places[flight.tile[l] as usize].envelope;
            (flight.bound[l], flight.floor[l]) = (e.bound, e.floor);
        }
        if !affine.is_known() || self.step.method == Method::SkipAhead {
            return;
        }
        let mut gains = [0.0; LANES];
        if affine.gain != 0.0 {
            for l in 0..LANES {
                gains[l] = places[flight.tile[l] as usize].gains;
            }
        }
        let [mut low, mut high] = self.range(flight, None);
        for l in 0..LANES {
            (low[l], high[l]) = (low[l] - gains[l], high[l] + gains[l]);
            let (bound, floor) = (flight.bound[l], flight.floor[l]);
            let sure = low[l] > 0.0;
            flight.bound[l] = if sure & (high[l] < bound) { high[l] } else { bound };
            flight.floor[l] = if sure & (low[l] > floor) { low[l] } else { floor };
        }
    }

    /// Between what the affine T/F lies: along the coming leg for any new velocity without its
    /// part, or here and now for a proposed one.
    #[inline(always)]
    fn range(&self, flight: &Flight<D>, proposal: Option<&[Lane<f64>; D]>) -> [Lane<f64>; 2] {
        let (affine, places) = (self.step.envelopes.affine, self.step.envelopes.places.values());
        let (mut middle, mut half) = ([[0.0; LANES]; D], [[0.0; LANES]; D]);
        for l in 0..LANES {
            let place = &places[flight.tile[l] as usize];
            let gradient = if proposal.is_some() { &place.near } else { &place.far };
            for a in 0..D {
                (middle[a][l], half[a][l]) = (gradient.middle[a], gradient.half[a]);
            }
        }
        let mut low = [affine.rate - affine.slack; LANES];
        let mut high = [affine.rate + affine.slack; LANES];
        add(&mut low, &mut high, &affine, affine.loss, &flight.v, [&half, &middle]);
        if let Some(v) = proposal.filter(|_| affine.gain != 0.0) {
            add(&mut low, &mut high, &affine, affine.gain, v, [&half, &middle]);
        }
        [low, high]
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
        let (speed, scaling) = (self.step.space.max_speed(), self.step.scaling);
        let (square, per_epsilon) = (scaling.tumble_time(), 1.0 / scaling.epsilon());
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
            let sign = self.side(l, &mut start);
            if time[l] <= 0.0 {
                continue;
            }
            let mut v: Vector<D> = std::array::from_fn(|a| sign * flight.v[a][l]);
            let tumbles = flight.floor[l] * time[l] / self.step.scaling.tumble_time();
            let mean = self.step.walk.advance(&mut v, tumbles, &mut self.stream);
            for a in 0..D {
                flight.x[a][l] += sign * time[l] / self.step.scaling.epsilon() * mean[a];
                flight.v[a][l] = sign * v[a];
            }
        }
    }

    /// −1 for the second lane of an antithetic pair, whose draws then repeat those of the first, made
    /// from `start` on; 1 for any other.
    #[inline(always)]
    fn side(&mut self, l: usize, start: &mut Stream) -> f64 {
        if self.step.antithetic && l % 2 == 1 {
            self.stream = start.clone();
            return -1.0;
        }
        *start = self.stream.clone();
        1.0
    }

    /// A draw for every lane; in antithetic pairs the second lane repeats those of the first.
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

    /// A velocity drawn from the kernel's own law for every lane that has an event due.
    #[inline(never)]
    fn propose_by(&mut self, law: &dyn Proposal<D>, flight: &Flight<D>) -> [Lane<f64>; D] {
        let mut v = [[0.0; LANES]; D];
        let mut start = self.stream.clone();
        for l in 0..LANES {
            let sign = self.side(l, &mut start);
            if flight.due[l] == 0 {
                continue;
            }
            let w = flight.velocity(l).map(|w| sign * w);
            let drawn = law.propose(&w, &mut self.stream);
            (0..D).for_each(|a| v[a][l] = sign * drawn[a]);
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

/// Adds factor · σ(u·g) to the ranges low..high, for g in boxes given by half their width and their
/// middle.
#[inline(always)]
fn add<const D: usize>(
    low: &mut Lane<f64>,
    high: &mut Lane<f64>,
    affine: &Affine,
    factor: f64,
    u: &[Lane<f64>; D],
    [half, middle]: [&[Lane<f64>; D]; 2],
) {
    let (mut center, mut width) = ([0.0; LANES], [0.0; LANES]);
    for a in 0..D {
        for l in 0..LANES {
            center[l] += u[a][l] * middle[a][l];
            width[l] += u[a][l].abs() * half[a][l];
        }
    }
    // |σ′| ≤ σ′(0), which is 1 or κ.
    let (kappa, mut steepest) = (affine.saturation, factor.abs());
    if kappa != 0.0 {
        steepest *= kappa;
        for l in 0..LANES {
            let z = kappa * center[l];
            center[l] = z / (1.0 + z * z).sqrt();
        }
    }
    for l in 0..LANES {
        low[l] += factor * center[l] - steepest * width[l];
        high[l] += factor * center[l] + steepest * width[l];
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
