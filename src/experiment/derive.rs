//! Defaults that follow from other keys, and lists brought into order.

use super::parameter::Parameter;
use super::space::is_open;
use crate::formula::Formula;
use crate::schema::{Checked, Draft};
use std::f64::consts::{PI, SQRT_2};

pub(crate) fn derive(draft: &mut Draft) {
    match draft.scale_of_epsilon() {
        Some(epsilon) => draft.derive("epsilon", Some(Checked::Float(epsilon))),
        None if !draft.gives("epsilon") => draft.missing("epsilon"),
        None => {}
    }
    draft.derive("cells.density.center", centre(draft).map(Checked::Floats));
    let shape = draft.text("cells.density.shape").is_some_and(|shape| shape != "expression");
    weights(draft, shape);
    draft.derive("deposit.bandwidth", bandwidth(draft).map(Checked::Float));
    draft.derive("time.outputs", Some(Checked::Floats(vec![])));
    draft.derive("cells.density.grid", draft.integers("domain.grid").map(Checked::Integers));
    draft.derive("limit.grid", draft.integers("domain.grid").map(Checked::Integers));
    draft.derive("limit.step", draft.float("time.step").map(Checked::Float));
    draft.derive("time.motion_step", draft.float("time.step").map(Checked::Float));
    draft.derive("converge.epsilons", epsilons(draft).map(Checked::Floats));
    let replicates = draft.integer("ensemble.replicates").map(|n| Checked::Integer(n.max(4)));
    draft.derive("converge.replicates", replicates);
    let count = draft.integer("cells.count").map(|n| Checked::Integers(vec![n]));
    draft.derive("converge.cells", count);
    draft.derive("converge.test_functions", waves(draft).map(Checked::Formulas));
    times(draft);
    sweep(draft);
    draft.derive("converge.values", values(draft).map(Checked::Floats));
    sort_values(draft);
}

/// Of number, mass and weight of the cells two give the third.
fn weights(draft: &mut Draft, shape: bool) {
    let (count, weight) = (draft.integer("cells.count"), draft.float("cells.weight"));
    let of_weight = weight.zip(count).map(|(weight, count)| weight * count as f64);
    // Of no cells a weight is all there is to say.
    let none = of_weight == Some(0.0);
    let mass = of_weight.filter(|mass| *mass > 0.0).or((shape && !none).then_some(1.0));
    draft.derive("cells.mass", mass.map(Checked::Float));
    let count = draft.float("cells.mass").zip(weight).map(|(mass, weight)| (mass / weight).round());
    let most = i64::MAX as f64;
    draft.derive("cells.count", count.map(|n| Checked::Integer(n.clamp(1.0, most) as i64)));
}

/// cos and sin of the first period along a periodic or open axis, the first cosine along a no-flux axis.
fn waves(draft: &Draft) -> Option<Vec<Formula>> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let names = ["x", "y", "z"];
    let mut waves = Vec::new();
    for (a, boundary) in draft.texts("domain.boundary")?.iter().enumerate() {
        let periodic = boundary != "no-flux";
        let edge = (upper.get(a)? - lower.get(a)?) / if periodic { 2.0 } else { 1.0 };
        let phase = phase(names[a], *lower.get(a)?, edge);
        let waves_here: &[&str] = if periodic { &["cos", "sin"] } else { &["cos"] };
        for wave in waves_here {
            waves.push(Formula::parse(&format!("{wave}({phase})"), &names[..lower.len()]).ok()?);
        }
    }
    Some(waves)
}

/// π(x − origin)/edge as one would type it: `2*x` where the edge holds π and the origin, by its symmetry, has no say but in the sign.
fn phase(name: &str, origin: f64, edge: f64) -> String {
    let is_whole = |x: f64| (x - x.round()).abs() <= 1e-14 * x.abs();
    let number = PI / edge;
    if is_whole(4.0 * number) && is_whole(origin / edge) {
        let number = (4.0 * number).round() / 4.0;
        return if number == 1.0 { name.to_string() } else { format!("{number}*{name}") };
    }
    let place = match origin {
        0.0 => name.to_string(),
        o if o < 0.0 => format!("({name} + {})", -o),
        o => format!("({name} - {o})"),
    };
    format!("PI*{place}/{edge}")
}

fn centre(draft: &Draft) -> Option<Vec<f64>> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    Some(lower.iter().zip(&upper).map(|(l, u)| 0.5 * l + 0.5 * u).collect())
}

/// Largest grid spacing and shortest edge of the box.
pub(crate) fn scales(draft: &Draft) -> Option<(f64, f64)> {
    let (lower, upper) = (draft.floats("domain.lower")?, draft.floats("domain.upper")?);
    let edges: Vec<f64> = lower.iter().zip(&upper).map(|(l, u)| u - l).collect();
    let grid = draft.integers("domain.grid")?;
    let spacing = edges.iter().zip(&grid).map(|(edge, &n)| edge / n as f64).fold(0.0, f64::max);
    Some((spacing, edges.into_iter().fold(f64::INFINITY, f64::min)))
}

fn bandwidth(draft: &Draft) -> Option<f64> {
    let (spacing, edge) = scales(draft)?;
    Some((1.5 * spacing).min(0.25 * edge))
}

fn epsilons(draft: &Draft) -> Option<Vec<f64>> {
    let epsilon = draft.float("epsilon")?;
    Some([4.0, 2.0 * SQRT_2, 2.0, SQRT_2].map(|factor| factor * epsilon).to_vec())
}

/// The values of a sweep in another parameter than ε.
fn values(draft: &Draft) -> Option<Vec<f64>> {
    let halvings = |x: f64| [1.0, 0.5, 0.25, 0.125].map(|factor| factor * x).to_vec();
    Some(match Parameter::from_word(draft.text("converge.in")?)? {
        Parameter::Epsilon => return None,
        Parameter::Delta => halvings(draft.float("signal.delta")?),
        Parameter::Step => halvings(draft.float("time.step")?),
        Parameter::Cells => {
            let mut counts = halvings(draft.integer("cells.count")? as f64);
            counts.iter_mut().for_each(|n| *n = n.ceil());
            counts.dedup();
            counts
        }
        Parameter::Grid => {
            let grid = draft.integers("domain.grid")?;
            let multiple = if is_open(draft) { 16 } else { 2 };
            let factors = match grid.iter().all(|n| n % multiple == 0) {
                true => [1.0, 1.5, 2.0],
                false => [1.0, 2.0, 3.0],
            };
            factors.map(|factor| factor * grid[0] as f64).to_vec()
        }
        Parameter::Bandwidth => {
            let (h, (_, edge)) = (draft.float("deposit.bandwidth")?, scales(draft)?);
            let factors = [2.0 * SQRT_2, 2.0, SQRT_2, 1.0];
            factors.map(|factor| factor * h).into_iter().filter(|h| *h <= 0.25 * edge).collect()
        }
    })
}

/// Sorts the values of a sweep, the coarsest first.
fn sort_values(draft: &mut Draft) {
    let parameter = draft.text("converge.in").and_then(Parameter::from_word);
    let (Some(parameter), Some(mut values)) = (parameter, draft.floats("converge.values")) else {
        return;
    };
    values.sort_by(|a, b| parameter.scale(*b).total_cmp(&parameter.scale(*a)));
    draft.replace("converge.values", Checked::Floats(values));
}

/// Sorts the output times, each once, with the final time among them.
fn times(draft: &mut Draft) {
    for path in ["time.outputs", "output.cells_at"] {
        let Some(mut times) = draft.floats(path) else { continue };
        times.extend(draft.float("time.end").filter(|_| path == "time.outputs"));
        times.sort_by(f64::total_cmp);
        times.dedup();
        draft.replace(path, Checked::Floats(times));
    }
}

/// Sorts ε, largest first, and the numbers of cells with it; one number serves every ε.
fn sweep(draft: &mut Draft) {
    let Some(epsilons) = draft.floats("converge.epsilons") else { return };
    let mut order: Vec<usize> = (0..epsilons.len()).collect();
    order.sort_by(|&i, &j| epsilons[j].total_cmp(&epsilons[i]));
    let sorted = order.iter().map(|&i| epsilons[i]).collect();
    draft.replace("converge.epsilons", Checked::Floats(sorted));
    let Some(cells) = draft.integers("converge.cells") else { return };
    let cells = match cells[..] {
        [one] => vec![one; epsilons.len()],
        _ if cells.len() == epsilons.len() => order.iter().map(|&i| cells[i]).collect(),
        // Refused by the rules.
        _ => cells,
    };
    draft.replace("converge.cells", Checked::Integers(cells));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_called_as_one_would_type_them() {
        assert_eq!(phase("x", -PI, PI), "x");
        assert_eq!(phase("y", 0.0, PI / 2.0), "2*y");
        assert_eq!(phase("x", 0.0, 2.0 * PI), "0.5*x");
        assert_eq!(phase("x", 0.0, 1.5), "PI*x/1.5");
        assert_eq!(phase("x", -3.0, 6.0), "PI*(x + 3)/6");
        assert_eq!(phase("z", 1.0, PI), "PI*(z - 1)/3.141592653589793");
        assert_eq!(phase("z", 0.0, 3.15), "PI*z/3.15");
    }
}
