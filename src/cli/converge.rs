//! `kinetaxis converge EXPERIMENT`

use super::context::Context;
use super::ensemble::write_field;
use super::error::CliError;
use super::limit::write_limit;
use super::run::{negative_warning, tally_json};
use super::tables::{aligned, print};
use super::{Job, with_dimension};
use crate::experiment::{Experiment, Mobility, Parameter};
use crate::model::Model;
use crate::motion::{Method, Tally};
use crate::output::{Table, estimate, number};
use crate::pages;
use crate::report::compact;
use crate::study::{self, Check, Convergence, EnsembleFrame, Goal, Observed, Order, Sweep, Wanted};
use serde_json::json;

/// The sweep.
pub fn converge(job: &Job, wanted: Option<Wanted>) -> Result<(), CliError> {
    let context = Context::open(job, "converge")?;
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
    let wanted = wanted.as_ref();
    if let Some(wanted) = wanted {
        refuse_unknown::<D>(e, wanted)?;
    }
    let mut result = context.monitored(|m| study::converge::<D>(e, wanted, m))?;
    let model = Model::<D>::new(&result.last)?;
    write_errors(&context, "convergence", &result.main)?;
    write_orders(&context, "orders", &result.main)?;
    for other in &result.others {
        let name = other.method.replace(' ', "_");
        write_errors(&context, &format!("convergence_{name}"), other)?;
        write_orders(&context, &format!("orders_{name}"), other)?;
    }
    if !result.checks.is_empty() {
        write_checks(&context, &result.checks)?;
    }
    if !result.entropy.is_empty() {
        write_entropy(&context, &result)?;
    }
    if let Some(macroscopic) = &result.macroscopic {
        write_budget(&context, &result)?;
        write_limit(&context, &model.spectral, std::slice::from_ref(&macroscopic.limit))?;
    }
    let density = std::mem::take(&mut result.finest);
    let frame = EnsembleFrame { time: e.time.end, density, ..EnsembleFrame::default() };
    write_field(&context, &model, "density.csv", "cells", std::slice::from_ref(&frame), |f| {
        &f.density
    })?;
    result.finest = frame.density;
    context.folder().write("report.html", &pages::converge_page(&model, &result))?;
    if !context.quiet {
        print(&text(&context, &result));
    }
    let summary = summary(&context, &result);
    context.publish(&summary)
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
    header.push("resolved");
    let mut table = Table::create(&context.folder().file(&format!("{name}.csv")), &header)?;
    for row in &sweep.rows {
        let mut fields = vec![number(row.value), row.quantity.to_string(), row.norm.clone()];
        fields.extend(estimate(&row.error));
        fields.push(row.replicates.to_string());
        if parameter != Parameter::Cells {
            fields.push(row.cells.to_string());
        }
        fields.push(row.resolved.to_string());
        table.row(&fields)?;
    }
    Ok(table.finish()?)
}

fn write_orders(context: &Context, name: &str, sweep: &Sweep) -> Result<(), CliError> {
    let header =
        ["quantity", "norm", "order", "ci_low", "ci_high", "points", "straightness", "verdict"];
    let mut table = Table::create(&context.folder().file(&format!("{name}.csv")), &header)?;
    for (quantity, norm, fit) in &sweep.orders {
        let mut fields = vec![quantity.to_string(), norm.clone()];
        fields.extend(match &fit.order {
            Some(o) => [o.value, o.low, o.high].map(number),
            None => [const { String::new() }; 3],
        });
        let straightness = fit.straightness.map_or(String::new(), number);
        fields.extend([fit.points.to_string(), straightness, fit.verdict.clone()]);
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
        let [quantity, norm, component] =
            [row.quantity.name(), row.norm, row.component].map(String::from);
        table.row(&[number(row.epsilon), quantity, norm, component, value, low, high])?;
    }
    Ok(table.finish()?)
}

/// The fitted order in one line.
fn order_line(quantity: Observed, norm: &str, fit: &Order) -> Vec<String> {
    let order = fit.order.as_ref().map_or("–".to_string(), |o| format!("{:.3}", o.value));
    let interval =
        fit.order.as_ref().map_or(String::new(), |o| format!("[{:.3}, {:.3}]", o.low, o.high));
    vec![format!("{quantity} {norm}"), order, interval, fit.verdict.clone()]
}

fn text<const D: usize>(context: &Context, r: &Convergence<D>) -> String {
    let level = format!("{}% interval", 100.0 * context.experiment.ensemble.confidence);
    let main = |quantity: Observed, norm: &str| quantity == Observed::Density || norm == "L2";
    let parameter = context.experiment.converge.parameter;
    let mut text = match parameter {
        Parameter::Epsilon => String::new(),
        p => {
            let order = p.order(&context.experiment);
            format!("compared with {}; expected order {order}\n\n", p.compared_with())
        }
    };
    text += &tables(&r.main, parameter, &level, main);
    for other in &r.others {
        text += &format!("\n{}", tables(other, parameter, &level, |_, norm| norm == "L2"));
    }
    if !r.checks.is_empty() {
        text += &format!("\n{}", check_table(&r.checks, parameter, &level));
    }
    if let Some(goal) = &r.goal {
        text += &format!("\n{}", goal_text(goal, r));
    }
    let total = total(r);
    if total.negative > 0 {
        text += &negative_warning(&total);
    }
    text + &format!(
        "more norms and quantities in convergence.csv, orders.csv and report.html; computed in {:.0} s\n",
        context.seconds()
    )
}

/// The distances and orders of one method, in the norms that are shown.
fn tables(
    sweep: &Sweep,
    parameter: Parameter,
    level: &str,
    shown: impl Fn(Observed, &str) -> bool,
) -> String {
    let level = if sweep.method == "cells" { level } else { "numerical error" };
    let header = [&format!("error by {}", sweep.method), parameter.word(), "value", level];
    let mut rows = vec![header.map(String::from).to_vec()];
    for row in sweep.rows.iter().filter(|row| shown(row.quantity, &row.norm)) {
        let e = &row.error;
        let value =
            if row.resolved { format!("{:.4e}", e.value) } else { "not resolved".to_string() };
        rows.push(vec![
            format!("{} {}", row.quantity, row.norm),
            value_of(parameter, row.value),
            value,
            format!("[{:.4e}, {:.4e}]", e.low, e.high),
        ]);
    }
    let header = [&format!("order by {}", sweep.method), "value", level, "verdict"];
    let mut orders = vec![header.map(String::from).to_vec()];
    let fitted = sweep.orders.iter().filter(|(q, n, _)| shown(*q, n));
    orders.extend(fitted.map(|(q, n, fit)| order_line(*q, n, fit)));
    aligned(&rows) + "\n" + &aligned(&orders)
}

/// A value of the parameter.
fn value_of(parameter: Parameter, value: f64) -> String {
    match parameter {
        Parameter::Epsilon => format!("{value:.4}"),
        Parameter::Cells | Parameter::Grid => value.to_string(),
        _ => compact(value),
    }
}

fn check_table(checks: &[Check], parameter: Parameter, level: &str) -> String {
    let header = ["cells against equation", parameter.word(), "L2 distance", level];
    let mut rows = vec![header.map(String::from).to_vec()];
    for check in checks {
        let d = &check.distance;
        let value =
            if d.low > 0.0 { format!("{:.4e}", d.value) } else { "not resolved".to_string() };
        let interval = format!("[{:.4e}, {:.4e}]", d.low, d.high);
        rows.push(vec![
            check.quantity.to_string(),
            value_of(parameter, check.value),
            value,
            interval,
        ]);
    }
    aligned(&rows)
}

/// What became of the wanted precision.
fn goal_text<const D: usize>(goal: &Goal, r: &Convergence<D>) -> String {
    let (what, width) = (goal.wanted.name(), goal.wanted.half_width);
    let mut text = match goal.reached <= width {
        true => format!(
            "{what}: known to ±{:.2e} (wanted: {width}) by {} in {:.1} s.\n",
            goal.reached, r.main.method, r.main.seconds
        ),
        false => format!("{what}: known to ±{:.2e} only (wanted: {width}).\n", goal.reached),
    };
    if goal.by_cells > width {
        text += &match goal.replicates.is_finite() {
            true => format!(
                "Cells alone: ±{:.2e} with {} replicates; ±{width} would take about {} of them and \
                 {:.0} s (--within).\n",
                goal.by_cells, r.replicates, goal.replicates, goal.seconds
            ),
            false => format!(
                "Cells alone: nothing is resolved with {} replicates; give more cells, a larger \
                 epsilon, or more time (--within).\n",
                r.replicates
            ),
        };
        if r.others.is_empty() {
            text += "converge.noise_free = true solves the kinetic equation on the grid as well.\n";
        }
    }
    text
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
        let order = |(quantity, norm, fit): &(Observed, String, Order)| {
            json!({
                "quantity": quantity.name(), "norm": norm, "points": fit.points, "verdict": fit.verdict,
                "order": fit.order.map(|o| o.value),
                "ci_low": fit.order.map(|o| o.low), "ci_high": fit.order.map(|o| o.high),
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
