//! Which key makes cells meet too many candidate events.

use super::Species;
use crate::experiment::{Experiment, NamedSignal, Population, Signal};
use crate::formula::Quantity;
use crate::turning::PsiSpec;
use crate::turning::{Bounds, KernelModel, TurningKernel};

/// A key, its value and what to do about it.
pub(super) struct Culprit {
    pub key: &'static str,
    pub value: String,
    pub remedy: &'static str,
}

const LOWER: &str = "Lower it";

/// The key to blame for `bound`/ε² events per unit of time: of two factors the larger one, down to
/// what makes the bound of the kernel in a signal within `bounds`.
pub(super) fn culprit<const D: usize>(
    (e, population): (&Experiment, &Population),
    species: &Species<D>,
    bound: f64,
    cues: &[Bounds<D>],
) -> Culprit {
    let (kernel, bounds) = (&species.kernel, &cues[0]);
    let blame = |key, value: &Quantity, remedy| Culprit { key, value: shown(value), remedy };
    if let Some(given) = population.kernel.bound {
        return blame("kernel.bound", &Quantity::Constant(given), "Lower it, or leave it out");
    }
    if bound <= species.scaling.tumble_time().recip() {
        return blame(
            "epsilon",
            &Quantity::Constant(e.epsilon),
            "Raise it, or set motion = \"hybrid\"",
        );
    }
    let size = bounds.slope.max(bounds.high - bounds.low);
    let constants: Vec<(&'static str, Quantity)> = match &population.kernel.terms[0].model {
        KernelModel::Local { lambda, a, b } | KernelModel::Isotropic { lambda, a, b, .. } => {
            let leading = [(bounds.low, 0.0), (bounds.high, bounds.slope)];
            let leading = leading.map(|(s, g)| kernel.leading_rate(s, g));
            if leading[0].max(leading[1]) >= 0.5 * bound {
                return blame("kernel.lambda", lambda, LOWER);
            }
            vec![("kernel.a", a.clone()), ("kernel.b", b.clone())]
        }
        KernelModel::NonLocal { alpha_plus, alpha_minus, psi } => {
            let number = |key, value: &f64| (key, Quantity::Constant(*value));
            let weights = [
                number("kernel.alpha_plus", alpha_plus),
                number("kernel.alpha_minus", alpha_minus),
            ];
            let own = match psi {
                PsiSpec::Saturating { c1, c2 }
                | PsiSpec::Linear { c1, c2 }
                | PsiSpec::Exponential { c1, c2 } => {
                    vec![number("kernel.c1", c1), number("kernel.c2", c2)]
                }
                PsiSpec::Separable { diffusivity, sensitivity } => vec![
                    ("kernel.sensitivity", sensitivity.clone()),
                    ("kernel.diffusivity", diffusivity.clone()),
                ],
                PsiSpec::Expression(formula) => {
                    vec![("kernel.expression", Quantity::Formula(formula.clone()))]
                }
            };
            own.into_iter().chain(weights).collect()
        }
        KernelModel::Expression(formula) => {
            vec![("kernel.turning", Quantity::Formula(formula.clone()))]
        }
    };
    // An expression may be as large as it takes, if no number is.
    let large = |q: &Quantity| match q {
        Quantity::Constant(c) => c.abs(),
        Quantity::Formula(_) => 1.0,
    };
    let (key, value) = constants
        .into_iter()
        .reduce(|a, b| if large(&b.1) > large(&a.1) { b } else { a })
        .expect("every kernel has a key");
    match steep(sensed(e, population)) {
        Some(culprit) if size > large(&value) => culprit,
        _ => blame(key, &value, LOWER),
    }
}

/// What the first term of a kernel senses, first of all.
pub(super) fn sensed<'e>(e: &'e Experiment, population: &Population) -> &'e NamedSignal {
    &e.signals[population.kernel.terms[0].senses[0].0]
}

/// What makes S large or steep at t = 0, if there is any.
fn steep(signal: &NamedSignal) -> Option<Culprit> {
    let number = |value: &f64| Quantity::Constant(*value);
    let (key, value, remedy) = match &signal.equation {
        Signal::None | Signal::Density => return None,
        Signal::Prescribed(f) => {
            ("signal.expression", Quantity::Formula(f.clone()), "Give a flatter one")
        }
        Signal::Parabolic { initial, .. } => {
            ("signal.initial", initial.clone(), "Give a flatter one")
        }
        Signal::Elliptic { diffusion, production, .. } if diffusion.recip() > *production => {
            ("signal.diffusion", number(diffusion), "Raise it")
        }
        Signal::Elliptic { production, .. } => ("signal.production", number(production), LOWER),
    };
    Some(Culprit { key, value: shown(&value), remedy })
}

/// As it stands in the file.
fn shown(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Constant(c) if !(1e-5..1e15).contains(&c.abs()) => format!("{c:e}"),
        Quantity::Constant(c) => c.to_string(),
        Quantity::Formula(f) => format!("\"{}\"", f.text()),
    }
}
