//! A second engine, as slow and obvious as the equations (model.md, 1): one cell after the other, one event after the other.
//!
//! A cell at x with velocity w moves at w/ε. Candidates of a turn come at the rate B/ε², B a bound on T(x,v,w)/F(v); a
//! candidate draws v from F and turns to it with probability T(x,v,w)/(F(v)B). Of the library this takes the value of T and
//! formulas; walls, signal, velocities and random numbers are its own.

use super::sets::Set;
use kinetaxis::formula::Formula;
use kinetaxis::turning::{Bounds, Sense, TurningKernel};
use kinetaxis::vector::{Vector, norm};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::f64::consts::TAU;

/// A box, and a signal that is given in it by a formula in x, y, z.
pub struct Arena<const D: usize> {
    /// Lower corner.
    pub lower: Vector<D>,
    /// Upper corner.
    pub upper: Vector<D>,
    /// Whether cells that leave come in on the other side; they are reflected otherwise.
    pub wraps: bool,
    /// S.
    pub signal: Formula,
}

impl<const D: usize> Arena<D> {
    /// The point of the box that stands for `x`, and for each axis whether it is seen in a mirror.
    fn fold(&self, mut x: Vector<D>) -> (Vector<D>, [bool; D]) {
        let mut mirrored = [false; D];
        for a in 0..D {
            let (low, high) = (self.lower[a], self.upper[a]);
            while x[a] < low || x[a] >= high {
                let below = x[a] < low;
                if self.wraps {
                    x[a] += if below { high - low } else { low - high };
                } else {
                    // A point on the upper wall stays there.
                    x[a] = 2.0 * if below { low } else { high } - x[a];
                    mirrored[a] = !mirrored[a];
                    if x[a] == high {
                        break;
                    }
                }
            }
        }
        (x, mirrored)
    }
}

impl<const D: usize> Sense<D> for Arena<D> {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.signal.eval(&self.fold(*x).0)
    }

    /// By differences, good to some 10⁻⁹.
    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        let h = 1e-5;
        let slope = |a: usize| {
            let beside = |h: f64| std::array::from_fn(|b| if a == b { x[b] + h } else { x[b] });
            (self.value(&beside(h)) - self.value(&beside(-h))) / (2.0 * h)
        };
        (self.value(x), std::array::from_fn(slope))
    }

    fn bounds(&self) -> Bounds<D> {
        unreachable!("the bound on T/F is given")
    }
}

/// A velocity drawn from F: points of the cube about V until one is in V, kept with a probability that goes as F.
fn draw<const D: usize>(set: &Set, dice: &mut Xoshiro256PlusPlus) -> Vector<D> {
    loop {
        let v: Vector<D> = if set.is_sphere() {
            // Gaussian components have no direction.
            let gauss = |dice: &mut Xoshiro256PlusPlus| {
                let radius = (-2.0 * (1.0 - dice.random::<f64>()).ln()).sqrt();
                radius * (TAU * dice.random::<f64>()).cos()
            };
            let g: Vector<D> = std::array::from_fn(|_| gauss(dice));
            g.map(|x| set.outer * x / norm(&g))
        } else {
            std::array::from_fn(|_| set.outer * (2.0 * dice.random::<f64>() - 1.0))
        };
        let speed = norm(&v);
        if !set.is_sphere() && !(set.inner..=set.outer).contains(&speed) {
            continue;
        }
        // The profiles of the laboratory are monotone.
        let kept = set
            .profile
            .is_none_or(|(_, f)| dice.random::<f64>() * f(set.inner).max(f(set.outer)) < f(speed));
        if kept {
            return v;
        }
    }
}

/// Where `count` cells end that start at `start` with velocities from F, after `time`.
pub fn fly<const D: usize, K: TurningKernel<D>>(
    kernel: &K,
    set: &Set,
    arena: &Arena<D>,
    (epsilon, bound, time): (f64, f64, f64),
    start: Vector<D>,
    (count, seed): (usize, u64),
) -> Vec<(Vector<D>, Vector<D>)> {
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(seed);
    let one = |_| {
        let (mut x, mut w, mut left) = (start, draw(set, &mut dice), time);
        loop {
            let wait = -(1.0 - dice.random::<f64>()).ln() * epsilon * epsilon / bound;
            let flight = wait.min(left);
            let (there, mirrored) =
                arena.fold(std::array::from_fn(|a| x[a] + flight * w[a] / epsilon));
            x = there;
            w = std::array::from_fn(|a| if mirrored[a] { -w[a] } else { w[a] });
            left -= flight;
            if left <= 0.0 {
                return (x, w);
            }
            let v = draw(set, &mut dice);
            let rate = kernel.relative_rate(arena, &x, &v, &w);
            assert!((0.0..=bound).contains(&rate), "T/F = {rate} is not within 0 and {bound}");
            if dice.random::<f64>() * bound < rate {
                w = v;
            }
        }
    };
    (0..count).map(one).collect()
}
