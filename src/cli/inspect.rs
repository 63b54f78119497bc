//! `kinetaxis inspect EXPERIMENT`

use super::context::load;
use super::error::CliError;
use super::populations::{
    populations_json, populations_text, positivity_json, rates_json, velocity_json,
};
use super::progress::told_if_long;
use super::reactions::{reactions_json, reactions_text};
use super::referee::{report, verdicts};
use super::tables::print;
use super::units::{scales_json, scales_text};
use super::{Input, with_dimension};
use crate::api::motion::plan_json;
use crate::experiment::Experiment;
use crate::memory::total;
use crate::model::Model;
use crate::referee::{Review, review};
use crate::signal::Cues;
use crate::study::{Trial, Work, cost, ledger_bytes, needs, plan, positivity};
use crate::text::aligned;
use crate::turning::{Sense, TurningKernel};
use serde_json::{Value, json};

/// Shows what the experiment means and what it will cost.
pub fn inspect(input: &Input, as_json: bool) -> Result<(), CliError> {
    let e = load(input)?.experiment;
    let text = with_dimension!(e.dimension, D => {
        let model = told_if_long("inspect", "building the model", || Model::<D>::new(&e))?;
        let review = told_if_long("inspect", "weighing the assumptions", || review(&e, &model));
        let mut facts = facts(&e, &model, &review)?;
        if let Some(reactions) = told_if_long("inspect", "waves", || reactions_json(&e, &model)) {
            facts["reactions"] = reactions;
        }
        if let Some(populations) = populations_json(&e, &model)? {
            let orders = populations.as_object().into_iter().flat_map(|all| all.values());
            let least = orders.filter_map(|of| of["expected_order"].as_u64()).min();
            facts["expected_order"] = json!(least);
            facts["populations"] = populations;
        }
        facts["scales"] = told_if_long("inspect", "scales", || scales_json(&e, &model));
        match as_json {
            true => format!("{facts:#}\n"),
            false => populations_text(&facts["populations"]) + &text(&facts) + &scales_text(&facts["scales"]) + &reactions_text(&facts["reactions"]) + &report(&e, &review),
        }
    });
    print(&text);
    Ok(())
}

/// Everything there is to say, as JSON.
fn facts<const D: usize>(
    e: &Experiment,
    model: &Model<D>,
    review: &Review<D>,
) -> Result<Value, CliError> {
    let (species, sensed) = (model.first(), model.initial_signals());
    let cues = Cues::among(&sensed, &species.cues);
    let bounds = cues.bounds();
    let (middle, slope) = (review.place.middle(), review.place.slope);
    let (closed, quadrature) = (&review.comparison.closed, &review.comparison.quadrature);
    let differences = review.comparison.differences();
    let sign = told_if_long("inspect", "looking for T < 0", || positivity(model, species));
    let rate = species.kernel.leading_rate(middle, 0.0);
    let bound = species.kernel.candidate_bound(&cues.bounds_of_all());
    let cost = cost::predict(e, model);
    let trial = told_if_long("inspect", "a trial run", || Trial::new(e, model))?;
    let seconds = cost.work() * trial.pace;
    let sweep = cost::predict_sweep(e, model)? * trial.pace;
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let motion = plan_json(&plan(model)?);
    let memory = |work: Work| total(&needs::<D>(work, e));
    Ok(json!({
        "dimension": D,
        "motion": motion,
        "epsilon": e.epsilon,
        "velocity": velocity_json(&species.space),
        "limit": {
            "signal": middle,
            "slope": slope,
            "diffusivity": closed.diffusivity,
            "sensitivity": closed.sensitivity,
            "diffusivity_quadrature": quadrature.diffusivity,
            "sensitivity_quadrature": quadrature.sensitivity,
            "diffusivity_difference": differences[0],
            "sensitivity_difference": differences[1],
            "constant": species.kernel.constant_coefficients().is_some(),
        },
        "signal_at_start": { "low": bounds.low, "high": bounds.high, "slope_bound": bounds.slope },
        "rates": rates_json([rate, bound], species.scaling.tumble_time(), e.time.end),
        "positivity": positivity_json(&sign),
        "expected_order": review.parity.order(e.first()),
        "referee": verdicts(e, review),
        "cost": {
            "candidates": cost.candidates,
            "cell_steps": cost.cell_steps,
            "trial": {
                "cells": trial.cells, "end": trial.end, "work": trial.work, "seconds": trial.seconds,
            },
            "run_seconds": seconds / threads,
            "ensemble_seconds": seconds * e.ensemble.replicates as f64 / threads,
            "converge_seconds": sweep / threads,
            "memory_bytes": memory(Work::Run),
            "ensemble_memory_bytes": memory(Work::Ensemble),
            "limit_memory_bytes": memory(Work::Limit),
            "converge_memory_bytes": memory(Work::Converge),
            "ensemble_ledger_bytes": ledger_bytes::<D>(Work::Ensemble, e),
            "converge_ledger_bytes": ledger_bytes::<D>(Work::Converge, e),
            "cores": threads,
        },
    }))
}

/// The same for people.
fn text(f: &Value) -> String {
    let number = |v: &Value| match v.as_f64() {
        Some(x) if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) => format!("{x:.4e}"),
        Some(x) => format!("{x:.6}"),
        None => "-".into(),
    };
    let both = |limit: &Value, name: &str| {
        let (value, gap) =
            (&limit[format!("{name}_quadrature")], &limit[format!("{name}_difference")]);
        format!(
            "by quadrature {}, apart by {:.0e}",
            number(value),
            gap.as_f64().unwrap_or(f64::NAN)
        )
    };
    let (limit, cost, sign) = (&f["limit"], &f["cost"], &f["positivity"]);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, value: String, note: &str| {
        rows.push(vec![name.into(), value, format!(" {note}")]);
    };
    // Of several, each has been told by itself.
    if f["populations"].is_null() {
        row("measure of V", number(&f["velocity"]["measure"]), "mu");
        row("mean square speed", number(&f["velocity"]["mean_square"]), "m2, uniform on V");
        row("D", number(&limit["diffusivity"]), &both(limit, "diffusivity"));
        row("chi", number(&limit["sensitivity"]), &both(limit, "sensitivity"));
        row(
            "tumbles per cell",
            number(&f["rates"]["tumbles_per_cell"]),
            "leading order, whole run",
        );
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
    }
    row("expected order", f["expected_order"].to_string(), "in epsilon");
    if let Some(ratio) = f["referee"]["critical_mass"]["ratio"].as_f64() {
        let critical = number(&f["referee"]["critical_mass"]["critical"]);
        row("mass/critical mass", format!("{ratio:.6}"), &format!("critical mass {critical}"));
    }
    let rounding = &f["motion"]["rounding"];
    if rounding.is_object() {
        let adds =
            format!("of places, in f32; adds at most {} to D", rounding["adds_to_diffusivity"]);
        row("rounding", number(&rounding["step"]), &adds);
    }
    row("run", number(&cost["run_seconds"]), "seconds, from a short trial on this machine");
    row("ensemble", number(&cost["ensemble_seconds"]), "seconds");
    row("converge", number(&cost["converge_seconds"]), "seconds, budget included");
    for (work, key) in [
        ("run", "memory_bytes"),
        ("ensemble", "ensemble_memory_bytes"),
        ("limit", "limit_memory_bytes"),
        ("converge", "converge_memory_bytes"),
    ] {
        let mib = number(&json!(cost[key].as_f64().map(|b| b / 1048576.0)));
        row(&format!("memory of {work}"), mib, "MiB at its peak, with these cores");
    }
    for (work, key) in
        [("ensemble", "ensemble_ledger_bytes"), ("converge", "converge_ledger_bytes")]
    {
        let mib = number(&json!(cost[key].as_f64().map(|b| b / 1048576.0)));
        row(&format!("ledger of {work}"), mib, "MiB on the disk");
    }
    let reason = |of: &Value| of["reason"].as_str().unwrap_or_default().to_string();
    let (order, motion) = (reason(&f["referee"]["order"]), reason(&f["motion"]));
    let why = match f["populations"].is_null() {
        true => format!("order {}: {order}\n", f["expected_order"]),
        false => String::new(),
    };
    let trial = &cost["trial"];
    let trial = format!(
        "trial: {} cells to t = {}, {} events and cell-steps in {} s",
        trial["cells"],
        number(&trial["end"]),
        trial["work"],
        number(&trial["seconds"]),
    );
    aligned(&rows) + &format!("{why}motion {motion}\n{trial}\n")
}
