//! D and χ in closed form against the integral equations 𝒯₀κ = vF, 𝒯₀Θ = 𝒯₁(F) (CMPS 21, 22).

use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::referee::{Comparison, Place, compare, is_flat};
use crate::simulation::SimulationError;
use crate::turning::Sense;

/// Values of S at which they are compared, over the range of S at t = 0.
const PLACES: usize = 3;
/// Largest relative difference.
const ROUND_OFF: f64 = 1e-10;

/// The largest relative difference of each.
pub fn weigh<const D: usize>(e: &Experiment) -> Result<Vec<Finding>, SimulationError> {
    let model = Model::<D>::new(e)?;
    let species = model.first();
    let bounds = model.initial_signals()[species.cues[0]].bounds();
    let slope = if is_flat(&bounds, model.grid()) { 1.0 } else { bounds.slope.min(1.0) };
    let found: Vec<Comparison> = (0..PLACES)
        .map(|i| {
            let s = bounds.low + (bounds.high - bounds.low) * i as f64 / (PLACES - 1) as f64;
            compare(&species.kernel, &species.space, &Place { low: s, high: s, slope })
        })
        .collect();
    let finding = |i: usize, name: &str, of: fn(&Comparison) -> f64| {
        let values = || found.iter().map(of);
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        let range = match high - low < 1e-12 * high.abs() {
            true => format!("{name} = {high:.6}"),
            false => format!("{name} from {low:.6} to {high:.6}"),
        };
        let what = format!("{range}: relative difference of closed form and integral equation");
        let worst = found.iter().map(|c| c.differences()[i]).fold(0.0, f64::max);
        Finding::exact(what, worst, Demand::AtMost(ROUND_OFF))
    };
    Ok(vec![finding(0, "D", |c| c.closed.diffusivity), finding(1, "chi", |c| c.closed.sensitivity)])
}
