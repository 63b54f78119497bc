//! What rates depend on: the densities of all populations, all signals, place and time.

use crate::schema::{OutOfRange, Ranged};
use crate::spectral::Spectral;
use rayon::prelude::*;

/// Densities and signals that there are, at most.
pub const MOST_FIELDS: usize = 16;
/// Nodes that make a task of their own worth its while.
const BATCH: usize = 1 << 9;

/// Coefficients of K_h * ρ of every population and of every signal, at one time.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// t.
    pub time: f64,
    /// Of every population.
    pub densities: &'a [Vec<f64>],
    /// Every signal.
    pub signals: &'a [Vec<f64>],
}

/// The arguments of a rate: all densities, taken at ρ⁺ = max(ρ, 0) (a density that deposit or round-off make slightly
/// negative has rates as well), all signals, x up to the dimension, and t.
pub struct Arguments<'s, const D: usize> {
    spectral: &'s Spectral<D>,
    time: f64,
    densities: usize,
    /// Nodal values of the fields that are asked for; empty of others.
    fields: Vec<Vec<f64>>,
}

impl<'s, const D: usize> Arguments<'s, D> {
    /// Of all rates in `rates`.
    pub fn new<'r>(
        spectral: &'s Spectral<D>,
        around: Surroundings<'_>,
        rates: impl IntoIterator<Item = &'r Ranged>,
    ) -> Self {
        let rates: Vec<&Ranged> = rates.into_iter().collect();
        Self::of(spectral, around, |number| rates.iter().any(|rate| rate.uses_number(number)))
    }

    /// All of them, to be told.
    pub fn complete(spectral: &'s Spectral<D>, around: Surroundings<'_>) -> Self {
        Self::of(spectral, around, |_| true)
    }

    fn of(
        spectral: &'s Spectral<D>,
        around: Surroundings<'_>,
        used: impl Fn(usize) -> bool,
    ) -> Self {
        let all = around.densities.iter().chain(around.signals).enumerate();
        let fields = all
            .map(|(i, field)| if used(i) { spectral.inverse(field) } else { Vec::new() })
            .collect();
        Self { spectral, time: around.time, densities: around.densities.len(), fields }
    }

    /// The arguments at a node.
    pub fn at(&self, node: usize) -> [f64; MOST_FIELDS + 4] {
        let mut arguments = [0.0; MOST_FIELDS + 4];
        for (i, (to, field)) in arguments.iter_mut().zip(&self.fields).enumerate() {
            let value = field.get(node).copied().unwrap_or(0.0);
            *to = if i < self.densities { value.max(0.0) } else { value };
        }
        let x = self.spectral.grid().node(node);
        let rest = &mut arguments[self.fields.len()..];
        rest[..D].copy_from_slice(&x);
        rest[D] = self.time;
        arguments
    }

    /// A rate at the nodes; NaN where it has a value that it must not have.
    pub fn nodal(&self, rate: &Ranged) -> Vec<f64> {
        let nodes = 0..self.spectral.grid().len();
        if let Some(constant) = rate.constant() {
            return vec![constant; nodes.len()];
        }
        nodes.into_par_iter().with_min_len(BATCH).map(|node| rate.eval(&self.at(node))).collect()
    }

    /// Why one of these rates is refused at some node, if one is.
    pub fn refused<const N: usize>(&self, rates: [&Ranged; N]) -> Option<OutOfRange> {
        let at = |node: usize| {
            let arguments = self.at(node);
            rates.into_iter().find_map(|rate| rate.check(&arguments))
        };
        (0..self.spectral.grid().len()).find_map(at)
    }
}
