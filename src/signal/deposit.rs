//! Kernel density estimation: ρ_h = K_h * Σᵢ wᵢ δ(x − xᵢ) on the grid.
//!
//! Cells are spread by the quadratic B-spline (the adjoint of how they sense), and one multiplier
//! turns the spline into the wanted kernel K_h, up to the aliases that the spline itself damps.

use crate::grid::Grid;
use crate::spectral::Spectral;
use crate::spline::{self, NodeMap};
use crate::vector::Vector;
use rayon::prelude::*;

/// Largest number of private grids. They are merged in order, and their number depends on the
/// number of cells alone, so the sum carries the same bits for any number of threads.
const PARTS: usize = 8;
/// Cells that make a private grid worth its memory.
const CELLS_PER_PART: usize = 1 << 16;

/// Fourier transform of K_h at |κ|² = `k2`: e^{−q} Σ_{j<order/2} qʲ/j!, q = h²|κ|²/2.
///
/// Order 2 is the Gaussian of standard deviation h. Orders 4 and 6 have bias O(h⁴), O(h⁶), at the
/// price of a kernel that is slightly negative in its tails (Wand & Jones 1995, §2.8).
pub fn smoothing_kernel(bandwidth: f64, order: usize, k2: f64) -> f64 {
    let q = 0.5 * bandwidth * bandwidth * k2;
    let (mut term, mut sum) = (1.0, 1.0);
    for j in 1..order / 2 {
        term *= q / j as f64;
        sum += term;
    }
    (-q).exp() * sum
}

/// Deposits cells on one grid with one kernel.
pub struct Deposit<const D: usize> {
    map: NodeMap<D>,
    multiplier: Vec<f64>,
}

impl<const D: usize> Deposit<D> {
    /// Kernel of standard deviation `bandwidth` and order 2, 4 or 6.
    pub fn new(spectral: &Spectral<D>, bandwidth: f64, order: usize) -> Self {
        let grid = spectral.grid();
        let multiplier = spectral.table(|k| {
            let k2 = k.iter().map(|k| k * k).sum();
            smoothing_kernel(bandwidth, order, k2) / spline::symbol(grid, k)
        });
        Self { map: NodeMap::new(grid), multiplier }
    }

    /// Coefficients of K_h * Σᵢ w(i) δ(x − xᵢ), where `weight(i)` is the weight of cell i.
    pub fn coefficients(
        &self,
        spectral: &Spectral<D>,
        positions: &[Vector<D>],
        weight: impl Fn(usize) -> f64 + Sync,
    ) -> Vec<f64> {
        let mut field = self.spread(spectral.grid(), positions, weight);
        spectral.forward_in_place(&mut field);
        field.iter_mut().zip(&self.multiplier).for_each(|(c, m)| *c *= m);
        field
    }

    /// The spline deposit itself, as a density.
    fn spread(
        &self,
        grid: &Grid<D>,
        positions: &[Vector<D>],
        weight: impl Fn(usize) -> f64 + Sync,
    ) -> Vec<f64> {
        let per_volume = 1.0 / grid.cell_volume();
        let parts = (positions.len() / CELLS_PER_PART).clamp(1, PARTS);
        let length = positions.len().div_ceil(parts).max(1);
        let private: Vec<Vec<f64>> = positions
            .par_chunks(length)
            .enumerate()
            .map(|(part, chunk)| {
                let mut field = vec![0.0; grid.len()];
                for (i, x) in chunk.iter().enumerate() {
                    self.map.deposit(&mut field, x, per_volume * weight(part * length + i));
                }
                field
            })
            .collect();
        let mut parts = private.into_iter();
        let mut sum = parts.next().unwrap_or_else(|| vec![0.0; grid.len()]);
        for part in parts {
            sum.iter_mut().zip(&part).for_each(|(s, p)| *s += p);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Boundary;

    fn setup(order: usize) -> (Spectral<2>, Deposit<2>) {
        let grid = Grid {
            lower: [0.0, 0.0],
            upper: [2.0, 3.0],
            cells: [40, 60],
            boundary: [Boundary::Periodic, Boundary::NoFlux],
        };
        let spectral = Spectral::new(&grid);
        let deposit = Deposit::new(&spectral, 0.1, order);
        (spectral, deposit)
    }

    #[test]
    fn mass_is_kept_to_round_off() {
        let (spectral, deposit) = setup(2);
        let xs: Vec<[f64; 2]> = (0..1000).map(|i| [0.002 * i as f64, 0.003 * i as f64]).collect();
        let c = deposit.coefficients(&spectral, &xs, |i| i as f64);
        assert!((c[0] * 6.0 / 499_500.0 - 1.0).abs() < 1e-14);
    }

    /// Aliases of the spline leave 0.2% of the peak at h = 2 grid cells.
    #[test]
    fn one_cell_becomes_the_gaussian_periodic_or_mirrored() {
        let (spectral, deposit) = setup(2);
        let at = [0.03, 0.12];
        let rho = spectral.inverse(&deposit.coefficients(&spectral, &[at], |_| 1.0));
        let bell = |d: f64| (-d * d / 0.02).exp() / (0.02 * std::f64::consts::PI).sqrt();
        let peak = bell(0.0).powi(2);
        for (i, x) in spectral.grid().nodes().enumerate() {
            let along: f64 = [-2.0, 0.0, 2.0].iter().map(|s| bell(x[0] - at[0] + s)).sum();
            let across = bell(x[1] - at[1]) + bell(x[1] + at[1]);
            assert!((rho[i] - along * across).abs() < 4e-3 * peak, "{x:?} {}", rho[i]);
        }
    }

    /// Weak bias of the kernel on cos(kx): 1 − K̂. Orders 4 and 6 gain powers of h²k².
    #[test]
    fn higher_orders_have_smaller_bias() {
        let q: f64 = 0.5 * 0.01 * 4.0;
        for (order, leading) in [(2, q), (4, q * q / 2.0), (6, q * q * q / 6.0)] {
            let bias = 1.0 - smoothing_kernel(0.1, order, 4.0);
            assert!((bias / leading - 1.0).abs() < 0.05, "{order}: {bias} {leading}");
        }
    }
}
