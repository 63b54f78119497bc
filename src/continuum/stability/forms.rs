//! What a wave makes of densities and signals: linear forms of its unknowns.

use super::homogeneous::{Homogeneous, State};
use crate::schema::Ranged;
use crate::signal::Law;
use nalgebra::RowDVector;

/// The coefficients of the unknowns.
pub(super) type Form = RowDVector<f64>;

/// Amplitudes as forms of the unknowns, of which the last are the signals with an equation in time.
pub(super) struct Forms {
    /// ρ̂ of every population.
    pub density: Vec<Form>,
    /// K̂_h ρ̂ of every population.
    pub fed: Vec<Form>,
    /// K̂_h ∫v₁f̂ dv of every population.
    pub flux: Vec<Form>,
    /// Every Ŝ.
    pub signal: Vec<Form>,
}

impl Forms {
    /// Of waves with |k|² = `k2`; ρ feeds signals and rates through K_h if it is `smoothed`.
    pub fn new<const D: usize>(
        system: &Homogeneous<'_, D>,
        k2: f64,
        smoothed: bool,
        [density, momentum]: [Vec<Form>; 2],
    ) -> Self {
        let n = density[0].len();
        let kernel = |p: usize| if smoothed { system.smoothing(p, k2) } else { 1.0 };
        let through = |forms: &[Form]| -> Vec<Form> {
            forms.iter().enumerate().map(|(p, form)| form * kernel(p)).collect()
        };
        let (fed, flux) = (through(&density), through(&momentum));
        let first = n - system.dynamic.len();
        let signal = |(number, one): (usize, &crate::signal::One<D>)| match one.law(k2) {
            Law::Given => Form::zeros(n),
            Law::Follows { gain } => sum(&fed, &one.producers) * gain,
            Law::Relaxes { .. } => {
                let place = system.dynamic.iter().position(|of| *of == number);
                unit(n, first + place.expect("it has an equation in time"))
            }
        };
        let signal = system.model.signals.iter().enumerate().map(signal).collect();
        Self { density, fed, flux, signal }
    }

    /// The change of a rate.
    pub fn rate<const D: usize>(
        &self,
        system: &Homogeneous<'_, D>,
        rate: &Ranged,
        state: &State,
    ) -> Form {
        let slopes = system.slopes(rate, state);
        let all = self.fed.iter().chain(&self.signal).zip(slopes);
        all.filter(|(_, slope)| *slope != 0.0)
            .fold(Form::zeros(self.density[0].len()), |sum, (form, slope)| sum + form * slope)
    }

    /// ∂t of the signals that have an equation in time.
    pub fn signal_changes<const D: usize>(
        &self,
        system: &Homogeneous<'_, D>,
        state: &State,
        k2: f64,
    ) -> Vec<Form> {
        let of = |number: &usize| {
            let one = system.model.signals.one(*number);
            let Law::Relaxes { rate, gain } = one.law(k2) else {
                unreachable!("it has an equation in time")
            };
            let fed = sum(&self.fed, &one.producers);
            let (own, signal) = (&self.signal[*number], state.signals[*number]);
            let source = match one.reaction() {
                None => fed,
                Some(r) => {
                    let [alpha, beta, _] = r.rates().map(|rate| system.value(rate, state));
                    let [by_alpha, by_beta, by_source] =
                        r.rates().map(|rate| self.rate(system, rate, state));
                    let density = state.total(&one.producers);
                    let linear = fed * alpha - own * beta;
                    (linear + by_alpha * density - by_beta * signal + by_source) * r.scale
                }
            };
            source * gain - own * rate
        };
        system.dynamic.iter().map(of).collect()
    }

    /// Σ of weights times Ŝ.
    pub fn cue(&self, cue: &[(usize, f64)]) -> Form {
        let zero = Form::zeros(self.density[0].len());
        cue.iter().fold(zero, |sum, (number, weight)| sum + &self.signal[*number] * *weight)
    }
}

/// The form of one unknown.
pub(super) fn unit(n: usize, place: usize) -> Form {
    let mut form = Form::zeros(n);
    form[place] = 1.0;
    form
}

fn sum(forms: &[Form], numbers: &[usize]) -> Form {
    numbers.iter().fold(Form::zeros(forms[0].len()), |sum, number| sum + &forms[*number])
}
