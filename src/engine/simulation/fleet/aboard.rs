//! Cells in the memory of a graphics processor, and how they are flown there.

use super::frame::Frame;
use super::orders::{Orders, WORDS};
use crate::cells::Population;
use crate::device::{Adapter, Cut, DeviceError, Program, Words};
use crate::grid::Boundary;
use crate::model::{Model, Species};
use crate::motion::Tally;
use crate::rng::Purpose;
use crate::signal::Parts;
use crate::simulation::SimulationError;
use crate::simulation::flight::Flight;
use crate::spline::GHOST;
use crate::turning::{Combined, Scenery, Sense, TurningKernel};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const TEXT: &str = include_str!("flight.wgsl");

/// Candidates that a cell expects in a part of a field step, at most: the mean time between two is then 2²⁰ ticks.
const CANDIDATES: f64 = 4096.0;
/// Parts that can be named; with more candidates than in so many, the mean time between two has fewer ticks.
const MOST_PARTS: f64 = 2_147_483_647.0;
/// Candidates of all cells that are flown at once: systems end a program that keeps a screen waiting, and so it can be
/// stopped.
const WORK: f64 = 67_108_864.0;
/// 2⁻²⁸, the unit of masses.
const UNIT: f64 = 1.0 / 268_435_456.0;
/// Bytes that are written at once.
const PIECE: usize = 1 << 20;

/// Words of `told` in flight.wgsl.
const TOLD: usize = 17;
const STEEPEST: usize = 12;
const ABOVE: usize = 13;
const BELOW: usize = 14;
const NEGATIVE: usize = 15;
const LOST: usize = 16;

/// Of f32, the largest relative error of a rounding.
const ROUNDING: f64 = 0.5 * f32::EPSILON as f64;
/// Roundings that a T/F sees at most, its draws' included, in terms none of which is larger than its bound: 3 products
/// and sums over 27 nodes, the root, and the comparison.
const ROUNDINGS: f64 = 64.0;

/// Some of the cells, as many as a buffer holds.
struct Squad {
    first: usize,
    count: usize,
    places: Words,
    velocities: Words,
}

/// All cells of a population.
pub struct Fleet<const D: usize> {
    adapter: Arc<Adapter>,
    program: Program,
    frame: Frame<D>,
    squads: Vec<Squad>,
    signal: Words,
    masses: Words,
    told: Words,
    now: Words,
    orders: Orders,
    /// Coefficients of the spline of what is sensed, and the same with ghosts.
    padded: Vec<f64>,
}

impl<const D: usize> Fleet<D> {
    /// Takes the cells of a population aboard.
    ///
    /// # Errors
    /// They do not fit.
    pub fn board(
        adapter: &Arc<Adapter>,
        (model, species): (&Model<D>, &Species<D>),
        cells: &Population<D>,
    ) -> Result<Self, DeviceError> {
        let combined = species.kernel.told_by_gradients().expect("it was asked for before");
        let (grid, space, affine) = (model.grid(), &species.space, &combined.affine);
        let flag = |is: bool| f64::from(u8::from(is));
        let constants = [
            ("SKIPPED", 3.0 - D as f64),
            ("SPHERE", flag(space.min_speed() == space.max_speed())),
            ("LOCAL", flag(affine.lag == 0.0)),
            ("SATURATES", flag(affine.saturation != 0.0)),
            ("LANES", f64::from(adapter.cut().lanes)),
        ];
        let frame = Frame::new(grid);
        let mut orders = Orders::new();
        let strides = model.map().strides().map(|stride| stride as u32);
        let nodes: [[u32; 2]; D] = std::array::from_fn(|a| frame.nodes(a));
        let base = (0..D).fold(0_u32, |base, a| {
            let first = (GHOST as u32 - 1).wrapping_sub(nodes[a][1]);
            base.wrapping_add(first.wrapping_mul(strides[a]))
        });
        let number = |boundary| match boundary {
            Boundary::Periodic => 0,
            Boundary::NoFlux => 1,
            Boundary::Open { .. } => 2,
        };
        orders.grid(nodes.map(|n| n[0]), strides, base, grid.boundary.map(number));
        let corners = grid.window_corners();
        orders.window::<D>(corners.map(|x| std::array::from_fn(|a| frame.word(a, x[a]))));
        let ahead = frame.unit().map(|unit| affine.lag / unit);
        orders.kernel(affine, ahead, grid.spacing().map(|h| 1.0 / h));
        let power = |speed: f64| speed.powi(D as i32);
        let (least, most_speed) = (power(space.min_speed()), space.max_speed());
        orders.speeds(least, power(most_speed) - least, most_speed);
        let room = adapter.most_words() / D;
        let starts: Vec<usize> = (0..cells.len()).step_by(room).collect();
        let squad = |first: usize| {
            let count = room.min(cells.len() - first);
            let words = || adapter.words(D * count);
            Ok(Squad { first, count, places: words()?, velocities: words()? })
        };
        let squads = starts.into_iter().map(squad).collect::<Result<_, DeviceError>>()?;
        let fleet = Self {
            program: adapter.program(TEXT, "advance", &constants)?,
            frame,
            squads,
            signal: adapter.words(model.map().len())?,
            masses: adapter.words(2 * model.map().len())?,
            told: adapter.words(TOLD)?,
            now: adapter.words(WORDS)?,
            orders,
            padded: Vec::new(),
            adapter: adapter.clone(),
        };
        fleet.load(cells);
        Ok(fleet)
    }

    /// Writes places and velocities.
    fn load(&self, cells: &Population<D>) {
        let mut words = Vec::with_capacity(PIECE);
        for squad in &self.squads {
            let own = squad.first..squad.first + squad.count;
            for a in 0..D {
                let place = |i: usize| self.frame.word(a, cells.positions.get(i)[a]);
                let velocity = |i: usize| (cells.velocities.get(i)[a] as f32).to_bits();
                for start in (0..squad.count).step_by(PIECE) {
                    let piece = own.clone().skip(start).take(PIECE);
                    words.clear();
                    words.extend(piece.clone().map(place));
                    self.adapter.write(&squad.places, a * squad.count + start, &words);
                    words.clear();
                    words.extend(piece.map(velocity));
                    self.adapter.write(&squad.velocities, a * squad.count + start, &words);
                }
            }
        }
    }

    /// Brings places and velocities back, as they are there.
    ///
    /// # Errors
    /// The device has failed.
    pub fn land(&self, cells: &mut Population<D>) -> Result<(), DeviceError> {
        let length = self.squads.first().map_or(1, |squad| squad.count);
        let parts = cells.positions.parts(length).into_iter().zip(cells.velocities.parts(length));
        let mut room = Vec::new();
        for (squad, (mut xs, mut vs)) in self.squads.iter().zip(parts) {
            for a in 0..D {
                let read = |words| self.adapter.read(words, a * squad.count, squad.count);
                let (places, velocities) = (read(&squad.places)?, read(&squad.velocities)?);
                xs.edit(&mut room, |xs| {
                    let place = |word| self.frame.coordinate(a, word);
                    xs.iter_mut().zip(places).for_each(|(x, word)| x[a] = place(word));
                });
                vs.edit(&mut room, |vs| {
                    let component = |bits| f64::from(f32::from_bits(bits));
                    vs.iter_mut().zip(velocities).for_each(|(v, bits)| v[a] = component(bits));
                });
            }
        }
        Ok(())
    }

    /// All cells over a field step in frozen signals; their deposit is left in the first of the private grids.
    pub fn fly(&mut self, flight: Flight<'_, D>) -> Result<Tally, SimulationError> {
        let Flight { model, species, dt, deposited, .. } = flight;
        let (bound, floor) = self.feel(&flight)?;
        let expected = bound * dt / species.scaling.tumble_time();
        let parts = (expected / CANDIDATES).ceil().clamp(1.0, MOST_PARTS);
        // A tick is 1/(2³² − 1) of a part.
        let ticks = f64::from(u32::MAX);
        let tick = dt / parts / ticks;
        let pace = self.frame.unit().map(|unit| tick / (species.scaling.epsilon() * unit));
        self.orders.clock(pace, (species.scaling.tumble_time() / (bound * tick)).min(1e30));
        self.orders.bounds(bound, floor);
        let mut told = [0; TOLD];
        told[ABOVE..LOST].fill(u32::MAX);
        self.adapter.write(&self.told, 0, &told);
        self.adapter.clear(&self.masses);
        let Cut { lanes, most } = self.adapter.cut();
        let together = ((WORK / (1.0 + expected / parts)) as usize).clamp(lanes as usize, most);
        let parts = parts as u32;
        for part in 0..parts {
            let last = part + 1 == parts;
            let key = flight.streams.key(Purpose::Flight);
            self.orders.names(key, flight.step, part);
            self.orders.ends(last, deposited);
            for squad in &self.squads {
                for begin in (0..squad.count).step_by(together) {
                    if flight.watch.stop.load(Ordering::Relaxed) {
                        return Err(SimulationError::Interrupted);
                    }
                    let end = (begin + together).min(squad.count);
                    let own = [begin as u32, end as u32];
                    self.orders.cells(squad.first as u32, own, squad.count as u32);
                    self.adapter.write(&self.now, 0, self.orders.words());
                    let buffers = [
                        (0, &self.now),
                        (1, &squad.places),
                        (2, &squad.velocities),
                        (3, &self.signal),
                        (4, &self.masses),
                        (5, &self.told),
                    ];
                    let groups = ((end - begin) as u32).div_ceil(lanes);
                    self.adapter.run(&self.program, &buffers, groups)?;
                    if last {
                        (flight.watch.progress)(end - begin);
                    }
                }
            }
        }
        let told = self.adapter.read(&self.told, 0, TOLD)?;
        flight.lost.store(told[LOST] != 0, Ordering::Relaxed);
        let tally = self.judge(&told, (bound, floor), &flight)?;
        if deposited {
            let weight = flight.cells.weight / model.grid().cell_volume();
            self.collect(flight.parts, weight)?;
        }
        Ok(tally)
    }

    /// Gives the signal to the device: between what T/F as it is computed there lies.
    fn feel(&mut self, flight: &Flight<'_, D>) -> Result<(f64, f64), SimulationError> {
        let Flight { model, species, cues, .. } = flight;
        let Combined { affine, weights, .. } =
            species.kernel.told_by_gradients().expect("it was asked for before");
        let Some(Scenery::Spline(nodal)) = cues.scenery(&weights[..species.cues.len()]) else {
            unreachable!("cells sense splines")
        };
        let ends = nodal
            .iter()
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], c| [low.min(*c), high.max(*c)]);
        // Differences alone are sensed: about their middle numbers are smallest.
        let (middle, most) = (0.5 * (ends[0] + ends[1]), 0.5 * (ends[1] - ends[0]));
        model.map().pad(&nodal, &mut self.padded);
        let words: Vec<u32> = self.padded.iter().map(|c| ((c - middle) as f32).to_bits()).collect();
        for (piece, words) in words.chunks(PIECE).enumerate() {
            self.adapter.write(&self.signal, piece * PIECE, words);
        }
        let bounds = cues.bounds_of_all();
        let (bound, floor) = match species.kernel_bound {
            Some(bound) => (bound, 0.0),
            None => (species.kernel.bound_of(&bounds), species.kernel.floor_of(&bounds)),
        };
        if !bound.is_finite() {
            let unbounded = crate::turning::Unbounded(bound);
            return Err(SimulationError::Unbounded { time: f64::NAN, unbounded });
        }
        // A coefficient errs by a rounding of `most`, a slope by two over the spacing, and a difference by two.
        let spacing = model.grid().spacing();
        let off = match affine.lag {
            0.0 => {
                spacing.iter().map(|h| h.powi(-2)).sum::<f64>().sqrt() * species.space.max_speed()
            }
            lag => 1.0 / lag,
        };
        let answer = (affine.gain - affine.loss) * affine.slope();
        let room = ROUNDING * (ROUNDINGS * bound + 2.0 * most * off * answer);
        Ok((bound + room, floor - room))
    }

    /// Adds the masses up, in units of `weight`: they are whole numbers, so the sum is exact up to one rounding.
    fn collect(&self, parts: &mut Parts, weight: f64) -> Result<(), DeviceError> {
        let words = self.adapter.read(&self.masses, 0, self.masses.count)?;
        let (pairs, _) = words.as_chunks::<2>();
        let [first, others @ ..] = &mut parts.grids[..] else { return Ok(()) };
        for (mass, [low, high]) in first.iter_mut().zip(pairs) {
            let units = u64::from(*low) | u64::from(*high) << 32;
            *mass = units as f64 * UNIT * weight;
        }
        others.iter_mut().for_each(|grid| grid.fill(0.0));
        Ok(())
    }

    /// What happened, or what must not have.
    fn judge(
        &self,
        told: &[u32],
        (bound, floor): (f64, f64),
        flight: &Flight<'_, D>,
    ) -> Result<Tally, SimulationError> {
        let steepest = f64::from(f32::from_bits(told[STEEPEST]));
        let met = |cell: u32, what: String| {
            let [start, end] = flight.span;
            Err(SimulationError::Device(format!(
                "between t = {start} and {end}, in the population {}: cell {cell} of replicate {} met {what}",
                flight.species.name,
                flight.streams.replicate(),
            )))
        };
        if told[ABOVE] != u32::MAX {
            let rate = steepest * bound;
            let what = format!(
                "T/F of up to {rate:e}, which exceeds its bound {bound:e}; set kernel.bound above it, or refine domain.grid"
            );
            return met(told[ABOVE], what);
        }
        if told[NEGATIVE] != u32::MAX && flight.species.refuse_negative {
            let what = "T < 0; lower epsilon or the kernel's bias, or count such events instead (kernel.negative = \
                        \"count\")";
            return met(told[NEGATIVE], what.into());
        }
        if told[BELOW] != u32::MAX && floor > 0.0 {
            let what = format!(
                "T/F below its floor {floor:e}; set kernel.bound, which leaves the floor out"
            );
            return met(told[BELOW], what);
        }
        let count =
            |number: usize| u64::from(told[2 * number]) | u64::from(told[2 * number + 1]) << 32;
        let mut tally = Tally {
            candidates: count(0),
            tumbles: count(1),
            negative: count(2),
            outside: count(4),
            cell_steps: flight.cells.len() as u64,
            ..Tally::default()
        };
        tally.invariants.looks = count(3);
        tally.invariants.cells = count(5);
        tally.invariants.steepest = steepest;
        // A cell that is beyond what surrounds the window ends the run by that.
        if tally.invariants.cells != tally.cell_steps && told[LOST] == 0 {
            let nowhere = tally.cell_steps - tally.invariants.cells;
            return Err(SimulationError::Device(format!(
                "at t = {} {nowhere} cells of the population {} are not at a finite place in the box with a finite velocity; \
                 no experiment should lead there, so please report it, and --device cpu may avoid it",
                flight.span[1], flight.species.name
            )));
        }
        Ok(tally)
    }
}
