//! What `run` finds.

use super::limit::virial_json;
use super::motion::{device_line, plan_json, plan_line};
use super::{Error, Found, identities, names_of_populations, names_of_signals};
use crate::cells::Population;
use crate::experiment::Experiment;
use crate::model::Model;
use crate::motion::Tally;
use crate::observe::{labels, names};
use crate::pages;
use crate::sheet::{Cell, Shape, Sheet, axes, each_node};
use crate::study::{Plan, RunRecord, Snapshot, Work, plan};
use crate::text::{aligned, figure};
use serde_json::{Map, Value, json};

/// One realisation that has come to its end.
pub struct Ran<const D: usize> {
    e: Experiment,
    model: Model<D>,
    replicate: u64,
    record: RunRecord<D>,
    plan: Plan,
}

impl<const D: usize> Ran<D> {
    /// What was recorded of a replicate of the experiment.
    pub fn new(
        e: &Experiment,
        model: Model<D>,
        replicate: u64,
        record: RunRecord<D>,
    ) -> Result<Self, Error> {
        let plan = plan(&model)?;
        Ok(Self { e: e.clone(), model, replicate, record, plan })
    }

    /// What was seen at the output times.
    fn shown(&self) -> impl Iterator<Item = &Snapshot<D>> {
        self.record.snapshots.iter().filter(|s| self.e.time.outputs.contains(&s.time))
    }

    fn observables(&self) -> Sheet<'_> {
        let names = names(&self.model);
        Sheet::new("observables", ["time", "population", "observable", "value"], move |emit| {
            for s in self.shown() {
                for ((population, name), value) in names.iter().zip(&s.observables) {
                    let of = [Cell::Text(population), Cell::Text(name)];
                    emit(&[Cell::Number(s.time), of[0], of[1], Cell::Number(*value)])?;
                }
            }
            Ok(())
        })
    }

    fn fields<'a>(
        &'a self,
        name: &str,
        of: Vec<&'a str>,
        fields: impl Fn(&Snapshot<D>) -> &Vec<Vec<f64>> + 'a,
    ) -> Sheet<'a> {
        let columns = (&["time", "population"][..], vec!["value".into()]);
        Sheet::of_fields(name, self.model.grid(), columns, move |emit| {
            for s in self.shown() {
                for (name, field) in of.iter().zip(fields(s)) {
                    let keys = [Cell::Number(s.time), Cell::Text(name)];
                    let value =
                        |i: usize, row: &mut Vec<Cell<'_>>| row.push(Cell::Number(field[i]));
                    each_node(self.model.grid(), &keys, value, emit)?;
                }
            }
            Ok(())
        })
    }

    /// The density by the fixed bandwidth and the adaptive one side by side.
    fn adaptive(&self) -> Sheet<'_> {
        let populations = names_of_populations(&self.e);
        let keys: &[&str] = if populations.len() > 1 { &["time", "population"] } else { &["time"] };
        let columns = (keys, vec!["fixed".into(), "adaptive".into()]);
        Sheet::of_fields("density_knn", self.model.grid(), columns, move |emit| {
            for s in self.shown() {
                let both = s.densities.iter().zip(&s.adaptive);
                for (name, (fixed, adaptive)) in populations.iter().zip(both) {
                    let Some(adaptive) = adaptive else { continue };
                    let own = [Cell::Number(s.time), Cell::Text(name)];
                    let values = |i: usize, row: &mut Vec<Cell<'_>>| {
                        row.extend([fixed[i], adaptive[i]].map(Cell::Number));
                    };
                    each_node(self.model.grid(), &own[..keys.len()], values, emit)?;
                }
            }
            Ok(())
        })
    }
}

impl<const D: usize> Found for Ran<D> {
    fn experiment(&self) -> &Experiment {
        &self.e
    }

    fn sheets(&self) -> Vec<Sheet<'_>> {
        let (populations, signals) = (names_of_populations(&self.e), names_of_signals(&self.e));
        let mut all = vec![
            self.observables(),
            self.fields("density", populations, |s| &s.densities),
            self.fields("signal", signals, |s| &s.signals),
        ];
        if self.e.output.knn > 0 {
            all.push(self.adaptive());
        }
        if !self.e.output.cells_at.is_empty() {
            let of = |s: &'_ Snapshot<D>| s.cells.is_some();
            let seen = self.record.snapshots.iter().filter(move |s| of(s));
            let records = seen.map(|s| (s.time, self.replicate, s.cells.as_deref().unwrap_or(&[])));
            all.push(cells(&self.e, records.collect()));
        }
        all
    }

    fn summary(&self) -> Value {
        let Self { e, model, replicate, record, plan } = self;
        let last = record.snapshots.last().expect("the final time is an output");
        let values: Map<String, Value> =
            labels(model).into_iter().zip(last.observables.iter().map(|v| json!(v))).collect();
        let mut summary = flown(Work::Run, (e, model, plan), &record.tally, record.loop_seconds);
        summary["replicate"] = json!(replicate);
        summary["time"] = json!(last.time);
        summary["observables"] = values.into();
        summary
    }

    fn text(&self) -> String {
        summary_table(&self.model, &self.record)
            + &plan_line(&self.plan, &self.record.tally)
            + &device_line(&self.model.device)
    }

    fn page(&self) -> String {
        pages::run_page(&self.e, &self.model, &self.record)
    }

    fn warnings(&self) -> Vec<String> {
        let few =
            |s: &&Snapshot<D>| self.e.output.knn > 0 && s.adaptive.iter().any(Option::is_none);
        let few = self.record.snapshots.iter().find(few).map(|few| {
            format!(
                "at t = {} no more cells are left than output.knn: density_knn.csv leaves it out",
                few.time
            )
        });
        self.record.tally.warning().into_iter().chain(few).collect()
    }
}

/// Every cell at the times asked for: time, replicate, and the cells of each population.
pub fn cells<'a, const D: usize>(
    e: &'a Experiment,
    records: Vec<(f64, u64, &'a [Population<D>])>,
) -> Sheet<'a> {
    let keys = ["time", "replicate", "population", "id"];
    let header = keys.map(String::from).into_iter().chain(axes::<D>("")).chain(axes::<D>("v"));
    let names = names_of_populations(e);
    let rows = Sheet::new("cells", header, move |emit| {
        let mut row = Vec::new();
        for (time, replicate, populations) in &records {
            for (name, cells) in names.iter().zip(*populations) {
                let all = cells.positions.iter().zip(cells.velocities.iter());
                for (id, (x, v)) in all.enumerate() {
                    row.clear();
                    row.extend([Cell::Number(*time), Cell::Count(*replicate)]);
                    row.extend([Cell::Text(name), Cell::Count(id as u64)]);
                    row.extend(x.iter().chain(&v).map(|c| Cell::Number(*c)));
                    emit(&row)?;
                }
            }
        }
        Ok(())
    });
    rows.shaped(Shape::Cells { keys: keys.len() })
}

/// What summary.json holds of a command whose cells have flown: the command, what flew how on what, and the virial identity.
pub fn flown<const D: usize>(
    work: Work,
    (e, model, plan): (&Experiment, &Model<D>, &Plan),
    tally: &Tally,
    loop_seconds: f64,
) -> Value {
    let mut summary = tally_json(tally, loop_seconds);
    summary["command"] = json!(work.word());
    summary["device"] = json!(model.device.name());
    summary["motion"] = plan_json(plan);
    summary["seed"] = json!(e.seed);
    summary["virial"] = virial(e, model);
    summary
}

/// The virial identity at the output times, for summary.json; null where it does not hold.
fn virial<const D: usize>(e: &Experiment, model: &Model<D>) -> serde_json::Value {
    let Some(virial) = &model.virial else { return json!(null) };
    let mut facts = virial_json(virial);
    // E|x|² − E|x(0)|² of the cells, if they have an identity of their own.
    let growth: Vec<_> = (e.time.outputs.iter())
        .map(|t| json!({ "time": t, "second_moment_growth": virial.growth_of_cells(*t) }))
        .collect();
    facts["cells"] = json!(growth);
    facts
}

/// What happened to the cells, for summary.json.
pub fn tally_json(tally: &Tally, loop_seconds: f64) -> serde_json::Value {
    json!({
        "tumbles": tally.tumbles,
        "candidates": tally.candidates,
        "cell_steps": tally.cell_steps,
        "cell_steps_skip_ahead": tally.skip_ahead,
        "cell_steps_hybrid": tally.hybrid,
        "hybrid_steps": tally.hops,
        "negative_rates": tally.negative,
        "cell_steps_outside": tally.outside,
        "loop_seconds": loop_seconds,
        "invariants": invariants_json(tally),
    })
}

/// What must hold at every field step: how often it was checked, how often it was broken and answered by counting,
/// and the worst that was met.
fn invariants_json(tally: &Tally) -> serde_json::Value {
    let i = &tally.invariants;
    let of = |checked: u64, broken: u64, worst: f64| json!({ "checked": checked, "broken": broken, "worst": worst });
    json!({
        "cells_finite": { "checked": i.cells, "broken": 0 },
        "cells_in_box": { "checked": i.cells, "broken": tally.outside },
        "counts": { "checked": i.counts, "broken": 0 },
        "mass": of(i.masses, 0, i.mass),
        "density_at_least_0": of(i.nodes, i.negative_nodes, i.lowest),
        "rate_at_least_0": { "checked": tally.candidates, "broken": tally.negative },
        "rate_at_most_bound": of(i.looks, 0, i.steepest),
    })
}

fn summary_table<const D: usize>(model: &Model<D>, record: &RunRecord<D>) -> String {
    let last = record.snapshots.last().expect("the final time is an output");
    let mut rows = vec![vec![format!("at t = {}", last.time), "value".into()]];
    for (name, value) in labels(model).into_iter().zip(&last.observables) {
        rows.push(vec![name, figure(*value)]);
    }
    let records = record.snapshots.iter().map(|s| (s.time, &s.observables[..]));
    aligned(&rows) + &identities::lines(&labels(model), records)
}
