//! Turning kernels T_ε\[S\](x, v, v′): the rate density of turning from v′ to v.
//!
//! One kernel per file. A kernel sees the signal only through [`Sense`], never a grid or the time
//! loop. A new kernel adds its file, its lines in the list below and an experiment.

mod expansion;
mod expression;
mod isotropic;
mod kernel;
mod line;
mod local;
mod majorant;
mod nonlocal;
mod patches;
mod psi;
mod radial;
mod scattering;
pub(crate) mod search;
mod sense;
mod spec;
mod sum;
mod turns;
mod variables;

pub use expression::{Expression, pairs};
pub use isotropic::Isotropic;
pub use kernel::{
    Affine, Answer, Coefficients, Combined, Limit, Proposal, Remainder, Response, TurningKernel,
    Unbounded,
};
pub use local::Local;
pub use majorant::{Majorant, Symmetry, Turn, Wave};
pub use nonlocal::NonLocal;
pub use psi::Psi;
pub use radial::Moments;
pub use scattering::Scattering;
pub use sense::{Bounds, Feelings, Felt, LinearSignal, MOST_TERMS, Scenery, Sense};
pub use spec::{KernelModel, KernelSpec, PsiSpec, ScatteringSpec, Term};
pub use sum::Sum;
pub use turns::{Turns, lane};
pub use variables::VARIABLES;

use crate::scaling::TUMBLE_RATE;
use crate::schema::{
    Draft,
    Fallback::{Derived, Required, Value},
    Key,
    Kind::{Choice, Float, Integer, Text},
    OutOfRange, POSITIVE, key, unknown,
};
use crate::vector::Vector;
use crate::velocity::VelocitySpace;
use kernel::sampled_bound;

/// A kernel as the experiment file knows it.
pub(crate) struct Family {
    /// Its name in `kernel.model`.
    pub word: &'static str,
    /// T in a line.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [&'static [Key]],
    /// What they say.
    pub read: fn(&Draft) -> Option<KernelModel>,
}

/// Every kernel.
pub(crate) const KINDS: &[Family] = &[
    Family {
        word: "local",
        doc: "T = lambda F(v) + epsilon (a v.grad S - b v'.grad S)",
        keys: &[local::KEYS],
        read: local::read,
    },
    Family {
        word: "nonlocal",
        doc: "T = alpha_plus psi(S(x), S(x + epsilon v)) + alpha_minus psi(S(x), S(x - epsilon v'))",
        keys: &[nonlocal::KEYS, psi::KEYS],
        read: nonlocal::read,
    },
    Family {
        word: "isotropic",
        doc: "local with lambda T0(v, v') for lambda F(v), a turn that remembers the old direction or speed",
        keys: &[scattering::KEYS],
        read: isotropic::read,
    },
    Family {
        word: "expression",
        doc: "T as you write it",
        keys: &[expression::KEYS],
        read: expression::read,
    },
];

/// Keys of all kernels.
#[rustfmt::skip]
const OF_ALL: &[Key] = &[
    key("kernel.senses", Text, Derived("the only signal"),
        "The signal that the kernel senses, by name, or a weighted sum of several; S in its other keys is that.")
        .sample("\"food - 0.5*poison\""),
    key("kernel.q", Integer(1, 4), Value("1"),
        "q: cells tumble at the rate of the kernel over epsilon^(q+1). The limit keeps diffusion for q = 1 alone.").sample("2"),
    key("kernel.p", Integer(1, 4), Value("1"),
        "p: epsilon^p stands for epsilon in the kernel. The limit keeps drift for p = 1 alone.").sample("2"),
    key("kernel.negative", Choice(&["count", "refuse"]), Value("\"count\""),
        "What is done where T < 0: counted and reported, or the run stops.").sample("\"count\""),
    key("kernel.bound", Float(POSITIVE), Derived("computed from the kernel and S"),
        "Upper bound on T/F, in place of the computed one; every evaluation is checked against it.").of(TUMBLE_RATE).sample("2.0"),
];

/// The keys of the experiment file: the choice of the kernel, those of each, and those of all.
pub(crate) fn keys() -> Vec<Key> {
    let words: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
    let docs: Vec<String> = KINDS.iter().map(|k| format!("{}: {}", k.word, k.doc)).collect();
    let (words, doc) = (words.leak(), format!("{}.", docs.join("; ")).leak());
    let model = key("kernel.model", Choice(words), Required, doc).live("\"nonlocal\"");
    let own = KINDS.iter().flat_map(|kind| kind.keys).copied().flatten();
    std::iter::once(&model).chain(own).chain(OF_ALL).copied().collect()
}

impl KernelModel {
    /// What the file says.
    pub(crate) fn read(draft: &Draft) -> Option<Self> {
        let word = draft.text("kernel.model")?;
        let kind = KINDS.iter().find(|kind| kind.word == word);
        (kind.unwrap_or_else(|| unknown("kernel.model", word)).read)(draft)
    }
}

impl KernelSpec {
    /// The sum of these terms, and what the file says of all.
    pub(crate) fn read(draft: &Draft, terms: Vec<Term>) -> Option<Self> {
        let refuse_negative = match draft.text("kernel.negative")? {
            "count" => false,
            "refuse" => true,
            word => unknown("kernel.negative", word),
        };
        Some(Self { terms, refuse_negative, bound: draft.float("kernel.bound") })
    }
}

/// Every kernel there is.
#[derive(Clone, Debug)]
pub enum Kernel<const D: usize> {
    /// CMPS Model 1.
    Local(Local<D>),
    /// CMPS Model 2.
    NonLocal(NonLocal<D>),
    /// CMPS Remark 3.
    Isotropic(Isotropic<D>),
    /// Given by the user.
    Expression(Expression<D>),
    /// Several of these.
    Sum(Sum<D>),
}

/// Runs `$body` with `$k` bound to the concrete kernel, so that loops are compiled for each.
#[macro_export]
macro_rules! with_kernel {
    ($kernel:expr, $k:ident => $body:expr) => {
        match $kernel {
            $crate::turning::Kernel::Local($k) => $body,
            $crate::turning::Kernel::NonLocal($k) => $body,
            $crate::turning::Kernel::Isotropic($k) => $body,
            $crate::turning::Kernel::Expression($k) => $body,
            $crate::turning::Kernel::Sum($k) => $body,
        }
    };
}

impl<const D: usize> Kernel<D> {
    /// The kernel of an experiment, on the velocity space `space`; `epsilon` is what stands for ε in it.
    pub fn from_experiment(kernel: &KernelSpec, space: &VelocitySpace<D>, epsilon: f64) -> Self {
        let term = |term: &Term| match &term.model {
            KernelModel::Expression(f) => {
                Self::Expression(Expression::term(f.clone(), space, epsilon))
            }
            model => Self::alone(model, space, epsilon),
        };
        match &kernel.terms[..] {
            [one] => Self::alone(&one.model, space, epsilon),
            several => Self::Sum(Sum::new(several.iter().map(term).collect(), space)),
        }
    }

    /// Whether the user typed it, or a term of it.
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Expression(_) => true,
            Self::Sum(sum) => sum.terms().iter().any(Self::is_typed),
            _ => false,
        }
    }

    /// T/F, if it is rate + gain σ(v·g) + loss σ(w·g′) in every signal, up to a rounding of f32.
    pub fn told_by_gradients(&self) -> Option<Combined> {
        // What is left out, if anything is, shows where S is steep.
        const STEEP: f64 = 1e3;
        let bounds = Bounds {
            low: -STEEP,
            high: STEEP,
            slope: STEEP,
            gradient: [[-STEEP, STEEP]; D],
            change: STEEP,
            noise: 0.0,
        };
        let terms = if let Self::Sum(sum) = self { sum.terms().len() } else { 1 };
        let combined = self.combined(&vec![bounds; terms])?;
        let most = combined.affine.most(STEEP);
        (combined.affine.slack <= 0.5 * f64::from(f32::EPSILON) * most).then_some(combined)
    }

    /// How experiment files call it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::NonLocal(_) => "nonlocal",
            Self::Isotropic(_) => "isotropic",
            Self::Expression(_) => "expression",
            Self::Sum(_) => "several terms",
        }
    }

    fn alone(model: &KernelModel, space: &VelocitySpace<D>, epsilon: f64) -> Self {
        let local = |lambda, a, b| Local::new(lambda, a, b, space.clone(), epsilon);
        match model.clone() {
            KernelModel::Local { lambda, a, b } => Self::Local(local(lambda, a, b)),
            KernelModel::Isotropic { lambda, a, b, scattering } => {
                let scattering = Scattering::new(scattering, space);
                Self::Isotropic(Isotropic::new(local(lambda, a, b), scattering))
            }
            KernelModel::Expression(formula) => {
                Self::Expression(Expression::new(formula, space, epsilon))
            }
            KernelModel::NonLocal { alpha_plus, alpha_minus, psi } => Self::NonLocal(
                NonLocal::new(alpha_plus, alpha_minus, Psi::new(psi, space), space, epsilon),
            ),
        }
    }
}

impl<const D: usize> TurningKernel<D> for Kernel<D> {
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        with_kernel!(self, k => k.relative_rate(signal, x, v, w))
    }

    fn together<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        with_kernel!(self, k => k.together(signal, turns))
    }

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.bound(bounds))
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.floor(bounds))
    }

    fn refused<S: Sense<D>>(&self, signal: &S, turn: [&Vector<D>; 3]) -> Option<OutOfRange> {
        with_kernel!(self, k => k.refused(signal, turn))
    }

    fn lowest(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.lowest(bounds))
    }

    fn bound_of(&self, cues: &[Bounds<D>]) -> f64 {
        with_kernel!(self, k => k.bound_of(cues))
    }

    fn floor_of(&self, cues: &[Bounds<D>]) -> f64 {
        with_kernel!(self, k => k.floor_of(cues))
    }

    fn affine(&self, bounds: &Bounds<D>) -> Option<Affine> {
        with_kernel!(self, k => k.affine(bounds))
    }

    fn combined(&self, cues: &[Bounds<D>]) -> Option<Combined> {
        with_kernel!(self, k => k.combined(cues))
    }

    fn proposal(&self) -> Option<&dyn Proposal<D>> {
        with_kernel!(self, k => k.proposal())
    }

    fn proposal_bound(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.proposal_bound(bounds))
    }

    fn memory_rate<S: Sense<D>>(&self, signal: &S, x: &Vector<D>) -> f64 {
        with_kernel!(self, k => k.memory_rate(signal, x))
    }

    fn beyond(&self, degree: usize) -> Option<Remainder<D>> {
        with_kernel!(self, k => k.beyond(degree))
    }

    fn sensing_distance(&self) -> f64 {
        with_kernel!(self, k => k.sensing_distance())
    }

    fn is_sampled(&self) -> bool {
        with_kernel!(self, k => k.is_sampled())
    }

    fn may_refuse(&self) -> bool {
        with_kernel!(self, k => k.may_refuse())
    }

    fn senses_change(&self) -> bool {
        with_kernel!(self, k => k.senses_change())
    }

    fn leading_fault(&self, cues: &[Bounds<D>]) -> Option<String> {
        with_kernel!(self, k => k.leading_fault(cues))
    }

    fn leading_rate(&self, s: f64, slope: f64) -> f64 {
        with_kernel!(self, k => k.leading_rate(s, slope))
    }

    fn response(&self, s: f64, slope: f64) -> Option<Response> {
        with_kernel!(self, k => k.response(s, slope))
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        with_kernel!(self, k => k.coefficients(s, slope))
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        with_kernel!(self, k => k.constant_coefficients())
    }

    fn answer(&self, felt: &[Felt<D>]) -> Option<Answer<D>> {
        with_kernel!(self, k => k.answer(felt))
    }

    fn limit(&self, felt: &[Felt<D>]) -> Limit<D> {
        with_kernel!(self, k => k.limit(felt))
    }

    fn constant_limit(&self) -> Option<(f64, Vec<f64>)> {
        with_kernel!(self, k => k.constant_limit())
    }

    fn first_order(&self, s: f64, slope: f64, square: f64) -> [f64; 2] {
        with_kernel!(self, k => k.first_order(s, slope, square))
    }

    fn remembers(&self) -> bool {
        with_kernel!(self, k => k.remembers())
    }

    fn is_constant(&self) -> bool {
        with_kernel!(self, k => k.is_constant())
    }

    fn majorant(&self) -> Majorant<D> {
        with_kernel!(self, k => k.majorant())
    }

    fn symmetry(&self, slope: f64) -> Option<Symmetry> {
        with_kernel!(self, k => k.symmetry(slope))
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        match self {
            Self::Local(k) => Self::Local(k.with_epsilon(epsilon)),
            Self::NonLocal(k) => Self::NonLocal(k.with_epsilon(epsilon)),
            Self::Isotropic(k) => Self::Isotropic(k.with_epsilon(epsilon)),
            Self::Expression(k) => Self::Expression(k.with_epsilon(epsilon)),
            Self::Sum(k) => Self::Sum(k.with_epsilon(epsilon)),
        }
    }
}
