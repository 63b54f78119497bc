//! `kinetaxis ensemble EXPERIMENT`

use super::context::Context;
use super::error::{CliError, warn};
use super::identities;
use super::motion::{device_line, plan_json, plan_line};
use super::run::{names_of_populations, names_of_signals, tally_json, virial, write_cells};
use super::tables::{aligned, figure};
use super::{Aboard, Job, with_dimension};
use crate::device::Device;
use crate::model::Model;
use crate::observe::{labels, names};
use crate::output::{Shard, Table, axes, estimate, for_each_node, number};
use crate::pages;
use crate::study::{self, Ensemble, EnsembleFrame, Moments, Plan, Work};
use serde_json::json;

/// Replicates: mean and interval of every observable.
pub fn ensemble(job: &Job, aboard: &Aboard, shard: Option<Shard>) -> Result<(), CliError> {
    let device = aboard.open()?;
    let context = Context::study(job, shard, Work::Ensemble, &aboard.flags())?;
    with_dimension!(context.experiment.dimension, D => ensemble_in::<D>(context, &device))
}

fn ensemble_in<const D: usize>(context: Context, device: &Device) -> Result<(), CliError> {
    let e = &context.experiment;
    let model = Model::<D>::new(e)?.aboard(device, e)?;
    let (at, plan) = (&e.output.cells_at, study::plan(&model)?);
    let mut result =
        context.simulated(|m| study::ensemble(&model, e.ensemble.replicates, at, m))?;
    result.frames.retain(|frame| e.time.outputs.contains(&frame.time));
    let text = summary_table(&context, &model, &result)
        + &plan_line(&plan, &result.tally)
        + &device_line(device);
    result.tally.warning().iter().for_each(|said| warn(said));
    let mut summary = summary(&context, &model, &result, &plan);
    summary["virial"] = virial(e, &model);
    context.deliver(&text, &summary, || write(&context, &model, &result))
}

/// All tables and the report.
fn write<const D: usize>(
    context: &Context,
    model: &Model<D>,
    result: &Ensemble<D>,
) -> Result<(), CliError> {
    let (e, frames) = (&context.experiment, &result.frames);
    write_observables(context, model, result)?;
    let populations = names_of_populations(e);
    write_field(context, model, "density.csv", &populations, frames, |f| &f.densities)?;
    let signals = names_of_signals(e);
    write_field(context, model, "signal.csv", &signals, frames, |f| &f.signals)?;
    if !e.output.cells_at.is_empty() {
        write_cells(context, result.cells.iter().map(|(t, r, c)| (*t, *r, &c[..])))?;
    }
    Ok(context.folder().write("report.html", &pages::ensemble_page(e, model, result))?)
}

const STATISTICS: [&str; 5] = ["mean", "std_error", "ci_low", "ci_high", "replicates"];

fn write_observables<const D: usize>(
    context: &Context,
    model: &Model<D>,
    result: &Ensemble<D>,
) -> Result<(), CliError> {
    let mut header = vec!["time", "population", "observable"];
    header.extend(STATISTICS);
    let mut table = Table::create(&context.folder().file("observables.csv"), &header)?;
    let confidence = context.experiment.ensemble.confidence;
    for frame in &result.frames {
        for (i, (population, name)) in names(model).into_iter().enumerate() {
            let mut row = vec![number(frame.time), population, name];
            row.extend(estimate(&frame.observables.estimate(i, confidence)));
            row.push(frame.observables.count().to_string());
            table.row(&row)?;
        }
    }
    Ok(table.finish()?)
}

/// Fields with their statistics, by name, at every output time.
pub fn write_field<const D: usize>(
    context: &Context,
    model: &Model<D>,
    file: &str,
    names: &[String],
    frames: &[EnsembleFrame],
    fields: impl Fn(&EnsembleFrame) -> &Vec<Moments>,
) -> Result<(), CliError> {
    let mut header = vec!["time".to_string(), "population".into()];
    header.extend(axes::<D>(""));
    header.extend(STATISTICS.map(String::from));
    let mut table = Table::create(&context.folder().file(file), &header)?;
    let confidence = context.experiment.ensemble.confidence;
    let of = |frame| names.iter().zip(fields(frame)).map(move |(name, field)| (frame, name, field));
    for (frame, name, moments) in frames.iter().flat_map(of) {
        for_each_node(model.grid(), |i, x| {
            let mut row = vec![number(frame.time), name.clone()];
            row.extend(x);
            row.extend(estimate(&moments.estimate(i, confidence)));
            row.push(moments.count().to_string());
            table.row(&row)
        })?;
    }
    Ok(table.finish()?)
}

fn summary<const D: usize>(
    context: &Context,
    model: &Model<D>,
    result: &Ensemble<D>,
    plan: &Plan,
) -> serde_json::Value {
    let last = result.frames.last().expect("the final time is an output");
    let confidence = context.experiment.ensemble.confidence;
    let mut observables = serde_json::Map::new();
    for (i, name) in labels(model).into_iter().enumerate() {
        let e = last.observables.estimate(i, confidence);
        let entry = json!({
            "mean": e.value, "std_error": e.std_error, "ci_low": e.low, "ci_high": e.high,
        });
        observables.insert(name, entry);
    }
    let mut summary = tally_json(&result.tally, result.loop_seconds);
    summary["device"] = json!(model.device.name());
    summary["command"] = json!("ensemble");
    summary["motion"] = plan_json(plan);
    summary["seed"] = json!(context.experiment.seed);
    summary["replicates"] = json!(last.observables.count());
    summary["confidence"] = json!(confidence);
    summary["time"] = json!(last.time);
    summary["observables"] = observables.into();
    summary
}

fn summary_table<const D: usize>(
    context: &Context,
    model: &Model<D>,
    result: &Ensemble<D>,
) -> String {
    let last = result.frames.last().expect("the final time is an output");
    let confidence = context.experiment.ensemble.confidence;
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
