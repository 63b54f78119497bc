//! Velocities, kernel, signal and the cells at t = 0.

use crate::experiment::Parameter;
use crate::experiment::sample::{mean_square, nodes, speeds};
use crate::experiment::space::is_open;
use crate::formula::{Formula, Quantity};
use crate::schema::Draft;
use crate::schema::SIZES;

/// The largest value of a formula.
const LARGEST: f64 = SIZES[1];
/// What values have to be.
const TELLABLE: &str = "must be finite, and at most 1e30 in size";

pub(super) fn shell(draft: &mut Draft) -> Option<()> {
    let (inner, speed) = (draft.float("velocity.inner_speed")?, draft.float("velocity.speed")?);
    if inner >= speed {
        let message = format!("must be below velocity.speed, which is {speed}");
        draft.complain("velocity.inner_speed", message, "Lower it, or raise velocity.speed.");
    }
    Some(())
}

pub(super) fn equilibrium(draft: &mut Draft) -> Option<()> {
    let formula = draft.formula("velocity.equilibrium")?;
    let bad =
        speeds(draft)?.find(|&r| !(formula.eval(&[r]) > 0.0 && formula.eval(&[r]).is_finite()))?;
    let message =
        format!("must be positive and finite, but is {} at r = {bad}", formula.eval(&[bad]));
    draft.complain("velocity.equilibrium", message, "Give an F that is positive on V.");
    Some(())
}

pub(super) fn weights(draft: &mut Draft) -> Option<()> {
    let (plus, minus) = (draft.float("kernel.alpha_plus")?, draft.float("kernel.alpha_minus")?);
    if plus + minus == 0.0 {
        let message = "is 0, and so is kernel.alpha_minus: no cell would ever turn";
        draft.complain("kernel.alpha_plus", message, "Make one of them positive.");
    } else if draft.text("kernel.psi")? == "separable" && (plus, minus) != (1.0, 0.0) {
        let path = if plus != 1.0 { "kernel.alpha_plus" } else { "kernel.alpha_minus" };
        let message = "does not suit kernel.psi = \"separable\", built for alpha_plus = 1 and alpha_minus = 0";
        draft.complain(path, message, "Remove it.");
    }
    Some(())
}

pub(super) fn saturation(draft: &mut Draft) -> Option<()> {
    let (c1, c2) = (draft.float("kernel.c1")?, draft.float("kernel.c2")?);
    if draft.text("kernel.psi")? == "saturating" && c2 <= c1 {
        let message = format!("must be above kernel.c1, which is {c1}, for psi to be positive");
        draft.complain("kernel.c2", message, "Raise it, or lower kernel.c1.");
    }
    Some(())
}

pub(super) fn uniform_for_nonlocal(draft: &mut Draft) -> Option<()> {
    draft.formula("velocity.equilibrium")?;
    if draft.text("kernel.model")? == "nonlocal" {
        let message = "does not suit kernel.model = \"nonlocal\", whose equilibrium is uniform";
        draft.complain("velocity.equilibrium", message, "Remove it.");
    }
    Some(())
}

pub(super) fn centre(draft: &mut Draft) -> Option<()> {
    let centre = draft.floats("cells.density.center")?;
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let inside = |a: usize| lower[a] <= centre[a] && centre[a] < upper[a];
    let axes = centre.len().min(lower.len()).min(upper.len());
    let out = (0..axes).find(|&a| lower[a] < upper[a] && !inside(a))?;
    let message = format!("lies outside the box along axis {}", out + 1);
    let remedy = format!("Give a point from {} up to, but not at, {}.", lower[out], upper[out]);
    draft.complain("cells.density.center", message, remedy);
    Some(())
}

pub(super) fn mode(draft: &mut Draft) -> Option<()> {
    if draft.integers("cells.density.mode")?.iter().all(|&m| m == 0) {
        let message = "is 0 along every axis: the density would be uniform";
        draft.complain("cells.density.mode", message, "Give 1 or more along one axis.");
    }
    Some(())
}

/// Formulas in space must be finite, a density nowhere negative and somewhere positive.
pub(super) fn sampled(draft: &mut Draft) -> Option<()> {
    if let Some(density) = draft.formula("cells.density.expression") {
        let path = "cells.density.expression";
        let bad = |x: &f64| !(*x >= 0.0 && *x <= LARGEST);
        if !report(draft, path, &density, bad, "must be finite and not negative")? {
            let some = nodes(draft)?.any(|x| density.eval(&x) > 0.0);
            if !some {
                draft.complain(path, "is 0 all over the grid", "Give a density of some cells.");
            }
        }
    }
    for path in ["signal.initial", "signal.expression"] {
        if let Some(formula) = draft.expression(path) {
            report(draft, path, &formula, |x| x.is_nan() || x.abs() > LARGEST, TELLABLE)?;
        }
    }
    Some(())
}

/// Reports the first grid node at which `formula` is bad; whether there is one.
fn report(
    draft: &mut Draft,
    path: &str,
    formula: &Formula,
    bad: impl Fn(&f64) -> bool,
    demand: &str,
) -> Option<bool> {
    let d = draft.dimension()?;
    let Some(x) = nodes(draft)?.find(|x| bad(&formula.eval(x))) else { return Some(false) };
    let message = format!("{demand}, but is {} at {:?}", formula.eval(&x), &x[..d]);
    draft.complain(path, message, "Correct the expression.");
    Some(true)
}

/// An elliptic signal is found mode by mode, which nonlinear rates do not allow, and has to diffuse.
pub(super) fn elliptic(draft: &mut Draft) -> Option<()> {
    let swept = draft.text("converge.in") == Some(Parameter::Delta.word()) && is_open(draft);
    let equation = draft.text("signal.equation")?.to_string();
    let is_elliptic = equation == "elliptic" || (equation == "parabolic" && swept);
    if is_elliptic && draft.float("signal.diffusion") == Some(0.0) {
        let message = "is 0, and an elliptic signal has to diffuse";
        let remedy = "Give a positive one, or signal.equation = \"parabolic\".";
        draft.complain("signal.diffusion", message, remedy);
    }
    if equation == "elliptic" {
        for path in ["signal.production", "signal.decay"] {
            if let Some(Quantity::Formula(_)) = draft.quantity(path) {
                let message = "is an expression, and an elliptic signal needs constants";
                let remedy =
                    "Give a number, or signal.equation = \"parabolic\" with a small signal.delta.";
                draft.complain(path, message, remedy);
            }
        }
    }
    Some(())
}

pub(super) fn mean_velocity(draft: &mut Draft) -> Option<()> {
    let mean = draft.floats("cells.mean_velocity")?;
    let (d, speed) = (draft.dimension()? as f64, draft.float("velocity.speed")?);
    let length = mean.iter().map(|m| m * m).sum::<f64>().sqrt();
    let most = mean_square(draft)? / (d * speed);
    if length > most * (1.0 + 1e-12) {
        let message = format!("has length {length}, and above {most} some f0 would be negative");
        draft.complain("cells.mean_velocity", message, format!("Shorten it to at most {most}."));
    }
    Some(())
}

/// How many cells there are has to be known.
pub(super) fn count(draft: &mut Draft) -> Option<()> {
    if draft.integer("cells.count").is_none() && !draft.gives("cells.count") {
        draft.missing("cells.count");
        return None;
    }
    if draft.integer("cells.count")? == 0 && !draft.gives("cells.weight") {
        let message = "is 0, and nothing tells the mass of a cell";
        draft.complain("cells.count", message, "Give at least 1, or cells.weight as well.");
    }
    Some(())
}

/// Number, mass and weight say one thing.
pub(super) fn weight(draft: &mut Draft) -> Option<()> {
    let (weight, count) = (draft.float("cells.weight")?, draft.integer("cells.count")? as f64);
    let mass = draft.float("cells.mass").filter(|_| draft.gives("cells.mass"))?;
    // A number of cells that follows from both fits.
    if !draft.gives("cells.count") {
        return None;
    }
    if (weight * count - mass).abs() > 0.5 * weight * (1.0 + 1e-9) {
        let message =
            format!("times cells.count = {count} is {}, and cells.mass is {mass}", weight * count);
        draft.complain("cells.weight", message, "Leave one of the three out.");
    }
    Some(())
}

/// Where cells are merged they are not split at once.
pub(super) fn between(draft: &mut Draft) -> Option<()> {
    let (least, most) = (draft.integer("cells.least")?, draft.integer("cells.most")?);
    if most < 2 * least {
        let message = format!(
            "is below twice cells.least, which is {least}: cells would be split and merged again"
        );
        draft.complain("cells.most", message, format!("Give at least {}.", 2 * least));
    }
    Some(())
}

/// A daughter would have no partner.
pub(super) fn growth(draft: &mut Draft) -> Option<()> {
    let grows = !matches!(draft.quantity("cells.growth")?, Quantity::Constant(0.0));
    if grows && draft.flag("cells.antithetic")? {
        let message = "does not suit cells.growth: births and deaths would break the pairs";
        draft.complain("cells.antithetic", message, "Remove it, or remove cells.growth.");
    }
    for path in ["cells.least", "cells.most"] {
        if draft.gives(path) && draft.flag("cells.antithetic")? {
            let message =
                format!("does not suit {path}: splitting and merging would break the pairs");
            draft.complain("cells.antithetic", message, format!("Remove it, or remove {path}."));
        }
    }
    Some(())
}
