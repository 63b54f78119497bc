//! What `ensemble` finds.

use super::motion::{device_line, plan_line};
use super::run::{cells, flown};
use super::{Error, Found, identities, names_of_populations, names_of_signals};
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::model::Model;
use crate::observe::{labels, names};
use crate::pages;
use crate::sheet::{Cell, Sheet, each_node};
use crate::study::statistics::Estimate;
use crate::study::{self, Ensemble, EnsembleFrame, Moments, Plan, Work};
use crate::text::{aligned, figure};
use serde_json::{Map, Value, json};

/// Replicates that have come to their end.
pub struct Ensembled<const D: usize> {
    e: Experiment,
    model: Model<D>,
    found: Ensemble<D>,
    plan: Plan,
}

impl<const D: usize> Ensembled<D> {
    /// What was found of the replicates of the experiment.
    pub fn new(e: &Experiment, model: Model<D>, mut found: Ensemble<D>) -> Result<Self, Error> {
        found.frames.retain(|frame| e.time.outputs.contains(&frame.time));
        let plan = study::plan(&model)?;
        Ok(Self { e: e.clone(), model, found, plan })
    }

    fn observables(&self) -> Sheet<'_> {
        let (names, confidence) = (names(&self.model), self.e.ensemble.confidence);
        let header = ["time", "population", "observable"].into_iter().chain(STATISTICS);
        Sheet::new("observables", header, move |emit| {
            for frame in &self.found.frames {
                for (i, (population, name)) in names.iter().enumerate() {
                    let mut row = vec![Cell::Number(frame.time), Cell::Text(population)];
                    row.push(Cell::Text(name));
                    row.extend(estimate(&frame.observables.estimate(i, confidence)));
                    row.push(Cell::Count(frame.observables.count() as u64));
                    emit(&row)?;
                }
            }
            Ok(())
        })
    }
}

const STATISTICS: [&str; 5] = ["mean", "std_error", "ci_low", "ci_high", "replicates"];

/// The four columns of an estimate: value, std_error, ci_low, ci_high.
pub fn estimate(e: &Estimate) -> [Cell<'static>; 4] {
    [e.value, e.std_error, e.low, e.high].map(Cell::Number)
}

/// Fields with their statistics, by name, at every output time.
pub fn fields<'a, const D: usize>(
    name: &str,
    (grid, confidence): (&'a Grid<D>, f64),
    of: Vec<&'a str>,
    frames: &'a [EnsembleFrame],
    fields: impl Fn(&EnsembleFrame) -> &Vec<Moments> + 'a,
) -> Sheet<'a> {
    let columns = (&["time", "population"][..], STATISTICS.map(String::from).to_vec());
    Sheet::of_fields(name, grid, columns, move |emit| {
        for frame in frames {
            for (name, moments) in of.iter().zip(fields(frame)) {
                let keys = [Cell::Number(frame.time), Cell::Text(name)];
                let values = |i: usize, row: &mut Vec<Cell<'_>>| {
                    row.extend(estimate(&moments.estimate(i, confidence)));
                    row.push(Cell::Count(moments.count() as u64));
                };
                each_node(grid, &keys, values, emit)?;
            }
        }
        Ok(())
    })
}

impl<const D: usize> Found for Ensembled<D> {
    fn experiment(&self) -> &Experiment {
        &self.e
    }

    fn sheets(&self) -> Vec<Sheet<'_>> {
        let (e, frames) = (&self.e, &self.found.frames[..]);
        let on = (self.model.grid(), e.ensemble.confidence);
        let mut all = vec![
            self.observables(),
            fields("density", on, names_of_populations(e), frames, |f| &f.densities),
            fields("signal", on, names_of_signals(e), frames, |f| &f.signals),
        ];
        if !e.output.cells_at.is_empty() {
            all.push(cells(e, self.found.cells.iter().map(|(t, r, c)| (*t, *r, &c[..])).collect()));
        }
        all
    }

    fn summary(&self) -> Value {
        let Self { e, model, found, plan } = self;
        let last = found.frames.last().expect("the final time is an output");
        let confidence = e.ensemble.confidence;
        let mut observables = Map::new();
        for (i, name) in labels(model).into_iter().enumerate() {
            let e = last.observables.estimate(i, confidence);
            let entry = json!({
                "mean": e.value, "std_error": e.std_error, "ci_low": e.low, "ci_high": e.high,
            });
            observables.insert(name, entry);
        }
        let mut summary = flown(Work::Ensemble, (e, model, plan), &found.tally, found.loop_seconds);
        summary["replicates"] = json!(last.observables.count());
        summary["confidence"] = json!(confidence);
        summary["time"] = json!(last.time);
        summary["observables"] = observables.into();
        summary
    }

    fn text(&self) -> String {
        summary_table(self.e.ensemble.confidence, &self.model, &self.found)
            + &plan_line(&self.plan, &self.found.tally)
            + &device_line(&self.model.device)
    }

    fn page(&self) -> String {
        pages::ensemble_page(&self.e, &self.model, &self.found)
    }

    fn warnings(&self) -> Vec<String> {
        self.found.tally.warning().into_iter().collect()
    }
}

fn summary_table<const D: usize>(
    confidence: f64,
    model: &Model<D>,
    result: &Ensemble<D>,
) -> String {
    let last = result.frames.last().expect("the final time is an output");
    let interval = format!("{}% interval", 100.0 * confidence);
    let mut rows =
        vec![vec![format!("at t = {}", last.time), "mean".into(), "std. error".into(), interval]];
    for (i, name) in labels(model).into_iter().enumerate() {
        let e = last.observables.estimate(i, confidence);
        rows.push(vec![
            name,
            figure(e.value),
            if e.value.is_nan() { "-".into() } else { format!("{:.1e}", e.std_error) },
            format!("[{}, {}]", figure(e.low), figure(e.high)),
        ]);
    }
    let records = result.frames.iter().map(|f| (f.time, f.observables.means()));
    aligned(&rows) + &identities::lines(&labels(model), records)
}
