//! What a small wave in the signals changes of the turns.

use super::classes::Classes;
use crate::turning::{Bounds, Kernel, Sense, TurningKernel, Wave};
use crate::vector::Vector;
use nalgebra::{Complex, DMatrix, DVector};
use std::f64::consts::FRAC_PI_2;

/// Amplitude of a wave, in units of S and of the slope that it would have.
const AMPLITUDE: f64 = 1e-3;
/// Amplitudes and weights of the derivative, over 12.
const CENTRAL: [(f64, f64); 4] = [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)];

/// A wave that also changes in time.
#[derive(Clone, Copy)]
struct Ripple {
    wave: Wave,
    change: f64,
}

impl<const D: usize> Sense<D> for Ripple {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.wave.value(x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.wave.value_and_gradient(x)
    }

    fn change(&self, _x: &Vector<D>) -> f64 {
        self.change
    }

    fn bounds(&self) -> Bounds<D> {
        self.wave.bounds()
    }
}

/// One for each term of a kernel.
struct Ripples(Vec<Ripple>);

impl<const D: usize> Sense<D> for Ripples {
    type Cue = Ripple;

    fn cue(&self, term: usize) -> &Ripple {
        &self.0[term]
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.0[0].value(x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        self.0[0].value_and_gradient(x)
    }

    fn change(&self, _x: &Vector<D>) -> f64 {
        self.0[0].change
    }

    fn bounds(&self) -> Bounds<D> {
        self.0[0].wave.bounds()
    }
}

/// The turns of a population in signals that are the same everywhere.
pub(super) struct Turns<'a, const D: usize> {
    kernel: &'a Kernel<D>,
    classes: &'a Classes<D>,
    /// S of every cue.
    values: &'a [f64],
    /// What of T/F the ordinates do not hold, by pair, over λ of its memory.
    beyond: Vec<f64>,
}

impl<'a, const D: usize> Turns<'a, D> {
    pub fn new(kernel: &'a Kernel<D>, classes: &'a Classes<D>, values: &'a [f64]) -> Self {
        let (v, degree) = (&classes.ordinates.velocities, classes.ordinates.degree);
        let beyond = kernel.beyond(degree).map_or(Vec::new(), |beyond| {
            v.iter()
                .flat_map(|v_new| v.iter().map(|w| beyond(v_new, w)).collect::<Vec<_>>())
                .collect()
        });
        Self { kernel, classes, values, beyond }
    }

    /// T(vᵢ, vⱼ) for turns from j to i.
    fn rate(&self, signal: &Ripples, i: usize, j: usize) -> f64 {
        let (o, x) = (&self.classes.ordinates, [0.0; D]);
        let rate = self.kernel.relative_rate(signal, &x, &o.velocities[i], &o.velocities[j]);
        let beyond = self.beyond.get(i * o.len() + j).copied().unwrap_or(0.0);
        o.equilibrium[i] * (rate - self.kernel.memory_rate(signal, &x) * beyond)
    }

    fn still(&self) -> Vec<Ripple> {
        let flat = |mean: &f64| {
            let wave = Wave { mean: *mean, amplitude: 0.0, number: 0.0, phase: 0.0 };
            Ripple { wave, change: 0.0 }
        };
        self.values.iter().map(flat).collect()
    }

    /// 𝒯 on functions of the classes.
    pub fn operator(&self) -> DMatrix<f64> {
        let (c, still) = (self.classes, Ripples(self.still()));
        let mut matrix = DMatrix::zeros(c.len(), c.len());
        for (class, i) in c.first.iter().enumerate() {
            for (j, weight) in c.ordinates.weights.iter().enumerate() {
                matrix[(class, c.of[j])] += weight * self.rate(&still, *i, j);
                matrix[(class, class)] -= weight * self.rate(&still, j, *i);
            }
        }
        matrix
    }

    /// 𝒯f of every class.
    fn turned(&self, signal: &Ripples, f: &[f64]) -> DVector<f64> {
        let c = self.classes;
        let net = |class: usize, _| -> f64 {
            let i = c.first[class];
            let of = |(j, weight): (usize, &f64)| {
                let gain = self.rate(signal, i, j) * f[c.of[j]];
                weight * (gain - self.rate(signal, j, i) * f[class])
            };
            c.ordinates.weights.iter().enumerate().map(of).sum()
        };
        DVector::from_fn(c.len(), net)
    }

    /// ∂(𝒯f)/∂a, for a change of the signals that is `along`(a).
    fn derivative(&self, f: &[f64], step: f64, along: impl Fn(f64) -> Ripples) -> DVector<f64> {
        let terms = CENTRAL.iter().map(|(n, weight)| self.turned(&along(n * step), f) * *weight);
        terms.sum::<DVector<f64>>() / (12.0 * step)
    }

    /// 𝒯̂f: the amplitude of 𝒯f by that of a wave e^{ikx₁} in the cue of this number. The real and the imaginary part are what waves
    /// cos kx₁ and sin kx₁ do at x = 0. With amplitudes a ≤ 10⁻³ the error is of order a⁴, and round-off 10⁻¹³ of T.
    pub fn to_wave(&self, cue: usize, k: f64, f: &[f64]) -> DVector<Complex<f64>> {
        let step = AMPLITUDE * self.values[cue].abs().max(1.0) / k.max(1.0);
        let part = |phase: f64| {
            self.derivative(f, step, |amplitude| {
                let mut all = self.still();
                all[cue].wave = Wave { mean: self.values[cue], amplitude, number: k, phase };
                Ripples(all)
            })
        };
        let [re, im] = [part(0.0), part(-FRAC_PI_2)];
        re.zip_map(&im, Complex::new)
    }

    /// The same by the amplitude of ∂tS.
    pub fn to_change(&self, cue: usize, f: &[f64]) -> DVector<f64> {
        self.derivative(f, AMPLITUDE, |change| {
            let mut all = self.still();
            all[cue].change = change;
            Ripples(all)
        })
    }
}
