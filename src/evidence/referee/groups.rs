//! Scales of a population and their ratios: how far it is from its limit.

use super::{Place, is_flat};
use crate::experiment::{Experiment, Population};
use crate::model::{Model, Species};
use crate::signal::{Cues, SensedSignal};
use crate::turning::{Feelings, Felt, Kernel, Sense, TurningKernel};

/// Scales of one population at t = 0, in units of the experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// √⟨|v|²⟩_F/ε.
    pub run_speed: f64,
    /// 1/Λ, the mean time between tumbles.
    pub run_time: f64,
    /// τ = dD/c²: in which a cell forgets its velocity.
    pub relaxation: f64,
    /// D, with what ε leaves of it.
    pub diffusivity: f64,
    /// χ of each term of the kernel, likewise.
    pub sensitivities: Vec<f64>,
    /// |∇S| of each of them, at most.
    pub slopes: Vec<f64>,
    /// Shortest edge of the box.
    pub edge: f64,
    /// h of the deposit.
    pub bandwidth: f64,
    /// 1/k, where k² is the mean of |κ|² over the modes of K_h * ρ(x, 0) but the mean; `None` if that is uniform.
    pub width: Option<f64>,
    /// Final time.
    pub end: f64,
}

impl Groups {
    /// cτ, how far a cell flies until it has forgotten its velocity.
    pub fn run_length(&self) -> f64 {
        self.run_speed * self.relaxation
    }

    /// Σχ|∇S|, the drift at most.
    pub fn drift(&self) -> f64 {
        self.sensitivities.iter().zip(&self.slopes).map(|(chi, slope)| (chi * slope).abs()).sum()
    }

    /// Drift over diffusion across the box.
    pub fn peclet(&self) -> f64 {
        self.drift() * self.edge / self.diffusivity
    }

    /// The relative distance to the limit to leading order, Dτk² + (drift/c)²: the first is that of a free walk's mode k, the
    /// second the size of the correction of the drift.
    pub fn distance(&self) -> f64 {
        let mode = self.width.map_or(0.0, |w| self.diffusivity * self.relaxation / (w * w));
        mode + (self.drift() / self.run_speed).powi(2)
    }
}

/// Those of every population.
pub fn groups<const D: usize>(e: &Experiment, model: &Model<D>) -> Vec<Groups> {
    let signals = model.initial_signals();
    let all = model.populations.iter().zip(&e.populations);
    all.map(|(species, of)| of_species(e, model, (species, of), &signals)).collect()
}

/// The leading rate of a kernel where the signals of its terms are flat, each in the middle of its values.
pub fn flat_rate<const D: usize>(kernel: &Kernel<D>, places: &[Place]) -> f64 {
    let felt =
        Feelings::new(places.len(), |k| Felt { value: places[k].middle(), gradient: [0.0; D] });
    match kernel.answer(&felt) {
        Some(answer) => answer.rate,
        None => kernel.leading_rate(places[0].middle(), 0.0),
    }
}

fn of_species<const D: usize>(
    e: &Experiment,
    model: &Model<D>,
    (species, of): (&Species<D>, &Population),
    signals: &[SensedSignal<'_, D>],
) -> Groups {
    let (kernel, scaling) = (&species.kernel, &species.scaling);
    let bounds = Cues::among(signals, &species.cues).bounds_of_all();
    let places: Vec<Place> = bounds.iter().map(|one| Place::within(one, model.grid())).collect();
    let felt = |steep: Option<usize>| {
        Feelings::new(places.len(), |k| {
            let mut gradient = [0.0; D];
            gradient[0] = if steep == Some(k) { places[k].slope } else { 0.0 };
            Felt { value: places[k].middle(), gradient }
        })
    };
    let rate = flat_rate(kernel, &places);
    let drift = |k: usize| kernel.limit(&felt(Some(k))).drift[0] / places[k].slope;
    let slope = |one| if is_flat(one, model.grid()) { 0.0 } else { one.slope };
    let diffusivity = kernel.limit(&felt(None)).diffusivity * scaling.of_diffusion();
    let run_speed = species.space.mean_square_f().sqrt() / scaling.epsilon();
    let edges = (0..D).map(|a| e.domain.upper[a] - e.domain.lower[a]);
    Groups {
        run_speed,
        run_time: scaling.tumble_time() / rate,
        relaxation: D as f64 * diffusivity / (run_speed * run_speed),
        diffusivity,
        sensitivities: (0..places.len()).map(|k| scaling.of_drift() * drift(k)).collect(),
        slopes: bounds.iter().map(slope).collect(),
        edge: edges.fold(f64::INFINITY, f64::min),
        bandwidth: of.deposit.bandwidth,
        width: width(species, model),
        end: e.time.end,
    }
}

fn width<const D: usize>(species: &Species<D>, model: &Model<D>) -> Option<f64> {
    let squares = model.spectral.laplacian();
    let smooth = species.deposit.smooth(species.initial.start());
    let (mut mass, mut moment) = (0.0, 0.0);
    for (u, k2) in smooth.iter().zip(squares).filter(|(_, k2)| **k2 > 0.0) {
        mass += u * u;
        moment += u * u * k2;
    }
    let mean = smooth.iter().map(|u| u * u).sum::<f64>() - mass;
    (mass > 1e-24 * mean).then(|| (mass / moment).sqrt())
}
