//! Free flight with relaxation at one rate, A₀f = −(1/ε) v·∇f + (λ/τ)(F⟨f⟩ − f) with τ = ε^{q+1}, whose resolvent is
//! exact in Fourier space.
//!
//! A mirror image f(x*, v*) is the continuation of f(x, v) beyond a wall. So f at the velocities that walls turn into one
//! another is one field on the box that is twice as wide across every wall, periodic there, and flies freely.
//! On its waves A₀ is a diagonal and a product of two vectors, which Sherman & Morrison invert.

use super::krylov::Parts;
use super::ordinates::Ordinates;
use crate::spectral::{Memory, Spectral, Waves};
use crate::vector::{Vector, dot};
use rayon::prelude::*;
use rustfft::num_complex::Complex;

/// Waves that are summed over V together.
const TOGETHER: usize = 1 << 10;

/// The fields that f is.
pub(super) struct Unfolded<const D: usize> {
    waves: Waves<D>,
    walls: Vec<usize>,
    /// By node of the wide box: of which image it is, and the node that it mirrors.
    places: Vec<(usize, usize)>,
    /// By image and node: the node of the wide box.
    wide: Vec<Vec<usize>>,
    /// By field: the ordinate of every image; the first is the one whose velocity it has.
    fields: Vec<Vec<usize>>,
    /// By ordinate: its field and image.
    owners: Vec<(usize, usize)>,
}

/// (μ − hA₀)⁻¹ for one μ and h.
pub(super) struct Resolvent {
    /// μ + hλ/τ.
    diagonal: Complex<f64>,
    /// h/ε.
    flight: f64,
    /// By wave: what Σ w f/(diagonal) is to be multiplied by.
    factors: Vec<Complex<f64>>,
}

impl<const D: usize> Unfolded<D> {
    pub fn new(spectral: &Spectral<D>, ordinates: &Ordinates<D>) -> Self {
        let grid = spectral.grid();
        let walls: Vec<usize> = (0..D).filter(|a| ordinates.mirrors[*a].is_some()).collect();
        let doubled = |a: usize| if walls.contains(&a) { 2 } else { 1 };
        let cells: [usize; D] = std::array::from_fn(|a| doubled(a) * grid.cells[a]);
        let lengths = std::array::from_fn(|a| doubled(a) as f64 * grid.lengths()[a]);
        let strides = grid.strides();
        let place = |wide: usize| {
            let (mut image, mut node, mut rest) = (0, 0, wide);
            for a in (0..D).rev() {
                let (i, n) = (rest % cells[a], grid.cells[a]);
                rest /= cells[a];
                let beyond = i >= n;
                if beyond {
                    image |= 1 << walls.iter().position(|w| *w == a).unwrap_or(0);
                }
                node += if beyond { 2 * n - 1 - i } else { i } * strides[a];
            }
            (image, node)
        };
        let count: usize = cells.iter().product();
        let places: Vec<(usize, usize)> = (0..count).map(place).collect();
        let mut wide = vec![vec![0; grid.len()]; 1 << walls.len()];
        places.iter().enumerate().for_each(|(at, (image, node))| wide[*image][*node] = at);
        let mut owners = vec![None; ordinates.len()];
        let mut fields = Vec::new();
        for first in 0..ordinates.len() {
            if owners[first].is_some() {
                continue;
            }
            let turned = |j: usize, bit: usize| match &ordinates.mirrors[walls[bit]] {
                Some(mirror) => mirror[j],
                None => j,
            };
            let of = |image: usize| {
                let bits = (0..walls.len()).filter(|bit| image >> bit & 1 == 1);
                bits.fold(first, turned)
            };
            let images: Vec<usize> = (0..wide.len()).map(of).collect();
            images
                .iter()
                .enumerate()
                .for_each(|(image, j)| owners[*j] = Some((fields.len(), image)));
            fields.push(images);
        }
        let owners = owners.into_iter().flatten().collect();
        Self { waves: Waves::new(cells, &lengths), walls, places, wide, fields, owners }
    }

    /// The fields of a real f, or with another for the imaginary part.
    pub fn unfold(&self, f: &[Vec<f64>], imaginary: Option<&[Vec<f64>]>) -> Parts {
        let field = |images: &Vec<usize>| -> Vec<Complex<f64>> {
            let at = |(image, node): &(usize, usize)| {
                let j = images[*image];
                Complex::new(f[j][*node], imaginary.map_or(0.0, |f| f[j][*node]))
            };
            self.places.iter().map(at).collect()
        };
        self.fields.par_iter().map(field).collect()
    }

    /// Sets f by `part` of the fields.
    pub fn fold(
        &self,
        fields: &Parts,
        f: &mut [Vec<f64>],
        part: impl Fn(Complex<f64>) -> f64 + Sync,
    ) {
        f.par_iter_mut().zip(&self.owners).for_each(|(f, (field, image))| {
            let (field, wide) = (&fields[*field], &self.wide[*image]);
            f.iter_mut().zip(wide).for_each(|(f, at)| *f = part(field[*at]));
        });
    }

    /// (μ − hA₀)⁻¹ for h/ε and hλ/τ.
    pub fn resolvent(
        &self,
        ordinates: &Ordinates<D>,
        place: Complex<f64>,
        (flight, rate): (f64, f64),
    ) -> Resolvent {
        let diagonal = place + rate;
        let factor = |wave: &[f64; D]| {
            let share = |(v, size): (Vector<D>, f64)| {
                size / (diagonal + Complex::new(0.0, flight * dot(&v, wave)))
            };
            let sum: Complex<f64> = ordinates.all().map(share).sum();
            rate / (1.0 - rate * sum)
        };
        let factors = self.waves.vectors.par_iter().map(factor).collect();
        Resolvent { diagonal, flight, factors }
    }

    /// Applies it to the fields.
    pub fn apply(&self, ordinates: &Ordinates<D>, resolvent: &Resolvent, fields: &mut Parts) {
        let Resolvent { diagonal, flight, factors } = resolvent;
        let vectors = &self.waves.vectors;
        let divisor = |field: usize, wave: usize| {
            let v = &ordinates.velocities[self.fields[field][0]];
            diagonal + Complex::new(0.0, flight * dot(v, &vectors[wave]))
        };
        fields.par_iter_mut().enumerate().for_each_init(Memory::default, |memory, (i, field)| {
            self.waves.forward(field, memory);
            field.iter_mut().enumerate().for_each(|(wave, c)| *c /= divisor(i, wave));
        });
        let weights: Vec<f64> =
            self.fields.iter().map(|images| ordinates.weights[images[0]]).collect();
        let mut sums = vec![Complex::default(); vectors.len()];
        sums.par_chunks_mut(TOGETHER).enumerate().for_each(|(chunk, sums)| {
            for (field, weight) in fields.iter().zip(&weights) {
                let here = &field[chunk * TOGETHER..];
                sums.iter_mut().zip(here).for_each(|(sum, c)| *sum += c * *weight);
            }
        });
        let walls = self.walls.iter().map(|axis| (*axis, true));
        let images = walls.chain(ordinates.even.axes());
        images.for_each(|(axis, walls)| self.waves.add_image(axis, walls, &mut sums));
        sums.iter_mut().zip(factors).for_each(|(sum, factor)| *sum *= factor);
        fields.par_iter_mut().enumerate().for_each_init(Memory::default, |memory, (i, field)| {
            let share = ordinates.equilibrium[self.fields[i][0]];
            for (wave, (c, sum)) in field.iter_mut().zip(&sums).enumerate() {
                *c += sum * share / divisor(i, wave);
            }
            self.waves.inverse(field, memory);
        });
    }
}
