//! The kinetic regularisation beside Velázquez's (HKS Remark 3.8): for each ε, the η for which
//! ∂tρ = ∇·(D∇ρ − χ G_η(ρ)∇S), G_η(u) = u/(1+ηu), has the largest density of the kinetic equation at
//! the final time; how that η goes with ε; and how far the two densities are then apart.

use super::{Demand, Finding};
use crate::experiment::Experiment;
use crate::experiment::Mobility;
use crate::kinetic::{KineticSolver, Resolution};
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::study::statistics::Estimate;
use crate::study::{Monitor, limit_fields};

/// Nodes around the circle of velocities.
const ANGLES: usize = 16;
/// Relative accuracy of the largest density at which η is taken.
const MATCHED: f64 = 1e-3;
/// Most solutions of the limit for one ε.
const TRIALS: usize = 24;

/// When the limit is lost without regularisation, two findings for each ε, and the powers.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let mut end = e.clone();
    end.time.outputs = vec![e.time.end];
    let share = 1.0 / e.converge.epsilons.len() as f64;
    let bare = limit_fields::<D>(&end, true, monitor.stop)?;
    let what = "time at which the limit without regularisation outgrows its grid";
    let lost = bare.blow_up.map_or(f64::NAN, |b| b.time);
    let mut findings = vec![Finding::exact(what, lost, Demand::Open)];
    let (mut matches, mut peaks) = (Vec::new(), Vec::new());
    for &epsilon in &e.converge.epsilons {
        end.epsilon = epsilon;
        let model = Model::<D>::new(&end)?;
        let density = kinetic(&model, &end, monitor, 0.5 * share)?;
        let peak = largest(&density);
        peaks.push((epsilon, peak));
        let Some((eta, regular)) = matching(&model, &end, peak, monitor)? else {
            let what = format!("epsilon = {epsilon}: no eta gives max rho = {peak:.4}");
            findings.push(Finding::new(what, None, Demand::Open));
            continue;
        };
        (monitor.progress)(0.5 * share);
        matches.push((epsilon, eta));
        let what = format!("epsilon = {epsilon}, max rho = {peak:.3}: eta of the same maximum");
        findings.push(Finding::exact(what, eta, Demand::Open));
        let apart: f64 = density.iter().zip(&regular).map(|(a, b)| (a - b).abs()).sum();
        let share = apart * model.grid().cell_volume() / model.first().initial.mass();
        let what = format!("epsilon = {epsilon}: L1 distance of the two densities over M");
        findings.push(Finding::exact(what, share, Demand::Open));
    }
    let what = "eta goes like epsilon to this power (range of slopes between neighbours)";
    findings.push(Finding::new(what, power(&matches), Demand::Open));
    let what = "max rho goes like epsilon to this power (range of slopes between neighbours)";
    findings.push(Finding::new(what, power(&peaks), Demand::Open));
    Ok(findings)
}

/// Nodal ρ_ε at the final time.
fn kinetic<const D: usize>(
    model: &Model<D>,
    e: &Experiment,
    monitor: &Monitor<'_>,
    share: f64,
) -> Result<Vec<f64>, SimulationError> {
    let resolution = Resolution { angles: ANGLES, step: e.time.step };
    let mut solver = KineticSolver::new(model, resolution);
    match solver.run(e.time.end, monitor.stop, &monitor.replicate(share)) {
        true => Ok(solver.density(0)),
        false => Err(SimulationError::Interrupted),
    }
}

fn largest(density: &[f64]) -> f64 {
    density.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// η and nodal ρ_η whose largest value is `peak`, by bisection in log η; `None` if none of a wide
/// range is.
fn matching<const D: usize>(
    model: &Model<D>,
    e: &Experiment,
    peak: f64,
    monitor: &Monitor<'_>,
) -> Result<Option<(f64, Vec<f64>)>, SimulationError> {
    let solve = |eta: f64| {
        let mut e = e.clone();
        e.limit.mobility = Mobility::Saturating(eta);
        let run = limit_fields::<D>(&e, true, monitor.stop)?;
        // Where it outgrows the grid its largest density is beyond any that the grid holds.
        let outgrown = run.blow_up.is_some();
        Ok::<_, SimulationError>((outgrown, model.spectral.inverse(&run.last().first().density)))
    };
    // Saturation lowers the maximum. Of the order of 1/ρ, it is strong.
    let [mut weak, mut strong] = [1e-4 / peak, 1e2 / peak];
    for _ in 0..TRIALS {
        let eta = (weak * strong).sqrt();
        let (outgrown, density) = solve(eta)?;
        let ratio = largest(&density) / peak;
        if !outgrown && (ratio - 1.0).abs() < MATCHED {
            return Ok(Some((eta, density)));
        }
        if outgrown || ratio > 1.0 {
            weak = eta;
        } else {
            strong = eta;
        }
    }
    Ok(None)
}

/// The slope of log y on log ε between the ends, and the range of those between neighbours.
fn power(points: &[(f64, f64)]) -> Option<Estimate> {
    let slope = |a: &(f64, f64), b: &(f64, f64)| (b.1 / a.1).ln() / (b.0 / a.0).ln();
    let slopes: Vec<f64> = points.windows(2).map(|pair| slope(&pair[0], &pair[1])).collect();
    let value = slope(points.first()?, points.last().filter(|_| !slopes.is_empty())?);
    let low = slopes.iter().copied().fold(f64::INFINITY, f64::min);
    let high = slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(Estimate { value, std_error: 0.0, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;
    use std::sync::atomic::AtomicBool;

    /// The η that made a density is found again from its largest value.
    #[test]
    fn the_matching_saturation_is_the_one_that_made_the_density() {
        let text = r#"
            dimension = 1
            epsilon = 0.1
            domain = { lower = 0, upper = 4, grid = 32, boundary = "no-flux" }
            kernel = { model = "local", lambda = 1, a = 2 }
            signal = { equation = "elliptic", decay = 1 }
            cells = { count = 10, mass = 4, density = { shape = "cosine", amplitude = 0.5 } }
            time = { end = 0.2, step = 0.02 }
        "#;
        let mut e = read(text, "test.toml", &[]).unwrap().experiment;
        let model = Model::<1>::new(&e).unwrap();
        let stop = AtomicBool::new(false);
        let monitor = Monitor::silent(&stop);
        e.limit.mobility = Mobility::Saturating(0.3);
        let run = limit_fields::<1>(&e, true, &stop).unwrap();
        let density = model.spectral.inverse(&run.last().first().density);
        let (eta, found) = matching(&model, &e, largest(&density), &monitor).unwrap().unwrap();
        assert!((eta / 0.3 - 1.0).abs() < 0.05, "{eta}");
        let apart = density.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 2.0 * MATCHED * largest(&density), "{apart}");
        assert!(matching(&model, &e, 1e3, &monitor).unwrap().is_none());
    }

    #[test]
    fn powers_are_slopes_of_logarithms() {
        let p = power(&[(0.4, 3.2), (0.2, 0.8), (0.1, 0.1)]).unwrap();
        assert!((p.value - 2.5).abs() < 1e-12);
        assert!((p.low - 2.0).abs() < 1e-12 && (p.high - 3.0).abs() < 1e-12);
        assert_eq!(power(&[(0.4, 3.2)]), None);
    }
}
