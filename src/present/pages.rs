//! The report of each command: what was computed, as pictures and tables on one page.

mod converge;
mod fields;
mod labels;

pub use converge::converge_page;
pub use labels::{Quantity, axis_label, time_label};

use crate::experiment::{Experiment, NamedSignal, Population};
use crate::model::Model;
use crate::motion::Tally;
use crate::observe::labels;
use crate::report::{Page, Table, compact};
use crate::spectral::Spectral;
use crate::study::{Ensemble, LimitFields, Moments, Refinement, RunRecord, Snapshot};
use fields::{Course, Field};

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
    let shown: Vec<&Snapshot<D>> =
        r.snapshots.iter().filter(|s| e.time.outputs.contains(&s.time)).collect();
    let one = format!("One realisation, seed {}, ε = {}.", e.seed, e.epsilon);
    let mut page = warned(page(e, "run").paragraph(&one), &r.tally).section("Fields");
    for (number, population) in e.populations.iter().enumerate() {
        let scenes = shown.iter().map(|s| (s.time, &s.densities[number][..]));
        let course = Course {
            title: density_of(e, population),
            quantity: Quantity::Density(population),
            scenes: scenes.map(|(t, rho)| (t, vec![Field::plain("cells", rho)])).collect(),
        };
        page = page.figure(&course.picture(e, m.grid()), &course.caption("Density of the cells"));
    }
    for (number, population) in e.populations.iter().enumerate() {
        let pair = |s: &&Snapshot<D>| {
            let adaptive = s.adaptive[number].as_ref()?;
            let [fixed, adaptive] = logarithms(&s.densities[number], adaptive);
            Some((
                s.time,
                vec![Field::plain("fixed bandwidth", fixed), Field::plain("adaptive", adaptive)],
            ))
        };
        let scenes: Vec<_> = shown.iter().filter_map(pair).collect();
        if scenes.is_empty() {
            continue;
        }
        let title = match e.populations.len() {
            1 => "log10 ρ".into(),
            _ => format!("log10 ρ of {}", population.name),
        };
        let course = Course { title, quantity: Quantity::LogDensity, scenes };
        let text = format!(
            "Logarithm of the density, with the fixed bandwidth and with that of the {}-th neighbour, \
             no more than 8 decades below the peak,",
            e.output.knn
        );
        page = page.figure(&course.picture(e, m.grid()), &course.caption(&text));
    }
    for (number, signal) in e.signals.iter().enumerate() {
        let scenes = shown.iter().map(|s| (s.time, &s.signals[number][..]));
        let course = Course {
            title: signal_of(e, signal),
            quantity: Quantity::Signal(signal),
            scenes: scenes.map(|(t, s)| (t, vec![Field::plain("", s)])).collect(),
        };
        page = page.figure(&course.picture(e, m.grid()), &course.caption("Signal"));
    }
    page.section("Observables").table(&observables(m, &r.snapshots)).to_html()
}

fn observables<const D: usize>(m: &Model<D>, snapshots: &[Snapshot<D>]) -> Table {
    let mut table = Table::new("Observables by time").words("observable");
    for s in snapshots {
        table = table.numbers(&format!("t = {}", compact(s.time)));
    }
    for (i, name) in labels(m).iter().enumerate() {
        let values = snapshots.iter().map(|s| compact(s.observables[i]));
        table = table.row(std::iter::once(name.clone()).chain(values));
    }
    table
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
    page = page.section("Fields");
    for (number, population) in e.populations.iter().enumerate() {
        let scenes = r.frames.iter().map(|f| (f.time, &f.densities[number]));
        let field = |density| vec![mean::<D>(e, "mean of the cells", density)];
        let course = Course {
            title: density_of(e, population),
            quantity: Quantity::Density(population),
            scenes: scenes.map(|(t, density)| (t, field(density))).collect(),
        };
        page = page.figure(&course.picture(e, m.grid()), &course.caption("Mean density"));
    }
    for (number, signal) in e.signals.iter().enumerate() {
        let scenes = r.frames.iter().map(|f| (f.time, &f.signals[number]));
        let course = Course {
            title: signal_of(e, signal),
            quantity: Quantity::Signal(signal),
            scenes: scenes.map(|(t, s)| (t, vec![mean::<D>(e, "mean of the signal", s)])).collect(),
        };
        page = page.figure(&course.picture(e, m.grid()), &course.caption("Mean signal"));
    }
    page.section("Observables").table(&table).to_html()
}

/// The mean over replicates, with its interval where that is seen.
fn mean<'a, const D: usize>(e: &Experiment, name: &'a str, of: &'a Moments) -> Field<'a> {
    let ends = |i: usize| of.estimate(i, e.ensemble.confidence);
    let interval = || (0..of.means().len()).map(ends).map(|d| [d.low, d.high]).collect();
    Field { interval: (D == 1).then(interval), ..Field::plain(name, of.means()) }
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
    let mut page = page(e, "limit");
    for line in summary.lines() {
        page = page.paragraph(line);
    }
    if let Some(refinement) = refinement {
        page = page.paragraph(&own_error(refinement));
    }
    page = page.section("Fields");
    for (number, population) in e.populations.iter().enumerate() {
        let scene = |f: &LimitFields<D>| {
            let limit = &f.populations[number];
            let (density, seen) =
                (s.inverse(&limit.density), limit.smoothed_density(s, &population.deposit));
            let seen = Field::plain("limit as cells show it, K_h * ρ₀", seen);
            (f.time, vec![Field::plain("limit", density), seen])
        };
        let course = Course {
            title: density_of(e, population).replace('ρ', "ρ₀"),
            quantity: Quantity::Density(population),
            scenes: fields.iter().map(scene).collect(),
        };
        page = page.figure(&course.picture(e, s.grid()), &course.caption("Limit density"));
    }
    for (number, signal) in e.signals.iter().enumerate() {
        let values = |f: &LimitFields<D>| s.inverse(&f.signals[number]);
        let course = Course {
            title: signal_of(e, signal).replace("Signal S", "Signal S₀"),
            quantity: Quantity::Signal(signal),
            scenes: fields
                .iter()
                .map(|f| (f.time, vec![Field::plain("limit", values(f))]))
                .collect(),
        };
        page = page.figure(&course.picture(e, s.grid()), &course.caption("Limit signal"));
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
