//! The kinetic equation without noise where nothing depends on y and z, for any V and two models.
//!
//! Only u = v·eₓ enters. With f = Fg, F uniform, and ⟨·⟩ the mean over V,
//!
//! ```text
//! local:    ε²∂tg + εu ∂xg = λ(ρ − g) + ε S_x ( aμ u ρ − bμ⟨u g⟩ + bμ u g ),        ρ = ⟨g⟩
//! nonlocal: ε²∂tg + εu ∂xg = α₊ψ₊ρ + α₋⟨ψ₋g⟩ − g( α₊⟨ψ₊⟩ + α₋ψ₋ ),  ψ± = c₁( S(x±εu) − S(x) ) + c₂
//! ```
//!
//! with μ in α, and S = cos x or S − ∂xxS = K_h∗ρ with a kernel of order 6. In the limit D = ⟨u²⟩/λ and χ = (aμ + bμ)⟨u²⟩/λ, or
//! D = ⟨u²⟩/(α₊ + α₋)c₂ and χ = c₁⟨u²⟩/c₂. Collocation in x on [0, 2π), quadrature in u, classical
//! Runge–Kutta in t: nothing is shared with the solver but the equation.

use super::slab::{Slab, apply, runge_kutta};
use std::f64::consts::{PI, TAU};

/// The model, with μ in every factor.
#[derive(Clone, Copy, Debug)]
pub enum Model {
    /// λ, aμ, bμ.
    Local([f64; 3]),
    /// α₊μ, α₋μ, c₁, c₂.
    NonLocal([f64; 4]),
}

/// One slab.
#[derive(Clone, Copy, Debug)]
pub struct Ordinates {
    /// d.
    pub dimension: i32,
    /// Least and largest speed; equal on a sphere.
    pub speeds: [f64; 2],
    pub model: Model,
    /// Whether S answers to ρ; else it is cos x.
    pub coupled: bool,
    /// h.
    pub bandwidth: f64,
    /// Half the number of nodes in x.
    pub modes: usize,
    /// Cosines, and as many speeds: ⟨u⁴⟩ of a ball in space, which is most of ρ_ε − ρ₀, takes r⁶.
    pub cosines: usize,
}

impl Ordinates {
    /// (u, weight) with Σ weight = 1.
    fn velocities(&self) -> Vec<(f64, f64)> {
        let n = self.cosines;
        let cosines: Vec<(f64, f64)> = match self.dimension {
            1 => vec![(-1.0, 0.5), (1.0, 0.5)],
            2 => {
                (0..n).map(|i| ((PI * (i as f64 + 0.5) / n as f64).cos(), 1.0 / n as f64)).collect()
            }
            _ => fejer(n, -1.0, 1.0).into_iter().map(|(c, w)| (c, 0.5 * w)).collect(),
        };
        let [inner, outer] = self.speeds;
        let mut speeds = match inner < outer {
            true => fejer(n, inner, outer),
            false => vec![(outer, 1.0)],
        };
        speeds.iter_mut().for_each(|(r, w)| *w *= r.powi(self.dimension - 1));
        let total: f64 = speeds.iter().map(|(_, w)| w).sum();
        let pairs = speeds
            .iter()
            .flat_map(|(r, w)| cosines.iter().map(move |(c, share)| (r * c, w / total * share)));
        pairs.collect()
    }

    /// ⟨u²⟩.
    fn spread(&self) -> f64 {
        self.velocities().iter().map(|(u, w)| w * u * u).sum()
    }

    /// ρ_ε at 2·modes nodes at time `t`, from [`Slab::start`].
    pub fn kinetic(&self, eps: f64, t: f64) -> Vec<f64> {
        let (n, v) = (2 * self.modes, self.velocities());
        let dx = self.circulant(|k, y| -k * (k * y).sin());
        let response = |k: f64| self.kernel(k) / (1.0 + k * k);
        let slope = self.circulant(|k, y| -k * response(k) * (k * y).sin());
        // S(x + εu) − S(x) of every u.
        let look =
            |h: f64| self.circulant(|k, y| response(k) * ((k * (y + h)).cos() - (k * y).cos()));
        let looks: Vec<[Vec<f64>; 2]> =
            v.iter().map(|(u, _)| [look(eps * u), look(-eps * u)]).collect();
        let x = self.nodes();
        let rate = match self.model {
            Model::Local([lambda, ..]) => lambda,
            Model::NonLocal([plus, minus, _, c2]) => (plus + minus) * c2,
        };
        let fastest = 1.5 * rate / (eps * eps) + self.modes as f64 * self.speeds[1] / eps;
        let start = x.iter().map(|x| Slab::start(*x));
        let mut g: Vec<f64> = v.iter().flat_map(|_| start.clone()).collect();
        runge_kutta(&mut g, t, 0.5 / fastest, |g, out| {
            let mean = |weight: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
                let of = |i: usize| {
                    (v.iter().enumerate()).map(|(j, (_, w))| w * weight(j, i) * g[j * n + i]).sum()
                };
                (0..n).map(of).collect()
            };
            let rho = mean(&|_, _| 1.0);
            match self.model {
                Model::Local([lambda, a, b]) => {
                    let s_x = match self.coupled {
                        true => apply(&slope, &rho),
                        false => x.iter().map(|x| -x.sin()).collect(),
                    };
                    let flux = mean(&|j, _| v[j].0);
                    for (j, (u, _)) in v.iter().enumerate() {
                        let here = &g[j * n..(j + 1) * n];
                        for (i, g_x) in apply(&dx, here).iter().enumerate() {
                            let bias = s_x[i] * (a * u * rho[i] - b * flux[i] + b * u * here[i]);
                            out[j * n + i] =
                                (bias - u * g_x + lambda * (rho[i] - here[i]) / eps) / eps;
                        }
                    }
                }
                Model::NonLocal([plus, minus, c1, c2]) => {
                    let psi: Vec<[Vec<f64>; 2]> = (looks.iter().zip(&v))
                        .map(|(looks, (u, _))| {
                            [0, 1].map(|side| {
                                let h = [eps * u, -eps * u][side];
                                let rise = match self.coupled {
                                    true => apply(&looks[side], &rho),
                                    false => x.iter().map(|x| (x + h).cos() - x.cos()).collect(),
                                };
                                rise.iter().map(|z| c1 * z + c2).collect()
                            })
                        })
                        .collect();
                    let drawn = mean(&|j, i| psi[j][1][i]);
                    let all: Vec<f64> = (0..n)
                        .map(|i| v.iter().zip(&psi).map(|((_, w), p)| w * p[0][i]).sum())
                        .collect();
                    for (j, (u, _)) in v.iter().enumerate() {
                        let here = &g[j * n..(j + 1) * n];
                        for (i, g_x) in apply(&dx, here).iter().enumerate() {
                            let gain = plus * psi[j][0][i] * rho[i] + minus * drawn[i];
                            let loss = (plus * all[i] + minus * psi[j][1][i]) * here[i];
                            out[j * n + i] = ((gain - loss) / eps - u * g_x) / eps;
                        }
                    }
                }
            }
        });
        (0..n).map(|i| v.iter().enumerate().map(|(j, (_, w))| w * g[j * n + i]).sum()).collect()
    }

    /// The limit ρ₀ at the same nodes.
    pub fn limit(&self, t: f64) -> Vec<f64> {
        let dx = self.circulant(|k, y| -k * (k * y).sin());
        let slope = self.circulant(|k, y| -k * self.kernel(k) / (1.0 + k * k) * (k * y).sin());
        let spread = self.spread();
        let (d, chi) = match self.model {
            Model::Local([lambda, a, b]) => (spread / lambda, (a + b) * spread / lambda),
            Model::NonLocal([plus, minus, c1, c2]) => {
                (spread / ((plus + minus) * c2), c1 * spread / c2)
            }
        };
        let x = self.nodes();
        let mut rho: Vec<f64> = x.iter().map(|x| Slab::start(*x)).collect();
        let step = 0.25 / (d * (self.modes as f64).powi(2));
        runge_kutta(&mut rho, t, step, |rho, out| {
            let s_x = match self.coupled {
                true => apply(&slope, rho),
                false => x.iter().map(|x| -x.sin()).collect(),
            };
            let rho_x = apply(&dx, rho);
            let flux: Vec<f64> =
                (0..rho.len()).map(|i| d * rho_x[i] - chi * rho[i] * s_x[i]).collect();
            out.copy_from_slice(&apply(&dx, &flux));
        });
        rho
    }

    /// K_h∗u.
    pub fn mollified(&self, u: &[f64]) -> Vec<f64> {
        apply(&self.circulant(|k, y| self.kernel(k) * (k * y).cos()), u)
    }

    /// The transform of K_h.
    fn kernel(&self, k: f64) -> f64 {
        let q = 0.5 * (self.bandwidth * k).powi(2);
        (-q).exp() * (1.0 + q + 0.5 * q * q)
    }

    /// The nodes in x.
    fn nodes(&self) -> Vec<f64> {
        (0..2 * self.modes).map(|j| PI * j as f64 / self.modes as f64).collect()
    }

    /// The first column of the circulant matrix that takes e^{iky} to what `wave`(k, y) is the real
    /// kernel of, for k = 0, …, modes − 1.
    fn circulant(&self, wave: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let n = 2 * self.modes;
        let kernel = |y: f64| {
            let waves = (1..self.modes).map(|k| 2.0 * wave(k as f64, y)).sum::<f64>();
            (wave(0.0, y) + waves) / n as f64
        };
        (0..n).map(|j| kernel(TAU * j as f64 / n as f64)).collect()
    }
}

/// Fejér's first rule on [lower, upper]: nodes cos θ, weights from the integrals of cos 2jθ.
fn fejer(n: usize, lower: f64, upper: f64) -> Vec<(f64, f64)> {
    let (middle, half) = (0.5 * (lower + upper), 0.5 * (upper - lower));
    let node = |i: usize| {
        let angle = PI * (i as f64 + 0.5) / n as f64;
        let wave = |j: usize| (2.0 * j as f64 * angle).cos() / (4.0 * (j * j) as f64 - 1.0);
        let weight = 2.0 / n as f64 * (1.0 - 2.0 * (1..=n / 2).map(wave).sum::<f64>());
        (middle + half * angle.cos(), half * weight)
    };
    (0..n).map(node).collect()
}
