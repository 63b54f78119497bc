//! Where cells can be, and what is weighed there.

use crate::cells::Precision;
use crate::experiment::sample::nodes;
use crate::schema::Draft;

/// Steps of round-off that a grid cell must hold, in f64 and in f32, whose errors have no bias.
const STEPS: [f64; 2] = [(1u64 << 20) as f64, 1024.0];
/// Those that a mean free path must hold.
const STEPS_OF_FLIGHT: f64 = 1024.0;
/// Points at which a test function is tried.
const TRIALS: usize = 4096;

/// Positions far from 0 are multiples of a step that grid and flights must be large against.
pub(super) fn resolution(draft: &mut Draft) -> Option<()> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let grid = draft.integers("domain.grid")?;
    let flight = draft.float("epsilon")? * draft.float("velocity.speed")?;
    let precision = Precision::read(draft)?;
    let is_narrow = precision == Precision::Single;
    let steps = STEPS[usize::from(is_narrow)];
    let coarse = (0..lower.len().min(upper.len()).min(grid.len())).find_map(|a| {
        let (far, edge) = (lower[a].abs().max(upper[a].abs()), upper[a] - lower[a]);
        let (step, spacing) = (far * precision.epsilon(), edge / grid[a] as f64);
        if !(edge > 0.0 && edge.is_finite()) {
            return None;
        }
        let path = if lower[a].abs() > upper[a].abs() { "domain.lower" } else { "domain.upper" };
        match (spacing < steps * step, flight < STEPS_OF_FLIGHT * step) {
            (true, _) => Some((path, format!("a grid spacing of {spacing:.1e}"), step, a)),
            (_, true) => Some((path, format!("flights of epsilon*speed = {flight:.1e}"), step, a)),
            _ => None,
        }
    });
    let (path, what, step, a) = coarse?;
    let message = format!(
        "is too far from 0 along axis {}: positions there are multiples of {step:.1e}, too coarse for {what}",
        a + 1
    );
    let or = if is_narrow { ", or set motion_precision = \"f64\"" } else { "" };
    let remedy = format!("Shift the box towards 0, or widen domain.lower to domain.upper{or}.");
    draft.complain(path, message, remedy);
    Some(())
}

/// Test functions are finite, and have no jump at a periodic face.
pub(super) fn test_functions(draft: &mut Draft) -> Option<()> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let boundary = draft.texts("domain.boundary")?;
    let grid = draft.integers("domain.grid")?;
    // Nodes may be more than an integer holds.
    let count = grid.iter().map(|n| *n as f64).product::<f64>();
    let every = (count / TRIALS as f64).ceil().max(1.0) as usize;
    for function in draft.formulas("converge.test_functions")? {
        let (text, places) = (function.text().to_string(), || Some(nodes(draft)?.step_by(every)));
        let of = |x: &[f64; 4]| function.eval(x);
        let d = draft.dimension()?;
        if let Some(x) = places()?.find(|x| !of(x).is_finite()) {
            let message = format!("\"{text}\" is {} at {:?}, not finite", of(&x), &x[..d]);
            draft.complain("converge.test_functions", message, "Correct the expression.");
            continue;
        }
        let size = places()?.map(|x| of(&x).abs()).fold(0.0, f64::max);
        let at = |x: &[f64; 4], a: usize, face: f64| {
            let mut y = *x;
            y[a] = face;
            of(&y)
        };
        let jumps = |a: usize| {
            let jump = |x: [f64; 4]| (at(&x, a, upper[a]) - at(&x, a, lower[a])).abs();
            places().into_iter().flatten().map(jump).any(|jump| jump.is_nan() || jump > 1e-9 * size)
        };
        let round = |a: &usize| boundary.get(*a).is_some_and(|word| word == "periodic");
        let Some(axis) = (0..d).filter(round).find(|a| jumps(*a)) else { continue };
        let message = format!(
            "\"{text}\" jumps at the faces of the periodic axis {}, so that its means depend on where the box begins",
            ["x", "y", "z"][axis]
        );
        draft.complain(
            "converge.test_functions",
            message,
            "Give functions with the period of the box, such as cos(2*PI*(x - lower)/L).",
        );
    }
    Some(())
}
