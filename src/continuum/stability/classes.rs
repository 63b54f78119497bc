//! Ordinates on which functions of |v| and v₁ are the same.

use crate::grid::Boundary;
use crate::kinetic::Ordinates;
use crate::velocity::VelocitySpace;

/// Speeds and components that are the same but for round-off, in units of the largest speed.
const SAME: f64 = 1e-9;

/// The ordinates of V in classes of equal |v| and v₁.
pub(super) struct Classes<const D: usize> {
    pub ordinates: Ordinates<D>,
    /// An ordinate of each class.
    pub first: Vec<usize>,
    /// The class of every ordinate.
    pub of: Vec<usize>,
    /// v₁, the weight of all, and F.
    pub along: Vec<f64>,
    pub weights: Vec<f64>,
    pub equilibrium: Vec<f64>,
    /// The class of the reverse velocities.
    pub reverse: Vec<usize>,
}

impl<const D: usize> Classes<D> {
    /// On the ordinates that the solver of the kinetic equation has for `angles`; in three dimensions turned, their
    /// poles on the first axis, so that classes are few.
    pub fn new(space: &VelocitySpace<D>, angles: usize) -> Self {
        let mut ordinates = Ordinates::new(space, angles, &[Boundary::Periodic; D]);
        if D == 3 {
            ordinates.velocities.iter_mut().for_each(|v| v.swap(0, D - 1));
        }
        let near = SAME * space.max_speed();
        let speed = |j: usize| crate::vector::norm(&ordinates.velocities[j]);
        let (mut first, mut of): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for (j, v) in ordinates.velocities.iter().enumerate() {
            let is_same = |i: &usize| {
                let alike = (ordinates.velocities[*i][0] - v[0]).abs() <= near;
                alike && (speed(*i) - speed(j)).abs() <= near
            };
            let class = first.iter().position(is_same).unwrap_or_else(|| {
                first.push(j);
                first.len() - 1
            });
            of.push(class);
        }
        let mut weights = vec![0.0; first.len()];
        of.iter().zip(&ordinates.weights).for_each(|(class, w)| weights[*class] += w);
        Self {
            along: first.iter().map(|j| ordinates.velocities[*j][0]).collect(),
            equilibrium: first.iter().map(|j| ordinates.equilibrium[*j]).collect(),
            reverse: first.iter().map(|j| of[ordinates.reverse[*j]]).collect(),
            ordinates,
            first,
            of,
            weights,
        }
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.first.len()
    }
}
