//! What the cells of one population sense: a signal, or a weighted sum of signals, for each term of their kernel.

use super::nodal::{AtNodes, Turning};
use super::{NodalSignal, SensedSignal};
use crate::tiles::Tiles;
use crate::turning::{Bounds, Feelings, Felt, MOST_TERMS, Scenery, Sense};
use crate::vector::Vector;

/// The cues of a population, by the terms of its kernel.
#[derive(Clone)]
pub struct Cues<'s, 'a, const D: usize> {
    all: Vec<&'s SensedSignal<'a, D>>,
}

impl<'s, 'a, const D: usize> Cues<'s, 'a, D> {
    /// Those of these numbers among the signals that are sensed.
    pub fn among(sensed: &'s [SensedSignal<'a, D>], numbers: &[usize]) -> Self {
        Self { all: numbers.iter().map(|number| &sensed[*number]).collect() }
    }

    /// That of the first term.
    pub fn first(&self) -> &'s SensedSignal<'a, D> {
        self.all[0]
    }
}

impl<'a, const D: usize> Sense<D> for Cues<'_, 'a, D> {
    type Cue = SensedSignal<'a, D>;

    #[inline(always)]
    fn cue(&self, term: usize) -> &SensedSignal<'a, D> {
        self.all[term]
    }

    fn felt(&self, x: &Vector<D>) -> Feelings<D> {
        Feelings::new(self.all.len(), |k| {
            let (value, gradient) = self.all[k].value_and_gradient(x);
            Felt { value, gradient }
        })
    }

    fn bounds_of_all(&self) -> Vec<Bounds<D>> {
        self.all.iter().map(|cue| cue.bounds()).collect()
    }

    fn local_bounds_of_all(&self) -> (Vec<Tiles<D, Bounds<D>>>, usize) {
        let (tiles, widths): (Vec<_>, Vec<_>) =
            self.all.iter().map(|cue| cue.local_bounds()).unzip();
        (tiles, widths[0])
    }

    fn scenery(&self, weights: &[f64]) -> Option<Scenery<D>> {
        let mut sum = Vec::new();
        self.all.iter().zip(weights).for_each(|(cue, weight)| cue.add_to(*weight, &mut sum));
        Some(Scenery::Spline(sum))
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.first().value(x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.first().value_and_gradient(x)
    }

    #[inline(always)]
    fn values<const L: usize>(&self, x: &[[f64; L]; D]) -> [f64; L] {
        self.first().values(x)
    }

    #[inline(always)]
    fn values_and_gradients<const L: usize>(&self, x: &[[f64; L]; D]) -> ([f64; L], [[f64; L]; D]) {
        self.first().values_and_gradients(x)
    }

    fn change(&self, x: &Vector<D>) -> f64 {
        self.first().change(x)
    }

    fn bounds(&self) -> Bounds<D> {
        self.first().bounds()
    }
}

/// The same at the nodes, for the solver without cells.
pub struct NodalCues<'a, const D: usize> {
    /// By the terms of the kernel.
    pub all: Vec<NodalSignal<'a, D>>,
}

/// What a cell senses at a node where it turns.
pub struct TurningCues<'a, const D: usize> {
    all: [Turning<'a, D>; MOST_TERMS],
    count: usize,
}

impl<const D: usize> AtNodes<D> for NodalCues<'_, D> {
    type Turning<'s>
        = TurningCues<'s, D>
    where
        Self: 's;

    fn nodes(&self) -> usize {
        self.all[0].nodes()
    }

    fn at(&self, node: usize, velocities: [usize; 2]) -> (&Vector<D>, TurningCues<'_, D>) {
        let last = self.all.len() - 1;
        let of = |k: usize| self.all[k.min(last)].at(node, velocities).1;
        let (place, _) = self.all[0].at(node, velocities);
        (place, TurningCues { all: std::array::from_fn(of), count: self.all.len() })
    }
}

impl<'a, const D: usize> Sense<D> for TurningCues<'a, D> {
    type Cue = Turning<'a, D>;

    fn cue(&self, term: usize) -> &Turning<'a, D> {
        &self.all[term]
    }

    fn felt(&self, x: &Vector<D>) -> Feelings<D> {
        Feelings::new(self.count, |k| {
            let (value, gradient) = self.all[k].value_and_gradient(x);
            Felt { value, gradient }
        })
    }

    fn bounds_of_all(&self) -> Vec<Bounds<D>> {
        self.all[..self.count].iter().map(|cue| cue.bounds()).collect()
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.all[0].value(x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.all[0].value_and_gradient(x)
    }

    fn change(&self, x: &Vector<D>) -> f64 {
        self.all[0].change(x)
    }

    fn bounds(&self) -> Bounds<D> {
        self.all[0].bounds()
    }
}
