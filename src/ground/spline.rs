//! Quadratic B-splines on the grid: the C¹ interpolation that cells sense the signal through, and
//! its adjoint, which deposits them.
//!
//! With multilinear interpolation and ε|v| below the grid size, the difference S(x+εv) − S(x) of a
//! non-local kernel would carry an O(grid) error that does not shrink with ε; a C¹ spline has none.
//!
//! Arrays of spline coefficients are padded: every axis has [`GHOST`] nodes beyond each face that
//! repeat the periodic or mirrored ones, so that no stencil of a point in the box has to be folded.

mod lanes;
mod tangent;

pub use tangent::{Cells, Landscape, Tangent};

use crate::grid::Grid;
use crate::simd::{nearest, whole};
use crate::vector::{Vector, norm};
use rayon::prelude::*;

/// Nodes in reach along one axis.
pub const REACH: usize = 3;
/// Nodes beyond each face.
pub const GHOST: usize = 2;

/// Numbers for the nodes in reach along one axis, and a zero: four fill a vector register.
type Row = [f64; REACH + 1];

/// The tensor-product stencil of one point of the box.
#[derive(Clone, Copy)]
pub struct Stencil<const D: usize> {
    /// Place of the lowest node in the padded array.
    base: usize,
    /// Distance t ∈ [−½, ½] from the middle node along each axis, in grid cells.
    t: Vector<D>,
}

/// B at the three nodes: ½(½−t)², ¾−t², ½(½+t)².
#[inline(always)]
fn weights(t: f64) -> Row {
    const C: [Row; 3] = [[0.125, 0.75, 0.125, 0.0], [-0.5, 0.0, 0.5, 0.0], [0.5, -1.0, 0.5, 0.0]];
    std::array::from_fn(|k| C[0][k] + t * (C[1][k] + t * C[2][k]))
}

/// dB/dt at the three nodes.
#[inline(always)]
fn slopes(t: f64) -> Row {
    const C: [Row; 2] = [[-0.5, 0.0, 0.5, 0.0], [1.0, -2.0, 1.0, 0.0]];
    std::array::from_fn(|k| C[0][k] + t * C[1][k])
}

/// Σ a·b.
#[inline(always)]
fn product(a: &Row, b: &Row) -> f64 {
    (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]
}

/// What a stencil needs of the grid, precomputed.
#[derive(Clone, Debug)]
pub struct NodeMap<const D: usize> {
    grid: Grid<D>,
    /// The first node.
    lower: Vector<D>,
    per_spacing: Vector<D>,
    strides: [usize; D],
    /// Place of the lowest node in reach of node 0, and the strides, for arithmetic in lanes.
    first: f64,
    stride: Vector<D>,
    len: usize,
    /// For every node of the padded array, the node of the grid that it repeats.
    folded: Vec<u32>,
}

impl<const D: usize> NodeMap<D> {
    /// The map of `grid`.
    pub fn new(grid: &Grid<D>) -> Self {
        let padded = grid.with_cells(grid.cells.map(|n| n + 2 * GHOST));
        let (spacing, strides) = (grid.spacing(), grid.strides());
        let padded_strides = padded.strides();
        let folded = (0..padded.len())
            .into_par_iter()
            .map(|flat| {
                let index = padded.unravel(flat);
                (0..D)
                    .map(|a| grid.fold_index(a, index[a] as i64 - GHOST as i64) * strides[a])
                    .sum::<usize>() as u32
            })
            .collect();
        Self {
            lower: std::array::from_fn(|a| grid.lower[a] + grid.offset(a) * spacing[a]),
            first: padded_strides.iter().map(|s| (s * (GHOST - 1)) as f64).sum(),
            stride: padded_strides.map(|s| s as f64),
            per_spacing: spacing.map(|h| 1.0 / h),
            strides: padded_strides,
            // A row of four may reach one beyond the last node.
            len: padded.len() + 1,
            folded,
            grid: grid.clone(),
        }
    }

    /// The grid.
    pub fn grid(&self) -> &Grid<D> {
        &self.grid
    }

    /// Length of a padded array.
    pub fn len(&self) -> usize {
        self.len
    }

    /// A grid always has nodes; this is here for the convention that goes with `len`.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Distance in the padded array between neighbours along each axis.
    pub fn strides(&self) -> [usize; D] {
        self.strides
    }

    /// Writes nodal values and the ghosts that repeat them into `padded`.
    pub fn pad(&self, nodal: &[f64], padded: &mut Vec<f64>) {
        padded.clear();
        padded.extend(self.folded.iter().map(|&node| nodal[node as usize]));
        padded.resize(self.len, 0.0);
    }

    /// Calls `take` with every node of the grid and its entry in `padded`.
    pub fn for_each_own(&self, padded: &[f64], mut take: impl FnMut(usize, f64)) {
        let (n, mut node) = (self.grid.cells[D - 1], 0);
        let first: usize = self.strides.iter().map(|stride| GHOST * stride).sum();
        for line in 0..self.grid.len() / n {
            let (mut base, mut rest) = (first, line);
            for a in (0..D - 1).rev() {
                base += rest % self.grid.cells[a] * self.strides[a];
                rest /= self.grid.cells[a];
            }
            for c in &padded[base..base + n] {
                take(node, *c);
                node += 1;
            }
        }
    }

    /// Adds every entry of `padded` to the node that it repeats: the adjoint of [`NodeMap::pad`].
    pub fn unpad(&self, padded: &[f64], nodal: &mut [f64]) {
        self.folded.iter().zip(padded).for_each(|(&node, value)| nodal[node as usize] += value);
    }

    /// The stencil of a point of the box.
    #[inline(always)]
    pub fn stencil(&self, x: &Vector<D>) -> Stencil<D> {
        let (mut base, mut t) = (self.first, [0.0; D]);
        for a in 0..D {
            let u = (x[a] - self.lower[a]) * self.per_spacing[a];
            let i = nearest(u);
            base += i * self.stride[a];
            t[a] = u - i;
        }
        Stencil { base: whole(base), t }
    }

    /// Calls `line(its first node, its numbers along the other axes)` for the 3ᵈ⁻¹ lines of nodes
    /// along the last axis.
    #[inline(always)]
    fn for_each_line(&self, base: usize, mut line: impl FnMut(usize, [usize; 2])) {
        match D {
            1 => line(base, [0, 0]),
            // Loops and no closures, which would be compiled once for all processors.
            2 => {
                for i in 0..REACH {
                    line(base + i * self.strides[0], [i, 0]);
                }
            }
            _ => {
                for k in 0..REACH * REACH {
                    let (i, j) = (k / REACH, k % REACH);
                    line(base + i * self.strides[0] + j * self.strides[1], [i, j]);
                }
            }
        }
    }

    /// Σᵢ cᵢ B(x − xᵢ) at a point of the box.
    #[inline(always)]
    pub fn value(&self, padded: &[f64], x: &Vector<D>) -> f64 {
        let s = self.stencil(x);
        let w = s.t.map(weights);
        let mut sum = [0.0; REACH + 1];
        self.for_each_line(s.base, |first, r| {
            let (line, across) = (&padded[first..first + REACH + 1], across(&w, r));
            for k in 0..=REACH {
                sum[k] += across * line[k];
            }
        });
        product(&sum, &w[D - 1])
    }

    /// Σᵢ cᵢ B(x − xᵢ) and its gradient at a point of the box.
    #[inline(always)]
    pub fn value_and_gradient(&self, padded: &[f64], x: &Vector<D>) -> (f64, Vector<D>) {
        let s = self.stencil(x);
        let (w, d) = (s.t.map(weights), s.t.map(slopes));
        let (mut sum, mut steep) = ([0.0; REACH + 1], [[0.0; REACH + 1]; D]);
        self.for_each_line(s.base, |first, r| {
            let (line, all) = (&padded[first..first + REACH + 1], across(&w, r));
            for k in 0..=REACH {
                sum[k] += all * line[k];
            }
            for a in 0..D - 1 {
                let mut mixed = w;
                mixed[a] = d[a];
                let one = across(&mixed, r);
                for k in 0..=REACH {
                    steep[a][k] += one * line[k];
                }
            }
        });
        let mut gradient: Vector<D> = std::array::from_fn(|a| product(&steep[a], &w[D - 1]));
        gradient[D - 1] = product(&sum, &d[D - 1]);
        (0..D).for_each(|a| gradient[a] *= self.per_spacing[a]);
        (product(&sum, &w[D - 1]), gradient)
    }

    /// Adds `amount` · B(x − xᵢ) to every node i in reach: the adjoint of [`NodeMap::value`].
    #[inline(always)]
    pub fn deposit(&self, padded: &mut [f64], s: &Stencil<D>, amount: f64) {
        let w = s.t.map(weights);
        let along = w[D - 1].map(|w| amount * w);
        self.for_each_line(s.base, |first, r| {
            let (line, across) = (&mut padded[first..first + REACH + 1], across(&w, r));
            for k in 0..=REACH {
                line[k] += across * along[k];
            }
        });
    }
}

/// Product of the weights of a line along all axes but the last.
#[inline(always)]
fn across<const D: usize>(weight: &[Row; D], r: [usize; 2]) -> f64 {
    match D {
        1 => 1.0,
        2 => weight[0][r[0]],
        _ => weight[0][r[0]] * weight[1][r[1]],
    }
}

/// Symbol of sampling the quadratic B-spline at the nodes, ¾ + ¼ cos κh: coefficients of the
/// interpolating spline are nodal values divided by it, mode by mode.
pub fn symbol<const D: usize>(grid: &Grid<D>, wave_vector: &[f64; D]) -> f64 {
    let h = grid.spacing();
    (0..D).map(|a| 0.75 + 0.25 * (wave_vector[a] * h[a]).cos()).product()
}

/// Bounds on the spline around a range of grid cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes<const D: usize> {
    /// Least coefficient in reach: B ≥ 0 sums to 1, so it bounds the spline from below.
    pub low: f64,
    /// Largest coefficient in reach.
    pub high: f64,
    /// Least and largest difference of neighbours in reach over their distance, along each axis:
    /// the derivative along an axis is a convex combination of such quotients.
    pub slope: [[f64; 2]; D],
}

impl<const D: usize> Extremes<D> {
    /// A bound on the length of the gradient.
    pub fn steepest(&self) -> f64 {
        norm(&self.slope.map(|[low, high]| high.max(-low)))
    }
}

impl<const D: usize> NodeMap<D> {
    /// Bounds on the spline wherever x lies in the given range of grid cells.
    pub fn extremes(&self, padded: &[f64], cells: [[usize; 2]; D]) -> Extremes<D> {
        // Cell i holds points whose nearest node is i or i + 1 (periodic), or i (no-flux); its
        // stencils reach one node further on both sides.
        let first = cells.map(|c| c[0] + GHOST - 1);
        let count: [usize; D] = std::array::from_fn(|a| {
            let nearest = if self.grid.offset(a) == 0.0 { 1 } else { 0 };
            cells[a][1] - cells[a][0] + nearest + 2
        });
        let nothing = [f64::INFINITY, f64::NEG_INFINITY];
        let mut e = Extremes { low: nothing[0], high: nothing[1], slope: [nothing; D] };
        // One instruction each, which passes over what is no number, as `min` and `max` do with three.
        let widen = |range: &mut [f64; 2], d: f64| {
            range[0] = if d < range[0] { d } else { range[0] };
            range[1] = if d > range[1] { d } else { range[1] };
        };
        let mut values = nothing;
        for line in 0..count[..D - 1].iter().product() {
            let (mut base, mut rest, mut inner) = (first[D - 1], line, [false; D]);
            for a in (0..D - 1).rev() {
                base += (first[a] + rest % count[a]) * self.strides[a];
                inner[a] = rest % count[a] + 1 < count[a];
                rest /= count[a];
            }
            let here = &padded[base..base + count[D - 1]];
            here.iter().for_each(|c| widen(&mut values, *c));
            for pair in here.windows(2) {
                widen(&mut e.slope[D - 1], pair[1] - pair[0]);
            }
            for a in (0..D - 1).filter(|a| inner[*a]) {
                let next = &padded[base + self.strides[a]..][..count[D - 1]];
                for (c, n) in here.iter().zip(next) {
                    widen(&mut e.slope[a], n - c);
                }
            }
        }
        [e.low, e.high] = values;
        e.slope = std::array::from_fn(|a| e.slope[a].map(|d| d * self.per_spacing[a]));
        e
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Boundary;
    use crate::spectral::Spectral;

    fn grid(n: usize) -> Grid<2> {
        Grid {
            lower: [0.0, -1.0],
            upper: [2.0, 1.0],
            cells: [n, n],
            boundary: [Boundary::Periodic, Boundary::NoFlux],
        }
    }

    fn wave(x: &[f64; 2]) -> (f64, [f64; 2]) {
        let (k, q) = (std::f64::consts::PI, std::f64::consts::FRAC_PI_2);
        let (a, b) = (k * x[0], q * (x[1] + 1.0));
        (a.sin() * b.cos(), [k * a.cos() * b.cos(), -q * a.sin() * b.sin()])
    }

    /// Padded coefficients of the interpolating spline.
    fn interpolant(g: &Grid<2>) -> Vec<f64> {
        let s = Spectral::new(g);
        let mut c = s.forward(&g.sample(|x| wave(x).0));
        c.iter_mut().zip(s.table(|k| symbol(g, k))).for_each(|(c, s)| *c /= s);
        let mut padded = Vec::new();
        NodeMap::new(g).pad(&s.inverse(&c), &mut padded);
        padded
    }

    fn worst(n: usize) -> (f64, f64) {
        let g = grid(n);
        let (c, map) = (interpolant(&g), NodeMap::new(&g));
        let (mut value, mut slope) = (0.0_f64, 0.0_f64);
        for i in 0..400 {
            let x = [0.005 * i as f64, -1.0 + 0.0049 * ((i * 37) % 400) as f64];
            let ((f, d), (f0, d0)) = (map.value_and_gradient(&c, &x), wave(&x));
            assert!((f - map.value(&c, &x)).abs() < 1e-14);
            value = value.max((f - f0).abs());
            slope = slope.max((d[0] - d0[0]).abs()).max((d[1] - d0[1]).abs());
        }
        (value, slope)
    }

    #[test]
    fn interpolation_is_third_order_and_its_gradient_second() {
        let ((v1, s1), (v2, s2)) = (worst(16), worst(32));
        assert!((6.5..10.0).contains(&(v1 / v2)), "{}", v1 / v2);
        assert!((3.4..4.6).contains(&(s1 / s2)), "{}", s1 / s2);
    }

    #[test]
    fn the_bounds_hold_and_are_not_idle() {
        let g = grid(24);
        let (c, map) = (interpolant(&g), NodeMap::new(&g));
        let e = map.extremes(&c, g.cells.map(|n| [0, n]));
        let (bound, lo, hi) = (e.steepest(), e.low, e.high);
        let mut steepest = 0.0_f64;
        for i in 0..2000 {
            let x = [0.001 * i as f64, -1.0 + 0.00097 * ((i * 37) % 2000) as f64];
            let (f, d) = map.value_and_gradient(&c, &x);
            steepest = steepest.max(crate::vector::norm(&d));
            assert!(f >= lo && f <= hi);
        }
        assert!(steepest <= bound && bound < 1.3 * steepest, "{steepest} {bound}");
    }

    #[test]
    fn deposit_is_the_adjoint_of_gather() {
        let g = grid(8);
        let map = NodeMap::new(&g);
        let c: Vec<f64> = (0..g.len()).map(|i| (i as f64).sin()).collect();
        let (mut padded, mut field) = (Vec::new(), vec![0.0; map.len()]);
        map.pad(&c, &mut padded);
        let mut sum = 0.0;
        for i in 0..50 {
            let x = [0.04 * i as f64, -0.98 + 0.039 * i as f64];
            map.deposit(&mut field, &map.stencil(&x), 1.0);
            sum += map.value(&padded, &x);
        }
        let mut nodal = vec![0.0; g.len()];
        map.unpad(&field, &mut nodal);
        let inner: f64 = nodal.iter().zip(&c).map(|(a, b)| a * b).sum();
        assert!((inner - sum).abs() < 1e-12);
        assert!((nodal.iter().sum::<f64>() - 50.0).abs() < 1e-12);
    }

    /// Local bounds hold in every range of cells, also across the faces.
    #[test]
    fn local_bounds_hold() {
        let g = grid(24);
        let (c, map) = (interpolant(&g), NodeMap::new(&g));
        let h = g.spacing();
        for k in 0..4000 {
            let x = [0.0005 * k as f64, -1.0 + 0.0005 * ((k * 37) % 4000) as f64];
            let cell: [usize; 2] = std::array::from_fn(|a| ((x[a] - g.lower[a]) / h[a]) as usize);
            let e = map.extremes(&c, cell.map(|i| [i, i + 1]));
            let (f, d) = map.value_and_gradient(&c, &x);
            assert!(f >= e.low - 1e-14 && f <= e.high + 1e-14);
            assert!((0..2).all(|a| d[a] >= e.slope[a][0] - 1e-12 && d[a] <= e.slope[a][1] + 1e-12));
        }
    }
}
