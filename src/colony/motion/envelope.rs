//! Between what bounds a turning kernel lies, and where: what candidates are drawn from.

use super::tangents::Tangents;
use super::{FlightScale, Method};
use crate::cells::Vectors;
use crate::crew::Crew;
use crate::grid::Grid;
use crate::tiles::Tiles;
use crate::turning::{Affine, Bounds, Combined, MOST_TERMS, Sense, TurningKernel, Unbounded};
use crate::vector::{Vector, norm};

/// floor · F(v) ≤ T_ε(v, w) ≤ bound · F(v). The part floor · F is a turn that forgets everything;
/// only what lies above it needs a look at the signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// Upper bound on T/F.
    pub bound: f64,
    /// Lower bound on T/F.
    pub floor: f64,
}

/// What is known of the signal and the rates where a cell is.
#[derive(Clone, Copy, Debug)]
pub struct Place<const D: usize> {
    /// Bounds for a cell that starts here, wherever it goes within the horizon.
    pub envelope: Envelope,
    /// The most that the new velocity can add to T/F or take from it.
    pub gains: f64,
    /// ∇S wherever such a cell senses it.
    pub far: GradientBox<D>,
    /// ∇S wherever a cell that is here senses it.
    pub near: GradientBox<D>,
}

impl Envelope {
    /// A floor below 0 is 0: T < 0 is no rate of turning. A floor above the bound is 0, too: it
    /// would hide that every rate is above the bound, and so a rate names its cell.
    pub fn new(bound: f64, floor: f64) -> Self {
        Self { bound, floor: if floor <= bound { floor.max(0.0) } else { 0.0 } }
    }

    /// The same with room for rates that attain them up to round-off.
    fn roomy(bound: f64, floor: f64) -> Self {
        let room = ROOM * bound.abs();
        Self::new(bound + room, floor - room)
    }
}

/// Envelopes by the place where a cell is.
#[derive(Clone, Debug)]
pub struct Envelopes<const D: usize> {
    /// Places, tile by tile.
    pub places: Tiles<D, Place<D>>,
    /// The highest bound of all.
    pub highest: f64,
    /// T/F between these bounds, as far as the kernel tells.
    pub affine: Affine,
    /// Expected events per cell and time, times ε², for the cells that they were chosen by.
    pub events: f64,
    /// How long the bounds of a tile hold for a cell in it; it then looks again.
    pub horizon: f64,
    /// Whether new velocities are drawn from the kernel's proposal P; bounds are then on T/P.
    pub proposed: bool,
    /// What cells fly by instead where T/F is affine.
    pub tangents: Option<Tangents<D>>,
}

/// Nothing is known: every candidate above the floor needs a look.
const UNKNOWN: Affine =
    Affine { rate: 0.0, gain: 0.0, loss: 0.0, saturation: 0.0, lag: 0.0, slack: f64::INFINITY };

/// ∇S within a box: its middle and half its width along each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientBox<const D: usize> {
    /// The middle.
    pub middle: Vector<D>,
    /// Half the width.
    pub half: Vector<D>,
}

/// Cells by which the reach of the bounds, and the way to fly, are chosen.
const SAMPLE: usize = 256;

/// Some of the cells, evenly chosen by their number; of these themselves, all.
pub(crate) fn sampled<const D: usize>(
    positions: &[Vector<D>],
) -> impl ExactSizeIterator<Item = &Vector<D>> {
    positions.iter().step_by(distance(positions.len()))
}

/// Those of `all` cells, of which a crew has its own from number `start` on.
pub(crate) fn sampled_of_all<const D: usize>(
    crew: &Crew,
    (start, all): (usize, usize),
    own: &Vectors<D>,
) -> Vec<Vector<D>> {
    let distance = distance(all);
    let first = start.next_multiple_of(distance) - start;
    let chosen = (first..own.len()).step_by(distance).map(|i| own.get(i));
    let numbers = crew.fold(Vec::new(), |mut before: Vec<f64>| {
        before.extend(chosen.flatten());
        before
    });
    numbers.as_chunks().0.to_vec()
}

/// From one of them to the next, of `count` cells.
fn distance(count: usize) -> usize {
    count.div_ceil(SAMPLE).max(1)
}

/// Room for round-off in rates that attain their bounds, relative to the bound: T/F is a sum of a few
/// terms, none larger than the bound, and of one exponential of up to e⁷⁰⁰, whose argument errs by
/// 700 ulps: some 10⁻¹³. What S itself errs by is [`Bounds::noise`].
const ROOM: f64 = 1e-9;

impl<const D: usize> Envelopes<D> {
    /// The same bounds everywhere and for ever.
    pub fn uniform(bound: f64, floor: f64) -> Self {
        let near = GradientBox { middle: [0.0; D], half: [0.0; D] };
        let envelope = Envelope::roomy(bound, floor);
        let place = Place { envelope, gains: 0.0, far: near, near };
        let (places, horizon, highest) = (Tiles::single(place), f64::INFINITY, envelope.bound);
        let (affine, events) = (UNKNOWN, highest);
        Self { places, highest, affine, events, horizon, proposed: false, tangents: None }
    }

    /// Bounds by tile. A cell in a tile may leave it, so its bounds are those of all tiles within a
    /// reach: a wide reach holds for long, a narrow one is close. The reach taken is the one with
    /// the fewest events for the cells at `positions`.
    ///
    /// # Errors
    /// If the bound is no number.
    pub fn local<K: TurningKernel<D>, S: Sense<D>>(
        kernel: &K,
        signal: &S,
        grid: &Grid<D>,
        flight: &FlightScale,
        positions: &[Vector<D>],
    ) -> Result<Self, Unbounded> {
        let all = signal.bounds_of_all();
        let proposed = flight.method == Method::Exact
            && kernel.proposal().is_some()
            && kernel.candidate_bound(&all) < kernel.bound_of(&all);
        let limits = |cues: &[Bounds<D>]| match proposed {
            true => (kernel.proposal_bound(&cues[0]), 0.0),
            false => (kernel.bound_of(cues), kernel.floor_of(cues)),
        };
        if kernel.is_sampled() {
            let (bound, floor) = limits(&all);
            if !bound.is_finite() {
                return Err(Unbounded(bound));
            }
            let mut uniform = Self { proposed, ..Self::uniform(bound, floor) };
            uniform.events = uniform.expected(flight, positions);
            return Ok(uniform);
        }
        if let Some(combined) = kernel.combined(&all).filter(|_| flight.in_rounds) {
            let (bound, floor) = limits(&all);
            let bounds = Self::uniform(bound, floor);
            let most = combined.affine.most(flight.max_speed * combined.slope);
            let slack = combined.affine.slack + ROOM * most;
            let combined = Combined { affine: Affine { slack, ..combined.affine }, ..combined };
            let tangents = Tangents::new(&combined, signal, grid, flight, bounds.highest);
            if let Some(tangents) = tangents.filter(|_| bound.is_finite()) {
                let events = tangents.expected(sampled(positions));
                return Ok(Self { events, tangents: Some(tangents), ..bounds });
            }
        }
        let (mut cues, width) = signal.local_bounds_of_all();
        let affine = kernel.affine(&all[0]).map_or(UNKNOWN, |affine| {
            let most = affine.most(flight.max_speed * all[0].slope);
            Affine { slack: affine.slack + ROOM * most, ..affine }
        });
        let sensed = kernel.sensing_distance();
        // A leg keeps the velocity that it starts with; beyond a wall it is ∇S that is mirrored.
        let mirrored = |bounds: &Tiles<D, Bounds<D>>, reach| {
            bounds.mirrored(grid, reach, |b, axis| b.mirrored(axis))
        };
        let (mut reach, mut gradients) = (0, None);
        let mut best: Option<Self> = None;
        loop {
            let covered = |cues: &[Tiles<D, Bounds<D>>], reach| cues[0].covered(grid, width, reach);
            if gradients.is_none() && covered(&cues, reach) >= sensed {
                let beyond = if sensed > 0.0 { reach.max(1) } else { 0 };
                gradients = Some(mirrored(&cues[0], beyond).map(|b| gradient_box(&b.gradient)));
            }
            let offset = reach.max(1);
            for bounds in &mut cues {
                *bounds = bounds.spread(grid, offset, |a, b| a.join(b));
            }
            reach += offset;
            let horizon = (covered(&cues, reach) - sensed) / flight.speed;
            let Some(gradients) = gradients.as_ref().filter(|_| horizon > 0.0) else { continue };
            let others: Vec<_> = cues[1..].iter().map(|bounds| mirrored(bounds, reach)).collect();
            let mut tile = 0;
            let places = mirrored(&cues[0], reach).zip_map(gradients, |b, near| {
                let mut all = [*b; MOST_TERMS];
                all[1..].iter_mut().zip(&others).for_each(|(b, other)| *b = other.values()[tile]);
                tile += 1;
                let (bound, floor) = limits(&all[..=others.len()]);
                Place {
                    envelope: Envelope::roomy(bound, floor),
                    gains: affine.gain * affine.sense(flight.max_speed * b.slope),
                    far: gradient_box(&b.gradient),
                    near: *near,
                }
            });
            let bounds_there = || places.values().iter().map(|p| p.envelope.bound);
            if let Some(bound) = bounds_there().find(|bound| !bound.is_finite()) {
                // A closer reach may do without what overflows in a wide one.
                return best.ok_or(Unbounded(bound));
            }
            let highest = bounds_there().fold(0.0, f64::max);
            let tangents = None;
            let mut tried =
                Self { places, highest, affine, events: 0.0, horizon, proposed, tangents };
            tried.events = tried.expected(flight, positions);
            if best.as_ref().is_some_and(|b| tried.events >= b.events) {
                break;
            }
            best = Some(tried);
            if horizon >= flight.duration {
                break;
            }
        }
        Ok(best.expect("a reach of the whole box has an infinite horizon"))
    }

    /// Rate of the events that are drawn, times ε², for a cell at `place`.
    fn clock_rate(&self, flight: &FlightScale, place: &Place<D>) -> f64 {
        let (a, s) = (&self.affine, flight.max_speed);
        let e = &place.envelope;
        match flight.method {
            Method::SkipAhead => e.bound - e.floor,
            _ if !a.is_known() || e.floor <= 0.0 => e.bound,
            _ => {
                let spread = a.sense(s * norm(&place.far.half));
                a.rate + a.slack + place.gains - a.loss * spread
            }
        }
    }

    /// Events per time, in units of ε²: candidates, and looks at new bounds after each horizon.
    fn expected(&self, flight: &FlightScale, positions: &[Vector<D>]) -> f64 {
        let horizon = self.horizon.min(flight.duration);
        let sample = sampled(positions);
        let count = sample.len().max(1);
        let sum: f64 = sample
            .map(|x| {
                let rate = self.clock_rate(flight, self.places.at(x));
                let expected = rate * horizon / flight.tumble_time;
                // rate/(1 − e^{−expected}), and its limit where no candidate comes.
                match expected {
                    0.0 => flight.tumble_time / horizon,
                    _ => rate / -(-expected).exp_m1(),
                }
            })
            .sum();
        sum / count as f64
    }
}

/// The box of the given ranges, with room for round-off.
fn gradient_box<const D: usize>(ranges: &[[f64; 2]; D]) -> GradientBox<D> {
    let room = ranges.iter().flatten().fold(0.0_f64, |m, g| m.max(g.abs())) * ROOM;
    GradientBox {
        middle: ranges.map(|[low, high]| 0.5 * (low + high)),
        half: ranges.map(|[low, high]| 0.5 * (high - low) + room),
    }
}
