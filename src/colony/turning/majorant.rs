//! What is proved of a kernel for every signal, not only for the one at hand.

use super::{Bounds, Sense};
use crate::vector::Vector;
use std::f64::consts::{FRAC_PI_2, PI};
use std::fmt;

/// S(y) = mean + amplitude cos(number y₁ + phase), not negative for |amplitude| ≤ mean: the signals
/// that refute an assumption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    /// Mean of S.
    pub mean: f64,
    /// Amplitude.
    pub amplitude: f64,
    /// Wave number.
    pub number: f64,
    /// Phase at the origin.
    pub phase: f64,
}

impl Wave {
    /// S(0) = `mean`, ∇S(0) = `slope` e₁, 0 ≤ S ≤ 2 `mean`.
    pub fn steep(mean: f64, slope: f64) -> Self {
        Self { mean, amplitude: mean, number: slope / mean, phase: -FRAC_PI_2 }
    }

    /// S(0) = `height`, and 0 at `distance`.
    pub fn hill(height: f64, distance: f64) -> Self {
        let mean = 0.5 * height;
        Self { mean, amplitude: mean, number: PI / distance, phase: 0.0 }
    }

    /// S(0) = 0, and `height` at `distance`.
    pub fn valley(height: f64, distance: f64) -> Self {
        let hill = Self::hill(height, distance);
        Self { amplitude: -hill.amplitude, ..hill }
    }

    fn angle(&self, y: f64) -> f64 {
        self.number * y + self.phase
    }
}

impl<const D: usize> Sense<D> for Wave {
    type Cue = Self;

    fn cue(&self, _term: usize) -> &Self {
        self
    }

    fn value(&self, x: &Vector<D>) -> f64 {
        self.mean + self.amplitude * self.angle(x[0]).cos()
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        let mut gradient = [0.0; D];
        gradient[0] = -self.amplitude * self.number * self.angle(x[0]).sin();
        (self.value(x), gradient)
    }

    fn bounds(&self) -> Bounds<D> {
        let reach = self.amplitude.abs();
        Bounds::new(self.mean - reach, self.mean + reach, reach * self.number.abs())
    }
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mean, amplitude, number, phase } = self;
        let sign = |x: &f64| if *x < 0.0 { '-' } else { '+' };
        write!(
            f,
            "S = {mean:.6} {} {:.6} cos({number:.6} x {} {:.6})",
            sign(amplitude),
            amplitude.abs(),
            sign(phase),
            phase.abs()
        )
    }
}

/// A turn at x = 0 in a wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn<const D: usize> {
    /// S.
    pub signal: Wave,
    /// v.
    pub new: Vector<D>,
    /// v′.
    pub old: Vector<D>,
}

impl<const D: usize> Turn<D> {
    /// A turn between velocities along the wave.
    pub fn along(signal: Wave, new: f64, old: f64) -> Self {
        let axis = |speed: f64| {
            let mut v = [0.0; D];
            v[0] = speed;
            v
        };
        Self { signal, new: axis(new), old: axis(old) }
    }
}

/// What is known of 0 ≤ T_ε ≤ C(1 + S(x+εv) + S(x−εv′)) for every x, v, v′ and S ≥ 0 (CMPS A1,
/// HKS 22, there with ε = 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Majorant<const D: usize> {
    /// It holds.
    Holds {
        /// C: the least one, unless F is given by an expression.
        constant: f64,
    },
    /// T < 0 in this turn.
    Negative(Turn<D>),
    /// No C will do: T/(1 + S(x+εv) + S(x−εv′)) grows without bound along a family of turns, of
    /// which these are two.
    Unbounded([Turn<D>; 2]),
    /// Nothing is proved: the referee searches.
    Unknown,
}

/// γ and Λ of CMPS (30, 31), HKS Assumption 3.2, for every S with |∇S| ≤ G. With
/// φ^{S,A} = ½( T(v,v′)F′ ± T(v′,v)F ),
///
/// φ^S ≥ γ(1 − εΛ)FF′ and ∫ (φ^A)²/(Fφ^S) dv′ ≤ ε²Λ.
///
/// Both Λ grow with G and are bounded as ε → 0; the paper's Λ is the larger one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Symmetry {
    /// γ: T₀/F ≥ γ.
    pub gamma: f64,
    /// Λ in (30).
    pub lower: f64,
    /// Λ in (31).
    pub upper: f64,
}
