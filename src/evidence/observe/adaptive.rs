//! Adaptive kernel density: one bandwidth for each cell, from the distance to its k-th neighbour.

use super::neighbours::distances_to_neighbour;
use crate::cells::Population;
use crate::grid::{Boundary, Grid};
use crate::vector::Vector;
use rayon::prelude::*;

/// Private grids, added up in order: the sum carries the same bits for any number of threads.
const PARTS: usize = 8;
/// Standard deviations after which a kernel ends; what lies beyond, 2·10⁻⁹, stays in its last grid cell.
const REACH: f64 = 6.0;

/// The mean over each grid cell of ρ(x) = w Σᵢ K_{hᵢ}(x − xᵢ), with K_h Gaussian and
/// hᵢ = d_k(xᵢ)/√(d+2), d_k the distance to the `k`-th of the other cells (Breiman, Meisel & Purcell
/// 1977), 1 ≤ k < number of cells.
///
/// K has the variance of the uniform law on the ball of k neighbours. The relative variance of ρ is about
/// 1.5/k in every dimension, of which 1/k would be that of a fixed bandwidth of this size. Every cell carries its mass w whole: across walls
/// it is reflected, across periodic faces wrapped, and it leaves an open box.
pub fn adaptive_density<const D: usize>(
    grid: &Grid<D>,
    cells: &Population<D>,
    k: usize,
) -> Vec<f64> {
    let scale = (D as f64 + 2.0).sqrt().recip();
    let distances = distances_to_neighbour(grid, &cells.positions.view(0..cells.len()), k);
    let length = cells.len().div_ceil(PARTS);
    let mut parts = vec![vec![0.0; grid.len()]; PARTS];
    parts
        .par_iter_mut()
        .zip(cells.positions.par_blocks(length))
        .zip(distances.par_chunks(length))
        .for_each(|((part, positions), distances)| {
            for (x, distance) in positions.iter().zip(distances) {
                spread(grid, x, scale * distance, part);
            }
        });
    let density = cells.weight / grid.cell_volume();
    (0..grid.len()).map(|i| density * parts.iter().map(|part| part[i]).sum::<f64>()).collect()
}

/// Adds the share of each grid cell in a Gaussian of standard deviation `h` about `x`.
fn spread<const D: usize>(grid: &Grid<D>, x: &Vector<D>, h: f64, sum: &mut [f64]) {
    let (shares, strides) = (std::array::from_fn(|a| shares(grid, a, x[a], h)), grid.strides());
    let [first @ .., last]: &[Vec<(usize, f64)>] = &shares as &[_; D] else { return };
    let mut rows = vec![(0, 1.0)];
    for (axis, stride) in first.iter().zip(strides) {
        let beside = |(at, mass): (usize, f64)| {
            axis.iter().map(move |(i, share)| (at + i * stride, mass * share))
        };
        rows = rows.into_iter().flat_map(beside).collect();
    }
    for (at, mass) in rows {
        last.iter().for_each(|(i, share)| sum[at + i] += mass * share);
    }
}

/// The share of each grid cell along `axis`, by its index, in a Gaussian about `x`.
fn shares<const D: usize>(grid: &Grid<D>, axis: usize, x: f64, h: f64) -> Vec<(usize, f64)> {
    let (n, spacing) = (grid.cells[axis], grid.spacing()[axis]);
    // The cell around node i, in units of the spacing, is [i, i + 1) about the shifted place.
    let place = (x - grid.lower[axis]) / spacing - grid.offset(axis) + 0.5;
    let width = h / spacing;
    let first = (place - REACH * width).floor() as i64;
    let last = (place + REACH * width).floor() as i64;
    let below = |edge: i64| 0.5 * libm::erfc((place - edge as f64) / (width * f64::sqrt(2.0)));
    let mut shares = Vec::with_capacity((last - first + 1) as usize);
    let mut before = 0.0;
    for i in first..=last {
        let until = if i == last { 1.0 } else { below(i + 1) };
        let open = matches!(grid.boundary[axis], Boundary::Open { .. });
        if !open || (0..n as i64).contains(&i) {
            shares.push((grid.fold_index(axis, i), until - before));
        }
        before = until;
    }
    if shares.len() <= n { shares } else { gathered(&shares, n) }
}

/// One entry for each of `n` indices.
fn gathered(shares: &[(usize, f64)], n: usize) -> Vec<(usize, f64)> {
    let mut all = vec![0.0; n];
    shares.iter().for_each(|(i, share)| all[*i] += share);
    all.into_iter().enumerate().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Streams};
    use crate::signal::Deposit;
    use crate::spectral::Spectral;
    use crate::spline::NodeMap;
    use rand::RngExt;
    use rand_distr::StandardNormal;
    use std::f64::consts::PI;
    use std::sync::Arc;

    fn population<const D: usize>(positions: Vec<Vector<D>>, mass: f64) -> Population<D> {
        let weight = mass / positions.len() as f64;
        let velocities = vec![[0.0; D]; positions.len()];
        Population::new(positions, velocities, weight)
    }

    /// Mean over a grid cell about `x` of the density of Gaussians on a lattice of spacing `a` with a
    /// point at 0: its Fourier series.
    fn lattice(x: f64, a: f64, h: f64, spacing: f64) -> f64 {
        let wave = |m: i32| {
            let (k, q) = (2.0 * PI * f64::from(m) / a, PI * f64::from(m) * spacing / a);
            2.0 * (-0.5 * (k * h).powi(2)).exp() * q.sin() / q * (k * x).cos()
        };
        (1.0 + (1..40).map(wave).sum::<f64>()) / a
    }

    /// A lattice of spacing a has d_k = a for k up to 2d and a√2 (in the plane) up to 8, whether it is
    /// continued by periods or by mirrors.
    #[test]
    fn a_lattice_has_its_exact_density() {
        let (a, n) = (0.5, 8);
        let line = Grid { lower: [1.0], upper: [5.0], cells: [32], boundary: [Boundary::Periodic] };
        let xs = (0..n).map(|i| [1.0 + a * f64::from(i)]).collect();
        let rho = adaptive_density(&line, &population(xs, f64::from(n)), 2);
        for (rho, x) in rho.iter().zip(line.nodes()) {
            let exact = lattice(x[0] - 1.0, a, a / 3_f64.sqrt(), 0.125);
            assert!((rho - exact).abs() < 1e-7, "{rho} {exact}");
        }
        let boundary = [Boundary::Periodic, Boundary::NoFlux];
        let plane = Grid { lower: [0.0; 2], upper: [4.0, 2.0], cells: [32, 20], boundary };
        let places = (0..n).flat_map(|i| (0..4).map(move |j| (i, j)));
        let xs: Vec<_> =
            places.map(|(i, j)| [a * f64::from(i), a * (0.5 + f64::from(j))]).collect();
        let cells = population(xs, 32.0);
        for (k, distance) in [(1, a), (4, a), (5, a * 2_f64.sqrt()), (8, a * 2_f64.sqrt())] {
            let (rho, h) = (adaptive_density(&plane, &cells, k), 0.5 * distance);
            for (rho, x) in rho.iter().zip(plane.nodes()) {
                let exact = lattice(x[0], a, h, 0.125) * lattice(x[1] - 0.25, a, h, 0.1);
                assert!((rho - exact).abs() < 1e-7, "{k}: {rho} {exact}");
            }
        }
    }

    /// Mass is kept to round-off however wide or narrow kernels are; from an open box it leaks through
    /// the faces, half of a cell's that lies on one, up to a grid cell.
    #[test]
    fn every_cell_carries_its_mass() {
        let mut rng = Streams::new(11, 0).stream(Purpose::Statistics, 0, 0);
        let boundary = [Boundary::NoFlux, Boundary::Periodic, Boundary::NoFlux];
        let grid = Grid { lower: [0.0; 3], upper: [1.0, 2.0, 1.0], cells: [6, 9, 7], boundary };
        let mut at = |_| [rng.random(), 2.0 * rng.random::<f64>(), rng.random::<f64>().powi(4)];
        let cells = population((0..200).map(&mut at).collect(), 3.0);
        for k in [1, 10, 199] {
            let mass = adaptive_density(&grid, &cells, k).iter().sum::<f64>() * grid.cell_volume();
            assert!((mass / 3.0 - 1.0).abs() < 1e-13, "{k} {mass}");
        }
        let one_place = adaptive_density(&grid, &population(vec![[0.5; 3]; 99], 3.0), 50);
        let filled: Vec<f64> = one_place.into_iter().filter(|rho| *rho != 0.0).collect();
        assert_eq!(filled.len(), 1);
        assert!((filled[0] * grid.cell_volume() / 3.0 - 1.0).abs() < 1e-14);

        let boundary = [Boundary::Open { padding: 2 }];
        let open = Grid { lower: [0.0], upper: [1.0], cells: [1000], boundary };
        let cells = population(vec![[0.9995], [0.8995]], 1.0);
        let mass: f64 = adaptive_density(&open, &cells, 1).iter().sum::<f64>() * open.cell_volume();
        // h = 0.1/√3; the other cell is √3 standard deviations from the face.
        let held = 0.5 * (0.5 + 0.5 * libm::erfc(-(1.5_f64).sqrt()));
        assert!((mass - held).abs() < 1e-7, "{mass} {held}");
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let mut rng = Streams::new(12, 0).stream(Purpose::Statistics, 0, 0);
        let grid = Grid {
            lower: [0.0; 2],
            upper: [1.0; 2],
            cells: [24; 2],
            boundary: [Boundary::NoFlux; 2],
        };
        let cells = population((0..3000).map(|_| [rng.random(), rng.random()]).collect(), 1.0);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| adaptive_density(&grid, &cells, 20))
        };
        let one = with(1);
        assert!([2, 3, 8].map(with).iter().all(|rho| *rho == one));
    }

    /// Relative squared error ∫(ρ̂−ρ)²/∫ρ² in the peak, |x| < 0.2, and in the tail, 2.5 < |x| < 3.5.
    fn errors(grid: &Grid<2>, rho: &[f64], exact: &dyn Fn(f64) -> f64) -> [f64; 2] {
        [(0.0, 0.2), (2.5, 3.5)].map(|(from, to)| {
            let (mut off, mut size) = (0.0, 0.0);
            for (rho, x) in rho.iter().zip(grid.nodes()) {
                let r = x[0].hypot(x[1]);
                if (from..to).contains(&r) {
                    off += (rho - exact(r)).powi(2);
                    size += exact(r).powi(2);
                }
            }
            off / size
        })
    }

    /// Half of 20 000 cells in a Gaussian of width 0.1 and half in one of width 1: three decades between
    /// peak and tail. The relative variance of 1.5/k is 0.04; in the peak a grid cell averages. Of the fixed
    /// bandwidths those that resolve the peak see single cells in the tail: the better of both evils,
    /// h = 0.12, has 0.2. The ratio asserted, 2.5 of some 5, allows for the noise of the tail (30%, from some
    /// 30 independent patches); the seed is fixed.
    #[test]
    fn peak_and_tail_are_both_seen() {
        let boundary = [Boundary::Periodic; 2];
        let grid = Grid { lower: [-6.0; 2], upper: [6.0; 2], cells: [320; 2], boundary };
        let mut rng = Streams::new(13, 0).stream(Purpose::Statistics, 0, 0);
        let mut at = |i: i32| -> Vector<2> {
            let width = if i % 2 == 0 { 0.1 } else { 1.0 };
            std::array::from_fn(|_| width * rng.sample::<f64, _>(StandardNormal))
        };
        let cells = population((0..20_000).map(&mut at).collect(), 1.0);
        let bell = |r: f64, s: f64| (-0.5 * (r / s).powi(2)).exp() / (2.0 * PI * s * s);
        let exact = |r: f64| 0.5 * (bell(r, 0.1) + bell(r, 1.0));
        let [peak, tail] = errors(&grid, &adaptive_density(&grid, &cells, 40), &exact);
        println!("adaptive: {peak:.4} {tail:.4}");
        assert!(peak < 0.04 && tail < 0.08, "{peak} {tail}");
        let (spectral, map) = (Spectral::new(&grid), Arc::new(NodeMap::new(&grid)));
        for h in [0.0375, 0.055, 0.08, 0.12, 0.18, 0.27] {
            let deposit = Deposit::new(&spectral, map.clone(), h, 2);
            let rho = deposit.coefficients(&spectral, &cells.positions, |_| cells.weight);
            let fixed = errors(&grid, &spectral.inverse(&rho), &exact);
            println!("fixed, h = {h}: {:.4} {:.4}", fixed[0], fixed[1]);
            assert!(fixed[0].max(fixed[1]) > 2.5 * peak.max(tail), "{h}: {fixed:?}");
        }
    }
}
