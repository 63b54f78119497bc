//! Between what bounds a turning kernel lies, and where: what candidates are drawn from.

use super::Method;
use crate::grid::Grid;
use crate::tiles::Tiles;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;

/// floor · F(v) ≤ T_ε(v, w) ≤ bound · F(v). The part floor · F is a turn that forgets everything;
/// only what lies above it needs a look at the signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// Upper bound on T/F.
    pub bound: f64,
    /// Lower bound on T/F.
    pub floor: f64,
}

impl Envelope {
    /// A floor below 0 is 0: T < 0 is no rate of turning. A floor above the bound is 0, too: it
    /// would hide that every rate is above the bound, and so a rate names its cell.
    pub fn new(bound: f64, floor: f64) -> Self {
        Self { bound, floor: if floor <= bound { floor.max(0.0) } else { 0.0 } }
    }
}

/// Envelopes by the place where a cell is.
#[derive(Clone, Debug)]
pub struct Envelopes<const D: usize> {
    /// Bounds for a cell that is in a tile, wherever it goes within the horizon.
    pub tiles: Tiles<D, Envelope>,
    /// How long the bounds of a tile hold for a cell in it; it then looks again.
    pub horizon: f64,
}

/// Cells by which the reach of the bounds is chosen.
const SAMPLE: usize = 256;
/// Room for round-off in rates that attain their bounds.
const ROOM: f64 = 1e-9;

impl<const D: usize> Envelopes<D> {
    /// The same bounds everywhere and for ever.
    pub fn uniform(bound: f64, floor: f64) -> Self {
        Self { tiles: Tiles::single(Envelope::new(bound, floor)), horizon: f64::INFINITY }
    }

    /// Bounds by tile. A cell in a tile may leave it, so its bounds are those of all tiles within a
    /// reach: a wide reach holds for long, a narrow one is close. The reach taken is the one with
    /// the fewest events for the cells at `positions`.
    pub fn local<K: TurningKernel<D>, S: Sense<D>>(
        kernel: &K,
        signal: &S,
        grid: &Grid<D>,
        flight: &FlightScale,
        positions: &[Vector<D>],
    ) -> Self {
        let envelope = |bounds: &_| {
            let (bound, floor) = (kernel.bound(bounds), kernel.floor(bounds));
            Envelope::new(bound * (1.0 + ROOM), floor - ROOM * floor.abs())
        };
        if kernel.is_sampled() {
            let e = envelope(&signal.bounds());
            return Self { tiles: Tiles::single(e), horizon: f64::INFINITY };
        }
        let (mut bounds, width) = signal.local_bounds();
        let (mut reach, mut best): (usize, Option<(f64, Self)>) = (0, None);
        loop {
            let offset = reach.max(1);
            bounds = bounds.spread(grid, offset, |a, b| a.join(b));
            reach += offset;
            let free = bounds.covered(grid, width, reach) - kernel.sensing_distance();
            let horizon = free / flight.speed;
            if horizon <= 0.0 {
                continue;
            }
            let tried = Self { tiles: bounds.map(envelope), horizon };
            let events = tried.events(flight, positions);
            if best.as_ref().is_some_and(|(fewest, _)| events >= *fewest) {
                break;
            }
            best = Some((events, tried));
            if horizon >= flight.duration {
                break;
            }
        }
        best.expect("a reach of the whole box has an infinite horizon").1
    }

    /// Events per time, in units of ε²: candidates, and looks at new bounds after each horizon.
    fn events(&self, flight: &FlightScale, positions: &[Vector<D>]) -> f64 {
        let horizon = self.horizon.min(flight.duration);
        let every = positions.len().div_ceil(SAMPLE).max(1);
        let sum: f64 = (positions.iter().step_by(every))
            .map(|x| {
                let e = self.tiles.at(x);
                let rate = flight.method.clock_rate(e);
                let expected = rate * horizon / flight.epsilon_squared;
                // rate/(1 − e^{−expected}), and its limit where no candidate comes.
                match expected {
                    0.0 => flight.epsilon_squared / horizon,
                    _ => rate / -(-expected).exp_m1(),
                }
            })
            .sum();
        sum / positions.len().div_ceil(every).max(1) as f64
    }
}

/// How far cells can fly.
pub struct FlightScale {
    /// How they fly.
    pub method: Method,
    /// Largest speed in space, s/ε.
    pub speed: f64,
    /// ε².
    pub epsilon_squared: f64,
    /// Δt.
    pub duration: f64,
}
