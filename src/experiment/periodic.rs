//! Functions of x that do not go on across a periodic face.

use super::{Density, Experiment, Signal};
use crate::formula::{Formula, Quantity};
use crate::grid::Boundary;

/// Points along the other axes at which a face is tried.
const POINTS: usize = 7;
/// Distance from the face over which slopes are taken, as a share of the edge.
const NEAR: f64 = 1e-4;
/// Jumps of values and of slopes that count, as shares of the largest difference and slope.
const JUMP: f64 = 1e-6;
const KINK: f64 = 1e-2;

/// A warning for each function and periodic axis where the function jumps or, if it is a signal,
/// where its slope does: what answers to S would feel a wall that is not meant.
pub fn warnings(e: &Experiment) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut look = |key: &str, f: &Formula, is_signal: bool| {
        for a in 0..e.dimension {
            if e.domain.boundary[a] == Boundary::Periodic {
                warnings.extend(across(e, a, f, is_signal).map(|what| tell(e, key, a, &what)));
            }
        }
    };
    for signal in &e.signals {
        let key = |name: &str| e.key_of_signal(signal, name);
        match &signal.equation {
            Signal::Prescribed(f) => look(&key("expression"), f, true),
            Signal::Parabolic { initial: Quantity::Formula(f), .. } => {
                look(&key("initial"), f, true)
            }
            _ => {}
        }
    }
    for population in &e.populations {
        if let Density::Expression(f) = &population.cells.density {
            look(&e.key_of(population, "cells.density.expression"), f, false);
        }
    }
    warnings
}

fn tell(e: &Experiment, key: &str, a: usize, what: &str) -> String {
    let (axis, lower, upper) = (["x", "y", "z"][a], e.domain.lower[a], e.domain.upper[a]);
    format!(
        "{key} {what} at the periodic face {axis} = {upper}, where {axis} = {lower} follows. Make it \
         periodic in {axis}, or set domain.boundary = \"no-flux\" there"
    )
}

/// "jumps from … to …", if `f` does where axis `a` closes.
fn across(e: &Experiment, a: usize, f: &Formula, is_signal: bool) -> Option<String> {
    let (lower, upper) = (e.domain.lower[a], e.domain.upper[a]);
    let edge = upper - lower;
    let (mut jump, mut kink) = ([0.0; 2], [0.0; 2]);
    let (mut range, mut steepest) = ([f64::INFINITY, f64::NEG_INFINITY], 0.0_f64);
    for point in points(e, a) {
        let at = |x: f64| {
            let mut point = point;
            point[a] = x;
            f.eval(&point)
        };
        let line: Vec<f64> = (0..=64).map(|i| at(lower + edge * (f64::from(i) / 64.0))).collect();
        line.iter().for_each(|s| range = [range[0].min(*s), range[1].max(*s)]);
        let slopes = line.windows(2).map(|pair| (pair[1] - pair[0]).abs() * 64.0 / edge);
        steepest = slopes.fold(steepest, f64::max);
        // One-sided, of second order.
        let slope =
            |x: f64, h: f64| (4.0 * (at(x + h) - at(x)) - (at(x + 2.0 * h) - at(x))) / (2.0 * h);
        let larger = |pair: [f64; 2], old: [f64; 2]| {
            if (pair[1] - pair[0]).abs() > (old[1] - old[0]).abs() { pair } else { old }
        };
        jump = larger([at(upper), at(lower)], jump);
        kink = larger([slope(upper, -NEAR * edge), slope(lower, NEAR * edge)], kink);
    }
    let differs = |[there, here]: [f64; 2], least: f64| (here - there).abs() > least;
    let size = range[0].abs().max(range[1].abs());
    if differs(jump, JUMP * (range[1] - range[0]) + 1e-12 * size) {
        return Some(format!("jumps from {:.4} to {:.4}", jump[0], jump[1]));
    }
    // A slope is known to the round-off of its values.
    let least = KINK * steepest + 1e-12 * size / (NEAR * edge);
    (is_signal && differs(kink, least))
        .then(|| format!("has a slope that jumps from {:.4} to {:.4}", kink[0], kink[1]))
}

/// Points all over the face, with times at the end.
fn points(e: &Experiment, a: usize) -> impl Iterator<Item = [f64; 4]> + '_ {
    let d = e.dimension;
    let others = d as u32 - 1;
    (0..2 * POINTS.pow(others)).map(move |i| {
        let (mut point, mut rest) = ([0.0; 4], i / 2);
        for b in (0..d).filter(|b| *b != a) {
            // Off the nodes and off what is symmetric.
            let share = ((rest % POINTS) as f64 + 0.381_966) / POINTS as f64;
            point[b] = e.domain.lower[b] + share * (e.domain.upper[b] - e.domain.lower[b]);
            rest /= POINTS;
        }
        // t stands behind the last coordinate, if the function knows it.
        point[d] = if i % 2 == 0 { 0.0 } else { e.time.end };
        point
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read;

    fn told(signal: &str, set: &[&str]) -> Vec<String> {
        let text = format!(
            "dimension = 2\nepsilon = 0.1\ndomain = {{ lower = 0, upper = [1, 2], grid = 16 }}\n\
             kernel = {{ model = \"local\" }}\ncells = {{ count = 10 }}\ntime = {{ end = 1, step = 0.1 }}\n\
             [signal]\nequation = \"prescribed\"\nexpression = \"{signal}\"\n"
        );
        let set: Vec<String> = set.iter().map(|s| s.to_string()).collect();
        warnings(&read(&text, "f", &set).unwrap_or_else(|e| panic!("{e}")).experiment)
    }

    #[test]
    fn a_jump_and_a_kink_at_a_periodic_face_are_told_by_face() {
        for good in [
            "0.3",
            "cos(2*PI*x)*sin(PI*y)",
            "sin(2*PI*(x - t))^2",
            "exp(-(x-0.5)^2/0.005)",
            "1e6 + cos(2*PI*x)",
        ] {
            assert_eq!(told(good, &[]), [""; 0], "{good}");
        }
        let jump = told("x", &[]);
        assert!(jump.len() == 1 && jump[0].starts_with("signal.expression jumps from 1.0000 to 0.0000 at the periodic face x = 1, where x = 0"), "{jump:?}");
        for (bad, face) in [
            ("y", "y = 2"),
            ("cos(PI*x)", "x = 1"),
            ("1e6 + x", "x = 1"),
            ("x*(1-x)", "slope"),
            ("t*y", "y = 2"),
            ("abs(y - 1)", "y = 2"),
        ] {
            let told = told(bad, &[]);
            assert!(told.len() == 1 && told[0].contains(face), "{bad}: {told:?}");
        }
        let density = ["cells.density.shape=expression", "cells.density.expression=1 + y"];
        assert_eq!(told("x + y", &density).len(), 3);
    }
}
