//! The families of ψ(S, S̃): how a cell compares the signal here with the signal within reach.

use super::{PsiSpec, sampled_bound};
use crate::quadrature::gauss_legendre;
use crate::scaling::{DIFFUSIVITY, SENSITIVITY, TURNING};
use crate::schema::{
    ANY, CONCENTRATION, Draft,
    Fallback::{Required, Value},
    Key, Kind, OutOfRange, POSITIVE, Ranged, key, unknown,
};
use crate::velocity::VelocitySpace;
use std::cmp::Ordering;

/// Keys of the experiment file.
#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    key("kernel.psi", Kind::Choice(&["saturating", "linear", "exponential", "separable", "expression"]),
        Value("\"saturating\""),
        "psi(S, R), z = R - S: c1 z/sqrt(1 + z^2) + c2; c1 z + c2; c2 exp(c1 z/c2); built from diffusivity and sensitivity; or an expression.")
        .live("\"saturating\"").only("kernel.model", &["nonlocal"]),
    key("kernel.c1", Kind::Float(POSITIVE), Required, "C1, slope of psi at z = 0.").of(TURNING.over(CONCENTRATION))
        .live("0.5").only("kernel.psi", &["saturating", "linear", "exponential"]),
    key("kernel.c2", Kind::Float(POSITIVE), Required, "C2 = psi at z = 0; above c1 if psi is saturating.").of(TURNING)
        .live("\"2/PI\"").only("kernel.psi", &["saturating", "linear", "exponential"]),
    key("kernel.diffusivity", Kind::Quantity(POSITIVE, &["S"]), Required, "The wanted D(S) > 0.").of(DIFFUSIVITY)
        .sample("\"1/(1 + S)\"").only("kernel.psi", &["separable"]),
    key("kernel.sensitivity", Kind::Quantity(ANY, &["S"]), Required, "The wanted chi(S).").of(SENSITIVITY)
        .sample("\"1/(1 + S)^2\"").only("kernel.psi", &["separable"]),
    key("kernel.expression", Kind::Formula(&["S", "R"]), Required, "psi(S, R), S here and R remote.").of(TURNING)
        .sample("\"1 + 0.5*tanh(R - S)\"").only("kernel.psi", &["expression"]),
];

impl PsiSpec {
    /// What the file says.
    pub(super) fn read(draft: &Draft) -> Option<Self> {
        let constants = || Some((draft.float("kernel.c1")?, draft.float("kernel.c2")?));
        Some(match draft.text("kernel.psi")? {
            "saturating" => constants().map(|(c1, c2)| Self::Saturating { c1, c2 })?,
            "linear" => constants().map(|(c1, c2)| Self::Linear { c1, c2 })?,
            "exponential" => constants().map(|(c1, c2)| Self::Exponential { c1, c2 })?,
            "separable" => Self::Separable {
                diffusivity: draft.quantity("kernel.diffusivity")?,
                sensitivity: draft.quantity("kernel.sensitivity")?,
            },
            "expression" => Self::Expression(draft.formula("kernel.expression")?),
            word => unknown("kernel.psi", word),
        })
    }
}

/// ψ(S, S̃), with z = S̃ − S.
#[derive(Clone, Debug)]
pub enum Psi {
    /// C₁ z/√(1+z²) + C₂ (HKS Remark 3.7).
    Saturating {
        /// C₁ > 0.
        c1: f64,
        /// C₂ > C₁.
        c2: f64,
    },
    /// C₁ z + C₂.
    Linear {
        /// C₁ > 0.
        c1: f64,
        /// C₂ > 0.
        c2: f64,
    },
    /// C₂ exp(C₁ z/C₂): the same ψ(S,S) = C₂ and ∂₂ψ(S,S) = C₁ as the others.
    Exponential {
        /// C₁ > 0.
        c1: f64,
        /// C₂ > 0.
        c2: f64,
    },
    /// Ψ(S)Ψ̃(S̃) with Ψ̃(S) = exp((d/m₂)∫_{S*}^S χ), Ψ = m₂/(d μ Ψ̃ D) (CMPS, end of §5). S*
    /// cancels between the two.
    Separable {
        /// Wanted D(S).
        diffusivity: Ranged,
        /// Wanted χ(S).
        sensitivity: Ranged,
        /// d/m₂.
        per_mean_square: f64,
        /// μ.
        measure: f64,
        /// Quadrature on [0, 1] for ∫χ.
        rule: Vec<(f64, f64)>,
    },
    /// An expression in S and R = S̃.
    Expression(Ranged),
}

impl Psi {
    /// ψ of an experiment on the velocity space `space`.
    pub fn new<const D: usize>(psi: PsiSpec, space: &VelocitySpace<D>) -> Self {
        match psi {
            PsiSpec::Saturating { c1, c2 } => Self::Saturating { c1, c2 },
            PsiSpec::Linear { c1, c2 } => Self::Linear { c1, c2 },
            PsiSpec::Exponential { c1, c2 } => Self::Exponential { c1, c2 },
            PsiSpec::Separable { diffusivity, sensitivity } => Self::Separable {
                diffusivity: Ranged::new(KEYS, "kernel.diffusivity", diffusivity),
                sensitivity: Ranged::new(KEYS, "kernel.sensitivity", sensitivity),
                per_mean_square: D as f64 / space.mean_square(),
                measure: space.measure(),
                rule: gauss_legendre(5, 0.0, 1.0),
            },
            PsiSpec::Expression(formula) => {
                Self::Expression(Ranged::formula(KEYS, "kernel.expression", formula))
            }
        }
    }

    /// ψ(S, S̃).
    #[inline(always)]
    pub fn eval(&self, here: f64, remote: f64) -> f64 {
        let z = remote - here;
        match self {
            Self::Saturating { c1, c2 } => c1 * z / (1.0 + z * z).sqrt() + c2,
            Self::Linear { c1, c2 } => c1 * z + c2,
            Self::Exponential { c1, c2 } => c2 * (c1 * z / c2).exp(),
            Self::Separable { diffusivity, sensitivity, per_mean_square, measure, rule } => {
                // Ψ(S)Ψ̃(S̃) = exp((d/m₂)∫_S^S̃ χ) / ((d/m₂) μ D(S)).
                let growth = per_mean_square * integral(sensitivity, rule, here, remote);
                growth.exp() / (per_mean_square * measure * diffusivity.eval(&[here]))
            }
            Self::Expression(formula) => formula.eval(&[here, remote]),
        }
    }

    /// ψ(S, S̃) at L places, with the same bits.
    #[inline(always)]
    pub fn eval_lanes<const L: usize>(&self, here: &[f64; L], remote: &[f64; L]) -> [f64; L] {
        let mut psi = [0.0; L];
        match self {
            Self::Saturating { c1, c2 } => {
                for l in 0..L {
                    let z = remote[l] - here[l];
                    psi[l] = c1 * z / (1.0 + z * z).sqrt() + c2;
                }
            }
            Self::Expression(formula) => psi = formula.eval_lanes([here, remote]),
            _ => {
                for l in 0..L {
                    psi[l] = self.eval(here[l], remote[l]);
                }
            }
        }
        psi
    }

    /// Which expression has a value that it must not have in ψ(S, S̃); ψ(S, S) must be positive.
    pub fn refused(&self, here: f64, remote: f64) -> Option<OutOfRange> {
        match self {
            Self::Separable { diffusivity, sensitivity, rule, .. } => {
                let places = rule.iter().map(|(s, _)| here + (remote - here) * s);
                (diffusivity.check(&[here]))
                    .or_else(|| places.into_iter().find_map(|s| sensitivity.check(&[s])))
            }
            Self::Expression(psi) if remote == here => {
                psi.clone().within(POSITIVE).check(&[here, here])
            }
            Self::Expression(psi) => psi.check(&[here, remote]),
            _ => None,
        }
    }

    /// Whether ψ depends on z = S̃ − S alone, by its family.
    pub fn is_of_difference(&self) -> bool {
        matches!(self, Self::Saturating { .. } | Self::Linear { .. } | Self::Exponential { .. })
    }

    /// ∂₂ψ(S, S).
    pub fn remote_slope(&self, s: f64) -> f64 {
        match self {
            Self::Saturating { c1, .. }
            | Self::Linear { c1, .. }
            | Self::Exponential { c1, .. } => *c1,
            Self::Separable { sensitivity, per_mean_square, .. } => {
                per_mean_square * sensitivity.eval(&[s]) * self.eval(s, s)
            }
            Self::Expression(_) => {
                // Fourth-order central difference; round-off and truncation meet near 10⁻¹¹.
                let h = 1e-3 * (1.0 + s.abs());
                let difference = |h: f64| (self.eval(s, s + h) - self.eval(s, s - h)) / (2.0 * h);
                (4.0 * difference(0.5 * h) - difference(h)) / 3.0
            }
        }
    }

    /// ψ = value + slope·σ(z) up to slack for |z| ≤ `reach`, where σ(z) = z, or z/√(1+z²) if it
    /// saturates; `None` if ψ is no function of z alone.
    pub fn tangent(&self, reach: f64) -> Option<Tangent> {
        let (value, slope, slack) = match self {
            Self::Saturating { c1, c2 } | Self::Linear { c1, c2 } => (*c2, *c1, 0.0),
            // |eʸ − 1 − y| ≤ y²eʸ/2 for |y| at its largest.
            Self::Exponential { c1, c2 } => {
                let y = c1 * reach / c2;
                (*c2, *c1, 0.5 * c2 * y * y * y.exp())
            }
            _ => return None,
        };
        Some(Tangent { value, slope, slack, saturates: matches!(self, Self::Saturating { .. }) })
    }

    /// An upper bound on ψ(S, S̃) for S within `signal` and |S̃ − S| ≤ `reach`.
    pub fn bound(&self, signal: [f64; 2], reach: f64) -> f64 {
        match self {
            // Increasing in z.
            _ if self.is_of_difference() => self.eval(0.0, reach),
            _ => sampled_bound(signal, [-reach, reach], |s, z| self.eval(s, s + z)),
        }
    }

    /// How ψ(S, S̃) grows for S, S̃ ≥ 0.
    pub(super) fn ceiling(&self) -> Ceiling {
        match self {
            Self::Saturating { c1, c2 } => Ceiling::Affine { slope: *c1, level: *c2 },
            Self::Linear { c1, c2 } => Ceiling::Negative { height: 2.0 * c2 / c1 },
            Self::Exponential { c1, c2 } => Ceiling::Rises { height: 10.0 * c2 / c1 },
            Self::Separable { diffusivity, sensitivity, per_mean_square, .. }
                if diffusivity.constant().is_some() && sensitivity.constant().is_some() =>
            {
                let chi = sensitivity.eval(&[0.0]);
                let height = 10.0 / (per_mean_square * chi.abs());
                match chi.partial_cmp(&0.0) {
                    Some(Ordering::Greater) => Ceiling::Rises { height },
                    Some(Ordering::Less) => Ceiling::Falls { height },
                    _ => Ceiling::Affine { slope: 0.0, level: self.eval(0.0, 0.0) },
                }
            }
            _ => Ceiling::Unknown,
        }
    }

    /// The largest |∂ψ/∂S̃| for |S̃ − S| ≤ `reach`; `None` if ψ is no function of S̃ − S.
    pub(super) fn steepest(&self, reach: f64) -> Option<f64> {
        match self {
            Self::Saturating { c1, .. } | Self::Linear { c1, .. } => Some(*c1),
            Self::Exponential { c1, c2 } => Some(c1 * (c1 * reach / c2).exp()),
            _ => None,
        }
    }

    /// A lower bound on ψ(S, S̃) for |S̃ − S| ≤ `reach`; 0 where only samples could tell.
    pub fn floor(&self, reach: f64) -> f64 {
        if self.is_of_difference() { self.eval(0.0, -reach) } else { 0.0 }
    }
}

/// How ψ(S, S̃) grows for S, S̃ ≥ 0.
pub(super) enum Ceiling {
    /// 0 < ψ ≤ slope·S̃ + level, with neither to be lowered.
    Affine {
        /// α₁.
        slope: f64,
        /// α₂.
        level: f64,
    },
    /// ψ(height, 0) < 0.
    Negative {
        /// Where.
        height: f64,
    },
    /// ψ(0, S̃) grows exponentially.
    Rises {
        /// Ten times its scale.
        height: f64,
    },
    /// ψ(S, 0) grows exponentially.
    Falls {
        /// Ten times its scale.
        height: f64,
    },
    /// Nothing is known.
    Unknown,
}

/// See [`Psi::tangent`].
pub struct Tangent {
    /// ψ at z = 0.
    pub value: f64,
    /// ∂ψ/∂z at z = 0.
    pub slope: f64,
    /// What they leave out.
    pub slack: f64,
    /// Whether σ saturates.
    pub saturates: bool,
}

/// ∫_from^to q(S) dS; from and to lie within a reach ε|v||∇S| of each other.
fn integral(q: &Ranged, rule: &[(f64, f64)], from: f64, to: f64) -> f64 {
    let z = to - from;
    match q.constant() {
        Some(c) => c * z,
        None => z * rule.iter().map(|(s, w)| w * q.eval(&[from + z * s])).sum::<f64>(),
    }
}
