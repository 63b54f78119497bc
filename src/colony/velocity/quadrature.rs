//! Quadrature on V: directions × speeds.

use super::VelocitySet;
use crate::quadrature::gauss_legendre;
use crate::vector::{Vector, scaled};
use std::f64::consts::PI;

/// Nodes and weights for ∫_V · dv: all `directions` at each of the `speeds`.
pub(super) fn rule<const D: usize>(
    directions: &[(Vector<D>, f64)],
    speeds: &[(f64, f64)],
) -> Vec<(Vector<D>, f64)> {
    speeds
        .iter()
        .flat_map(|(r, w)| directions.iter().map(move |(e, u)| (scaled(*r, e), w * u)))
        .collect()
}

/// Nodes and weights for ∫ · r^{d−1} dr.
pub(super) fn speeds<const D: usize>(
    set: VelocitySet,
    inner: f64,
    outer: f64,
    nodes: usize,
) -> Vec<(f64, f64)> {
    let d = D as i32;
    match set {
        VelocitySet::Sphere => vec![(outer, outer.powi(d - 1))],
        _ => gauss_legendre(nodes, inner, outer)
            .into_iter()
            .map(|(r, w)| (r, w * r.powi(d - 1)))
            .collect(),
    }
}

/// Nodes and weights on the unit sphere: `angles` (even) around a circle, half as many latitudes. Exact for
/// polynomials of degree `angles` − 1.
pub(crate) fn directions<const D: usize>(angles: usize) -> Vec<(Vector<D>, f64)> {
    let circle = || {
        (0..angles).map(move |i| {
            let angle = 2.0 * PI * (i as f64 + 0.5) / angles as f64;
            (angle.cos(), angle.sin(), 2.0 * PI / angles as f64)
        })
    };
    let mut nodes: Vec<([f64; 3], f64)> = Vec::new();
    match D {
        1 => nodes.extend([([1.0, 0.0, 0.0], 1.0), ([-1.0, 0.0, 0.0], 1.0)]),
        2 => nodes.extend(circle().map(|(c, s, w)| ([c, s, 0.0], w))),
        _ => {
            for (z, wz) in gauss_legendre(angles / 2, -1.0, 1.0) {
                let r = (1.0 - z * z).sqrt();
                nodes.extend(circle().map(|(c, s, w)| ([r * c, r * s, z], w * wz)));
            }
        }
    }
    nodes.into_iter().map(|(e, w)| (std::array::from_fn(|a| e[a]), w)).collect()
}

/// Nodes and weights on the unit sphere of the same degree, closed under the reflections vₐ → −vₐ and with no
/// node on a coordinate plane: `angles` is a multiple of 4. In space they are fewer than the product has where
/// there is such a rule.
pub(super) fn mirrored_directions<const D: usize>(angles: usize) -> Vec<(Vector<D>, f64)> {
    match (D, angles) {
        (3, 12) => octahedral_56(),
        _ => directions(angles),
    }
}

/// The rule of degree 11 with the symmetry of the cube: its 8 corners, and twice the 24 images of a point (a, a, b).
///
/// With (a², b²) = ((1−s)/3, (1+2s)/3) the invariants are x²y²+y²z²+z²x² = (1−s²)/3 and x²y²z² = (1−3s²+2s³)/27,
/// and s = 0 at the corners. So a rule is exact up to degree 11 where its means of s², s³, s⁴, s⁵ are those that the
/// sphere's means of these and of their products ask for, 2/5, 8/35, 8/35, 64/385: a Gauss rule of two nodes in the
/// measure s², at the roots of 11s² − 4s − 4.
fn octahedral_56<const D: usize>() -> Vec<(Vector<D>, f64)> {
    let root = 4.0 * 3.0_f64.sqrt();
    let s = [(2.0 + root) / 11.0, (2.0 - root) / 11.0];
    // Σ w s² = 2/5 and Σ w s³ = 8/35.
    let share = |i: usize| (8.0 / 35.0 - 0.4 * s[1 - i]) / ((s[i] - s[1 - i]) * s[i] * s[i]);
    let corners = 1.0 - share(0) - share(1);
    let mut nodes = Vec::new();
    let mut add = |squares: [f64; 3], weight: f64| {
        for signs in 0..8_usize {
            let along = |a: usize| squares[a].sqrt() * if signs >> a & 1 == 0 { 1.0 } else { -1.0 };
            nodes.push((std::array::from_fn(along), weight));
        }
    };
    add([1.0 / 3.0; 3], 4.0 * PI * corners / 8.0);
    for (i, s) in s.into_iter().enumerate() {
        for axis in 0..3 {
            let square = |a: usize| if a == axis { 1.0 + 2.0 * s } else { 1.0 - s };
            add(std::array::from_fn(|a| square(a) / 3.0), 4.0 * PI * share(i) / 24.0);
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All monomials of the degree that is promised against ∫x^i y^j z^k = 4π (i−1)!!(j−1)!!(k−1)!!/(i+j+k+1)!!;
    /// some of the next even one is not exact.
    #[test]
    fn directions_in_space_are_exact_up_to_their_degree() {
        let odd = |n: i32| (1..=n).step_by(2).map(f64::from).product::<f64>();
        for angles in [4, 8, 12, 16] {
            let rule = mirrored_directions::<3>(angles);
            let off = |powers: [i32; 3]| {
                let even = powers.iter().all(|p| p % 2 == 0);
                let top: f64 = powers.iter().map(|p| odd(p - 1)).product();
                let exact =
                    if even { 4.0 * PI * top / odd(powers.iter().sum::<i32>() + 1) } else { 0.0 };
                let value = |v: &Vector<3>| (0..3).map(|a| v[a].powi(powers[a])).product::<f64>();
                (rule.iter().map(|(v, w)| w * value(v)).sum::<f64>() - exact).abs()
            };
            let worst = |degree: i32| {
                let all = (0..=degree)
                    .flat_map(|i| (0..=degree - i).map(move |j| [i, j, degree - i - j]));
                all.map(off).fold(0.0, f64::max)
            };
            let degree = angles as i32 - 1;
            assert!((0..=degree).all(|degree| worst(degree) < 1e-13), "{angles}");
            assert!(worst(degree + 1) > 1e-6, "{angles}: {:e}", worst(degree + 1));
            assert!(rule.iter().all(|(v, w)| *w > 0.0 && v.iter().all(|v| v.abs() > 1e-3)));
        }
        assert_eq!(mirrored_directions::<3>(12).len(), 56);
    }
}
