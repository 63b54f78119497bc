//! Closed laws of the free walk: no signal, isotropic start at 0.
//!
//! A cell flies at v/ε, v uniform on V; at rate Λ = λ/ε² it forgets its velocity and draws another from V ("redraw": the
//! new velocity may be near the old one, and on {±s} it *is* the old one half the time). On a sphere of radius s the
//! speed is c = s/ε. Laws of |x(t)| have an atom at ct, the cells that have not turned yet.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::stats::Law;

/// The free walk on a sphere of velocities.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// Speed of the flight, c = s/ε.
    pub speed: f64,
    /// Rate of redraws, Λ = λ/ε².
    pub rate: f64,
    /// Time since the start.
    pub time: f64,
}

impl Walk {
    /// The walk of the scaled equation.
    pub fn scaled(s: f64, lambda: f64, eps: f64, time: f64) -> Self {
        Walk { speed: s / eps, rate: lambda / eps.powi(2), time }
    }

    /// How far a cell can be: ct.
    pub fn reach(&self) -> f64 {
        self.speed * self.time
    }

    /// (r/ct)².
    fn z(&self, r: f64) -> f64 {
        (r / self.reach()).powi(2)
    }
}

/// P(X ≤ r): `cdf` inside [0, ct), none before, certainty after.
fn within(walk: &Walk, r: f64, cdf: impl Fn() -> f64) -> f64 {
    if r < 0.0 {
        0.0
    } else if r >= walk.reach() {
        1.0
    } else {
        cdf()
    }
}

/// |x| in d = 1, V = {±s}: the telegraph process.
///
/// A redraw flips the direction with probability ½, so flips are Poisson at rate ν = Λ/2. The density of x obeys
/// p_tt + 2νp_t = c²p_xx (Goldstein 1951, Kac 1974); from p = δ, p_t = 0 (isotropic start), with w = √(c²t² − x²)/c,
///
/// ```text
/// p = ½e^{−νt}[ δ(x−ct) + δ(x+ct) ] + (ν/2c)e^{−νt}[ I₀(νw) + (t/w) I₁(νw) ],   |x| < ct
/// ```
///
/// and with |x| = ct sin φ, τ = νt: P(|x| ≤ ct sin φ) = τe^{−τ}∫₀^φ ( cos φ' I₀(τcos φ') + I₁(τcos φ') ) dφ'.
#[derive(Clone, Copy, Debug)]
pub struct Telegraph(pub Walk);

impl Law for Telegraph {
    fn cdf(&self, r: f64) -> f64 {
        within(&self.0, r, || {
            let tau = 0.5 * self.0.rate * self.0.time;
            // e^{−τ}I(τcos φ) = e^{−2τ sin²(φ/2)} times the scaled function.
            let density = |phi: f64| {
                let (i0, i1) = bessel_i_scaled(tau * phi.cos());
                tau * (-2.0 * tau * (0.5 * phi).sin().powi(2)).exp() * (phi.cos() * i0 + i1)
            };
            // The integrand is a bump of width 1/√τ, nothing beyond 9 of its widths.
            let end = (r / self.0.reach()).asin().min(9.0 / tau.sqrt());
            integrate(density, 0.0, end, 1 + (end * tau.sqrt()) as usize)
        })
    }

    fn atoms(&self) -> Vec<(f64, f64)> {
        vec![(self.0.reach(), (-0.5 * self.0.rate * self.0.time).exp())]
    }
}

/// |x| in d = 2, V the circle: P(|x| > r) = exp( −Λt + (Λ/c)√(c²t² − r²) ) (Stadje 1987).
#[derive(Clone, Copy, Debug)]
pub struct Stadje(pub Walk);

impl Law for Stadje {
    fn cdf(&self, r: f64) -> f64 {
        within(&self.0, r, || {
            let z = self.0.z(r);
            // 1 − √(1−z) without cancellation.
            -(-self.0.rate * self.0.time * z / (1.0 + (1.0 - z).sqrt())).exp_m1()
        })
    }

    fn atoms(&self) -> Vec<(f64, f64)> {
        vec![(self.0.reach(), (-self.0.rate * self.0.time).exp())]
    }
}

/// |x| in d = 4, V the sphere: P(|x| > r) = e^{−Λtz}(1 + Λtz(1−z)), z = (r/ct)² (Orsingher & De Gregorio 2007).
///
/// Two coordinates of this walk are the walk in the plane with V the disk of radius s.
#[derive(Clone, Copy, Debug)]
pub struct FourD(pub Walk);

impl Law for FourD {
    fn cdf(&self, r: f64) -> f64 {
        within(&self.0, r, || {
            let (z, turns) = (self.0.z(r), self.0.rate * self.0.time);
            -(-turns * z).exp_m1() - turns * z * (1.0 - z) * (-turns * z).exp()
        })
    }

    fn atoms(&self) -> Vec<(f64, f64)> {
        vec![(self.0.reach(), (-self.0.rate * self.0.time).exp())]
    }
}

/// E|x(t) − x(0)|² for any V about 0, m₂ = (1/μ)∫|v|²dv, any d.
///
/// E v(0)·v(u) = (m₂/ε²)e^{−Λu}, since a redraw forgets; 2∫₀ᵗ(t−u) of it is, with D = m₂/(dλ),
/// 2dD( t − (ε²/λ)(1−e^{−λt/ε²}) ).
pub fn mean_square_displacement(m2: f64, lambda: f64, eps: f64, t: f64) -> f64 {
    let memory = eps * eps / lambda;
    2.0 * m2 / lambda * (t + memory * (-t / memory).exp_m1())
}

/// Moments of one velocity component, E v₁² and E v₁⁴, of the uniform law on V.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// E v₁².
    pub second: f64,
    /// E v₁⁴.
    pub fourth: f64,
}

impl Component {
    /// On the sphere of radius s in d dimensions: s²/d and 3s⁴/(d(d+2)).
    pub fn sphere(d: usize, s: f64) -> Self {
        let d = d as f64;
        Component { second: s * s / d, fourth: 3.0 * s.powi(4) / (d * (d + 2.0)) }
    }

    /// In the ball of radius s in d dimensions: s²/(d+2) and 3s⁴/((d+2)(d+4)), from E|v|ᵖ = s^p d/(d+p).
    pub fn ball(d: usize, s: f64) -> Self {
        let d = d as f64;
        Component { second: s * s / (d + 2.0), fourth: 3.0 * s.powi(4) / ((d + 2.0) * (d + 4.0)) }
    }
}

/// E e^{ik·x(t)} to second order in ε, up to O(ε⁴) and, in the initial layer, e^{−λt/ε²}.
///
/// Renewal at redraws gives the Laplace transform A/(1−ΛA) with A(p) = E 1/(p + Λ − ik·v/ε). For large q = p + Λ,
/// A = 1/q − α/q³ + β/q⁵ − …, α = k²E v₁²/ε², β = k⁴E v₁⁴/ε⁴. The pole ΛA = 1 next to 0 is
/// p = −α/Λ + (β − 2α²)/Λ³ + … = −Dk² + ε²k⁴(E v₁⁴ − 2(E v₁²)²)/λ³, its residue −1/(Λ²A') = 1 + α/Λ² + …
/// = 1 + ε²Dk²/λ, D = E v₁²/λ; every other singularity decays like e^{−Λt}. Hence
///
/// ```text
/// E e^{ik·x} = e^{−Dk²t}[ 1 + ε²( Dk²/λ + (E v₁⁴ − 2(E v₁²)²)k⁴t/λ³ ) ] + O(ε⁴)
/// ```
pub fn characteristic(v: Component, lambda: f64, eps: f64, k: f64, t: f64) -> f64 {
    let dk2 = v.second / lambda * k * k;
    let fourth = (v.fourth - 2.0 * v.second.powi(2)) * k.powi(4) * t / lambda.powi(3);
    (-dk2 * t).exp() * (1.0 + eps * eps * (dk2 / lambda + fourth))
}

/// ( e^{−z}I₀(z), e^{−z}I₁(z) ), z ≥ 0: power series (DLMF 10.25.2), from z = 30 on the asymptotic one (10.40.1), whose
/// smallest term is then of order e^{−60}.
pub fn bessel_i_scaled(z: f64) -> (f64, f64) {
    if z < 30.0 {
        let series = |order: f64| {
            let mut term = (0.5 * z).powf(order) * (-z).exp();
            let mut sum = 0.0;
            for m in 1.. {
                sum += term;
                term *= 0.25 * z * z / (f64::from(m) * (f64::from(m) + order));
                if term <= 1e-18 * sum {
                    break;
                }
            }
            sum
        };
        return (series(0.0), series(1.0));
    }
    let series = |order: f64| {
        let (mut term, mut sum) = (1.0, 0.0);
        for m in 1..60 {
            sum += term;
            term *= (f64::from(2 * m - 1).powi(2) - 4.0 * order * order) / (f64::from(m) * 8.0 * z);
            if f64::abs(term) < 1e-18 {
                break;
            }
        }
        sum / (2.0 * PI * z).sqrt()
    };
    (series(0.0), series(1.0))
}

/// J_n(u) = (1/2π)∫cos(nθ − u sin θ)dθ, by the trapezoidal rule: exact to round-off for |u| < 30.
pub fn bessel_j(n: usize, u: f64) -> f64 {
    const POINTS: usize = 96;
    let angle = |j: usize| 2.0 * PI * j as f64 / POINTS as f64;
    (0..POINTS).map(|j| (n as f64 * angle(j) - u * angle(j).sin()).cos()).sum::<f64>()
        / POINTS as f64
}

/// ∫ f over [a, b] by Gauss–Legendre with 16 nodes on each of `panels` equal pieces.
pub fn integrate(f: impl Fn(f64) -> f64, a: f64, b: f64, panels: usize) -> f64 {
    let half = 0.5 * (b - a) / panels as f64;
    let panel = |i: usize| {
        let middle = a + half * (2 * i + 1) as f64;
        GAUSS.iter().map(|(x, w)| w * f(middle + half * x)).sum::<f64>()
    };
    half * (0..panels).map(panel).sum::<f64>()
}

/// Nodes and weights on [−1, 1]: roots of P₁₆ by Newton's method.
static GAUSS: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    const N: usize = 16;
    let legendre = |x: f64| {
        let (mut p, mut before) = (x, 1.0);
        for n in 2..=N {
            let n = n as f64;
            (p, before) = (((2.0 * n - 1.0) * x * p - (n - 1.0) * before) / n, p);
        }
        (p, N as f64 * (x * p - before) / (x * x - 1.0))
    };
    let root = |i: usize| {
        let mut x = (PI * (i as f64 + 0.75) / (N as f64 + 0.5)).cos();
        for _ in 0..8 {
            let (p, slope) = legendre(x);
            x -= p / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * legendre(x).1.powi(2)))
    };
    (0..N).map(root).collect()
});
