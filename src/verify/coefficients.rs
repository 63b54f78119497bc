//! D and χ in closed form against the integral equations 𝒯₀κ = vF, 𝒯₀Θ = 𝒯₁(F) (CMPS 21, 22).

use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::limit::quadrature::transport;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::turning::{LinearSignal, Sense, TurningKernel};

/// Values of S at which they are compared, over the range of S at t = 0.
const PLACES: usize = 3;
/// Largest relative difference.
const ROUND_OFF: f64 = 1e-10;

/// The largest relative difference of each.
pub fn weigh<const D: usize>(e: &Experiment) -> Result<Vec<Finding>, SimulationError> {
    let model = Model::<D>::new(e)?;
    let bounds = model.initial_signal().bounds();
    let slope = if bounds.slope > 0.0 { bounds.slope } else { 1.0 };
    let (mut worst, mut values) = ([0.0_f64; 2], [[f64::INFINITY, f64::NEG_INFINITY]; 2]);
    for i in 0..PLACES {
        let share = i as f64 / (PLACES - 1) as f64;
        let offset = bounds.low + share * (bounds.high - bounds.low);
        let closed = model.kernel.coefficients(offset, slope);
        let mut gradient = [0.0; D];
        gradient[0] = slope;
        let at = |epsilon: f64| model.kernel.with_epsilon(epsilon);
        let solved = transport(at, &model.space, &LinearSignal { offset, gradient });
        let pairs = [
            (closed.diffusivity, solved.diffusivity[0][0]),
            (closed.sensitivity, solved.drift[0] / slope),
        ];
        for (i, (closed, solved)) in pairs.into_iter().enumerate() {
            let scale = if solved == 0.0 { 1.0 } else { solved.abs() };
            worst[i] = worst[i].max((closed - solved).abs() / scale);
            values[i] = [values[i][0].min(closed), values[i][1].max(closed)];
        }
    }
    let finding = |i: usize, name: &str| {
        let [low, high] = values[i];
        let range = match high - low < 1e-12 * high.abs() {
            true => format!("{name} = {high:.6}"),
            false => format!("{name} from {low:.6} to {high:.6}"),
        };
        let what = format!("{range}: relative difference of closed form and integral equation");
        Finding::exact(what, worst[i], Demand::AtMost(ROUND_OFF))
    };
    Ok(vec![finding(0, "D"), finding(1, "chi")])
}
