//! The flux of the limit, and the part of its divergence that is not linear in ρ.

use super::{MacroFlux, Mobility};
use crate::spectral::{Field, NodeSpace, Spectral};
use crate::turning::{Coefficients, Kernel, TurningKernel};
use crate::vector::norm;
use rayon::prelude::*;
use rustfft::num_complex::Complex;

/// Nodes that make a task of their own worth its while, where formulas are evaluated.
const BATCH: usize = 1 << 9;

/// D and χ of one kernel on one grid.
pub struct Flux<'a, const D: usize> {
    spectral: &'a Spectral<D>,
    kernel: &'a Kernel<D>,
    mobility: Mobility,
    constant: Option<Coefficients>,
    space: NodeSpace<D>,
}

impl<'a, const D: usize> Flux<'a, D> {
    /// Of this kernel, with linear drift, on the grid of these transforms.
    pub fn new(spectral: &'a Spectral<D>, kernel: &'a Kernel<D>) -> Self {
        let constant = kernel.constant_coefficients();
        let fields = if constant.is_some() { D + 1 } else { 2 * D + 2 };
        let space = NodeSpace::new(fields, spectral.grid().len());
        Self { spectral, kernel, mobility: Mobility::Linear, constant, space }
    }

    /// The same with another G(ρ).
    pub fn with_mobility(self, mobility: Mobility) -> Self {
        Self { mobility, ..self }
    }

    /// D and χ at the nodes, and ∇S, from the coefficients of S.
    fn at_nodes(&self, signal: &[f64]) -> (Vec<Coefficients>, [Vec<f64>; D]) {
        let gradient: [_; D] = std::array::from_fn(|a| self.spectral.derivative(a, signal));
        if let Some(constant) = self.constant {
            return (vec![constant; signal.len()], gradient);
        }
        let nodal = self.spectral.inverse(signal);
        let slope = |i: usize| norm::<D>(&std::array::from_fn(|a| gradient[a][i]));
        let at = (nodal.par_iter().enumerate().with_min_len(BATCH))
            .map(|(i, s)| self.kernel.coefficients(*s, slope(i)))
            .collect();
        (at, gradient)
    }

    /// The largest D in the signal with these coefficients. If D varies, it is rounded up to the
    /// next eighth of a power of two, so that what was computed for it serves some steps.
    pub fn largest_diffusivity(&self, signal: &[f64]) -> f64 {
        self.constant.map_or_else(
            || {
                let (at, _) = self.at_nodes(signal);
                let largest = at.iter().map(|c| c.diffusivity).fold(0.0, f64::max);
                ((8.0 * largest.log2()).ceil() / 8.0).exp2()
            },
            |c| c.diffusivity,
        )
    }

    /// J = −D∇ρ + χG(ρ)∇S at the nodes.
    pub fn nodal(&self, density: &[f64], signal: &[f64]) -> MacroFlux<D> {
        let (at, gradient) = self.at_nodes(signal);
        let rho = self.spectral.inverse(density);
        std::array::from_fn(|a| {
            let steepness = self.spectral.derivative(a, density);
            (0..rho.len())
                .map(|i| {
                    at[i].sensitivity * self.mobility.of(rho[i]) * gradient[a][i]
                        - at[i].diffusivity * steepness[i]
                })
                .collect()
        })
    }

    /// Swaps `result` for the coefficients of ∇·((D − D̄)∇ρ − χG(ρ)∇S); D̄ is `mean`, or D itself if
    /// that is constant.
    pub fn beyond(&mut self, density: &[f64], signal: &[f64], mean: f64, result: &mut Vec<f64>) {
        let Self { spectral, kernel, mobility, constant, space } = self;
        let mobility = *mobility;
        let mut fields: Vec<Field> = (0..D).map(|a| Field::derivative(signal, a)).collect();
        if let Some(c) = constant {
            fields.push(Field::value(density));
            let chi = c.sensitivity;
            let flux = |lines: &mut [&mut [Complex<f64>]]| drift(lines, chi, mobility);
            return spectral.divergence_at_nodes(&fields, space, flux, result);
        }
        fields.extend((0..D).map(|a| Field::derivative(density, a)));
        fields.extend([Field::value(density), Field::value(signal)]);
        let flux =
            |lines: &mut [&mut [Complex<f64>]]| drift_and_spread(lines, *kernel, mobility, mean);
        spectral.divergence_at_nodes(&fields, space, flux, result);
    }
}

/// From ∇S and ρ to −χG(ρ)∇S.
fn drift(lines: &mut [&mut [Complex<f64>]], chi: f64, mobility: Mobility) {
    let (density, gradient) = lines.split_last_mut().expect("there is ρ");
    for component in gradient {
        for (g, rho) in component.iter_mut().zip(&**density) {
            *g = Complex::new(-chi * mobility.of(rho.re) * g.re, -chi * mobility.of(rho.im) * g.im);
        }
    }
}

/// From ∇S, ∇ρ, ρ and S to (D − D̄)∇ρ − χG(ρ)∇S.
fn drift_and_spread<const D: usize>(
    lines: &mut [&mut [Complex<f64>]],
    kernel: &Kernel<D>,
    mobility: Mobility,
    mean: f64,
) {
    for i in 0..lines[0].len() {
        let at = |value: fn(Complex<f64>) -> f64| -> [f64; D] {
            let value = |field: usize| value(lines[field][i]);
            let (rho, s) = (value(2 * D), value(2 * D + 1));
            let c = kernel.coefficients(s, norm::<D>(&std::array::from_fn(value)));
            std::array::from_fn(|a| {
                (c.diffusivity - mean) * value(D + a) - c.sensitivity * mobility.of(rho) * value(a)
            })
        };
        let (first, second) = (at(|z| z.re), at(|z| z.im));
        for a in 0..D {
            lines[a][i] = Complex::new(first[a], second[a]);
        }
    }
}
