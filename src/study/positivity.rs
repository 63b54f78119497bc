//! Where T_ε ≥ 0 ends: outside, the model is not the papers' model.

use crate::model::Model;
use crate::signal::SensedSignal;
use crate::turning::{Kernel, Sense, TurningKernel};
use crate::vector::{Vector, norm, scaled};
use rayon::prelude::*;

/// The sign of T at t = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positivity {
    /// Least T/F found over the nodes of the grid and velocities along ±∇S.
    pub least: f64,
    /// Largest ε, to 1%, for which the least is not negative; `None` if there is none above 10⁻⁶.
    pub largest_epsilon: Option<f64>,
}

/// S at t = 0 and where it has a slope.
struct Start<'m, const D: usize> {
    model: &'m Model<D>,
    signal: SensedSignal<'m, D>,
    gradients: Vec<(Vector<D>, Vector<D>)>,
}

impl<'m, const D: usize> Start<'m, D> {
    fn new(model: &'m Model<D>) -> Self {
        let signal = model.initial_signal();
        let nodes: Vec<_> = model.grid().nodes().collect();
        let gradients = nodes
            .into_par_iter()
            .map(|x| (x, signal.value_and_gradient(&x).1))
            .filter(|(_, g)| norm(g) > 0.0)
            .collect();
        Self { model, signal, gradients }
    }

    /// Least T/F for velocities up and down the gradient, where both kernels are extreme.
    fn least(&self, kernel: &Kernel<D>) -> f64 {
        let space = &self.model.space;
        let at = |(x, g): &(Vector<D>, Vector<D>)| {
            let mut least = f64::INFINITY;
            for speed in [space.max_speed(), space.min_speed()] {
                let up = scaled(speed / norm(g), g);
                for (v, w) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                    let (v, w) = (scaled(v, &up), scaled(w, &up));
                    least = least.min(kernel.relative_rate(&self.signal, x, &v, &w));
                }
            }
            least
        };
        let least = self.gradients.par_iter().map(at).reduce(|| f64::INFINITY, f64::min);
        if least.is_finite() {
            least
        } else {
            kernel.leading_rate(self.signal.value(&self.model.grid().node(0)), 0.0)
        }
    }
}

/// The least T/F at t = 0.
pub fn least_rate<const D: usize>(model: &Model<D>) -> f64 {
    Start::new(model).least(&model.kernel)
}

/// Scans T/F at the nodes at t = 0, and for which ε it is not negative.
pub fn positivity<const D: usize>(model: &Model<D>) -> Positivity {
    let start = Start::new(model);
    let least = |kernel: &Kernel<D>| start.least(kernel);
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
