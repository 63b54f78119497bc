//! Quadrature on V: directions × speeds.

use super::VelocitySet;
use crate::quadrature::gauss_legendre;
use crate::vector::{Vector, scaled};
use std::f64::consts::PI;

/// Nodes and weights for ∫_V · dv: `angles` (even) around a circle, half as many latitudes, and
/// `speeds`.
pub(super) fn rule<const D: usize>(
    set: VelocitySet,
    [inner, outer]: [f64; 2],
    angles: usize,
    speeds: usize,
) -> Vec<(Vector<D>, f64)> {
    let speeds = self::speeds::<D>(set, inner, outer, speeds);
    let directions = directions::<D>(angles);
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

/// Nodes and weights on the unit sphere.
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
