//! Replicates of an experiment, observed at all of its outputs.

use super::{Demand, Finding};
use crate::experiment::{Ensemble, Experiment};
use crate::model::Model;
use crate::observe::names;
use crate::simulation::SimulationError;
use crate::study::statistics::{Estimate, mean};
use crate::study::{Keep, Monitor, observe_run};

/// The observables of every replicate at every output.
pub struct Runs {
    names: Vec<(String, String)>,
    /// By replicate, output and observable.
    all: Vec<Vec<Vec<f64>>>,
    confidence: f64,
}

/// One observable of one population: its place among them.
#[derive(Clone, Copy)]
pub struct Series(usize);

impl Runs {
    /// Runs the ensemble of an experiment, of which this is the model.
    pub fn new<const D: usize>(
        e: &Experiment,
        model: &Model<D>,
        monitor: &Monitor<'_>,
    ) -> Result<Self, SimulationError> {
        let Ensemble { replicates, confidence } = e.ensemble;
        let share = 1.0 / replicates as f64;
        let all = (0..replicates as u64)
            .map(|r| {
                let run = observe_run(model, r, Keep::default(), monitor, share)?;
                Ok(run.snapshots.into_iter().map(|snapshot| snapshot.observables).collect())
            })
            .collect::<Result<_, SimulationError>>()?;
        Ok(Self { names: names(model), all, confidence })
    }

    /// The observable `name` of a population.
    pub fn series(&self, population: &str, name: &str) -> Series {
        let own = |(of, what): &(String, String)| of == population && what == name;
        Series(self.names.iter().position(own).expect("an observable"))
    }

    /// What `of` makes of an observable at all outputs, in every replicate.
    pub fn each(&self, series: Series, of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let one = |run: &Vec<Vec<f64>>| {
            of(&run.iter().map(|values| values[series.0]).collect::<Vec<f64>>())
        };
        self.all.iter().map(one).collect()
    }

    /// The mean of what `of` makes of an observable at all outputs; `None` if it is not defined in every
    /// replicate.
    pub fn estimate(&self, series: Series, of: impl Fn(&[f64]) -> f64) -> Option<Estimate> {
        let values = self.each(series, of);
        values.iter().all(|value| value.is_finite()).then(|| mean(&values, self.confidence))
    }

    /// The growth of an observable over the run, in units of `due`.
    pub fn growth(&self, series: Series, due: f64) -> Option<Estimate> {
        self.estimate(series, |values| (values[values.len() - 1] - values[0]) / due)
    }
}

/// The mean of `values` as it is, and whether its interval holds what is expected.
pub fn hold_around(what: &str, values: Vec<f64>, expected: f64, confidence: f64) -> [Finding; 2] {
    let number = values.iter().all(|x| x.is_finite()).then(|| mean(&values, confidence));
    let all = [(values, expected)];
    [Finding::new(what, number, Demand::Open), hold(what, &all, confidence)]
}

/// Whether the intervals of all these samples hold what is expected of them, at the level `confidence`
/// for all together: how far the one that is farthest off is, in units of half of its interval, each at
/// a level of which all make the wanted one (Bonferroni).
pub fn hold(what: &str, samples: &[(Vec<f64>, f64)], confidence: f64) -> Finding {
    let level = 1.0 - (1.0 - confidence) / samples.len() as f64;
    let off = |(values, expected): &(Vec<f64>, f64)| {
        let estimate = mean(values, level);
        (estimate.value - expected).abs() / (0.5 * (estimate.high - estimate.low))
    };
    let largest =
        samples.iter().map(off).fold(0.0, |a: f64, b| if b.is_nan() { b } else { a.max(b) });
    let count = match samples.len() {
        1 => String::new(),
        n => format!(", largest of {n}"),
    };
    let percent = 100.0 * confidence;
    let what =
        format!("{what}: off in half {percent:.0}% intervals of the mean of the cells{count}");
    Finding::exact(what, largest, Demand::AtMost(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Verdict;

    #[test]
    fn an_interval_holds_what_is_in_it() {
        let sample = vec![1.0, 2.0, 3.0];
        // 2 ± 4.303·(1/√3).
        let off = hold("", &[(sample.clone(), 3.0)], 0.95).number.unwrap().value;
        assert!((off - 3.0_f64.sqrt() / 4.302_652_7).abs() < 1e-6, "{off}");
        let of = |expected: f64, confidence: f64| {
            hold("", &[(sample.clone(), expected)], confidence).verdict()
        };
        assert_eq!(of(4.4, 0.95), Verdict::Holds);
        assert_eq!(of(4.6, 0.95), Verdict::Fails);
        // One of two is told at the level of 97.5%: 2 ± 6.205/√3.
        let two = hold("", &[(sample.clone(), 4.6), (sample.clone(), 2.0)], 0.95);
        assert_eq!(two.verdict(), Verdict::Holds);
    }
}
