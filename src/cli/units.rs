//! What `kinetaxis inspect` says of scales: in physical units where the file has some, and their ratios.

use crate::experiment::{Experiment, Population};
use crate::model::Model;
use crate::referee::{Groups, groups};
use crate::scaling::{DIFFUSIVITY, PER_TIME, SENSITIVITY, SPEED};
use crate::schema::{Dimension, LENGTH, TIME};
use crate::text::aligned;
use crate::units::shown;
use serde_json::{Map, Value, json};

/// Ratios of every population, and its scales with units.
pub fn scales_json<const D: usize>(e: &Experiment, model: &Model<D>) -> Value {
    let named = |(of, groups): (&Population, &Groups)| (of.name.clone(), facts(e, of, groups));
    let all: Map<String, Value> = e.populations.iter().zip(&groups(e, model)).map(named).collect();
    let mut told = json!({ "populations": all });
    if let Some(units) = e.units.to_json() {
        told["units"] = units;
    }
    told
}

fn facts(e: &Experiment, of: &Population, g: &Groups) -> Value {
    let length = g.run_length();
    let mut told = json!({
        "epsilon": e.epsilon,
        "peclet": g.peclet(),
        "drift_over_run_speed": g.drift() / g.run_speed,
        "run_length_over_box": length / g.edge,
        "run_length_over_bandwidth": length / g.bandwidth,
        "run_length_over_width": g.width.map(|width| length / width),
        "relaxation_over_end": g.relaxation / g.end,
        "relative_distance_to_limit": g.distance(),
    });
    if !e.units.are_given() {
        return told;
    }
    let mut physical = Map::new();
    let mut put = |name: &str, value: f64, dimension: Dimension, signal: usize| {
        if let Some((worth, of)) = e.worth(of, &e.signals[signal], dimension) {
            let (value, unit) = shown(value * worth, of);
            physical.insert(name.into(), json!({ "value": value, "unit": unit }));
        }
    };
    // These hold what ε makes of them already.
    let macroscopic = |dimension: Dimension| dimension.without_epsilon();
    put("run_speed", g.run_speed, macroscopic(SPEED), 0);
    put("tumble_rate", 1.0 / g.run_time, PER_TIME, 0);
    put("run_length", length, LENGTH, 0);
    put("relaxation_time", g.relaxation, TIME, 0);
    put("D", g.diffusivity, macroscopic(DIFFUSIVITY), 0);
    for (term, chi) in of.kernel.terms.iter().zip(&g.sensitivities) {
        let [(signal, _), ..] = term.senses[..] else { continue };
        let name = match e.signals.len() {
            1 => "chi".to_string(),
            _ => format!("chi of {}", e.signals[signal].name),
        };
        put(&name, *chi, macroscopic(SENSITIVITY), signal);
    }
    put("drift", g.drift(), macroscopic(SPEED), 0);
    put("box", g.edge, LENGTH, 0);
    put("bandwidth", g.bandwidth, LENGTH, 0);
    if let Some(width) = g.width {
        put("width", width, LENGTH, 0);
    }
    put("end", g.end, TIME, 0);
    told["physical"] = physical.into();
    told
}

/// What the rows of a table are.
const ROWS: [(&str, &str, &str); 19] = [
    ("run_speed", "run speed", "root mean square over F"),
    ("tumble_rate", "tumble rate", "in a flat signal"),
    ("run_length", "run length", "until the velocity is forgotten"),
    ("relaxation_time", "relaxation time", "of velocities, d D/c^2"),
    ("D", "D", "of the limit"),
    ("chi", "chi", "of the limit, in the middle of S"),
    ("drift", "drift", "chi times the steepest gradient, at t = 0"),
    ("box", "box", "its shortest edge"),
    ("bandwidth", "bandwidth", "of the deposit"),
    ("width", "width", "of the density at t = 0"),
    ("end", "end", "final time"),
    ("epsilon", "epsilon", "of this colony alone"),
    ("peclet", "Peclet number", "drift x box/D"),
    ("drift_over_run_speed", "drift/run speed", "small near the limit"),
    ("run_length_over_width", "run length/width", "small near the limit"),
    ("run_length_over_box", "run length/box", ""),
    ("run_length_over_bandwidth", "run length/bandwidth", ""),
    ("relaxation_over_end", "relaxation time/end", ""),
    ("relative_distance_to_limit", "distance to the limit", "relative, its order alone"),
];

/// The same for people, where the file has units.
pub fn scales_text(scales: &Value) -> String {
    let Some(all) = scales["populations"].as_object().filter(|_| scales["units"].is_object())
    else {
        return String::new();
    };
    let mut text = String::new();
    for (name, of) in all {
        let mut rows = Vec::new();
        for (key, title, note) in ROWS {
            let physical = of["physical"].as_object();
            let own = physical.into_iter().flatten().filter(|(own, _)| {
                *own == key || key == "chi" && own.strip_prefix("chi of ").is_some()
            });
            let mut row = |title: &str, value: &Value, unit: &str| {
                if let Some(value) = value.as_f64() {
                    rows.push(vec![
                        title.to_string(),
                        format!("{value:.4e} {unit}"),
                        format!(" {note}"),
                    ]);
                }
            };
            let mut has_unit = false;
            for (own, value) in own {
                has_unit = true;
                let title = if own == key { title } else { &own[..] };
                row(title, &value["value"], value["unit"].as_str().unwrap_or_default());
            }
            if !has_unit {
                row(title, &of[key], "");
            }
        }
        let heading = if all.len() > 1 { format!("{name}\n") } else { String::new() };
        text += &format!("{heading}{}", aligned(&rows));
    }
    text
}
