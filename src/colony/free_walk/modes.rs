//! Expansion of an isotropic law in the eigenfunctions of a ball.
//!
//! An isotropic law on the ball of radius c has the density Σ aₘψₘ, with ψₘ the radial eigenfunctions
//! of the Laplacian that vanish at c: cos(κr/c), J₀(κr/c), sin(κr/c)/r. Their averages, hence the aₘ,
//! are values of the characteristic function at ξ = κ/c. Integrated, the series gives P(R ≤ r).

use super::bessel::{self, Bessel};
use std::f64::consts::PI;
use std::sync::OnceLock;

/// Modes that can be asked for.
pub(super) const MODES: usize = 4096;

/// The modes at the nodes r/c = i/n, i = 0…n.
#[derive(Debug)]
pub(super) struct Modes<const D: usize> {
    nodes: usize,
    /// sin(2πj/4n).
    sines: Vec<f64>,
    /// For d = 2, made when needed.
    planar: Vec<OnceLock<Planar>>,
}

/// One mode of the disk.
#[derive(Debug)]
struct Planar {
    wave: f64,
    /// (J₀, J₁) at κi/n.
    values: OnceLock<Vec<(f64, f64)>>,
    /// J₁(κ)⁻².
    norm: f64,
}

impl<const D: usize> Modes<D> {
    /// On n = `nodes` intervals.
    pub(super) fn new(nodes: usize) -> Self {
        let quarters = if D == 2 { 0 } else { 4 * nodes };
        let sine = |j: usize| (2.0 * PI * j as f64 / quarters as f64).sin();
        let planar = (0..if D == 2 { MODES } else { 0 }).map(|_| OnceLock::new()).collect();
        Self { nodes, sines: (0..quarters).map(sine).collect(), planar }
    }

    /// Number of intervals.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// κₘ, m = 1, 2, …: π(m − ½), the zeros of J₀, πm.
    pub(super) fn wave(&self, m: usize) -> f64 {
        match D {
            1 => PI * (m as f64 - 0.5),
            2 => self.planar(m).wave,
            _ => PI * m as f64,
        }
    }

    /// Adds mode m of a law whose characteristic function is `value` at κₘ/c to P(R ≤ r) and to
    /// dP/d(r/c) at the nodes.
    pub(super) fn add(&self, m: usize, value: f64, law: &mut [[f64; 2]]) {
        match D {
            1 => self.add_trigonometric(2 * m - 1, law, |_, sin, cos, wave| {
                [2.0 * value * sin / wave, 2.0 * value * cos]
            }),
            2 => self.add_planar(m, value, law),
            _ => self.add_trigonometric(2 * m, law, |ratio, sin, cos, wave| {
                [2.0 * value * (sin / wave - ratio * cos), 2.0 * value * wave * ratio * sin]
            }),
        }
    }

    /// Adds `term`(r/c, sin κr/c, cos κr/c, κ) with κ = π`halves`/2.
    fn add_trigonometric(
        &self,
        halves: usize,
        law: &mut [[f64; 2]],
        term: impl Fn(f64, f64, f64, f64) -> [f64; 2],
    ) {
        let (n, wave) = (self.nodes, 0.5 * PI * halves as f64);
        for (i, sum) in law.iter_mut().enumerate() {
            let j = halves * i % (4 * n);
            let (sin, cos) = (self.sines[j], self.sines[(j + n) % (4 * n)]);
            let [p, slope] = term(i as f64 / n as f64, sin, cos, wave);
            sum[0] += p;
            sum[1] += slope;
        }
    }

    fn add_planar(&self, m: usize, value: f64, law: &mut [[f64; 2]]) {
        let mode = self.planar(m);
        let values = mode.values.get_or_init(|| {
            let bessel = Bessel::new(mode.wave);
            let node = |i: usize| bessel.at(mode.wave * i as f64 / self.nodes as f64);
            (0..=self.nodes).map(node).collect()
        });
        for (i, (sum, (zero, one))) in law.iter_mut().zip(values).enumerate() {
            let factor = 2.0 * value * mode.norm * i as f64 / self.nodes as f64;
            sum[0] += factor * one / mode.wave;
            sum[1] += factor * zero;
        }
    }

    fn planar(&self, m: usize) -> &Planar {
        self.planar[m - 1].get_or_init(|| {
            let wave = bessel::zero(m);
            let norm = Bessel::new(wave).at(wave).1.powi(-2);
            Planar { wave, values: OnceLock::new(), norm }
        })
    }
}
