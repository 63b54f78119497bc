//! The flux of one population in the limit, and the part of its divergence that is not linear in ρ.

use crate::experiment::Mobility;
use crate::spectral::{Field, NodeSpace, Spectral};
use crate::turning::{Feelings, Felt, Kernel, Limit, TurningKernel};
use rayon::prelude::*;
use rustfft::num_complex::Complex;
use std::borrow::Cow;

/// Nodes that make a task of their own worth its while, where formulas are evaluated.
const BATCH: usize = 1 << 9;

/// Nodal values of J = −D∇ρ + Γρ, by component.
pub type MacroFlux<const D: usize> = [Vec<f64>; D];

/// D and Γ of one kernel on one grid.
pub struct Flux<'a, const D: usize> {
    spectral: &'a Spectral<D>,
    kernel: &'a Kernel<D>,
    mobility: Mobility,
    /// What is left of D and Γ (see [`crate::scaling::Scaling`]).
    left: [f64; 2],
    /// D and the χ of every term.
    constant: Option<(f64, Vec<f64>)>,
    space: NodeSpace<D>,
}

impl<'a, const D: usize> Flux<'a, D> {
    /// Of this kernel, whose terms sense so many cues, on the grid of these transforms.
    pub fn new(
        spectral: &'a Spectral<D>,
        kernel: &'a Kernel<D>,
        cues: usize,
        mobility: Mobility,
        left: [f64; 2],
    ) -> Self {
        let constant = kernel.constant_limit();
        let fields = if constant.is_some() { D + 1 } else { (cues + 1) * (D + 1) };
        let space = NodeSpace::new(fields, spectral.grid().len());
        Self { spectral, kernel, mobility, left, constant, space }
    }

    /// D and Γ at the nodes, from the coefficients of every cue.
    fn at_nodes(&self, cues: &[Cow<'_, [f64]>]) -> Vec<Limit<D>> {
        let gradients: Vec<[Vec<f64>; D]> = (cues.iter())
            .map(|cue| std::array::from_fn(|a| self.spectral.derivative(a, cue)))
            .collect();
        let gradient = |k: usize, i: usize| std::array::from_fn(|a| gradients[k][a][i]);
        let nodes = self.spectral.grid().len();
        if let Some((diffusivity, chi)) = &self.constant {
            let drift = |i: usize| {
                let of =
                    |a: usize| chi.iter().enumerate().map(|(k, c)| c * gradients[k][a][i]).sum();
                std::array::from_fn(of)
            };
            let at = |i: usize| self.scaled(Limit { diffusivity: *diffusivity, drift: drift(i) });
            return (0..nodes).map(at).collect();
        }
        let values: Vec<Vec<f64>> = cues.iter().map(|cue| self.spectral.inverse(cue)).collect();
        let at = |i: usize| {
            let felt = |k: usize| Felt { value: values[k][i], gradient: gradient(k, i) };
            self.scaled(self.kernel.limit(&Feelings::new(cues.len(), felt)))
        };
        (0..nodes).into_par_iter().with_min_len(BATCH).map(at).collect()
    }

    fn scaled(&self, limit: Limit<D>) -> Limit<D> {
        let [diffusion, drift] = self.left;
        Limit { diffusivity: diffusion * limit.diffusivity, drift: limit.drift.map(|g| drift * g) }
    }

    /// The largest D in the signals with these coefficients. If D varies, it is rounded up to the
    /// next eighth of a power of two, so that what was computed for it serves some steps.
    pub fn largest_diffusivity(&self, cues: &[Cow<'_, [f64]>]) -> f64 {
        match &self.constant {
            Some((diffusivity, _)) => self.left[0] * diffusivity,
            None if self.left[0] == 0.0 => 0.0,
            None => {
                let largest =
                    self.at_nodes(cues).iter().fold(0.0, |m, c| f64::max(m, c.diffusivity));
                ((8.0 * largest.log2()).ceil() / 8.0).exp2()
            }
        }
    }

    /// J = −D∇ρ + G(ρ)Γ at the nodes, with Γ = χ∇S.
    pub fn nodal(&self, density: &[f64], cues: &[Cow<'_, [f64]>]) -> MacroFlux<D> {
        let at = self.at_nodes(cues);
        let rho = self.spectral.inverse(density);
        std::array::from_fn(|a| {
            let steepness = self.spectral.derivative(a, density);
            (0..rho.len())
                .map(|i| {
                    self.mobility.of(rho[i]) * at[i].drift[a] - at[i].diffusivity * steepness[i]
                })
                .collect()
        })
    }

    /// Swaps `result` for the coefficients of ∇·((D − D̄)∇ρ − G(ρ)Γ); D̄ is `mean`, or D itself if
    /// that is constant.
    pub fn beyond(
        &mut self,
        density: &[f64],
        cues: &[Cow<'_, [f64]>],
        mean: f64,
        result: &mut Vec<f64>,
    ) {
        let Self { spectral, kernel, mobility, left, constant, space } = self;
        let (mobility, left) = (*mobility, *left);
        if left == [0.0; 2] {
            result.clear();
            result.resize(density.len(), 0.0);
            return;
        }
        if let Some((_, chi)) = constant {
            let (chi, cue) = combined(chi, cues);
            let mut fields: Vec<Field> = (0..D).map(|a| Field::derivative(&cue, a)).collect();
            fields.push(Field::value(density));
            let chi = left[1] * chi;
            let flux = |lines: &mut [&mut [Complex<f64>]]| drift(lines, chi, mobility);
            return spectral.divergence_at_nodes(&fields, space, flux, result);
        }
        let mut fields = Vec::new();
        for cue in cues {
            fields.extend((0..D).map(|a| Field::derivative(cue, a)));
        }
        fields.extend((0..D).map(|a| Field::derivative(density, a)));
        fields.push(Field::value(density));
        fields.extend(cues.iter().map(|cue| Field::value(cue)));
        let flux = |lines: &mut [&mut [Complex<f64>]]| {
            drift_and_spread(lines, (*kernel, cues.len()), (mobility, left), mean);
        };
        spectral.divergence_at_nodes(&fields, space, flux, result);
    }
}

/// χ and S of one cue, or 1 and Σ χₖSₖ of several.
fn combined<'c>(chi: &[f64], cues: &'c [Cow<'_, [f64]>]) -> (f64, Cow<'c, [f64]>) {
    if let ([chi], [cue]) = (chi, cues) {
        return (*chi, Cow::Borrowed(cue));
    }
    let mut sum = vec![0.0; cues[0].len()];
    for (chi, cue) in chi.iter().zip(cues) {
        sum.iter_mut().zip(&**cue).for_each(|(s, c)| *s += chi * c);
    }
    (1.0, Cow::Owned(sum))
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

/// From every ∇S, ∇ρ, ρ and every S to (D − D̄)∇ρ − G(ρ)Γ.
fn drift_and_spread<const D: usize>(
    lines: &mut [&mut [Complex<f64>]],
    (kernel, cues): (&Kernel<D>, usize),
    (mobility, [diffusion, push]): (Mobility, [f64; 2]),
    mean: f64,
) {
    let slope_of_density = cues * D;
    let density = slope_of_density + D;
    for i in 0..lines[0].len() {
        let at = |value: fn(Complex<f64>) -> f64| -> [f64; D] {
            let value = |field: usize| value(lines[field][i]);
            let felt = |k: usize| Felt {
                value: value(density + 1 + k),
                gradient: std::array::from_fn(|a| value(k * D + a)),
            };
            let c = kernel.limit(&Feelings::new(cues, felt));
            let moving = mobility.of(value(density));
            std::array::from_fn(|a| {
                (diffusion * c.diffusivity - mean) * value(slope_of_density + a)
                    - push * c.drift[a] * moving
            })
        };
        let (first, second) = (at(|z| z.re), at(|z| z.im));
        for a in 0..D {
            lines[a][i] = Complex::new(first[a], second[a]);
        }
    }
}
