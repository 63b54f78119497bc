//! Discrete ordinates: the nodes that stand for V.

use super::evenness::Evenness;
use crate::grid::Boundary;
use crate::vector::Vector;
use crate::velocity::VelocitySpace;
use rayon::prelude::*;
use std::ops::Range;

/// Nodes of the grid whose sums over V are taken together.
const TOGETHER: usize = 1 << 10;

/// Quadrature nodes of V, closed under the reflections at walls.
pub struct Ordinates<const D: usize> {
    /// vⱼ.
    pub velocities: Vec<Vector<D>>,
    /// Weights of ∫_V · dv.
    pub weights: Vec<f64>,
    /// F(vⱼ), with Σⱼ wⱼF(vⱼ) = 1.
    pub equilibrium: Vec<f64>,
    /// By axis: the node that a wall across it turns each node into; `None` where there is no wall.
    pub mirrors: [Option<Vec<usize>>; D],
    /// The highest harmonic of the direction that the nodes tell from lower ones, products of two such
    /// included.
    pub degree: usize,
    /// The node at −vⱼ, by number in [`looks`](Self::looks).
    pub reverse: Vec<usize>,
    /// By which these nodes stand for more of them.
    pub even: Evenness<D>,
}

impl<const D: usize> Ordinates<D> {
    /// `angles` nodes around a circle, half as many latitudes on a sphere, and speeds.
    pub fn new(space: &VelocitySpace<D>, angles: usize, boundary: &[Boundary; D]) -> Self {
        let (velocities, weights): (Vec<_>, Vec<_>) = space.ordinates(angles).into_iter().unzip();
        let mut equilibrium: Vec<f64> = velocities.iter().map(|v| space.density(v)).collect();
        let total: f64 = equilibrium.iter().zip(&weights).map(|(f, w)| f * w).sum();
        equilibrium.iter_mut().for_each(|f| *f /= total);
        let mirrors = std::array::from_fn(|a| {
            (boundary[a] == Boundary::NoFlux).then(|| images(&velocities, |b| a == b))
        });
        let reverse = images(&velocities, |_| true);
        let degree = angles / 2 - 1;
        let even = Evenness::none();
        Self { velocities, weights, equilibrium, mirrors, degree, reverse, even }
    }

    /// Those of which the others are images, where f is even.
    pub fn kept(mut self, even: Evenness<D>) -> Self {
        if even.is_none() {
            return self;
        }
        let kept: Vec<usize> =
            (0..self.len()).filter(|j| even.keeps(&self.velocities[*j])).collect();
        let mut places = vec![0; self.len()];
        kept.iter().enumerate().for_each(|(place, j)| places[*j] = place);
        even.axes().for_each(|(a, _)| self.mirrors[a] = None);
        for mirror in self.mirrors.iter_mut().flatten() {
            *mirror = kept.iter().map(|j| places[mirror[*j]]).collect();
        }
        let n = kept.len();
        Self {
            velocities: kept.iter().map(|j| self.velocities[*j]).collect(),
            weights: kept.iter().map(|j| self.weights[*j]).collect(),
            equilibrium: kept.iter().map(|j| self.equilibrium[*j]).collect(),
            reverse: (n..2 * n).chain(0..n).chain([2 * n]).collect(),
            even,
            ..self
        }
    }

    /// The velocities along which cells look: all nodes, and where these are not closed under reversal also their
    /// reverses and 0.
    pub fn looks(&self) -> Vec<Vector<D>> {
        let own = self.velocities.iter().copied();
        match self.even.is_none() {
            true => own.collect(),
            false => {
                let reverse = self.velocities.iter().map(|v| v.map(|v| -v));
                own.chain(reverse).chain([[0.0; D]]).collect()
            }
        }
    }

    /// The number of the velocity, of those, that others are compared with: one that is its own image.
    pub fn reference(&self) -> usize {
        if self.even.is_none() { 0 } else { 2 * self.len() }
    }

    /// Every node with its images, and its weight times F.
    pub fn all(&self) -> impl Iterator<Item = (Vector<D>, f64)> + '_ {
        let images = move |j: usize| {
            let size = self.weights[j] * self.equilibrium[j];
            let turned = move |image| (self.even.turned(&self.velocities[j], image), size);
            (0..self.even.count()).map(turned)
        };
        (0..self.len()).flat_map(images)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.velocities.len()
    }

    /// Σⱼ wⱼ p(vⱼ) fⱼ at every node of the grid.
    pub fn moment(&self, f: &[Vec<f64>], p: impl Fn(&Vector<D>) -> f64) -> Vec<f64> {
        let factors = |image: usize| -> Vec<f64> {
            let factor = |(v, w): (&Vector<D>, &f64)| w * p(&self.even.turned(v, image));
            self.velocities.iter().zip(&self.weights).map(factor).collect()
        };
        let of = |factors: &Vec<f64>| {
            self.sum_of_own(f[0].len(), |j, here, sum| {
                sum.iter_mut().zip(&f[j][here]).for_each(|(s, f)| *s += factors[j] * f);
            })
        };
        let images: Vec<Vec<f64>> = (0..self.even.count()).map(factors).collect();
        if images.iter().all(|factors| *factors == images[0]) {
            let mut sum = of(&images[0]);
            self.even.of_images(&mut sum, |a, b| a + b);
            return sum;
        }
        self.even.sum(images.iter().map(of).collect())
    }

    /// What every node j, and its images, adds at `nodes` nodes of the grid, in order of j: `add` adds it to the nodes of
    /// a range.
    pub fn sum(
        &self,
        nodes: usize,
        add: impl Fn(usize, Range<usize>, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let mut sum = self.sum_of_own(nodes, add);
        self.even.of_images(&mut sum, |a, b| a + b);
        sum
    }

    fn sum_of_own(
        &self,
        nodes: usize,
        add: impl Fn(usize, Range<usize>, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let mut sum = vec![0.0; nodes];
        sum.par_chunks_mut(TOGETHER).enumerate().for_each(|(chunk, sum)| {
            let first = chunk * TOGETHER;
            (0..self.len()).for_each(|j| add(j, first..first + sum.len(), sum));
        });
        sum
    }
}

/// max |f|.
pub(super) fn largest(f: &[Vec<f64>]) -> f64 {
    let of = |f: &Vec<f64>| f.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    f.par_iter().map(of).reduce(|| 0.0, f64::max)
}

/// The node at each node's mirror image across the axes that are `turned`.
fn images<const D: usize>(velocities: &[Vector<D>], turned: impl Fn(usize) -> bool) -> Vec<usize> {
    let image = |v: &Vector<D>| -> Vector<D> {
        std::array::from_fn(|a| if turned(a) { -v[a] } else { v[a] })
    };
    let distance = |v: &Vector<D>, w: &Vector<D>| -> f64 {
        v.iter().zip(w).map(|(v, w)| (v - w).powi(2)).sum()
    };
    let nearest = |v: &Vector<D>| {
        let to = |j: &usize| distance(&image(v), &velocities[*j]);
        (0..velocities.len()).min_by(|i, j| to(i).total_cmp(&to(j))).expect("V has nodes")
    };
    velocities.iter().map(nearest).collect()
}
