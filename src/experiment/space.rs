//! How far the field of the whole space reaches beyond the box that holds the cells.

use super::parameter::Parameter;
use crate::schema::Draft;

/// Share of a field's weight below which its tail is left out.
const TAIL: f64 = 1e-12;

/// Whether the cells live in the whole space.
pub(crate) fn is_open(draft: &Draft) -> bool {
    draft.texts("domain.boundary").is_some_and(|words| words.iter().any(|w| w == "open"))
}

/// Eighths of the edge of the box, along each axis, by which fields need to be known beyond either
/// of its faces; 0 in a box that is none of the whole space.
///
/// A periodic box serves for the whole space if its images are out of reach of one another: of the
/// signal's kernel, which is cut off where no two points of the box are so far apart (elliptic, see
/// `WholeSpace`), or where its tail is negligible, of e^{-sqrt(beta/D) r} or e^{-delta r^2/4Dt}.
pub(crate) fn padding(draft: &Draft) -> Option<Vec<u32>> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let edges: Vec<f64> = lower.iter().zip(&upper).map(|(l, u)| u - l).collect();
    if !is_open(draft) {
        return Some(vec![0; edges.len()]);
    }
    let reach = reach(draft, edges.iter().map(|e| e * e).sum::<f64>().sqrt())?;
    // Far beyond what memory holds it no longer matters.
    Some(edges.iter().map(|edge| (4.0 * reach / edge).ceil().clamp(1.0, 1e5) as u32).collect())
}

/// The values of a sweep in delta; none of another sweep.
fn swept_deltas(draft: &Draft) -> Vec<f64> {
    match draft.text("converge.in") == Some(Parameter::Delta.word()) {
        true => draft.floats("converge.values").unwrap_or_default(),
        false => vec![],
    }
}

/// How far images of the box have to be apart.
fn reach(draft: &Draft, diagonal: f64) -> Option<f64> {
    let number = |name: &str| draft.float(&format!("signal.{name}"));
    let nepers = -TAIL.ln();
    let by_decay = |diffusion: f64| match draft.constant("signal.decay") {
        Some(decay) if decay > 0.0 => nepers * (diffusion / decay).sqrt(),
        _ => f64::INFINITY,
    };
    Some(match draft.text("signal.equation")? {
        "elliptic" => by_decay(number("diffusion")?).min(diagonal),
        "parabolic" => {
            let (diffusion, swept) = (number("diffusion")?, swept_deltas(draft));
            // A sweep in delta has one box for all, the elliptic signal included.
            let delta = swept.iter().copied().fold(number("delta")?, f64::min);
            let by_time = 2.0 * (diffusion / delta * draft.float("time.end")? * nepers).sqrt();
            let elliptic = if swept.is_empty() { 0.0 } else { diagonal };
            by_decay(diffusion).min(by_time.max(elliptic))
        }
        _ => 0.0,
    })
}
