//! Turning kernels, each twice: as the crate has it, and written down again.

use super::sets::Set;
use kinetaxis::formula::{Formula, Quantity};
use kinetaxis::turning::{
    Bounds, Expression, Isotropic, Kernel, Local, NonLocal, Psi, Scattering, TurningKernel,
    VARIABLES,
};
use kinetaxis::turning::{PsiSpec, ScatteringSpec};
use kinetaxis::vector::{Vector, dot, norm};

/// A turning kernel. Numbers are chosen for rates near 1, T ≥ 0 and a visible bias at ε = ½.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spec {
    /// T = λF(v) + ε( a v·g − b w·g ), with aμ and bμ given.
    Local {
        /// λ(S,|∇S|).
        lambda: Lambda,
        /// aμ.
        a_mu: f64,
        /// bμ.
        b_mu: f64,
    },
    /// T = α₊ψ(S, S+εv·g) + α₋ψ(S, S−εw·g).
    NonLocal {
        /// α₊.
        plus: f64,
        /// α₋.
        minus: f64,
        /// ψ.
        psi: Family,
    },
    /// T = 1.3F(v)h(v,w) + ε( a v·g − b w·g ), aμ = 0.5, bμ = 0.4.
    Isotropic(Memory),
    /// T as a text.
    Typed(Text),
}

/// T/F as a text, with A = v·g and B = w·g.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Text {
    /// 1.2 + 0.15 v·w + ε(0.5A − 0.4B)/√(1+G²).
    Gradient,
    /// 1.2 + 0.6 tanh(εA) − 0.3 sin(εB).
    Remote,
    /// (1.2 + 0.1|v||w|)(1 − 0.6 tanh(εB)).
    Path,
    /// 1 + 0.4S + 0.1 v·w + 0.5εAS/(1+S²).
    OfSignal,
}

impl Text {
    /// T as a file has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Gradient => "F*(1.2 + 0.15*p + eps*(0.5*A - 0.4*B)/sqrt(1 + G^2))",
            Self::Remote => "F*(1.2 + 0.6*tanh(R - S) - 0.3*sin(S - Q))",
            Self::Path => "F*(1.2 + 0.1*r*q)*(1 - 0.6*tanh(W))",
            Self::OfSignal => "F*(1 + 0.4*S + 0.1*p + 0.5*eps*A*S/(1 + S^2))",
        }
    }
}

/// Those whose turning does not depend on the value of S.
pub fn typed_specs() -> Vec<Spec> {
    [Text::Gradient, Text::Remote, Text::Path].map(Spec::Typed).to_vec()
}

/// h(v,w), s the speed of a sphere and c the cosine of v and w.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Memory {
    /// Σ (0.4)ⁿ times the n-th zonal harmonic: a given mean cosine of 0.4.
    Poisson,
    /// Mean cosine −0.4.
    PoissonBack,
    /// ∝ e^{0.8c}.
    VonMisesFisher,
    /// 1 + 0.2 v·w + 0.1 |v|²|w|².
    Given,
}

/// Those that remember, on a sphere or elsewhere.
pub fn remembering_specs(sphere: bool) -> Vec<Spec> {
    use Memory::*;
    let all = [Given, Poisson, PoissonBack, VonMisesFisher];
    all[..if sphere { 4 } else { 1 }].iter().map(|m| Spec::Isotropic(*m)).collect()
}

/// F h of [`Memory::Given`] as a file has it.
pub const GIVEN: &str = "F*(1 + 0.2*p + 0.1*r^2*q^2)";

/// λ(S,|∇S|).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lambda {
    /// 1.3.
    Constant,
    /// 1.1 + G²/2.
    OfSlope,
    /// 1 + 0.4S + G²/2.
    OfBoth,
}

/// ψ, up to 1/μ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    /// z/√(1+z²) + 1.1.
    Saturating,
    /// 0.8z + 1.1.
    Linear,
    /// 1.1 exp(0.9z/1.1).
    Exponential,
    /// D = m₂/1.2d, χ = 0.4.
    Separable,
    /// D = 0.4 + 0.1S², χ = 0.3 + 0.2S.
    SeparableOfSignal,
    /// 1.2 + tanh z.
    Expression,
    /// (1 + 0.3S²)exp(0.8z).
    ExpressionOfSignal,
}

/// Every kernel whose turning does not depend on the value of S, for a uniform F.
pub fn uniform_specs() -> Vec<Spec> {
    use Family::*;
    let mut all = weighted_specs();
    for psi in [Saturating, Linear, Exponential, Separable, Expression] {
        for (plus, minus) in [(1.0, 0.0), (0.0, 1.0), (0.7, 0.6)] {
            all.push(Spec::NonLocal { plus, minus, psi });
        }
    }
    all
}

/// Those that allow a non-uniform F.
pub fn weighted_specs() -> Vec<Spec> {
    let local = |lambda, a_mu, b_mu| Spec::Local { lambda, a_mu, b_mu };
    vec![
        local(Lambda::Constant, 1.6, 0.0),
        local(Lambda::Constant, 0.0, 1.6),
        local(Lambda::Constant, 1.0, 0.7),
        local(Lambda::OfSlope, 0.8, 0.7),
    ]
}

/// Those whose turning depends on the value of S.
pub fn specs_of_signal() -> Vec<Spec> {
    vec![
        Spec::Local { lambda: Lambda::OfBoth, a_mu: 0.8, b_mu: 0.6 },
        Spec::NonLocal { plus: 1.0, minus: 0.0, psi: Family::SeparableOfSignal },
        Spec::NonLocal { plus: 0.7, minus: 0.6, psi: Family::ExpressionOfSignal },
        Spec::Typed(Text::OfSignal),
    ]
}

/// A function of a turn: of the new and the old velocity.
pub type Pair<const D: usize> = Box<dyn Fn(&Vector<D>, &Vector<D>) -> f64>;

/// T(v,w) = gain(v) + exchange(w) + pair(v,w) at a place where the signal is S and its gradient g. Without a pair the
/// laws that follow are cheap.
pub struct Additive<const D: usize> {
    /// What depends on the new velocity.
    pub gain: Box<dyn Fn(&Vector<D>) -> f64>,
    /// What depends on the old one.
    pub exchange: Box<dyn Fn(&Vector<D>) -> f64>,
    /// What depends on both.
    pub pair: Option<Pair<D>>,
}

impl Spec {
    /// |∇S| of the tests: as strong as T ≥ 0 allows at ε = ½.
    pub fn slope(&self) -> f64 {
        if matches!(self, Self::NonLocal { .. }) { 1.2 } else { 0.6 }
    }

    /// The same as the crate has it.
    pub fn kernel<const D: usize>(&self, set: &Set, epsilon: f64) -> Kernel<D> {
        let (space, mu) = (set.space::<D>(), set.measure::<D>());
        let constant = Quantity::Constant;
        let formula = |text: &str, names: &[&str]| Formula::parse(text, names).unwrap();
        match *self {
            Self::Local { lambda, a_mu, b_mu } => {
                let lambda = match lambda {
                    Lambda::Constant => constant(1.3),
                    Lambda::OfSlope => Quantity::Formula(formula("1.1 + G*G/2", &["S", "G"])),
                    Lambda::OfBoth => Quantity::Formula(formula("1 + 0.4*S + G*G/2", &["S", "G"])),
                };
                let (a, b) = (constant(a_mu / mu), constant(b_mu / mu));
                Kernel::Local(Local::new(lambda, a, b, space, epsilon))
            }
            Self::NonLocal { plus, minus, psi } => {
                let m2 = set.speed_moment::<D>(2);
                let of_s = |text: &str| Quantity::Formula(formula(text, &["S"]));
                let of_both = |text: &str| {
                    PsiSpec::Expression(formula(&format!("({text})/{mu}"), &["S", "R"]))
                };
                let separable =
                    |diffusivity, sensitivity| PsiSpec::Separable { diffusivity, sensitivity };
                let psi = match psi {
                    Family::Saturating => PsiSpec::Saturating { c1: 1.0 / mu, c2: 1.1 / mu },
                    Family::Linear => PsiSpec::Linear { c1: 0.8 / mu, c2: 1.1 / mu },
                    Family::Exponential => PsiSpec::Exponential { c1: 0.9 / mu, c2: 1.1 / mu },
                    Family::Separable => separable(constant(m2 / (1.2 * D as f64)), constant(0.4)),
                    Family::SeparableOfSignal => {
                        separable(of_s("0.4 + 0.1*S*S"), of_s("0.3 + 0.2*S"))
                    }
                    Family::Expression => of_both("1.2 + tanh(R - S)"),
                    Family::ExpressionOfSignal => of_both("(1 + 0.3*S*S)*exp(0.8*(R - S))"),
                };
                Kernel::NonLocal(NonLocal::new(plus, minus, Psi::new(psi, &space), &space, epsilon))
            }
            Self::Isotropic(memory) => {
                let law = match memory {
                    Memory::Poisson => ScatteringSpec::HenyeyGreenstein { mean_cosine: 0.4 },
                    Memory::PoissonBack => ScatteringSpec::HenyeyGreenstein { mean_cosine: -0.4 },
                    Memory::VonMisesFisher => ScatteringSpec::VonMisesFisher { concentration: 0.8 },
                    Memory::Given => {
                        ScatteringSpec::Expression(formula(GIVEN, &["r", "q", "p", "F"]))
                    }
                };
                let scattering = Scattering::new(law, &space);
                let (a, b) = (constant(0.5 / mu), constant(0.4 / mu));
                let local = Local::new(constant(1.3), a, b, space, epsilon);
                Kernel::Isotropic(Isotropic::new(local, scattering))
            }
            Self::Typed(text) => {
                let turning = formula(text.text(), VARIABLES);
                Kernel::Expression(Expression::new(turning, &space, epsilon))
            }
        }
    }

    /// The floor and the bound that the crate finds for it where S keeps within ½ of `s`, with room for round-off.
    pub fn bounds<const D: usize>(&self, set: &Set, epsilon: f64, s: f64) -> (f64, f64) {
        let bounds = Bounds::<D>::new(s - 0.5, s + 0.5, self.slope());
        let kernel = self.kernel::<D>(set, epsilon);
        (kernel.floor(&bounds) * (1.0 - 1e-9), kernel.bound(&bounds) * (1.0 + 1e-9))
    }

    /// Whether T has a part that depends on both velocities.
    pub fn remembers(&self) -> bool {
        matches!(self, Self::Isotropic(_) | Self::Typed(_))
    }

    /// T, from the equations. F(v) is `profile`(|v|) over its integral `total`.
    pub fn additive<const D: usize>(
        &self,
        set: &Set,
        total: f64,
        epsilon: f64,
        s: f64,
        g: Vector<D>,
    ) -> Additive<D> {
        let (mu, m2) = (set.measure::<D>(), set.speed_moment::<D>(2));
        match *self {
            Self::Local { lambda, a_mu, b_mu } => {
                let slope = norm(&g);
                let rate = match lambda {
                    Lambda::Constant => 1.3,
                    Lambda::OfSlope => 1.1 + 0.5 * slope.powi(2),
                    Lambda::OfBoth => 1.0 + 0.4 * s + 0.5 * slope.powi(2),
                };
                let profile = set.profile.map_or((|_| 1.0) as fn(f64) -> f64, |(_, f)| f);
                Additive {
                    gain: Box::new(move |v| {
                        rate * profile(norm(v)) / total + epsilon * a_mu / mu * dot(v, &g)
                    }),
                    exchange: Box::new(move |w| -epsilon * b_mu / mu * dot(w, &g)),
                    pair: None,
                }
            }
            Self::NonLocal { plus, minus, psi } => {
                let d = D as f64;
                let psi = move |z: f64| match psi {
                    Family::Saturating => (z / (1.0 + z * z).sqrt() + 1.1) / mu,
                    Family::Linear => (0.8 * z + 1.1) / mu,
                    Family::Exponential => 1.1 * (0.9 / 1.1 * z).exp() / mu,
                    Family::Separable => 1.2 / mu * (d / m2 * 0.4 * z).exp(),
                    Family::SeparableOfSignal => {
                        let primitive = |s: f64| 0.3 * s + 0.1 * s * s;
                        let growth = (d / m2 * (primitive(s + z) - primitive(s))).exp();
                        m2 / (d * mu * (0.4 + 0.1 * s * s)) * growth
                    }
                    Family::Expression => (1.2 + z.tanh()) / mu,
                    Family::ExpressionOfSignal => (1.0 + 0.3 * s * s) * (0.8 * z).exp() / mu,
                };
                Additive {
                    gain: Box::new(move |v| plus * psi(epsilon * dot(v, &g))),
                    exchange: Box::new(move |w| minus * psi(-epsilon * dot(w, &g))),
                    pair: None,
                }
            }
            Self::Isotropic(memory) => {
                let profile = set.profile.map_or((|_| 1.0) as fn(f64) -> f64, |(_, f)| f);
                let h = move |v: &Vector<D>, w: &Vector<D>| {
                    let cosine = dot(v, w) / (norm(v) * norm(w));
                    memory.of::<D>(dot(v, w), norm(v) * norm(w), cosine)
                };
                Additive {
                    gain: Box::new(move |v| epsilon * 0.5 / mu * dot(v, &g)),
                    exchange: Box::new(move |w| -epsilon * 0.4 / mu * dot(w, &g)),
                    pair: Some(Box::new(move |v, w| 1.3 * profile(norm(v)) / total * h(v, w))),
                }
            }
            Self::Typed(text) => {
                let (profile, slope) =
                    (set.profile.map_or((|_| 1.0) as fn(f64) -> f64, |(_, f)| f), norm(&g));
                let relative = move |v: &Vector<D>, w: &Vector<D>| {
                    let (a, b) = (dot(v, &g), dot(w, &g));
                    match text {
                        Text::Gradient => {
                            let bias = (0.5 * a - 0.4 * b) / (1.0 + slope * slope).sqrt();
                            1.2 + 0.15 * dot(v, w) + epsilon * bias
                        }
                        Text::Remote => {
                            1.2 + 0.6 * (epsilon * a).tanh() - 0.3 * (epsilon * b).sin()
                        }
                        Text::Path => {
                            (1.2 + 0.1 * norm(v) * norm(w)) * (1.0 - 0.6 * (epsilon * b).tanh())
                        }
                        Text::OfSignal => {
                            1.0 + 0.4 * s + 0.1 * dot(v, w) + 0.5 * epsilon * a * s / (1.0 + s * s)
                        }
                    }
                };
                Additive {
                    gain: Box::new(|_| 0.0),
                    exchange: Box::new(|_| 0.0),
                    pair: Some(Box::new(move |v, w| profile(norm(v)) / total * relative(v, w))),
                }
            }
        }
    }
}

impl Memory {
    /// h, from the product p = v·w, |v||w| and the cosine.
    fn of<const D: usize>(self, p: f64, speeds: f64, cosine: f64) -> f64 {
        match self {
            Self::Poisson => harmonics::<D>(|n| 0.4_f64.powi(n), cosine),
            Self::PoissonBack => harmonics::<D>(|n| (-0.4_f64).powi(n), cosine),
            Self::VonMisesFisher => {
                // Powers of the cosine have means 1/(n+1) in d = 3, (n−1)!!/n!! in d = 2, 1 in d = 1, for even n.
                let (mut mean, mut term, mut power) = (1.0, 1.0, 1.0);
                for n in (2..40).step_by(2) {
                    let n = f64::from(n);
                    power *= [1.0, (n - 1.0) / n, (n - 1.0) / (n + 1.0)][D - 1];
                    term *= 0.8 * 0.8 / (n * (n - 1.0));
                    mean += term * power;
                }
                (0.8 * cosine).exp() / mean
            }
            Self::Given => 1.0 + 0.2 * p + 0.1 * speeds * speeds,
        }
    }
}

/// Σ a(n) Z_n(c): Z₀ = 1, and Z_n = 2cos nθ in d = 2, (2n+1)P_n in d = 3; in d = 1 there is only Z₁ = c.
fn harmonics<const D: usize>(a: impl Fn(i32) -> f64, c: f64) -> f64 {
    let (mut sum, mut before, mut now) = (1.0, 1.0, c);
    for n in 1..=if D == 1 { 1 } else { 40 } {
        sum += a(n) * [1.0, 2.0, f64::from(2 * n + 1)][D - 1] * now;
        let k = f64::from(n);
        let next = match D {
            2 => 2.0 * c * now - before,
            _ => ((2.0 * k + 1.0) * c * now - k * before) / (k + 1.0),
        };
        (before, now) = (now, next);
    }
    sum
}

/// The gradient of the tests, along no axis for d > 1.
pub fn gradient<const D: usize>(slope: f64) -> Vector<D> {
    let direction: [f64; 3] = match D {
        1 => [1.0, 0.0, 0.0],
        2 => [0.6, -0.8, 0.0],
        _ => [2.0 / 3.0, -1.0 / 3.0, 2.0 / 3.0],
    };
    std::array::from_fn(|l| slope * direction[l])
}
