//! The signal as a kernel sees it: through [`Sense`], never a grid.

use crate::tiles::Tiles;
use crate::vector::{Vector, add_scaled, scaled};
use std::ops::Deref;

/// Terms that a kernel has, at most.
pub const MOST_TERMS: usize = 4;

/// What a cell feels of one signal: S and ∇S.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Felt<const D: usize> {
    /// S.
    pub value: f64,
    /// ∇S.
    pub gradient: Vector<D>,
}

/// What a cell feels of every signal that a term of its kernel senses.
#[derive(Clone, Copy, Debug)]
pub struct Feelings<const D: usize> {
    all: [Felt<D>; MOST_TERMS],
    count: usize,
}

impl<const D: usize> Feelings<D> {
    /// Of `count` signals.
    #[inline(always)]
    pub fn new(count: usize, of: impl Fn(usize) -> Felt<D>) -> Self {
        let mut all = [Felt { value: 0.0, gradient: [0.0; D] }; MOST_TERMS];
        all[..count].iter_mut().enumerate().for_each(|(k, felt)| *felt = of(k));
        Self { all, count }
    }

    /// The same where the space is mirrored along the axes with `side` −1.
    #[inline(always)]
    pub fn mirrored(mut self, side: &Vector<D>) -> Self {
        for felt in &mut self.all[..self.count] {
            felt.gradient = std::array::from_fn(|a| side[a] * felt.gradient[a]);
        }
        self
    }
}

impl<const D: usize> Deref for Feelings<D> {
    type Target = [Felt<D>];

    fn deref(&self) -> &[Felt<D>] {
        &self.all[..self.count]
    }
}

/// How a cell senses a signal, or several: one for each term of its kernel. What is asked of several
/// without a number is that of the first.
pub trait Sense<const D: usize>: Sync {
    /// One of several.
    type Cue: Sense<D, Cue = Self::Cue>;
    /// What the term of this number senses.
    fn cue(&self, term: usize) -> &Self::Cue;
    /// S and ∇S of every cue.
    #[inline(always)]
    fn felt(&self, x: &Vector<D>) -> Feelings<D> {
        Feelings::new(1, |_| {
            let (value, gradient) = self.value_and_gradient(x);
            Felt { value, gradient }
        })
    }
    /// [`Sense::bounds`] of every cue.
    fn bounds_of_all(&self) -> Vec<Bounds<D>> {
        vec![self.bounds()]
    }
    /// [`Sense::local_bounds`] of every cue, on the same tiles.
    fn local_bounds_of_all(&self) -> (Vec<Tiles<D, Bounds<D>>>, usize) {
        let (tiles, width) = self.local_bounds();
        (vec![tiles], width)
    }
    /// S(x).
    fn value(&self, x: &Vector<D>) -> f64;
    /// S(x) and ∇S(x).
    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>);
    /// S at L places, with the bits of [`Sense::value`].
    #[inline(always)]
    fn values<const L: usize>(&self, x: &[[f64; L]; D]) -> [f64; L] {
        std::array::from_fn(|l| self.value(&std::array::from_fn(|a| x[a][l])))
    }
    /// S and ∇S at L places, with the bits of [`Sense::value_and_gradient`].
    #[inline(always)]
    fn values_and_gradients<const L: usize>(&self, x: &[[f64; L]; D]) -> ([f64; L], [[f64; L]; D]) {
        let (mut values, mut gradients) = ([0.0; L], [[0.0; L]; D]);
        for l in 0..L {
            let (value, gradient) = self.value_and_gradient(&std::array::from_fn(|a| x[a][l]));
            values[l] = value;
            (0..D).for_each(|a| gradients[a][l] = gradient[a]);
        }
        (values, gradients)
    }
    /// S(x + h v), where a cell at x would be after a time h with the velocity v.
    #[inline(always)]
    fn ahead(&self, x: &Vector<D>, h: f64, v: &Vector<D>) -> f64 {
        self.value(&add_scaled(x, h, v))
    }
    /// S(x − h w), where a cell with the velocity w at x has come from.
    #[inline(always)]
    fn behind(&self, x: &Vector<D>, h: f64, w: &Vector<D>) -> f64 {
        self.value(&add_scaled(x, -h, w))
    }
    /// ∂tS(x), where a kernel [senses it](super::TurningKernel::senses_change).
    fn change(&self, _x: &Vector<D>) -> f64 {
        0.0
    }
    /// Bounds on S and |∇S| wherever a cell can be.
    fn bounds(&self) -> Bounds<D>;
    /// The same, tile by tile, and the width of a tile in grid cells.
    fn local_bounds(&self) -> (Tiles<D, Bounds<D>>, usize) {
        (Tiles::single(self.bounds()), 1)
    }
    /// What the weighted sum of the cues is, for cells that look at it by its linear models; `None` if it is
    /// neither.
    fn scenery(&self, _weights: &[f64]) -> Option<Scenery<D>> {
        None
    }
}

/// What a signal is.
pub enum Scenery<const D: usize> {
    /// One with this gradient everywhere.
    Slope(Vector<D>),
    /// A spline with these coefficients at the nodes of the grid.
    Spline(Vec<f64>),
}

/// Bounds on a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<const D: usize> {
    /// S ≥ low.
    pub low: f64,
    /// S ≤ high.
    pub high: f64,
    /// |∇S| ≤ slope.
    pub slope: f64,
    /// Least and largest ∂S/∂x along each axis.
    pub gradient: [[f64; 2]; D],
    /// |∂tS| ≤ change.
    pub change: f64,
    /// By how much S as it is evaluated may be off from a function within these bounds, by round-off.
    pub noise: f64,
}

impl<const D: usize> Bounds<D> {
    /// Bounds that know no more of ∇S than its length.
    pub fn new(low: f64, high: f64, slope: f64) -> Self {
        Self { low, high, slope, gradient: [[-slope, slope]; D], change: 0.0, noise: 0.0 }
    }

    /// A bound on |S(x) − S(y)| as evaluated, for |x − y| ≤ `distance`.
    pub fn difference(&self, distance: f64) -> f64 {
        distance * self.slope + 2.0 * self.noise
    }

    /// Bounds that hold beyond a wall across `axis`, too, where the gradient is its mirror image.
    pub fn mirrored(&self, axis: usize) -> Self {
        let mut mirrored = *self;
        let [low, high] = self.gradient[axis];
        let most = low.abs().max(high.abs());
        mirrored.gradient[axis] = [-most, most];
        mirrored
    }

    /// Bounds that hold wherever either do.
    pub fn join(&self, other: &Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            slope: self.slope.max(other.slope),
            gradient: std::array::from_fn(|a| {
                let ([l, h], [m, i]) = (self.gradient[a], other.gradient[a]);
                [l.min(m), h.max(i)]
            }),
            change: self.change.max(other.change),
            noise: self.noise.max(other.noise),
        }
    }
}

/// A signal with constant gradient in the whole space: S = S₀ + g·x. Every law is tested in it.
#[derive(Clone, Copy, Debug)]
pub struct LinearSignal<const D: usize> {
    /// S(0).
    pub offset: f64,
    /// ∇S.
    pub gradient: Vector<D>,
}

impl<const D: usize> Sense<D> for LinearSignal<D> {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.offset + crate::vector::dot(&self.gradient, x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        (self.value(x), self.gradient)
    }

    fn bounds(&self) -> Bounds<D> {
        let slope = crate::vector::norm(&self.gradient);
        let reach = if slope > 0.0 { f64::INFINITY } else { 0.0 };
        let gradient = self.gradient.map(|g| [g, g]);
        let (low, high) = (self.offset - reach, self.offset + reach);
        Bounds { low, high, slope, gradient, change: 0.0, noise: 0.0 }
    }

    fn scenery(&self, weights: &[f64]) -> Option<Scenery<D>> {
        Some(Scenery::Slope(scaled(weights[0], &self.gradient)))
    }
}
