//! Quadratic B-splines on the grid: the C¹ interpolation that cells sense the signal through, and
//! its adjoint, which deposits them.
//!
//! With multilinear interpolation and ε|v| below the grid size, the difference S(x+εv) − S(x) of a
//! non-local kernel would carry an O(grid) error that does not shrink with ε; a C¹ spline has none.

use crate::grid::Grid;
use crate::vector::Vector;

/// Nodes in reach along one axis.
pub const REACH: usize = 3;

/// The tensor-product stencil of one point: per axis three folded node offsets (index · stride),
/// weights B(x − xᵢ) and slopes B′(x − xᵢ).
pub struct Stencil<const D: usize> {
    /// Array offset of each node along each axis.
    pub offset: [[usize; REACH]; D],
    /// B at each node.
    pub weight: [[f64; REACH]; D],
    /// dB/dx at each node.
    pub slope: [[f64; REACH]; D],
}

impl<const D: usize> Stencil<D> {
    /// The stencil of `x` on `grid`. Points outside the box see the periodic or even extension.
    #[inline(always)]
    pub fn new(map: &NodeMap<D>, x: &Vector<D>) -> Self {
        // Truncation of a positive number is its floor; a call of `floor` is not.
        const SHIFT: i64 = 1 << 24;
        let mut s =
            Self { offset: [[0; REACH]; D], weight: [[0.0; REACH]; D], slope: [[0.0; REACH]; D] };
        for a in 0..D {
            let u = (x[a] - map.lower[a]) * map.per_spacing[a] - map.offset[a];
            let i = (u + (0.5 + SHIFT as f64)) as i64 - SHIFT;
            // t ∈ [−½, ½]: distance from the nearest node.
            let t = u - i as f64;
            let (left, right) = (0.5 - t, 0.5 + t);
            s.weight[a] = [0.5 * left * left, 0.75 - t * t, 0.5 * right * right];
            let per = map.per_spacing[a];
            s.slope[a] = [-left * per, -2.0 * t * per, right * per];
            let stride = map.strides[a];
            s.offset[a] = if i > 0 && i + 1 < map.grid.cells[a] as i64 {
                let middle = i as usize * stride;
                [middle - stride, middle, middle + stride]
            } else {
                [i - 1, i, i + 1].map(|i| map.grid.fold_index(a, i) * stride)
            };
        }
        s
    }

    /// Σ w·c over the last axis of one line that starts at `base`.
    #[inline(always)]
    fn line(&self, c: &[f64], base: usize, w: &[f64; REACH]) -> f64 {
        let o = &self.offset[D - 1];
        w[0] * c[base + o[0]] + w[1] * c[base + o[1]] + w[2] * c[base + o[2]]
    }

    /// Calls `line(start, numbers of its nodes along all axes but the last)` for the 3ᵈ⁻¹ lines.
    #[inline(always)]
    fn for_each_line(&self, mut line: impl FnMut(usize, [usize; 2])) {
        match D {
            1 => line(0, [0, 0]),
            2 => (0..REACH).for_each(|i| line(self.offset[0][i], [i, 0])),
            _ => (0..REACH * REACH).for_each(|k| {
                let (i, j) = (k / REACH, k % REACH);
                line(self.offset[0][i] + self.offset[1][j], [i, j]);
            }),
        }
    }

    /// Product of the weights of a line's nodes along all axes but the last.
    #[inline(always)]
    fn line_weight(&self, r: [usize; 2]) -> f64 {
        (0..D - 1).map(|a| self.weight[a][r[a]]).product()
    }
}

/// What a stencil needs of the grid, precomputed.
#[derive(Clone, Debug)]
pub struct NodeMap<const D: usize> {
    grid: Grid<D>,
    lower: Vector<D>,
    per_spacing: Vector<D>,
    offset: Vector<D>,
    strides: [usize; D],
}

impl<const D: usize> NodeMap<D> {
    /// The map of `grid`.
    pub fn new(grid: &Grid<D>) -> Self {
        Self {
            lower: grid.lower,
            per_spacing: grid.spacing().map(|h| 1.0 / h),
            offset: std::array::from_fn(|a| grid.offset(a)),
            strides: grid.strides(),
            grid: grid.clone(),
        }
    }

    /// The grid.
    pub fn grid(&self) -> &Grid<D> {
        &self.grid
    }

    /// Σᵢ cᵢ B(x − xᵢ).
    #[inline(always)]
    pub fn value(&self, coefficients: &[f64], x: &Vector<D>) -> f64 {
        let s = Stencil::new(self, x);
        let mut sum = 0.0;
        s.for_each_line(|base, r| {
            sum += s.line_weight(r) * s.line(coefficients, base, &s.weight[D - 1]);
        });
        sum
    }

    /// Σᵢ cᵢ B(x − xᵢ) and its gradient.
    #[inline(always)]
    pub fn value_and_gradient(&self, coefficients: &[f64], x: &Vector<D>) -> (f64, Vector<D>) {
        let s = Stencil::new(self, x);
        let (mut value, mut gradient) = (0.0, [0.0; D]);
        s.for_each_line(|base, r| {
            let across = s.line_weight(r);
            let along = s.line(coefficients, base, &s.weight[D - 1]);
            value += across * along;
            gradient[D - 1] += across * s.line(coefficients, base, &s.slope[D - 1]);
            for a in 0..D - 1 {
                let others: f64 =
                    (0..D - 1).filter(|b| *b != a).map(|b| s.weight[b][r[b]]).product();
                gradient[a] += s.slope[a][r[a]] * others * along;
            }
        });
        (value, gradient)
    }

    /// Adds `amount` · B(x − xᵢ) to every node i in reach: the adjoint of [`NodeMap::value`].
    #[inline(always)]
    pub fn deposit(&self, field: &mut [f64], x: &Vector<D>, amount: f64) {
        let s = Stencil::new(self, x);
        s.for_each_line(|base, r| {
            let w = amount * s.line_weight(r);
            for k in 0..REACH {
                field[base + s.offset[D - 1][k]] += w * s.weight[D - 1][k];
            }
        });
    }
}

/// Symbol of sampling the quadratic B-spline at the nodes, ¾ + ¼ cos κh: coefficients of the
/// interpolating spline are nodal values divided by it, mode by mode.
pub fn symbol<const D: usize>(grid: &Grid<D>, wave_vector: &[f64; D]) -> f64 {
    let h = grid.spacing();
    (0..D).map(|a| 0.75 + 0.25 * (wave_vector[a] * h[a]).cos()).product()
}

/// A bound on |∇f| of the spline with these coefficients. Around a node, the derivative along an
/// axis is a convex combination of the coefficient differences within the stencil; the largest of
/// them bounds it there, and the largest length of these bounds is taken over the nodes.
pub fn gradient_bound<const D: usize>(grid: &Grid<D>, coefficients: &[f64]) -> f64 {
    let h = grid.spacing();
    let mut square = vec![0.0; grid.len()];
    for a in 0..D {
        let mut bound = neighbours(grid, a, |left, here, right| {
            let d = |i: usize, j: usize| (coefficients[i] - coefficients[j]).abs();
            d(left, here).max(d(here, right))
        });
        for b in (0..D).filter(|b| *b != a) {
            bound = neighbours(grid, b, |left, here, right| {
                bound[left].max(bound[here]).max(bound[right])
            });
        }
        square.iter_mut().zip(&bound).for_each(|(s, b)| *s += (b / h[a]).powi(2));
    }
    square.into_iter().fold(0.0, f64::max).sqrt()
}

/// `f(left, here, right)` of the array positions along `axis`, at every node.
fn neighbours<const D: usize>(
    grid: &Grid<D>,
    axis: usize,
    f: impl Fn(usize, usize, usize) -> f64,
) -> Vec<f64> {
    let (n, stride) = (grid.cells[axis], grid.strides()[axis]);
    (0..grid.len())
        .map(|here| {
            let i = here / stride % n;
            let first = here - i * stride;
            let left = first + stride * grid.fold_index(axis, i as i64 - 1);
            let right = first + stride * grid.fold_index(axis, i as i64 + 1);
            f(left, here, right)
        })
        .collect()
}

/// Least and largest coefficient: B ≥ 0 sums to 1, so they bound the spline everywhere.
pub fn range(coefficients: &[f64]) -> (f64, f64) {
    coefficients
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &c| (lo.min(c), hi.max(c)))
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

    fn interpolant(g: &Grid<2>) -> Vec<f64> {
        let s = Spectral::new(g);
        let mut c = s.forward(&g.sample(|x| wave(x).0));
        c.iter_mut().zip(s.table(|k| symbol(g, k))).for_each(|(c, s)| *c /= s);
        s.inverse(&c)
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
        let (bound, (lo, hi)) = (gradient_bound(&g, &c), range(&c));
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
        let mut field = vec![0.0; g.len()];
        let mut sum = 0.0;
        for i in 0..50 {
            let x = [0.04 * i as f64, -0.98 + 0.039 * i as f64];
            map.deposit(&mut field, &x, 1.0);
            sum += map.value(&c, &x);
        }
        let inner: f64 = field.iter().zip(&c).map(|(a, b)| a * b).sum();
        assert!((inner - sum).abs() < 1e-12);
        assert!((field.iter().sum::<f64>() - 50.0).abs() < 1e-12);
    }
}
