//! (A1) of CMPS, (22) of HKS: 0 ≤ T_ε ≤ C(1 + S(x+εv) + S(x−εv′)) for every S ≥ 0.

use super::Status;
use crate::turning::search::highest;
use crate::turning::{Majorant, Sense, Turn, TurningKernel, Wave};
use crate::vector::{Vector, scaled};
use crate::velocity::VelocitySpace;
use std::f64::consts::PI;

/// T in one turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example<const D: usize> {
    /// The signal and the velocities; x = 0.
    pub turn: Turn<D>,
    /// T_ε(v, v′).
    pub turning: f64,
    /// T_ε/(1 + S(x+εv) + S(x−εv′)).
    pub ratio: f64,
}

/// What a search found among signals 0 ≤ S ≤ `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Largest S allowed.
    pub scale: f64,
    /// The largest ratio that was found.
    pub ratio: f64,
}

/// The verdict on (A1).
#[derive(Clone, Debug, PartialEq)]
pub struct Structure<const D: usize> {
    /// Whether it holds for every S ≥ 0.
    pub status: Status,
    /// C, where it is proved.
    pub constant: Option<f64>,
    /// Where it fails: one turn with T < 0, or two between which the ratio grows.
    pub examples: Vec<Example<D>>,
    /// The largest ratios found, where nothing is proved.
    pub found: Vec<Found>,
}

/// Asks the kernel, and searches where it knows nothing.
pub fn structure<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    epsilon: f64,
) -> Structure<D> {
    let example = |turn: Turn<D>| evaluate(kernel, space, epsilon, turn);
    let fails = |turns: &[Turn<D>]| Structure {
        status: Status::Fails,
        constant: None,
        examples: turns.iter().map(|turn| example(*turn)).collect(),
        found: Vec::new(),
    };
    match kernel.majorant() {
        Majorant::Holds { constant } => Structure {
            status: Status::Holds,
            constant: Some(constant),
            examples: Vec::new(),
            found: Vec::new(),
        },
        Majorant::Negative(turn) => fails(&[turn]),
        Majorant::Unbounded(turns) => fails(&turns),
        Majorant::Unknown => search(space, epsilon, example),
    }
}

/// T and its ratio to 1 + S(x+εv) + S(x−εv′).
pub fn evaluate<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    space: &VelocitySpace<D>,
    epsilon: f64,
    turn: Turn<D>,
) -> Example<D> {
    let Turn { signal, new, old } = turn;
    let rate = kernel.relative_rate(&signal, &[0.0; D], &new, &old);
    let turning = rate * space.density(&new);
    let remote = |v: &Vector<D>| signal.value(v);
    let reach = remote(&scaled(epsilon, &new)) + remote(&scaled(-epsilon, &old));
    Example { turn, turning, ratio: turning / (1.0 + reach) }
}

/// Scales of S that are searched.
const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Looks for T < 0, then for the largest ratios, among waves of all lengths within a factor of ten
/// about the distance that a cell can sense.
fn search<const D: usize>(
    space: &VelocitySpace<D>,
    epsilon: f64,
    example: impl Fn(Turn<D>) -> Example<D>,
) -> Structure<D> {
    let at = |scale: f64, u: &[f64; 8]| example(turn(space, epsilon, scale, u));
    let mut found = Vec::new();
    for scale in SCALES {
        let (depth, u) = highest(|u: &[f64; 8]| -at(scale, u).turning);
        if depth > 0.0 {
            let examples = vec![at(scale, &u)];
            return Structure { status: Status::Fails, constant: None, examples, found };
        }
        let (ratio, _) = highest(|u: &[f64; 8]| at(scale, u).ratio);
        found.push(Found { scale, ratio });
    }
    Structure { status: Status::Unknown, constant: None, examples: Vec::new(), found }
}

/// The turn at a point of the unit cube.
fn turn<const D: usize>(
    space: &VelocitySpace<D>,
    epsilon: f64,
    scale: f64,
    u: &[f64; 8],
) -> Turn<D> {
    let mean = 0.5 * scale * u[0];
    let natural = PI / (epsilon * space.max_speed());
    let signal = Wave {
        mean,
        amplitude: mean * u[1],
        number: natural * 10.0_f64.powf(2.0 * u[2] - 1.0),
        phase: 2.0 * PI * u[3],
    };
    let velocity = |direction: f64, share: f64| {
        let speed = space.min_speed() + share * (space.max_speed() - space.min_speed());
        let (sine, cosine) = (2.0 * PI * direction).sin_cos();
        let mut v = [0.0; D];
        match D {
            1 => v[0] = speed * if direction < 0.5 { 1.0 } else { -1.0 },
            _ => (v[0], v[1]) = (speed * cosine, speed * sine),
        }
        v
    };
    Turn { signal, new: velocity(u[4], u[6]), old: velocity(u[5], u[7]) }
}
