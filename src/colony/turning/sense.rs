//! The signal as a kernel sees it: through [`Sense`], never a grid.

use crate::tiles::Tiles;
use crate::vector::{Vector, add_scaled};

/// How a cell senses the signal.
pub trait Sense<const D: usize>: Sync {
    /// S(x).
    fn value(&self, x: &Vector<D>) -> f64;
    /// S(x) and ∇S(x).
    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>);
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
}
