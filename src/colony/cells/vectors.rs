//! Positions or velocities of many cells, in f64 or, in half the memory, in f32.

use crate::grid::{Boundary, Grid};
use crate::rng::Stream;
use crate::simd::{Vectorised, vectorise};
use crate::vector::Vector;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;
use std::borrow::Cow;
use std::ops::Range;

/// What numbers of cells are kept in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// f64.
    #[default]
    Double,
    /// f32. Cells fly in f64: a field step begins with the velocities of V that are nearest, and ends with [`settle`].
    Single,
}

impl Precision {
    /// Steps between neighbouring numbers, relative to these.
    pub fn epsilon(self) -> f64 {
        match self {
            Self::Double => f64::EPSILON,
            Self::Single => f64::from(f32::EPSILON),
        }
    }

    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Self::Double => size_of::<f64>(),
            Self::Single => size_of::<f32>(),
        }
    }
}

/// One vector for each of many cells.
#[serde_as]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Vectors<const D: usize> {
    /// In f64.
    Double(#[serde_as(as = "Vec<[_; D]>")] Vec<Vector<D>>),
    /// In f32.
    Single(#[serde_as(as = "Vec<[_; D]>")] Vec<[f32; D]>),
}

impl<const D: usize> From<Vec<Vector<D>>> for Vectors<D> {
    fn from(all: Vec<Vector<D>>) -> Self {
        Self::Double(all)
    }
}

impl<const D: usize> Vectors<D> {
    /// `count` times 0.
    pub fn zeros(precision: Precision, count: usize) -> Self {
        match precision {
            Precision::Double => Self::Double(vec![[0.0; D]; count]),
            Precision::Single => Self::Single(vec![[0.0; D]; count]),
        }
    }

    /// `all`, rounded to the nearest numbers; positions are [settled](settle) before.
    pub fn kept(precision: Precision, all: Vec<Vector<D>>) -> Self {
        match precision {
            Precision::Double => Self::Double(all),
            Precision::Single => Self::Single(all.iter().map(|v| v.map(|c| c as f32)).collect()),
        }
    }

    /// What they are kept in.
    pub fn precision(&self) -> Precision {
        match self {
            Self::Double(_) => Precision::Double,
            Self::Single(_) => Precision::Single,
        }
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        match self {
            Self::Double(all) => all.len(),
            Self::Single(all) => all.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That of cell `i`.
    #[inline]
    pub fn get(&self, i: usize) -> Vector<D> {
        match self {
            Self::Double(all) => all[i],
            Self::Single(all) => all[i].map(f64::from),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Vector<D>> + Clone + '_ {
        (0..self.len()).map(|i| self.get(i))
    }

    /// All of them, in f64.
    pub fn to_vec(&self) -> Vec<Vector<D>> {
        self.iter().collect()
    }

    /// Those of the cells in `range`.
    pub fn view(&self, range: Range<usize>) -> Cow<'_, [Vector<D>]> {
        match self {
            Self::Double(all) => Cow::Borrowed(&all[range]),
            Self::Single(all) => all[range].iter().map(|v| v.map(f64::from)).collect(),
        }
    }

    /// All in blocks of `length`.
    pub fn par_blocks(
        &self,
        length: usize,
    ) -> impl IndexedParallelIterator<Item = Cow<'_, [Vector<D>]>> {
        let count = self.len();
        let block = move |k: usize| self.view(k * length..((k + 1) * length).min(count));
        (0..count.div_ceil(length)).into_par_iter().map(block)
    }

    /// All in blocks of `length`, to be written to.
    pub fn parts(&mut self, length: usize) -> Vec<Part<'_, D>> {
        match self {
            Self::Double(all) => all.chunks_mut(length).map(Part::Double).collect(),
            Self::Single(all) => all.chunks_mut(length).map(Part::Single).collect(),
        }
    }

    /// Those of the cells in `chosen`, in this order.
    pub fn chosen(&self, chosen: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Double(all) => Self::Double(chosen.map(|i| all[i]).collect()),
            Self::Single(all) => Self::Single(chosen.map(|i| all[i]).collect()),
        }
    }

    /// Their bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Double(all) => bytemuck::cast_slice(all.as_flattened()),
            Self::Single(all) => bytemuck::cast_slice(all.as_flattened()),
        }
    }

    /// From their bytes; `None` if the last one is not whole.
    pub fn of_bytes(precision: Precision, bytes: &[u8]) -> Option<Self> {
        let mut all = Self::zeros(precision, bytes.len() / (D * precision.bytes()));
        let own: &mut [u8] = match &mut all {
            Self::Double(all) => bytemuck::cast_slice_mut(all.as_flattened_mut()),
            Self::Single(all) => bytemuck::cast_slice_mut(all.as_flattened_mut()),
        };
        (own.len() == bytes.len()).then(|| own.copy_from_slice(bytes))?;
        Some(all)
    }
}

/// Vectors of some cells, to be written to.
pub enum Part<'a, const D: usize> {
    /// In f64.
    Double(&'a mut [Vector<D>]),
    /// In f32.
    Single(&'a mut [[f32; D]]),
}

impl<const D: usize> Part<'_, D> {
    /// In blocks of `length`.
    pub fn blocks(&mut self, length: usize) -> Vec<Part<'_, D>> {
        match self {
            Self::Double(all) => all.chunks_mut(length).map(Part::Double).collect(),
            Self::Single(all) => all.chunks_mut(length).map(Part::Single).collect(),
        }
    }

    /// Lets `f` write to them as to f64; of what is narrower, `room` holds a copy meanwhile,
    /// which is rounded to the nearest numbers.
    pub fn edit<R>(
        &mut self,
        room: &mut Vec<Vector<D>>,
        f: impl FnOnce(&mut [Vector<D>]) -> R,
    ) -> R {
        match self {
            Self::Double(all) => f(all),
            Self::Single(all) => {
                room.resize(all.len(), [0.0; D]);
                let pairs = room.as_flattened_mut().iter_mut().zip(all.as_flattened());
                pairs.for_each(|(wide, narrow)| *wide = f64::from(*narrow));
                let result = f(room);
                let pairs = all.as_flattened_mut().iter_mut().zip(room.as_flattened());
                pairs.for_each(|(narrow, wide)| *narrow = *wide as f32);
                result
            }
        }
    }
}

/// Bits of an f64 that an f32 has no room for.
const SPARE: u64 = (1 << 29) - 1;
/// From one state of SplitMix64 to the next.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes positions numbers that an f32 holds.
///
/// A coordinate becomes one of its two neighbours, the nearer one the more likely, so that its mean is kept:
/// the error of a field step has no bias, and a variance of at most δ²/4 with δ ≤ 2⁻²³|x|, which over steps of
/// Δt adds δ²/(8Δt) to the diffusivity. Along a closed axis it stays within the box: a cell nearer to a face than δ
/// may be moved by δ.
pub fn settle<const D: usize>(grid: &Grid<D>, xs: &mut [Vector<D>], stream: &mut Stream) {
    let (mut lowest, mut highest) = ([f64::MIN; D], [f64::MAX; D]);
    for a in (0..D).filter(|a| !matches!(grid.boundary[*a], Boundary::Open { .. })) {
        let mut low = grid.lower[a] as f32;
        while f64::from(low) < grid.lower[a] {
            low = low.next_up();
        }
        let mut high = grid.upper[a] as f32;
        while f64::from(high) >= grid.upper[a] {
            high = high.next_down();
        }
        (lowest[a], highest[a]) = (f64::from(low), f64::from(high));
    }
    let faces = [lowest, highest].map(|face| std::array::from_fn(|i| face[i % D]));
    vectorise(Settle { faces, xs: xs.as_flattened_mut(), key: stream.random() });
}

/// Components that are settled side by side: a multiple of every dimension.
const WIDTH: usize = 24;

struct Settle<'a> {
    faces: [[f64; WIDTH]; 2],
    xs: &'a mut [f64],
    key: u64,
}

impl Vectorised for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [low, high] = self.faces;
        // SplitMix64 (Steele, Lea & Flood 2014), whose i-th number is a function of i.
        let mut seed = self.key;
        let settle = |x: &mut f64, i: usize, seed: u64| {
            let mut word = seed.wrapping_add((i as u64).wrapping_mul(GOLDEN));
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let settled = f64::from_bits((x.to_bits() + (word >> 35)) & !SPARE);
            let settled = if settled > low[i] { settled } else { low[i] };
            *x = if settled < high[i] { settled } else { high[i] };
        };
        let (blocks, rest) = self.xs.as_chunks_mut::<WIDTH>();
        for xs in blocks {
            for i in 0..WIDTH {
                settle(&mut xs[i], i, seed);
            }
            seed = seed.wrapping_add(GOLDEN.wrapping_mul(WIDTH as u64));
        }
        rest.iter_mut().enumerate().for_each(|(i, x)| settle(x, i, seed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Streams};

    fn grid() -> Grid<2> {
        let boundary = [Boundary::Periodic, Boundary::NoFlux];
        // An f32 holds the upper face of the first axis, and no other.
        Grid { lower: [-0.1, 0.3], upper: [0.75, 0.9], cells: [8, 8], boundary }
    }

    /// 10⁶ cells at one place between two numbers: the mean errs by 5e-4 of the step, and the bound is seven times
    /// that, so that it fails once in 4e11; rounding to nearest, down or with a bit lost errs by 0.2 of it and more.
    #[test]
    fn settling_keeps_the_mean() {
        let (grid, count) = (grid(), 1_000_000);
        let mut stream = Streams::new(3, 0).stream(Purpose::Settling, 0, 0);
        for x in [[0.1, 0.7], [-0.061, 0.51], [0.4, 0.333]] {
            let mut xs = vec![x; count];
            settle(&grid, &mut xs, &mut stream);
            for a in 0..2 {
                let step = f64::from((x[a] as f32).next_up()) - f64::from(x[a] as f32);
                let mean = xs.iter().map(|y| y[a] - x[a]).sum::<f64>() / count as f64;
                assert!(mean.abs() < 3.5e-3 * step.abs(), "{x:?} {a}: {mean} of {step}");
                let far = xs.iter().map(|y| (y[a] - x[a]).abs()).fold(0.0, f64::max);
                assert!(far < step.abs() && far > 0.4 * step.abs(), "{far} {step}");
            }
        }
    }

    /// What is settled stays as it is, and holds in an f32.
    #[test]
    fn settled_cells_are_kept_exactly_and_in_the_box() {
        let grid = grid();
        let mut stream = Streams::new(4, 0).stream(Purpose::Settling, 0, 0);
        let faces = [grid.lower, grid.upper.map(f64::next_down), [-1e-9, 0.5], [0.0, 0.9 - 1e-9]];
        let mut xs: Vec<Vector<2>> = faces.into_iter().cycle().take(4000).collect();
        settle(&grid, &mut xs, &mut stream);
        let holds = |x: &Vector<2>| (0..2).all(|a| x[a] >= grid.lower[a] && x[a] < grid.upper[a]);
        assert!(xs.iter().all(holds));
        let (settled, mut again) = (xs.clone(), xs.clone());
        settle(&grid, &mut again, &mut stream);
        assert_eq!(again, settled);
        let kept = Vectors::kept(Precision::Single, xs);
        assert!(kept.iter().eq(settled.iter().copied()));
        let copy = Vectors::of_bytes(Precision::Single, kept.bytes()).unwrap();
        assert_eq!(copy, kept);
        assert_eq!(Vectors::<2>::of_bytes(Precision::Single, &kept.bytes()[1..]), None);
    }
}
