//! −(1/ε) v·∇f on the grid, spectrally, with specular reflection at walls.
//!
//! Beyond a wall, f(x, v) is f(x*, v*) of the mirror image. So of the two velocities v, v* that a
//! wall exchanges, the half sum of f is even across it and the half difference is odd.

use super::ordinates::Ordinates;
use crate::spectral::{LONGEST, LineMatrix, Spectral};
use rayon::prelude::*;

/// The derivatives along all axes.
pub(super) struct Transport<const D: usize> {
    /// By axis: the derivative as a matrix, unless lines are so long that transforms cost less.
    matrices: [Option<LineMatrix>; D],
}

impl<const D: usize> Transport<D> {
    pub fn new(spectral: &Spectral<D>, ordinates: &Ordinates<D>) -> Self {
        let numbers = |axis: usize| {
            spectral.grid().cells[axis] * if ordinates.mirrors[axis].is_some() { 2 } else { 1 }
        };
        let of = |a: usize| {
            let matrix = spectral.derivative_matrix(a);
            if ordinates.even.is_wall(a) { matrix.of_own_images() } else { matrix }
        };
        let matrix = |a: usize| (numbers(a) <= LONGEST).then(|| of(a));
        Self { matrices: std::array::from_fn(matrix) }
    }

    /// Adds −(1/ε) v·∇f to `rate`. `slopes` is memory of the shape of f, or empty.
    pub fn add(
        &self,
        spectral: &Spectral<D>,
        ordinates: &Ordinates<D>,
        epsilon: f64,
        f: &[Vec<f64>],
        (slopes, rate): (&mut Vec<Vec<f64>>, &mut [Vec<f64>]),
    ) {
        rate.par_iter_mut().enumerate().for_each(|(j, rate)| {
            for (axis, matrix) in self.matrices.iter().enumerate() {
                let Some(matrix) = matrix else { continue };
                let factor = -ordinates.velocities[j][axis] / epsilon;
                match &ordinates.mirrors[axis] {
                    None => matrix.add_product(factor, &[&f[j]], rate),
                    Some(mirror) => matrix.add_product(factor, &[&f[j], &f[mirror[j]]], rate),
                }
            }
        });
        for axis in (0..D).filter(|axis| self.matrices[*axis].is_none()) {
            if slopes.is_empty() {
                slopes.extend_from_slice(f);
            }
            add_along(spectral, ordinates, (axis, epsilon), f, slopes, rate);
        }
    }
}

/// Adds −(1/ε) v ∂f along one axis by transforms.
fn add_along<const D: usize>(
    spectral: &Spectral<D>,
    ordinates: &Ordinates<D>,
    (axis, epsilon): (usize, f64),
    f: &[Vec<f64>],
    slopes: &mut [Vec<f64>],
    rate: &mut [Vec<f64>],
) {
    let mirror = &ordinates.mirrors[axis];
    let speed = |j: usize| ordinates.velocities[j][axis];
    slopes.par_iter_mut().enumerate().for_each(|(j, slope)| match mirror {
        None => {
            slope.copy_from_slice(&f[j]);
            spectral.derivative_along(axis, slope, false);
        }
        Some(mirror) => {
            let (mine, other) = (&f[j], &f[mirror[j]]);
            let odd = speed(j) < 0.0;
            let sign = if odd { -1.0 } else { 1.0 };
            let halves = mine.iter().zip(other).map(|(m, o)| 0.5 * (o + sign * m));
            slope.iter_mut().zip(halves).for_each(|(s, h)| *s = h);
            spectral.derivative_along(axis, slope, odd);
        }
    });
    let slopes = &*slopes;
    rate.par_iter_mut().enumerate().for_each(|(j, rate)| {
        let factor = -speed(j) / epsilon;
        let mut add = |factor: f64, slope: &[f64]| {
            rate.iter_mut().zip(slope).for_each(|(r, s)| *r += factor * s);
        };
        match mirror {
            None => add(factor, &slopes[j]),
            Some(mirror) => {
                // f of a velocity into the wall's side is even + odd, of its image even − odd.
                let (mine, other) = (&slopes[j], &slopes[mirror[j]]);
                add(if speed(j) < 0.0 { -factor } else { factor }, mine);
                add(factor, other);
            }
        }
    });
}
