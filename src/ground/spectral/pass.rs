//! Passes: one transform on every line of an array along one axis.

use super::Spectral;
use super::axis::{Axis, Job, Scratch};
use rayon::prelude::*;
use rustfft::num_complex::Complex;

/// Lines transformed together, so that a strided axis is read in whole cache lines. Even.
pub const TILE: usize = 16;
/// Numbers that make a task of their own worth its while.
const BATCH: usize = 1 << 13;

/// What a pass does with its result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Replace,
    Add,
}

impl<const D: usize> Spectral<D> {
    /// Does `job` on every line of `data` along `axis`.
    pub(super) fn pass(&self, data: &mut [f64], axis: usize, job: Job) {
        if self.grid.strides()[axis] > 1 {
            return self.pass_columns(None, data, axis, job, Store::Replace);
        }
        let axis = &self.axes[axis];
        data.par_chunks_mut(TILE * axis.len()).with_min_len(axis.fewest()).for_each_init(
            || axis.scratch(1),
            |scratch, lines| axis.along_rows(job, lines, scratch),
        );
    }

    /// Does `job` on the lines of `source`, or of `data` itself, along an axis with a stride.
    pub(super) fn pass_columns(
        &self,
        source: Option<&[f64]>,
        data: &mut [f64],
        axis: usize,
        job: Job,
        store: Store,
    ) {
        let (stride, axis) = (self.grid.strides()[axis], &self.axes[axis]);
        let across = stride.div_ceil(TILE);
        let tiles = &mut tiles(data, axis.len(), stride);
        tiles.par_iter_mut().with_min_len(axis.fewest()).enumerate().for_each_init(
            || axis.scratch(TILE / 2),
            |scratch, (i, tile)| {
                let first = i / across * axis.len() * stride + i % across * TILE;
                let width = tile[0].len();
                match source {
                    Some(source) => {
                        let rows = source[first..].chunks(stride).map(|row| &row[..width]);
                        axis.load(rows.take(axis.len()), scratch);
                    }
                    None => axis.load(tile.iter().map(|row| &**row), scratch),
                }
                axis.along_columns(job, width.div_ceil(2), scratch);
                axis.store(tile, scratch, store);
            },
        );
    }
}

/// Tiles of at most [`TILE`] neighbouring lines along an axis of `n` nodes, row by row.
fn tiles(data: &mut [f64], n: usize, stride: usize) -> Vec<Vec<&mut [f64]>> {
    let across = stride.div_ceil(TILE);
    let count = data.len() / (n * stride) * across;
    let mut tiles: Vec<Vec<&mut [f64]>> = (0..count).map(|_| Vec::with_capacity(n)).collect();
    for (slab, tiles) in data.chunks_exact_mut(n * stride).zip(tiles.chunks_exact_mut(across)) {
        for row in slab.chunks_exact_mut(stride) {
            row.chunks_mut(TILE).zip(&mut *tiles).for_each(|(part, tile)| tile.push(part));
        }
    }
    tiles
}

/// Two real lines, of which the second may be missing, as one complex one.
pub fn join(pair: &[f64], line: &mut [Complex<f64>]) {
    let (first, second) = pair.split_at(line.len());
    if second.is_empty() {
        line.iter_mut().zip(first).for_each(|(to, re)| *to = (*re).into());
    }
    for ((to, re), im) in line.iter_mut().zip(first).zip(second) {
        *to = Complex::new(*re, *im);
    }
}

/// The reverse of [`join`].
pub fn part(line: &[Complex<f64>], pair: &mut [f64]) {
    let (first, second) = pair.split_at_mut(line.len());
    first.iter_mut().zip(line).for_each(|(to, from)| *to = from.re);
    second.iter_mut().zip(line).for_each(|(to, from)| *to = from.im);
}

impl Axis {
    fn len(&self) -> usize {
        self.wavenumbers.len()
    }

    /// The fewest tiles that are a task.
    pub fn fewest(&self) -> usize {
        BATCH.div_ceil(TILE * self.len())
    }

    /// Does `job` on lines that follow one another.
    fn along_rows(&self, job: Job, lines: &mut [f64], scratch: &mut Scratch) {
        let (from, to) = scratch.lines.split_at_mut(self.pitch());
        let (from, to) = (&mut from[..self.len()], &mut to[..self.len()]);
        for pair in lines.chunks_mut(2 * self.len()) {
            join(pair, from);
            self.transform(job, from, to, &mut scratch.fft);
            part(to, pair);
        }
    }

    /// Does `job` on the lines in the slots from 1 to `count`, each of which is two columns. They
    /// move to the slots from 0.
    fn along_columns(&self, job: Job, count: usize, scratch: &mut Scratch) {
        let (n, pitch) = (self.len(), self.pitch());
        for slots in (0..count).map(|slot| slot * pitch) {
            let (to, from) = scratch.lines[slots..].split_at_mut(pitch);
            self.transform(job, &mut from[..n], &mut to[..n], &mut scratch.fft);
        }
    }

    /// Reads a tile, row by row, into the slots from 1.
    fn load<'a>(&self, rows: impl Iterator<Item = &'a [f64]>, scratch: &mut Scratch) {
        let (lines, pitch) = (&mut scratch.lines[self.pitch()..], self.pitch());
        for (i, row) in rows.enumerate() {
            let pairs = row.chunks_exact(2);
            if let [last] = pairs.remainder() {
                lines[row.len() / 2 * pitch + i] = (*last).into();
            }
            pairs.enumerate().for_each(|(p, c)| lines[p * pitch + i] = Complex::new(c[0], c[1]));
        }
    }

    /// Writes a tile, row by row, from the slots from 0.
    fn store(&self, tile: &mut [&mut [f64]], scratch: &Scratch, store: Store) {
        match store {
            Store::Replace => self.unload(tile, scratch, |to, from| *to = from),
            Store::Add => self.unload(tile, scratch, |to, from| *to += from),
        }
    }

    fn unload(&self, tile: &mut [&mut [f64]], scratch: &Scratch, put: impl Fn(&mut f64, f64)) {
        let (lines, pitch) = (&scratch.lines, self.pitch());
        for (i, row) in tile.iter_mut().enumerate() {
            let last = row.len() / 2 * pitch + i;
            let mut pairs = row.chunks_exact_mut(2);
            for (p, pair) in pairs.by_ref().enumerate() {
                let from = lines[p * pitch + i];
                put(&mut pair[0], from.re);
                put(&mut pair[1], from.im);
            }
            if let [value] = pairs.into_remainder() {
                put(value, lines[last].re);
            }
        }
    }
}
