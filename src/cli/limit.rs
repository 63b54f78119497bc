//! `kinetaxis limit EXPERIMENT`

use super::context::Context;
use super::error::CliError;
use super::{Job, with_dimension};
use crate::cells::InitialLaw;
use crate::experiment::Experiment;
use crate::grid::Grid;
use crate::identities::Virial;
use crate::limit::BlowUp;
use crate::output::{Table, axes, for_each_node, number};
use crate::pages;
use crate::spectral::Spectral;
use crate::study::{LimitFields, LimitRun, Spread, limit_fields, refinement};
use crate::turning::Kernel;
use crate::velocity::VelocitySpace;
use serde_json::{Value, json};

/// The macroscopic equation alone.
pub fn limit(job: &Job) -> Result<(), CliError> {
    let context = Context::open(job, "limit", "")?;
    with_dimension!(context.experiment.dimension, D => limit_in::<D>(context))
}

fn limit_in<const D: usize>(context: Context) -> Result<(), CliError> {
    let e = &context.experiment;
    // The limit alone is written on its own grid.
    let mut own = e.clone();
    own.domain.grid.clone_from(&e.limit.grid);
    let spectral = Spectral::<D>::new(&Grid::from_domain(&own.domain));
    let kernel = Kernel::<D>::from_experiment(&own, &VelocitySpace::from_experiment(&own.velocity));
    let initial = InitialLaw::new(&own.cells, spectral.grid())?;
    let virial = Virial::new(&own, &kernel, &initial);
    let run = context.monitored(|m| {
        let run = limit_fields::<D>(&own, false, m.stop)?;
        (m.progress)(0.5);
        Ok::<_, CliError>(run)
    })?;
    let mut summary = state_of(&run, &spectral);
    summary["virial"] = virial.as_ref().map_or(json!(null), virial_json);
    let own_error = match &run.blow_up {
        None => context.monitored(|m| {
            let refinement = refinement::<D>(&own, &run, m.stop)?;
            (m.progress)(0.5);
            Ok::<_, CliError>(Some(refinement))
        })?,
        Some(b) => {
            let latest = virial.and_then(|v| {
                let start = spectral.forward(&initial.nodal(spectral.grid()));
                v.latest_blow_up(Spread::new(&spectral, &start).variance)
            });
            summary["blow_up"] = blow_up::<D>(&context, &own, &run, b, latest)?;
            None
        }
    };
    if let Some(r) = &own_error {
        summary["error_time_L2"] = json!(r.time);
        summary["order_time"] = json!(r.order);
        summary["error_grid_L2"] = json!(r.grid);
        summary["norm_L2"] = json!(r.norm);
    }
    summary["seconds"] = json!(context.seconds());
    let text = text(&summary, run.limited);
    context.deliver(&text, &summary, || {
        write_limit(&context, &spectral, &run.fields)?;
        let page = pages::limit_page(e, &spectral, &run.fields, own_error.as_ref(), &text);
        Ok(context.folder().write("report.html", &page)?)
    })
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
fn state_of<const D: usize>(run: &LimitRun<D>, spectral: &Spectral<D>) -> Value {
    let last = run.last();
    let density = spectral.inverse(&last.density);
    let least = density.iter().copied().fold(f64::INFINITY, f64::min);
    let spreads: Vec<Value> = (run.fields.iter())
        .map(|f| {
            json!({
                "time": f.time, "center": f.spread.center.to_vec(), "variance": f.spread.variance,
                "max_density": f.spread.largest, "leak": f.spread.leak,
            })
        })
        .collect();
    json!({
        "command": "limit", "time": last.time,
        "mass": last.density[0] * spectral.grid().volume(),
        "min_density": least, "max_density": last.spread.largest,
        "limited_fraction": run.limited, "spread": spreads, "blow_up": null,
        "steps": run.steps, "loop_seconds": run.loop_seconds,
    })
}

/// What is known of a blow-up: when ρ was last resolved, here, on half the grid and with twice the
/// step, and the time that the virial identity gives as the latest.
fn blow_up<const D: usize>(
    context: &Context,
    e: &Experiment,
    run: &LimitRun<D>,
    b: &BlowUp,
    latest: Option<f64>,
) -> Result<Value, CliError> {
    let (mut coarse, mut long) = (e.clone(), e.clone());
    // Multiples of 16 that halve to what an open grid allows.
    coarse.limit.grid.iter_mut().for_each(|n| *n = (*n / 16 * 8).max(8));
    long.limit.step *= 2.0;
    let time = |e: &Experiment| {
        context.monitored(|m| {
            let run = limit_fields::<D>(e, false, m.stop)?;
            (m.progress)(0.25);
            Ok::<_, CliError>(run.blow_up.map(|b| b.time))
        })
    };
    let (half, double) = (time(&coarse)?, time(&long)?);
    Ok(json!({
        "time_resolved": b.time, "time_lost": run.last().time, "time_extrapolated": b.extrapolated,
        "max_density_resolved": b.largest, "growth_of_max_density": b.growth,
        "time_resolved_half_grid": half, "time_resolved_double_step": double,
        "latest": latest,
        "judged_by": "max density at least 4 times that at the start and more than 1e-4 of the \
                      squared modes in the upper third of the spectrum",
    }))
}

/// The summary for people.
fn text(s: &Value, limited: f64) -> String {
    let mut text = format!(
        "at t = {}: mass {:.12}, density from {:.6} to {:.6}\n",
        s["time"],
        number_of(&s["mass"]),
        number_of(&s["min_density"]),
        number_of(&s["max_density"])
    );
    if let Some(time) = s["error_time_L2"].as_f64() {
        text += &format!(
            "own error in L2: {time:.1e} in time ({}), below {:.1e} in space (half the grid)\n",
            s["order_time"]
                .as_f64()
                .map_or("other steps".into(), |p| format!("order seen: {p:.1}")),
            number_of(&s["error_grid_L2"]),
        );
    }
    if let (Some(slope), Some(spreads)) =
        (s["virial"]["variance_slope"].as_f64(), s["spread"].as_array())
    {
        text += &virial_text(s, slope, spreads);
    }
    if s["blow_up"].is_object() {
        text += &blow_up_text(&s["blow_up"]);
    } else if limited > 1e-9 {
        text += &format!(
            "warning: the positivity limiter moved up to {limited:.1e} of the mass in a step: \
             refine limit.grid\n"
        );
    }
    text
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

/// limit.csv.
pub fn write_limit<const D: usize>(
    context: &Context,
    spectral: &Spectral<D>,
    fields: &[LimitFields<D>],
) -> Result<(), CliError> {
    let mut header = vec!["time".to_string()];
    header.extend(axes::<D>(""));
    header.extend(["rho".into(), "signal".into()]);
    let mut table = Table::create(&context.folder().file("limit.csv"), &header)?;
    for f in fields {
        let (density, signal) = (f.nodal_density(spectral), spectral.inverse(&f.signal));
        for_each_node(spectral.grid(), |i, x| {
            let mut row = vec![number(f.time)];
            row.extend(x);
            row.extend([number(density[i]), number(signal[i])]);
            table.row(&row)
        })?;
    }
    Ok(table.finish()?)
}
