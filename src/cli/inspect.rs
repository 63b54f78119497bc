//! `kinetaxis inspect EXPERIMENT`

use super::context::load;
use super::error::CliError;
use super::motion::plan_json;
use super::tables::{aligned, print};
use super::{Input, with_dimension};
use crate::experiment::{Experiment, Parameter, points};
use crate::limit::quadrature::transport;
use crate::model::Model;
use crate::study::{COMPONENTS, cost, measured_pace, plan, positivity};
use crate::turning::{Kernel, LinearSignal, Sense, TurningKernel};
use serde_json::{Value, json};

/// Shows what the experiment means and what it will cost.
pub fn inspect(input: &Input, as_json: bool) -> Result<(), CliError> {
    let e = load(input)?.experiment;
    let facts = with_dimension!(e.dimension, D => facts::<D>(&e)?);
    if as_json {
        print(&format!("{facts:#}\n"));
    } else {
        print(&text(&facts));
    }
    Ok(())
}

/// Predicted work of the cells of a sweep.
fn sweep_work<const D: usize>(e: &Experiment) -> Result<f64, CliError> {
    let of_epsilon = e.converge.parameter == Parameter::Epsilon;
    let variants = if of_epsilon { COMPONENTS.len() * e.converge.budget_replicates } else { 0 };
    let runs = (e.converge.replicates + variants) as f64;
    let mut work = 0.0;
    for at in points(e).iter().flat_map(|point| std::iter::once(&point.own).chain(&point.other)) {
        work += runs * cost::predict(at, &Model::<D>::new(at)?).work();
    }
    Ok(work)
}

/// Everything there is to say, as JSON.
fn facts<const D: usize>(e: &Experiment) -> Result<Value, CliError> {
    let model = Model::<D>::new(e)?;
    let bounds = model.initial_signal().bounds();
    // At a middle value of S, in the steepest gradient at t = 0 (a unit gradient if S is flat).
    let middle = 0.5 * (bounds.low + bounds.high);
    let slope = if bounds.slope > 0.0 { bounds.slope } else { 1.0 };
    let closed = model.kernel.coefficients(middle, slope);
    let quadrature = by_quadrature(&model.kernel, &model, middle, slope);
    let sign = positivity(&model);
    let rate = model.kernel.leading_rate(middle, 0.0);
    let bound = model.kernel.candidate_bound(&bounds);
    let cost = cost::predict(e, &model);
    let pace = measured_pace::<D>(e)?;
    let seconds = cost.work() * pace;
    let sweep = sweep_work::<D>(e)? * pace;
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let motion = plan_json(&plan(&model)?);
    Ok(json!({
        "dimension": D,
        "motion": motion,
        "epsilon": e.epsilon,
        "velocity": {
            "measure": model.space.measure(),
            "mean_square": model.space.mean_square(),
            "mean_square_F": model.space.mean_square_f(),
        },
        "limit": {
            "signal": middle,
            "slope": slope,
            "diffusivity": closed.diffusivity,
            "sensitivity": closed.sensitivity,
            "diffusivity_quadrature": quadrature[0],
            "sensitivity_quadrature": quadrature[1],
            "constant": model.kernel.constant_coefficients().is_some(),
        },
        "signal_at_start": { "low": bounds.low, "high": bounds.high, "slope_bound": bounds.slope },
        "rates": {
            "tumble_rate": rate / (e.epsilon * e.epsilon),
            "candidate_rate": bound / (e.epsilon * e.epsilon),
            "tumbles_per_cell": rate * e.time.end / (e.epsilon * e.epsilon),
        },
        "positivity": {
            "least_T_over_F_at_start": sign.least,
            "holds_at_start": sign.least >= 0.0,
            "largest_epsilon": sign.largest_epsilon.filter(|e| e.is_finite()),
        },
        "expected_order": if e.cells.mean_velocity.iter().all(|m| *m == 0.0) { 2 } else { 1 },
        "cost": {
            "candidates": cost.candidates,
            "cell_steps": cost.cell_steps,
            "run_seconds": seconds / threads,
            "ensemble_seconds": seconds * e.ensemble.replicates as f64 / threads,
            "converge_seconds": sweep / threads,
            "memory_bytes": cost.bytes * threads,
            "cores": threads,
        },
    }))
}

/// D and χ from the integral equations where |∇S| = `slope`.
fn by_quadrature<const D: usize>(
    kernel: &Kernel<D>,
    model: &Model<D>,
    s: f64,
    slope: f64,
) -> [f64; 2] {
    let mut gradient = [0.0; D];
    gradient[0] = slope;
    let signal = LinearSignal { offset: s, gradient };
    let at = |epsilon: f64| kernel.with_epsilon(epsilon);
    let transport = transport(at, &model.space, &signal);
    [transport.diffusivity[0][0], transport.drift[0] / slope]
}

/// The same for people.
fn text(f: &Value) -> String {
    let number = |v: &Value| match v.as_f64() {
        Some(x) if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) => format!("{x:.4e}"),
        Some(x) => format!("{x:.6}"),
        None => "-".into(),
    };
    let (limit, cost, sign) = (&f["limit"], &f["cost"], &f["positivity"]);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, value: String, note: &str| {
        rows.push(vec![name.into(), value, format!(" {note}")]);
    };
    row("measure of V", number(&f["velocity"]["measure"]), "mu");
    row("mean square speed", number(&f["velocity"]["mean_square"]), "m2, uniform on V");
    row(
        "D",
        number(&limit["diffusivity"]),
        &format!("by quadrature {}", number(&limit["diffusivity_quadrature"])),
    );
    row(
        "chi",
        number(&limit["sensitivity"]),
        &format!("by quadrature {}", number(&limit["sensitivity_quadrature"])),
    );
    row("tumbles per cell", number(&f["rates"]["tumbles_per_cell"]), "leading order, whole run");
    row(
        "candidate rate",
        number(&f["rates"]["candidate_rate"]),
        "per cell and unit time, at t = 0",
    );
    row("least T/F at t = 0", number(&sign["least_T_over_F_at_start"]), "must not be negative");
    let largest = match sign["largest_epsilon"].as_f64() {
        Some(epsilon) => format!("{epsilon:.4}"),
        None if sign["holds_at_start"] == true => "any".into(),
        None => "none".into(),
    };
    row("largest epsilon", largest, "with T >= 0 at t = 0");
    row(
        "expected order",
        f["expected_order"].to_string(),
        "in epsilon (1 with a net initial flux)",
    );
    row("run", number(&cost["run_seconds"]), "seconds, from a short trial on this machine");
    row("ensemble", number(&cost["ensemble_seconds"]), "seconds");
    row("converge", number(&cost["converge_seconds"]), "seconds, budget included");
    row("memory", number(&json!(cost["memory_bytes"].as_f64().map(|b| b / 1048576.0))), "MiB");
    aligned(&rows) + &format!("motion {}\n", f["motion"]["reason"].as_str().unwrap_or_default())
}
