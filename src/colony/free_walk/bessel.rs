//! Bessel functions J₀ and J₁.

use std::f64::consts::PI;

/// The trapezoidal rule for πJ₀(x) = ∫₀^π cos(x sin θ) dθ and πJ₁(x) = ∫₀^π sin(x sin θ) sin θ dθ,
/// on a quarter of the circle. Its error is 2Jₙ(x), n the number of points on the whole circle,
/// which round-off hides from n = x + 12x^{1/3} + 16 on.
pub(super) struct Bessel {
    sines: Vec<f64>,
}

impl Bessel {
    /// For arguments in [0, `largest`].
    pub(super) fn new(largest: f64) -> Self {
        let quarter = ((largest + 12.0 * largest.cbrt() + 16.0) / 4.0).ceil() as usize;
        let angle = |j: usize| 0.5 * PI * j as f64 / quarter as f64;
        Self { sines: (0..=quarter).map(|j| angle(j).sin()).collect() }
    }

    /// J₀(x) and J₁(x), to about 10⁻¹⁵.
    pub(super) fn at(&self, x: f64) -> (f64, f64) {
        let quarter = self.sines.len() - 1;
        let (mut zero, mut one) = (0.5 * (1.0 + x.cos()), 0.5 * x.sin());
        for sine in &self.sines[1..quarter] {
            let (s, c) = (x * sine).sin_cos();
            zero += c;
            one += s * sine;
        }
        (zero / quarter as f64, one / quarter as f64)
    }
}

/// The m-th positive zero of J₀: McMahon's expansion and Newton's iteration.
pub(super) fn zero(m: usize) -> f64 {
    let b = (m as f64 - 0.25) * PI;
    let mut x = b + 1.0 / (8.0 * b);
    let bessel = Bessel::new(x + 1.0);
    for _ in 0..4 {
        let (zero, one) = bessel.at(x);
        x += zero / one;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz & Stegun, tables 9.1 and 9.5.
    #[test]
    fn tabulated_values() {
        for (x, zero, one) in [
            (1.0, 0.765_197_686_557_966_6, 0.440_050_585_744_933_5),
            (10.0, -0.245_935_764_451_348_3, 0.043_472_746_168_861_4),
        ] {
            for largest in [x, 300.0] {
                let values = Bessel::new(largest).at(x);
                assert!((values.0 - zero).abs() < 1e-15 && (values.1 - one).abs() < 1e-15);
            }
        }
        assert!((super::zero(1) - 2.404_825_557_695_773).abs() < 1e-14);
        assert!((super::zero(5) - 14.930_917_708_487_786).abs() < 1e-13);
    }
}
