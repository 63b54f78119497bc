//! Sets of velocities, with their own closed moments and their own quadrature.

use kinetaxis::formula::Formula;
use kinetaxis::quadrature::gauss_legendre;
use kinetaxis::vector::{Vector, dot, norm};
use kinetaxis::velocity::{VelocitySet, VelocitySpace};
use std::f64::consts::PI;

/// A function of |v|, as text in r and as code.
pub type Profile = (&'static str, fn(f64) -> f64);

/// V and F.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// For messages.
    pub name: &'static str,
    /// Inner speed; equal to the outer one on a sphere.
    pub inner: f64,
    /// Outer speed.
    pub outer: f64,
    /// F up to a factor, as text in r and as a function; `None` for a uniform F.
    pub profile: Option<Profile>,
}

/// |v| = 1.3.
pub const SPHERE: Set = Set { name: "sphere", inner: 1.3, outer: 1.3, profile: None };
/// |v| < 1.3.
pub const BALL: Set = Set { name: "ball", inner: 0.0, outer: 1.3, profile: None };
/// 0.5 < |v| < 1.3.
pub const SHELL: Set = Set { name: "shell", inner: 0.5, outer: 1.3, profile: None };
/// The ball with F decreasing in |v|.
pub const BALL_F: Set = Set { name: "ball with F", profile: Some(SLOWER), ..BALL };
/// The shell with F increasing in |v|.
pub const SHELL_F: Set = Set { name: "shell with F", profile: Some(FASTER), ..SHELL };
const SLOWER: Profile = ("exp(-0.5*r*r)", |r| (-0.5 * r * r).exp());
const FASTER: Profile = ("1 + r", |r| 1.0 + r);

/// Those with a uniform F.
pub const UNIFORM: [Set; 3] = [SPHERE, BALL, SHELL];
/// Those without.
pub const WEIGHTED: [Set; 2] = [BALL_F, SHELL_F];

impl Set {
    /// Whether V is a sphere.
    pub fn is_sphere(&self) -> bool {
        self.inner == self.outer
    }

    /// The same as the crate has it.
    pub fn space<const D: usize>(&self) -> VelocitySpace<D> {
        let set = match (self.is_sphere(), self.inner) {
            (true, _) => VelocitySet::Sphere,
            (_, 0.0) => VelocitySet::Ball,
            _ => VelocitySet::Shell,
        };
        let formula = self.profile.map(|(text, _)| Formula::parse(text, &["r"]).unwrap());
        VelocitySpace::new(set, self.inner, self.outer, formula)
    }

    /// μ, from the volumes ω₁ = 2, ω₂ = π, ω₃ = 4π/3 of the unit balls.
    pub fn measure<const D: usize>(&self) -> f64 {
        let (d, volume) = (D as i32, [2.0, PI, 4.0 * PI / 3.0][D - 1]);
        match self.is_sphere() {
            true => volume * f64::from(d) * self.outer.powi(d - 1),
            false => volume * (self.outer.powi(d) - self.inner.powi(d)),
        }
    }

    /// (1/μ)∫|v|ᵖdv.
    pub fn speed_moment<const D: usize>(&self, p: i32) -> f64 {
        let (d, a, b) = (D as i32, self.inner, self.outer);
        match self.is_sphere() {
            true => b.powi(p),
            false => {
                f64::from(d) / f64::from(d + p) * (b.powi(d + p) - a.powi(d + p))
                    / (b.powi(d) - a.powi(d))
            }
        }
    }

    /// P(|v| ≤ r) under a uniform F on a ball or shell.
    pub fn speed_law<const D: usize>(&self, r: f64) -> f64 {
        let power = |x: f64| x.clamp(self.inner, self.outer).powi(D as i32);
        (power(r) - power(self.inner)) / (power(self.outer) - power(self.inner))
    }
}

/// An orthonormal frame whose first vector is along `axis` (or e₁ where that vanishes).
pub fn frame<const D: usize>(axis: &Vector<D>) -> [Vector<D>; D] {
    let mut frame = [[0.0; D]; D];
    for i in 0..D {
        // Of the unit vectors, at least one is far from the span of those found so far.
        let candidates = std::iter::once(*axis).filter(|a| i == 0 && norm(a) > 0.0);
        let units = (0..D).map(|k| std::array::from_fn(|l| f64::from(u8::from(k == l))));
        let rest = |v: Vector<D>| {
            (0..i).fold(v, |v, j| {
                let along = dot(&v, &frame[j]);
                std::array::from_fn(|l| v[l] - along * frame[j][l])
            })
        };
        let best = candidates.chain(units).map(rest).find(|v| norm(v) > 0.5).unwrap();
        frame[i] = best.map(|x| x / norm(&best));
    }
    frame
}

/// A node of a quadrature rule.
#[derive(Clone, Copy, Debug)]
pub struct Node<const D: usize> {
    /// v.
    pub v: Vector<D>,
    /// Its weight.
    pub weight: f64,
    /// The bin that it is in.
    pub bin: usize,
}

/// V in bins: panels of |v| times panels of direction relative to a frame.
#[derive(Clone, Copy, Debug)]
pub struct Bins<const D: usize> {
    set: Set,
    frame: [Vector<D>; D],
    speeds: usize,
    directions: usize,
    /// Nodes about the axis in d = 3. Four are enough where nothing is more than quadratic in the component across.
    about: usize,
}

/// Gauss–Legendre nodes on each panel.
const PER_PANEL: usize = 8;

impl<const D: usize> Bins<D> {
    /// Bins about `axis`; a sphere has one panel of speed and d = 1 has two directions.
    pub fn new(set: Set, axis: &Vector<D>, speeds: usize, directions: usize) -> Self {
        let speeds = if set.is_sphere() { 1 } else { speeds };
        let directions = if D == 1 { 2 } else { directions };
        Self { set, frame: frame(axis), speeds, directions, about: 4 }
    }

    /// For a kernel that remembers directions. On a ball that of the tests is linear in them.
    pub fn remembering(self) -> Self {
        Self { about: if self.set.is_sphere() { 20 } else { 4 }, ..self }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.speeds * self.directions
    }

    /// The bin of `v`.
    pub fn of(&self, v: &Vector<D>) -> usize {
        let along = dot(v, &self.frame[0]);
        let turn = match D {
            1 => f64::from(u8::from(along < 0.0)) * 0.5,
            2 => dot(v, &self.frame[1]).atan2(along).rem_euclid(2.0 * PI) / (2.0 * PI),
            _ => 0.5 * (1.0 + along / norm(v)),
        };
        let panel = |share: f64, n: usize| ((share * n as f64) as usize).min(n - 1);
        let depth = match self.speeds {
            1 => 0.0,
            _ => (norm(v) - self.set.inner) / (self.set.outer - self.set.inner),
        };
        panel(depth, self.speeds) * self.directions + panel(turn, self.directions)
    }

    /// Nodes and weights for ∫_V dv, none on the edge of a bin.
    pub fn nodes(&self) -> Vec<Node<D>> {
        let (set, d) = (self.set, D as i32);
        let speeds = match set.is_sphere() {
            true => vec![(set.outer, 1.0)],
            false => panels(set.inner, set.outer, self.speeds),
        };
        let node = |(r, wr): (f64, f64), (e, we): &(Vector<D>, f64)| {
            let v: Vector<D> =
                std::array::from_fn(|l| (0..D).map(|i| r * e[i] * self.frame[i][l]).sum());
            Node { v, weight: wr * r.powi(d - 1) * we, bin: self.of(&v) }
        };
        let directions = self.unit_directions();
        speeds.into_iter().flat_map(|r| directions.iter().map(move |e| node(r, e))).collect()
    }

    /// Unit vectors in the frame, with weights.
    fn unit_directions(&self) -> Vec<(Vector<D>, f64)> {
        let vector = |e: [f64; 3]| std::array::from_fn(|i| e[i]);
        match D {
            1 => vec![(vector([1.0, 0.0, 0.0]), 1.0), (vector([-1.0, 0.0, 0.0]), 1.0)],
            2 => panels(0.0, 2.0 * PI, self.directions)
                .into_iter()
                .map(|(a, w)| (vector([a.cos(), a.sin(), 0.0]), w))
                .collect(),
            _ => {
                let about = |(z, w): (f64, f64)| {
                    let step = 2.0 * PI / self.about as f64;
                    (0..self.about).map(move |j| {
                        let (angle, r) = (step * j as f64, (1.0 - z * z).sqrt());
                        ([z, r * angle.cos(), r * angle.sin()], step * w)
                    })
                };
                let z = panels(-1.0, 1.0, self.directions).into_iter();
                z.flat_map(about).map(|(e, w)| (vector(e), w)).collect()
            }
        }
    }
}

/// Gauss–Legendre on each of `n` equal pieces of [a, b].
fn panels(a: f64, b: f64, n: usize) -> Vec<(f64, f64)> {
    let edge = |i: usize| a + (b - a) * i as f64 / n as f64;
    (0..n).flat_map(|i| gauss_legendre(PER_PANEL, edge(i), edge(i + 1))).collect()
}
