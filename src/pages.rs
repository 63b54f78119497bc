//! The report of each command: what was computed, as pictures and tables on one page.

use crate::experiment::{Experiment, Parameter};
use crate::grid::Grid;
use crate::model::Model;
use crate::observe::names;
use crate::report::{Bars, Curve, Heatmap, Page, Panel, Plot, Scale, Series, Table, compact};
use crate::spectral::Spectral;
use crate::study::{
    Check, Convergence, Ensemble, LimitFields, Observed, Order, Refinement, RunRecord, Sweep,
};
use std::ops::Range;

/// Most nodes along an axis of a map; a larger field is thinned.
const LARGEST_PANEL: usize = 256;

fn page(e: &Experiment, command: &str) -> Page {
    let title = if e.title.is_empty() { format!("kinetaxis {command}") } else { e.title.clone() };
    Page::new(&title)
}

/// Report of `run`.
pub fn run_page<const D: usize>(e: &Experiment, m: &Model<D>, r: &RunRecord<D>) -> String {
    let last = r.snapshots.last().expect("the final time is an output");
    let mut table = Table::new("Observables").words("observable");
    for s in &r.snapshots {
        table = table.numbers(&format!("t = {}", compact(s.time)));
    }
    for (i, name) in names(m).iter().enumerate() {
        let values = r.snapshots.iter().map(|s| compact(s.observables[i]));
        table = table.row(std::iter::once(name.clone()).chain(values));
    }
    let density = Field { name: "cells", values: &last.density, interval: None };
    let signal = Field { name: "signal", values: &last.signal, interval: None };
    let mut page = page(e, "run")
        .paragraph(&format!("One realisation, seed {}, ε = {}.", e.seed, e.epsilon))
        .figure(
            &picture(m.grid(), "Density ρ", &[density]),
            &at(last.time, "Density of the cells"),
        );
    if let Some(adaptive) = &last.adaptive {
        let fields = logarithms(&last.density, adaptive);
        let [fixed, adaptive] = fields.each_ref().map(Vec::as_slice);
        let fields = [
            Field { name: "fixed bandwidth", values: fixed, interval: None },
            Field { name: "adaptive", values: adaptive, interval: None },
        ];
        let text = format!(
            "Logarithm of the density, with the fixed bandwidth and with that of the {}-th neighbour, \
             no more than 8 decades below the peak,",
            e.output.knn
        );
        page = page.figure(&picture(m.grid(), "log10 ρ", &fields), &at(last.time, &text));
    }
    page.figure(&picture(m.grid(), "Signal S", &[signal]), &at(last.time, "Signal"))
        .table(&table)
        .to_html()
}

/// log10 of two densities, from 8 decades below the higher peak.
fn logarithms(fixed: &[f64], adaptive: &[f64]) -> [Vec<f64>; 2] {
    let peak = fixed.iter().chain(adaptive).copied().fold(f64::MIN_POSITIVE, f64::max);
    [fixed, adaptive].map(|rho| rho.iter().map(|r| r.max(1e-8 * peak).log10()).collect())
}

/// Report of `ensemble`.
pub fn ensemble_page<const D: usize>(e: &Experiment, m: &Model<D>, r: &Ensemble<D>) -> String {
    let last = r.frames.last().expect("the final time is an output");
    let mut table = Table::new("Observables at the final time")
        .words("observable")
        .numbers("mean")
        .numbers("std. error")
        .numbers("interval");
    for (i, name) in names(m).iter().enumerate() {
        let o = last.observables.estimate(i, e.ensemble.confidence);
        let interval = format!("[{}, {}]", compact(o.low), compact(o.high));
        table = table.row([name.clone(), compact(o.value), compact(o.std_error), interval]);
    }
    let interval: Vec<[f64; 2]> = (0..m.grid().len())
        .map(|i| last.density.estimate(i, e.ensemble.confidence))
        .map(|d| [d.low, d.high])
        .collect();
    let density = Field {
        name: "mean of the cells",
        values: last.density.means(),
        interval: Some(&interval),
    };
    page(e, "ensemble")
        .paragraph(&format!(
            "{} independent replicates of {} cells, ε = {}, seed {}. Intervals are {}% Student \
             intervals of the mean.",
            last.observables.count(),
            e.cells.count,
            e.epsilon,
            e.seed,
            100.0 * e.ensemble.confidence
        ))
        .figure(&picture(m.grid(), "Density ρ", &[density]), &at(last.time, "Mean density"))
        .table(&table)
        .to_html()
}

/// Report of `limit`.
pub fn limit_page<const D: usize>(
    e: &Experiment,
    s: &Spectral<D>,
    fields: &[LimitFields<D>],
    refinement: Option<&Refinement>,
    summary: &str,
) -> String {
    let last = fields.last().expect("the final time is an output");
    let (density, signal) = (s.inverse(&last.density), s.inverse(&last.signal));
    let one = |values| [Field { name: "limit", values, interval: None }];
    let mut page = page(e, "limit");
    for line in summary.lines() {
        page = page.paragraph(line);
    }
    if let Some(refinement) = refinement {
        page = page.paragraph(&own_error(refinement));
    }
    page.figure(&picture(s.grid(), "Density ρ₀", &one(&density)), &at(last.time, "Limit density"))
        .figure(&picture(s.grid(), "Signal S₀", &one(&signal)), &at(last.time, "Limit signal"))
        .to_html()
}

fn own_error(r: &Refinement) -> String {
    format!(
        "The macroscopic solver's own error in L²: {} in time{}, at most {} in space, of a density \
         with norm {}.",
        compact(r.time),
        r.order.map_or(String::new(), |p| format!(" (order seen: {p:.1})")),
        compact(r.grid),
        compact(r.norm)
    )
}

fn at(time: f64, what: &str) -> String {
    format!("{what} at t = {}.", compact(time))
}

/// Report of `converge`; `m` is the model at the finest value.
pub fn converge_page<const D: usize>(m: &Model<D>, r: &Convergence<D>) -> String {
    let e = &r.last;
    let parameter = e.converge.parameter;
    let interval: Vec<[f64; 2]> = (0..m.grid().len())
        .map(|i| r.finest.estimate(i, e.ensemble.confidence))
        .map(|d| [d.low, d.high])
        .collect();
    let name = format!("cells, {} = {}", parameter.symbol(), compact(parameter.value(e)));
    let other = match parameter {
        Parameter::Epsilon => "limit ε → 0".to_string(),
        p => p.compared_with().to_string(),
    };
    let fields = [
        Field { name: &name, values: r.finest.means(), interval: Some(&interval) },
        Field { name: &other, values: &r.finest_other, interval: None },
    ];
    let mut page = page(e, "converge").paragraph(&format!(
        "Distance between the kinetic model and {} at t = {}. By cells: {} replicates at each {}; \
         bars are {}% intervals, and a hollow marker with an arrow is an upper bound, because its \
         interval reaches zero.",
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
    page = page.section("Density beside what it is compared with").figure(
        &picture(m.grid(), "Density ρ", &fields),
        &at(e.time.end, "Both densities, seen through K_h,"),
    );
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

/// What each distance to the limit is made of.
fn budget_section<const D: usize>(page: Page, r: &Convergence<D>) -> Page {
    let mut page = page.section("Budget");
    if r.budget.is_empty() {
        page = page.paragraph(
            "No budget was measured. Set converge.budget_replicates to split each distance into \
             Monte Carlo noise, ε, grid, time step, bandwidth and finite N.",
        );
    }
    for quantity in [Observed::Density, Observed::Signal] {
        if r.budget.iter().any(|row| row.quantity == quantity) {
            let text = format!("What the L² distance of {quantity} is made of, at each ε.");
            page = page.figure(&budget(r, quantity), &text);
        }
    }
    page
}

/// Errors and orders by one method.
fn order_section(page: Page, sweep: &Sweep, parameter: Parameter) -> Page {
    let x = abscissa(parameter);
    let mut page = page
        .section(&format!("Order in {x}, by {}", sweep.method))
        .figure(
            &errors(sweep, parameter, |q, norm| q == Observed::Density && !is_weak(norm)),
            &format!("Distance of the densities against {x}."),
        )
        .figure(
            &errors(sweep, parameter, |q, norm| q != Observed::Density && norm == "L2"),
            &format!("Distances of S, ∇S, J and the norm of r_ε against {x}, in L²."),
        );
    let has_weak = |(q, norm, fit): &(Observed, String, Order)| {
        *q == Observed::Density && is_weak(norm) && fit.order.is_some()
    };
    if sweep.orders.iter().any(has_weak) {
        let weak = errors(sweep, parameter, |q, norm| q == Observed::Density && is_weak(norm));
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

/// Entropy against time, and its balance, at each ε.
fn entropy<const D: usize>(r: &Convergence<D>) -> String {
    let mut plot = Plot::new("Entropy").x("t", Scale::Linear).y("entropy", Scale::Linear);
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
    plot.to_svg()
}

/// Whether a norm is the pairing with a test function.
fn is_weak(norm: &str) -> bool {
    norm.starts_with("weak")
}

/// Errors against the parameter, of the wanted (quantity, norm).
fn errors(sweep: &Sweep, parameter: Parameter, wanted: impl Fn(Observed, &str) -> bool) -> String {
    let title = match parameter {
        Parameter::Epsilon => "Distance to the limit".to_string(),
        p => format!("Distance to {}", p.compared_with()),
    };
    let mut plot = Plot::new(&title).x(&abscissa(parameter), Scale::Log).y("error", Scale::Log);
    for (quantity, norm, fit) in sweep.orders.iter().filter(|(q, norm, _)| wanted(*q, norm)) {
        let mut series = Series::markers(&format!("{quantity} {norm}"));
        for row in sweep.rows.iter().filter(|row| row.quantity == *quantity && row.norm == *norm) {
            // A weak error may be negative throughout: what is fitted is its size.
            let (low, high) = match row.error.value < 0.0 {
                true => (-row.error.high, -row.error.low),
                false => (row.error.low, row.error.high),
            };
            series = series.interval(parameter.scale(row.value), row.error.value.abs(), low, high);
        }
        if let Some(order) = &fit.order {
            let half = (order.high - order.low) / 2.0;
            let label = format!("order {:.2} ± {:.2}", order.value, half);
            let factor = fit.intercept.exp();
            series = series.fit(&label, Curve::Power { factor, exponent: order.value });
        }
        plot = plot.series(series);
    }
    plot.to_svg()
}

fn orders(sweep: &Sweep) -> Table {
    let mut table = Table::new("Fitted orders")
        .words("quantity")
        .words("norm")
        .numbers("order")
        .numbers("interval")
        .words("verdict");
    for (quantity, norm, fit) in &sweep.orders {
        let value = fit.order.map_or("–".into(), |o| format!("{:.3}", o.value));
        let interval = fit.order.map_or("–".into(), |o| format!("[{:.3}, {:.3}]", o.low, o.high));
        let row = [quantity.to_string(), norm.clone(), value, interval, fit.verdict.clone()];
        table = table.row(row);
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
        let value = if row.resolved { compact(row.error.value) } else { "not resolved".into() };
        let interval = format!("[{}, {}]", compact(row.error.low), compact(row.error.high));
        let (quantity, norm) = (row.quantity.to_string(), row.norm.clone());
        table = table.row([quantity, norm, compact(row.value), value, interval]);
    }
    table
}

fn budget<const D: usize>(r: &Convergence<D>, quantity: Observed) -> String {
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
    bars.to_svg()
}

/// A field to draw.
struct Field<'a> {
    name: &'a str,
    values: &'a [f64],
    interval: Option<&'a [[f64; 2]]>,
}

/// Curves in 1D, maps in 2D, maps of the middle slice in 3D.
fn picture<const D: usize>(grid: &Grid<D>, title: &str, fields: &[Field<'_>]) -> String {
    if D == 1 {
        return profiles(grid, title, fields);
    }
    let (window, [lower, upper]) = (grid.window(), grid.window_corners());
    let (xs, ys) = (window[0].clone(), window[1].clone());
    let step = xs.len().max(ys.len()).div_ceil(LARGEST_PANEL);
    let title = if D == 3 { format!("{title}, middle slice in z") } else { title.to_string() };
    let mut map = Heatmap::new(&title, "per unit volume")
        .extent([lower[0], upper[0]], [lower[1], upper[1]])
        .axes("x", "y");
    for field in fields {
        let depth = if D == 3 { grid.cells[2] } else { 1 };
        let at = |i: usize, j: usize| field.values[(i * grid.cells[1] + j) * depth + depth / 2];
        let thinned = |range: &Range<usize>| range.clone().step_by(step);
        let values = thinned(&xs).flat_map(|i| thinned(&ys).map(move |j| (i, j)));
        let values: Vec<f64> = values.map(|(i, j)| at(i, j)).collect();
        let size = [xs.len().div_ceil(step), ys.len().div_ceil(step)];
        map = map.panel(Panel::new(field.name, size, values));
    }
    if fields.len() > 1 {
        map = map.difference("difference");
    }
    map.to_svg()
}

fn profiles<const D: usize>(grid: &Grid<D>, title: &str, fields: &[Field<'_>]) -> String {
    let mut plot = Plot::new(title).x("x", Scale::Linear).y(title, Scale::Linear);
    for field in fields {
        let mut series = match field.interval {
            Some(_) => Series::band(field.name),
            None => Series::line(field.name),
        };
        for (i, x) in grid.window_nodes() {
            series = match field.interval {
                Some(interval) => {
                    series.interval(x[0], field.values[i], interval[i][0], interval[i][1])
                }
                None => series.point(x[0], field.values[i]),
            };
        }
        plot = plot.series(series);
    }
    plot.to_svg()
}
