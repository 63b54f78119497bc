//! The signal at the nodes, without interpolation: what the solver without cells senses.
//!
//! Between nodes cells see a quadratic spline, whose gradient *at* a node is short by a relative
//! (κΔx)²/24. Along a flight that evens out: the first harmonic of the spline is right to O(Δx⁴). A
//! solver that senses at nodes alone would keep the offset, so it takes ∇S(x) and S(x ± εv) of the
//! spectral interpolant instead: exact for every mode that the grid holds, as the limit has them.

use super::SensedSignal;
use crate::grid::Grid;
use crate::spectral::Spectral;
use crate::turning::{Bounds, Sense};
use crate::vector::Vector;

/// S, ∇S, ∂tS and S(x + εv) at every node, for the velocities v of a set.
pub struct NodalSignal<'a, const D: usize> {
    /// Between the nodes.
    spline: SensedSignal<'a, D>,
    value: Vec<f64>,
    gradient: [Vec<f64>; D],
    change: Option<Vec<f64>>,
    /// S(x + εv) by velocity, where a kernel asks for it.
    ahead: Vec<Vec<f64>>,
    /// By node: where it senses, and which node is there.
    places: Vec<(usize, Vector<D>)>,
}

/// The signal sensed at a node by a cell that turns.
pub struct Turning<'a, const D: usize> {
    signal: &'a NodalSignal<'a, D>,
    node: usize,
    /// The new velocity, and the reverse of the old one.
    velocities: [usize; 2],
}

impl<'a, const D: usize> NodalSignal<'a, D> {
    /// The field with these spectral coefficients. `change` holds those of ∂tS, and `moves` ε v for
    /// every velocity from which a kernel looks ahead; `spline` is how cells sense the same field.
    ///
    /// In the whole space S is known in the window alone. A node outside it, where there is next to
    /// nothing to turn, senses what the nearest node of the window does; a look ahead from the window's
    /// edge takes S of the wider box.
    pub fn new(
        spectral: &Spectral<D>,
        signal: &[f64],
        change: Option<&[f64]>,
        moves: &[Vector<D>],
        spline: SensedSignal<'a, D>,
    ) -> Self {
        Self {
            spline,
            value: spectral.inverse(signal),
            gradient: std::array::from_fn(|a| spectral.derivative(a, signal)),
            change: change.map(|change| spectral.inverse(change)),
            ahead: spectral.all_shifted(signal, moves),
            places: places(spectral.grid()),
        }
    }
}

/// What cells sense that turn at the nodes of a grid.
pub trait AtNodes<const D: usize>: Sync {
    /// What one of them senses.
    type Turning<'s>: Sense<D>
    where
        Self: 's;

    /// Number of nodes.
    fn nodes(&self) -> usize;

    /// Where `node` senses, and what a cell that turns there to the velocity of index `to` senses; the
    /// old one is the reverse of the velocity of index `from`.
    fn at(&self, node: usize, velocities: [usize; 2]) -> (&Vector<D>, Self::Turning<'_>);
}

impl<const D: usize> AtNodes<D> for NodalSignal<'_, D> {
    type Turning<'s>
        = Turning<'s, D>
    where
        Self: 's;

    fn nodes(&self) -> usize {
        self.places.len()
    }

    fn at(&self, node: usize, velocities: [usize; 2]) -> (&Vector<D>, Turning<'_, D>) {
        let (node, place) = &self.places[node];
        (place, Turning { signal: self, node: *node, velocities })
    }
}

/// Every node, or the nearest one of the window.
fn places<const D: usize>(grid: &Grid<D>) -> Vec<(usize, Vector<D>)> {
    let (window, strides) = (grid.window(), grid.strides());
    let inside = |flat: usize| -> usize {
        let index = grid.unravel(flat);
        (0..D).map(|a| index[a].clamp(window[a].start, window[a].end - 1) * strides[a]).sum()
    };
    (0..grid.len()).map(inside).map(|node| (node, grid.node(node))).collect()
}

impl<const D: usize> Turning<'_, D> {
    fn look(&self, velocity: usize) -> f64 {
        self.signal.ahead[velocity][self.node]
    }

    fn is_here(&self, x: &Vector<D>) -> bool {
        self.signal.places[self.node].1 == *x
    }
}

impl<const D: usize> Sense<D> for Turning<'_, D> {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        match self.is_here(x) {
            true => self.signal.value[self.node],
            false => self.signal.spline.value(x),
        }
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        if !self.is_here(x) {
            return self.signal.spline.value_and_gradient(x);
        }
        let gradient = std::array::from_fn(|a| self.signal.gradient[a][self.node]);
        (self.signal.value[self.node], gradient)
    }

    fn ahead(&self, _x: &Vector<D>, _h: f64, _v: &Vector<D>) -> f64 {
        self.look(self.velocities[0])
    }

    fn behind(&self, _x: &Vector<D>, _h: f64, _w: &Vector<D>) -> f64 {
        self.look(self.velocities[1])
    }

    fn change(&self, _x: &Vector<D>) -> f64 {
        self.signal.change.as_ref().map_or(0.0, |change| change[self.node])
    }

    fn bounds(&self) -> Bounds<D> {
        self.signal.spline.bounds()
    }
}
