//! Replicates of an experiment at their start and at their end.

use crate::model::Model;
use crate::observe::names;
use crate::simulation::SimulationError;
use crate::study::statistics::{Estimate, mean};
use crate::study::{Keep, Monitor, observe_run};

/// The observables of every replicate at both times.
pub struct Runs {
    names: Vec<(String, String)>,
    ends: Vec<[Vec<f64>; 2]>,
    confidence: f64,
}

impl Runs {
    /// Runs `replicates` of a model whose outputs are t = 0 and the end; intervals are of the level
    /// `confidence`.
    pub fn new<const D: usize>(
        model: &Model<D>,
        replicates: usize,
        confidence: f64,
        monitor: &Monitor<'_>,
    ) -> Result<Self, SimulationError> {
        let share = 1.0 / replicates as f64;
        let ends = (0..replicates as u64)
            .map(|r| {
                let run = observe_run(model, r, Keep::default(), monitor, share)?;
                Ok([0, 1].map(|i: usize| run.snapshots[i].observables.clone()))
            })
            .collect::<Result<_, SimulationError>>()?;
        Ok(Self { names: names(model), ends, confidence })
    }

    /// The growth of the observable `name` over the run, in units of `due`; `None` if it is not defined
    /// in every replicate.
    pub fn growth(&self, name: &str, due: f64) -> Option<Estimate> {
        let place = self.names.iter().position(|(_, own)| own == name).expect("an observable");
        let ratio = |[first, last]: &[Vec<f64>; 2]| (last[place] - first[place]) / due;
        let ratios: Vec<f64> = self.ends.iter().map(ratio).collect();
        ratios.iter().all(|ratio| ratio.is_finite()).then(|| mean(&ratios, self.confidence))
    }
}
