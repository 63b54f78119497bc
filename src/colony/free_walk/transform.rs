//! The characteristic function of a sum of k flights.
//!
//! With Eᵢ exponential and vᵢ ~ F, let Z = Σ Eᵢvᵢ/Σ Eᵢ. As Σ Eᵢ is independent of Z, the Laplace
//! transform in t of tᵏ⁻¹E e^{iξtZ₁}/(k−1)! is R(z, ξ)ᵏ, R = E[1/(z − iξv₁)]; at t = 1
//!
//! E e^{iξZ₁} = (k−1)!/(2πi) ∮ eᶻR(z, ξ)ᵏ dz,
//!
//! around the segment between ±iξs, s the largest speed.

use super::resolvent::Resolvent;
use rustfft::num_complex::Complex64;
use std::f64::consts::PI;

/// Largest |ξ|s/k: beyond, the contour passes so close to the segment that the series of the
/// resolvent is too short.
const WIDEST: f64 = 12.0;
/// Terms below e^{−NEGLIGIBLE} of the largest one are left out.
const NEGLIGIBLE: f64 = 42.0;
/// Values below this count as zero; it lies above the noise of the sums.
pub(super) const FLOOR: f64 = 1e-12;

/// ξ ↦ E e^{iξZ₁} for one number of flights.
pub(super) struct Transform<'a> {
    resolvent: &'a Resolvent,
    flights: f64,
    /// The contour sum at ξ = 0, instead of a factorial.
    norm: f64,
}

impl<'a> Transform<'a> {
    /// For `flights` ≥ 2.
    pub(super) fn new(resolvent: &'a Resolvent, flights: u64) -> Self {
        let flights = flights as f64;
        Self { resolvent, flights, norm: contour(flights, 0.0, |_| Complex64::ZERO) }
    }

    /// The largest ξs that [`at`](Self::at) takes.
    pub(super) fn widest(&self) -> f64 {
        WIDEST * self.flights
    }

    /// E e^{iξZ₁} at ξs = `wave` > 0, with an absolute error of 10⁻¹³.
    pub(super) fn at(&self, wave: f64) -> f64 {
        let ratio = wave / self.flights;
        let excess = |y: Complex64| self.resolvent.excess(Complex64::new(y.im, -y.re) / ratio);
        contour(self.flights, ratio, excess) / self.norm
    }

    /// Whether it is zero from some ξ within reach on.
    pub(super) fn is_resolved(&self) -> bool {
        (0..8).all(|i| self.at(self.widest() * (1.0 - 0.017 * i as f64)).abs() < FLOOR)
    }

    /// A speed, as a share of s, that |Z| exceeds with a probability below 10⁻¹⁵, at most 1.
    ///
    /// Chernoff's bound for Σ Eᵢ(v₁ᵢ − x) > 0 is P(Z₁ > x) ≤ ((1 − x/ζ)(1 + δ(ζ)))ᵏ for every
    /// ζ > 1 (in units of s), and a Z with |Z| > x has Z₁ > 0.98x with probability 0.01 or more.
    pub(super) fn reach(&self) -> f64 {
        let quota = (-(NEGLIGIBLE - 2.0) / self.flights).exp_m1();
        let mut least = f64::INFINITY;
        let mut zeta = 1.001;
        while zeta < 1e6 {
            let excess = self.resolvent.excess(Complex64::new(zeta, 0.0)).re;
            least = least.min(zeta * (excess - quota) / (1.0 + excess));
            zeta += 0.04 * (zeta - 1.0).max(0.001).min(zeta);
        }
        (least / 0.98).min(1.0)
    }
}

/// (1/2πi) ∮ e^{k(y − 1)}(1 + δ(y))ᵏ y⁻ᵏ dy on the ellipse y = cos φ + i(1 + a) sin φ, where the
/// segment lies between ±ia, by the trapezoidal rule, which converges geometrically. On the right
/// half |integrand| ≤ e^{k(Re y − 1)}/dist(y, segment)ᵏ, close to one at most, so that no digits
/// are lost.
fn contour(k: f64, a: f64, excess: impl Fn(Complex64) -> Complex64) -> f64 {
    let n = points(k, a);
    let mut sum = 0.0;
    for j in 0..=n / 2 {
        let phi = 2.0 * PI * j as f64 / n as f64;
        let (sin, cos) = phi.sin_cos();
        let shift = -2.0 * (0.5 * phi).sin().powi(2);
        let step = Complex64::new(shift, (1.0 + a) * sin);
        let gap = if step.im <= a { cos.abs() } else { cos.hypot(step.im - a) };
        if k * (shift - gap.ln()) < -NEGLIGIBLE {
            // For a < 1 the bound does not rise again.
            if a < 1.0 {
                break;
            }
            continue;
        }
        let excess = excess(1.0 + step);
        let exponent = k * (step - ln_1p(step) + ln_1p(excess));
        let weight = if j == 0 || 2 * j == n { 1.0 } else { 2.0 };
        sum += weight * (exponent.exp() * Complex64::new((1.0 + a) * cos, sin)).re;
    }
    sum / n as f64
}

/// Points on the ellipse. The error is e^{−2πη/h} times the growth of the integrand when the
/// ellipse shrinks by η towards its foci, which makes its narrow half-axis 1 − (1 + a)η.
fn points(k: f64, a: f64) -> usize {
    let step = |i: i32| {
        let shrunk = 0.95 * 0.8_f64.powi(i);
        let growth = k * (-(-shrunk).ln_1p() - shrunk);
        2.0 * PI * shrunk / ((1.0 + a) * (36.0 + growth))
    };
    let widest_step = (0..50).map(step).fold(0.0, f64::max);
    2 * (PI / widest_step).ceil() as usize
}

/// ln(1 + x), accurate for small x.
fn ln_1p(x: Complex64) -> Complex64 {
    let modulus = 0.5 * (2.0 * x.re + x.norm_sqr()).ln_1p();
    Complex64::new(modulus, x.im.atan2(1.0 + x.re))
}
