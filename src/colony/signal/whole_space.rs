//! The fundamental solution of −ΔS + κ²S = ρ in the whole space, for a density in a window.
//!
//! Where no two points of the window are farther apart than R, or the tail of g beyond R is
//! negligible, g may be cut off at R. Then its Fourier transform is smooth and known in closed form,
//! and a periodic box that is wider than the window by R gives the field in the window to the
//! accuracy with which its grid resolves ρ (Vico, Greengard & Ferrando 2016). Here g − g(R) is cut
//! off, which has no jump, and the constant g(R) is added.

use crate::grid::Grid;
use std::f64::consts::PI;

/// g(r) with (−Δ + κ²)g = δ in d dimensions: e^{−κr}/2κ, K₀(κr)/2π, e^{−κr}/4πr; for κ = 0
/// −r/2, −ln(r)/2π, 1/4πr.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WholeSpace {
    dimension: usize,
    kappa: f64,
    /// R.
    radius: f64,
    /// Volume of the periodic box.
    volume: f64,
}

impl WholeSpace {
    /// κ ≥ 0 on an open grid, cut off as far out as its padding allows.
    pub fn on<const D: usize>(grid: &Grid<D>, kappa: f64) -> Self {
        let (edges, [lower, upper]) = (grid.lengths(), grid.window_corners());
        let beyond = (0..D).map(|a| edges[a] - (upper[a] - lower[a]));
        Self::new(D, kappa, beyond.fold(f64::INFINITY, f64::min), grid.volume())
    }

    /// In `dimension` 1, 2 or 3, κ ≥ 0, cut off at `radius`, on a box of this `volume`.
    pub fn new(dimension: usize, kappa: f64, radius: f64, volume: f64) -> Self {
        Self { dimension, kappa, radius, volume }
    }

    /// The factor from a mode of ρ with |κ|² = `k2` to that of S: with A(r) = −|∂B_r| g′(r), and Ω
    /// and V the transforms of the unit mass on the sphere of radius R and of its ball,
    /// (1 − A(R)Ω − κ²g(R)V)/(k² + κ²); and the constant g(R) in the mode of the mean.
    pub fn response(&self, k2: f64) -> f64 {
        let (r, square) = (self.radius, self.kappa * self.kappa);
        let end = self.kernel(r);
        if k2 == 0.0 {
            return self.total() + self.volume * end;
        }
        let k = k2.sqrt();
        let (shell, ball) = self.shell_and_ball(k);
        (1.0 - self.flux(r) * shell - square * end * ball) / (k2 + square)
    }

    /// g(r).
    pub fn kernel(&self, r: f64) -> f64 {
        let kappa = self.kappa;
        match (self.dimension, kappa == 0.0) {
            (1, true) => -0.5 * r,
            (1, false) => (-kappa * r).exp() / (2.0 * kappa),
            (2, true) => -r.ln() / (2.0 * PI),
            (2, false) => bessel_k(0, kappa * r) / (2.0 * PI),
            _ => (-kappa * r).exp() / (4.0 * PI * r),
        }
    }

    /// A(r): what of a unit source leaves the ball of radius r.
    fn flux(&self, r: f64) -> f64 {
        let x = self.kappa * r;
        match self.dimension {
            _ if x == 0.0 => 1.0,
            1 => (-x).exp(),
            2 => x * bessel_k(1, x),
            _ => (1.0 + x) * (-x).exp(),
        }
    }

    /// Ω and V at k > 0.
    fn shell_and_ball(&self, k: f64) -> (f64, f64) {
        let (r, x) = (self.radius, k * self.radius);
        let (sin, cos) = x.sin_cos();
        match self.dimension {
            1 => (cos, 2.0 * sin / k),
            2 => (libm::j0(x), 2.0 * PI * r * libm::j1(x) / k),
            _ => (sin / x, 4.0 * PI * (sin - x * cos) / (k * k * k)),
        }
    }

    /// ∫(g − g(R)) over the ball, by parts ∫₀^R A(r) r/d dr; panels shrink towards 0, where A may be
    /// singular.
    fn total(&self) -> f64 {
        let panels = (0..40).map(|i| 0.5_f64.powi(i) * self.radius);
        let sum: f64 = panels
            .flat_map(|end| crate::quadrature::gauss_legendre(16, 0.5 * end, end))
            .map(|(r, weight)| weight * self.flux(r) * r)
            .sum();
        sum / self.dimension as f64
    }
}

/// K_n(x), x > 0: the trapezoidal rule for ∫₀^∞ e^{−x cosh t} cosh(nt) dt, which converges faster
/// than any power of its step.
fn bessel_k(n: u32, x: f64) -> f64 {
    const STEP: f64 = 1.0 / 32.0;
    let term = |t: f64| (-x * t.cosh()).exp() * (f64::from(n) * t).cosh();
    // Beyond this the exponent is below −745.
    let count = ((1500.0 / x).max(2.0).acosh() / STEP) as usize;
    STEP * (0.5 * term(0.0) + (1..=count).map(|i| term(i as f64 * STEP)).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz & Stegun, tables 9.8 and 9.11.
    #[test]
    fn tabulated_bessel_functions() {
        for (n, x, value) in [
            (0, 0.1, 2.427_069_024_702_017),
            (1, 0.1, 9.853_844_780_870_606),
            (0, 1.0, 0.421_024_438_240_708_33),
            (1, 1.0, 0.601_907_230_197_234_6),
            (0, 10.0, 1.778_006_231_616_765e-5),
            (1, 10.0, 1.864_877_345_382_558_5e-5),
        ] {
            assert!((bessel_k(n, x) / value - 1.0).abs() < 1e-14, "K{n}({x})");
        }
    }

    /// The closed form is the transform of g − g(R) by quadrature, in every dimension, with and
    /// without decay.
    #[test]
    fn responses_are_transforms_of_the_kernel() {
        let rule: Vec<_> = (0..60)
            .map(|i| 3.0 * 0.5_f64.powi(i))
            .flat_map(|b| crate::quadrature::gauss_legendre(40, 0.5 * b, b))
            .collect();
        for d in 1..=3 {
            for kappa in [0.0, 1e-3, 0.4, 5.0] {
                let space = WholeSpace::new(d, kappa, 3.0, 1000.0);
                for k in [0.0, 0.3, 2.0, 17.0] {
                    let wave = |x: f64| match d {
                        _ if x == 0.0 => 1.0,
                        1 => x.cos(),
                        2 => libm::j0(x),
                        _ => x.sin() / x,
                    };
                    let sphere = |r: f64| [2.0, 2.0 * PI * r, 4.0 * PI * r * r][d - 1];
                    let end = space.kernel(3.0);
                    let integral: f64 = (rule.iter())
                        .map(|(r, w)| w * sphere(*r) * wave(k * r) * (space.kernel(*r) - end))
                        .sum();
                    let want = integral + if k == 0.0 { 1000.0 * end } else { 0.0 };
                    let got = space.response(k * k);
                    assert!((got - want).abs() < 1e-11 * (1.0 + want.abs()), "{d} {kappa} {k}");
                }
            }
        }
    }
}
