//! Discrete ordinates: the nodes that stand for V.

use crate::grid::Boundary;
use crate::vector::Vector;
use crate::velocity::VelocitySpace;

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
        let mut sum = vec![0.0; f[0].len()];
        for ((f, v), w) in f.iter().zip(&self.velocities).zip(&self.weights) {
            let factor = w * p(v);
            sum.iter_mut().zip(f).for_each(|(s, f)| *s += factor * f);
        }
        sum
    }
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
