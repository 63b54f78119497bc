//! Short lines by matrices: up to some hundred nodes a product costs less than two transforms.

use super::Spectral;
use crate::grid::{Boundary, Grid};
use crate::simd::{Vectorised, vectorise};
use crate::vector::Vector;
use rayon::prelude::*;
use std::f64::consts::PI;

/// Lines that are multiplied together, and rows of the matrix.
const LINES: usize = 16;
const ROWS: usize = 4;
/// Most numbers in a row of a matrix that costs less than transforms.
pub const LONGEST: usize = 128;

/// A matrix that acts on the lines of a field along one axis, or of several fields stacked.
pub struct LineMatrix {
    /// Row by row; as many rows as the axis has nodes.
    matrix: Vec<f64>,
    nodes: usize,
    stride: usize,
}

impl<const D: usize> Spectral<D> {
    /// The derivative along an axis. Where the axis has walls it acts on f and on the field of the mirror images:
    /// half of their sum is even across the walls, half of their difference odd.
    pub fn derivative_matrix(&self, axis: usize) -> LineMatrix {
        let grid = &self.grid;
        let (nodes, stride) = (grid.cells[axis], grid.strides()[axis]);
        let line = Spectral::new(&Grid {
            lower: [grid.lower[axis]],
            upper: [grid.upper[axis]],
            cells: [nodes],
            boundary: [grid.boundary[axis].of_basis()],
        });
        let column = |j: usize, odd: bool| -> Vec<f64> {
            let mut column: Vec<f64> = (0..nodes).map(|i| f64::from(i == j)).collect();
            line.derivative_along(0, &mut column, odd);
            column
        };
        let columns: Vec<Vec<f64>> = match line.grid.boundary[0] {
            Boundary::NoFlux => {
                let both = (0..nodes).map(|j| [column(j, false), column(j, true)]);
                let [even, odd]: [Vec<Vec<f64>>; 2] =
                    both.fold(Default::default(), |mut all: [Vec<_>; 2], [e, o]| {
                        all[0].push(e);
                        all[1].push(o);
                        all
                    });
                let half = |sign: f64| {
                    let of = move |(e, o): (&Vec<f64>, &Vec<f64>)| -> Vec<f64> {
                        e.iter().zip(o).map(|(e, o)| 0.5 * (e + sign * o)).collect()
                    };
                    even.iter().zip(&odd).map(of).collect::<Vec<_>>()
                };
                [half(1.0), half(-1.0)].concat()
            }
            _ => (0..nodes).map(|j| column(j, false)).collect(),
        };
        let matrix = (0..nodes).flat_map(|i| columns.iter().map(move |column| column[i])).collect();
        LineMatrix { matrix, nodes, stride }
    }
}

impl<const D: usize> Spectral<D> {
    /// f(x + `by`) along an axis, as [`Spectral::shifted`] has it: by g(y) = (1/n)Σ cos κy over all waves, nodes at
    /// x_i and x_j have g(x_i + by − x_j), and beside walls also g(x_i + by + x_j).
    pub fn shift_matrix(&self, axis: usize, by: f64) -> LineMatrix {
        let grid = &self.grid;
        let (nodes, stride, h) = (grid.cells[axis], grid.strides()[axis], grid.spacing()[axis]);
        let walls = grid.boundary[axis].of_basis() == Boundary::NoFlux;
        // Σ' over k = 0..waves of cos kθ by Clenshaw's recurrence, the first halved.
        let cosines = |theta: f64, waves: usize| {
            let twice = 2.0 * theta.cos();
            let [mut here, mut next] = [0.0_f64; 2];
            for _ in 1..waves {
                (here, next) = (1.0 + twice * here - next, here);
            }
            0.5 * (1.0 + twice * here) - next
        };
        let n = nodes as f64;
        let unit = PI / n * if walls { 1.0 } else { 2.0 };
        let kernel = |steps: f64| match walls {
            true => cosines(unit * (steps + by / h), nodes) / n,
            false => {
                let pairs = 2.0 * cosines(unit * (steps + by / h), nodes.div_ceil(2)) / n;
                // Of the highest wave of an even axis, half of a pair, what is even.
                let last = (PI * steps).cos() * (PI * by / h).cos() / n;
                if nodes % 2 == 0 { pairs + last } else { pairs }
            }
        };
        let apart: Vec<f64> = (1 - nodes as i64..nodes as i64).map(|d| kernel(d as f64)).collect();
        let mirrored: Vec<f64> = match walls {
            true => (1..2 * nodes).map(|d| kernel(d as f64)).collect(),
            false => Vec::new(),
        };
        let entry = |i: usize, j: usize| {
            apart[i + nodes - 1 - j] + mirrored.get(i + j).copied().unwrap_or(0.0)
        };
        let matrix = (0..nodes * nodes).map(|ij| entry(ij / nodes, ij % nodes)).collect();
        LineMatrix { matrix, nodes, stride }
    }

    /// Nodal values of f(x + `by`) for every `by`, from the coefficients of f: [`Spectral::shifted`], by whatever costs
    /// less.
    pub fn all_shifted(&self, coefficients: &[f64], moves: &[Vector<D>]) -> Vec<Vec<f64>> {
        if self.grid.cells.iter().any(|n| *n > LONGEST) {
            return moves.par_iter().map(|by| self.shifted(coefficients, by)).collect();
        }
        let nodal = if moves.is_empty() { Vec::new() } else { self.inverse(coefficients) };
        let shifted = |by: &Vector<D>| {
            let mut data = nodal.clone();
            for (axis, by) in by.iter().enumerate() {
                let mut next = vec![0.0; data.len()];
                self.shift_matrix(axis, *by).add_product(1.0, &[&data], &mut next);
                data = next;
            }
            data
        };
        moves.par_iter().map(shifted).collect()
    }
}

impl LineMatrix {
    /// That which acts on fields whose mirror images are their own lines in reverse.
    pub fn of_own_images(self) -> Self {
        let Self { matrix, nodes: n, stride } = self;
        let row =
            |row: &[f64]| -> Vec<f64> { (0..n).map(|i| row[i] + row[2 * n - 1 - i]).collect() };
        Self { matrix: matrix.chunks_exact(2 * n).flat_map(row).collect(), nodes: n, stride }
    }

    /// Adds `factor` times the product with the lines of `fields` to `sum`: one field, or two that are stacked.
    pub fn add_product(&self, factor: f64, fields: &[&[f64]], sum: &mut [f64]) {
        debug_assert_eq!(fields.len() * self.nodes * self.nodes, self.matrix.len());
        vectorise(Product { matrix: self, factor, fields, sum });
    }
}

struct Product<'a> {
    matrix: &'a LineMatrix,
    factor: f64,
    fields: &'a [&'a [f64]],
    sum: &'a mut [f64],
}

impl Vectorised for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { matrix: LineMatrix { matrix, nodes, stride }, factor, fields, sum } = self;
        let (n, stride, width) = (*nodes, *stride, fields.len() * *nodes);
        let lines = sum.len() / n;
        let mut stack = vec![[0.0; LINES]; width];
        for first in (0..lines).step_by(LINES) {
            let count = LINES.min(lines - first);
            // The last lines are taken more than once where there are too few.
            let starts: [usize; LINES] = std::array::from_fn(|l| {
                let line = first + l.min(count - 1);
                line / stride * n * stride + line % stride
            });
            for (field, stack) in fields.iter().zip(stack.chunks_exact_mut(n)) {
                for (i, row) in stack.iter_mut().enumerate() {
                    *row = std::array::from_fn(|l| field[starts[l] + i * stride]);
                }
            }
            for row in (0..n).step_by(ROWS) {
                let rows: [&[f64]; ROWS] =
                    std::array::from_fn(|r| &matrix[(row + r).min(n - 1) * width..][..width]);
                let products = products(rows, &stack);
                for (r, product) in products.iter().enumerate().take(n - row) {
                    for l in 0..count {
                        sum[starts[l] + (row + r) * stride] += factor * product[l];
                    }
                }
            }
        }
    }
}

/// The product of some rows with all lines.
#[inline(always)]
fn products(rows: [&[f64]; ROWS], stack: &[[f64; LINES]]) -> [[f64; LINES]; ROWS] {
    let mut sums = [[0.0; LINES]; ROWS];
    let rows = rows.map(|row| &row[..stack.len()]);
    for (k, line) in stack.iter().enumerate() {
        for r in 0..ROWS {
            let factor = rows[r][k];
            for l in 0..LINES {
                sums[r][l] += factor * line[l];
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as by transforms, on every axis, of rough fields on grids of odd sizes.
    #[test]
    fn matrices_are_the_transforms() {
        use Boundary::{NoFlux, Periodic};
        let cells = [7, 10, 9];
        for boundary in [[Periodic; 3], [NoFlux, Periodic, NoFlux], [Periodic, NoFlux, Periodic]] {
            let grid = Grid { lower: [0.0; 3], upper: [1.5, 1.0, 2.0], cells, boundary };
            let s = Spectral::new(&grid);
            let [f, image]: [Vec<f64>; 2] =
                [0.37, 0.61].map(|a| (0..grid.len()).map(|i| ((i * i) as f64 * a).sin()).collect());
            for axis in 0..3 {
                let walls = boundary[axis] == NoFlux;
                let mut want = vec![0.0; grid.len()];
                for odd in [false, true] {
                    let sign = if odd { -1.0 } else { 1.0 };
                    let half = |(f, image): (&f64, &f64)| 0.5 * (f + sign * image);
                    let mut part: Vec<f64> = f.iter().zip(&image).map(half).collect();
                    if !walls && odd {
                        break;
                    }
                    if !walls {
                        part.copy_from_slice(&f);
                    }
                    s.derivative_along(axis, &mut part, odd);
                    want.iter_mut().zip(part).for_each(|(w, p)| *w += p);
                }
                let fields: &[&[f64]] = if walls { &[&f, &image] } else { &[&f] };
                let mut got = vec![0.5; grid.len()];
                s.derivative_matrix(axis).add_product(2.0, fields, &mut got);
                for (got, want) in got.iter().zip(want) {
                    assert!((got - 0.5 - 2.0 * want).abs() < 1e-11, "{axis}: {got} {want}");
                }
            }
        }
    }

    /// The same as by transforms, whatever the boundaries, for shifts to a node and to none, beyond the box too.
    #[test]
    fn shifts_are_the_transforms() {
        use Boundary::{NoFlux, Periodic};
        for (boundary, cells) in
            [([Periodic; 3], [7, 10, 9]), ([NoFlux, Periodic, NoFlux], [6, 9, 8])]
        {
            let grid = Grid { lower: [0.0; 3], upper: [1.5, 1.0, 2.0], cells, boundary };
            let s = Spectral::new(&grid);
            let rough: Vec<f64> = (0..grid.len()).map(|i| ((i * i) as f64 * 0.37).sin()).collect();
            let coefficients = s.forward(&rough);
            let moves = [[0.0; 3], [1e-9, 0.1, 0.25], [-0.3, 2.0, -5.1], [1.5, 0.1, 0.5 + 1e-10]];
            for (by, got) in moves.iter().zip(s.all_shifted(&coefficients, &moves)) {
                for (got, want) in got.iter().zip(s.shifted(&coefficients, by)) {
                    assert!((got - want).abs() < 1e-12, "{by:?}: {got} {want}");
                }
            }
        }
    }
}
