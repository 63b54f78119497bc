//! Kernel density estimation: ρ_h = K_h * Σᵢ wᵢ δ(x − xᵢ) on the grid.
//!
//! Cells are spread by the quadratic B-spline (the adjoint of how they sense), and one multiplier
//! turns the spline into the wanted kernel K_h, up to the aliases that the spline itself damps.

use crate::cells::{BLOCK, Vectors};
use crate::crew::Crew;
use crate::simd::{Vectorised, vectorise};
use crate::spectral::Spectral;
use crate::spline::{self, NodeMap};
use crate::vector::Vector;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Largest number of private grids.
const PARTS: usize = 64;
/// Private grids that there are even where cells are few for the grid: threads need parts to share.
const FEW_PARTS: usize = 8;
/// Cells that make a private grid worth its while, at least, and per node.
const CELLS_PER_PART: usize = 1 << 12;
const CELLS_PER_NODE: usize = 2;
/// Places in a block that are deposited in turn.
const STRIDES: usize = 16;

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
    map: Arc<NodeMap<D>>,
    /// K̂_h of every mode, and that over the transform of the spline.
    kernel: Vec<f64>,
    multiplier: Vec<f64>,
    per_volume: f64,
    /// Who has the cells.
    pub crew: Crew,
}

/// Private grids of a deposit, each of some of the cells.
#[derive(Default)]
pub struct Parts {
    /// The grids.
    pub grids: Vec<Vec<f64>>,
    /// Cells of each.
    pub length: usize,
    /// The number of the first cell, which is that of a block.
    pub start: usize,
    /// Cells of the whole crew.
    pub all: usize,
}

impl<const D: usize> Deposit<D> {
    /// Kernel of standard deviation `bandwidth` and order 2, 4 or 6.
    pub fn new(spectral: &Spectral<D>, map: Arc<NodeMap<D>>, bandwidth: f64, order: usize) -> Self {
        let squares = spectral.laplacian().par_iter();
        let kernel: Vec<f64> = squares.map(|k2| smoothing_kernel(bandwidth, order, *k2)).collect();
        let symbol = spectral.table(|k| spline::symbol(spectral.grid(), k));
        let multiplier = kernel.iter().zip(symbol).map(|(k, s)| k / s).collect();
        Self {
            map,
            kernel,
            multiplier,
            per_volume: 1.0 / spectral.grid().cell_volume(),
            crew: Crew::default(),
        }
    }

    /// K_h * u, by coefficients.
    pub fn smooth(&self, u: &[f64]) -> Vec<f64> {
        u.iter().zip(&self.kernel).map(|(c, k)| c * k).collect()
    }

    /// Empty private grids for `own` cells, which are all unless a crew has them, of [`BLOCK`]s each. How many a grid is
    /// of depends on the number of all cells alone, and the grids are added up in order: the sum carries the same bits
    /// for any number of threads, and any crew.
    pub fn parts(&self, own: usize) -> Parts {
        let all = self.crew.count(own);
        let length = self.length(all);
        let Range { start, end } = self.crew.own(all, length);
        let count = (end - start).div_ceil(length);
        let grids = vec![vec![0.0; self.map.len()]; count];
        Parts { grids, length, start, all }
    }

    /// Those of `cells` cells that this process has.
    pub fn own(&self, cells: usize) -> Range<usize> {
        self.crew.own(cells, self.length(cells))
    }

    /// Cells on one private grid, of `cells` in all.
    fn length(&self, cells: usize) -> usize {
        let worth = CELLS_PER_PART.max(CELLS_PER_NODE * self.map.len());
        let few = (cells / CELLS_PER_PART).min(FEW_PARTS);
        let wanted = (cells / worth).max(few).clamp(1, PARTS).next_power_of_two();
        cells.div_ceil(wanted).next_multiple_of(BLOCK).max(BLOCK)
    }

    /// Adds `weight` · B(x − xᵢ)/|cell| for cells of equal weight to a private grid.
    pub fn add(&self, part: &mut [f64], positions: &[Vector<D>], weight: f64) {
        let amount = self.per_volume * weight;
        vectorise(Spread { map: &self.map, part, positions, amount });
    }

    /// Coefficients of ρ_h in `field`, from the private grids; the first of them is overwritten.
    pub fn collect(&self, spectral: &Spectral<D>, parts: &mut [Vec<f64>], field: &mut Vec<f64>) {
        let mut none = Vec::new();
        let (first, others) = match parts.split_first_mut() {
            Some((first, others)) => (first, &*others),
            None => {
                none.resize(self.map.len(), 0.0);
                (&mut none, &[][..])
            }
        };
        self.crew.add_up(first, others);
        field.clear();
        field.resize(spectral.grid().len(), 0.0);
        self.map.unpad(first, field);
        spectral.forward_in_place(field);
        field.iter_mut().zip(&self.multiplier).for_each(|(c, m)| *c *= m);
    }

    /// Coefficients of K_h * Σᵢ w(i) δ(x − xᵢ), where `weight(i)` is the weight of cell i.
    pub fn coefficients(
        &self,
        spectral: &Spectral<D>,
        positions: &Vectors<D>,
        weight: impl Fn(usize) -> f64 + Sync,
    ) -> Vec<f64> {
        let (Parts { mut grids, length, .. }, mut field) =
            (self.parts(positions.len()), Vec::new());
        grids.par_iter_mut().enumerate().for_each(|(part, grid)| {
            let end = positions.len().min((part + 1) * length);
            for first in (part * length..end).step_by(BLOCK) {
                let block = positions.view(first..end.min(first + BLOCK));
                for (i, x) in block.iter().enumerate() {
                    let amount = self.per_volume * weight(first + i);
                    self.map.deposit(grid, &self.map.stencil(x), amount);
                }
            }
        });
        self.collect(spectral, &mut grids, &mut field);
        field
    }
}

/// Adds cells of equal weight to a grid.
struct Spread<'a, const D: usize> {
    map: &'a NodeMap<D>,
    part: &'a mut [f64],
    positions: &'a [Vector<D>],
    amount: f64,
}

impl<const D: usize> Vectorised for Spread<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Neighbours in the array are often neighbours in space, and a sum has to wait for the one
        // before it at the same node: strides of the array in turn.
        let stride = self.positions.len().div_ceil(STRIDES);
        for first in 0..stride {
            for x in self.positions[first..].iter().step_by(stride) {
                self.map.deposit(self.part, &self.map.stencil(x), self.amount);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};

    fn setup(order: usize) -> (Spectral<2>, Deposit<2>) {
        let grid = Grid {
            lower: [0.0, 0.0],
            upper: [2.0, 3.0],
            cells: [40, 60],
            boundary: [Boundary::Periodic, Boundary::NoFlux],
        };
        let spectral = Spectral::new(&grid);
        let deposit = Deposit::new(&spectral, Arc::new(NodeMap::new(&grid)), 0.1, order);
        (spectral, deposit)
    }

    #[test]
    fn mass_is_kept_to_round_off() {
        let (spectral, deposit) = setup(2);
        let xs: Vec<[f64; 2]> = (0..1000).map(|i| [0.002 * i as f64, 0.003 * i as f64]).collect();
        let c = deposit.coefficients(&spectral, &xs.into(), |i| i as f64);
        assert!((c[0] * 6.0 / 499_500.0 - 1.0).abs() < 1e-14);
    }

    /// Aliases of the spline leave 0.2% of the peak at h = 2 grid cells.
    #[test]
    fn one_cell_becomes_the_gaussian_periodic_or_mirrored() {
        let (spectral, deposit) = setup(2);
        let at = [0.03, 0.12];
        let rho = spectral.inverse(&deposit.coefficients(&spectral, &vec![at].into(), |_| 1.0));
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
