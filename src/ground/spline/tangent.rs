//! The gradient of a spline as a linear function, with a proved residual.
//!
//! ∂ₐS is a spline, linear along a and quadratic along the other axes, whose control values are the
//! differences of neighbouring coefficients over the spacing. The splines B ≥ 0 sum to 1 and have linear
//! functions for their own control values at the Greville points: halfway between two nodes along a, at
//! nodes along the others. So what a linear function leaves of ∂ₐS is bounded by what it leaves of the
//! control values.

use crate::grid::Grid;
use crate::vector::Vector;

/// A linear model of a gradient: ∂ₐS(x) ≈ gₐ + Σ_b H_ab (x_b − c_b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tangent<const D: usize> {
    /// c.
    pub centre: Vector<D>,
    /// g.
    pub gradient: Vector<D>,
    /// H, symmetric.
    pub hessian: [Vector<D>; D],
}

impl<const D: usize> Tangent<D> {
    /// That of a constant gradient.
    pub fn constant(gradient: Vector<D>) -> Self {
        Self { centre: [0.0; D], gradient, hessian: [[0.0; D]; D] }
    }

    /// The nearest one with numbers that an f32 holds.
    pub fn stored(&self) -> Self {
        let stored = |x: f64| f64::from(x as f32);
        let hessian = self.hessian.map(|row| row.map(stored));
        Self { centre: self.centre, gradient: self.gradient.map(stored), hessian }
    }
}

/// A function given by coefficients of quadratic B-splines, and how the box goes on beyond its faces.
#[derive(Clone, Debug)]
pub struct Landscape<const D: usize> {
    grid: Grid<D>,
    spacing: Vector<D>,
    strides: [usize; D],
    /// Nodes beyond each face.
    ghost: usize,
    coefficients: Vec<f64>,
}

/// A range of grid cells along each axis; they may lie beyond the faces.
pub type Cells<const D: usize> = [[i64; 2]; D];

impl<const D: usize> Landscape<D> {
    /// That of nodal coefficients, known up to `beyond` grid cells from each face.
    pub fn new(grid: &Grid<D>, nodal: &[f64], beyond: usize) -> Self {
        let ghost = beyond + 1;
        let wide = grid.cells.map(|n| n + 2 * ghost + 1);
        let strides: [usize; D] = std::array::from_fn(|a| wide[a + 1..].iter().product());
        let own = grid.strides();
        let places: [Vec<usize>; D] = std::array::from_fn(|a| {
            let node = |i: usize| grid.fold_index(a, i as i64 - ghost as i64) * own[a];
            (0..wide[a]).map(node).collect()
        });
        let mut coefficients = Vec::with_capacity(wide.iter().product());
        for line in 0..wide[..D - 1].iter().product() {
            let (mut rest, mut base) = (line, 0);
            for a in (0..D - 1).rev() {
                base += places[a][rest % wide[a]];
                rest /= wide[a];
            }
            coefficients.extend(places[D - 1].iter().map(|place| nodal[base + place]));
        }
        Self { grid: grid.clone(), spacing: grid.spacing(), strides, ghost, coefficients }
    }

    /// The linear function that is closest to the control values in some cells in the sense of least squares.
    #[inline(always)]
    pub fn tangent(&self, cells: Cells<D>) -> Tangent<D> {
        let edge =
            |a: usize, side: usize| self.grid.lower[a] + cells[a][side] as f64 * self.spacing[a];
        let (mut gradient, mut slopes) = ([0.0; D], [[0.0; D]; D]);
        for a in 0..D {
            let control = Control::new(self, a, cells);
            (gradient[a], slopes[a]) = control.fit();
        }
        let hessian = std::array::from_fn(|a| {
            let slope = |a: usize, b: usize| slopes[a][b] / self.spacing[b];
            std::array::from_fn(|b| 0.5 * (slope(a, b) + slope(b, a)))
        });
        Tangent {
            centre: std::array::from_fn(|a| 0.5 * (edge(a, 0) + edge(a, 1))),
            gradient,
            hessian,
        }
    }

    /// The most that a model leaves of ∂S in some cells, by component.
    #[inline(always)]
    pub fn residual(&self, model: &Tangent<D>, cells: Cells<D>) -> Vector<D> {
        let mut residual = [0.0; D];
        for a in 0..D {
            let control = Control::new(self, a, cells);
            let mut level = model.gradient[a];
            for b in 0..D {
                let middle = 0.5 * (cells[b][0] + cells[b][1]) as f64 * self.spacing[b];
                level += model.hessian[a][b] * (self.grid.lower[b] + middle - model.centre[b]);
            }
            let mut rise = [0.0; D];
            for b in 0..D {
                rise[b] = model.hessian[a][b] * self.spacing[b];
            }
            let [low, high] = control.range(&rise);
            residual[a] = (high - level).max(level - low);
        }
        residual
    }
}

/// Control values that are looked at side by side.
const SIDE: usize = 8;

/// Control values of ∂ₐS in some cells, line by line along the last axis.
struct Control<'a, const D: usize> {
    landscape: &'a Landscape<D>,
    per_spacing: f64,
    /// Place of the first, how far its other end is, and their number along each axis.
    first: usize,
    step: usize,
    counts: [usize; D],
    lines: usize,
}

impl<'a, const D: usize> Control<'a, D> {
    #[inline(always)]
    fn new(landscape: &'a Landscape<D>, of: usize, cells: Cells<D>) -> Self {
        let Landscape { grid, spacing, strides, ghost, .. } = landscape;
        let (mut first, mut counts) = (0, [0; D]);
        for b in 0..D {
            // Cell i holds points whose nearest node is i or i + 1 (periodic), or i (no-flux); their
            // stencils reach one node further on both sides.
            let nearest = if grid.offset(b) == 0.0 { 1 } else { 0 };
            counts[b] = (cells[b][1] - cells[b][0]) as usize + nearest + 2 - usize::from(b == of);
            first += (cells[b][0] - 1 + *ghost as i64) as usize * strides[b];
        }
        let lines = counts[..D - 1].iter().product();
        Self { landscape, per_spacing: 1.0 / spacing[of], first, step: strides[of], counts, lines }
    }

    /// Where a line starts, and where it is along the axes but the last, in grid cells from the middle.
    #[inline(always)]
    fn line(&self, number: usize) -> (usize, Vector<D>) {
        let (mut base, mut rest, mut at) = (self.first, number, [0.0; D]);
        for b in (0..D - 1).rev() {
            let (count, i) = (self.counts[b], rest % self.counts[b]);
            base += i * self.landscape.strides[b];
            at[b] = i as f64 - 0.5 * (count as f64 - 1.0);
            rest /= count;
        }
        (base, at)
    }

    /// The coefficients that its differences are taken of.
    #[inline(always)]
    fn pairs(&self, base: usize) -> (&[f64], &[f64]) {
        let (here, count) = (&self.landscape.coefficients[base..], self.counts[D - 1]);
        (&here[..count], &here[self.step..self.step + count])
    }

    /// Their mean, and the least squares slopes by axis per grid cell.
    #[inline(always)]
    fn fit(&self) -> (f64, Vector<D>) {
        let (mut sum, mut sums, last) = (0.0, [0.0; D], D - 1);
        let middle = 0.5 * (self.counts[last] as f64 - 1.0);
        for line in 0..self.lines {
            let (base, at) = self.line(line);
            let (here, next) = self.pairs(base);
            let (mut line, mut along, mut j) = (0.0, 0.0, -middle);
            for (here, next) in here.iter().zip(next) {
                line += next - here;
                along += j * (next - here);
                j += 1.0;
            }
            sum += line;
            for b in 0..last {
                sums[b] += at[b] * line;
            }
            sums[last] += along;
        }
        let all = self.counts.iter().product::<usize>() as f64;
        for b in 0..D {
            // Σ ξ² of n numbers with distance 1 around 0 is n(n² − 1)/12.
            let spread = all * ((self.counts[b] * self.counts[b]) as f64 - 1.0) / 12.0;
            sums[b] = if spread > 0.0 { self.per_spacing * sums[b] / spread } else { 0.0 };
        }
        (self.per_spacing * sum / all, sums)
    }

    /// The least and the largest of them, less `rise` per grid cell from the middle.
    #[inline(always)]
    fn range(&self, rise: &Vector<D>) -> [f64; 2] {
        let last = D - 1;
        let middle = 0.5 * (self.counts[last] as f64 - 1.0);
        let (mut lows, mut highs) = ([f64::INFINITY; SIDE], [f64::NEG_INFINITY; SIDE]);
        let mut ramp = [0.0; SIDE];
        for k in 0..SIDE {
            ramp[k] = rise[last] * k as f64;
        }
        for line in 0..self.lines {
            let (base, at) = self.line(line);
            let mut start = -rise[last] * middle;
            for b in 0..last {
                start += rise[b] * at[b];
            }
            let (here, next) = self.pairs(base);
            let ((here, own), (next, others)) =
                (here.as_chunks::<SIDE>(), next.as_chunks::<SIDE>());
            for (here, next) in here.iter().zip(next) {
                for k in 0..SIDE {
                    let left = (next[k] - here[k]) * self.per_spacing - (start + ramp[k]);
                    lows[k] = if left < lows[k] { left } else { lows[k] };
                    highs[k] = if left > highs[k] { left } else { highs[k] };
                }
                start += rise[last] * SIDE as f64;
            }
            for (k, (here, next)) in own.iter().zip(others).enumerate() {
                let left = (next - here) * self.per_spacing - (start + ramp[k]);
                lows[k] = if left < lows[k] { left } else { lows[k] };
                highs[k] = if left > highs[k] { left } else { highs[k] };
            }
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for k in 0..SIDE {
            (low, high) = (low.min(lows[k]), high.max(highs[k]));
        }
        [low, high]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Boundary;
    use crate::spline::NodeMap;

    /// In every range of cells, also across the faces, the gradient is within the residual, which is attained
    /// up to a factor of 3: for coefficients of any kind, periodic and mirrored, in 1, 2 and 3 dimensions.
    fn the_residual_holds<const D: usize>() {
        let mut boundary = [Boundary::Periodic; D];
        boundary[D - 1] = Boundary::NoFlux;
        let grid = Grid { lower: [-1.0; D], upper: [1.5; D], cells: [8; D], boundary };
        let map = NodeMap::new(&grid);
        let nodal: Vec<f64> = (0..grid.len()).map(|i| (1.7 * i as f64).sin()).collect();
        let mut padded = Vec::new();
        map.pad(&nodal, &mut padded);
        let landscape = Landscape::new(&grid, &nodal, 3);
        let (spacing, mut closest) = (grid.spacing(), 0.0_f64);
        for (corner, width) in [(1, 3), (3, 1), (-3, 4), (6, 2), (6, 5)] {
            let cells = [[corner, corner + width]; D];
            let model = landscape.tangent([[corner, corner + 1]; D]).stored();
            let residual = landscape.residual(&model, cells);
            for k in 0..3000_usize {
                let x: Vector<D> = std::array::from_fn(|a| {
                    let share = (k * [7919, 104_729, 1_299_709][a] % 3001) as f64 / 3001.0;
                    grid.lower[a] + spacing[a] * (corner as f64 + width as f64 * share)
                });
                let (mut inside, mut side) = (x, [1.0; D]);
                grid.fold(&mut inside, &mut side);
                let (_, gradient) = map.value_and_gradient(&padded, &inside);
                for a in 0..D {
                    let along = |b: usize| model.hessian[a][b] * (x[b] - model.centre[b]);
                    let modelled = model.gradient[a] + (0..D).map(along).sum::<f64>();
                    let left = (side[a] * gradient[a] - modelled).abs();
                    assert!(left <= residual[a] + 1e-12, "{D} {x:?} {left} {residual:?}");
                    closest = closest.max(left / residual[a]);
                }
            }
        }
        assert!(closest > 0.33, "{D} {closest}");
    }

    #[test]
    fn what_a_linear_model_leaves_is_bounded() {
        the_residual_holds::<1>();
        the_residual_holds::<2>();
        the_residual_holds::<3>();
    }

    /// Of a quadratic function a spline is exact, and so is its model.
    #[test]
    fn quadratics_leave_nothing() {
        let boundary = [Boundary::Periodic; 2];
        let grid = Grid { lower: [0.0; 2], upper: [3.0; 2], cells: [12; 2], boundary };
        let f = |x: &[f64; 2]| x[0] * x[0] - 3.0 * x[0] * x[1] + 0.5 * x[1] * x[1];
        let landscape = Landscape::new(&grid, &grid.sample(f), 0);
        let t = landscape.tangent([[4, 8], [3, 6]]);
        let [x, y] = t.centre;
        let exact = [2.0 * x - 3.0 * y, -3.0 * x + y];
        for a in 0..2 {
            assert!((t.gradient[a] - exact[a]).abs() < 1e-12, "{t:?}");
            let hessian = [[2.0, -3.0], [-3.0, 1.0]];
            assert!((0..2).all(|b| (t.hessian[a][b] - hessian[a][b]).abs() < 1e-12), "{t:?}");
        }
        assert!(landscape.residual(&t, [[3, 9], [2, 8]]).iter().all(|r| *r < 1e-12));
    }
}
