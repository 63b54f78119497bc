//! The divergence of a flux that is known node by node.
//!
//! The last axis is transformed to the nodes and back while its lines are in the cache, so that
//! nodal values are never stored.

use super::Spectral;
use super::axis::{Job, Scratch};
use super::pass::{Store, TILE, join, part};
use rayon::prelude::*;
use rustfft::num_complex::Complex;

/// A field, or its derivative along an axis, by the coefficients of the field.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// The coefficients.
    pub coefficients: &'a [f64],
    /// The axis of the derivative.
    pub derivative: Option<usize>,
}

impl<'a> Field<'a> {
    /// The field itself.
    pub fn value(coefficients: &'a [f64]) -> Self {
        Self { coefficients, derivative: None }
    }

    /// Its derivative along `axis`.
    pub fn derivative(coefficients: &'a [f64], axis: usize) -> Self {
        Self { coefficients, derivative: Some(axis) }
    }

    fn job(&self, axis: usize) -> Job {
        Job::synthesise(self.derivative == Some(axis))
    }
}

/// Memory of [`Spectral::divergence_at_nodes`].
pub struct NodeSpace<const D: usize> {
    /// The fields, transformed along all axes but the last.
    fields: Vec<Vec<f64>>,
    flux: [Vec<f64>; D],
}

impl<const D: usize> NodeSpace<D> {
    /// For `fields` fields on a grid of `len` nodes.
    pub fn new(fields: usize, len: usize) -> Self {
        Self {
            fields: vec![vec![f64::NAN; len]; fields],
            flux: std::array::from_fn(|_| vec![f64::NAN; len]),
        }
    }
}

impl<const D: usize> Spectral<D> {
    /// Swaps `result` for the coefficients of ∇·F. `flux` is given the nodal values of the fields,
    /// each as a line of complex numbers that are two nodes, and writes the components of F over
    /// the first `D` of them.
    pub fn divergence_at_nodes(
        &self,
        fields: &[Field],
        space: &mut NodeSpace<D>,
        flux: impl Fn(&mut [&mut [Complex<f64>]]) + Sync,
        result: &mut Vec<f64>,
    ) {
        for (field, values) in fields.iter().zip(&mut space.fields) {
            if D == 1 {
                values.copy_from_slice(field.coefficients);
                continue;
            }
            self.pass_columns(Some(field.coefficients), values, 0, field.job(0), Store::Replace);
            (1..D - 1).for_each(|a| self.pass(values, a, field.job(a)));
        }
        self.through_nodes(fields, space, flux);
        let (sum, others) = space.flux.split_first_mut().expect("there is an axis");
        (0..D - 1).rev().for_each(|a| self.pass(sum, a, Job::analyse(a == 0)));
        for (axis, other) in (1..D).zip(others) {
            (1..D - 1).rev().for_each(|a| self.pass(other, a, Job::analyse(a == axis)));
            self.pass_columns(Some(other), sum, 0, Job::Analyse, Store::Add);
        }
        std::mem::swap(sum, result);
    }

    /// The last axis: to the nodes, to the flux, and back.
    fn through_nodes(
        &self,
        fields: &[Field],
        space: &mut NodeSpace<D>,
        flux: impl Fn(&mut [&mut [Complex<f64>]]) + Sync,
    ) {
        let (axis, n) = (&self.axes[D - 1], self.grid.cells[D - 1]);
        let NodeSpace { fields: values, flux: components } = space;
        let mut batches = batches(components, TILE * n);
        batches.par_iter_mut().with_min_len(axis.fewest()).enumerate().for_each_init(
            || axis.scratch(fields.len()),
            |scratch, (batch, components)| {
                let Scratch { lines, fft } = scratch;
                let mut slots: Vec<_> =
                    lines.chunks_exact_mut(axis.pitch()).map(|slot| &mut slot[..n]).collect();
                for start in (0..components[0].len()).step_by(2 * n) {
                    let here = start..components[0].len().min(start + 2 * n);
                    for (k, (field, values)) in fields.iter().zip(&*values).enumerate() {
                        let (to, from) = beside(&mut slots, k);
                        join(&values[batch * TILE * n..][here.clone()], from);
                        axis.transform(field.job(D - 1), from, to, fft);
                    }
                    flux(&mut slots[..fields.len()]);
                    for (a, component) in components.iter_mut().enumerate().rev() {
                        let (from, to) = beside(&mut slots, a);
                        axis.transform(Job::analyse(a == D - 1), from, to, fft);
                        part(to, &mut component[here.clone()]);
                    }
                }
            },
        );
    }
}

/// A slot and the one after it.
fn beside<'a>(
    slots: &'a mut [&mut [Complex<f64>]],
    first: usize,
) -> (&'a mut [Complex<f64>], &'a mut [Complex<f64>]) {
    let (low, high) = slots.split_at_mut(first + 1);
    (low[first], high[0])
}

/// The parts of all components at the same `length` places.
fn batches<const D: usize>(components: &mut [Vec<f64>; D], length: usize) -> Vec<Vec<&mut [f64]>> {
    let count = components[0].len().div_ceil(length);
    let mut batches: Vec<Vec<&mut [f64]>> = (0..count).map(|_| Vec::with_capacity(D)).collect();
    for component in components {
        component.chunks_mut(length).zip(&mut batches).for_each(|(part, batch)| batch.push(part));
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Boundary, Grid};

    /// The same as with stored nodal values, for F = u∇w, in a rough field on a grid of odd sizes.
    fn same_as_stored<const D: usize>(cells: [usize; D], boundary: [Boundary; D]) {
        let grid = Grid { lower: [0.0; D], upper: [1.5; D], cells, boundary };
        let s = Spectral::new(&grid);
        let [u, w] = [0.37, 0.61].map(|a| {
            let values: Vec<f64> = (0..grid.len()).map(|i| ((i * i) as f64 * a).sin()).collect();
            s.forward(&values)
        });
        let nodal = s.inverse(&u);
        let want = s.divergence(&std::array::from_fn(|a| {
            s.derivative(a, &w).iter().zip(&nodal).map(|(g, u)| u * g).collect()
        }));
        let mut fields: Vec<Field> = (0..D).map(|a| Field::derivative(&w, a)).collect();
        fields.push(Field::value(&u));
        let (mut space, mut got) = (NodeSpace::new(D + 1, grid.len()), vec![0.0; grid.len()]);
        for _ in 0..2 {
            let flux = |lines: &mut [&mut [Complex<f64>]]| {
                let (u, gradient) = lines.split_last_mut().expect("u");
                for (g, u) in gradient.iter_mut().flat_map(|g| g.iter_mut().zip(u.iter())) {
                    *g = Complex::new(g.re * u.re, g.im * u.im);
                }
            };
            s.divergence_at_nodes(&fields, &mut space, flux, &mut got);
            assert_eq!(got[0], 0.0);
            let largest = want.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            for (got, want) in got.iter().zip(&want) {
                assert!((got - want).abs() < 1e-13 * largest, "{got} {want}");
            }
        }
    }

    #[test]
    fn divergence_at_nodes_is_that_of_stored_values() {
        use Boundary::{NoFlux, Periodic};
        same_as_stored([33], [NoFlux]);
        same_as_stored([20], [Periodic]);
        same_as_stored([19, 37], [Periodic, NoFlux]);
        same_as_stored([40, 24], [NoFlux, Periodic]);
        same_as_stored([8, 21], [Periodic, Periodic]);
        same_as_stored([7, 10, 9], [NoFlux, Periodic, NoFlux]);
        same_as_stored([6, 5, 12], [Periodic, NoFlux, Periodic]);
    }
}
