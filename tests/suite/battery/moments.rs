//! Mean and spread of cells in a constant gradient, against the exact law ([`crate::laboratory::truth`]).

use super::trial::{Place, Ready, Trial};
use super::{Check, Combination, EXACT, SMALL, words};
use crate::laboratory::kernels::{Spec, gradient};
use crate::laboratory::sets::{Set, frame};
use crate::laboratory::truth::{Moments, Truth};
use crate::laboratory::verdict::{Verdict, mean};
use kinetaxis::vector::dot;
use rayon::prelude::*;

/// Half the edge of the box, and the radius in which the gradient is constant up to (r/RADIUS)⁸; cells fly less than 4.
const HALF: f64 = 10.0;
const RADIUS: f64 = 6.0;

/// The exact law of every case: in each dimension, for the two kinds of motion.
pub struct Truths([Vec<[Moments; 2]>; 3]);

impl Truths {
    /// Solves the moment equations.
    pub fn new() -> Self {
        Self([truths::<1>(), truths::<2>(), truths::<3>()])
    }

    /// The verdicts of one combination.
    pub fn ready(&self, one: Combination, cells: usize) -> Check {
        let known = &self.0[one.dimension - 1][one.at[0]];
        let exact = known[usize::from(!one.is_exact())];
        match one.dimension {
            1 => ready::<1>(one, exact, cells),
            2 => ready::<2>(one, exact, cells),
            _ => ready::<3>(one, exact, cells),
        }
    }
}

/// Drift shows beside spread after a longer time, where ε is small.
const LONGER: (f64, f64) = (SMALL.0, 2.0 * SMALL.1);

/// Of kernels with a memory, whose law at small ε costs most, the first alone.
fn truths<const D: usize>() -> Vec<[Moments; 2]> {
    let of = |(set, spec): &(Set, Spec)| {
        let at = |(epsilon, time): (f64, f64)| {
            Truth::<D>::new(set, spec, epsilon, 0.0, gradient(spec.slope())).moments(time)
        };
        let exact = at(EXACT);
        [exact, if spec.remembers() { exact } else { at(LONGER) }]
    };
    words::cases().par_iter().map(of).collect()
}

pub fn ready<const D: usize>(one: Combination, exact: Moments, cells: usize) -> Check {
    let g = gradient::<D>(one.case.1.slope());
    let place = Place {
        corners: [vec![-HALF; D], vec![HALF; D]],
        grid: vec![if D == 3 { 16 } else { 32 }; D],
        signal: linear(&g, one.boundary),
        start: Some(vec![0.0; D]),
    };
    let (epsilon, time) = if one.is_exact() { EXACT } else { LONGER };
    let ready = Trial { one, epsilon, time, cells, seed: 1, place }.ready::<D>();
    Box::new(move |replicate| verdicts(&ready, &exact, &g, epsilon, replicate))
}

fn verdicts<const D: usize>(
    ready: &Ready<D>,
    exact: &Moments,
    g: &[f64; D],
    epsilon: f64,
    replicate: u64,
) -> Vec<Verdict> {
    let (cells, axes) = (ready.run(replicate), frame(g));
    let along: Vec<f64> = cells.iter().map(|(x, _)| dot(x, &axes[0])).collect();
    let about: Vec<f64> = along.iter().map(|x| (x - exact.mean).powi(2)).collect();
    let drift: Vec<f64> = cells.iter().map(|(_, v)| dot(v, &axes[0]) / epsilon).collect();
    let name = |what: &str| format!("{}: {what}", ready.name);
    let mut verdicts = vec![
        mean(&name("mean displacement"), &along, exact.mean),
        mean(&name("its variance"), &about, exact.variance),
        mean(&name("flux"), &drift, exact.drift),
    ];
    for axis in axes.iter().skip(1) {
        let across: Vec<f64> = cells.iter().map(|(x, _)| dot(x, axis)).collect();
        let square: Vec<f64> = across.iter().map(|x| x * x).collect();
        verdicts.push(mean(&name("mean across"), &across, 0.0));
        verdicts.push(mean(&name("spread across"), &square, exact.across));
    }
    verdicts
}

/// S = g·x exp(−(|x|/R)⁸): given in a box, and in the whole space an S that neither is made nor spreads nor decays.
fn linear<const D: usize>(g: &[f64; D], boundary: &str) -> Vec<String> {
    let names = ["x", "y", "z"];
    let sum = |f: &dyn Fn(usize) -> String| (0..D).map(f).collect::<Vec<_>>().join(" + ");
    let plane = sum(&|a| format!("({})*{}", g[a], names[a]));
    let square = sum(&|a| format!("{0}*{0}", names[a]));
    let text = format!("({plane})*exp(-(({square})/{})^4)", RADIUS * RADIUS);
    given(&text, boundary)
}

/// Lines of a signal that is `text` for ever.
pub fn given(text: &str, boundary: &str) -> Vec<String> {
    let lines: Vec<String> = match words::is_closed(boundary).unwrap() {
        true => vec!["equation = \"prescribed\"".into(), format!("expression = \"{text}\"")],
        false => ["equation = \"parabolic\"", "diffusion = 0", "production = 0", "decay = 0"]
            .map(String::from)
            .into_iter()
            .chain([format!("initial = \"{text}\"")])
            .collect(),
    };
    lines
}
