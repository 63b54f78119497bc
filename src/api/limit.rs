//! What `limit` finds.

use super::{Error, Found};
use crate::cells::InitialLaw;
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::growth::FLOOR;
use crate::identities::Virial;
use crate::limit::BlowUp;
use crate::pages;
use crate::sheet::{Cell, Sheet, each_node};
use crate::spectral::Spectral;
use crate::study::{
    LimitFields, LimitRun, Monitor, Refinement, Spread, feels_density, watched_limit,
    watched_refinement,
};
use crate::turning::Kernel;
use crate::velocity::VelocitySpace;
use serde_json::{Value, json};
use std::sync::Arc;

/// Negative part of the mass that is said.
const NEGATIVE: f64 = 1e-6;
/// Share of the largest density to which round-off may grow before it is said.
const SEEDS: f64 = 1e-3;

/// The macroscopic equation of an experiment, ready to be solved.
pub struct Limiting<const D: usize> {
    /// With the grid of the limit.
    e: Experiment,
    spectral: Spectral<D>,
    initial: Arc<InitialLaw<D>>,
    virial: Option<Virial>,
}

impl<const D: usize> Limiting<D> {
    /// Alone, the limit is solved and written on its own grid.
    pub fn new(e: &Experiment) -> Result<Self, Error> {
        let mut e = e.clone();
        e.domain.grid.clone_from(&e.limit.grid);
        let spectral = Spectral::<D>::new(&Grid::from_domain(&e.domain));
        let first = e.first();
        let space = VelocitySpace::from_experiment(&first.velocity);
        let kernel = Kernel::<D>::from_experiment(&first.kernel, &space, e.epsilon);
        let initial = InitialLaw::shared(&first.cells, spectral.grid())?;
        let virial = Virial::new(&e, &kernel, &initial);
        Ok(Self { e, spectral, initial, virial })
    }

    /// Solves it, and what else is needed to judge that.
    ///
    /// # Errors
    /// [`Error::Interrupted`] where the monitor says so.
    pub fn solve(&self, m: &Monitor<'_>) -> Result<Solution<D>, Error> {
        found::<D>(&self.e, m)
    }
}

/// The limit of an experiment.
pub struct Solved<const D: usize> {
    of: Limiting<D>,
    found: Solution<D>,
    summary: Value,
}

impl<const D: usize> Solved<D> {
    /// What was found in so many seconds.
    pub fn new(of: Limiting<D>, found: Solution<D>, seconds: f64) -> Self {
        let summary = summary(&of, &found, seconds);
        Self { of, found, summary }
    }
}

impl<const D: usize> Found for Solved<D> {
    fn experiment(&self) -> &Experiment {
        &self.of.e
    }

    fn sheets(&self) -> Vec<Sheet<'_>> {
        vec![sheet(&self.of.e, &self.of.spectral, &self.found.run.fields)]
    }

    fn summary(&self) -> Value {
        self.summary.clone()
    }

    fn text(&self) -> String {
        text(&self.summary)
    }

    fn page(&self) -> String {
        let Limiting { e, spectral, .. } = &self.of;
        let Solution { run, own_error, .. } = &self.found;
        let warnings = self.warnings();
        let said = warnings.iter().fold(self.text(), |all, said| all + "warning: " + said + "\n");
        pages::limit_page(e, spectral, &run.fields, own_error.as_ref(), &said)
    }

    fn warnings(&self) -> Vec<String> {
        warning(&self.summary, self.of.e.time.end).into_iter().collect()
    }
}

/// The limit and what else is solved to judge it.
pub struct Solution<const D: usize> {
    run: LimitRun<D>,
    own_error: Option<Refinement>,
    /// With ρ feeding S, births and deaths through K_h.
    smoothed: Option<LimitRun<D>>,
    /// When it was last resolved on half the grid, and with twice the step, if it blows up.
    again: [Option<f64>; 2],
}

fn found<const D: usize>(e: &Experiment, m: &Monitor<'_>) -> Result<Solution<D>, Error> {
    let run = m.part(0.35, "the limit", |m| watched_limit::<D>(e, false, m))?;
    if run.blow_up.is_some() {
        let (mut coarse, mut long) = (e.clone(), e.clone());
        // Multiples of 16 that halve to what an open grid allows.
        coarse.limit.grid.iter_mut().for_each(|n| *n = (*n / 16 * 8).max(8));
        long.limit.step *= 2.0;
        let time = |what: &str, e: &Experiment| {
            let run = m.part(0.3, what, |m| watched_limit::<D>(e, false, m))?;
            Ok::<_, Error>(run.blow_up.map(|b| b.time))
        };
        let again = [
            time("blow-up on half the grid", &coarse)?,
            time("blow-up with twice the step", &long)?,
        ];
        return Ok(Solution { run, own_error: None, smoothed: None, again });
    }
    let error = |m: &Monitor<'_>| watched_refinement::<D>(e, false, &run, m);
    let own_error = Some(m.part(0.3, "the error of the limit", error)?);
    let smoothed = match feels_density::<D>(e)? {
        true => {
            let solve = |m: &Monitor<'_>| watched_limit::<D>(e, true, m)?.to_the_end();
            Some(m.part(0.35, "the limit through the bandwidth", solve)?)
        }
        false => None,
    };
    Ok(Solution { run, own_error, smoothed, again: [None; 2] })
}

/// What the limit is where ρ feeds S, births and deaths through K_h, as it does for cells.
fn through_bandwidth<const D: usize>(run: &LimitRun<D>, other: &LimitRun<D>, volume: f64) -> Value {
    let (own, smoothed) = (run.last(), other.last());
    let all = own.populations.iter().zip(&smoothed.populations);
    let pairs = all.flat_map(|(own, smoothed)| own.density.iter().zip(&smoothed.density));
    let square: f64 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
    let smoothed = smoothed.first();
    json!({
        "mass": smoothed.density[0] * volume, "distance_L2": (volume * square).sqrt(),
        "max_density": smoothed.spread.largest, "variance": smoothed.spread.variance,
    })
}

/// What summary.json holds.
fn summary<const D: usize>(of: &Limiting<D>, found: &Solution<D>, seconds: f64) -> Value {
    let Limiting { e, spectral, initial, virial } = of;
    let Solution { run, own_error, smoothed, again } = found;
    let mut summary = state_of(e, run, spectral);
    summary["virial"] = virial.as_ref().map_or(json!(null), virial_json);
    if let Some(b) = &run.blow_up {
        let latest = virial.as_ref().and_then(|v| {
            let start = Spread::new(spectral, initial.start(), &initial.place(spectral.grid()));
            v.latest_blow_up(start.variance)
        });
        summary["blow_up"] = blow_up(run, b, *again, latest);
    }
    if let Some(r) = own_error {
        summary["error_time_L2"] = json!(r.time);
        summary["order_time"] = json!(r.order);
        summary["error_grid_L2"] = json!(r.grid);
        summary["error_births_L2"] = json!(r.births);
        summary["error_L2"] = json!(r.total());
        summary["error_mass"] = json!(r.mass);
        summary["error_variance"] = json!(r.variance);
        summary["round_off_grown"] = json!(r.seeds);
        summary["norm_L2"] = json!(r.norm);
    }
    if let Some(smoothed) = smoothed {
        summary["through_bandwidth"] = through_bandwidth(run, smoothed, spectral.grid().volume());
    }
    summary["seconds"] = json!(seconds);
    summary
}

/// The virial identity for summary.json.
pub fn virial_json(v: &Virial) -> Value {
    json!({
        "mass": v.mass, "critical_mass": v.critical_mass,
        "diffusivity": v.coefficients.diffusivity, "sensitivity": v.coefficients.sensitivity,
        "variance_slope": v.slope(),
    })
}

/// What summary.json says of the solution.
fn state_of<const D: usize>(e: &Experiment, run: &LimitRun<D>, spectral: &Spectral<D>) -> Value {
    let last = run.last();
    let mut summary = json!({
        "command": "limit", "time": last.time, "blow_up": null,
        "steps": run.steps, "loop_seconds": run.loop_seconds,
    });
    for (number, population) in e.populations.iter().enumerate() {
        let of = population_of(run, number, spectral);
        if e.populations.len() > 1 {
            summary["populations"][&population.name] = of.clone();
        }
        // Where there is one, or of the first one.
        if let (0, Some(fields)) = (number, of.as_object()) {
            fields.iter().for_each(|(key, value)| summary[key] = value.clone());
        }
    }
    summary
}

/// The same of one population.
fn population_of<const D: usize>(
    run: &LimitRun<D>,
    number: usize,
    spectral: &Spectral<D>,
) -> Value {
    let last = &run.last().populations[number];
    let density = spectral.inverse(&last.density);
    let least = density.iter().copied().fold(f64::INFINITY, f64::min);
    let spreads: Vec<Value> = (run.fields.iter())
        .map(|f| {
            let s = &f.populations[number].spread;
            json!({
                "time": f.time, "center": s.center.to_vec(), "variance": s.variance,
                "max_density": s.largest, "leak": s.leak, "negative": s.negative,
            })
        })
        .collect();
    json!({
        "mass": last.density[0] * spectral.grid().volume(),
        "min_density": least, "max_density": last.spread.largest,
        "negative_fraction": last.spread.negative, "spread": spreads,
    })
}

/// What is known of a blow-up: when ρ was last resolved, here, on half the grid and with twice the
/// step, and the time that the virial identity gives as the latest.
fn blow_up<const D: usize>(
    run: &LimitRun<D>,
    b: &BlowUp,
    [half, double]: [Option<f64>; 2],
    latest: Option<f64>,
) -> Value {
    json!({
        "time_resolved": b.time, "time_lost": run.last().time, "time_extrapolated": b.extrapolated,
        "max_density_resolved": b.largest, "growth_of_max_density": b.growth,
        "time_resolved_half_grid": half, "time_resolved_double_step": double,
        "latest": latest,
        "judged_by": "max density at least 4 times that at the start and more than 1e-4 of the \
                      squared modes in the upper third of the spectrum",
    })
}

/// The summary for people.
fn text(s: &Value) -> String {
    let state = |of: &Value| {
        format!(
            "mass {:.12}, density from {:.6} to {:.6}\n",
            number_of(&of["mass"]),
            number_of(&of["min_density"]),
            number_of(&of["max_density"])
        )
    };
    let mut text = match s["populations"].as_object() {
        None => format!("at t = {}: {}", s["time"], state(s)),
        Some(all) => {
            let lines =
                all.iter().map(|(name, of)| format!("at t = {}, {name}: {}", s["time"], state(of)));
            lines.collect()
        }
    };
    if let Some(time) = s["error_time_L2"].as_f64() {
        text += &format!(
            "own error in L2: {time:.1e} in time ({}), below {:.1e} in space (half the grid){}; norm {:.4e}\n",
            s["order_time"]
                .as_f64()
                .map_or("no order seen: the change itself".into(), |p| format!(
                    "order seen: {p:.1}"
                )),
            number_of(&s["error_grid_L2"]),
            match number_of(&s["error_births_L2"]) {
                0.0 => String::new(),
                births => format!(", {births:.1e} of births cut off"),
            },
            number_of(&s["norm_L2"]),
        );
    }
    let through = &s["through_bandwidth"];
    if through.is_object() {
        text += &format!(
            "cells feel the density through deposit.bandwidth: the limit of that is {:.1e} away in L2, with \
             mass {:.9}\n",
            number_of(&through["distance_L2"]),
            number_of(&through["mass"]),
        );
    }
    text += &seeds_text(number_of(&s["round_off_grown"]));
    if let (Some(slope), Some(spreads)) =
        (s["virial"]["variance_slope"].as_f64(), s["spread"].as_array())
    {
        text += &virial_text(s, slope, spreads);
    }
    if s["blow_up"].is_object() {
        text += &blow_up_text(&s["blow_up"]);
    }
    text
}

/// What is said on every terminal: that the solution ends before `end`, or that the grid does not resolve it.
fn warning(s: &Value, end: f64) -> Option<String> {
    if s["blow_up"].is_object() {
        return Some(format!(
            "the limit is lost at t = {}, before time.end = {end}: its density blows up, or is too steep for \
             limit.grid. Nothing is written beyond",
            s["time"]
        ));
    }
    let spreads = s["spread"].as_array()?;
    let last = spreads.iter().rev().find(|f| number_of(&f["negative"]) > NEGATIVE)?;
    Some(format!(
        "at t = {} limit.grid does not resolve the density, whose negative part is {:.1e} of the \
         mass. Its mass, centre and variance are not touched by that; refine limit.grid, or see \
         rho_smoothed in limit.csv",
        last["time"],
        number_of(&last["negative"])
    ))
}

/// Says where round-off could have become a colony.
fn seeds_text(grown: f64) -> String {
    if grown.is_nan() || grown < SEEDS {
        return String::new();
    }
    format!(
        "note: cells.growth raises a density of {FLOOR:e} of the largest, which is round-off, to {grown:.1e} of it \
         by the end. Nothing is born below that, and whatever of cells.density is that thin is \
         not in the limit\n"
    )
}

fn number_of(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn virial_text(s: &Value, slope: f64, spreads: &[Value]) -> String {
    let mut text = format!(
        "virial: mass {:.6}, critical mass {:.6}, slope of the variance {slope:.6}",
        number_of(&s["virial"]["mass"]),
        number_of(&s["virial"]["critical_mass"])
    );
    if let [first, .., last] = spreads {
        let change = |key: &str| number_of(&last[key]) - number_of(&first[key]);
        text += &format!("; measured {:.6}", change("variance") / change("time"));
    }
    text + "\n"
}

fn blow_up_text(b: &Value) -> String {
    let time = |key: &str| b[key].as_f64().map_or("none seen".into(), |t| format!("{t:.5}"));
    let bracket = match b["latest"].as_f64() {
        Some(latest) => format!("; by the virial identity it comes before t = {latest:.5}"),
        None => "; a steep but bounded density would look the same: its time grows with limit.grid"
            .to_string(),
    };
    format!(
        "blow-up: density resolved until t = {} (half the grid: {}, twice the step: {}), where its \
         largest value is {:.4e}; 1/max extrapolates to 0 at t = {}{bracket}\n",
        time("time_resolved"),
        time("time_resolved_half_grid"),
        time("time_resolved_double_step"),
        number_of(&b["max_density_resolved"]),
        time("time_extrapolated"),
    )
}

/// The column of limit.csv that holds `what` of one of so many, by its name if there are others.
pub fn column(what: &str, name: &str, count: usize) -> String {
    if count > 1 { format!("{what}_{name}") } else { what.to_string() }
}

/// limit.csv. Cells are seen through K_h: `rho_smoothed`, K_h * ρ₀, is what density.csv has of them.
pub fn sheet<'a, const D: usize>(
    e: &'a Experiment,
    spectral: &'a Spectral<D>,
    fields: &'a [LimitFields<D>],
) -> Sheet<'a> {
    let populations =
        |what| e.populations.iter().map(move |p| column(what, &p.name, e.populations.len()));
    let mut values: Vec<String> = populations("rho").collect();
    values.extend(e.signals.iter().map(|s| column("signal", &s.name, e.signals.len())));
    values.extend(populations("rho_smoothed"));
    Sheet::of_fields("limit", spectral.grid(), (&["time"], values), move |emit| {
        for f in fields {
            let densities = f.populations.iter().map(|p| spectral.inverse(&p.density));
            let signals = f.signals.iter().map(|signal| spectral.inverse(signal));
            let pairs = f.populations.iter().zip(&e.populations);
            let smoothed = pairs.map(|(f, p)| f.smoothed_density(spectral, &p.deposit));
            let columns: Vec<Vec<f64>> = densities.chain(signals).chain(smoothed).collect();
            let values = |i: usize, row: &mut Vec<Cell<'_>>| {
                row.extend(columns.iter().map(|column| Cell::Number(column[i])));
            };
            each_node(spectral.grid(), &[Cell::Number(f.time)], values, emit)?;
        }
        Ok(())
    })
}
