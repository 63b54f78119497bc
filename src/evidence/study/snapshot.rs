//! What is recorded of a run at an output time.

use crate::cells::Population;
use crate::identities::Start;
use crate::model::Model;
use crate::observe::{Observation, adaptive_density};
use crate::state::State;
use serde::{Deserialize, Serialize};

/// What is recorded of one replicate at one output time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot<const D: usize> {
    /// t.
    pub time: f64,
    /// Observables, in the order of [`crate::observe::names`].
    pub observables: Vec<f64>,
    /// Nodal ρ_h of every population.
    pub densities: Vec<Vec<f64>>,
    /// Every nodal S.
    pub signals: Vec<Vec<f64>>,
    /// Every cell of every population, where asked for.
    pub cells: Option<Vec<Population<D>>>,
    /// Adaptive density of every population by grid cell, where asked for and while there are more cells than neighbours
    /// asked for.
    pub adaptive: Vec<Option<Vec<f64>>>,
}

/// What is kept at the output times besides observables and fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep<'a> {
    /// Times at which every cell is.
    pub cells_at: &'a [f64],
    /// The neighbour whose distance gives the bandwidth of the adaptive density; 0 for none.
    pub neighbour: usize,
}

impl Keep<'_> {
    /// What decides a realisation and what is recorded of it, as text.
    pub fn definition<const D: usize>(&self, model: &Model<D>) -> String {
        let Self { cells_at, neighbour } = self;
        format!("{} {cells_at:?} {neighbour}", model.definition)
    }
}

/// What is recorded of a state; `starts` are the means of its populations at t = 0.
pub(super) fn snapshot<const D: usize>(
    model: &Model<D>,
    state: &State<D>,
    starts: &[Start],
    keep: Keep<'_>,
) -> Snapshot<D> {
    let nodal = |field: &Vec<f64>| model.spectral.inverse(field);
    let densities: Vec<Vec<f64>> =
        state.populations.iter().map(|colony| nodal(&colony.density.now)).collect();
    let signals: Vec<Vec<f64>> = state.signals.iter().map(nodal).collect();
    let values = |(number, start): (usize, &Start)| {
        let fields = [&densities[number][..], &signals[0]];
        Observation::new(model, state, number, fields, *start).values()
    };
    let observables = starts.iter().enumerate().flat_map(values).collect();
    let all = || state.populations.iter().map(|colony| &colony.cells);
    let cells = keep.cells_at.contains(&state.time).then(|| all().cloned().collect());
    // Where deaths leave no more cells than that, none has such a neighbour.
    let adaptive = |cells: &Population<D>| {
        (keep.neighbour > 0 && keep.neighbour < cells.len())
            .then(|| adaptive_density(model.grid(), cells, keep.neighbour))
    };
    let adaptive = all().map(adaptive).collect();
    Snapshot { time: state.time, observables, densities, signals, cells, adaptive }
}
