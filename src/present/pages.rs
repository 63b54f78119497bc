//! The report of each command: what was computed, as pictures and tables on one page.

mod converge;

pub use converge::converge_page;

use crate::experiment::{Experiment, NamedSignal, Population};
use crate::grid::Grid;
use crate::model::Model;
use crate::motion::Tally;
use crate::observe::labels;
use crate::report::{Heatmap, Page, Panel, Plot, Scale, Series, Table, compact};
use crate::spectral::Spectral;
use crate::study::{Ensemble, LimitFields, Refinement, RunRecord};
use std::ops::Range;

/// Most nodes along an axis of a map; a larger field is thinned.
const LARGEST_PANEL: usize = 256;

fn page(e: &Experiment, command: &str) -> Page {
    let title = if e.title.is_empty() { format!("kinetaxis {command}") } else { e.title.clone() };
    Page::new(&title)
}

/// `page` with what is said of T < 0, if anything is.
fn warned(page: Page, tally: &Tally) -> Page {
    match tally.warning() {
        Some(warning) => page.paragraph(&format!("Warning: {warning}.")),
        None => page,
    }
}

/// Report of `run`.
pub fn run_page<const D: usize>(e: &Experiment, m: &Model<D>, r: &RunRecord<D>) -> String {
    let last = r.snapshots.last().expect("the final time is an output");
    let mut table = Table::new("Observables").words("observable");
    for s in &r.snapshots {
        table = table.numbers(&format!("t = {}", compact(s.time)));
    }
    for (i, name) in labels(m).iter().enumerate() {
        let values = r.snapshots.iter().map(|s| compact(s.observables[i]));
        table = table.row(std::iter::once(name.clone()).chain(values));
    }
    let one = format!("One realisation, seed {}, ε = {}.", e.seed, e.epsilon);
    let mut page = warned(page(e, "run").paragraph(&one), &r.tally);
    for (population, values) in e.populations.iter().zip(&last.densities) {
        let density = Field { name: "cells", values, interval: None };
        page = page.figure(
            &picture(m.grid(), &density_of(e, population), &[density]),
            &at(last.time, "Density of the cells"),
        );
    }
    for (density, adaptive) in last.densities.iter().zip(&last.adaptive) {
        let Some(adaptive) = adaptive else { continue };
        let fields = logarithms(density, adaptive);
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
    for (signal, values) in e.signals.iter().zip(&last.signals) {
        let field = Field { name: "signal", values, interval: None };
        let picture = picture(m.grid(), &signal_of(e, signal), &[field]);
        page = page.figure(&picture, &at(last.time, "Signal"));
    }
    page.table(&table).to_html()
}

/// "Density ρ", or that of a population by name.
fn density_of(e: &Experiment, population: &Population) -> String {
    match e.populations.len() {
        1 => "Density ρ".into(),
        _ => format!("Density of {}", population.name),
    }
}

/// "Signal S", or that by name.
fn signal_of(e: &Experiment, signal: &NamedSignal) -> String {
    match e.signals.len() {
        1 => "Signal S".into(),
        _ => format!("Signal {}", signal.name),
    }
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
    for (i, name) in labels(m).iter().enumerate() {
        let o = last.observables.estimate(i, e.ensemble.confidence);
        let interval = format!("[{}, {}]", compact(o.low), compact(o.high));
        table = table.row([name.clone(), compact(o.value), compact(o.std_error), interval]);
    }
    let mut page = warned(page(e, "ensemble"), &r.tally).paragraph(&format!(
        "{} independent replicates of {} cells, ε = {}, seed {}. Intervals are {}% Student \
             intervals of the mean.",
        last.observables.count(),
        counts(e),
        e.epsilon,
        e.seed,
        100.0 * e.ensemble.confidence
    ));
    for (population, density) in e.populations.iter().zip(&last.densities) {
        let interval: Vec<[f64; 2]> = (0..m.grid().len())
            .map(|i| density.estimate(i, e.ensemble.confidence))
            .map(|d| [d.low, d.high])
            .collect();
        let (name, values) = ("mean of the cells", density.means());
        let field = Field { name, values, interval: Some(&interval) };
        let picture = picture(m.grid(), &density_of(e, population), &[field]);
        page = page.figure(&picture, &at(last.time, "Mean density"));
    }
    page.table(&table).to_html()
}

/// "20000", or "100 healthy, 50 infected".
fn counts(e: &Experiment) -> String {
    match &e.populations[..] {
        [one] => one.cells.count.to_string(),
        all => {
            let of = |p: &Population| format!("{} {}", p.cells.count, p.name);
            all.iter().map(of).collect::<Vec<_>>().join(", ")
        }
    }
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
    let mut page = page(e, "limit");
    for line in summary.lines() {
        page = page.paragraph(line);
    }
    if let Some(refinement) = refinement {
        page = page.paragraph(&own_error(refinement));
    }
    for (population, limit) in e.populations.iter().zip(&last.populations) {
        let smoothed = limit.smoothed_density(s, &population.deposit);
        let density = s.inverse(&limit.density);
        let seen = [
            Field { name: "limit", values: &density, interval: None },
            Field {
                name: "limit as cells show it, K_h * ρ₀", values: &smoothed, interval: None
            },
        ];
        let title = density_of(e, population).replace('ρ', "ρ₀");
        page = page.figure(&picture(s.grid(), &title, &seen), &at(last.time, "Limit density"));
    }
    for (signal, limit) in e.signals.iter().zip(&last.signals) {
        let values = s.inverse(limit);
        let one = [Field { name: "limit", values: &values, interval: None }];
        let title = signal_of(e, signal).replace("Signal S", "Signal S₀");
        page = page.figure(&picture(s.grid(), &title, &one), &at(last.time, "Limit signal"));
    }
    page.to_html()
}

fn own_error(r: &Refinement) -> String {
    format!(
        "The macroscopic solver's own error in L²: {} in time{}, at most {} in space{}, of a density \
         with norm {}.",
        compact(r.time),
        r.order.map_or(" (the change itself)".into(), |p| format!(" (order seen: {p:.1})")),
        compact(r.grid),
        match r.births {
            0.0 => String::new(),
            births => format!(", {} of births cut off", compact(births)),
        },
        compact(r.norm)
    )
}

fn at(time: f64, what: &str) -> String {
    format!("{what} at t = {}.", compact(time))
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
