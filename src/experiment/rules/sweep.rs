//! The sweep in another parameter than ε: every experiment that it runs has to be one.

use crate::experiment::parameter::Parameter;
use crate::experiment::space::is_open;
use crate::formula::Quantity;
use crate::schema::{Draft, Problem};
use serde_json::{Value as Json, json};

pub(super) fn quasi_steady(draft: &mut Draft) -> Option<()> {
    if draft.text("converge.in")? != Parameter::Delta.word() {
        return None;
    }
    let equation = draft.text("signal.equation")?.to_string();
    if equation != "parabolic" {
        let message =
            format!("needs signal.delta, which signal.equation = \"{equation}\" does not have");
        let remedy = "Set signal.equation = \"parabolic\", or another converge.in.";
        draft.complain("converge.in", message, remedy);
        return Some(());
    }
    for path in ["signal.production", "signal.decay"] {
        if let Some(Quantity::Formula(_)) = draft.quantity(path) {
            let message = "depends on rho or S, and delta = 0, the elliptic signal that a sweep in delta is compared with, needs constants";
            draft.complain(path, message, "Give a number, or another converge.in.");
        }
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

pub(super) fn values(draft: &mut Draft, refusal: Refusal<'_>) -> Option<()> {
    let parameter = Parameter::from_word(draft.text("converge.in")?)?;
    let values = draft.floats("converge.values")?;
    if values.len() < 2 {
        let message = "has fewer than 2 values: no rate can be measured";
        draft.complain("converge.values", message, "Give at least 2, all different.");
    } else if let Some(pair) = values.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("holds {} twice", pair[0]);
        draft.complain("converge.values", message, "Give each value once.");
    }
    if !draft.problems.is_empty() {
        return None;
    }
    if parameter == Parameter::Step {
        distinct_steps(draft, &values)?;
    }
    if draft.is_part() {
        return Some(());
    }
    for value in values {
        // What is wrong at the value is often wrong at the finer one, too: once is enough.
        let mut both = std::iter::once(value).chain(parameter.finer(value));
        both.find_map(|x| refuse(draft, refusal, parameter, [value, x]));
    }
    if parameter == Parameter::Delta {
        elliptic(draft, refusal);
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
    refusal: Refusal<'_>,
    parameter: Parameter,
    [value, x]: [f64; 2],
) -> Option<()> {
    let changed = match parameter {
        Parameter::Cells => integer(x),
        Parameter::Grid => {
            let grid = draft.integers("domain.grid")?;
            json!(grid.iter().map(|&n| integer(n as f64 / grid[0] as f64 * x)).collect::<Vec<_>>())
        }
        _ => json!(x),
    };
    let mut e = alone(draft);
    let pointer = format!("/{}", parameter.key().replace('.', "/"));
    *e.pointer_mut(&pointer)? = changed.clone();
    complain(
        draft,
        refusal(&e)?,
        &format!("holds {value}, which needs {} = {changed}", parameter.key()),
    )
}

/// Complains of what is wrong with the elliptic signal.
fn elliptic(draft: &mut Draft, refusal: Refusal<'_>) -> Option<()> {
    let mut e = alone(draft);
    let signal = e.get_mut("signal")?.as_object_mut()?;
    signal.insert("equation".into(), json!("elliptic"));
    ["delta", "initial", "source"].into_iter().for_each(|name| drop(signal.remove(name)));
    complain(draft, refusal(&e)?, "is compared with the elliptic signal");
    Some(())
}

/// A whole number as TOML wants it; what is none is left for the reader to refuse.
fn integer(x: f64) -> Json {
    let whole = x.round();
    if (x - whole).abs() < 1e-9 * whole { json!(whole as i64) } else { json!(x) }
}

/// The experiment without its sweep.
fn alone(draft: &Draft) -> Json {
    let mut e = draft.resolved();
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
