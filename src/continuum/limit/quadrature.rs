//! D and Γ from the integral equations (CMPS 21, 22), solved on quadrature nodes of V.
//!
//! The kernel is used only through its values T_ε(v,w) in a signal of constant gradient, so this
//! is independent of the closed forms that it checks.

use crate::linear::solve;
use crate::turning::{Sense, TurningKernel};
use crate::vector::Vector;
use crate::velocity::VelocitySpace;

/// D (row-major tensor) and Γ at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Transport<const D: usize> {
    /// D = ∫v⊗κ dv.
    pub diffusivity: [[f64; D]; D],
    /// Γ = −∫vΘ dv.
    pub drift: Vector<D>,
}

/// Nodes per angle that are tried first.
const ANGLES: usize = 12;
/// Nodes at which the dense system still takes seconds.
const MOST_NODES: usize = 1300;
/// Relative change of D and Γ at which they count as settled.
const SETTLED: f64 = 1e-11;

impl<const D: usize> Transport<D> {
    /// The largest change of a component, relative to the largest component of D and of Γ.
    fn distance(&self, other: &Self) -> f64 {
        let relative = |a: &[f64], b: &[f64]| {
            let largest = a.iter().map(|x| x.abs()).fold(0.0, f64::max);
            let change = a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
            if largest > 0.0 { change / largest } else { change }
        };
        let spread = relative(self.diffusivity.as_flattened(), other.diffusivity.as_flattened());
        spread.max(relative(&self.drift, &other.drift))
    }
}

/// Solves 𝒯₀κ = vF and 𝒯₀Θ = 𝒯₁(F), ∫κ = ∫Θ = 0, in the signal `signal` at x = 0.
///
/// `kernel` gives the kernel at any ε. T₀ and T₁ are the even and odd parts of T_ε at small ±ε:
/// T₁ = (T_ε − T_{−ε})/2ε up to O(ε²), extrapolated once; T₀ = T₀ exactly. Directions are resolved
/// twice as finely until D and Γ stay to 10⁻¹¹, or there are too many nodes.
pub fn transport<const D: usize, K: TurningKernel<D>>(
    kernel: impl Fn(f64) -> K,
    space: &VelocitySpace<D>,
    signal: &impl Sense<D>,
) -> Transport<D> {
    let mut angles = ANGLES;
    let mut coarse = transport_on(&kernel, space, signal, &space.quadrature_of(angles));
    loop {
        angles *= 2;
        let nodes = space.quadrature_of(angles);
        if D == 1 || nodes.len() > MOST_NODES {
            return coarse;
        }
        let fine = transport_on(&kernel, space, signal, &nodes);
        if fine.distance(&coarse) < SETTLED {
            return fine;
        }
        coarse = fine;
    }
}

/// The same on the given nodes and weights of V.
fn transport_on<const D: usize, K: TurningKernel<D>>(
    kernel: &impl Fn(f64) -> K,
    space: &VelocitySpace<D>,
    signal: &impl Sense<D>,
    nodes: &[(Vector<D>, f64)],
) -> Transport<D> {
    let n = nodes.len();
    let table = |epsilon: f64| -> Vec<f64> {
        let k = kernel(epsilon);
        let mut t = Vec::with_capacity(n * n);
        for (v, _) in nodes {
            let f = space.density(v);
            t.extend(nodes.iter().map(|(w, _)| f * k.relative_rate(signal, &[0.0; D], v, w)));
        }
        t
    };
    let odd = |epsilon: f64| -> Vec<f64> {
        let (plus, minus) = (table(epsilon), table(-epsilon));
        plus.iter().zip(&minus).map(|(p, m)| (p - m) / (2.0 * epsilon)).collect()
    };
    let (t0, coarse, fine) = (table(0.0), odd(2e-3), odd(1e-3));
    let t1: Vec<f64> = fine.iter().zip(&coarse).map(|(f, c)| (4.0 * f - c) / 3.0).collect();
    // 𝒯(g)(v) = g(v) ∫T(v′,v)dv′ − ∫T(v,v′)g(v′)dv′
    let apply = |t: &[f64], g: &[f64]| -> Vec<f64> {
        (0..n)
            .map(|i| {
                let loss: f64 = (0..n).map(|j| nodes[j].1 * t[j * n + i]).sum();
                let gain: f64 = (0..n).map(|j| nodes[j].1 * t[i * n + j] * g[j]).sum();
                g[i] * loss - gain
            })
            .collect()
    };
    let f: Vec<f64> = nodes.iter().map(|(v, _)| space.density(v)).collect();
    let mut sides: Vec<Vec<f64>> =
        (0..D).map(|a| nodes.iter().zip(&f).map(|((v, _), f)| v[a] * f).collect()).collect();
    sides.push(apply(&t1, &f));
    // The null space of 𝒯₀ is spanned by F; adding F ∫g picks the solution with ∫g = 0.
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        let loss: f64 = (0..n).map(|j| nodes[j].1 * t0[j * n + i]).sum();
        for j in 0..n {
            matrix[i * n + j] = nodes[j].1 * (f[i] - t0[i * n + j]);
        }
        matrix[i * n + i] += loss;
    }
    solve(&mut matrix, &mut sides);
    let moment =
        |a: usize, g: &[f64]| -> f64 { nodes.iter().zip(g).map(|((v, w), g)| w * v[a] * g).sum() };
    Transport {
        diffusivity: std::array::from_fn(|a| std::array::from_fn(|b| moment(a, &sides[b]))),
        drift: std::array::from_fn(|a| -moment(a, &sides[D])),
    }
}
