//! Where T_ε ≥ 0 ends: outside, the model is not the papers' model.

use crate::model::{Model, Species};
use crate::signal::SensedSignal;
use crate::turning::{Bounds, Feelings, Felt, Kernel, Sense, TurningKernel};
use crate::vector::{Vector, norm, scaled};
use rayon::prelude::*;

/// The sign of T at t = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positivity {
    /// Least T/F found over the nodes of the grid and velocities along ±∇S.
    pub least: f64,
    /// Largest ε, to 1%, for which the least is not negative; `None` if there is none above 10⁻⁶.
    pub largest_epsilon: Option<f64>,
}

/// Where something that a population senses has a slope at t = 0, and what is felt there.
struct Slope<const D: usize> {
    at: Vector<D>,
    felt: Feelings<D>,
}

/// The signal of a cell at one node: what is sensed there is looked up once for all velocities.
struct AtNode<'s, 'a, const D: usize> {
    signal: &'s SensedSignal<'a, D>,
    at: Vector<D>,
    felt: Felt<D>,
}

/// The same of every cue.
struct AllAtNode<'s, 'a, const D: usize>(Vec<AtNode<'s, 'a, D>>);

impl<const D: usize> Sense<D> for AtNode<'_, '_, D> {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        if *x == self.at { self.felt.value } else { self.signal.value(x) }
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        if *x == self.at {
            (self.felt.value, self.felt.gradient)
        } else {
            self.signal.value_and_gradient(x)
        }
    }

    fn change(&self, x: &Vector<D>) -> f64 {
        self.signal.change(x)
    }

    fn bounds(&self) -> Bounds<D> {
        self.signal.bounds()
    }
}

impl<'s, 'a, const D: usize> Sense<D> for AllAtNode<'s, 'a, D> {
    type Cue = AtNode<'s, 'a, D>;

    fn cue(&self, term: usize) -> &AtNode<'s, 'a, D> {
        &self.0[term]
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.0[0].value(x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.0[0].value_and_gradient(x)
    }

    fn change(&self, x: &Vector<D>) -> f64 {
        self.0[0].change(x)
    }

    fn bounds(&self) -> Bounds<D> {
        self.0[0].bounds()
    }
}

/// One population of a model at t = 0.
struct Start<'m, const D: usize> {
    model: &'m Model<D>,
    species: &'m Species<D>,
    cues: Vec<SensedSignal<'m, D>>,
    slopes: Vec<Slope<D>>,
}

impl<'m, const D: usize> Start<'m, D> {
    fn new(model: &'m Model<D>, species: &'m Species<D>) -> Self {
        let signals = model.signals.initial(&model.spectral, &model.start());
        let sense = |number: &usize| model.sense_cue(*number, &signals);
        let cues: Vec<SensedSignal<'m, D>> = species.cues.iter().map(sense).collect();
        let nodes: Vec<_> = model.grid().window_nodes().collect();
        let slopes = (nodes.into_par_iter())
            .map(|(_, at)| {
                let felt = |k: usize| {
                    let (value, gradient) = cues[k].value_and_gradient(&at);
                    Felt { value, gradient }
                };
                Slope { at, felt: Feelings::new(cues.len(), felt) }
            })
            .filter(|slope| slope.felt.iter().any(|felt| norm(&felt.gradient) > 0.0))
            .collect();
        Self { model, species, cues, slopes }
    }

    /// Least T/F at a node for velocities up and down the gradients, where the kernels are extreme.
    fn least_at(&self, kernel: &Kernel<D>, node: &Slope<D>) -> f64 {
        let space = &self.species.space;
        let of = |(signal, felt): (_, &Felt<D>)| AtNode { signal, at: node.at, felt: *felt };
        let signal = AllAtNode(self.cues.iter().zip(node.felt.iter()).map(of).collect());
        let along = |gradient: &Vector<D>, speed: f64| {
            let up = scaled(speed / norm(gradient), gradient);
            let rate = |v: f64, w: f64| {
                kernel.relative_rate(&signal, &node.at, &scaled(v, &up), &scaled(w, &up))
            };
            rate(1.0, 1.0).min(rate(1.0, -1.0)).min(rate(-1.0, 1.0)).min(rate(-1.0, -1.0))
        };
        let (slow, fast) = (space.min_speed(), space.max_speed());
        let least = |gradient: &Vector<D>| match slow == fast {
            true => along(gradient, fast),
            false => along(gradient, slow).min(along(gradient, fast)),
        };
        let gradients = node.felt.iter().map(|felt| &felt.gradient).filter(|g| norm(g) > 0.0);
        gradients.map(least).fold(f64::INFINITY, f64::min)
    }

    /// Least T/F at every node with a slope.
    fn rates(&self) -> Vec<f64> {
        self.slopes.par_iter().map(|node| self.least_at(&self.species.kernel, node)).collect()
    }

    /// Least T/F of them all.
    fn least(&self, rates: &[f64]) -> f64 {
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        if least.is_finite() {
            least
        } else {
            let s = self.cues[0].value(&self.model.grid().node(0));
            self.species.kernel.leading_rate(s, 0.0)
        }
    }

    /// Where T is negative at `epsilon`, of `nodes`.
    fn negative<'s>(&self, epsilon: f64, nodes: &[&'s Slope<D>]) -> Vec<&'s Slope<D>> {
        let bias = self.species.scaling.at(epsilon).bias();
        let kernel = self.species.kernel.with_epsilon(bias);
        let is_negative = |node: &&&Slope<D>| self.least_at(&kernel, node) < 0.0;
        nodes.par_iter().filter(is_negative).copied().collect()
    }

    /// The ε, to 1%, below which T is not negative; a node where it is not has no say further down.
    fn largest_epsilon(&self, rates: &[f64]) -> Option<f64> {
        let all: Vec<_> = self.slopes.iter().collect();
        let (mut good, mut bad) = (LEAST_EPSILON, self.model.epsilon);
        let mut negative: Vec<_> = all
            .iter()
            .copied()
            .zip(rates)
            .filter(|(_, rate)| **rate < 0.0)
            .map(|(n, _)| n)
            .collect();
        while negative.is_empty() {
            (good, bad) = (bad, 2.0 * bad);
            if bad >= LARGEST_EPSILON {
                return Some(f64::INFINITY);
            }
            negative = self.negative(bad, &all);
        }
        if good == LEAST_EPSILON && !self.negative(good, &negative).is_empty() {
            return None;
        }
        while bad > 1.01 * good {
            let middle = (good * bad).sqrt();
            let there = self.negative(middle, &negative);
            if there.is_empty() {
                good = middle;
            } else {
                (bad, negative) = (middle, there);
            }
        }
        Some(good)
    }
}

/// Where a search for ε ends: beyond any use.
const LEAST_EPSILON: f64 = 1e-6;
const LARGEST_EPSILON: f64 = 1e3;

/// Scans T/F of a population at the nodes at t = 0, and for which ε it is not negative.
pub fn positivity<const D: usize>(model: &Model<D>, species: &Species<D>) -> Positivity {
    let start = Start::new(model, species);
    let rates = start.rates();
    Positivity { least: start.least(&rates), largest_epsilon: start.largest_epsilon(&rates) }
}

/// The same if T is negative somewhere at t = 0; the search for ε costs more than to see that.
pub fn negative_start<const D: usize>(
    model: &Model<D>,
    species: &Species<D>,
) -> Option<Positivity> {
    let start = Start::new(model, species);
    let rates = start.rates();
    let least = start.least(&rates);
    (least < 0.0).then(|| Positivity { least, largest_epsilon: start.largest_epsilon(&rates) })
}
