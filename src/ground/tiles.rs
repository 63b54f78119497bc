//! A coarse partition of the box: one value for every tile of some grid cells.

use crate::grid::{Boundary, Grid};
use crate::simd::{nearest, whole};
use crate::vector::Vector;
use rayon::prelude::*;

/// Tiles that are not worth a thread of their own.
const FEW: usize = 64;

/// A value for every tile. Tiles are some grid cells wide along each axis, the last one possibly
/// fewer.
#[derive(Clone, Debug)]
pub struct Tiles<const D: usize, T> {
    lower: Vector<D>,
    per_tile: Vector<D>,
    counts: [usize; D],
    strides: [usize; D],
    /// Number of the last tile along each axis, and the strides, for arithmetic in lanes.
    last: Vector<D>,
    stride: Vector<D>,
    values: Vec<T>,
}

impl<const D: usize, T: Clone> Tiles<D, T> {
    /// One value everywhere.
    pub fn single(value: T) -> Self {
        Self::with([0.0; D], [0.0; D], [1; D], vec![value])
    }

    /// Tiles of `width` grid cells; `value` takes the range of grid cells of a tile on each axis.
    pub fn new(grid: &Grid<D>, width: usize, value: impl Fn([[usize; 2]; D]) -> T + Sync) -> Self
    where
        T: Send,
    {
        let counts: [usize; D] = std::array::from_fn(|a| grid.cells[a].div_ceil(width));
        let strides: [usize; D] = std::array::from_fn(|a| counts[a + 1..].iter().product());
        let values = (0..counts.iter().product::<usize>())
            .into_par_iter()
            .with_min_len(FEW)
            .map(|flat| {
                value(std::array::from_fn(|a| {
                    let first = flat / strides[a] % counts[a] * width;
                    [first, (first + width).min(grid.cells[a])]
                }))
            })
            .collect();
        let per_tile = grid.spacing().map(|h| 1.0 / (h * width as f64));
        Self::with(grid.lower, per_tile, counts, values)
    }

    fn with(lower: Vector<D>, per_tile: Vector<D>, counts: [usize; D], values: Vec<T>) -> Self {
        let strides: [usize; D] = std::array::from_fn(|a| counts[a + 1..].iter().product());
        let (last, stride) = (counts.map(|n| n as f64 - 1.0), strides.map(|n| n as f64));
        Self { lower, per_tile, counts, strides, last, stride, values }
    }

    /// The values, in array order.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Number of the tile that holds `x`; the nearest one for `x` outside the box.
    #[inline(always)]
    pub fn index(&self, x: &Vector<D>) -> usize {
        let mut index = 0.0;
        for a in 0..D {
            let i = nearest((x[a] - self.lower[a]) * self.per_tile[a] - 0.5);
            let i = if i > 0.0 { i } else { 0.0 };
            index += if i < self.last[a] { i } else { self.last[a] } * self.stride[a];
        }
        whole(index)
    }

    /// The value where `x` is.
    #[inline(always)]
    pub fn at(&self, x: &Vector<D>) -> &T {
        &self.values[self.index(x)]
    }

    /// The same tiles with other values.
    pub fn map<U: Clone>(&self, f: impl FnMut(&T) -> U) -> Tiles<D, U> {
        let values = self.values.iter().map(f).collect();
        Tiles::with(self.lower, self.per_tile, self.counts, values)
    }

    /// The same tiles with values made of those of both.
    pub fn zip_map<U, W: Clone>(
        &self,
        other: &Tiles<D, U>,
        mut f: impl FnMut(&T, &U) -> W,
    ) -> Tiles<D, W> {
        let mut others = other.values.iter();
        self.map(|value| f(value, others.next().expect("both have the same tiles")))
    }

    /// Every value joined with those of the tiles `offset` away along each axis, across the faces
    /// of the box as `grid` has them. Offsets 1, 1, 2, 4, … in turn join all within 1, 2, 4, 8, ….
    pub fn spread(&self, grid: &Grid<D>, offset: usize, join: impl Fn(&T, &T) -> T) -> Self {
        let mut spread = self.clone();
        for a in 0..D {
            let (n, stride, before) = (self.counts[a], self.strides[a], spread.values.clone());
            for (flat, value) in spread.values.iter_mut().enumerate() {
                let i = flat / stride % n;
                let first = flat - i * stride;
                let [left, right] = match grid.boundary[a] {
                    Boundary::Periodic => {
                        let offset = offset % n;
                        [(i + n - offset) % n, (i + offset) % n]
                    }
                    // Beyond the last tile of an open axis it is taken to go on for ever.
                    _ => [i.saturating_sub(offset), (i + offset).min(n - 1)],
                };
                for j in [left, right] {
                    *value = join(value, &before[first + j * stride]);
                }
            }
        }
        spread
    }

    /// The same tiles, those within `reach` of a no-flux wall as `mirror` makes them for its axis: a path
    /// from there may go on as its mirror image, in which what is odd across the wall changes its sign.
    pub fn mirrored(&self, grid: &Grid<D>, reach: usize, mirror: impl Fn(&T, usize) -> T) -> Self {
        let mut mirrored = self.clone();
        for (flat, value) in mirrored.values.iter_mut().enumerate() {
            for a in (0..D).filter(|a| grid.boundary[*a] == Boundary::NoFlux) {
                let (i, n) = (flat / self.strides[a] % self.counts[a], self.counts[a]);
                if i < reach || i + reach >= n {
                    *value = mirror(value, a);
                }
            }
        }
        mirrored
    }

    /// How far a point can go, in units of length, without leaving the `reach` tiles next to its
    /// own; infinite where these are the whole box.
    pub fn covered(&self, grid: &Grid<D>, width: usize, reach: usize) -> f64 {
        let along = |a: usize| {
            let missing = match grid.boundary[a] {
                Boundary::Periodic => self.counts[a] * width - grid.cells[a],
                _ => 0,
            };
            if reach + 1 >= self.counts[a] {
                return f64::INFINITY;
            }
            ((reach * width) as f64 - missing as f64) * grid.spacing()[a]
        };
        (0..D).map(along).fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(boundary: Boundary) -> Grid<1> {
        Grid { lower: [-1.0], upper: [1.0], cells: [22], boundary: [boundary] }
    }

    #[test]
    fn a_point_falls_into_its_tile() {
        let tiles = Tiles::new(&grid(Boundary::Periodic), 4, |[cells]| cells);
        assert_eq!(tiles.values().len(), 6);
        assert_eq!(*tiles.at(&[-1.0]), [0, 4]);
        assert_eq!(*tiles.at(&[-1.0 + 4.01 / 11.0]), [4, 8]);
        assert_eq!(*tiles.at(&[0.999]), [20, 22]);
        assert_eq!(*Tiles::<1, _>::single(7).at(&[123.0]), 7);
    }

    /// The largest value within `covered` of any point is the value of its spread tile.
    #[test]
    fn spread_tiles_know_all_within_what_they_cover() {
        for boundary in [Boundary::Periodic, Boundary::NoFlux] {
            let g = grid(boundary);
            let own = Tiles::new(&g, 4, |[[first, _]]| (first as i64 * 7919) % 61);
            let (mut spread, mut reach) = (own.clone(), 0);
            for offset in [1, 1, 2] {
                spread = spread.spread(&g, offset, |a, b| *a.max(b));
                reach += offset;
                let covered = spread.covered(&g, 4, reach).min(2.0);
                for k in 0..400 {
                    let x = -1.0 + 0.005 * k as f64;
                    for j in -40..=40 {
                        let mut y = [x + covered * 0.999 * j as f64 / 40.0];
                        g.fold(&mut y, &mut [0.0]);
                        assert!(own.at(&y) <= spread.at(&[x]), "{boundary:?} {reach} {x} {y:?}");
                    }
                }
            }
        }
    }
}
