//! What `kinetaxis inspect` says of equilibria and of the waves about them.

use crate::experiment::Experiment;
use crate::model::Model;
use crate::stability::{Equilibrium, Fastest, Mode, survey};
use crate::text::aligned;
use serde_json::{Map, Value, json};

/// For JSON; nothing without reactions.
pub fn reactions_json<const D: usize>(e: &Experiment, model: &Model<D>) -> Option<Value> {
    if e.reactions.is_empty() {
        return None;
    }
    let found = match survey(e, model) {
        Ok(found) => found,
        Err(reason) => return Some(json!({ "homogeneous": false, "reason": reason })),
    };
    let infected: Vec<&str> = found.infected.iter().map(|i| &e.populations[*i].name[..]).collect();
    let equilibria: Vec<Value> = found.equilibria.iter().map(|of| equilibrium(e, of)).collect();
    Some(json!({
        "homogeneous": true,
        "reproduction_number": found.reproduction_number,
        "infected": infected,
        "equilibria": equilibria,
    }))
}

fn equilibrium(e: &Experiment, (of, waves): &(Equilibrium, Vec<Fastest>)) -> Value {
    let named = |names: Vec<&String>, values: &[f64]| -> Map<String, Value> {
        names.into_iter().cloned().zip(values.iter().map(|value| json!(value))).collect()
    };
    let populations = e.populations.iter().map(|p| &p.name).collect();
    let signals = e.signals.iter().map(|s| &s.name).collect();
    let eigenvalues: Option<Vec<[f64; 2]>> = of.spectrum.as_ref().map(|s| s.all().collect());
    json!({
        "densities": named(populations, &of.state.densities),
        "signals": named(signals, &of.state.signals),
        "eigenvalues": eigenvalues,
        "fastest_waves": waves.iter().map(wave).collect::<Vec<Value>>(),
    })
}

fn wave(of: &Fastest) -> Value {
    let mode = |mode: &Mode| json!({ "wave_number": mode.number, "growth_rate": mode.rate, "frequency": mode.frequency });
    json!({
        "equation": if of.epsilon.is_some() { "kinetic" } else { "limit" },
        "epsilon": of.epsilon,
        "smoothed": of.smoothed,
        "of_all": of.peak.as_ref().map(|peak| mode(&peak.free)),
        "of_the_box": of.peak.as_ref().map(|peak| mode(&peak.in_box)),
        "at_end_of_range": of.peak.as_ref().map(|peak| peak.at_end),
        "unresolved": of.unresolved,
    })
}

/// The same for people.
pub fn reactions_text(facts: &Value) -> String {
    if let Some(reason) = facts["reason"].as_str() {
        return format!("\nequilibria none: {reason}\n");
    }
    let Some(equilibria) = facts["equilibria"].as_array() else { return String::new() };
    let mut text = match facts["reproduction_number"].as_f64() {
        Some(number) => format!("\nR0 {number:.6}\n"),
        None => "\n".into(),
    };
    if equilibria.is_empty() {
        text += "equilibria none found\n";
    }
    for of in equilibria {
        text += &format!("equilibrium {}\n", listed(&of["densities"]));
        text += &format!("  eigenvalues without space {}\n", eigenvalues(&of["eigenvalues"]));
        let header =
            ["  grows fastest", "epsilon", "k", "rate", "frequency", "k in the box", "rate"];
        let mut rows = vec![header.map(String::from).to_vec()];
        rows.extend(of["fastest_waves"].as_array().into_iter().flatten().map(row));
        text += &aligned(&rows);
    }
    text
}

fn row(of: &Value) -> Vec<String> {
    let smoothed = if of["smoothed"] == true { ", rho smoothed" } else { "" };
    let [all, admitted] = [&of["of_all"], &of["of_the_box"]];
    vec![
        format!("  {}{smoothed}", of["equation"].as_str().unwrap_or_default()),
        figure(&of["epsilon"]),
        figure(&all["wave_number"]) + if of["at_end_of_range"] == true { " (end)" } else { "" },
        figure(&all["growth_rate"]),
        figure(&all["frequency"]),
        figure(&admitted["wave_number"]),
        figure(&admitted["growth_rate"]),
    ]
}

fn listed(of: &Value) -> String {
    let all = of.as_object().into_iter().flatten();
    all.map(|(name, value)| format!("{name} = {}", figure(value))).collect::<Vec<_>>().join(", ")
}

fn eigenvalues(of: &Value) -> String {
    let one = |pair: &Value| match pair[1].as_f64() {
        Some(im) if im != 0.0 => format!("{} ± {}i", figure(&pair[0]), figure(&pair[1])),
        _ => figure(&pair[0]),
    };
    let mut all: Vec<String> = of.as_array().into_iter().flatten().map(one).collect();
    // Each of a pair is listed.
    all.dedup();
    all.join(", ")
}

fn figure(value: &Value) -> String {
    value.as_f64().map_or("-".into(), |value| format!("{value:.6}"))
}
