//! The signal as cells sense it: a C¹ spline through its nodal values.

use crate::spectral::Spectral;
use crate::spline::NodeMap;
use crate::tiles::Tiles;
use crate::turning::{Bounds, Scenery, Sense};
use crate::vector::{Vector, norm};
use std::sync::OnceLock;

/// Grid cells along each edge of the tiles that local bounds are found for.
const TILE: usize = 4;
/// The same of those that bounds for the whole box are joined from.
const COARSE: usize = 16;

/// Round-off of a spline that is evaluated, in units of ε_f/2 times its largest coefficient c: its
/// 3ᵈ products err by 6d in the weights, d in multiplying them and 3 + 3ᵈ⁻¹ in the sums, 33 in 3D. The
/// place of a point errs by some ulps of the largest coordinate X, which makes 8X|∇S| at most.
const ROUND_OFF: f64 = 64.0 * 0.5 * f64::EPSILON;

/// S frozen for one field step.
pub struct SensedSignal<'a, const D: usize> {
    map: &'a NodeMap<D>,
    padded: Vec<f64>,
    /// Largest coordinate of a point of the box.
    farthest: f64,
    /// ∂tS and its largest value, where a kernel senses it.
    change: Option<(Vec<f64>, f64)>,
    /// Bounds by tile, made when they are asked for.
    tiles: OnceLock<Tiles<D, Bounds<D>>>,
}

/// The padded coefficients of the spline that interpolates `field`, which is overwritten.
fn spline<const D: usize>(
    spectral: &Spectral<D>,
    map: &NodeMap<D>,
    symbol: &[f64],
    field: &mut [f64],
    padded: &mut Vec<f64>,
) {
    field.iter_mut().zip(symbol).for_each(|(c, s)| *c /= s);
    spectral.inverse_in_place(field);
    map.pad(field, padded);
}

impl<'a, const D: usize> SensedSignal<'a, D> {
    /// The spline that interpolates the field with the spectral coefficients in `field`, which are
    /// overwritten; `symbol` is the table of [`crate::spline::symbol`]. `padded` gives its memory.
    pub fn new(
        spectral: &Spectral<D>,
        map: &'a NodeMap<D>,
        symbol: &[f64],
        field: &mut [f64],
        mut padded: Vec<f64>,
    ) -> Self {
        spline(spectral, map, symbol, field, &mut padded);
        let grid = map.grid();
        let farthest = grid.lower.iter().chain(&grid.upper).map(|x| x.abs()).fold(0.0, f64::max);
        Self { map, padded, farthest, change: None, tiles: OnceLock::new() }
    }

    /// Whether S and ∂tS are finite everywhere.
    pub fn is_finite(&self) -> bool {
        let change = self.change.as_ref().map_or(&[][..], |(padded, _)| padded);
        self.padded.iter().chain(change).all(|c| c.is_finite())
    }

    /// The same signal with ∂tS, given by its spectral coefficients, which are overwritten.
    pub fn changing(self, spectral: &Spectral<D>, symbol: &[f64], field: &mut [f64]) -> Self {
        let mut padded = Vec::new();
        spline(spectral, self.map, symbol, field, &mut padded);
        // A spline lies between its coefficients.
        let most = padded.iter().map(|c| c.abs()).fold(0.0, f64::max);
        Self { change: Some((padded, most)), tiles: OnceLock::new(), ..self }
    }

    /// Gives the memory back.
    pub fn into_padded(self) -> Vec<f64> {
        self.padded
    }

    fn tiles(&self) -> &Tiles<D, Bounds<D>> {
        // Not made inside the lock: a thread that waits for its parts may take up work that asks for them.
        if self.tiles.get().is_none() {
            let _ = self.tiles.set(Tiles::new(self.map.grid(), TILE, |c| self.bounds_of(c)));
        }
        self.tiles.get().expect("they have been set")
    }

    /// Adds its nodal coefficients times a weight to a sum, which starts empty.
    pub(super) fn add_to(&self, weight: f64, sum: &mut Vec<f64>) {
        sum.resize(self.map.grid().len(), 0.0);
        self.map.for_each_own(&self.padded, |node, c| sum[node] += weight * c);
    }

    fn bounds_of(&self, cells: [[usize; 2]; D]) -> Bounds<D> {
        let e = self.map.extremes(&self.padded, cells);
        let change = self.change.as_ref().map_or(0.0, |(_, most)| *most);
        let size = e.low.abs().max(e.high.abs());
        let noise = ROUND_OFF * (size + self.farthest * e.steepest());
        // A derivative is a sum of coefficients over a spacing, and that of a spacing changes by no
        // more than twice the derivative.
        let spacing = self.map.grid().spacing();
        let gradient: [[f64; 2]; D] = std::array::from_fn(|a| {
            let [low, high] = e.slope[a];
            [low - noise / spacing[a], high + noise / spacing[a]]
        });
        let slope = norm(&gradient.map(|[low, high]| high.max(-low)));
        let (low, high) = (e.low - noise, e.high + noise);
        Bounds { low, high, slope, gradient, change, noise }
    }
}

/// Points changed one by one.
#[cold]
fn each<const D: usize, const L: usize>(
    x: &[[f64; L]; D],
    f: impl Fn(Vector<D>) -> Vector<D>,
) -> [[f64; L]; D] {
    let mut changed = *x;
    for l in 0..L {
        let point = f(std::array::from_fn(|a| x[a][l]));
        (0..D).for_each(|a| changed[a][l] = point[a]);
    }
    changed
}

impl<const D: usize> Sense<D> for SensedSignal<'_, D> {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    #[inline(always)]
    fn value(&self, x: &Vector<D>) -> f64 {
        let grid = self.map.grid();
        if grid.holds(x) {
            return self.map.value(&self.padded, x);
        }
        let mut x = *x;
        grid.fold(&mut x, &mut [0.0; D]);
        self.map.value(&self.padded, &grid.clamped(&x))
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        let grid = self.map.grid();
        if grid.holds(x) {
            return self.map.value_and_gradient(&self.padded, x);
        }
        // On an open axis alone, and at the end of the field step the run stops.
        self.map.value_and_gradient(&self.padded, &grid.clamped(x))
    }

    #[inline(always)]
    fn values<const L: usize>(&self, x: &[[f64; L]; D]) -> [f64; L] {
        let grid = self.map.grid();
        if grid.holds_all(x) {
            return self.map.values(&self.padded, x);
        }
        let within = each(x, |mut x| {
            grid.fold(&mut x, &mut [0.0; D]);
            grid.clamped(&x)
        });
        self.map.values(&self.padded, &within)
    }

    #[inline(always)]
    fn values_and_gradients<const L: usize>(&self, x: &[[f64; L]; D]) -> ([f64; L], [[f64; L]; D]) {
        let grid = self.map.grid();
        if grid.holds_all(x) {
            return self.map.values_and_gradients(&self.padded, x);
        }
        self.map.values_and_gradients(&self.padded, &each(x, |x| grid.clamped(&x)))
    }

    fn change(&self, x: &Vector<D>) -> f64 {
        self.change.as_ref().map_or(0.0, |(padded, _)| self.map.value(padded, x))
    }

    fn bounds(&self) -> Bounds<D> {
        let tiles = Tiles::new(self.map.grid(), COARSE, |cells| self.bounds_of(cells));
        let all = tiles.values().iter().copied().reduce(|a, b| a.join(&b));
        all.expect("a box has at least one tile")
    }

    fn local_bounds(&self) -> (Tiles<D, Bounds<D>>, usize) {
        (self.tiles().clone(), TILE)
    }

    fn scenery(&self, weights: &[f64]) -> Option<Scenery<D>> {
        let others = weights[1..].iter().any(|weight| *weight != 0.0);
        (!others).then(|| {
            let mut sum = Vec::new();
            self.add_to(weights[0], &mut sum);
            Scenery::Spline(sum)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};

    /// Several points at once are sensed as each by itself, in the box, at its faces and beyond.
    #[test]
    fn several_points_are_sensed_as_each_by_itself() {
        let open = Boundary::Open { padding: 8 };
        for boundary in [[Boundary::Periodic, Boundary::NoFlux], [open, Boundary::Periodic]] {
            let grid = Grid { lower: [-1.0, 0.0], upper: [1.0, 3.0], cells: [16, 12], boundary };
            let (spectral, map) = (Spectral::new(&grid), NodeMap::new(&grid));
            let symbol = spectral.table(|k| crate::spline::symbol(&grid, k));
            let mut field = spectral.forward(&grid.sample(|x| (3.0 * x[0]).sin() + x[1] * x[1]));
            let signal = SensedSignal::new(&spectral, &map, &symbol, &mut field, Vec::new());
            for far in [0.99, 1.7] {
                let at = |a: usize, l: usize| {
                    let (middle, half) = ([0.0, 1.5][a], [1.0, 1.5][a]);
                    middle + far * half * (1.3 * (1 + l + 5 * a) as f64).sin()
                };
                let x: [[f64; 16]; 2] = std::array::from_fn(|a| std::array::from_fn(|l| at(a, l)));
                let values = signal.values(&x);
                for l in 0..16 {
                    let own = signal.value(&[x[0][l], x[1][l]]);
                    assert_eq!(own.to_bits(), values[l].to_bits(), "{boundary:?} {far} {l}");
                }
                // A cell is beyond an open face alone.
                let within = [x[0], x[1].map(|y| y.clamp(0.0, 2.9))];
                if far < 1.0 || boundary[0] == open {
                    let (values, gradients) = signal.values_and_gradients(&within);
                    for l in 0..16 {
                        let own = signal.value_and_gradient(&[within[0][l], within[1][l]]);
                        assert_eq!(own, (values[l], [gradients[0][l], gradients[1][l]]));
                    }
                }
            }
        }
    }
}
