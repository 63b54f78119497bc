//! What a file says of a kernel.

use crate::formula::{Formula, Quantity};

/// `[kernel]`
#[derive(Clone, Debug)]
pub struct KernelSpec {
    /// T is the sum of these; at least one.
    pub terms: Vec<Term>,
    /// Whether T < 0 stops the run (true) or is counted and reported (false).
    pub refuse_negative: bool,
    /// An upper bound on T/F given by the user, in place of the computed one.
    pub bound: Option<f64>,
}

impl KernelSpec {
    /// Whether a turn may depend on the gradient of S: only a local kernel says that it does not.
    pub fn is_biased(&self) -> bool {
        let none = |q: &Quantity| matches!(q, Quantity::Constant(0.0));
        self.terms.iter().any(|term| match &term.model {
            KernelModel::Local { a, b, .. } | KernelModel::Isotropic { a, b, .. } => {
                !(none(a) && none(b))
            }
            KernelModel::NonLocal { .. } | KernelModel::Expression(_) => true,
        })
    }

    /// The only term, if there are no others.
    pub fn only(&self) -> Option<&KernelModel> {
        match &self.terms[..] {
            [term] => Some(&term.model),
            _ => None,
        }
    }
}

/// A term of a kernel, and what it senses.
#[derive(Clone, Debug)]
pub struct Term {
    /// The family and its parameters.
    pub model: KernelModel,
    /// The signals, by number, and their weights: S of the term is their weighted sum.
    pub senses: Vec<(usize, f64)>,
}

/// What an experiment file says of its kernel.
#[derive(Clone, Debug)]
pub enum KernelModel {
    /// CMPS Model 1 (38, 41).
    Local {
        /// λ(S, G), G = |∇S|.
        lambda: Quantity,
        /// a(S).
        a: Quantity,
        /// b(S).
        b: Quantity,
    },
    /// CMPS Model 2 (42), HKS Remark 3.7.
    NonLocal {
        /// α₊ ≥ 0, weight of ψ(S(x), S(x+εv)).
        alpha_plus: f64,
        /// α₋ ≥ 0, weight of ψ(S(x), S(x−εv′)).
        alpha_minus: f64,
        /// ψ.
        psi: PsiSpec,
    },
    /// Model 1 with an unbiased turn that remembers: T₀ = λ F(v) h(v, v′) (CMPS Remarks 1, 3).
    Isotropic {
        /// λ(S, G), G = |∇S|.
        lambda: Quantity,
        /// a(S).
        a: Quantity,
        /// b(S).
        b: Quantity,
        /// h.
        scattering: ScatteringSpec,
    },
    /// T_ε in the variables of [`VARIABLES`](super::VARIABLES).
    Expression(Formula),
}

/// Laws of an unbiased turn, T₀/λ.
#[derive(Clone, Debug)]
pub enum ScatteringSpec {
    /// The Poisson kernel on a sphere.
    HenyeyGreenstein {
        /// g, |g| < 1.
        mean_cosine: f64,
    },
    /// F ∝ e^{κ cos} on a sphere.
    VonMisesFisher {
        /// κ.
        concentration: f64,
    },
    /// T₀/λ in r = |v|, q = |v′|, p = v·v′, F = F(v), with detailed balance.
    Expression(Formula),
}

/// Families of ψ(S, S̃), with z = S̃ − S.
#[derive(Clone, Debug)]
pub enum PsiSpec {
    /// C₁ z/√(1+z²) + C₂, C₂ > C₁ > 0.
    Saturating {
        /// C₁.
        c1: f64,
        /// C₂.
        c2: f64,
    },
    /// C₁ z + C₂.
    Linear {
        /// C₁.
        c1: f64,
        /// C₂.
        c2: f64,
    },
    /// C₂ exp(C₁ z / C₂).
    Exponential {
        /// C₁.
        c1: f64,
        /// C₂.
        c2: f64,
    },
    /// Ψ(S)Ψ̃(S̃), built so that D(S) and χ(S) are the wanted ones (CMPS, end of §5; α₊ = 1, α₋ = 0).
    Separable {
        /// D(S) > 0.
        diffusivity: Quantity,
        /// χ(S).
        sensitivity: Quantity,
    },
    /// Any expression in `S` (here) and `R` (remote, S̃).
    Expression(Formula),
}
