//! What `kinetaxis inspect` says of each population where the experiment is of several, or of several signals.

use super::error::CliError;
use super::progress::told_if_long;
use crate::experiment::{Experiment, Population};
use crate::model::{Model, Species};
use crate::referee::{Place, flat_rate, parity};
use crate::signal::{Cues, SensedSignal};
use crate::study::{Positivity, positivity};
use crate::text::aligned;
use crate::turning::{Sense, TurningKernel};
use crate::velocity::VelocitySpace;
use serde_json::{Map, Value, json};

/// By name; nothing where there is one population, whose kernel senses the only signal.
pub fn populations_json<const D: usize>(
    e: &Experiment,
    model: &Model<D>,
) -> Result<Option<Value>, CliError> {
    let is_single = |p: &Population| p.kernel.only().is_some();
    if e.alone().is_some_and(|(population, _)| is_single(population)) {
        return Ok(None);
    }
    let sensed = model.initial_signals();
    let facts = |(species, of): (&Species<D>, &Population)| {
        (of.name.clone(), facts(e, model, species, of, &sensed))
    };
    let all: Map<String, Value> = told_if_long("inspect", "the populations", || {
        model.populations.iter().zip(&e.populations).map(facts).collect()
    });
    Ok(Some(all.into()))
}

fn facts<const D: usize>(
    e: &Experiment,
    model: &Model<D>,
    species: &Species<D>,
    of: &Population,
    sensed: &[SensedSignal<'_, D>],
) -> Value {
    let cues = Cues::among(sensed, &species.cues);
    let bounds = cues.bounds_of_all();
    let places: Vec<Place> = bounds.iter().map(|one| Place::within(one, model.grid())).collect();
    let (values, slopes): (Vec<f64>, Vec<f64>) =
        places.iter().map(|place| (place.middle(), place.slope)).unzip();
    let (diffusivity, chis) = species.coefficients(&values, &slopes);
    let mut sensitivities = Map::new();
    for (number, signal) in e.signals.iter().enumerate() {
        let weight = |senses: &[(usize, f64)]| {
            senses.iter().find(|(own, _)| *own == number).map(|(_, weight)| *weight)
        };
        let of_terms = of.kernel.terms.iter().zip(&chis);
        let own: Vec<f64> =
            of_terms.filter_map(|(term, chi)| Some(weight(&term.senses)? * chi)).collect();
        if !own.is_empty() {
            sensitivities.insert(signal.name.clone(), json!(own.iter().sum::<f64>()));
        }
    }
    let rate = flat_rate(&species.kernel, &places);
    let bound = species.kernel_bound.unwrap_or_else(|| species.kernel.candidate_bound(&bounds));
    json!({
        "velocity": velocity_json(&species.space),
        "q": of.q,
        "p": of.p,
        "limit": {
            "diffusivity": diffusivity,
            "sensitivities": sensitivities,
        },
        "rates": rates_json([rate, bound], species.scaling.tumble_time(), e.time.end),
        "positivity": positivity_json(&positivity(model, species)),
        "expected_order": parity(&species.kernel, &species.space, &places[0], of, species.scaling.bias()).order(of),
    })
}

/// μ and the second moments of V.
pub fn velocity_json<const D: usize>(space: &VelocitySpace<D>) -> Value {
    json!({
        "measure": space.measure(),
        "mean_square": space.mean_square(),
        "mean_square_F": space.mean_square_f(),
    })
}

/// What `rate` and `bound`, of T/F, make of a run to the time `end`.
pub fn rates_json([rate, bound]: [f64; 2], tumble_time: f64, end: f64) -> Value {
    json!({
        "tumble_rate": rate / tumble_time,
        "candidate_rate": bound / tumble_time,
        "tumbles_per_cell": rate * end / tumble_time,
    })
}

/// Where T ≥ 0.
pub fn positivity_json(sign: &Positivity) -> Value {
    json!({
        "least_T_over_F_at_start": sign.least,
        "holds_at_start": sign.least >= 0.0,
        "largest_epsilon": sign.largest_epsilon.filter(|e| e.is_finite()),
    })
}

/// The same for people.
pub fn populations_text(facts: &Value) -> String {
    let Some(all) = facts.as_object() else { return String::new() };
    let number = |v: &Value| v.as_f64().map_or("-".into(), |x| format!("{x:.6}"));
    let mut signals: Vec<&String> = Vec::new();
    for of in all.values().filter_map(|of| of["limit"]["sensitivities"].as_object()) {
        of.keys().for_each(|name| {
            if !signals.contains(&name) {
                signals.push(name);
            }
        });
    }
    let mut header = vec!["population".to_string(), "q p".into(), "D".into()];
    header.extend(signals.iter().map(|name| format!("chi of {name}")));
    header.extend(
        ["tumbles per cell", "candidate rate", "least T/F", "largest epsilon", "order"]
            .map(Into::into),
    );
    let mut rows = vec![header];
    for (name, of) in all {
        let mut row = vec![name.clone(), format!("{} {}", of["q"], of["p"])];
        row.push(number(&of["limit"]["diffusivity"]));
        row.extend(signals.iter().map(|name| number(&of["limit"]["sensitivities"][&name[..]])));
        row.push(number(&of["rates"]["tumbles_per_cell"]));
        row.push(number(&of["rates"]["candidate_rate"]));
        let sign = &of["positivity"];
        row.push(number(&sign["least_T_over_F_at_start"]));
        row.push(match sign["largest_epsilon"].as_f64() {
            Some(epsilon) => format!("{epsilon:.4}"),
            None if sign["holds_at_start"] == true => "any".into(),
            None => "none".into(),
        });
        row.push(of["expected_order"].to_string());
        rows.push(row);
    }
    aligned(&rows) + "\n"
}
