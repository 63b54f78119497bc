//! Waves in the limit.

use super::forms::{Form, Forms, unit};
use super::homogeneous::{Homogeneous, State};
use super::reactions::flow;
use super::spectrum::{Spectrum, spectrum};
use nalgebra::DMatrix;

/// A slope of S that is next to none.
const SLOPE: f64 = 1e-30;

/// Small waves about a homogeneous state of the limit (CMPS 23, BC 32, 54).
pub struct LimitWaves<'s, const D: usize> {
    system: &'s Homogeneous<'s, D>,
    state: State,
    smoothed: bool,
    /// By population: D, and G(ρ)χ of every cue, as far as they are left as ε → 0.
    transport: Vec<(f64, Vec<f64>)>,
}

impl<'s, const D: usize> LimitWaves<'s, D> {
    /// About `state`. If `smoothed`, densities feed signals and rates through K_h, as those of cells do.
    pub fn new(system: &'s Homogeneous<'s, D>, state: &State, smoothed: bool) -> Self {
        let numbers = 0..system.populations();
        let transport = numbers.map(|number| transport(system, number, state)).collect();
        Self { system, state: state.clone(), smoothed, transport }
    }

    /// The matrix of the amplitudes of all ρ_i and of the signals with an equation in time.
    pub fn matrix(&self, k: f64) -> DMatrix<f64> {
        let (system, state) = (self.system, &self.state);
        let (n, k2) = (system.unknowns(), k * k);
        let density: Vec<Form> = (0..system.populations()).map(|i| unit(n, i)).collect();
        let none = density.iter().map(|_| Form::zeros(n)).collect();
        let forms = Forms::new(system, k2, self.smoothed, [density, none]);
        let mut rows: Vec<Form> = Vec::new();
        for (i, (diffusivity, pushes)) in self.transport.iter().enumerate() {
            let mut row = &forms.density[i] * (-k2 * diffusivity);
            for (cue, push) in system.model.populations[i].cues.iter().zip(pushes) {
                row += forms.cue(&system.model.cues[*cue]) * (k2 * push);
            }
            if let Some(rate) = &system.growth[i] {
                row += &forms.density[i] * system.value(rate, state);
                row += forms.rate(system, rate, state) * state.densities[i];
            }
            rows.push(row);
        }
        for reaction in &system.model.network.reactions {
            let flow = flow(system, &forms, reaction, state);
            reaction.event.gains().into_iter().for_each(|to| rows[to] += &flow);
            reaction.event.loses().into_iter().for_each(|of| rows[of] -= &flow);
        }
        rows.extend(forms.signal_changes(system, state, k2));
        DMatrix::from_rows(&rows)
    }

    /// The growth rates σ of waves of this wave number.
    pub fn spectrum(&self, k: f64) -> Option<Spectrum> {
        spectrum(self.matrix(k))
    }
}

/// What is left of D and of G(ρ)χ of a population.
fn transport<const D: usize>(
    system: &Homogeneous<'_, D>,
    number: usize,
    state: &State,
) -> (f64, Vec<f64>) {
    let (species, model) = (&system.model.populations[number], system.model);
    let values: Vec<f64> = species.cues.iter().map(|cue| felt(&model.cues[*cue], state)).collect();
    let (diffusivity, chi) = species.coefficients(&values, &vec![SLOPE; values.len()]);
    let mobility = system.mobility.of(state.densities[number]);
    (diffusivity, chi.iter().map(|chi| mobility * chi).collect())
}

/// The value of a cue.
pub(super) fn felt(cue: &[(usize, f64)], state: &State) -> f64 {
    cue.iter().map(|(number, weight)| weight * state.signals[*number]).sum()
}
