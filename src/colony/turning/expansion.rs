//! D and χ of a turn T_ε that is given by its values, from the integral equations (CMPS 21, 22).
//!
//! T₀ is isotropic with detailed balance, so κ = Fβ(|v|)v with β from [`Radial`]. 𝒯₀ is symmetric in
//! L²(dv/F), hence Γ = −∫vΘ dv = −∫(κ/F)𝒯₀Θ dv = −∫βv 𝒯₁(F) dv, and with 𝒯 written out
//!
//! Γ = ∫∫ T₁(v,v′)F(v′) ( β(|v|)v − β(|v′|)v′ ) dv dv′:
//!
//! no second equation is solved.

use super::radial::{Radial, SpeedNode};
use crate::quadrature::gauss_legendre;
use crate::vector::{Vector, scaled};
use crate::velocity::{VelocitySpace, directions};
use std::f64::consts::PI;

/// T_ε/F for a turn from the second velocity to the first, where ∇S is along the first axis.
pub type Turn<'a, const D: usize> = &'a dyn Fn(f64, &Vector<D>, &Vector<D>) -> f64;

/// D and Γ at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expansion {
    /// D.
    pub diffusivity: f64,
    /// Γ·∇S/|∇S|.
    pub drift: f64,
    /// Mean of the tumble rate under F.
    pub rate: f64,
}

/// Nodes for the speed and for angles that are tried first, and last.
const NODES: [[usize; 2]; 2] = [[8, 12], [32, 96]];
/// Relative change at which D and Γ count as settled.
const SETTLED: f64 = 1e-11;

/// Solves where `leading`(r, q, c) is T₀/F, on nodes for the speed and for angles.
pub fn expand<const D: usize>(
    space: &VelocitySpace<D>,
    leading: impl Fn(f64, f64, f64) -> f64,
    turn: Turn<'_, D>,
    [speeds, angles]: [usize; 2],
) -> Expansion {
    let radial = Radial::solve(space, &leading, [speeds, 2 * angles]);
    let moments = radial.moments();
    let drift = match D {
        // About the axis only the angle between both velocities matters.
        3 => drift(&radial.nodes, &sphere(angles / 2, 1), &sphere(angles / 2, angles / 2), turn),
        _ => drift(&radial.nodes, &directions(angles), &directions(angles), turn),
    };
    Expansion { diffusivity: moments.spread, drift, rate: moments.rate }
}

/// How many nodes do, judged by doubling them.
pub fn resolution(at: impl Fn([usize; 2]) -> Expansion) -> [usize; 2] {
    let [mut nodes, last] = NODES;
    let mut coarse = at(nodes);
    while nodes[1] < last[1] {
        let more = [(2 * nodes[0]).min(last[0]), 2 * nodes[1]];
        let fine = at(more);
        let near = |a: f64, b: f64| (a - b).abs() <= SETTLED * a.abs();
        if near(fine.diffusivity, coarse.diffusivity) && near(fine.drift, coarse.drift) {
            return nodes;
        }
        (nodes, coarse) = (more, fine);
    }
    nodes
}

/// A direction and its weight.
type Direction<const D: usize> = (Vector<D>, f64);

/// ∫∫ T₁(v,w)F(w) ( βv − βw )·e₁ dv dw. T₁ is the odd part of T_ε over ε, extrapolated once.
fn drift<const D: usize>(
    speeds: &[SpeedNode],
    new: &[Direction<D>],
    old: &[Direction<D>],
    turn: Turn<'_, D>,
) -> f64 {
    let odd = |epsilon: f64, v: &Vector<D>, w: &Vector<D>| {
        (turn(epsilon, v, w) - turn(-epsilon, v, w)) / (2.0 * epsilon)
    };
    let mut sum = 0.0;
    for (r, (e, a)) in speeds.iter().flat_map(|r| new.iter().map(move |e| (r, e))) {
        let (v, ahead) = (scaled(r.speed, e), r.solution[0] * e[0]);
        for (q, (f, b)) in speeds.iter().flat_map(|q| old.iter().map(move |f| (q, f))) {
            let (w, behind) = (scaled(q.speed, f), q.solution[0] * f[0]);
            let first = (4.0 * odd(1e-3, &v, &w) - odd(2e-3, &v, &w)) / 3.0;
            sum += a * b * r.weight * q.weight * first * (ahead - behind);
        }
    }
    sum
}

/// The axis is the first one; `about` nodes about it.
fn sphere<const D: usize>(n: usize, about: usize) -> Vec<Direction<D>> {
    let turns = (0..about).map(|i| 2.0 * PI * (i as f64 + 0.5) / about as f64);
    let turns: Vec<f64> = turns.collect();
    (gauss_legendre(n, -1.0, 1.0).into_iter())
        .flat_map(|(z, w)| {
            let (r, weight) = ((1.0 - z * z).sqrt(), 2.0 * PI * w / about as f64);
            turns.iter().map(move |t| [z, r * t.cos(), r * t.sin()]).map(move |e| (e, weight))
        })
        .map(|(e, weight)| (std::array::from_fn(|a| e[a]), weight))
        .collect()
}

/// A pair of velocities at which what should be equal is not, and the two values.
pub struct Misfit<const D: usize> {
    /// The new velocity.
    pub v: Vector<D>,
    /// The old one.
    pub w: Vector<D>,
    /// The two values.
    pub values: [f64; 2],
}

impl<const D: usize> Misfit<D> {
    /// Of two functions over `pairs`, where they differ most, if by more than round-off.
    pub fn worst(
        pairs: &[(Vector<D>, Vector<D>)],
        of: impl Fn(&Vector<D>, &Vector<D>) -> [f64; 2],
    ) -> Option<Self> {
        let apart = |[a, b]: [f64; 2]| (a - b).abs() / a.abs().max(b.abs()).max(1e-300);
        (pairs.iter())
            .map(|(v, w)| Self { v: *v, w: *w, values: of(v, w) })
            .filter(|m| apart(m.values) > 1e-9)
            .max_by(|a, b| apart(a.values).total_cmp(&apart(b.values)))
    }
}

impl<const D: usize> std::fmt::Display for Misfit<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |u: &Vector<D>| u.map(|x| format!("{x:.3}")).join(", ");
        write!(f, "v = [{}], v' = [{}]", show(&self.v), show(&self.w))
    }
}
