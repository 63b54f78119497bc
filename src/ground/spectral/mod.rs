//! Real spectral transforms on a [`Grid`]: Fourier along periodic and open axes, cosine along no-flux
//! axes.
//!
//! Along every axis the basis is real and orthonormal for the mean over the nodes,
//!
//! - periodic: 1, √2 cos κ₁y, √2 sin κ₁y, √2 cos κ₂y, …, with κⱼ = 2πj/L,
//! - no-flux:  1, √2 cos κ₁x, √2 cos κ₂x, …, with κⱼ = πj/L,
//!
//! so (1/n)Σᵢ fᵢ² = Σⱼ cⱼ² (Parseval), and every operator that depends on the Laplacian alone is a
//! product with a table. A field that is odd across a no-flux wall (a flux, a gradient component)
//! is expanded in √2 sin κⱼx along that axis.

mod axis;
mod lines;
mod nodes;
mod pass;
mod waves;

pub use lines::{LONGEST, LineMatrix};
pub use nodes::{Field, NodeSpace};
pub use waves::{Memory, Waves};

use crate::grid::{Boundary, Grid};
use crate::vector::Vector;
use axis::{Axis, Job};
use rayon::prelude::*;
use rustfft::FftPlanner;
use std::f64::consts::SQRT_2;

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
    pub fn table(&self, f: impl Fn(&[f64; D]) -> f64 + Sync) -> Vec<f64> {
        (0..self.grid.len()).into_par_iter().map(|flat| f(&self.wave_vector(flat))).collect()
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

    /// The values at a point of the basis functions along every axis. The highest wave of an even
    /// periodic axis, ±1 at the nodes, is half of a pair.
    pub fn basis_at(&self, x: &[f64; D]) -> [Vec<f64>; D] {
        std::array::from_fn(|a| {
            let (n, y) = (self.grid.cells[a], x[a] - self.grid.lower[a]);
            let walls = self.grid.boundary[a].of_basis() == Boundary::NoFlux;
            let value = |(j, k): (usize, &f64)| match j {
                0 => 1.0,
                _ if walls => SQRT_2 * (k * y).cos(),
                j if j == n - 1 && n % 2 == 0 => (k * y).cos(),
                j if j % 2 == 1 => SQRT_2 * (k * y).cos(),
                _ => SQRT_2 * (k * y).sin(),
            };
            self.axes[a].wavenumbers.iter().enumerate().map(value).collect()
        })
    }

    /// Whether a mode lies in the upper third of the spectrum of some axis.
    pub fn upper_modes(&self) -> Vec<bool> {
        let last = self.wave_vector(self.grid.len() - 1);
        (0..self.grid.len())
            .map(|flat| {
                let k = self.wave_vector(flat);
                (0..D).any(|a| 3.0 * k[a] > 2.0 * last[a])
            })
            .collect()
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
        (0..D).for_each(|a| self.pass(&mut data, a, Job::synthesise(a == axis)));
        data
    }

    /// Nodal values of f(x + `by`) from the coefficients of f; beyond a wall f is even. Exact for every
    /// mode but the highest wave of an even periodic axis, half of a pair: of that, what is even.
    pub fn shifted(&self, coefficients: &[f64], by: &Vector<D>) -> Vec<f64> {
        let mut data = coefficients.to_vec();
        for (a, by) in by.iter().enumerate() {
            // cos κ(x+h) = cos κh · cos κx + (sin κh)/κ · d/dx cos κx, and so for the sine.
            let wave = &self.axes[a].wavenumbers;
            let (stride, count) = (self.grid.strides()[a], self.grid.cells[a]);
            let factors: Vec<[f64; 2]> = wave
                .iter()
                .map(|k| [(k * by).cos(), (k * by).sin() / k.max(f64::MIN_POSITIVE)])
                .collect();
            let mut odd = data.clone();
            for (i, (even, odd)) in data.iter_mut().zip(&mut odd).enumerate() {
                let [cos, sin] = factors[i / stride % count];
                (*even, *odd) = (*even * cos, *odd * sin);
            }
            self.pass(&mut data, a, Job::Synthesise);
            self.pass(&mut odd, a, Job::SynthesiseDerivative);
            data.iter_mut().zip(&odd).for_each(|(even, odd)| *even += odd);
        }
        data
    }

    /// Replaces nodal values by those of the derivative along one axis, of a field that is even or
    /// odd across that axis's walls.
    pub fn derivative_along(&self, axis: usize, data: &mut [f64], odd: bool) {
        self.pass(data, axis, Job::analyse(odd));
        self.pass(data, axis, Job::synthesise(!odd));
    }

    /// Coefficients of ∇·F from the nodal values of F, whose normal component is odd across walls.
    /// The mean of the result is exactly zero: nothing leaves the box.
    pub fn divergence(&self, flux: &[Vec<f64>; D]) -> Vec<f64> {
        let mut sum = vec![0.0; self.grid.len()];
        for (axis, component) in flux.iter().enumerate() {
            let mut data = component.clone();
            (0..D).rev().for_each(|a| self.pass(&mut data, a, Job::analyse(a == axis)));
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
            Boundary::NoFlux => grid.cells[a],
            _ => grid.cells[a] - (grid.cells[a] + 1) % 2,
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

    /// Nodal values of the component along `axis` of a vector field on another grid of the same box,
    /// from those on this one: across a wall it is odd, and so the derivative of an even field.
    pub fn resample_flux(&self, axis: usize, values: &[f64], to: &Spectral<D>) -> Vec<f64> {
        if self.grid == to.grid {
            return values.to_vec();
        }
        if self.grid.boundary[axis] != Boundary::NoFlux {
            return to.inverse(&self.resample(&self.forward(values), to));
        }
        let mut potential = values.to_vec();
        (0..D).rev().for_each(|a| self.pass(&mut potential, a, Job::analyse(a == axis)));
        let (stride, wave) = (self.grid.strides()[axis], &self.axes[axis].wavenumbers);
        for (i, c) in potential.iter_mut().enumerate() {
            let k = wave[i / stride % wave.len()];
            *c = if k == 0.0 { 0.0 } else { -*c / (k * k) };
        }
        to.derivative(axis, &self.resample(&potential, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

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
                Boundary::NoFlux => (PI / l, 0.0),
                _ => (2.0 * PI / l, 0.3),
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

    /// A shift against the field itself, which walls mirror and periods repeat.
    #[test]
    fn shifts_are_exact_on_resolved_modes() {
        for g in cases() {
            let s = Spectral::new(&g);
            let c = s.forward(&g.sample(|x| field(&g, x).0));
            for by in [[0.3, -0.7], [-5.1, 2.2], [0.0, 0.0]] {
                let there = g.sample(|x| field(&g, &[x[0] + by[0], x[1] + by[1]]).0);
                close(&s.shifted(&c, &by), &there);
            }
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

    /// A flux is odd across walls, where a cosine series of it would ring.
    #[test]
    fn a_resolved_flux_survives_on_another_grid() {
        for g in cases() {
            let (s, fine) = (Spectral::new(&g), Spectral::new(&g.with_cells([24, 33])));
            for a in 0..2 {
                let flux = |g: &Grid<2>| g.sample(|x| field(g, x).1[a]);
                close(&s.resample_flux(a, &flux(&g), &fine), &flux(fine.grid()));
            }
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
