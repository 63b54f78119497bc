//! `kinetaxis limit EXPERIMENT`

use super::context::Context;
use super::error::CliError;
use super::tables::print;
use super::{Job, with_dimension};
use crate::grid::Grid;
use crate::output::{Table, axes, for_each_node, number};
use crate::pages;
use crate::spectral::Spectral;
use crate::study::{LimitFields, limit_fields, refinement};
use serde_json::json;

/// The macroscopic equation alone.
pub fn limit(job: &Job) -> Result<(), CliError> {
    let context = Context::open(job, "limit")?;
    with_dimension!(context.experiment.dimension, D => limit_in::<D>(context))
}

fn limit_in<const D: usize>(context: Context) -> Result<(), CliError> {
    let e = &context.experiment;
    // The limit alone is written on its own grid.
    let mut own = e.clone();
    own.domain.grid.clone_from(&e.limit.grid);
    let spectral = Spectral::<D>::new(&Grid::from_domain(&own.domain));
    let (run, refinement) = context.monitored(|m| {
        let run = limit_fields::<D>(&own, false, m.stop)?;
        (m.progress)(0.5);
        let refinement = refinement::<D>(&own, &run, m.stop)?;
        (m.progress)(0.5);
        Ok::<_, CliError>((run, refinement))
    })?;
    let (fields, limited) = (&run.fields, run.limited);
    write_limit(&context, &spectral, fields)?;
    context.folder().write("report.html", &pages::limit_page(e, &spectral, fields, &refinement))?;
    let last = run.last();
    let (mass, density) =
        (last.density[0] * spectral.grid().volume(), spectral.inverse(&last.density));
    let least = density.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = density.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !context.quiet {
        print(&format!(
            "at t = {}: mass {mass:.12}, density from {least:.6} to {largest:.6}\n\
             own error in L2: {:.1e} in time ({}), below {:.1e} in space (half the grid)\n",
            last.time,
            refinement.time,
            refinement.order.map_or("other steps".into(), |p| format!("order seen: {p:.1}")),
            refinement.grid,
        ));
        if limited > 1e-9 {
            print(&format!(
                "warning: the positivity limiter moved up to {limited:.1e} of the mass in a step: \
                 refine limit.grid\n"
            ));
        }
    }
    let summary = json!({
        "command": "limit", "time": last.time, "mass": mass,
        "min_density": least, "max_density": largest,
        "error_time_L2": refinement.time, "order_time": refinement.order,
        "error_grid_L2": refinement.grid,
        "norm_L2": refinement.norm, "limited_fraction": limited, "leak": run.leak,
        "steps": run.steps, "loop_seconds": run.loop_seconds, "seconds": context.seconds(),
    });
    context.publish(&summary)
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
