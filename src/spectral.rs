//! Real spectral transforms on a [`Grid`]: Fourier along periodic axes, cosine along no-flux axes.
//!
//! Along every axis the basis is real and orthonormal for the mean over the nodes,
//!
//! - periodic: 1, √2 cos κ₁y, √2 sin κ₁y, √2 cos κ₂y, …, with κⱼ = 2πj/L,
//! - no-flux:  1, √2 cos κ₁x, √2 cos κ₂x, …, with κⱼ = πj/L,
//!
//! so (1/n)Σᵢ fᵢ² = Σⱼ cⱼ² (Parseval), and every operator that depends on the Laplacian alone is a
//! product with a table. A field that is odd across a no-flux wall (a flux, a gradient component)
//! is expanded in √2 sin κⱼx along that axis.

use crate::grid::{Boundary, Grid};
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustdct::{DctPlanner, TransformType2And3};
use rustfft::num_complex::Complex;
use std::f64::consts::{PI, SQRT_2};
use std::sync::Arc;

/// Lines transformed together, so that a strided axis is read in whole cache lines.
const TILE: usize = 8;
/// Numbers that make a task of their own worth its while.
const BATCH: usize = 1 << 13;

/// Parity of a field across the walls of one axis. It matters on no-flux axes only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parity {
    Even,
    Odd,
}

/// One-dimensional transform along an axis.
enum Axis {
    Periodic { forward: Arc<dyn RealToComplex<f64>>, inverse: Arc<dyn ComplexToReal<f64>> },
    NoFlux(Arc<dyn TransformType2And3<f64>>),
}

/// Work space of one pass along an axis.
struct Scratch {
    line: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    complex: Vec<Complex<f64>>,
}

impl Scratch {
    fn run(&mut self, line: &mut [f64], work: impl Fn(&mut Self)) {
        self.line.copy_from_slice(line);
        work(self);
        line.copy_from_slice(&self.line);
    }
}

/// The transforms of one grid. Coefficient arrays have the shape of the grid.
///
/// ```
/// use kinetaxis::{grid::{Boundary, Grid}, spectral::Spectral};
/// let grid = Grid { lower: [0.0], upper: [2.0], cells: [16], boundary: [Boundary::NoFlux] };
/// let spectral = Spectral::new(&grid);
/// let f = grid.sample(|x| (std::f64::consts::PI * x[0]).cos());
/// let slope = spectral.derivative(0, &spectral.forward(&f));
/// assert!((slope[3] + std::f64::consts::PI * (std::f64::consts::PI * grid.node(3)[0]).sin()).abs() < 1e-12);
/// ```
pub struct Spectral<const D: usize> {
    grid: Grid<D>,
    axes: Vec<Axis>,
    wavenumbers: [Vec<f64>; D],
    laplacian: Vec<f64>,
}

impl<const D: usize> Spectral<D> {
    /// Plans the transforms of `grid`.
    pub fn new(grid: &Grid<D>) -> Self {
        let (mut fft, mut dct) = (RealFftPlanner::new(), DctPlanner::new());
        let axes = (0..D)
            .map(|a| match grid.boundary[a] {
                Boundary::Periodic => Axis::Periodic {
                    forward: fft.plan_fft_forward(grid.cells[a]),
                    inverse: fft.plan_fft_inverse(grid.cells[a]),
                },
                Boundary::NoFlux => Axis::NoFlux(dct.plan_dct2(grid.cells[a])),
            })
            .collect();
        let lengths = grid.lengths();
        let wavenumbers = std::array::from_fn(|a| {
            (0..grid.cells[a])
                .map(|j| match grid.boundary[a] {
                    Boundary::Periodic => 2.0 * PI / lengths[a] * j.div_ceil(2) as f64,
                    Boundary::NoFlux => PI / lengths[a] * j as f64,
                })
                .collect()
        });
        let mut spectral = Self { grid: grid.clone(), axes, wavenumbers, laplacian: Vec::new() };
        spectral.laplacian = spectral.table(|k| k.iter().map(|k| k * k).sum());
        spectral
    }

    /// The grid that these transforms belong to.
    pub fn grid(&self) -> &Grid<D> {
        &self.grid
    }

    /// A table over the modes: `f` of the mode's wave vector (|κ| along each axis).
    pub fn table(&self, mut f: impl FnMut(&[f64; D]) -> f64) -> Vec<f64> {
        (0..self.grid.len()).map(|flat| f(&self.wave_vector(flat))).collect()
    }

    /// |κ|² of every mode: minus the symbol of the Laplacian.
    pub fn laplacian(&self) -> &[f64] {
        &self.laplacian
    }

    /// Wave vector of the mode at `flat` position.
    pub fn wave_vector(&self, flat: usize) -> [f64; D] {
        let index = self.grid.unravel(flat);
        std::array::from_fn(|a| self.wavenumbers[a][index[a]])
    }

    /// Coefficients of nodal values.
    pub fn forward(&self, values: &[f64]) -> Vec<f64> {
        let mut data = values.to_vec();
        self.forward_in_place(&mut data);
        data
    }

    /// Replaces nodal values by coefficients.
    pub fn forward_in_place(&self, data: &mut [f64]) {
        (0..D).for_each(|axis| self.pass(data, axis, |s| self.analyse(axis, Parity::Even, s)));
    }

    /// Nodal values of coefficients.
    pub fn inverse(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut data = coefficients.to_vec();
        self.inverse_in_place(&mut data);
        data
    }

    /// Replaces coefficients by nodal values.
    pub fn inverse_in_place(&self, data: &mut [f64]) {
        (0..D).for_each(|axis| self.pass(data, axis, |s| self.synthesise(axis, Parity::Even, s)));
    }

    /// Nodal values of ∂f/∂x_axis from the coefficients of f.
    pub fn derivative(&self, axis: usize, coefficients: &[f64]) -> Vec<f64> {
        let mut data = coefficients.to_vec();
        self.pass(&mut data, axis, |s| self.differentiate(axis, Parity::Even, s));
        for a in 0..D {
            let parity = if a == axis { Parity::Odd } else { Parity::Even };
            self.pass(&mut data, a, |s| self.synthesise(a, parity, s));
        }
        data
    }

    /// Coefficients of ∇·F from the nodal values of F, whose normal component is odd across walls.
    /// The mean of the result is exactly zero: nothing leaves the box.
    pub fn divergence(&self, flux: &[Vec<f64>; D]) -> Vec<f64> {
        let mut sum = vec![0.0; self.grid.len()];
        for axis in 0..D {
            let mut data = flux[axis].clone();
            for a in 0..D {
                let parity = if a == axis { Parity::Odd } else { Parity::Even };
                self.pass(&mut data, a, |s| self.analyse(a, parity, s));
            }
            self.pass(&mut data, axis, |s| self.differentiate(axis, Parity::Odd, s));
            sum.iter_mut().zip(&data).for_each(|(s, d)| *s += d);
        }
        sum
    }

    /// Coefficients of the same field on another grid of the same box: modes that both grids hold
    /// are kept, the others are dropped or zero.
    pub fn resample(&self, coefficients: &[f64], to: &Spectral<D>) -> Vec<f64> {
        let (from, strides) = (&self.grid, self.grid.strides());
        // The Nyquist mode of an even periodic axis is half of a pair and is left out.
        let held = |grid: &Grid<D>, a: usize| match grid.boundary[a] {
            Boundary::Periodic => grid.cells[a] - (grid.cells[a] + 1) % 2,
            Boundary::NoFlux => grid.cells[a],
        };
        (0..to.grid.len())
            .map(|flat| {
                let index = to.grid.unravel(flat);
                let shared = (0..D).all(|a| index[a] < held(from, a).min(held(&to.grid, a)));
                let at: usize = (0..D).map(|a| index[a] * strides[a]).sum();
                if from.cells == to.grid.cells {
                    coefficients[flat]
                } else if shared {
                    coefficients[at]
                } else {
                    0.0
                }
            })
            .collect()
    }

    /// Runs `line` over every line of `data` along `axis`.
    fn pass(&self, data: &mut [f64], axis: usize, line: impl Fn(&mut Scratch) + Sync) {
        let (n, stride) = (self.grid.cells[axis], self.grid.strides()[axis]);
        let batch = TILE * n;
        let fewest = BATCH.div_ceil(batch);
        if stride == 1 {
            data.par_chunks_mut(batch).with_min_len(fewest).for_each_init(
                || self.scratch(axis),
                |scratch, lines| lines.chunks_exact_mut(n).for_each(|l| scratch.run(l, &line)),
            );
            return;
        }
        // Tiles of neighbouring lines, out of the array and back into it.
        let tiles = stride.div_ceil(TILE);
        let mut lines = vec![0.0; data.len() / stride * tiles * TILE];
        let source = &*data;
        lines.par_chunks_mut(batch).with_min_len(fewest).enumerate().for_each_init(
            || self.scratch(axis),
            |scratch, (tile, lines)| {
                let slab = &source[tile / tiles * n * stride..][..n * stride];
                let first = tile % tiles * TILE;
                let width = TILE.min(stride - first);
                for (i, row) in slab.chunks_exact(stride).enumerate() {
                    for (w, value) in row[first..first + width].iter().enumerate() {
                        lines[w * n + i] = *value;
                    }
                }
                lines.chunks_exact_mut(n).take(width).for_each(|l| scratch.run(l, &line));
            },
        );
        data.par_chunks_mut(stride).with_min_len(BATCH.div_ceil(stride)).enumerate().for_each(
            |(row, values)| {
                let (slab, i) = (row / n, row % n);
                for (tile, values) in values.chunks_mut(TILE).enumerate() {
                    let lines = &lines[(slab * tiles + tile) * batch..];
                    for (w, value) in values.iter_mut().enumerate() {
                        *value = lines[w * n + i];
                    }
                }
            },
        );
    }

    fn scratch(&self, axis: usize) -> Scratch {
        let n = self.grid.cells[axis];
        let complex = match &self.axes[axis] {
            Axis::Periodic { forward, inverse } => {
                forward.get_scratch_len().max(inverse.get_scratch_len())
            }
            Axis::NoFlux(_) => 0,
        };
        Scratch {
            line: vec![0.0; n],
            spectrum: vec![Complex::default(); n / 2 + 1],
            complex: vec![Complex::default(); complex],
        }
    }

    /// Nodal values of a line to its coefficients.
    fn analyse(&self, axis: usize, parity: Parity, s: &mut Scratch) {
        let n = s.line.len();
        let (one, two) = (1.0 / n as f64, SQRT_2 / n as f64);
        match &self.axes[axis] {
            Axis::Periodic { forward, .. } => {
                forward
                    .process_with_scratch(&mut s.line, &mut s.spectrum, &mut s.complex)
                    .expect("buffers are sized by the plan");
                s.line[0] = s.spectrum[0].re * one;
                for j in 1..n {
                    let z = s.spectrum[j.div_ceil(2)];
                    s.line[j] = if j % 2 == 1 { z.re * two } else { -z.im * two };
                }
                if n.is_multiple_of(2) {
                    s.line[n - 1] = s.spectrum[n / 2].re * one;
                }
            }
            Axis::NoFlux(plan) if parity == Parity::Even => {
                plan.process_dct2(&mut s.line);
                s.line[0] *= one;
                s.line[1..].iter_mut().for_each(|c| *c *= two);
            }
            Axis::NoFlux(plan) => {
                // Entry j−1 of a DST-II belongs to sin κⱼx; the sine of order n has no cosine partner.
                plan.process_dst2(&mut s.line);
                for j in (1..n).rev() {
                    s.line[j] = s.line[j - 1] * two;
                }
                s.line[0] = 0.0;
            }
        }
    }

    /// Coefficients of a line to its nodal values.
    fn synthesise(&self, axis: usize, parity: Parity, s: &mut Scratch) {
        let n = s.line.len();
        match &self.axes[axis] {
            Axis::Periodic { inverse, .. } => {
                s.spectrum[0] = Complex::new(s.line[0], 0.0);
                for j in 1..n.div_ceil(2) {
                    s.spectrum[j] = Complex::new(s.line[2 * j - 1], -s.line[2 * j]) / SQRT_2;
                }
                if n.is_multiple_of(2) {
                    s.spectrum[n / 2] = Complex::new(s.line[n - 1], 0.0);
                }
                inverse
                    .process_with_scratch(&mut s.spectrum, &mut s.line, &mut s.complex)
                    .expect("the imaginary parts that must vanish are set to zero above");
            }
            Axis::NoFlux(plan) if parity == Parity::Even => {
                // rustdct's DCT-III halves the first entry.
                s.line[0] *= 2.0;
                s.line[1..].iter_mut().for_each(|c| *c *= SQRT_2);
                plan.process_dct3(&mut s.line);
            }
            Axis::NoFlux(plan) => {
                for j in 1..n {
                    s.line[j - 1] = s.line[j] * SQRT_2;
                }
                s.line[n - 1] = 0.0;
                plan.process_dst3(&mut s.line);
            }
        }
    }

    /// Coefficients of a line to those of its derivative; on a no-flux axis the parity flips.
    fn differentiate(&self, axis: usize, parity: Parity, s: &mut Scratch) {
        let (n, k) = (s.line.len(), &self.wavenumbers[axis]);
        match self.axes[axis] {
            Axis::Periodic { .. } => {
                s.line[0] = 0.0;
                for j in (1..n - 1).step_by(2) {
                    let (cos, sin) = (s.line[j], s.line[j + 1]);
                    (s.line[j], s.line[j + 1]) = (k[j] * sin, -k[j] * cos);
                }
                if n.is_multiple_of(2) {
                    s.line[n - 1] = 0.0;
                }
            }
            Axis::NoFlux(_) => {
                let sign = if parity == Parity::Even { -1.0 } else { 1.0 };
                s.line.iter_mut().zip(k).for_each(|(c, k)| *c *= sign * k);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<Grid<2>> {
        use Boundary::{NoFlux, Periodic};
        [[Periodic, Periodic], [NoFlux, NoFlux], [Periodic, NoFlux], [NoFlux, Periodic]]
            .into_iter()
            .flat_map(|boundary| {
                [[16, 12], [15, 9]].map(|cells| Grid {
                    lower: [-1.0, 0.5],
                    upper: [2.0, 2.5],
                    cells,
                    boundary,
                })
            })
            .collect()
    }

    /// A field with two modes per axis, its gradient and its Laplacian, matching the boundaries.
    fn field(g: &Grid<2>, x: &[f64; 2]) -> (f64, [f64; 2], f64) {
        let (mut f, mut d, mut dd) = ([0.0; 2], [0.0; 2], [0.0; 2]);
        for a in 0..2 {
            let (l, y) = (g.lengths()[a], x[a] - g.lower[a]);
            let (k, phase) = match g.boundary[a] {
                Boundary::Periodic => (2.0 * PI / l, 0.3),
                Boundary::NoFlux => (PI / l, 0.0),
            };
            for (j, c) in [(1.0, 1.0), (2.0, 0.4)] {
                let kj = j * k;
                f[a] += c * (kj * y + phase).cos();
                d[a] -= c * kj * (kj * y + phase).sin();
                dd[a] -= c * kj * kj * (kj * y + phase).cos();
            }
        }
        (f[0] * f[1], [d[0] * f[1], f[0] * d[1]], dd[0] * f[1] + f[0] * dd[1])
    }

    fn close(a: &[f64], b: &[f64]) {
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-11, "{a} {b}");
        }
    }

    #[test]
    fn there_and_back_and_parseval() {
        for g in cases() {
            let s = Spectral::new(&g);
            let f: Vec<f64> = (0..g.len()).map(|i| ((i * i) as f64 * 0.37).sin()).collect();
            let c = s.forward(&f);
            close(&s.inverse(&c), &f);
            let mean: f64 = f.iter().map(|f| f * f).sum::<f64>() / f.len() as f64;
            assert!((mean - c.iter().map(|c| c * c).sum::<f64>()).abs() < 1e-12);
        }
    }

    #[test]
    fn derivatives_are_exact_on_resolved_modes() {
        for g in cases() {
            let s = Spectral::new(&g);
            let c = s.forward(&g.sample(|x| field(&g, x).0));
            for a in 0..2 {
                close(&s.derivative(a, &c), &g.sample(|x| field(&g, x).1[a]));
            }
            let gradient = [0, 1].map(|a| s.derivative(a, &c));
            close(&s.inverse(&s.divergence(&gradient)), &g.sample(|x| field(&g, x).2));
            let k2 = s.laplacian();
            let lap: Vec<f64> = c.iter().zip(k2).map(|(c, k)| -k * c).collect();
            close(&s.inverse(&lap), &g.sample(|x| field(&g, x).2));
        }
    }

    #[test]
    fn a_resolved_field_survives_on_another_grid() {
        for g in cases() {
            let fine = Spectral::new(&g.with_cells([24, 33]));
            let s = Spectral::new(&g);
            let c = s.forward(&g.sample(|x| field(&g, x).0));
            close(&fine.inverse(&s.resample(&c, &fine)), &fine.grid().sample(|x| field(&g, x).0));
            close(&fine.resample(&s.resample(&c, &fine), &s), &c);
        }
    }

    #[test]
    fn divergence_has_no_mean() {
        for g in cases() {
            let s = Spectral::new(&g);
            let rough = [0, 1].map(|a| (0..g.len()).map(|i| ((i * 7 + a) as f64).sin()).collect());
            assert_eq!(s.divergence(&rough)[0], 0.0);
        }
    }
}
