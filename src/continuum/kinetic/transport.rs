//! −(1/ε) v·∇f on the grid, spectrally, with specular reflection at walls.
//!
//! Beyond a wall, f(x, v) is f(x*, v*) of the mirror image. So of the two velocities v, v* that a
//! wall exchanges, the half sum of f is even across it and the half difference is odd.

use super::ordinates::Ordinates;
use crate::spectral::Spectral;
use rayon::prelude::*;

/// Adds −(1/ε) v·∇f to `rate`. `slopes` is memory of the shape of f.
pub fn add_transport<const D: usize>(
    spectral: &Spectral<D>,
    ordinates: &Ordinates<D>,
    epsilon: f64,
    f: &[Vec<f64>],
    slopes: &mut [Vec<f64>],
    rate: &mut [Vec<f64>],
) {
    for (axis, mirror) in ordinates.mirrors.iter().enumerate() {
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
}
