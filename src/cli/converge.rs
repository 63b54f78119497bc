//! `kinetaxis converge EXPERIMENT`

use super::context::Context;
use super::ensemble::write_field;
use super::error::CliError;
use super::limit::write_limit;
use super::run::{negative_warning, tally_json};
use super::tables::{aligned, print};
use super::{Job, with_dimension};
use crate::experiment::Experiment;
use crate::model::Model;
use crate::motion::{Method, Tally};
use crate::output::{Table, estimate, number};
use crate::pages;
use crate::study::{self, Convergence, EnsembleFrame, Order};
use serde_json::json;

/// The sweep in ε.
pub fn converge(job: &Job) -> Result<(), CliError> {
    let context = Context::open(job, "converge")?;
    refuse_bias(&context.experiment)?;
    with_dimension!(context.experiment.dimension, D => converge_in::<D>(context))
}

/// Refuses flights that are biased where the effect is looked for.
fn refuse_bias(e: &Experiment) -> Result<(), CliError> {
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

fn converge_in<const D: usize>(context: Context) -> Result<(), CliError> {
    let e = &context.experiment;
    let model = Model::<D>::new(e)?;
    let mut result = context.monitored(|m| study::converge::<D>(e, m))?;
    write_errors(&context, &result)?;
    write_orders(&context, &result)?;
    write_budget(&context, &result)?;
    write_limit(&context, &model.spectral, std::slice::from_ref(&result.limit))?;
    let density = std::mem::take(&mut result.finest);
    let frame = EnsembleFrame { time: e.time.end, density, ..EnsembleFrame::default() };
    write_field(&context, &model, "density.csv", "cells", std::slice::from_ref(&frame), |f| {
        &f.density
    })?;
    result.finest = frame.density;
    context.folder().write("report.html", &pages::converge_page(e, &model, &result))?;
    if !context.quiet {
        print(&text(&context, &result));
    }
    let summary = summary(&context, &result);
    context.publish(&summary)
}

fn write_errors<const D: usize>(context: &Context, r: &Convergence<D>) -> Result<(), CliError> {
    let header = [
        "epsilon",
        "quantity",
        "norm",
        "error",
        "std_error",
        "ci_low",
        "ci_high",
        "replicates",
        "cells",
        "resolved",
    ];
    let mut table = Table::create(&context.folder().file("convergence.csv"), &header)?;
    for row in &r.rows {
        let mut fields = vec![number(row.epsilon), row.quantity.into(), row.norm.clone()];
        fields.extend(estimate(&row.error));
        let (replicates, cells) = (row.replicates.to_string(), row.cells.to_string());
        fields.extend([replicates, cells, row.resolved.to_string()]);
        table.row(&fields)?;
    }
    Ok(table.finish()?)
}

fn write_orders<const D: usize>(context: &Context, r: &Convergence<D>) -> Result<(), CliError> {
    let header =
        ["quantity", "norm", "order", "ci_low", "ci_high", "points", "straightness", "verdict"];
    let mut table = Table::create(&context.folder().file("orders.csv"), &header)?;
    for (quantity, norm, fit) in &r.orders {
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

fn write_budget<const D: usize>(context: &Context, r: &Convergence<D>) -> Result<(), CliError> {
    let header = ["epsilon", "quantity", "norm", "component", "value", "ci_low", "ci_high"];
    let mut table = Table::create(&context.folder().file("budget.csv"), &header)?;
    for row in &r.budget {
        let v = &row.value;
        let [value, low, high] = [v.value, v.low, v.high].map(number);
        let [quantity, norm, component] = [row.quantity, row.norm, row.component].map(String::from);
        table.row(&[number(row.epsilon), quantity, norm, component, value, low, high])?;
    }
    Ok(table.finish()?)
}

/// The fitted order in one line.
fn order_line(quantity: &str, norm: &str, fit: &Order) -> Vec<String> {
    let order = fit.order.as_ref().map_or("–".to_string(), |o| format!("{:.3}", o.value));
    let interval =
        fit.order.as_ref().map_or(String::new(), |o| format!("[{:.3}, {:.3}]", o.low, o.high));
    vec![format!("{quantity} {norm}"), order, interval, fit.verdict.clone()]
}

fn text<const D: usize>(context: &Context, r: &Convergence<D>) -> String {
    let level = format!("{}% interval", 100.0 * context.experiment.ensemble.confidence);
    let mut rows = vec![vec!["error".into(), "epsilon".into(), "value".into(), level.clone()]];
    let shown = |quantity: &str, norm: &str| quantity == "rho" || norm == "L2";
    for row in r.rows.iter().filter(|row| shown(row.quantity, &row.norm)) {
        let e = &row.error;
        let value =
            if row.resolved { format!("{:.4e}", e.value) } else { "not resolved".to_string() };
        rows.push(vec![
            format!("{} {}", row.quantity, row.norm),
            format!("{:.4}", row.epsilon),
            value,
            format!("[{:.4e}, {:.4e}]", e.low, e.high),
        ]);
    }
    let mut orders = vec![vec!["order in epsilon".into(), "value".into(), level, "verdict".into()]];
    let fitted = r.orders.iter().filter(|(q, n, _)| shown(q, n));
    orders.extend(fitted.map(|(q, n, fit)| order_line(q, n, fit)));
    let mut text = aligned(&rows) + "\n" + &aligned(&orders);
    let total = total(r);
    if total.negative > 0 {
        text += &negative_warning(&total);
    }
    text + &format!(
        "more norms and quantities in convergence.csv, orders.csv and report.html; computed in {:.0} s\n",
        context.seconds()
    )
}

/// All events of the sweep, without the budget's.
fn total<const D: usize>(r: &Convergence<D>) -> Tally {
    let mut total = Tally::default();
    r.tallies.iter().for_each(|(_, tally, _)| total += *tally);
    total
}

fn summary<const D: usize>(context: &Context, r: &Convergence<D>) -> serde_json::Value {
    let orders: Vec<_> = (r.orders.iter())
        .map(|(quantity, norm, fit)| {
            json!({
                "quantity": quantity, "norm": norm, "points": fit.points, "verdict": fit.verdict,
                "order": fit.order.map(|o| o.value),
                "ci_low": fit.order.map(|o| o.low), "ci_high": fit.order.map(|o| o.high),
            })
        })
        .collect();
    let runs: Vec<_> = (r.tallies.iter())
        .map(|(epsilon, tally, seconds)| {
            let mut run = tally_json(tally, *seconds);
            run["epsilon"] = json!(epsilon);
            run
        })
        .collect();
    json!({
        "command": "converge", "seed": context.experiment.seed,
        "confidence": context.experiment.ensemble.confidence,
        "orders": orders, "runs": runs,
        "limit_error_time_L2": r.refinement.time, "limit_error_grid_L2": r.refinement.grid,
        "limit_order_time": r.refinement.order, "limit_norm_L2": r.refinement.norm,
        "seconds": context.seconds(),
    })
}
