//! What a way of flying is predicted to cost, and by how much it is biased.

use super::hybrid::Hopper;
use super::{Method, Step, sampled};
use crate::turning::{Sense, TurningKernel};
use crate::vector::{Vector, norm};
use crate::velocity::VelocitySet;

/// One way to fly a field step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// The way.
    pub method: Method,
    /// Expected events per cell; a hybrid step is one.
    pub events: f64,
    /// The same in units of the time that exact thinning takes for an event.
    pub cost: f64,
    /// Estimated relative bias of the drift; 0 if exact.
    pub bias: f64,
}

impl<const D: usize, K: TurningKernel<D>, S: Sense<D>> Step<'_, D, K, S> {
    /// What this step offers to the cells at `positions`.
    pub fn offer(&self, positions: &[Vector<D>]) -> Offer {
        let circle = D == 2 && self.space.set() == VelocitySet::Sphere;
        let in_rounds = self.envelopes.tangents.is_some();
        let unit = self.method.cost(circle, in_rounds);
        let events = self.envelopes.events * self.duration / self.scaling.tumble_time();
        if self.method != Method::Hybrid {
            return Offer { method: self.method, events, cost: unit * events, bias: 0.0 };
        }
        let sample: Vec<Vector<D>> = sampled(positions).copied().collect();
        let hopper = Hopper::new(self);
        let hopping = sample.iter().filter(|x| hopper.takes(x)).count() as f64;
        let share = hopping / sample.len().max(1) as f64;
        let (hops, others) = (share * f64::from(hopper.hops()), (1.0 - share) * events);
        let bias = if share > 0.0 { self.bias(&hopper, &sample) } else { 0.0 };
        let cost = unit * hopper.looks() * hops + Method::Exact.cost(circle, false) * others;
        Offer { method: Method::Hybrid, events: hops + others, cost, bias }
    }

    /// Of the right order in ε and h, not a bound: ⟨tilt²⟩, with the tilt ε(|gain| + |loss|)s|∇S|/λ,
    /// for what is left of T; (ε²/λ)D|Δb|/|b| for how b = χ∇S changes along a flight; and (hK)²/6
    /// for how it changes along a step, with K = |∂b| + |∇D|²/D. Means over the sample.
    fn bias(&self, hopper: &Hopper<'_, '_, D, K, S>, sample: &[Vector<D>]) -> f64 {
        let (n, h) = (sample.len() as f64, self.duration / f64::from(hopper.hops()));
        let (mut tilt, mut drift, mut bend, mut shear, mut spread) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for x in sample {
            let Some(here) = hopper.look(x) else { continue };
            let (r, d) = (&here.answer, here.diffusivity);
            let reach = 0.5 * (2.0 * d * h).sqrt();
            let along = self.scaling.bias() * self.space.max_speed() / r.rate;
            tilt += ((norm(&r.gain) + norm(&r.loss)) * along).powi(2);
            let b = here.drift;
            drift += norm(&b);
            let (mut laplacian, mut steepness, mut jacobian) = ([0.0; D], 0.0, 0.0);
            for a in 0..D {
                let [up, down] = [reach, -reach].map(|by| {
                    let mut y = *x;
                    y[a] += by;
                    hopper.known(&y)
                });
                for k in 0..D {
                    let (u, l) = (up.drift[k], down.drift[k]);
                    jacobian += f64::powi((u - l) / (2.0 * reach), 2);
                    laplacian[k] += (u - 2.0 * b[k] + l) / (reach * reach);
                }
                steepness += ((up.diffusivity - down.diffusivity) / (2.0 * reach)).powi(2);
            }
            bend += self.scaling.tumble_time() * d / r.rate * norm(&laplacian);
            shear += jacobian.sqrt();
            spread += steepness / d;
        }
        let curved = if drift > 0.0 { bend / drift } else { 0.0 };
        tilt / n + curved + (h * (shear + spread) / n).powi(2) / 6.0
    }
}
