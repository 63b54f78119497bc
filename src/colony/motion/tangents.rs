//! What affine kernels need of the signal, tile by tile: ∇S as a linear function of the place, how far
//! off that can be, and for how long.
//!
//! A cell that starts in a tile stays within some grid cells of it until the tile's horizon τ. There
//! |u·∇S − u·(g + H(x − c))| ≤ r for every |u| ≤ s, proved by the control values of the spline. A short
//! horizon has a small r and many legs, a long one a large r; the tile takes that with the fewest events.

use super::FlightScale;
use crate::grid::{Boundary, Grid};
use crate::simd::{Vectorised, nearest, vectorise};
use crate::spline::{Cells, Landscape, Tangent};
use crate::turning::{Affine, Combined, Scenery, Sense};
use crate::vector::{Vector, norm};
use rayon::prelude::*;

/// Numbers of a record that are loaded together.
pub(super) const QUAD: usize = 4;
/// Quads of the widest record.
pub(super) const QUADS: usize = 3;
/// Most tiles, so that all records stay in a cache of the second level; and events that are worth a tile, as its
/// record is made at every step.
const MOST_TILES: f64 = 4096.0;
const EVENTS_PER_TILE: f64 = 64.0;
/// Widest tile, and farthest reach around it, in grid cells, in up to two dimensions and in three.
const WIDEST: [usize; 2] = [16, 4];
/// Tiles that are not worth a thread of their own.
const FEW: usize = 64;
/// Mean times between tumbles that a horizon should last.
const LASTING: f64 = 3.0;
/// What an uncertain event costs beside one that is none: a look at the signal.
const LOOK: f64 = 4.0;
/// Room for round-off in sums of a few terms, relative to the largest.
const ROOM: f64 = 1e-9;

/// Records of all tiles.
#[derive(Clone, Debug)]
pub struct Tangents<const D: usize> {
    lower: Vector<D>,
    per_tile: Vector<D>,
    width: Vector<D>,
    /// Number of the last tile along each axis, and the strides.
    last: Vector<D>,
    stride: Vector<D>,
    /// By tile, [`quads`] quads: g, the upper half of H, τ, r and, but in 1D, gains. After the last tile
    /// comes the record of anywhere, for cells outside an open box.
    pub(super) records: Vec<[f32; QUAD]>,
    /// T/F as a function of what the records hold.
    pub(super) affine: Affine,
    /// The most that the new velocity can add to T/F or take from it, anywhere.
    pub(super) gains: f64,
    /// No T/F is above this.
    pub(super) highest: f64,
    /// Number of the record of anywhere, if cells can be outside.
    pub(super) anywhere: Option<f64>,
    /// Events per time, times ε², of a cell in a tile.
    events: Vec<f64>,
}

/// Quads of a record.
pub(super) const fn quads(dimension: usize) -> usize {
    dimension
}

/// One tile's record.
#[derive(Clone, Copy)]
struct Record<const D: usize> {
    tangent: Tangent<D>,
    horizon: f64,
    residual: f64,
    gains: f64,
    events: f64,
}

/// What the records of all tiles are made from.
struct Survey<'a, const D: usize> {
    landscape: Landscape<D>,
    grid: &'a Grid<D>,
    flight: &'a FlightScale,
    affine: Affine,
    /// Round-off of a derivative as cells sense it, by axis.
    noise: Vector<D>,
    /// Edge of a tile, and the farthest reach, in grid cells.
    width: usize,
    reach: usize,
}

impl<const D: usize> Tangents<D> {
    /// Those of an affine kernel in a signal; `None` if the signal is no landscape. No T/F is above `highest`.
    pub(super) fn new<S: Sense<D>>(
        combined: &Combined,
        signal: &S,
        grid: &Grid<D>,
        flight: &FlightScale,
        highest: f64,
    ) -> Option<Self> {
        let affine = combined.affine;
        let anywhere = Record {
            tangent: Tangent::constant([0.0; D]),
            horizon: f64::INFINITY,
            residual: flight.max_speed * combined.slope * (1.0 + ROOM),
            gains: gains(&affine, flight, combined.slope),
            events: highest,
        };
        let (counts, width, mut made) = match signal.scenery(&combined.weights)? {
            Scenery::Slope(gradient) => {
                let steepest = norm(&gradient);
                let residual = flight.max_speed * steepest * 1e-6;
                let gains = gains(&affine, flight, steepest);
                let tangent = Tangent::constant(gradient).stored();
                let events = affine.rate + affine.slack;
                ([1; D], [0.0; D], vec![Record { tangent, residual, gains, events, ..anywhere }])
            }
            Scenery::Spline(nodal) => {
                let survey = Survey::new(combined, grid, &nodal, flight);
                let counts = grid.cells.map(|n| n.div_ceil(survey.width));
                let width = grid.spacing().map(|h| h * survey.width as f64);
                (counts, width, survey.records(&counts, &anywhere))
            }
        };
        let events = made.iter().map(|record| record.events).collect();
        let outside = made.len() as f64;
        made.push(anywhere);
        let mut records = Vec::with_capacity(made.len() * quads(D));
        made.iter().for_each(|record| record.write(&mut records));
        Some(Self {
            lower: grid.lower,
            per_tile: width.map(|width| if width > 0.0 { 1.0 / width } else { 0.0 }),
            width,
            last: counts.map(|n| n as f64 - 1.0),
            stride: std::array::from_fn(|a| counts[a + 1..].iter().product::<usize>() as f64),
            records,
            affine,
            gains: anywhere.gains,
            highest,
            anywhere: grid.is_open().then_some(outside),
            events,
        })
    }

    /// Mean events per time, times ε², of cells at these places.
    pub(super) fn expected<'x>(&self, places: impl ExactSizeIterator<Item = &'x Vector<D>>) -> f64 {
        let count = places.len().max(1);
        let events = |x: &Vector<D>| self.events[self.locate(x).0 as usize];
        places.map(events).sum::<f64>() / count as f64
    }

    /// Number of the tile of x, or the nearest one, and where x is from its middle.
    #[inline(always)]
    pub(super) fn locate(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        let (mut index, mut from_middle) = (0.0, [0.0; D]);
        for a in 0..D {
            let u = (x[a] - self.lower[a]) * self.per_tile[a] - 0.5;
            let i = nearest(u);
            let i = if i > 0.0 { i } else { 0.0 };
            let i = if i < self.last[a] { i } else { self.last[a] };
            index += i * self.stride[a];
            from_middle[a] = (u - i) * self.width[a];
        }
        (index, from_middle)
    }
}

/// The most that σ(v·∇S) adds or takes where |∇S| is at most `slope`.
fn gains(affine: &Affine, flight: &FlightScale, slope: f64) -> f64 {
    match affine.gain {
        0.0 => 0.0,
        gain => gain * affine.sense(flight.max_speed * slope) * (1.0 + ROOM),
    }
}

impl<const D: usize> Record<D> {
    fn write(&self, records: &mut Vec<[f32; QUAD]>) {
        let Tangent { gradient, hessian, .. } = &self.tangent;
        let upper = (0..D).flat_map(|a| hessian[a][a..].iter());
        // Down and up: rounding must not lengthen the one or narrow the others.
        let (down, up) = (1.0 - 1e-6, 1.0 + 1e-6);
        let others = [self.horizon * down, self.residual * up, self.gains * up];
        let mut all = [0.0; QUAD * QUADS];
        let fields = gradient.iter().chain(upper).chain(&others);
        all.iter_mut().zip(fields).for_each(|(number, field)| *number = *field as f32);
        records.extend_from_slice(&all.as_chunks().0[..quads(D)]);
    }
}

/// A tile whose record is made.
struct Tile<'a, 's, const D: usize> {
    survey: &'a Survey<'s, D>,
    cells: Cells<D>,
}

impl<const D: usize> Vectorised for Tile<'_, '_, D> {
    type Output = Option<Record<D>>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        self.survey.record(self.cells)
    }
}

impl<'a, const D: usize> Survey<'a, D> {
    fn new(combined: &Combined, grid: &'a Grid<D>, nodal: &[f64], flight: &'a FlightScale) -> Self {
        let affine = combined.affine;
        let spacing = grid.spacing();
        let finest = spacing.iter().copied().fold(f64::INFINITY, f64::min);
        let widest = WIDEST[usize::from(D > 2)];
        let run = flight.speed * flight.tumble_time / affine.rate;
        let needed = flight.speed * flight.duration;
        let wanted = LASTING * run.min(needed) / finest;
        let tiles = |width: usize| grid.cells.iter().map(|n| n.div_ceil(width)).product::<usize>();
        let events = flight.cells as f64 * affine.rate * flight.duration / flight.tumble_time;
        let most = (events / EVENTS_PER_TILE).min(MOST_TILES);
        let is_fine = |width: usize| width as f64 * 2.0_f64.sqrt() < 0.5 * wanted;
        let mut width = 1;
        while width < widest && (is_fine(width) || tiles(width) as f64 > most) {
            width *= 2;
        }
        let longest = needed.min(LASTING * run) + affine.lag * flight.max_speed;
        let farthest = (longest / finest).min(widest as f64);
        let reach = (farthest * (1.0 + ROOM)).ceil().max(1.0) as usize;
        let landscape = Landscape::new(grid, nodal, reach);
        let noise = spacing.map(|h| combined.noise / h);
        Self { landscape, grid, flight, affine, noise, width, reach }
    }

    fn records(&self, counts: &[usize; D], anywhere: &Record<D>) -> Vec<Record<D>> {
        let tile = |mut flat: usize| {
            let mut cells = [[0; 2]; D];
            for a in (0..D).rev() {
                let first = flat % counts[a] * self.width;
                cells[a] = [first, (first + self.width).min(self.grid.cells[a])].map(|i| i as i64);
                flat /= counts[a];
            }
            vectorise(Tile { survey: self, cells }).unwrap_or(*anywhere)
        };
        let all = (0..counts.iter().product::<usize>()).into_par_iter().with_min_len(FEW);
        all.map(tile).collect()
    }

    /// The record of a tile, with the reach of the fewest events; `None` if none is within the box.
    #[inline(always)]
    fn record(&self, cells: Cells<D>) -> Option<Record<D>> {
        let spacing = self.grid.spacing();
        let mut tangent = self.landscape.tangent(cells);
        for a in 0..D {
            // The middle of a whole tile: the last one may be narrower.
            let middle =
                self.grid.lower[a] + spacing[a] * (cells[a][0] as f64 + 0.5 * self.width as f64);
            for b in 0..D {
                tangent.gradient[b] += tangent.hessian[b][a] * (middle - tangent.centre[a]);
            }
            tangent.centre[a] = middle;
        }
        let tangent = tangent.stored();
        let sensed = self.affine.lag * self.flight.max_speed;
        let needed = self.flight.speed * self.flight.duration + sensed;
        let finest = spacing.iter().copied().fold(f64::INFINITY, f64::min);
        let mut best: Option<Record<D>> = None;
        let mut reach = self.reach;
        while reach > 0 {
            let distance = needed.min(reach as f64 * finest);
            let around: Cells<D> = std::array::from_fn(|a| {
                // A hair wider than the cells can get.
                let by = (distance / spacing[a] * (1.0 - ROOM)).ceil() as i64;
                [cells[a][0] - by, cells[a][1] + by]
            });
            reach /= 2;
            if self.leaves(&around) {
                continue;
            }
            if distance <= sensed {
                break;
            }
            let (record, least) = self.reaching(&tangent, (distance, around));
            if best.as_ref().is_none_or(|best| record.events < best.events) {
                best = Some(record);
            }
            // A shorter horizon has more events of its own.
            if record.events <= 1.05 * least {
                break;
            }
        }
        best
    }

    /// Whether these cells are beyond the face of an open box.
    fn leaves(&self, cells: &Cells<D>) -> bool {
        (0..D).any(|a| {
            let outside = cells[a][0] < 0 || cells[a][1] > self.grid.cells[a] as i64;
            matches!(self.grid.boundary[a], Boundary::Open { .. }) && outside
        })
    }

    /// The record of a model for cells that stay within a distance of the tile, which is `around` it, and its
    /// events if it left nothing.
    #[inline(always)]
    fn reaching(
        &self,
        tangent: &Tangent<D>,
        (distance, around): (f64, Cells<D>),
    ) -> (Record<D>, f64) {
        let (affine, flight, spacing) = (&self.affine, self.flight, self.grid.spacing());
        let left = self.landscape.residual(tangent, around);
        let extent: Vector<D> = std::array::from_fn(|b| {
            0.5 * (around[b][1] - around[b][0] + self.width as i64) as f64 * spacing[b]
        });
        // Round-off of the spline as cells sense it, and of the linear function.
        let bend: Vector<D> = std::array::from_fn(|a| {
            (0..D).map(|b| (tangent.hessian[a][b] * extent[b]).abs()).sum()
        });
        let steepest: Vector<D> = std::array::from_fn(|a| tangent.gradient[a].abs() + bend[a]);
        let left: Vector<D> = std::array::from_fn(|a| left[a] + self.noise[a] + ROOM * steepest[a]);
        let residual = flight.max_speed * norm(&left);
        // Whoever cannot leave needs no horizon: one rounded down would cut its way into two.
        let sensed = affine.lag * flight.max_speed;
        let stays = distance >= flight.speed * flight.duration + sensed;
        let horizon = match stays {
            true => f64::INFINITY,
            false => (distance - sensed) / flight.speed * (1.0 - ROOM),
        };
        let level = affine.rate + affine.slack;
        let steepness = affine.slope() * (affine.gain - affine.loss);
        let expected = level * horizon.min(flight.duration) / flight.tumble_time;
        let least = level / -(-expected).exp_m1();
        let events = least + LOOK * steepness * residual;
        let most = std::array::from_fn(|a| steepest[a] + left[a]);
        let gains = gains(affine, flight, norm::<D>(&most));
        (Record { tangent: *tangent, horizon, residual, gains, events }, least)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;
    use crate::signal::SensedSignal;
    use crate::spectral::Spectral;
    use crate::spline::{NodeMap, symbol};

    /// Wherever a cell starts and whichever way it flies, within the horizon of its tile the model leaves
    /// no more of u·∇S than the residual, for the longest u, and the new velocity adds no more than the gains;
    /// across periodic and mirrored faces, in a box whose last tiles are narrow.
    fn the_records_hold<const D: usize>(cells: [usize; D], boundary: [Boundary; D], duration: f64) {
        let grid = Grid { lower: [-1.0; D], upper: [1.4; D], cells, boundary };
        let (spectral, map) = (Spectral::new(&grid), NodeMap::new(&grid));
        let nodal = grid.sample(|x| (0..D).map(|a| (2.0 * x[a] + a as f64).sin()).product());
        let symbol = spectral.table(|k| symbol(&grid, k));
        let mut field = spectral.forward(&nodal);
        let signal = SensedSignal::new(&spectral, &map, &symbol, &mut field, Vec::new());
        let (affine, speed) = (
            Affine { rate: 1.0, gain: 0.3, loss: -0.2, saturation: 0.0, lag: 0.0, slack: 0.0 },
            1.5,
        );
        let cues = signal.bounds_of_all();
        let combined = Combined::new(affine, [1.0, 0.0, 0.0, 0.0], &cues);
        let flight = FlightScale {
            method: Method::Exact,
            speed: speed / 0.1,
            max_speed: speed,
            tumble_time: 0.01,
            duration,
            cells: 1_000_000,
            in_rounds: true,
        };
        let tangents = Tangents::new(&combined, &signal, &grid, &flight, 2.0).unwrap();
        let (mut closest, mut models) = (0.0_f64, 0);
        let number = |k: usize, n: usize| ((k * n) % 10_007) as f64 / 10_007.0;
        for k in 0..20_000_usize {
            let x: Vector<D> =
                std::array::from_fn(|a| -1.0 + 2.4 * number(k, [7919, 6263, 4801][a]));
            let (tile, from) = tangents.locate(&x);
            let record = &tangents.records[quads(D) * tile as usize..][..quads(D)];
            let field = |k: usize| f64::from(record[k / QUAD][k % QUAD]);
            let own = D + D * (D + 1) / 2;
            let horizon = field(own).min(duration);
            models += usize::from(field(0) != 0.0);
            let mut w: Vector<D> = std::array::from_fn(|a| number(k, [1009, 2503, 3001][a]) - 0.5);
            w = w.map(|c| c * speed / norm(&w));
            let way = number(k, 5881) * horizon / 0.1;
            let mut end: Vector<D> = std::array::from_fn(|a| x[a] + way * w[a]);
            let mut side = [1.0; D];
            grid.fold(&mut end, &mut side);
            let (_, gradient) = signal.value_and_gradient(&end);
            let mut left = 0.0;
            let mut place = D;
            let mut hessian = [[0.0; D]; D];
            for a in 0..D {
                for b in a..D {
                    (hessian[a][b], hessian[b][a]) = (field(place), field(place));
                    place += 1;
                }
            }
            for a in 0..D {
                let along = |b: usize| hessian[a][b] * (from[b] + way * w[b]);
                let model = field(a) + (0..D).map(along).sum::<f64>();
                left += (side[a] * gradient[a] - model).powi(2);
            }
            let left = speed * f64::sqrt(left);
            let residual = field(own + 1);
            assert!(left <= residual, "{D} {boundary:?} {x:?} {left} {residual}");
            closest = closest.max(left / residual);
            let gains = if D > 1 { field(own + 2) } else { tangents.gains };
            assert!(0.3 * speed * norm(&gradient) <= gains, "{D} {x:?}");
        }
        let open = grid.is_open();
        assert!(open || (models == 20_000 && closest > 0.3), "{D} {boundary:?} {models} {closest}");
        assert!(models > 5_000, "{models}");
    }

    #[test]
    fn what_is_felt_within_the_horizon_is_known() {
        use Boundary::{NoFlux, Open, Periodic};
        for duration in [1.0, 0.003] {
            the_records_hold([42], [Periodic], duration);
            the_records_hold([43], [NoFlux], duration);
            the_records_hold([42, 50], [Periodic, NoFlux], duration);
            the_records_hold([18, 15, 17], [NoFlux, Periodic, NoFlux], duration);
            the_records_hold([48, 48], [Open { padding: 4 }; 2], duration);
        }
    }
}
