//! The first pass over a block: it flies the cells to the end of Δt that have no event before it, by a
//! bound that holds everywhere, and queues the others.

use super::lanes::{LANES, Lane, uniform};
use crate::cells::BLOCK;
use crate::grid::Grid;
use crate::vector::Vector;

/// Components of the vectors of all lanes, one after the other, in up to three dimensions.
const FLAT: usize = 3 * LANES;

/// No event is drawn yet: no draw that may have an event has these bits, but for those that [`uniform`] leaves
/// out.
pub(super) const UNDRAWN: u64 = 0;

/// The bits of a draw that [`uniform`] leaves out hold the number of a cell in its block.
const CELL: u64 = (1 << 12) - 1;
const _: () = assert!(BLOCK as u64 <= CELL);

/// Cells that may have an event, and what their first event is drawn from, if it is drawn already.
pub(super) struct Queue {
    pub len: usize,
    entries: [u64; BLOCK],
}

impl Queue {
    #[inline(always)]
    pub fn empty() -> Self {
        Self { len: 0, entries: [0; BLOCK] }
    }

    /// All of `count` cells.
    #[inline(always)]
    pub fn all(count: usize) -> Self {
        Self { len: count, entries: std::array::from_fn(|i| i as u64) }
    }

    #[inline(always)]
    pub fn push(&mut self, cell: usize, draw: u64) {
        self.entries[self.len] = draw & !CELL | cell as u64;
        self.len += 1;
    }

    /// The cell of this number in the queue, and its draw.
    #[inline(always)]
    pub fn get(&self, number: usize) -> (usize, u64) {
        let entry = self.entries[number];
        ((entry & CELL) as usize, entry & !CELL)
    }
}

/// The pass: `expected` is the expected number of events within Δt at the highest rate, `way` is Δt/ε.
#[inline(always)]
pub(super) fn pass<const D: usize>(
    xs: &mut [Vector<D>],
    vs: &mut [Vector<D>],
    grid: &Grid<D>,
    (expected, way): (f64, f64),
    mut draw: impl FnMut() -> Lane<u64>,
) -> Queue {
    let mut queue = Queue::empty();
    // −ln u · ε²/T̄ ≥ Δt for every u up to this.
    let quiet = (-expected).exp() * (1.0 - 1e-12);
    let face = |of: &Vector<D>| -> [f64; FLAT] { std::array::from_fn(|i| of[i % D]) };
    let (lower, upper) = (face(&grid.lower), face(&grid.upper));
    for (batch, (xs, vs)) in xs.chunks_mut(LANES).zip(vs.chunks_mut(LANES)).enumerate() {
        let draws = draw();
        let (mut open, mut moved, mut ways) = ([0; LANES], [0.0; LANES], [0.0; FLAT]);
        for l in 0..LANES {
            let u = uniform(draws[l]);
            moved[l] = if u > quiet { 0.0 } else { way };
            open[l] = u64::from(u > quiet);
        }
        for (ways, moved) in ways.chunks_exact_mut(D).zip(moved) {
            ways.fill(moved);
        }
        let (x, v) = (xs.as_flattened_mut(), vs.as_flattened());
        let n = x.len();
        let (v, ways, lower, upper) = (&v[..n], &ways[..n], &lower[..n], &upper[..n]);
        let mut outside = 0;
        for i in 0..n {
            x[i] += ways[i] * v[i];
            outside |= u64::from(x[i] < lower[i]) | u64::from(x[i] >= upper[i]);
        }
        if outside != 0 {
            xs.iter_mut().zip(vs).for_each(|(x, v)| grid.fold(x, v));
        }
        let mut opened = 0_u32;
        for l in 0..xs.len() {
            opened |= (open[l] as u32) << l;
        }
        while opened != 0 {
            let l = opened.trailing_zeros() as usize;
            opened &= opened - 1;
            queue.push(batch * LANES + l, draws[l]);
        }
    }
    queue
}
