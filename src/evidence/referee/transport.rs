//! D and χ in closed form beside the integral equations.

use super::Place;
use crate::limit::quadrature::transport;
use crate::turning::{Coefficients, LinearSignal, TurningKernel};
use crate::velocity::VelocitySpace;

/// D and χ, twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// As the kernel states them.
    pub closed: Coefficients,
    /// From the integral equations (CMPS 21, 22) on quadrature nodes of V.
    pub quadrature: Coefficients,
}

impl Comparison {
    /// |D_closed/D_quadrature − 1| and the same for χ; χ is compared with D if it is 0 both ways.
    pub fn differences(&self) -> [f64; 2] {
        let (c, q) = (&self.closed, &self.quadrature);
        let gap = |c: f64, q: f64, scale: f64| (c - q).abs() / scale;
        let strength = c.sensitivity.abs().max(q.sensitivity.abs());
        // χ∇S of round-off size is no χ.
        let scale = if strength > 1e-9 * q.diffusivity { strength } else { q.diffusivity };
        [gap(c.diffusivity, q.diffusivity, q.diffusivity), gap(c.sensitivity, q.sensitivity, scale)]
    }
}

/// Both at the middle value of S, in the steepest gradient.
pub fn compare<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    place: &Place,
) -> Comparison {
    let mut gradient = [0.0; D];
    gradient[0] = place.slope;
    let signal = LinearSignal { offset: place.middle(), gradient };
    let found = transport(|epsilon| kernel.with_epsilon(epsilon), space, &signal);
    Comparison {
        closed: kernel.coefficients(place.middle(), place.slope),
        quadrature: Coefficients {
            diffusivity: found.diffusivity[0][0],
            sensitivity: found.drift[0] / place.slope,
        },
    }
}
