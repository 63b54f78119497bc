//! All that is said of the equilibria of an experiment.

use super::equilibrium::Equilibrium;
use super::homogeneous::Homogeneous;
use super::kinetic::{KineticWaves, Waves};
use super::limit::LimitWaves;
use super::peak::{Peak, peak, wave_numbers};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::velocity::VelocitySet;
use rayon::prelude::*;

/// Nodes around a circle of velocities, on spheres and on sets with many speeds.
const ANGLES: usize = 16;
const ANGLES_AND_SPEEDS: usize = 8;

/// The wave that grows fastest about an equilibrium.
#[derive(Clone, Copy, Debug)]
pub struct Fastest {
    /// ε of the kinetic equation; `None` for the limit.
    pub epsilon: Option<f64>,
    /// Whether densities feed signals and rates through K_h.
    pub smoothed: bool,
    /// Where it is; `None` where there are no eigenvalues.
    pub peak: Option<Peak>,
    /// How far its growth rate is from that with twice as many ordinates; `None` for the limit.
    pub unresolved: Option<f64>,
}

/// What is known of the homogeneous states of an experiment.
#[derive(Clone, Debug)]
pub struct Survey {
    /// R₀, where it is defined.
    pub reproduction_number: Option<f64>,
    /// The populations that carry the infection.
    pub infected: Vec<usize>,
    /// Every equilibrium, and what grows fastest about it.
    pub equilibria: Vec<(Equilibrium, Vec<Fastest>)>,
}

/// Equilibria, R₀, and the fastest waves of the limit and of the kinetic equation at the experiment's ε and those of its sweep.
///
/// # Errors
/// Why no state is the same everywhere and at all times.
pub fn survey<const D: usize>(e: &Experiment, model: &Model<D>) -> Result<Survey, String> {
    let system = Homogeneous::new(e, model)?;
    let equilibria = system.equilibria();
    let mut epsilons = [&e.converge.epsilons[..], &[e.epsilon]].concat();
    epsilons.sort_by(|a, b| b.total_cmp(a));
    epsilons.dedup();
    let all = || std::iter::once(None).chain(epsilons.iter().copied().map(Some));
    let cases = || all().flat_map(|epsilon| [(epsilon, false), (epsilon, true)]);
    let fastest = |of: &Equilibrium| -> Vec<Fastest> {
        let cases: Vec<_> = cases().collect();
        cases.into_par_iter().map(|case| fastest(&system, of, case)).collect()
    };
    Ok(Survey {
        reproduction_number: system.reproduction_number(&equilibria),
        infected: system.infected(),
        equilibria: equilibria.iter().map(|of| (of.clone(), fastest(of))).collect(),
    })
}

fn fastest<const D: usize>(
    system: &Homogeneous<'_, D>,
    of: &Equilibrium,
    (epsilon, smoothed): (Option<f64>, bool),
) -> Fastest {
    let admitted = wave_numbers(system.model.grid());
    let none = Fastest { epsilon, smoothed, peak: None, unresolved: None };
    let Some(at) = epsilon else {
        let limit = LimitWaves::new(system, &of.state, smoothed);
        return Fastest { peak: peak(|k| limit.spectrum(k), &admitted), ..none };
    };
    let is_sphere = |s: &crate::model::Species<D>| s.space.set() == VelocitySet::Sphere;
    let angles = match system.model.populations.iter().all(is_sphere) {
        true => ANGLES,
        false => ANGLES_AND_SPEEDS,
    };
    let with = |angles: usize| {
        KineticWaves::new(system, &of.state, Waves { epsilon: at, angles, smoothed })
    };
    let Some(kinetic) = with(angles) else { return none };
    let found = peak(|k| kinetic.spectrum(k), &admitted);
    let unresolved = found.and_then(|peak| {
        let finer = with(2 * angles)?.spectrum(peak.free.number)?;
        Some((finer.rate() - peak.free.rate).abs())
    });
    Fastest { peak: found, unresolved, ..none }
}
