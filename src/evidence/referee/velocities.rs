//! Velocities on which an assumption is tried.

use crate::vector::{Vector, scaled};
use crate::velocity::VelocitySpace;
use std::f64::consts::PI;

/// Directions in a plane that holds ∇S: every 15 degrees, opposite ones included.
const DIRECTIONS: usize = 24;
/// Speeds of a ball or a shell.
const SPEEDS: usize = 4;

/// Velocities in the plane of the first two axes, the gradient along the first. What is invariant
/// under rotations about ∇S, as every T here, is extreme there if it is monotone in v·v′.
pub fn velocities<const D: usize>(space: &VelocitySpace<D>) -> Vec<Vector<D>> {
    let (low, high) = (space.min_speed(), space.max_speed());
    let speeds: Vec<f64> = match low == high {
        true => vec![high],
        // Not the centre of a ball, which has no direction, but next to it.
        false => (0..SPEEDS)
            .map(|i| {
                let share = i as f64 / (SPEEDS - 1) as f64;
                (low + share * (high - low)).max(1e-6 * high)
            })
            .collect(),
    };
    let directions = directions::<D>();
    speeds.iter().flat_map(|s| directions.iter().map(|e| scaled(*s, e))).collect()
}

fn directions<const D: usize>() -> Vec<Vector<D>> {
    let unit = |c: f64, s: f64| {
        let mut e = [0.0; D];
        e[0] = c;
        if D > 1 {
            e[1] = s;
        }
        e
    };
    if D == 1 {
        return vec![unit(1.0, 0.0), unit(-1.0, 0.0)];
    }
    (0..DIRECTIONS)
        .map(|i| {
            let angle = 2.0 * PI * i as f64 / DIRECTIONS as f64;
            unit(angle.cos(), angle.sin())
        })
        .collect()
}
