//! An experiment without space: dρ_i/dt = H_i(ρ, S), with every signal as it is where nothing depends on x.

use super::derivative::derivative;
use crate::experiment::Mobility;
use crate::experiment::{self, Experiment};
use crate::model::Model;
use crate::reaction::Reaction;
use crate::schema::Ranged;
use crate::signal::{Law, MOST_FIELDS, smoothing_kernel};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Densities and signals that are the same everywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// ρ_i, by population.
    pub densities: Vec<f64>,
    /// S, by signal.
    pub signals: Vec<f64>,
}

impl State {
    /// The arguments of a rate.
    fn arguments(&self) -> [f64; MOST_FIELDS + 4] {
        let mut arguments = [0.0; MOST_FIELDS + 4];
        let all = self.densities.iter().chain(&self.signals);
        arguments.iter_mut().zip(all).for_each(|(to, value)| *to = *value);
        arguments
    }

    /// Σ of the densities of these populations.
    pub(super) fn total(&self, populations: &[usize]) -> f64 {
        populations.iter().map(|p| self.densities[*p]).sum()
    }
}

/// The equations of homogeneous states. Unknown are all ρ_i, and the S that have an equation in time.
pub struct Homogeneous<'m, const D: usize> {
    pub(super) model: &'m Model<D>,
    pub(super) mobility: Mobility,
    /// r_i, births less deaths.
    pub(super) growth: Vec<Option<Ranged>>,
    /// Bandwidth and order of K_h.
    deposits: Vec<(f64, usize)>,
    /// The values of signals that are given.
    given: Vec<f64>,
    /// The signals with an equation in time.
    pub(super) dynamic: Vec<usize>,
    /// ∫ρ_i(x, 0) dx/|Ω|.
    pub(super) means: Vec<f64>,
}

impl<'m, const D: usize> Homogeneous<'m, D> {
    /// Of an experiment and its model.
    ///
    /// # Errors
    /// Why no state is the same everywhere and at all times.
    pub fn new(e: &Experiment, model: &'m Model<D>) -> Result<Self, String> {
        if e.domain.is_open() {
            return Err("in the whole space no state is the same everywhere".into());
        }
        let volume = model.grid().volume();
        let relaxes = |s: &usize| matches!(model.signals.one(*s).law(0.0), Law::Relaxes { .. });
        let system = Self {
            model,
            mobility: e.limit.mobility,
            growth: (model.populations.iter())
                .map(|of| of.growth.as_ref().map(|growth| growth.rate().clone()))
                .collect(),
            deposits: e
                .populations
                .iter()
                .map(|p| (p.deposit.bandwidth, p.deposit.order))
                .collect(),
            given: e.signals.iter().map(given::<D>).collect::<Result<_, _>>()?,
            dynamic: (0..model.signals.len()).filter(relaxes).collect(),
            means: model.populations.iter().map(|s| s.initial.mass() / volume).collect(),
        };
        match system.depends_on_place_or_time() {
            Some(what) => Err(format!("{what} depends on place or time")),
            None => Ok(system),
        }
    }

    fn depends_on_place_or_time(&self) -> Option<String> {
        let fields = self.means.len() + self.model.signals.len();
        let varies = |rate: &Ranged| (fields..=fields + D).any(|number| rate.uses_number(number));
        let reactions = (self.model.network.reactions.iter())
            .map(|r| (vec![&r.rate], format!("the rate of the reaction {}", r.name)));
        let growth = (self.growth.iter().zip(&self.model.populations))
            .filter_map(|(rate, of)| rate.as_ref().map(|rate| (rate, of)))
            .map(|(rate, of)| (vec![rate], format!("the growth of {}", of.name)));
        let signals = self.model.signals.iter().filter_map(|one| {
            let reaction = one.reaction()?;
            Some((reaction.rates().to_vec(), format!("the equation of {}", one.name)))
        });
        let mut all = reactions.chain(growth).chain(signals);
        all.find(|(rates, _)| rates.iter().any(|rate| varies(rate))).map(|(_, what)| what)
    }

    /// Number of populations.
    pub fn populations(&self) -> usize {
        self.means.len()
    }

    /// Number of unknowns.
    pub(super) fn unknowns(&self) -> usize {
        self.means.len() + self.dynamic.len()
    }

    /// The mean densities at t = 0.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// K̂_h of a population.
    pub(super) fn smoothing(&self, population: usize, k2: f64) -> f64 {
        let (bandwidth, order) = self.deposits[population];
        smoothing_kernel(bandwidth, order, k2)
    }

    /// The state with these unknowns.
    pub(super) fn state(&self, unknowns: &DVector<f64>) -> State {
        let densities = unknowns.as_slice()[..self.populations()].to_vec();
        let mut state = State { densities, signals: self.given.clone() };
        for (number, one) in self.model.signals.iter().enumerate() {
            if let Law::Follows { gain } = one.law(0.0) {
                state.signals[number] = gain * state.total(&one.producers);
            }
        }
        for (j, number) in self.dynamic.iter().enumerate() {
            state.signals[*number] = unknowns[self.populations() + j];
        }
        state
    }

    /// The state with these densities, in which signals with an equation in time are 0.
    pub fn at(&self, densities: &[f64]) -> State {
        let mut unknowns = DVector::zeros(self.unknowns());
        unknowns.as_mut_slice()[..densities.len()].copy_from_slice(densities);
        self.state(&unknowns)
    }

    /// The value of a rate.
    pub(super) fn value(&self, rate: &Ranged, state: &State) -> f64 {
        rate.eval(&state.arguments())
    }

    /// The derivatives of a rate in all densities and signals.
    pub(super) fn slopes(&self, rate: &Ranged, state: &State) -> Vec<f64> {
        let (arguments, scales) = (state.arguments(), self.scales(state));
        let slope = |(number, scale): (usize, &f64)| {
            if !rate.uses_number(number) {
                return 0.0;
            }
            let along = |x: f64| {
                let mut arguments = arguments;
                arguments[number] = x;
                rate.eval(&arguments)
            };
            derivative(along, arguments[number], *scale, number < self.populations())
        };
        scales.iter().enumerate().map(slope).collect()
    }

    /// The sizes of densities and signals.
    fn scales(&self, state: &State) -> Vec<f64> {
        let largest = |all: &mut dyn Iterator<Item = &f64>| {
            let largest = all.fold(0.0_f64, |m, x| m.max(x.abs()));
            if largest > 0.0 { largest } else { 1.0 }
        };
        let density = largest(&mut state.densities.iter().chain(&self.means));
        let signal = largest(&mut state.signals.iter());
        let of = |number: usize| if number < self.populations() { density } else { signal };
        (0..self.populations() + state.signals.len()).map(of).collect()
    }

    /// ρ of what is met and ρ of who reacts, or 1.
    pub(super) fn partners(&self, reaction: &Reaction, state: &State) -> [f64; 2] {
        [reaction.event.meets(), reaction.event.parent()]
            .map(|of| of.map_or(1.0, |of| state.densities[of]))
    }

    /// dρ_i/dt and, of the signals that have one, dS/dt.
    pub(super) fn change(&self, state: &State) -> DVector<f64> {
        let mut change = DVector::zeros(self.unknowns());
        for reaction in &self.model.network.reactions {
            let [met, own] = self.partners(reaction, state);
            let flow = self.value(&reaction.rate, state) * met * own;
            reaction.event.gains().into_iter().for_each(|to| change[to] += flow);
            reaction.event.loses().into_iter().for_each(|of| change[of] -= flow);
        }
        for (i, growth) in self.growth.iter().enumerate() {
            if let Some(rate) = growth {
                change[i] += self.value(rate, state) * state.densities[i];
            }
        }
        for (j, number) in self.dynamic.iter().enumerate() {
            change[self.populations() + j] = self.signal_change(*number, state);
        }
        change
    }

    fn signal_change(&self, number: usize, state: &State) -> f64 {
        let one = self.model.signals.one(number);
        let Law::Relaxes { rate, gain } = one.law(0.0) else { return 0.0 };
        let (density, signal) = (state.total(&one.producers), state.signals[number]);
        let source = one.reaction().map_or(density, |reaction| {
            let [alpha, beta, sigma] = reaction.rates().map(|rate| self.value(rate, state));
            reaction.scale * (alpha * density - beta * signal + sigma)
        });
        gain * source - rate * signal
    }

    /// The sums of densities that no reaction changes, a row of weights for each.
    pub(super) fn conserved(&self) -> Vec<DVector<f64>> {
        let n = self.populations();
        let mut gram = DMatrix::zeros(n, n);
        let mut add = |gains: Option<usize>, loses: Option<usize>| {
            let mut column: DVector<f64> = DVector::zeros(n);
            gains.into_iter().for_each(|to| column[to] += 1.0);
            loses.into_iter().for_each(|of| column[of] -= 1.0);
            gram += &column * column.transpose();
        };
        for reaction in &self.model.network.reactions {
            add(reaction.event.gains(), reaction.event.loses());
        }
        let growing = self.growth.iter().enumerate().filter(|(_, rate)| rate.is_some());
        growing.for_each(|(i, _)| add(Some(i), None));
        let eigen = SymmetricEigen::new(gram);
        let free = eigen.eigenvalues.iter().enumerate().filter(|(_, value)| **value < 1e-9);
        free.map(|(j, _)| eigen.eigenvectors.column(j).into_owned()).collect()
    }
}

/// The value of a signal that is given, 0 of others.
fn given<const D: usize>(signal: &experiment::NamedSignal) -> Result<f64, String> {
    match &signal.equation {
        experiment::Signal::Prescribed(formula) => {
            match formula.variables().iter().any(|name| formula.uses(name)) {
                true => Err(format!("the signal {} depends on place or time", signal.name)),
                false => Ok(formula.eval(&[0.0; 4][..=D])),
            }
        }
        _ => Ok(0.0),
    }
}
