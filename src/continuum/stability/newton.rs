//! Roots of small systems.

use nalgebra::{DMatrix, DVector, SVD};

/// Steps and halvings of a step, at most.
const STEPS: usize = 200;
const HALVINGS: usize = 30;
/// Relative length of the last step of what has converged, and of one that changes nothing more.
const CONVERGED: f64 = 1e-10;
const FINISHED: f64 = 1e-15;

/// A root of `residual` near `start`, of the size `scale`, to round-off: by Newton's steps in the sense of least squares, halved until
/// the residual shrinks. There may be more equations than unknowns. `None` if there is none.
pub(super) fn newton(
    start: DVector<f64>,
    scale: f64,
    residual: impl Fn(&DVector<f64>) -> DVector<f64>,
    jacobian: impl Fn(&DVector<f64>) -> DMatrix<f64>,
) -> Option<DVector<f64>> {
    let mut at = start;
    let mut left = residual(&at);
    for _step in 0..STEPS {
        let matrix = jacobian(&at);
        if !left.norm().is_finite() || !matrix.norm().is_finite() {
            return None;
        }
        let size = at.norm() + scale;
        let is_root = left.norm() <= CONVERGED * matrix.norm() * size;
        let svd = SVD::new(matrix, true, true);
        let least = 1e-14 * svd.singular_values.max();
        let step = svd.solve(&-&left, least).ok()?;
        let mut shortened = (0..HALVINGS).map(|n| &at + &step * 0.5_f64.powi(n as i32));
        let better = shortened.find_map(|next| {
            let then = residual(&next);
            (then.norm() < left.norm()).then_some((next, then))
        });
        let is_small = step.norm() <= CONVERGED * size;
        match better {
            Some((next, then)) => (at, left) = (next, then),
            None => return (is_root && is_small).then_some(at),
        }
        if is_root && step.norm() <= FINISHED * size {
            return Some(at);
        }
    }
    None
}
