//! Discrete ordinates: the nodes that stand for V.

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
    /// The node at −vⱼ.
    pub reverse: Vec<usize>,
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
        Self { velocities, weights, equilibrium, mirrors, degree, reverse }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.velocities.len()
    }

    /// Σⱼ wⱼ p(vⱼ) fⱼ at every node of the grid.
    pub fn moment(&self, f: &[Vec<f64>], p: impl Fn(&Vector<D>) -> f64) -> Vec<f64> {
        let factor = |(v, w): (&Vector<D>, &f64)| w * p(v);
        let factors: Vec<f64> = self.velocities.iter().zip(&self.weights).map(factor).collect();
        self.sum(f[0].len(), |j, here, sum| {
            sum.iter_mut().zip(&f[j][here]).for_each(|(s, f)| *s += factors[j] * f);
        })
    }

    /// What every node j adds at `nodes` nodes of the grid, in order of j: `add` adds it to the nodes of a range.
    pub fn sum(
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
