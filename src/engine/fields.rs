//! Fields of one replicate: ρ_h, S, the flux J_ε and the velocity moments of r_ε.

use crate::model::{Model, Species};
use crate::state::{Colony, State};
use crate::vector::{Vector, dot};
use crate::velocity::VelocitySpace;
use serde::{Deserialize, Serialize};
use serde_with::serde_as;

/// The fields that are compared with the limit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fields<const D: usize> {
    /// Of every population.
    pub populations: Vec<PopulationFields<D>>,
    /// Spectral coefficients of every S.
    pub signals: Vec<Vec<f64>>,
}

/// Spectral coefficients of the fields of one population.
#[serde_as]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PopulationFields<const D: usize> {
    /// ρ_h.
    pub density: Vec<f64>,
    /// Nodal values of J_h = K_h * (1/ε)∫v f dv, by component.
    #[serde_as(as = "[_; D]")]
    pub flux: [Vec<f64>; D],
    /// Moments of r_ε.
    pub remainder: Vec<Vec<f64>>,
}

impl<const D: usize> Fields<D> {
    /// The fields of `state`, with the moments of every population.
    pub fn new(model: &Model<D>, state: &State<D>, moments: &[PhaseMoments<D>]) -> Self {
        let all = model.populations.iter().zip(&state.populations).zip(moments);
        let of = |((species, colony), moments): ((&_, &_), &_)| {
            PopulationFields::new(model, species, colony, moments)
        };
        Self { populations: all.map(of).collect(), signals: state.signals.clone() }
    }
}

impl<const D: usize> PopulationFields<D> {
    fn new(
        model: &Model<D>,
        species: &Species<D>,
        colony: &Colony<D>,
        moments: &PhaseMoments<D>,
    ) -> Self {
        let cells = &colony.cells;
        let deposit = |weight: &(dyn Fn(&Vector<D>) -> f64 + Sync)| {
            let scale = cells.weight / model.epsilon;
            let of = |i: usize| scale * weight(&cells.velocities.get(i));
            species.deposit.coefficients(&model.spectral, &cells.positions, of)
        };
        Self {
            density: colony.density.now.clone(),
            flux: std::array::from_fn(|a| model.spectral.inverse(&deposit(&|v| v[a]))),
            remainder: (0..moments.len()).map(|m| deposit(&|v| moments.eval(m, v))).collect(),
        }
    }
}

/// Polynomials p₁, p₂, … in v of degree ≤ 2, orthonormal under F and orthogonal to 1.
///
/// With r_ε = (f − ρF)/ε, ∫ p r_ε dv = (1/ε)∫ p f dv, and by Bessel's inequality
/// Σₘ ‖∫pₘ r_ε dv‖² ≤ ∫∫ r_ε²/F dv dx (CMPS 32, HKS 33), with equality up to O(ε) where r₀/F is
/// linear in v, as it is for both kernels with uniform F.
pub struct PhaseMoments<const D: usize> {
    /// Coefficients over the monomials 1, vᵢ, vᵢvⱼ (i ≤ j).
    polynomials: Vec<Vec<f64>>,
}

/// 1, vᵢ, vᵢvⱼ for i ≤ j.
fn monomials<const D: usize>(v: &Vector<D>) -> Vec<f64> {
    let mut m = vec![1.0];
    m.extend(v);
    for i in 0..D {
        for j in i..D {
            m.push(v[i] * v[j]);
        }
    }
    m
}

impl<const D: usize> PhaseMoments<D> {
    /// Gram–Schmidt under F; monomials that V makes dependent (|v|² on a sphere) drop out.
    pub fn new(space: &VelocitySpace<D>) -> Self {
        let rule: Vec<(Vec<f64>, f64)> =
            space.quadrature().iter().map(|(v, w)| (monomials(v), w * space.density(v))).collect();
        let value = |p: &[f64], m: &[f64]| p.iter().zip(m).map(|(p, m)| p * m).sum::<f64>();
        let inner = |p: &[f64], q: &[f64]| -> f64 {
            rule.iter().map(|(m, w)| w * value(p, m) * value(q, m)).sum()
        };
        let count = rule[0].0.len();
        let mut polynomials: Vec<Vec<f64>> = Vec::new();
        for k in 0..count {
            let mut p = vec![0.0; count];
            p[k] = 1.0;
            let size = inner(&p, &p);
            for _twice in 0..2 {
                for q in &polynomials {
                    let overlap = inner(&p, q);
                    p.iter_mut().zip(q).for_each(|(p, q)| *p -= overlap * q);
                }
            }
            let rest = inner(&p, &p);
            if rest > 1e-10 * size {
                p.iter_mut().for_each(|c| *c /= rest.sqrt());
                polynomials.push(p);
            }
        }
        polynomials.remove(0);
        Self { polynomials }
    }

    /// Number of polynomials.
    pub fn len(&self) -> usize {
        self.polynomials.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.polynomials.is_empty()
    }

    /// pₘ(v).
    pub fn eval(&self, m: usize, v: &Vector<D>) -> f64 {
        let p = &self.polynomials[m];
        let (linear, mut k) = (dot(&std::array::from_fn(|a| p[1 + a]), v), D + 1);
        let mut sum = p[0] + linear;
        for i in 0..D {
            for j in i..D {
                sum += p[k] * v[i] * v[j];
                k += 1;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::velocity::VelocitySet;

    fn orthonormal<const D: usize>(set: VelocitySet, count: usize) {
        let space = VelocitySpace::<D>::new(set, 0.5, 1.2, None);
        let p = PhaseMoments::new(&space);
        assert_eq!(p.len(), count);
        for a in 0..p.len() {
            for b in 0..=a {
                let sum: f64 = (space.quadrature().iter())
                    .map(|(v, w)| w * space.density(v) * p.eval(a, v) * p.eval(b, v))
                    .sum();
                assert!((sum - f64::from(a == b)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn moments_are_orthonormal_under_f() {
        orthonormal::<1>(VelocitySet::Sphere, 1);
        orthonormal::<1>(VelocitySet::Ball, 2);
        orthonormal::<2>(VelocitySet::Sphere, 4);
        orthonormal::<2>(VelocitySet::Shell, 5);
        orthonormal::<3>(VelocitySet::Sphere, 8);
        orthonormal::<3>(VelocitySet::Ball, 9);
    }
}
