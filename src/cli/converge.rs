//! `kinetaxis converge EXPERIMENT`

use super::context::Context;
use super::converge_text::text;
use super::ensemble::write_field;
use super::error::{CliError, warn};
use super::limit::write_limit;

use super::run::{names_of_populations, tally_json};
use super::{Job, with_dimension};
use crate::experiment::{Experiment, Mobility, Parameter};
use crate::model::Model;
use crate::motion::{Method, Tally};
use crate::output::{Shard, Table, estimate, number};
use crate::pages;
use crate::study::statistics::Estimate;
use crate::study::{self, Check, Convergence, EnsembleFrame, OrderRow, Slope, Sweep, Wanted, Work};
use serde_json::json;

/// The sweep.
pub fn converge(job: &Job, shard: Option<Shard>, wanted: Option<Wanted>) -> Result<(), CliError> {
    if shard.is_some() && wanted.is_some() {
        return Err(CliError::BadInput(
            "--precision finds out how many replicates there are while it runs, so they cannot be shared out. Give \
             --set converge.replicates instead of it, or no --shard"
                .into(),
        ));
    }
    let flags = wanted
        .as_ref()
        .map_or(String::new(), |w| format!(" --precision '{}' --within {}", w.precision, w.within));
    let context = Context::study(job, shard, Work::Converge, &flags)?;
    refuse_bias(&context.experiment)?;
    refuse_other_drift(&context.experiment)?;
    with_dimension!(context.experiment.dimension, D => converge_in::<D>(context, wanted))
}

/// Refuses flights that are biased where the effect is looked for.
fn refuse_bias(e: &Experiment) -> Result<(), CliError> {
    if e.converge.parameter != Parameter::Epsilon {
        return Ok(());
    }
    let (key, value) = match e.motion {
        Method::Hybrid => ("motion", "\"hybrid\"".to_string()),
        Method::Auto if e.motion_bias > 0.0 => ("motion_bias", e.motion_bias.to_string()),
        _ => return Ok(()),
    };
    Err(CliError::BadInput(format!(
        "{key} = {value}: hybrid flights know the kernel to first order in epsilon only, so they are \
         biased by O(epsilon^2), the order of the distance that converge measures. Set motion = \
         \"skip-ahead\", which is exact and costs O(1/epsilon), or motion = \"auto\" with \
         motion_bias = 0"
    )))
}

/// Refuses a macroscopic equation that is not the limit of the cells.
fn refuse_other_drift(e: &Experiment) -> Result<(), CliError> {
    match e.limit.mobility {
        Mobility::Linear => Ok(()),
        _ => Err(CliError::BadInput(
            "limit.mobility: the limit of the cells has drift linear in rho, and no other is compared \
             with them. Remove it, or use `kinetaxis limit`"
                .into(),
        )),
    }
}

fn converge_in<const D: usize>(context: Context, wanted: Option<Wanted>) -> Result<(), CliError> {
    let e = &context.experiment;
    let most = || study::most_replicates::<D>(e, crate::memory::available());
    let wanted = wanted.map(|wanted| Wanted { most: most(), ..wanted });
    let wanted = wanted.as_ref();
    if let Some(wanted) = wanted {
        refuse_unknown::<D>(e, wanted)?;
    }
    let result = context.monitored(|m| study::converge::<D>(e, wanted, m))?;
    let model = Model::<D>::new(&result.last)?;
    let text = text(&context, &result);
    total(&result).warning().iter().for_each(|said| warn(said));
    if wanted.is_some_and(|wanted| result.replicates >= wanted.most) {
        warn(&format!("memory holds no more than {} replicates of domain.grid", result.replicates));
    }
    let summary = summary(&context, &result);
    context.deliver(&text, &summary, || write(&context, &model, &result))
}

/// All tables and the report.
fn write<const D: usize>(
    context: &Context,
    model: &Model<D>,
    result: &Convergence<D>,
) -> Result<(), CliError> {
    write_errors(context, "convergence", &result.main)?;
    write_orders(context, "orders", &result.main)?;
    for other in &result.others {
        let name = other.method.replace(' ', "_");
        write_errors(context, &format!("convergence_{name}"), other)?;
        write_orders(context, &format!("orders_{name}"), other)?;
    }
    if !result.checks.is_empty() {
        write_checks(context, &result.checks)?;
    }
    if !result.entropy.is_empty() {
        write_entropy(context, result)?;
    }
    if let Some(macroscopic) = &result.macroscopic {
        write_budget(context, result)?;
        write_limit(context, &model.spectral, std::slice::from_ref(&macroscopic.limit))?;
    }
    let (time, densities) = (context.experiment.time.end, result.finest.clone());
    let frame = [EnsembleFrame { time, densities, ..EnsembleFrame::default() }];
    let populations = names_of_populations(&context.experiment);
    write_field(context, model, "density.csv", &populations, &frame, |f| &f.densities)?;
    Ok(context.folder().write("report.html", &pages::converge_page(model, result))?)
}

/// A wanted precision of something that the sweep does not measure.
fn refuse_unknown<const D: usize>(e: &Experiment, wanted: &Wanted) -> Result<(), CliError> {
    let (known, p) = (study::available::<D>(e), &wanted.precision);
    if known.iter().any(|(quantity, norm)| *quantity == p.quantity && *norm == p.norm) {
        return Ok(());
    }
    let known: Vec<String> = known.iter().map(|(q, norm)| format!("{q}:{norm}")).collect();
    let wanted = format!("{}:{}", p.quantity, p.norm);
    Err(CliError::BadInput(format!(
        "--precision wants {wanted}, which this sweep does not measure. Choose from {}",
        known.join(", ")
    )))
}

fn write_errors(context: &Context, name: &str, sweep: &Sweep) -> Result<(), CliError> {
    let parameter = context.experiment.converge.parameter;
    let mut header = vec![parameter.word(), "quantity", "norm", "error", "std_error", "ci_low"];
    header.extend(["ci_high", "replicates"]);
    // In a sweep over the cells their number is in the first column.
    if parameter != Parameter::Cells {
        header.push("cells");
    }
    header.extend(["resolved", "from_below"]);
    let mut table = Table::create(&context.folder().file(&format!("{name}.csv")), &header)?;
    for row in &sweep.rows {
        let mut fields = vec![number(row.value), row.quantity.to_string(), row.norm.clone()];
        fields.extend(estimate(&row.error));
        fields.push(row.replicates.to_string());
        if parameter != Parameter::Cells {
            fields.push(row.cells.to_string());
        }
        fields.extend([row.resolved, row.from_below].map(|flag| flag.to_string()));
        table.row(&fields)?;
    }
    Ok(table.finish()?)
}

fn write_orders(context: &Context, name: &str, sweep: &Sweep) -> Result<(), CliError> {
    let mut header = vec!["quantity", "norm", "order", "ci_low", "ci_high", "points"];
    header.extend(["straightness", "verdict", "kind", "from", "to"]);
    let mut table = Table::create(&context.folder().file(&format!("{name}.csv")), &header)?;
    // The mean slopes come first.
    let (mean, rest): (Vec<_>, Vec<_>) =
        sweep.orders.iter().partition(|row| row.order.slope == Slope::Mean);
    for OrderRow { quantity, norm, order: fit } in mean.into_iter().chain(rest) {
        let mut fields = vec![quantity.to_string(), norm.clone()];
        fields.extend(match &fit.order {
            Some(o) => [o.value, o.low, o.high].map(number),
            None => [f64::NAN, f64::NEG_INFINITY, f64::INFINITY].map(number),
        });
        let straightness = fit.straightness.map_or(String::new(), number);
        fields.extend([fit.points.to_string(), straightness, fit.verdict.clone()]);
        let ends = match fit.slope {
            Slope::Local { from, to } => [from, to],
            _ => [f64::NAN; 2],
        };
        fields.push(fit.slope.kind().into());
        fields.extend(ends.map(number));
        table.row(&fields)?;
    }
    Ok(table.finish()?)
}

fn write_checks(context: &Context, checks: &[Check]) -> Result<(), CliError> {
    let parameter = context.experiment.converge.parameter.word();
    let header = [parameter, "quantity", "norm", "distance", "std_error", "ci_low", "ci_high"];
    let mut table = Table::create(&context.folder().file("cells_against_equation.csv"), &header)?;
    for check in checks {
        let mut fields = vec![number(check.value), check.quantity.to_string(), "L2".into()];
        fields.extend(estimate(&check.distance));
        table.row(&fields)?;
    }
    Ok(table.finish()?)
}

/// entropy.csv: H of the kinetic equation, and how far its balance is from closed.
fn write_entropy<const D: usize>(
    context: &Context,
    result: &Convergence<D>,
) -> Result<(), CliError> {
    let parameter = result.last.converge.parameter.word();
    let header = [parameter, "time", "entropy", "dissipated", "produced", "imbalance"];
    let mut table = Table::create(&context.folder().file("entropy.csv"), &header)?;
    for (value, lines) in &result.entropy {
        for e in lines {
            let imbalance = e.entropy + e.dissipated - e.produced - lines[0].entropy;
            let values = [*value, e.time, e.entropy, e.dissipated, e.produced, imbalance];
            table.row(&values.map(number))?;
        }
    }
    Ok(table.finish()?)
}

fn write_budget<const D: usize>(context: &Context, r: &Convergence<D>) -> Result<(), CliError> {
    let header = ["epsilon", "quantity", "norm", "component", "value", "ci_low", "ci_high"];
    let mut table = Table::create(&context.folder().file("budget.csv"), &header)?;
    for row in &r.budget {
        let v = &row.value;
        let [value, low, high] = [v.value, v.low, v.high].map(number);
        let quantity = row.quantity.name();
        let [norm, component] = [row.norm, row.component].map(String::from);
        table.row(&[number(row.epsilon), quantity, norm, component, value, low, high])?;
    }
    Ok(table.finish()?)
}

/// JSON has no infinity.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// All events of the sweep, without the budget's.
fn total<const D: usize>(r: &Convergence<D>) -> Tally {
    let mut total = Tally::default();
    r.tallies.iter().for_each(|(_, tally, _)| total += *tally);
    total
}

fn summary<const D: usize>(context: &Context, r: &Convergence<D>) -> serde_json::Value {
    let orders = |sweep: &Sweep| -> Vec<serde_json::Value> {
        let order = |OrderRow { quantity, norm, order: fit }: &OrderRow| {
            // null: no value, or no end on this side.
            let value = |of: fn(&Estimate) -> f64| fit.order.as_ref().map(of).and_then(finite);
            json!({
                "quantity": quantity.name(), "norm": norm, "kind": fit.slope.kind(),
                "slope": fit.slope.to_string(), "points": fit.points, "verdict": fit.verdict,
                "order": value(|o| o.value), "ci_low": value(|o| o.low), "ci_high": value(|o| o.high),
            })
        };
        sweep.orders.iter().map(order).collect()
    };
    let method = |sweep: &Sweep| json!({ "method": sweep.method, "seconds": sweep.seconds, "orders": orders(sweep) });
    let goal = r.goal.as_ref().map(|g| {
        json!({
            "wanted": g.wanted.name(), "half_width": g.wanted.half_width, "reached": g.reached,
            "by_cells": finite(g.by_cells), "replicates_by_cells_alone": finite(g.replicates),
            "seconds_by_cells_alone": finite(g.seconds),
        })
    });
    let parameter = context.experiment.converge.parameter;
    let refinement = r.macroscopic.as_ref().map(|m| &m.refinement);
    let runs: Vec<_> = (r.tallies.iter())
        .map(|(value, tally, seconds)| {
            let mut run = tally_json(tally, *seconds);
            run[parameter.word()] = json!(value);
            run
        })
        .collect();
    json!({
        "command": "converge", "parameter": parameter.word(), "seed": context.experiment.seed,
        "confidence": context.experiment.ensemble.confidence,
        "method": r.main.method, "orders": orders(&r.main), "seconds_of_method": r.main.seconds,
        "other_methods": r.others.iter().map(method).collect::<Vec<_>>(), "precision": goal,
        "replicates": r.replicates, "runs": runs,
        "limit_error_time_L2": refinement.map(|r| r.time),
        "limit_error_grid_L2": refinement.map(|r| r.grid),
        "limit_order_time": refinement.and_then(|r| r.order),
        "limit_norm_L2": refinement.map(|r| r.norm),
        "seconds": context.seconds(),
    })
}
