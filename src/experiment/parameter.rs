//! What a sweep varies.

use super::{Experiment, NamedSignal, Population, Signal};
use crate::formula::Quantity;
use std::f64::consts::SQRT_2;

/// The parameter of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// ε: the distance to the macroscopic limit.
    Epsilon,
    /// δ of a parabolic signal: the distance to the elliptic one, δ = 0.
    Delta,
    /// N, cells of one replicate: the distance to 2N.
    Cells,
    /// n, grid cells along the first axis, the others in proportion: the distance to 2n.
    Grid,
    /// Δt, the field step: the distance to Δt/2.
    Step,
    /// h of the deposit: the distance to h/√2.
    Bandwidth,
}

impl Parameter {
    /// Their words, in the order of the variants.
    pub const WORDS: &[&str] = &["epsilon", "delta", "cells", "grid", "step", "bandwidth"];
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Epsilon, Self::Delta, Self::Cells, Self::Grid, Self::Step, Self::Bandwidth];

    /// The parameter with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }

    /// Its word: the name of its column, and of `converge --in`.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// Its symbol.
    pub fn symbol(self) -> &'static str {
        ["ε", "δ", "N", "n", "Δt", "h"][self as usize]
    }

    /// Its key in the experiment file.
    pub fn key(self) -> &'static str {
        let keys = [
            "epsilon",
            "signal.delta",
            "cells.count",
            "domain.grid",
            "time.step",
            "deposit.bandwidth",
        ];
        keys[self as usize]
    }

    /// What the results at one value are compared with.
    pub fn compared_with(self) -> &'static str {
        let others = [
            "the drift–diffusion limit, ε → 0",
            "the elliptic signal, δ = 0",
            "twice as many cells, 2N",
            "half the grid spacing, 2n",
            "half the field step, Δt/2",
            "the narrower bandwidth h/√2",
        ];
        others[self as usize]
    }

    /// The value in `e`; the field step is that in effect, a fraction of the final time.
    pub fn value(self, e: &Experiment) -> f64 {
        match self {
            Self::Epsilon => e.epsilon,
            Self::Delta => deltas(e).next().unwrap_or(0.0),
            Self::Cells => e.lead().cells.count as f64,
            Self::Grid => e.domain.grid[0] as f64,
            Self::Step => e.time.end / (e.time.end / e.time.step * (1.0 - 1e-12)).ceil(),
            Self::Bandwidth => e.lead().deposit.bandwidth,
        }
    }

    /// Gives `e` another value. Numbers of cells are rounded, and a field step is shortened to a
    /// fraction of the final time. Where there are several, it is the value of the first population that has cells
    /// at t = 0, or of the first signal that has a δ, and the others change in proportion.
    pub fn set(self, e: &mut Experiment, value: f64) {
        let old = self.value(e);
        let scaled = |own: f64| if own == old { value } else { own * (value / old) };
        match self {
            Self::Epsilon => e.epsilon = value,
            Self::Delta => {
                for signal in &mut e.signals {
                    if let Signal::Parabolic { delta, .. } = &mut signal.equation {
                        *delta = scaled(*delta);
                    }
                }
            }
            Self::Cells => {
                for cells in e.populations.iter_mut().map(|p| &mut p.cells) {
                    cells.count = scaled(cells.count as f64).round() as usize;
                    if let (Some(weight), true) = (&mut cells.weight, value != old) {
                        *weight *= old / value;
                    }
                }
            }
            Self::Grid => {
                let factor = value / e.domain.grid[0] as f64;
                let scaled = |n: usize| (n as f64 * factor).round() as usize;
                e.domain.grid.iter_mut().for_each(|n| *n = scaled(*n));
            }
            Self::Step => {
                e.time.step = value;
                e.time.step = self.value(e);
            }
            Self::Bandwidth => {
                e.populations
                    .iter_mut()
                    .map(|p| &mut p.deposit.bandwidth)
                    .for_each(|h| *h = scaled(*h));
            }
        }
    }

    /// `e` with another value.
    pub fn at(self, e: &Experiment, value: f64) -> Experiment {
        let mut e = e.clone();
        self.set(&mut e, value);
        e
    }

    /// The value that the one of a numerical parameter is compared with; none for ε and δ, which
    /// have a limit.
    pub fn finer(self, value: f64) -> Option<f64> {
        match self {
            Self::Epsilon | Self::Delta => None,
            Self::Cells | Self::Grid => Some(2.0 * value),
            Self::Step => Some(0.5 * value),
            Self::Bandwidth => Some(value / SQRT_2),
        }
    }

    /// The experiment that `e` is compared with; none for ε, whose limit has no cells.
    pub fn other(self, e: &Experiment) -> Option<Experiment> {
        match self {
            Self::Epsilon => None,
            Self::Delta => Some(quasi_steady(e)),
            _ => self.finer(self.value(e)).map(|finer| self.at(e, finer)),
        }
    }

    /// What vanishes with the error: 1/N and 1/n for the two numbers, else the value itself.
    pub fn scale(self, value: f64) -> f64 {
        match self {
            Self::Cells | Self::Grid => 1.0 / value,
            _ => value,
        }
    }

    /// p, if the error is of order (scale)ᵖ as it should be, of whatever is worst.
    pub fn order(self, e: &Experiment) -> f64 {
        match self {
            Self::Epsilon => e.populations.iter().map(own_order).fold(2.0, f64::min),
            Self::Delta | Self::Cells => 1.0,
            Self::Grid | Self::Step => 2.0,
            Self::Bandwidth => e.lead().deposit.order as f64,
        }
    }

    /// The same of population `number`, or of a signal: where one of them answers to another, all have the worst order.
    pub fn order_of(self, e: &Experiment, number: Option<usize>) -> f64 {
        let answers = |s: &NamedSignal| !matches!(s.equation, Signal::None | Signal::Prescribed(_));
        let coupled = !e.reactions.is_empty() || e.signals.iter().any(answers);
        match (self, number) {
            (Self::Epsilon, Some(number)) if !coupled => own_order(&e.populations[number]),
            _ => self.order(e),
        }
    }

    /// 1/|qᵖ − 1|, the error of `e` over its distance to `other`, whose scale is q times as large.
    pub fn share(self, e: &Experiment, other: &Experiment) -> f64 {
        let scale = |e: &Experiment| self.scale(self.value(e));
        let q = scale(other) / scale(e);
        1.0 / (q.powf(self.order(e)) - 1.0).abs()
    }
}

/// [`Population::order`] of a kernel that is even, as all are but what a user may type; of that `inspect` tells.
fn own_order(population: &Population) -> f64 {
    f64::from(population.order(true))
}

/// δ of every parabolic signal.
fn deltas(e: &Experiment) -> impl Iterator<Item = f64> {
    e.signals.iter().filter_map(|signal| match signal.equation {
        Signal::Parabolic { delta, .. } => Some(delta),
        _ => None,
    })
}

/// `e` with the elliptic signal in place of a parabolic one with constant rates.
fn quasi_steady(e: &Experiment) -> Experiment {
    let mut e = e.clone();
    let constant = |q: &Quantity| match q {
        Quantity::Constant(c) => *c,
        Quantity::Formula(f) => panic!("an elliptic signal has constant rates, not {}", f.text()),
    };
    for signal in e.signals.iter_mut().map(|signal| &mut signal.equation) {
        if let Signal::Parabolic { diffusion, production, decay, .. } = signal {
            let (production, decay) = (constant(production), constant(decay));
            *signal = Signal::Elliptic { diffusion: *diffusion, production, decay };
        }
    }
    e
}

/// One value of a sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// The experiment there, with the final time as its only output.
    pub own: Experiment,
    /// The experiment that it is compared with; none for ε.
    pub other: Option<Experiment>,
}

/// The sweep of `[converge]`, coarsest value first.
pub fn points(e: &Experiment) -> Vec<Point> {
    let parameter = e.converge.parameter;
    let mut e = e.clone();
    e.time.outputs = vec![e.time.end];
    let point = |mut own: Experiment, value: f64| {
        parameter.set(&mut own, value);
        Point { value: parameter.value(&own), other: parameter.other(&own), own }
    };
    if parameter != Parameter::Epsilon {
        return e.converge.values.iter().map(|value| point(e.clone(), *value)).collect();
    }
    (e.converge.epsilons.iter().zip(&e.converge.cells))
        .map(|(&epsilon, &cells)| point(Parameter::Cells.at(&e, cells as f64), epsilon))
        .collect()
}
