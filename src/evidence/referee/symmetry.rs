//! (CMPS 30, 31), HKS Assumption 3.2: the symmetric and the antisymmetric part of T_ε(v,v′)F(v′),
//! φ^{S,A} = ½( T(v,v′)F′ ± T(v′,v)F ).

use super::velocities::velocities;
use super::{Place, Status};
use crate::turning::{LinearSignal, TurningKernel};
use crate::vector::Vector;
use crate::velocity::VelocitySpace;

/// γ and Λ where ∇S is the steepest of t = 0, from values of T alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts<const D: usize> {
    /// γ, the least T₀/F there.
    pub gamma: f64,
    /// The least φ^S/FF′, and its (v, v′).
    pub least: (f64, [Vector<D>; 2]),
    /// Λ in (30): (1 − least/γ)/ε, and 0 if that is negative.
    pub lower: f64,
    /// Λ in (31): the largest ∫(φ^A)²/(Fφ^S)dv′ over ε²; `None` where φ^S is not positive.
    pub upper: Option<f64>,
    /// χ from φ^A, as (34) has it: Γ = −∫(κ/F)𝒯₁F with 𝒯_ε(F)/ε = −(2/ε)∫φ^A dv′. It goes over into χ as
    /// ε → 0. `None` where κ is not known: T₀ with memory and many speeds.
    pub sensitivity: Option<f64>,
}

impl<const D: usize> Parts<D> {
    /// φ^S ≤ 0 refutes (31), where it is divided by; otherwise nothing is proved for other signals.
    pub fn status(&self) -> Status {
        if self.least.0 > 0.0 { Status::Unknown } else { Status::Fails }
    }
}

/// φ^S/FF′ and φ^A/FF′, from T/F of the turn and of the turn back.
fn split(forth: f64, back: f64) -> [f64; 2] {
    [0.5 * (forth + back), 0.5 * (forth - back)]
}

/// Measures them in a signal with the middle value of S and the steepest gradient along e₁.
pub fn parts<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    place: &Place,
    epsilon: f64,
) -> Parts<D> {
    let mut gradient = [0.0; D];
    gradient[0] = place.slope;
    let signal = LinearSignal { offset: place.middle(), gradient };
    let rate = |k: &K, v: &Vector<D>, w: &Vector<D>| k.relative_rate(&signal, &[0.0; D], v, w);
    let pair = |v: &Vector<D>, w: &Vector<D>| split(rate(kernel, v, w), rate(kernel, w, v));
    let (tried, zero) = (velocities(space), kernel.with_epsilon(0.0));
    let mut gamma = f64::INFINITY;
    let mut least = (f64::INFINITY, [tried[0]; 2]);
    for v in &tried {
        for w in &tried {
            gamma = gamma.min(rate(&zero, v, w));
            let [symmetric, _] = pair(v, w);
            if symmetric < least.0 {
                least = (symmetric, [*v, *w]);
            }
        }
    }
    // (φ^A)²/(Fφ^S) = F′ (φ^A/FF′)²/(φ^S/FF′)
    let nodes = space.quadrature_of(if D == 2 { 48 } else { 12 });
    let share = |v: &Vector<D>| -> f64 {
        let part = |w: &Vector<D>| {
            let [symmetric, antisymmetric] = pair(v, w);
            antisymmetric * antisymmetric / symmetric
        };
        nodes.iter().map(|(w, weight)| weight * space.density(w) * part(w)).sum()
    };
    let largest = || tried.iter().map(share).fold(0.0, f64::max);
    Parts {
        gamma,
        least,
        lower: ((1.0 - least.0 / gamma) / epsilon).max(0.0),
        upper: (least.0 > 0.0).then(|| largest() / (epsilon * epsilon)),
        sensitivity: friction(kernel, space, place).map(|beta| {
            let moment = moment(space, |v, w| pair(v, w)[1]);
            2.0 * beta * moment / (epsilon * place.slope)
        }),
    }
}

/// β where κ = βFv: 1/λ without memory, and dD/s² on a sphere.
fn friction<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    place: &Place,
) -> Option<f64> {
    let (s, slope) = (place.middle(), place.slope);
    if let Some(response) = kernel.response(s, slope) {
        return Some(1.0 / response.rate);
    }
    let sphere = space.min_speed() == space.max_speed();
    sphere.then(|| {
        let diffusivity = kernel.coefficients(s, slope).diffusivity;
        D as f64 * diffusivity / space.mean_square()
    })
}

/// ∫∫ v₁ F F′ g(v, v′) dv′dv.
fn moment<const D: usize>(
    space: &VelocitySpace<D>,
    g: impl Fn(&Vector<D>, &Vector<D>) -> f64,
) -> f64 {
    let nodes: Vec<(Vector<D>, f64)> =
        space.quadrature().into_iter().map(|(v, w)| (v, w * space.density(&v))).collect();
    let inner = |v: &Vector<D>| nodes.iter().map(|(w, weight)| weight * g(v, w)).sum::<f64>();
    nodes.iter().map(|(v, weight)| weight * v[0] * inner(v)).sum()
}
