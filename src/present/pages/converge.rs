//! The report of `converge`.

use super::fields::{Course, Field, LARGEST_PANEL, at};
use super::labels::{Quantity, axis_label};
use super::{density_of, mean, own_error, page, warned};
use crate::experiment::Parameter;
use crate::model::Model;
use crate::motion::Tally;
use crate::report::{Bars, Curve, Page, Picture, Plot, Scale, Series, Table, compact, interval};
use crate::study::statistics::Estimate;
use crate::study::{
    Check, Convergence, Effect, Observed, OrderRow, REMEDY, Slope, Sweep, What, beside_effect,
};

/// Report of `converge`; `m` is the model at the finest value.
pub fn converge_page<const D: usize>(m: &Model<D>, r: &Convergence<D>) -> String {
    let e = &r.last;
    let parameter = e.converge.parameter;
    let name = format!("cells, {} = {}", parameter.symbol(), compact(parameter.value(e)));
    let other = match parameter {
        Parameter::Epsilon => "limit ε → 0".to_string(),
        p => p.compared_with().to_string(),
    };
    let mut tally = Tally::default();
    r.tallies.iter().for_each(|(_, one, _)| tally += *one);
    let mut page = warned(page(e, "converge"), &tally).paragraph(&format!(
        "Distance between the kinetic model and {} at t = {}. By cells: {} replicates at each {}; \
         bars are {}% intervals, and a hollow marker with an arrow is an upper bound, because its \
         interval reaches zero. L¹ and L^∞ by cells are seen from below (≥): the marker is what they are at \
         least on average, and the bar ends where they are at most.",
        match parameter {
            Parameter::Epsilon => "its drift–diffusion limit".to_string(),
            p => format!("the same with {}, at each {},", p.compared_with(), p.symbol()),
        },
        compact(e.time.end),
        r.replicates,
        parameter.symbol(),
        100.0 * e.ensemble.confidence
    ));
    let methods = || std::iter::once(&r.main).chain(&r.others);
    if methods().any(|sweep| sweep.method == "kinetic equation") {
        page = page.paragraph(
            "By the kinetic equation: solved on grid and discrete ordinates, without noise; bars \
             are its numerical error.",
        );
    }
    if methods().any(|sweep| sweep.method == "limit") {
        page = page.paragraph("By the limit: the macroscopic equation with either signal.");
    }
    for sweep in methods() {
        page = order_section(page, sweep, parameter);
    }
    if !r.checks.is_empty() {
        let table = checks(&r.checks, parameter);
        page = page.section("Cells against the kinetic equation").table(&table);
    }
    page = page.section("Density beside what it is compared with");
    for (population, (finest, values)) in
        e.populations.iter().zip(r.finest.iter().zip(&r.finest_other))
    {
        let fields = vec![mean::<D>(e, &name, finest), Field::plain(&other, &values[..])];
        let course = Course {
            title: density_of(e, population),
            quantity: Quantity::Density(population),
            scenes: vec![(e.time.end, fields)],
        };
        page = page.figure(
            &course.picture(e, m.grid()),
            &at(e.time.end, "Both densities, seen through K_h,"),
        );
    }
    if parameter == Parameter::Epsilon {
        page = page.paragraph(
            "A sweep keeps fields of the final time alone: kinetaxis ensemble and kinetaxis limit on the same \
             experiment show them at every output time.",
        );
    }
    if !r.entropy.is_empty() {
        page = page.section("Entropy of the kinetic equation").figure(
            &entropy(r),
            "½∫∫f²/F dv dx, and with what was dissipated added and what the signal produced taken \
             off, which stays (CMPS Lemma 2).",
        );
    }
    if let Some(macroscopic) = &r.macroscopic {
        page = budget_section(page.paragraph(&own_error(&macroscopic.refinement)), r);
    }
    page.section("All distances").table(&distances(&r.main, parameter)).to_html()
}

/// What each distance to the limit is made of, beside the distance.
fn budget_section<const D: usize>(page: Page, r: &Convergence<D>) -> Page {
    let mut page = page.section("Budget");
    if r.budget.is_empty() {
        return page.paragraph(
            "No budget was measured. Set converge.budget_replicates to split each distance into \
             Monte Carlo noise, ε, grid, time step, bandwidth and finite N.",
        );
    }
    let lines = beside_effect(&r.budget, &r.main);
    let warnings: Vec<String> = lines.iter().filter_map(Effect::warning).collect();
    if !warnings.is_empty() {
        page = page.paragraph(&format!("{} {REMEDY}", warnings.join(" ")));
    }
    page = page.table(&effects(&lines));
    for quantity in
        [What::Density, What::Signal].into_iter().flat_map(|w| Observed::all(&r.last, w))
    {
        if r.budget.iter().any(|row| row.quantity == quantity) {
            let text = format!("What the L² distance of {quantity} is made of, at each ε.");
            page = page.figure(&budget(r, quantity), &text);
        }
    }
    page
}

/// The parts of each distance beside it.
fn effects(lines: &[Effect]) -> Table {
    let mut table = Table::new("Parts of the L² distance by cells beside the effect of ε")
        .words("quantity")
        .numbers("ε")
        .numbers("effect");
    for (part, _) in lines.first().map_or(&[][..], |line| &line.parts) {
        table = table.numbers(part);
    }
    for line in lines {
        let head = [line.quantity.to_string(), compact(line.epsilon), compact(line.effect)];
        let parts = line.parts.iter().map(|(_, part)| match part.low > 0.0 {
            true => compact(part.value),
            false => format!("< {}", compact(part.high)),
        });
        table = table.row(head.into_iter().chain(parts));
    }
    table
}

/// Errors and orders by one method.
fn order_section(page: Page, sweep: &Sweep, parameter: Parameter) -> Page {
    let x = abscissa(parameter);
    let mut page = page
        .section(&format!("Order in {x}, by {}", sweep.method))
        .figure(
            &errors(sweep, parameter, |q, norm| q.what == What::Density && !is_weak(norm)),
            &format!("Distance of the densities against {x}."),
        )
        .figure(
            &errors(sweep, parameter, |q, norm| q.what != What::Density && norm == "L2"),
            &format!("Distances of S, ∇S, J and the norm of r_ε against {x}, in L²."),
        );
    let has_weak = |row: &OrderRow| {
        row.quantity.what == What::Density && is_weak(&row.norm) && row.order.order.is_some()
    };
    if sweep.orders.iter().any(has_weak) {
        let weak = errors(sweep, parameter, |q, norm| q.what == What::Density && is_weak(norm));
        page = page.figure(&weak, &format!("Weak errors of the density against {x}."));
    }
    page.table(&orders(sweep))
}

/// What errors are drawn against.
fn abscissa(parameter: Parameter) -> String {
    match parameter {
        Parameter::Cells | Parameter::Grid => format!("1/{}", parameter.symbol()),
        _ => parameter.symbol().to_string(),
    }
}

fn checks(checks: &[Check], parameter: Parameter) -> Table {
    let mut table = Table::new("L² distance of the mean of the cells from the kinetic equation")
        .words("quantity")
        .numbers(parameter.symbol())
        .numbers("distance")
        .numbers("interval");
    for check in checks {
        let d = &check.distance;
        let value = if d.low > 0.0 { compact(d.value) } else { "not resolved".into() };
        let interval = format!("[{}, {}]", compact(d.low), compact(d.high));
        table = table.row([check.quantity.to_string(), compact(check.value), value, interval]);
    }
    table
}

/// Entropy against time, and its balance, at each value.
fn entropy<const D: usize>(r: &Convergence<D>) -> Picture {
    let mut plot = Plot::new("Entropy")
        .x(&axis_label(Quantity::Time, &r.last), Scale::Linear)
        .y(&axis_label(Quantity::Entropy, &r.last), Scale::Linear);
    let symbol = r.last.converge.parameter.symbol();
    for (value, lines) in &r.entropy {
        let value = compact(*value);
        let mut own = Series::line(&format!("{symbol} = {value}"));
        let mut balance = Series::line(&format!("balance, {symbol} = {value}"));
        for e in lines.iter().step_by(lines.len().div_ceil(LARGEST_PANEL)) {
            own = own.point(e.time, e.entropy);
            balance = balance.point(e.time, e.entropy + e.dissipated - e.produced);
        }
        plot = plot.series(own).series(balance);
    }
    plot.picture()
}

/// Whether a norm is the pairing with a test function.
fn is_weak(norm: &str) -> bool {
    norm.starts_with("weak")
}

/// Errors against the parameter, of the wanted (quantity, norm).
fn errors(sweep: &Sweep, parameter: Parameter, wanted: impl Fn(Observed, &str) -> bool) -> Picture {
    let title = match parameter {
        Parameter::Epsilon => "Distance to the limit".to_string(),
        p => format!("Distance to {}", p.compared_with()),
    };
    let mut plot = Plot::new(&title).x(&abscissa(parameter), Scale::Log).y("error", Scale::Log);
    let mean = |row: &&OrderRow| row.order.slope == Slope::Mean && wanted(row.quantity, &row.norm);
    for OrderRow { quantity, norm, order: fit } in sweep.orders.iter().filter(mean) {
        let below = sweep.errors(*quantity, norm).any(|row| row.from_below);
        let mut series = Series::markers(&format!(
            "{quantity} {norm}{}",
            if below { ", from below" } else { "" }
        ));
        for row in sweep.errors(*quantity, norm) {
            // A weak error may be negative throughout: what is fitted is its size.
            let (low, high) = match row.error.value < 0.0 {
                true => (-row.error.high, -row.error.low),
                false => (row.error.low, row.error.high),
            };
            series = series.interval(parameter.scale(row.value), row.error.value.abs(), low, high);
        }
        if let Some(order) = fit.order.filter(|order| order.value.is_finite()) {
            let label = format!("order {:.2} {}", order.value, shown_interval(&order));
            let factor = fit.intercept.exp();
            series = series.fit(&label, Curve::Power { factor, exponent: order.value });
        }
        plot = plot.series(series);
    }
    plot.picture()
}

fn shown_interval(order: &Estimate) -> String {
    interval(order.low, order.high, |p| format!("{p:.2}"))
}

fn orders(sweep: &Sweep) -> Table {
    let mut table = Table::new("Orders: slopes of log error")
        .words("quantity")
        .words("norm")
        .words("slope")
        .numbers("order")
        .numbers("interval")
        .words("verdict");
    for OrderRow { quantity, norm, order: fit } in &sweep.orders {
        let value = fit.order.filter(|o| o.value.is_finite());
        let value = value.map_or("–".into(), |o| format!("{:.3}", o.value));
        let interval =
            fit.order.map_or("–".into(), |o| interval(o.low, o.high, |p| format!("{p:.3}")));
        let verdict = if fit.slope == Slope::Mean { &fit.verdict } else { "" };
        let words = [quantity.to_string(), norm.clone(), fit.slope.to_string()];
        table = table.row(words.into_iter().chain([value, interval, verdict.to_string()]));
    }
    table
}

fn distances(sweep: &Sweep, parameter: Parameter) -> Table {
    let mut table = Table::new("Distances")
        .words("quantity")
        .words("norm")
        .numbers(parameter.symbol())
        .numbers("error")
        .numbers("interval");
    for row in &sweep.rows {
        let value = match (row.resolved, row.from_below) {
            (false, _) => "not resolved".into(),
            (true, false) => compact(row.error.value),
            (true, true) => format!("≥ {}", compact(row.error.value)),
        };
        let interval = format!("[{}, {}]", compact(row.error.low), compact(row.error.high));
        let (quantity, norm) = (row.quantity.to_string(), row.norm.clone());
        table = table.row([quantity, norm, compact(row.value), value, interval]);
    }
    table
}

fn budget<const D: usize>(r: &Convergence<D>, quantity: Observed) -> Picture {
    let mut bars = Bars::new(&format!("Budget of {quantity}"), "L² contribution");
    let mut epsilons: Vec<f64> = r.budget.iter().map(|row| row.epsilon).collect();
    epsilons.dedup();
    for row in r.budget.iter().filter(|row| row.quantity == quantity) {
        let group = epsilons.iter().position(|e| *e == row.epsilon).unwrap_or(0);
        let label = match row.component {
            "epsilon" => format!("effect of ε = {}", compact(row.epsilon)),
            other => format!("{other}, ε = {}", compact(row.epsilon)),
        };
        bars = bars.grouped(&label, group, row.value.value, row.value.low, row.value.high);
    }
    bars.picture()
}
