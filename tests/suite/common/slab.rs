//! The kinetic equation without noise, on the unit circle of velocities, when nothing depends on y.
//!
//! Local kernel T(v,v') = λF + ε(a v·∇S − b v'·∇S) with F = 1/μ, μ = 2π; signal S − ∂xxS = ρ; x periodic on [0, 2π).
//! Since ∫v dv = 0, the rate of loss is ∫T(w,v)dw = λ − εbμ v·∇S, and with v = (cos θ, sin θ)
//!
//! ```text
//! ε²∂tf + ε cos θ ∂xf = λ(ρ/2π − f) + ε S_x ( a cos θ ρ − b ∫cos θ' f dθ' + bμ cos θ f )
//! ```
//!
//! An isotropic start keeps f even in θ, so f = (1/2π)(g₀ + 2Σ g_m cos mθ), g_m = ∫ f cos mθ dθ, g₀ = ρ. Multiplying by
//! cos mθ and integrating (½(cos(m−1)θ + cos(m+1)θ) = cos θ cos mθ) gives, with h_m = ½(g_{m−1} + g_{m+1}),
//!
//! ```text
//! ε ∂tg₀ = −∂xg₁                                     (the two terms in b cancel: cells are conserved)
//! ε²∂tg_m = −λ(1 − gᵐ)g_m + ε( bμ S_x h_m − ∂xh_m ) + ½ε aμ S_x ρ [m = 1]
//! ```
//!
//! where an unbiased turn keeps gᵐ of the m-th harmonic (g = 0 above); closed by g_{M+1} = 0; g_m is O(ε^m), so the closure costs nothing long before M = 20. Collocation in x, classical
//! Runge–Kutta in t with a step that resolves both ε² and the fastest wave.

use std::f64::consts::{PI, TAU};

/// One slab: its physics and its resolution.
#[derive(Clone, Debug)]
pub struct Slab {
    /// Half the number of nodes in x; wave numbers below this are represented.
    pub modes: usize,
    /// The highest harmonic cos Mθ that is kept.
    pub harmonics: usize,
    /// Rate of unbiased turning.
    pub lambda: f64,
    /// aμ: how strongly the new direction is drawn up the gradient.
    pub a_mu: f64,
    /// bμ: how strongly the rate of turning answers to the gradient.
    pub b_mu: f64,
    /// g: an unbiased turn leaves a share gᵐ of the m-th harmonic (the wrapped Cauchy law); 0 forgets it.
    pub mean_cosine: f64,
}

impl Default for Slab {
    /// λ = aμ = bμ = 1, hence D = ½ and χ = 1, resolved to 10⁻¹¹ at t = 1 from the start below.
    fn default() -> Self {
        Slab { modes: 24, harmonics: 24, lambda: 1.0, a_mu: 1.0, b_mu: 1.0, mean_cosine: 0.0 }
    }
}

impl Slab {
    /// ρ(x, 0) = 1 + ½cos x + ⅕sin 2x.
    pub fn start(x: f64) -> f64 {
        1.0 + 0.5 * x.cos() + 0.2 * (2.0 * x).sin()
    }

    /// The nodes x_j = πj/modes, j = 0 … 2·modes − 1.
    pub fn nodes(&self) -> Vec<f64> {
        (0..2 * self.modes).map(|j| PI * j as f64 / self.modes as f64).collect()
    }

    /// D = ⟨|v|²⟩/(dλ(1−g)) = 1/(2λ(1−g)).
    pub fn diffusivity(&self) -> f64 {
        0.5 / (self.lambda * (1.0 - self.mean_cosine))
    }

    /// χ = (bμ⟨|v|²⟩ + aμ m₂)/(dλ(1−g)) = (aμ + bμ)D.
    pub fn sensitivity(&self) -> f64 {
        (self.a_mu + self.b_mu) * self.diffusivity()
    }

    /// ρ_ε at the nodes at time `t`.
    pub fn kinetic(&self, eps: f64, t: f64) -> Vec<f64> {
        self.kinetic_with_flux(eps, t).0
    }

    /// ρ_ε and the flux J_ε = g₁/ε along x at the nodes at time `t`.
    pub fn kinetic_with_flux(&self, eps: f64, t: f64) -> (Vec<f64>, Vec<f64>) {
        let n = 2 * self.modes;
        let (dx, gradient) = (self.operator(|_| 1.0), self.operator(|k| 1.0 / (1.0 + k * k)));
        let rate = self.lambda / eps.powi(2) + self.modes as f64 / eps;
        let mut g: Vec<f64> = self.nodes().into_iter().map(Self::start).collect();
        g.resize(n * (self.harmonics + 1), 0.0);
        runge_kutta(&mut g, t, 0.25 / rate, |g, out| {
            let s_x = apply(&gradient, &g[..n]);
            let harmonic = |m: usize, j: usize| g.get(m * n + j).copied().unwrap_or(0.0);
            for (j, v) in apply(&dx, &g[n..2 * n]).iter().enumerate() {
                out[j] = -v / eps;
            }
            for m in 1..=self.harmonics {
                let rate = self.lambda * (1.0 - self.mean_cosine.powi(m as i32));
                let h: Vec<f64> =
                    (0..n).map(|j| 0.5 * (harmonic(m - 1, j) + harmonic(m + 1, j))).collect();
                let h_x = apply(&dx, &h);
                for j in 0..n {
                    let drawn = if m == 1 { 0.5 * self.a_mu * s_x[j] * g[j] } else { 0.0 };
                    let pushed = self.b_mu * s_x[j] * h[j] - h_x[j] + drawn;
                    out[m * n + j] = (pushed - rate * g[m * n + j] / eps) / eps;
                }
            }
        });
        let flux = g[n..2 * n].iter().map(|g| g / eps).collect();
        g.truncate(n);
        (g, flux)
    }

    /// The limit ρ₀ at the nodes at time `t`: ∂tρ = ∂x( D∂xρ − χρ∂xS ).
    pub fn limit(&self, t: f64) -> Vec<f64> {
        let (dx, gradient) = (self.operator(|_| 1.0), self.operator(|k| 1.0 / (1.0 + k * k)));
        let (d, chi) = (self.diffusivity(), self.sensitivity());
        let mut rho: Vec<f64> = self.nodes().into_iter().map(Self::start).collect();
        runge_kutta(&mut rho, t, 0.25 / (d * (self.modes as f64).powi(2)), |rho, out| {
            let (rho_x, s_x) = (apply(&dx, rho), apply(&gradient, rho));
            let flux: Vec<f64> =
                (0..rho.len()).map(|j| d * rho_x[j] - chi * rho[j] * s_x[j]).collect();
            out.copy_from_slice(&apply(&dx, &flux));
        });
        rho
    }

    /// The first column of the circulant matrix of e^{ikx} ↦ ik w(|k|) e^{ikx}; the highest wave, alone, is sent to 0.
    fn operator(&self, w: impl Fn(f64) -> f64) -> Vec<f64> {
        let wave =
            |k: usize, x: f64| -(k as f64) * w(k as f64) * (k as f64 * x).sin() / self.modes as f64;
        self.nodes().into_iter().map(|x| (1..self.modes).map(|k| wave(k, x)).sum()).collect()
    }
}

/// ( ∫₀^{2π} u² dx )^{½} from nodal values.
pub fn norm(u: &[f64]) -> f64 {
    (TAU * u.iter().map(|v| v * v).sum::<f64>() / u.len() as f64).sqrt()
}

/// ( (1/2π)∫ u cos kx dx, (1/2π)∫ u sin kx dx ) from nodal values.
pub fn fourier(u: &[f64], k: usize) -> (f64, f64) {
    let n = u.len() as f64;
    let waves = u.iter().enumerate().map(|(j, v)| (v / n, TAU * (k * j) as f64 / n));
    waves.fold((0.0, 0.0), |(c, s), (v, phase)| (c + v * phase.cos(), s + v * phase.sin()))
}

/// u − w, node by node.
pub fn difference(u: &[f64], w: &[f64]) -> Vec<f64> {
    assert_eq!(u.len(), w.len(), "the two live on different nodes");
    u.iter().zip(w).map(|(a, b)| a - b).collect()
}

/// The circulant matrix with this first column, times `u`.
pub fn apply(column: &[f64], u: &[f64]) -> Vec<f64> {
    let n = u.len();
    // Row i is column[(i − j) mod n]; reversed and doubled, every row is a contiguous window.
    let doubled: Vec<f64> = column.iter().rev().chain(column.iter().rev()).copied().collect();
    (0..n).map(|i| doubled[n - 1 - i..].iter().zip(u).map(|(c, v)| c * v).sum()).collect()
}

/// Classical fourth order from 0 to `t` in equal steps no longer than `dt`.
pub fn runge_kutta(y: &mut [f64], t: f64, dt: f64, rhs: impl Fn(&[f64], &mut [f64])) {
    let steps = (t / dt).ceil().max(1.0);
    let h = t / steps;
    let (mut k, mut stage, mut sum) = (vec![0.0; y.len()], y.to_vec(), vec![0.0; y.len()]);
    for _ in 0..steps as usize {
        stage.copy_from_slice(y);
        sum.copy_from_slice(y);
        for (weight, next) in [(h / 6.0, h / 2.0), (h / 3.0, h / 2.0), (h / 3.0, h), (h / 6.0, 0.0)]
        {
            rhs(&stage, &mut k);
            for i in 0..y.len() {
                sum[i] += weight * k[i];
                stage[i] = y[i] + next * k[i];
            }
        }
        y.copy_from_slice(&sum);
    }
}
