//! Where T_ε ≥ 0 ends: outside, the model is not the papers' model.

use crate::model::Model;
use crate::turning::{Kernel, Sense, TurningKernel};
use crate::vector::{Vector, norm, scaled};

/// The sign of T at t = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positivity {
    /// Least T/F found over the nodes of the grid and velocities along ±∇S.
    pub least: f64,
    /// Largest ε, to 1%, for which the least is not negative; `None` if there is none above 10⁻⁶.
    pub largest_epsilon: Option<f64>,
}

/// Scans T/F at the nodes for velocities up and down the gradient, where both kernels are extreme.
pub fn positivity<const D: usize>(model: &Model<D>) -> Positivity {
    let signal = model.initial_signal();
    let gradients: Vec<(Vector<D>, Vector<D>)> = (model.grid().nodes())
        .map(|x| (x, signal.value_and_gradient(&x).1))
        .filter(|(_, g)| norm(g) > 0.0)
        .collect();
    let least = |kernel: &Kernel<D>| {
        let mut least = f64::INFINITY;
        for (x, g) in &gradients {
            for speed in [model.space.max_speed(), model.space.min_speed()] {
                let up = scaled(speed / norm(g), g);
                for (v, w) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                    let (v, w) = (scaled(v, &up), scaled(w, &up));
                    least = least.min(kernel.relative_rate(&signal, x, &v, &w));
                }
            }
        }
        if least.is_finite() {
            least
        } else {
            kernel.leading_rate(signal.value(&model.grid().node(0)), 0.0)
        }
    };
    let here = least(&model.kernel);
    let (mut good, mut bad) = (1e-6, model.epsilon);
    if here >= 0.0 {
        // Widen until it turns negative, or is far beyond any use.
        while bad < 1e3 && least(&model.kernel.with_epsilon(bad)) >= 0.0 {
            (good, bad) = (bad, 2.0 * bad);
        }
        if bad >= 1e3 {
            return Positivity { least: here, largest_epsilon: Some(f64::INFINITY) };
        }
    } else if least(&model.kernel.with_epsilon(good)) < 0.0 {
        return Positivity { least: here, largest_epsilon: None };
    }
    while bad > 1.01 * good {
        let middle = (good * bad).sqrt();
        let is_good = least(&model.kernel.with_epsilon(middle)) >= 0.0;
        *(if is_good { &mut good } else { &mut bad }) = middle;
    }
    Positivity { least: here, largest_epsilon: Some(good) }
}
