//! The sweep in another parameter than ε: every experiment that it runs has to be one.

use crate::experiment::parameter::Parameter;
use crate::experiment::space::is_open;
use crate::formula::Quantity;
use crate::schema::{Draft, Problem};
use serde_json::{Value as Json, json};

/// The signal of the sweep has a δ.
fn delta(draft: &mut Draft) -> Option<()> {
    let equation = draft.text("signal.equation")?.to_string();
    if equation != "parabolic" {
        let message =
            format!("needs signal.delta, which signal.equation = \"{equation}\" does not have");
        let remedy = "Set signal.equation = \"parabolic\", or another converge.in.";
        draft.complain("converge.in", message, remedy);
    }
    Some(())
}

/// Without δ every parabolic signal is an elliptic one.
pub(super) fn quasi_steady(draft: &mut Draft) -> Option<()> {
    if draft.text("converge.in")? != Parameter::Delta.word()
        || draft.text("signal.equation")? != "parabolic"
    {
        return None;
    }
    for path in ["signal.production", "signal.decay"] {
        if let Some(Quantity::Formula(_)) = draft.quantity(path) {
            let message = "is an expression, and delta = 0, the elliptic signal that a sweep in delta is compared with, needs constants";
            draft.complain(path, message, "Give a number, or another converge.in.");
        }
    }
    if !matches!(draft.quantity("signal.source")?, Quantity::Constant(0.0)) {
        let message = "is not 0, and delta = 0, the elliptic signal that a sweep in delta is compared with, has no other source than cells";
        draft.complain("signal.source", message, "Remove it, or give another converge.in.");
    }
    if draft.constant("signal.decay")? == 0.0 && !(is_open(draft) && draft.dimension()? == 3) {
        let message = match is_open(draft) {
            true => {
                "is 0, and in the whole space of one or two dimensions S then grows without bound as delta vanishes: no elliptic signal is its limit"
            }
            false => {
                "is 0, and in a box the mean of S then grows like t/delta: the elliptic signal, whose source has to be mean-free, is not its limit"
            }
        };
        draft.complain("signal.decay", message, "Give signal.decay > 0, or another converge.in.");
    }
    Some(())
}

/// What is wrong with an experiment.
type Refusal<'a> = &'a dyn Fn(&Json) -> Option<Problem>;

/// Judges the sweep; `whole` is all that holds, if nothing is wrong so far.
pub(super) fn values(draft: &mut Draft, whole: Option<&Json>, refusal: Refusal<'_>) -> Option<()> {
    let parameter = Parameter::from_word(draft.text("converge.in")?)?;
    if parameter == Parameter::Delta {
        delta(draft);
    }
    let values = draft.floats("converge.values")?;
    if values.len() < 2 {
        let message = "has fewer than 2 values: no rate can be measured";
        draft.complain("converge.values", message, "Give at least 2, all different.");
    } else if let Some(pair) = values.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("holds {} twice", pair[0]);
        draft.complain("converge.values", message, "Give each value once.");
    }
    let whole = alone(whole.filter(|_| draft.problems.is_empty())?);
    if parameter == Parameter::Step {
        distinct_steps(draft, &values)?;
    }
    for value in values {
        // What is wrong at the value is often wrong at the finer one, too: once is enough.
        let mut both = std::iter::once(value).chain(parameter.finer(value));
        both.find_map(|x| refuse(draft, &whole, refusal, parameter, [value, x]));
    }
    if parameter == Parameter::Delta {
        elliptic(draft, whole, refusal);
    }
    Some(())
}

/// Steps are shortened to hit the final time, and two of them may become the same.
fn distinct_steps(draft: &mut Draft, values: &[f64]) -> Option<()> {
    let end = draft.float("time.end")?;
    let count = |step: f64| (end / step * (1.0 - 1e-12)).ceil();
    if let Some(pair) = values.windows(2).find(|pair| count(pair[0]) == count(pair[1])) {
        let message = format!(
            "holds {} and {}, which both lead through time.end = {end} in {} steps",
            pair[0],
            pair[1],
            count(pair[0])
        );
        draft.complain("converge.values", message, "Give fractions of time.end.");
    }
    Some(())
}

/// Complains of what is wrong if the parameter is `x`, as the entry `value` of the sweep wants it.
fn refuse(
    draft: &mut Draft,
    whole: &Json,
    refusal: Refusal<'_>,
    parameter: Parameter,
    [value, x]: [f64; 2],
) -> Option<()> {
    let mut e = whole.clone();
    let places = places(whole, parameter);
    let old = |place: &String| whole.pointer(place).and_then(|own| own.as_f64());
    let lead = match parameter {
        Parameter::Cells => draft.integer("cells.count").map(|count| count as f64),
        Parameter::Bandwidth => draft.float("deposit.bandwidth"),
        Parameter::Delta => draft.float("signal.delta"),
        Parameter::Epsilon | Parameter::Grid | Parameter::Step => None,
    };
    let mut told = None;
    for place in &places {
        let changed = match (parameter, lead.zip(old(place))) {
            (Parameter::Grid, _) => {
                let grid = draft.integers("domain.grid")?;
                let along = |&n: &i64| integer(n as f64 / grid[0] as f64 * x);
                json!(grid.iter().map(along).collect::<Vec<_>>())
            }
            // Others change in proportion.
            (Parameter::Cells, Some((lead, own))) if own != lead => {
                json!((own * (x / lead)).round() as i64)
            }
            (Parameter::Cells, _) => integer(x),
            (_, Some((lead, own))) if own != lead => json!(own * (x / lead)),
            _ => json!(x),
        };
        *e.pointer_mut(place)? = changed.clone();
        if let (Parameter::Cells, Some((cells, _))) = (parameter, place.rsplit_once('/')) {
            // It follows from the mass.
            let cells = e.pointer_mut(cells).and_then(Json::as_object_mut)?;
            if cells["count"] != json!(0) && cells.contains_key("mass") {
                cells.remove("weight");
            }
        }
        if told.is_none() && (lead.is_none() || old(place) == lead) {
            told = Some(format!("{} = {changed}", place[1..].replace('/', ".")));
        }
    }
    complain(draft, refusal(&e)?, &format!("holds {value}, which needs {}", told?))
}

/// Where the parameter stands: once, or for each population or signal.
fn places(e: &Json, parameter: Parameter) -> Vec<String> {
    let (section, key) = parameter.key().split_once('.').unwrap_or(("", parameter.key()));
    let (group, inside) = match parameter {
        Parameter::Delta => ("signals", key.to_string()),
        _ => ("populations", format!("{section}/{key}")),
    };
    let is_of_group =
        matches!(parameter, Parameter::Delta | Parameter::Cells | Parameter::Bandwidth);
    match e.get(group).and_then(Json::as_object).filter(|_| is_of_group) {
        Some(parts) => {
            let all = parts.keys().map(|name| format!("/{group}/{name}/{inside}"));
            all.filter(|place| e.pointer(place).is_some()).collect()
        }
        None => vec![format!("/{}", parameter.key().replace('.', "/"))],
    }
}

/// Complains of what is wrong with the elliptic signals.
fn elliptic(draft: &mut Draft, mut e: Json, refusal: Refusal<'_>) -> Option<()> {
    let drop_delta = |signal: &mut Json| {
        let is_parabolic = signal["equation"] == "parabolic";
        if let Some(signal) = signal.as_object_mut().filter(|_| is_parabolic) {
            signal.insert("equation".into(), json!("elliptic"));
            ["delta", "initial", "source"].into_iter().for_each(|name| drop(signal.remove(name)));
        }
    };
    if let Some(signal) = e.get_mut("signal") {
        drop_delta(signal);
    }
    if let Some(signals) = e.get_mut("signals").and_then(Json::as_object_mut) {
        signals.values_mut().for_each(drop_delta);
    }
    complain(draft, refusal(&e)?, "is compared with the elliptic signal");
    Some(())
}

/// A whole number as TOML wants it; what is none is left for the reader to refuse.
fn integer(x: f64) -> Json {
    let whole = x.round();
    if (x - whole).abs() < 1e-9 * whole { json!(whole as i64) } else { json!(x) }
}

/// The experiment without its sweep.
fn alone(whole: &Json) -> Json {
    let mut e = whole.clone();
    if let Some(converge) = e["converge"].as_object_mut() {
        converge.remove("in");
        converge.remove("values");
    }
    e
}

/// Complains of the values for the sake of this problem.
fn complain(draft: &mut Draft, p: Problem, why: &str) -> Option<()> {
    let message = format!("{why}; there {} = {} {}", p.key, p.value, p.message);
    draft.complain("converge.values", message, p.remedy);
    Some(())
}
