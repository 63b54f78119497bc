//! `kinetaxis run EXPERIMENT`

use super::checkpoints::{Keeper, When};
use super::context::Context;
use super::error::{CliError, warn};
use super::identities;
use super::limit::virial_json;
use super::motion::{device_line, plan_json, plan_line};
use super::tables::{aligned, figure};
use super::{Aboard, Job, ranks, signals, with_dimension};
use crate::cells::Population;
use crate::crew::Crew;
use crate::device::Device;
use crate::experiment::Experiment;
use crate::growth::Growth;
use crate::model::Model;
use crate::motion::Tally;
use crate::observe::{labels, names};
use crate::output::{Table, axes, for_each_node, number};
use crate::pages;
use crate::study::{
    Checkpoints, Keep, Monitor, Plan, RunRecord, Snapshot, Work, observe_run, plan,
};
use serde_json::json;

/// One realisation.
pub fn run(job: &Job, aboard: &Aboard, replicate: u64, when: When) -> Result<(), CliError> {
    let device = aboard.open()?;
    let replicate_flag =
        if replicate == 0 { String::new() } else { format!(" --replicate {replicate}") };
    let flags = aboard.flags() + &replicate_flag;
    let crew = ranks::crew();
    let context = match crew.is_alone() {
        true => Context::open(job, Work::Run, &flags),
        false => Context::spread(job, &crew, &flags).and_then(|context| {
            refuse_spread(&context.experiment, crew.place().1, when)?;
            Ok(context)
        }),
    };
    let context = ranks::agreed(&crew, context)?;
    with_dimension!(context.experiment.dimension, D => {
        run_in::<D>(context, &crew, (&device, &aboard.flags()), replicate, when)
    })
}

/// Refuses what needs all cells in one process.
fn refuse_spread(e: &Experiment, ranks: usize, when: When) -> Result<(), CliError> {
    let what = if !e.reactions.is_empty() {
        "reactions: they"
    } else if e.populations.iter().any(|p| Growth::of(&p.cells).is_some()) {
        "cells.growth: it"
    } else if !e.output.cells_at.is_empty() {
        "output.cells_at: it"
    } else if e.output.knn > 0 {
        "output.knn: it"
    } else if when.every.is_some() {
        "--checkpoint-every: it"
    } else if when.wall.is_some() {
        "--wall-time: it"
    } else {
        return Ok(());
    };
    Err(CliError::BadInput(format!(
        "{what} can not go with cells that are spread over {ranks} ranks of MPI. Leave it out, or run one process"
    )))
}

fn run_in<const D: usize>(
    context: Context,
    crew: &Crew,
    (device, flags): (&Device, &str),
    replicate: u64,
    when: When,
) -> Result<(), CliError> {
    let e = &context.experiment;
    let model = ranks::agreed(crew, Model::<D>::new(e).map_err(CliError::from))?.spread_over(crew);
    let model = ranks::agreed(crew, model.aboard(device, e).map_err(CliError::from))?;
    let (at, plan) = (&e.output.cells_at, plan(&model)?);
    let keep = Keep { cells_at: at, neighbour: e.output.knn };
    let keeper = crew
        .is_alone()
        .then(|| Keeper::new(&context, replicate, (device, flags), keep.definition(&model), when));
    let keeper = keeper.filter(Keeper::is_wanted);
    if let Some(keeper) = &keeper {
        keeper.look()?;
        signals::be_patient();
    }
    let checkpoints = keeper.as_ref().map(|keeper| keeper as &dyn Checkpoints);
    let record = context.simulated(|m| {
        let monitor = Monitor { checkpoints, ledger: m.ledger.clone(), ..*m };
        observe_run(&model, replicate, keep, &monitor, 1.0)
    });
    let record = ranks::agreed(crew, record).map_err(|error| match &keeper {
        Some(keeper) => keeper.ended(error),
        None => error,
    })?;
    if context.is_shared() {
        return Err(CliError::Shared("rank 0 has the results".into()));
    }
    let text =
        summary_table(&model, &record) + &plan_line(&plan, &record.tally) + &device_line(device);
    record.tally.warning().iter().for_each(|said| warn(said));
    let few = |s: &&Snapshot<D>| e.output.knn > 0 && s.adaptive.iter().any(Option::is_none);
    if let Some(few) = record.snapshots.iter().find(few) {
        warn(&format!(
            "at t = {} no more cells are left than output.knn: density_knn.csv leaves it out",
            few.time
        ));
    }
    let mut summary = summary(&context, &model, (replicate, &record), &plan);
    summary["virial"] = virial(e, &model);
    context.deliver(&text, &summary, || write(&context, &model, replicate, &record))?;
    if let Some(keeper) = &keeper {
        keeper.finished();
    }
    Ok(())
}

/// All tables and the report.
fn write<const D: usize>(
    context: &Context,
    model: &Model<D>,
    replicate: u64,
    record: &RunRecord<D>,
) -> Result<(), CliError> {
    let (e, snapshots) = (&context.experiment, &record.snapshots);
    write_observables(context, model, snapshots)?;
    let (populations, signals) = (names_of_populations(e), names_of_signals(e));
    write_field(context, model, "density.csv", &populations, snapshots, |s| &s.densities)?;
    write_field(context, model, "signal.csv", &signals, snapshots, |s| &s.signals)?;
    if e.output.knn > 0 {
        write_densities(context, model, snapshots)?;
    }
    if !e.output.cells_at.is_empty() {
        let cells =
            snapshots.iter().filter_map(|s| Some((s.time, replicate, &s.cells.as_ref()?[..])));
        write_cells(context, cells)?;
    }
    Ok(context.folder().write("report.html", &pages::run_page(e, model, record))?)
}

fn write_observables<const D: usize>(
    context: &Context,
    model: &Model<D>,
    snapshots: &[Snapshot<D>],
) -> Result<(), CliError> {
    let header = ["time", "population", "observable", "value"];
    let mut table = Table::create(&context.folder().file("observables.csv"), &header)?;
    for s in snapshots.iter().filter(|s| context.experiment.time.outputs.contains(&s.time)) {
        for ((population, name), value) in names(model).iter().zip(&s.observables) {
            table.row(&[&number(s.time), population, name, &number(*value)])?;
        }
    }
    Ok(table.finish()?)
}

fn write_field<const D: usize>(
    context: &Context,
    model: &Model<D>,
    file: &str,
    names: &[String],
    snapshots: &[Snapshot<D>],
    fields: impl Fn(&Snapshot<D>) -> &Vec<Vec<f64>>,
) -> Result<(), CliError> {
    let mut header = vec!["time".to_string(), "population".into()];
    header.extend(axes::<D>(""));
    header.push("value".into());
    let mut table = Table::create(&context.folder().file(file), &header)?;
    let shown = snapshots.iter().filter(|s| context.experiment.time.outputs.contains(&s.time));
    let of = |s| names.iter().zip(fields(s)).map(move |(name, field)| (s, name, field));
    for (s, name, field) in shown.flat_map(of) {
        for_each_node(model.grid(), |i, x| {
            let mut row = vec![number(s.time), name.clone()];
            row.extend(x);
            row.push(number(field[i]));
            table.row(&row)
        })?;
    }
    Ok(table.finish()?)
}

/// density_knn.csv: the density by the fixed bandwidth and the adaptive one side by side.
fn write_densities<const D: usize>(
    context: &Context,
    model: &Model<D>,
    snapshots: &[Snapshot<D>],
) -> Result<(), CliError> {
    let populations = names_of_populations(&context.experiment);
    let mut header = vec!["time".to_string()];
    let named = populations.len() > 1;
    header.extend(named.then(|| "population".into()));
    header.extend(axes::<D>(""));
    header.extend(["fixed".into(), "adaptive".into()]);
    let mut table = Table::create(&context.folder().file("density_knn.csv"), &header)?;
    for s in snapshots.iter().filter(|s| context.experiment.time.outputs.contains(&s.time)) {
        for (name, (fixed, adaptive)) in populations.iter().zip(s.densities.iter().zip(&s.adaptive))
        {
            let Some(adaptive) = adaptive else { continue };
            for_each_node(model.grid(), |i, x| {
                let mut row = vec![number(s.time)];
                row.extend(named.then(|| name.clone()));
                row.extend(x);
                row.extend([number(fixed[i]), number(adaptive[i])]);
                table.row(&row)
            })?;
        }
    }
    Ok(table.finish()?)
}

/// cells.csv: every cell at the times asked for.
pub fn write_cells<'a, const D: usize>(
    context: &Context,
    records: impl Iterator<Item = (f64, u64, &'a [Population<D>])>,
) -> Result<(), CliError> {
    let mut header: Vec<String> =
        ["time", "replicate", "population", "id"].map(String::from).to_vec();
    header.extend(axes::<D>(""));
    header.extend(axes::<D>("v"));
    let mut table = Table::create(&context.folder().file("cells.csv"), &header)?;
    let names = names_of_populations(&context.experiment);
    let of = |(time, replicate, all): (f64, u64, &'a [Population<D>])| {
        names.iter().zip(all).map(move |(name, cells)| (time, replicate, name, cells))
    };
    for (time, replicate, name, cells) in records.flat_map(of) {
        for (id, (x, v)) in cells.positions.iter().zip(cells.velocities.iter()).enumerate() {
            let mut row = vec![number(time), replicate.to_string(), name.clone(), id.to_string()];
            row.extend(x.iter().chain(&v).map(|c| number(*c)));
            table.row(&row)?;
        }
    }
    Ok(table.finish()?)
}

/// The names of the populations, as tables have them.
pub fn names_of_populations(e: &Experiment) -> Vec<String> {
    e.populations.iter().map(|population| population.name.clone()).collect()
}

/// The names of the signals; `signal` where there is one.
pub fn names_of_signals(e: &Experiment) -> Vec<String> {
    match &e.signals[..] {
        [_] => vec!["signal".into()],
        several => several.iter().map(|signal| signal.name.clone()).collect(),
    }
}

/// The virial identity at the output times, for summary.json; null where it does not hold.
pub fn virial<const D: usize>(e: &Experiment, model: &Model<D>) -> serde_json::Value {
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

fn summary<const D: usize>(
    context: &Context,
    model: &Model<D>,
    (replicate, record): (u64, &RunRecord<D>),
    plan: &Plan,
) -> serde_json::Value {
    let last = record.snapshots.last().expect("the final time is an output");
    let values: serde_json::Map<String, serde_json::Value> =
        labels(model).into_iter().zip(last.observables.iter().map(|v| json!(v))).collect();
    let mut summary = tally_json(&record.tally, record.loop_seconds);
    summary["device"] = json!(model.device.name());
    summary["command"] = json!("run");
    summary["motion"] = plan_json(plan);
    summary["seed"] = json!(context.experiment.seed);
    summary["replicate"] = json!(replicate);
    summary["time"] = json!(last.time);
    summary["observables"] = values.into();
    summary
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
