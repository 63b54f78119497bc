//! How fast a local infection, or any population that spreads from a spot, takes up space: cells against limit.
//!
//! The radius is that of the ball whose points have the population's variance V about its own centre,
//! r = √((d+2)/d·V): for a front that leaves a constant density behind this is where it stands, for any other shape the radius of gyration
//! up to a constant. Its speed is that of r between the last two outputs. Cells and limit are read by the same functional. It has no threshold
//! that noise of a density could cross, and no bandwidth: V is a mean over cells. By their noise r errs
//! by −σ²/(8r³)·((d+2)/d)², with σ² the variance of V from run to run, and V itself by O(1/N), from the centre and because who was born earlier has
//! more offspring; both fall like 1/N, so that they are small beside the half width, which falls like N^{−1/2}.

use super::runs::Runs;
use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::{Monitor, watched_limit};

/// How far a ratio may be from 1: room for the effect of ε, which is of second order.
const TOLERANCE: f64 = 0.03;
/// A radius that changes by less than this share is no front.
const LEAST_CHANGE: f64 = 0.1;

/// The speed of every front, as a ratio to that of the limit.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let [.., from, to] = e.time.outputs[..] else {
        let what = "speed of a front: time.outputs has a single time";
        return Ok(vec![Finding::new(what, None, Demand::near(1.0, TOLERANCE))]);
    };
    let limit = monitor.part(0.2, "", |m| watched_limit::<D>(e, true, m))?.to_the_end()?;
    let [.., before, after] = &limit.fields[..] else { unreachable!("there are two outputs") };
    let model = Model::<D>::new(e)?;
    let mut fronts = Vec::new();
    for (number, species) in model.populations.iter().enumerate() {
        let [start, end] =
            [before, after].map(|f| radius::<D>(f.populations[number].spread.variance));
        if end - start > LEAST_CHANGE * start {
            fronts.push((&species.name, end - start));
        }
    }
    if fronts.is_empty() {
        let what = format!(
            "speed of a front: no population of the limit grows by a tenth in radius from t = {from} to {to}"
        );
        return Ok(vec![Finding::new(what, None, Demand::near(1.0, TOLERANCE))]);
    }
    let runs = monitor.part(0.8, "", |m| Runs::new(e, &model, m))?;
    let mut findings = Vec::new();
    for (name, due) in fronts {
        let variance = runs.series(name, "variance");
        let ratio = |v: &[f64]| {
            let [.., before, after] = v else { unreachable!("there are two outputs") };
            (radius::<D>(*after) - radius::<D>(*before)) / due
        };
        let speed = due / (to - from);
        let what = format!(
            "front of {name} from t = {from} to {to}: speed of cells over the limit's {speed:.4}"
        );
        let demand = Demand::near(1.0, TOLERANCE);
        findings.push(Finding::new(what, runs.estimate(variance, ratio), demand));
    }
    Ok(findings)
}

/// Of the ball in D dimensions whose points have this variance about its centre.
fn radius<const D: usize>(variance: f64) -> f64 {
    let d = D as f64;
    ((d + 2.0) / d * variance).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ∫|x|²dx over the ball of radius R is d/(d+2) of R² times its volume; a segment has R²/3.
    #[test]
    fn a_ball_has_its_own_radius() {
        assert!((radius::<1>(4.0 / 3.0) - 2.0).abs() < 1e-15);
        assert!((radius::<2>(2.0) - 2.0).abs() < 1e-15);
        assert!((radius::<3>(12.0 / 5.0) - 2.0).abs() < 1e-15);
    }
}
