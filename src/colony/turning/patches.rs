//! A function of (S, |∇S|) that is costly to compute, interpolated on patches made when first asked for.

use crate::quadrature::gauss_legendre;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// Nodes along each axis of a patch.
const NODES: usize = 8;
/// Width of the widest patch in asinh S and asinh |∇S|.
const WIDTH: f64 = 0.5;
/// Halvings of a patch.
const DEPTH: u32 = 5;
/// Largest error of a patch, relative to the largest value on it, at which it is not halved.
const TOLERANCE: f64 = 1e-10;

/// Number of a patch along an axis: level of halving, and place.
type Place = (u32, i64);

/// A costly function of (S, |∇S|).
type Exact = Box<dyn Fn(f64, f64) -> [f64; 2] + Send + Sync>;

/// Two values at every (S, |∇S|).
pub struct Patches {
    exact: Exact,
    /// Whether it depends on S, on |∇S|.
    along: [bool; 2],
    made: RwLock<HashMap<[Place; 2], Arc<Patch>>>,
}

impl std::fmt::Debug for Patches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patches").field("along", &self.along).finish_non_exhaustive()
    }
}

enum Patch {
    /// Values at the Gauss nodes along both axes, row by row.
    Values { nodes: [Vec<f64>; 2], values: Vec<[f64; 2]> },
    /// Too rough: see the halves.
    Halved,
    /// Too rough, and halved often enough: asked for again and again.
    Rough,
}

impl Patches {
    /// Of `exact`(S, |∇S|), which depends on the arguments where `along` says so.
    pub fn new(
        exact: impl Fn(f64, f64) -> [f64; 2] + Send + Sync + 'static,
        along: [bool; 2],
    ) -> Self {
        Self { exact: Box::new(exact), along, made: RwLock::new(HashMap::new()) }
    }

    /// Whether the values depend on any argument.
    pub fn varies(&self) -> bool {
        self.along[0] || self.along[1]
    }

    /// The interpolated values: to a relative 10⁻¹⁰ of the largest on the patch, where the function is
    /// smooth on the scale of 1/64 of asinh S and asinh |∇S|, and exact elsewhere, at the price of the function. What is made does not depend on the
    /// order of the questions.
    pub fn at(&self, s: f64, slope: f64) -> [f64; 2] {
        let u = [s.asinh(), slope.asinh()];
        if !(u[0].is_finite() && u[1].is_finite()) {
            return [f64::NAN; 2];
        }
        (0..=DEPTH)
            .find_map(|level| {
                let place = [0, 1].map(|a| self.place(level, a, u[a]));
                match &*self.patch(place) {
                    Patch::Rough => Some((self.exact)(s, slope)),
                    patch => patch.interpolate(u),
                }
            })
            .expect("the last level is not halved")
    }

    /// Where `u` is along axis `a`. All of an axis that does not matter is one place.
    fn place(&self, level: u32, a: usize, u: f64) -> Place {
        let width = WIDTH / f64::from(1 << level);
        (level, if self.along[a] { (u / width).floor() as i64 } else { 0 })
    }

    fn patch(&self, place: [Place; 2]) -> Arc<Patch> {
        if let Some(patch) = self.made.read().expect("no patch panicked").get(&place) {
            return patch.clone();
        }
        let made = Arc::new(self.make(place));
        self.made.write().expect("no patch panicked").entry(place).or_insert(made).clone()
    }

    fn make(&self, place: [Place; 2]) -> Patch {
        let nodes = [0, 1].map(|a| self.inside(place, a, &shares()));
        let at = |u: [f64; 2]| (self.exact)(u[0].sinh(), u[1].sinh().abs());
        let values: Vec<[f64; 2]> =
            nodes[0].iter().flat_map(|s| nodes[1].iter().map(|g| at([*s, *g]))).collect();
        let patch = Patch::Values { nodes, values };
        // Off the nodes, where the error is largest: near the ends and in the middle.
        let trials = [(0.01, 0.01), (0.99, 0.5), (0.5, 0.99), (0.43, 0.43), (0.02, 0.97)];
        let good = |(i, j): (f64, f64)| {
            let u = [self.inside(place, 0, &[i])[0], self.inside(place, 1, &[j])[0]];
            patch.is_near(&at(u), u)
        };
        match (trials.into_iter().all(good), place[0].0 < DEPTH) {
            (true, _) => patch,
            (false, true) => Patch::Halved,
            (false, false) => Patch::Rough,
        }
    }

    /// Points at these shares of a patch along axis `a`; one, if that does not matter.
    fn inside(&self, place: [Place; 2], a: usize, shares: &[f64]) -> Vec<f64> {
        let (level, i) = place[a];
        let width = WIDTH / f64::from(1 << level);
        match self.along[a] {
            true => shares.iter().map(|share| (i as f64 + share) * width).collect(),
            false => vec![UNASKED],
        }
    }
}

/// Where an argument stands that does not matter.
const UNASKED: f64 = 0.5;

/// Gauss nodes on [0, 1].
fn shares() -> Vec<f64> {
    gauss_legendre(NODES, 0.0, 1.0).into_iter().map(|(share, _)| share).collect()
}

impl Patch {
    /// The interpolating polynomial at `u`; `None` if this patch is halved.
    fn interpolate(&self, u: [f64; 2]) -> Option<[f64; 2]> {
        let Self::Values { nodes, values } = self else { return None };
        let weights = [0, 1].map(|a| lagrange(&nodes[a], u[a]));
        let mut sum = [0.0; 2];
        for (row, s) in values.chunks(nodes[1].len()).zip(&weights[0]) {
            for (value, g) in row.iter().zip(&weights[1]) {
                (sum[0], sum[1]) = (sum[0] + s * g * value[0], sum[1] + s * g * value[1]);
            }
        }
        Some(sum)
    }

    /// Whether interpolation at `u` gives `exact`, up to the tolerance. A value that is not finite is not
    /// made so by halving.
    fn is_near(&self, exact: &[f64; 2], u: [f64; 2]) -> bool {
        let (Self::Values { values, .. }, Some(found)) = (self, self.interpolate(u)) else {
            return true;
        };
        (0..2).all(|k| {
            let scale = values.iter().map(|v| v[k].abs()).fold(0.0, f64::max);
            let error = (exact[k] - found[k]).abs();
            error <= TOLERANCE * scale || !error.is_finite()
        })
    }
}

/// Weights of the values at `nodes` in the polynomial through them, at `u`.
fn lagrange(nodes: &[f64], u: f64) -> Vec<f64> {
    let others = |i: usize| nodes.iter().enumerate().filter(move |(j, _)| *j != i);
    (nodes.iter().enumerate())
        .map(|(i, x)| others(i).map(|(_, y)| (u - y) / (x - y)).product())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_functions_and_edges_come_back() {
        let f = |s: f64, g: f64| [(1.0 + s * s).ln() + g.cos(), (s - 1.0).abs() / (1.0 + g)];
        let patches = Patches::new(f, [true, true]);
        for i in 0..400 {
            let (s, g) = ((i % 20) as f64 * 0.33 - 3.0, (i / 20) as f64 * 0.21);
            let (found, exact) = (patches.at(s, g), f(s, g));
            assert!((found[0] - exact[0]).abs() < 1e-9, "{s} {g}");
            // The kink at S = 1 is met by patches of 1/64.
            assert!((found[1] - exact[1]).abs() < 2e-3, "{s} {g}");
        }
        let along_one = Patches::new(|s: f64, _| [s.exp(), 1.0], [true, false]);
        assert!((along_one.at(0.7, 12.0)[0] - 0.7_f64.exp()).abs() < 1e-9);
    }
}
