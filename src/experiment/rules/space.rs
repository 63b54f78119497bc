//! What the whole space asks of an experiment.

use crate::experiment::sample::nodes;
use crate::experiment::space::is_open;
use crate::formula::{Formula, Quantity};
use crate::schema::Draft;
use std::f64::consts::PI;

/// Grids in the whole space are multiples of this.
const MULTIPLE: i64 = 8;

pub(super) fn all_axes(draft: &mut Draft) -> Option<()> {
    let words = draft.texts("domain.boundary").filter(|_| is_open(draft))?;
    let other = words.iter().find(|word| *word != "open")?;
    let message = format!("is open along one axis and {other} along another");
    draft.complain("domain.boundary", message, "Make all axes open, or none.");
    Some(())
}

pub(super) fn grids(draft: &mut Draft) -> Option<()> {
    if !is_open(draft) {
        return None;
    }
    let same = draft.integers("domain.grid") == draft.integers("limit.grid");
    for path in ["domain.grid", "limit.grid"] {
        let Some(bad) = draft.integers(path)?.into_iter().find(|n| n % MULTIPLE != 0) else {
            continue;
        };
        if path == "domain.grid" || !same {
            let (below, above) = (bad / MULTIPLE * MULTIPLE, (bad / MULTIPLE + 1) * MULTIPLE);
            let message =
                format!("holds {bad}, and in the whole space it is a multiple of {MULTIPLE}");
            let remedy = match below {
                0 => format!("Give {above}."),
                _ => format!("Give {below} or {above}."),
            };
            draft.complain(path, message, remedy);
        }
    }
    Some(())
}

pub(super) fn shape(draft: &mut Draft) -> Option<()> {
    let shape = draft.text("cells.density.shape").filter(|_| is_open(draft))?;
    if ["uniform", "cosine"].contains(&shape) {
        let message = "fills the whole space, and its mass is infinite there";
        let remedy =
            "Give a density that decays, such as \"gaussian\", or another domain.boundary.";
        draft.complain("cells.density.shape", message, remedy);
    }
    Some(())
}

pub(super) fn signal(draft: &mut Draft) -> Option<()> {
    let equation = draft.text("signal.equation").filter(|_| is_open(draft))?;
    if equation == "prescribed" {
        let message =
            "does not suit domain.boundary = \"open\": a given signal is known on the box alone";
        let remedy = "Use a \"no-flux\" box that is wide enough for no cell to reach its walls.";
        draft.complain("signal.equation", message, remedy);
    }
    Some(())
}

/// S(x, 0) has to be constant near the faces of the box: beyond them it is taken to go on so.
pub(super) fn initial_signal(draft: &mut Draft) -> Option<()> {
    let Quantity::Formula(initial) = draft.quantity("signal.initial").filter(|_| is_open(draft))?
    else {
        return None;
    };
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let d = lower.len();
    let far = |x: &[f64; 4]| {
        (0..d).any(|a| (x[a] - lower[a]).min(upper[a] - x[a]) < (upper[a] - lower[a]) / 20.0)
    };
    let nothing = [f64::INFINITY, f64::NEG_INFINITY];
    let (mut edge, mut all) = (nothing, nothing);
    for x in nodes(draft)? {
        let value = initial.eval(&x);
        let widen = |range: &mut [f64; 2]| *range = [range[0].min(value), range[1].max(value)];
        widen(&mut all);
        if far(&x) {
            widen(&mut edge);
        }
    }
    if edge[1] - edge[0] > 1e-6 * (all[1] - all[0]) {
        let message = format!(
            "goes from {} to {} near the faces of the box, where it has to be constant in the whole space",
            edge[0], edge[1]
        );
        draft.complain("signal.initial", message, "Widen the box until it has decayed.");
    }
    Some(())
}

/// The elliptic signal without decay is known up to a constant in one and two dimensions, and no
/// kernel may depend on that.
pub(super) fn lost_constant(draft: &mut Draft) -> Option<()> {
    let elliptic = draft.text("signal.equation").filter(|_| is_open(draft))? == "elliptic";
    if !elliptic || draft.constant("signal.decay")? > 0.0 || draft.dimension()? == 3 {
        return None;
    }
    let quantities = ["lambda", "a", "b", "diffusivity", "sensitivity"];
    let paths: Vec<String> = quantities.iter().map(|name| format!("kernel.{name}")).collect();
    let uses = |path: &String| draft.quantity(path).is_some_and(|q| q.uses("S"));
    let mut bad: Vec<String> = paths.into_iter().filter(uses).collect();
    let moves = |psi: &Formula| {
        let pairs = [-2.3, -0.4, 0.0, 0.7, 3.1].map(|s| [-1.1, 0.2, 1.9].map(|z| (s, s + z)));
        pairs.as_flattened().iter().any(|(s, r)| {
            let (here, there) = (psi.eval(&[*s, *r]), psi.eval(&[s + 1.37, r + 1.37]));
            (here - there).abs() > 1e-9 * (here.abs() + there.abs())
        })
    };
    if draft.formula("kernel.expression").is_some_and(|psi| moves(&psi)) {
        bad.push("kernel.expression".into());
    }
    for path in bad {
        let message = "needs the value of S, which the elliptic signal without decay has only up to a constant in the whole space of one or two dimensions";
        let remedy = "Let it depend on grad S or on the difference R - S alone, or give signal.decay > 0, or a parabolic signal.";
        draft.complain(&path, message, remedy);
    }
    Some(())
}

/// Largest size of the mean of S beside that of its waves: of 16 digits the waves keep four.
const DROWNED: f64 = 1e12;

/// A mean of S, however large, moves no cell, but takes the digits of what does. Where ρ has mean and
/// waves of one size the mean of S is αρ̄ min(1/β, t/δ), and the longest wave αρ̂/(D_S κ² + β).
pub(super) fn drowned(draft: &mut Draft) -> Option<()> {
    let equation = draft.text("signal.equation")?.to_string();
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let edge = lower.iter().zip(&upper).map(|(l, u)| u - l).fold(0.0, f64::max);
    let (diffusion, decay) = (draft.float("signal.diffusion")?, draft.constant("signal.decay")?);
    // D_S κ².
    let spread = diffusion * (2.0 * PI / edge).powi(2);
    if is_open(draft) || !spread.is_finite() {
        return None;
    }
    let most = spread / DROWNED;
    let (key, least, other) = match equation.as_str() {
        "elliptic" if decay > 0.0 && decay < most => {
            ("signal.decay", most, ", or 0, which gives S the mean 0")
        }
        "parabolic" => {
            let (delta, end) = (draft.float("signal.delta")?, draft.float("time.end")?);
            if decay >= most || delta >= most * end {
                return None;
            }
            ("signal.delta", most * end, ", or raise signal.decay")
        }
        _ => return None,
    };
    let message = "lets the mean of S grow to more than 1e12 times its waves, whose slopes are then lost in round-off";
    let remedy = format!("Give at least {least:.2e}{other}.");
    draft.complain(key, message, remedy);
    Some(())
}
