//! What several keys must fulfil together.

use super::derive::scales;
use super::draft::Draft;
use super::sample::{mean_square, nodes, speeds};
use crate::formula::Formula;

/// GiB of memory that an experiment may ask for.
const MEMORY: f64 = 64.0;
/// Arrays on the grid that a run holds at once, roughly.
const FIELDS: f64 = 12.0;

/// Applies every rule. A rule that lacks a value is left out: its absence was already reported.
pub(crate) fn apply(draft: &mut Draft) {
    let rules: [fn(&mut Draft) -> Option<()>; 14] = [
        corners,
        shell,
        equilibrium,
        weights,
        saturation,
        uniform_for_nonlocal,
        bandwidth,
        steps,
        output_times,
        sweep,
        centre,
        mode,
        memory,
        sampled,
    ];
    for rule in rules {
        rule(draft);
    }
    // After the equilibrium was found to be positive.
    mean_velocity(draft);
}

fn corners(draft: &mut Draft) -> Option<()> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let bad = (0..lower.len().min(upper.len())).find(|&a| lower[a] >= upper[a])?;
    let message = format!("must lie above domain.lower, which is {} there", lower[bad]);
    draft.complain("domain.upper", message, format!("Raise it along axis {}.", bad + 1));
    Some(())
}

fn shell(draft: &mut Draft) -> Option<()> {
    let (inner, speed) = (draft.float("velocity.inner_speed")?, draft.float("velocity.speed")?);
    if inner >= speed {
        let message = format!("must be below velocity.speed, which is {speed}");
        draft.complain("velocity.inner_speed", message, "Lower it, or raise velocity.speed.");
    }
    Some(())
}

fn equilibrium(draft: &mut Draft) -> Option<()> {
    let formula = draft.formula("velocity.equilibrium")?;
    let bad =
        speeds(draft)?.find(|&r| !(formula.eval(&[r]) > 0.0 && formula.eval(&[r]).is_finite()))?;
    let message =
        format!("must be positive and finite, but is {} at r = {bad}", formula.eval(&[bad]));
    draft.complain("velocity.equilibrium", message, "Give an F that is positive on V.");
    Some(())
}

fn weights(draft: &mut Draft) -> Option<()> {
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

fn saturation(draft: &mut Draft) -> Option<()> {
    let (c1, c2) = (draft.float("kernel.c1")?, draft.float("kernel.c2")?);
    if draft.text("kernel.psi")? == "saturating" && c2 <= c1 {
        let message = format!("must be above kernel.c1, which is {c1}, for psi to be positive");
        draft.complain("kernel.c2", message, "Raise it, or lower kernel.c1.");
    }
    Some(())
}

fn uniform_for_nonlocal(draft: &mut Draft) -> Option<()> {
    draft.formula("velocity.equilibrium")?;
    if draft.text("kernel.model")? == "nonlocal" {
        let message = "does not suit kernel.model = \"nonlocal\", whose equilibrium is uniform";
        draft.complain("velocity.equilibrium", message, "Remove it.");
    }
    Some(())
}

fn bandwidth(draft: &mut Draft) -> Option<()> {
    let ((spacing, edge), h) = (scales(draft)?, draft.float("deposit.bandwidth")?);
    let most = 0.25 * edge;
    if !(spacing > 0.0 && edge > 0.0) {
        return None;
    }
    let grid_for = |h: f64| {
        let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
        let cells = |(l, u): (&f64, &f64)| ((u - l) / h * (1.0 - 1e-12)).ceil().to_string();
        let list = lower.iter().zip(&upper).map(cells).collect::<Vec<_>>().join(", ");
        Some(format!("domain.grid to at least [{list}]"))
    };
    if spacing > most * (1.0 + 1e-12) {
        let message = format!(
            "has a spacing of {spacing}, and a kernel as wide as that exceeds a quarter of the shortest edge, {most}"
        );
        let remedy = format!("Raise {}.", grid_for(most)?);
        draft.complain("domain.grid", message, remedy);
    } else if h < spacing * (1.0 - 1e-12) {
        let message =
            format!("is below the largest grid spacing, {spacing}, which would not resolve it");
        let remedy = format!("Give at least {spacing}, or raise {}.", grid_for(h)?);
        draft.complain("deposit.bandwidth", message, remedy);
    } else if h > most * (1.0 + 1e-12) {
        let message = format!("is above a quarter of the shortest edge of the box, {most}");
        draft.complain("deposit.bandwidth", message, format!("Give at most {most}."));
    }
    Some(())
}

fn steps(draft: &mut Draft) -> Option<()> {
    let end = draft.float("time.end")?;
    let at_fault = |path: &&str| draft.float(path).is_some_and(|step| step > end);
    // The default of limit.step repeats the fault of time.step.
    let path = ["time.step", "limit.step"].into_iter().find(at_fault)?;
    draft.complain(
        path,
        format!("is above time.end, which is {end}"),
        format!("Give at most {end}."),
    );
    Some(())
}

fn output_times(draft: &mut Draft) -> Option<()> {
    let end = draft.float("time.end")?;
    for path in ["time.outputs", "output.cells_at"] {
        let late = draft.floats(path).and_then(|times| times.into_iter().find(|&t| t > end));
        if let Some(late) = late {
            let message = format!("holds {late}, which is after time.end = {end}");
            draft.complain(path, message, "Remove it, or raise time.end.");
        }
    }
    Some(())
}

fn sweep(draft: &mut Draft) -> Option<()> {
    if let Some(1..=3) = draft.integer("converge.budget_replicates") {
        let message = "is too few for a confidence interval";
        draft.complain("converge.budget_replicates", message, "Give 0, or at least 4.");
    }
    let epsilons = draft.floats("converge.epsilons")?;
    if epsilons.len() < 2 {
        let message = "has fewer than 2 values: no rate can be measured";
        draft.complain("converge.epsilons", message, "Give at least 2, all different.");
    } else if let Some(pair) = epsilons.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("holds {} twice", pair[0]);
        draft.complain("converge.epsilons", message, "Give each value once.");
    }
    let (cells, n) = (draft.integers("converge.cells")?.len(), epsilons.len());
    if cells != n {
        let message = format!("has {cells} entries for {n} values of epsilon");
        draft.complain("converge.cells", message, "Give one number, or one for each epsilon.");
    }
    Some(())
}

fn centre(draft: &mut Draft) -> Option<()> {
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

fn mode(draft: &mut Draft) -> Option<()> {
    if draft.integers("cells.density.mode")?.iter().all(|&m| m == 0) {
        let message = "is 0 along every axis: the density would be uniform";
        draft.complain("cells.density.mode", message, "Give 1 or more along one axis.");
    }
    Some(())
}

fn memory(draft: &mut Draft) -> Option<()> {
    let nodes = |path| Some(draft.integers(path)?.iter().map(|&n| n as f64).product::<f64>());
    let (grid, limit) = (nodes("domain.grid")?, nodes("limit.grid")?);
    let most = draft.integers("converge.cells")?.into_iter().max()?;
    let count = draft.integer("cells.count")?;
    let gib = (1u64 << 30) as f64;
    let cells = count.max(most) as f64 * (2 * draft.dimension()? + 1) as f64 * 8.0 / gib;
    let fields = FIELDS * 8.0 * grid.max(limit) / gib;
    if cells + fields < MEMORY {
        return None;
    }
    let path = match cells > fields {
        true if count >= most => "cells.count",
        true => "converge.cells",
        false if grid >= limit => "domain.grid",
        false => "limit.grid",
    };
    let message = format!(
        "asks for about {:.0} GiB of memory ({cells:.0} for cells, {fields:.0} for fields), and {MEMORY} is the most",
        cells + fields
    );
    draft.complain(path, message, "Lower it.");
    Some(())
}

/// Formulas in space must be finite, a density nowhere negative and somewhere positive.
fn sampled(draft: &mut Draft) -> Option<()> {
    if let Some(density) = draft.formula("cells.density.expression") {
        let path = "cells.density.expression";
        let bad = |x: &f64| !(*x >= 0.0 && x.is_finite());
        if !report(draft, path, &density, bad, "must be finite and not negative")? {
            let some = nodes(draft)?.any(|x| density.eval(&x) > 0.0);
            if !some {
                draft.complain(path, "is 0 all over the grid", "Give a density of some cells.");
            }
        }
    }
    for path in ["signal.initial", "signal.expression"] {
        let initial = draft.quantity(path).and_then(|quantity| match quantity {
            crate::formula::Quantity::Formula(formula) => Some(formula),
            _ => None,
        });
        if let Some(formula) = initial.or(draft.formula(path)) {
            report(draft, path, &formula, |x| !x.is_finite(), "must be finite")?;
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

fn mean_velocity(draft: &mut Draft) -> Option<()> {
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
