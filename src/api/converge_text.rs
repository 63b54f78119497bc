//! What `kinetaxis converge` prints.

use crate::experiment::{Experiment, Parameter};
use crate::report::{compact, interval};
use crate::study::{
    Check, Convergence, Effect, Goal, Observed, OrderRow, REMEDY, Slope, Sweep, What, beside_effect,
};
use crate::text::aligned;

/// A slope in one line.
fn order_line(row: &OrderRow) -> Vec<String> {
    let fit = &row.order;
    let value = fit.order.filter(|o| o.value.is_finite());
    let value = value.map_or("–".to_string(), |o| format!("{:.3}", o.value));
    let range = fit.order.map_or(String::new(), |o| interval(o.low, o.high, |p| format!("{p:.3}")));
    let name = match fit.slope {
        Slope::Mean => format!("{} {}", row.quantity, row.norm),
        _ => "  extrapolated to 0".into(),
    };
    vec![name, value, range, fit.verdict.clone()]
}

/// What else there is in a distance by cells, beside the effect of ε.
fn budget_table(effects: &[Effect]) -> String {
    let Some(first) = effects.first() else { return String::new() };
    let mut header = vec!["budget, L2".to_string(), "epsilon".into(), "effect".into()];
    header.extend(first.parts.iter().map(|(name, _)| name.to_string()));
    let mut rows = vec![header];
    for line in effects {
        let mut row = vec![
            line.quantity.to_string(),
            format!("{:.4}", line.epsilon),
            format!("{:.2e}", line.effect),
        ];
        row.extend(line.parts.iter().map(|(_, part)| match part.low > 0.0 {
            true => format!("{:.2e}", part.value),
            false => format!("< {:.2e}", part.high),
        }));
        rows.push(row);
    }
    let mut warnings: Vec<String> = effects.iter().filter_map(Effect::warning).collect();
    if !warnings.is_empty() {
        warnings.push(REMEDY.into());
    }
    let warnings: String = warnings.into_iter().map(|warning| warning + "\n").collect();
    format!("\n{}{warnings}", aligned(&rows))
}

/// What `converge` prints.
pub(super) fn text<const D: usize>(e: &Experiment, r: &Convergence<D>, seconds: f64) -> String {
    let level = format!("{}% interval", 100.0 * e.ensemble.confidence);
    let main = |quantity: Observed, norm: &str| quantity.what == What::Density || norm == "L2";
    let parameter = e.converge.parameter;
    let mut text = match parameter {
        Parameter::Epsilon => String::new(),
        p => {
            let order = p.order(e);
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
    text += &budget_table(&beside_effect(&r.budget, &r.main));
    if let Some(goal) = &r.goal {
        text += &format!("\n{}", goal_text(goal, r));
    }
    text + &format!(
        "more norms and quantities in convergence.csv, orders.csv and report.html; computed in {seconds:.0} s\n"
    )
}

/// The distances and orders of one method, in the norms that are shown.
fn tables(
    sweep: &Sweep,
    parameter: Parameter,
    level: &str,
    shown: impl Fn(Observed, &str) -> bool,
) -> String {
    let level = if sweep.has_noise() { level } else { "numerical error" };
    let header = [&format!("error by {}", sweep.method), parameter.word(), "value", level];
    let mut rows = vec![header.map(String::from).to_vec()];
    for row in sweep.rows.iter().filter(|row| shown(row.quantity, &row.norm)) {
        let e = &row.error;
        let value = match (row.resolved, row.from_below) {
            (false, _) => "not resolved".to_string(),
            (true, false) => format!("{:.4e}", e.value),
            (true, true) => format!(">= {:.4e}", e.value),
        };
        rows.push(vec![
            format!("{} {}", row.quantity, row.norm),
            value_of(parameter, row.value),
            value,
            format!("[{:.4e}, {:.4e}]", e.low, e.high),
        ]);
    }
    let header = [&format!("order by {}", sweep.method), "mean slope", level, "verdict"];
    let mut orders = vec![header.map(String::from).to_vec()];
    // The local slopes are summed up in the verdict.
    let told = |row: &&OrderRow| {
        shown(row.quantity, &row.norm) && !matches!(row.order.slope, Slope::Local { .. })
    };
    orders.extend(sweep.orders.iter().filter(told).map(order_line));
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
