//! How small waves about a homogeneous state grow (Bellomo, Painter, Tao & Winkler 2019 for the limit of the virus model),
//! against linear theory ([`crate::stability`]).
//!
//! Every population starts as ρ̄(1 + A cos kx₁). Limit and kinetic equation are solved with waves so small
//! that nothing but the linear equations is seen, the cells with those of the file. The amplitude of the first population
//! is read at the last two outputs, when slower waves of the same k are gone: rate = ln(A₂/A₁)/(t₂ − t₁). The wave has to
//! grow without oscillating.
//!
//! What the paper leaves open is told: at which multiple of the sensitivity of the file the fastest of all waves begins
//! to grow, in the limit and for every ε of the sweep.

use super::runs::hold_around;
use super::{Demand, Finding};
use crate::cells::Density;
use crate::experiment::Experiment;
use crate::formula::Quantity;
use crate::grid::Boundary;
use crate::kinetic::{KineticSolver, Resolution};
use crate::model::Model;
use crate::simulation::SimulationError;
use crate::spectral::Spectral;
use crate::stability::{
    Homogeneous, KineticWaves, LimitWaves, Spectrum, State, Waves, peak, wave_numbers,
};
use crate::study::{Keep, Monitor, limit_fields, observe_run};
use crate::turning::KernelModel;
use std::f64::consts::PI;

/// How far a rate without noise may be from linear theory, relative.
const RATES: f64 = 0.01;
/// The amplitudes of waves without noise, in those of the file.
const SMALL: f64 = 1e-4;
/// Nodes around a circle of velocities.
const ANGLES: usize = 16;
/// Largest multiple of the sensitivity that is tried, and how often the range is halved.
const MOST: f64 = 8.0;
const HALVINGS: usize = 24;

/// Growth rates of limit, kinetic equation and cells over those of linear theory, and the thresholds.
pub fn weigh<const D: usize>(
    e: &Experiment,
    monitor: &Monitor<'_>,
) -> Result<Vec<Finding>, SimulationError> {
    let model = Model::<D>::new(e)?;
    let none =
        |why: &str| Ok(vec![Finding::new(format!("growth of waves: {why}"), None, Demand::Open)]);
    let Some(mode) = mode(e) else {
        return none("some population does not start as one cosine along x");
    };
    let [.., from, to] = e.time.outputs[..] else { return none("time.outputs has a single time") };
    let Some([limit, kinetic]) = rates::<D>(e, &model, e.epsilon) else {
        return none("there is no equilibrium near to the start");
    };
    let k = number(e, mode);
    let near = Demand::near(1.0, RATES);
    let small = calmer(e);
    let amplitude = |spectral: &Spectral<D>, nodal: &[f64]| wave(e, spectral, mode, nodal);
    let mut findings = Vec::new();
    let fields = limit_fields::<D>(&small, true, monitor.stop)?.to_the_end()?.fields;
    let [.., first, last] = &fields[..] else { unreachable!("there are two outputs") };
    let of = |f: &crate::study::LimitFields<D>| {
        amplitude(&model.spectral, &model.spectral.inverse(&f.populations[0].density))
    };
    let rate = |first: f64, last: f64| (last / first).ln() / (to - from);
    let what = format!("k = {k:.4}: growth rate of the limit over {limit:.5} of linear theory");
    findings.push(Finding::exact(what, rate(of(first), of(last)) / limit, near));
    let quiet = Model::<D>::new(&small)?;
    let mut solver = KineticSolver::new(&quiet, Resolution { angles: ANGLES, step: quiet.step });
    let mut seen = [0.0; 2];
    for (seen, duration) in seen.iter_mut().zip([from, to - from]) {
        if !solver.run(duration, monitor.stop, &|_| {}) {
            return Err(SimulationError::Interrupted);
        }
        *seen = amplitude(&quiet.spectral, &solver.density(0));
    }
    let what =
        format!("epsilon = {}: growth rate of the kinetic equation over {kinetic:.5}", e.epsilon);
    findings.push(Finding::exact(what, rate(seen[0], seen[1]) / kinetic, near));
    findings.extend(thresholds::<D>(e, &model));
    let share = 1.0 / e.ensemble.replicates as f64;
    let mut samples = Vec::new();
    for r in 0..e.ensemble.replicates as u64 {
        let run = observe_run(&model, r, Keep::default(), monitor, share)?;
        let all: Vec<f64> =
            run.snapshots.iter().map(|s| amplitude(&model.spectral, &s.densities[0])).collect();
        samples.push(rate(all[all.len() - 2], all[all.len() - 1]) / kinetic);
    }
    findings.extend(hold_around(
        "growth rate of the cells over that of linear theory",
        samples,
        1.0,
        e.ensemble.confidence,
    ));
    Ok(findings)
}

/// Half-waves or waves along the first axis that every population starts with.
fn mode(e: &Experiment) -> Option<usize> {
    let of = |density: &Density| match density {
        Density::Cosine { mode, .. } if mode[1..].iter().all(|m| *m == 0) => Some(mode[0]),
        _ => None,
    };
    let mut modes = e.populations.iter().map(|p| of(&p.cells.density));
    let first = modes.next()??;
    modes.all(|other| other == Some(first)).then_some(first)
}

/// The experiment with smaller waves.
fn calmer(e: &Experiment) -> Experiment {
    let mut e = e.clone();
    for population in &mut e.populations {
        if let Density::Cosine { amplitude, .. } = &mut population.cells.density {
            *amplitude *= SMALL;
        }
    }
    e
}

/// k of `mode` along the first axis.
fn number(e: &Experiment, mode: usize) -> f64 {
    let waves = if e.domain.boundary[0] == Boundary::Periodic { 2.0 } else { 1.0 };
    waves * PI * mode as f64 / (e.domain.upper[0] - e.domain.lower[0])
}

/// The amplitude of the wave in a nodal density.
fn wave<const D: usize>(e: &Experiment, spectral: &Spectral<D>, mode: usize, nodal: &[f64]) -> f64 {
    let (k, lower) = (number(e, mode), e.domain.lower[0]);
    let cosine = spectral.grid().sample(|x| (k * (x[0] - lower)).cos());
    nodal.iter().zip(cosine).map(|(rho, cos)| 2.0 * rho * cos).sum::<f64>() / nodal.len() as f64
}

/// Where the experiment starts, without its waves.
fn state<const D: usize>(system: &Homogeneous<'_, D>) -> Option<State> {
    let distance = |state: &State| -> f64 {
        state.densities.iter().zip(system.means()).map(|(a, b)| (a - b).abs()).sum()
    };
    let all = system.equilibria().into_iter().map(|equilibrium| equilibrium.state);
    let nearest = all.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let size: f64 = system.means().iter().sum();
    (distance(&nearest) < 1e-3 * size).then_some(nearest)
}

/// The growth rates of the wave of the start in the limit and in the kinetic equation.
fn rates<const D: usize>(e: &Experiment, model: &Model<D>, epsilon: f64) -> Option<[f64; 2]> {
    let system = Homogeneous::new(e, model).ok()?;
    let (state, k) = (state(&system)?, number(e, mode(e)?));
    let waves = Waves { epsilon, angles: ANGLES, smoothed: true };
    let kinetic = KineticWaves::new(&system, &state, waves)?.spectrum(k)?;
    let limit = LimitWaves::new(&system, &state, true).spectrum(k)?;
    let steady = |s: Spectrum| (s.frequency() == 0.0).then(|| s.rate());
    Some([steady(limit)?, steady(kinetic)?])
}

/// At which multiple of every sensitivity the fastest wave begins to grow, in the limit and at every ε of the sweep, and the rate of
/// the wave of the start at that ε.
fn thresholds<const D: usize>(e: &Experiment, model: &Model<D>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tell = |name: String, epsilon: Option<f64>| {
        let (mut low, mut high) = (0.0, MOST);
        let grows = |factor: f64| fastest::<D>(&sensing(e, factor), epsilon).map(|rate| rate > 0.0);
        let number = match [grows(low), grows(high)] {
            [Some(false), Some(true)] => {
                for _ in 0..HALVINGS {
                    let middle = 0.5 * (low + high);
                    match grows(middle) {
                        Some(true) => high = middle,
                        _ => low = middle,
                    }
                }
                high
            }
            _ => f64::NAN,
        };
        let what = format!("{name}: waves grow from this multiple of chi on");
        findings.push(Finding::exact(what, number, Demand::Open));
    };
    tell("limit".into(), None);
    for &epsilon in &e.converge.epsilons {
        tell(format!("epsilon = {epsilon}"), Some(epsilon));
    }
    for &epsilon in &e.converge.epsilons {
        if let Some([_, rate]) = rates::<D>(e, model, epsilon) {
            let what =
                format!("epsilon = {epsilon}: growth rate of the wave in the kinetic equation");
            findings.push(Finding::exact(what, rate, Demand::Open));
        }
    }
    findings
}

/// The rate of the fastest of all waves, in the limit or at `epsilon`.
fn fastest<const D: usize>(e: &Experiment, epsilon: Option<f64>) -> Option<f64> {
    let model = Model::<D>::new(e).ok()?;
    let system = Homogeneous::new(e, &model).ok()?;
    let (state, numbers) = (state(&system)?, wave_numbers(model.grid()));
    let found = match epsilon {
        None => {
            let limit = LimitWaves::new(&system, &state, true);
            peak(|k| limit.spectrum(k), &numbers)
        }
        Some(epsilon) => {
            let waves = Waves { epsilon, angles: ANGLES, smoothed: true };
            let kinetic = KineticWaves::new(&system, &state, waves)?;
            peak(|k| kinetic.spectrum(k), &numbers)
        }
    };
    found.map(|peak| peak.free.rate)
}

/// The experiment with `factor` times the constant sensitivities of its local kernels.
fn sensing(e: &Experiment, factor: f64) -> Experiment {
    let mut e = e.clone();
    for term in e.populations.iter_mut().flat_map(|p| &mut p.kernel.terms) {
        if let KernelModel::Local { a, b, .. } | KernelModel::Isotropic { a, b, .. } =
            &mut term.model
        {
            for q in [a, b] {
                if let Quantity::Constant(value) = q {
                    *value *= factor;
                }
            }
        }
    }
    e
}
