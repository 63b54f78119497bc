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
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

/// Lines transformed together, so that a strided axis is read in whole cache lines. Even.
const TILE: usize = 8;
/// Numbers that make a task of their own worth its while.
const BATCH: usize = 1 << 13;

/// What a pass does along its axis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Nodal values of an even field to its coefficients.
    Analyse,
    /// Nodal values of a field that is odd across walls to the coefficients of its derivative.
    AnalyseDerivative,
    /// Coefficients to nodal values.
    Synthesise,
    /// Coefficients to nodal values of the derivative, which is odd across walls.
    SynthesiseDerivative,
}

/// The transform along one axis. All bases are real, so that the transform of f + ig is that of f
/// plus i times that of g: two lines take one complex FFT.
struct Axis {
    boundary: Boundary,
    wavenumbers: Vec<f64>,
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    /// e^{−iπj/2n} on no-flux axes.
    twiddles: Vec<Complex<f64>>,
}

/// i·z.
#[inline(always)]
fn turned(z: Complex<f64>) -> Complex<f64> {
    Complex::new(-z.im, z.re)
}

impl Axis {
    fn new(planner: &mut FftPlanner<f64>, boundary: Boundary, n: usize, length: f64) -> Self {
        let wavenumber = |j: usize| match boundary {
            Boundary::Periodic => 2.0 * PI / length * j.div_ceil(2) as f64,
            Boundary::NoFlux => PI / length * j as f64,
        };
        let twiddle = |j: usize| Complex::cis(-0.5 * PI * j as f64 / n as f64);
        Self {
            boundary,
            wavenumbers: (0..n).map(wavenumber).collect(),
            forward: planner.plan_fft_forward(n),
            inverse: planner.plan_fft_inverse(n),
            twiddles: match boundary {
                Boundary::Periodic => Vec::new(),
                Boundary::NoFlux => (0..n).map(twiddle).collect(),
            },
        }
    }

    fn scratch(&self) -> Scratch {
        let fft =
            self.forward.get_inplace_scratch_len().max(self.inverse.get_inplace_scratch_len());
        let lines = (TILE / 2 + 1) * self.pitch();
        Scratch { lines: vec![Complex::default(); lines], fft: vec![Complex::default(); fft] }
    }

    /// From one line of [`Scratch`] to the next. Without the gap, lines of a power of two would share
    /// the lower bits of their addresses, and a load would wait for a store to the other line.
    fn pitch(&self) -> usize {
        self.wavenumbers.len() + 8
    }

    /// Transforms a line; `spare` is as long.
    fn transform(
        &self,
        job: Job,
        line: &mut [Complex<f64>],
        spare: &mut [Complex<f64>],
        fft: &mut [Complex<f64>],
    ) {
        match (self.boundary, job) {
            (Boundary::Periodic, Job::Analyse | Job::AnalyseDerivative) => {
                self.forward.process_with_scratch(line, fft);
                self.to_waves(job, line, spare);
                line.copy_from_slice(spare);
            }
            (Boundary::Periodic, _) => {
                self.from_waves(job, line, spare);
                self.inverse.process_with_scratch(spare, fft);
                line.copy_from_slice(spare);
            }
            (Boundary::NoFlux, Job::Analyse | Job::AnalyseDerivative) => {
                fold(job, line, spare);
                self.forward.process_with_scratch(spare, fft);
                self.to_cosines(job, spare, line);
            }
            (Boundary::NoFlux, _) => {
                self.from_cosines(job, line, spare);
                self.inverse.process_with_scratch(spare, fft);
                unfold(job, spare, line);
            }
        }
    }

    /// Pairs (√2 cos, √2 sin) from the Fourier coefficients at ±κⱼ.
    fn to_waves(&self, job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
        let n = from.len();
        let (one, scale) = (1.0 / n as f64, FRAC_1_SQRT_2 / n as f64);
        let plus_minus = from[1..].iter().zip(from.iter().rev());
        let pairs = to[1..].chunks_exact_mut(2).zip(plus_minus);
        if job == Job::Analyse {
            for (pair, (p, m)) in pairs {
                pair[0] = (p + m) * scale;
                pair[1] = turned(p - m) * scale;
            }
            to[0] = from[0] * one;
        } else {
            for ((pair, (p, m)), k) in pairs.zip(self.wavenumbers[1..].iter().step_by(2)) {
                let scale = k * scale;
                pair[0] = turned(p - m) * scale;
                pair[1] = (p + m) * -scale;
            }
            to[0] = Complex::default();
        }
        if n.is_multiple_of(2) {
            // The derivative of the highest wave vanishes at the nodes.
            to[n - 1] = if job == Job::Analyse { from[n / 2] * one } else { Complex::default() };
        }
    }

    /// The Fourier coefficients at ±κⱼ from pairs (√2 cos, √2 sin).
    fn from_waves(&self, job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
        let n = from.len();
        let (low, high) = to.split_at_mut(n / 2 + 1);
        let plus_minus = low[1..].iter_mut().zip(high.iter_mut().rev());
        let pairs = from[1..].chunks_exact(2).zip(plus_minus);
        if job == Job::Synthesise {
            for (pair, (p, m)) in pairs {
                let (cos, sin) = (pair[0] * FRAC_1_SQRT_2, turned(pair[1]) * FRAC_1_SQRT_2);
                (*p, *m) = (cos - sin, cos + sin);
            }
            to[0] = from[0];
        } else {
            for ((pair, (p, m)), k) in pairs.zip(self.wavenumbers[1..].iter().step_by(2)) {
                let k = k * FRAC_1_SQRT_2;
                let (cos, sin) = (pair[1] * k, turned(pair[0]) * -k);
                (*p, *m) = (cos - sin, cos + sin);
            }
            to[0] = Complex::default();
        }
        if n.is_multiple_of(2) {
            to[n / 2] = if job == Job::Synthesise { from[n - 1] } else { Complex::default() };
        }
    }

    /// Cosine coefficients from the FFT of a folded line (Makhoul 1980); of an odd line, those of
    /// its derivative.
    fn to_cosines(&self, job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
        let n = from.len();
        let scale = FRAC_1_SQRT_2 / n as f64;
        to[0] = if job == Job::Analyse { from[0] / n as f64 } else { Complex::default() };
        for j in 1..n {
            let w = self.twiddles[j];
            let (p, m) = (w * from[j], w.conj() * from[n - j]);
            to[j] = match job {
                Job::Analyse => (p + m) * scale,
                _ => turned(p - m) * (self.wavenumbers[j] * scale),
            };
        }
    }

    /// The FFT of a folded line from cosine coefficients.
    fn from_cosines(&self, job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
        let n = from.len();
        let sine = |j: usize| from[j] * -self.wavenumbers[j];
        to[0] = if job == Job::Synthesise { from[0] } else { Complex::default() };
        for j in 1..n {
            let sum = match job {
                Job::Synthesise => from[j] - turned(from[n - j]),
                _ => sine(n - j) - turned(sine(j)),
            };
            to[j] = self.twiddles[j].conj() * sum * FRAC_1_SQRT_2;
        }
    }
}

/// Even entries forwards, then odd ones backwards; the latter change sign if the line is odd, which
/// makes cosines of its sines.
fn fold(job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
    let (even, odd) = to.split_at_mut(from.len().div_ceil(2));
    even.iter_mut().zip(from.iter().step_by(2)).for_each(|(to, from)| *to = *from);
    let sign = if job == Job::Analyse { 1.0 } else { -1.0 };
    let backwards = odd.iter_mut().rev();
    backwards.zip(from[1..].iter().step_by(2)).for_each(|(to, from)| *to = from * sign);
}

/// The reverse of [`fold`].
fn unfold(job: Job, from: &[Complex<f64>], to: &mut [Complex<f64>]) {
    let (even, odd) = from.split_at(from.len().div_ceil(2));
    to.iter_mut().step_by(2).zip(even).for_each(|(to, from)| *to = *from);
    let sign = if job == Job::Synthesise { 1.0 } else { -1.0 };
    let backwards = odd.iter().rev();
    to[1..].iter_mut().step_by(2).zip(backwards).for_each(|(to, from)| *to = from * sign);
}

/// Work space of one pass along an axis.
struct Scratch {
    /// Half a tile, and a spare one.
    lines: Vec<Complex<f64>>,
    fft: Vec<Complex<f64>>,
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
    axes: [Axis; D],
    laplacian: Vec<f64>,
}

impl<const D: usize> Spectral<D> {
    /// Plans the transforms of `grid`.
    pub fn new(grid: &Grid<D>) -> Self {
        let (mut planner, lengths) = (FftPlanner::new(), grid.lengths());
        let axes = std::array::from_fn(|a| {
            Axis::new(&mut planner, grid.boundary[a], grid.cells[a], lengths[a])
        });
        let mut spectral = Self { grid: grid.clone(), axes, laplacian: Vec::new() };
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
        std::array::from_fn(|a| self.axes[a].wavenumbers[index[a]])
    }

    /// Coefficients of nodal values.
    pub fn forward(&self, values: &[f64]) -> Vec<f64> {
        let mut data = values.to_vec();
        self.forward_in_place(&mut data);
        data
    }

    /// Replaces nodal values by coefficients.
    pub fn forward_in_place(&self, data: &mut [f64]) {
        (0..D).rev().for_each(|axis| self.pass(data, axis, Job::Analyse));
    }

    /// Nodal values of coefficients.
    pub fn inverse(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut data = coefficients.to_vec();
        self.inverse_in_place(&mut data);
        data
    }

    /// Replaces coefficients by nodal values.
    pub fn inverse_in_place(&self, data: &mut [f64]) {
        (0..D).for_each(|axis| self.pass(data, axis, Job::Synthesise));
    }

    /// Nodal values of ∂f/∂x_axis from the coefficients of f.
    pub fn derivative(&self, axis: usize, coefficients: &[f64]) -> Vec<f64> {
        let mut data = coefficients.to_vec();
        self.derivative_in_place(axis, &mut data);
        data
    }

    /// Replaces coefficients of f by nodal values of ∂f/∂x_axis.
    pub fn derivative_in_place(&self, axis: usize, data: &mut [f64]) {
        for a in 0..D {
            self.pass(data, a, if a == axis { Job::SynthesiseDerivative } else { Job::Synthesise });
        }
    }

    /// Coefficients of ∇·F from the nodal values of F, whose normal component is odd across walls.
    /// The mean of the result is exactly zero: nothing leaves the box.
    pub fn divergence(&self, flux: &[Vec<f64>; D]) -> Vec<f64> {
        let mut flux = flux.clone();
        self.divergence_in_place(&mut flux);
        flux.into_iter().next().expect("there is an axis")
    }

    /// Replaces the first component of F by the coefficients of ∇·F, and overwrites the others.
    pub fn divergence_in_place(&self, flux: &mut [Vec<f64>; D]) {
        for (axis, component) in flux.iter_mut().enumerate() {
            for a in (0..D).rev() {
                let job = if a == axis { Job::AnalyseDerivative } else { Job::Analyse };
                self.pass(component, a, job);
            }
        }
        let (sum, others) = flux.split_first_mut().expect("there is an axis");
        for other in others {
            sum.iter_mut().zip(other).for_each(|(s, o)| *s += *o);
        }
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

    /// Does `job` on every line of `data` along `axis`.
    fn pass(&self, data: &mut [f64], axis: usize, job: Job) {
        let (n, stride) = (self.grid.cells[axis], self.grid.strides()[axis]);
        let (axis, fewest) = (&self.axes[axis], BATCH.div_ceil(TILE * n));
        if stride == 1 {
            data.par_chunks_mut(TILE * n).with_min_len(fewest).for_each_init(
                || axis.scratch(),
                |scratch, lines| axis.along_rows(job, lines, scratch),
            );
        } else {
            tiles(data, n, stride).par_iter_mut().with_min_len(fewest).for_each_init(
                || axis.scratch(),
                |scratch, tile| axis.along_columns(job, tile, scratch),
            );
        }
    }
}

/// Tiles of at most [`TILE`] neighbouring lines along an axis of `n` nodes, row by row.
fn tiles(data: &mut [f64], n: usize, stride: usize) -> Vec<Vec<&mut [f64]>> {
    let across = stride.div_ceil(TILE);
    let count = data.len() / (n * stride) * across;
    let mut tiles: Vec<Vec<&mut [f64]>> = (0..count).map(|_| Vec::with_capacity(n)).collect();
    for (slab, tiles) in data.chunks_exact_mut(n * stride).zip(tiles.chunks_exact_mut(across)) {
        for row in slab.chunks_exact_mut(stride) {
            row.chunks_mut(TILE).zip(&mut *tiles).for_each(|(part, tile)| tile.push(part));
        }
    }
    tiles
}

impl Axis {
    /// Does `job` on lines that follow one another.
    fn along_rows(&self, job: Job, lines: &mut [f64], scratch: &mut Scratch) {
        let n = self.wavenumbers.len();
        let (line, spare) = scratch.lines.split_at_mut(self.pitch());
        let (line, spare) = (&mut line[..n], &mut spare[..n]);
        for pair in lines.chunks_mut(2 * n) {
            let (first, second) = pair.split_at_mut(n);
            if second.is_empty() {
                line.iter_mut().zip(&*first).for_each(|(to, re)| *to = (*re).into());
            }
            for ((to, re), im) in line.iter_mut().zip(&*first).zip(&*second) {
                *to = Complex::new(*re, *im);
            }
            self.transform(job, line, spare, &mut scratch.fft);
            first.iter_mut().zip(&*line).for_each(|(to, from)| *to = from.re);
            second.iter_mut().zip(&*line).for_each(|(to, from)| *to = from.im);
        }
    }

    /// Does `job` on the columns of a tile.
    fn along_columns(&self, job: Job, tile: &mut [&mut [f64]], scratch: &mut Scratch) {
        let (n, width, pitch) = (tile.len(), tile[0].len(), self.pitch());
        let (lines, spare) = scratch.lines.split_at_mut(TILE / 2 * pitch);
        for (i, row) in tile.iter().enumerate() {
            let pairs = row.chunks_exact(2);
            if let [last] = pairs.remainder() {
                lines[width / 2 * pitch + i] = (*last).into();
            }
            pairs.enumerate().for_each(|(p, c)| lines[p * pitch + i] = Complex::new(c[0], c[1]));
        }
        for line in lines.chunks_exact_mut(pitch).take(width.div_ceil(2)) {
            self.transform(job, &mut line[..n], &mut spare[..n], &mut scratch.fft);
        }
        for (i, row) in tile.iter_mut().enumerate() {
            let mut pairs = row.chunks_exact_mut(2);
            for (p, pair) in pairs.by_ref().enumerate() {
                let from = lines[p * pitch + i];
                (pair[0], pair[1]) = (from.re, from.im);
            }
            if let [last] = pairs.into_remainder() {
                *last = lines[width / 2 * pitch + i].re;
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
