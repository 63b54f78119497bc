//! What a turning kernel has to tell.

use super::turns::{FEW, lane};
use super::{Bounds, Felt, MOST_TERMS, Majorant, Sense, Symmetry, Turns};
use crate::rng::Stream;
use crate::schema::OutOfRange;
use crate::vector::{Vector, norm, scaled};
use thiserror::Error;

/// T/F has no bound to draw candidates from.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error(
    "the bound on T/F in the signal at hand is {0}, so that no candidate can be drawn. Weaken the \
     kernel's bias or lower S, or set kernel.bound"
)]
pub struct Unbounded(pub f64);

/// |T_ε/F − (rate + gain σ(v·g) + loss σ(w·g′))| ≤ slack, where g is the mean of ∇S from x to x + `lag` v,
/// g′ that from x − `lag` w to x, gain ≥ 0 ≥ loss, and σ(y) = y, or κy/√(1+κ²y²) if it saturates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// T/F without a gradient.
    pub rate: f64,
    /// Factor of σ(v·∇S).
    pub gain: f64,
    /// Factor of σ(w·∇S).
    pub loss: f64,
    /// κ, or 0 if σ(y) = y.
    pub saturation: f64,
    /// How far ahead and behind is sensed, over the velocity; 0 where the gradient at x is.
    pub lag: f64,
    /// What this leaves out.
    pub slack: f64,
}

/// An [`Affine`] kernel that senses a weighted sum of signals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Combined {
    /// T/F as a function of the sum.
    pub affine: Affine,
    /// Weights of the signals of the terms.
    pub weights: [f64; MOST_TERMS],
    /// A bound on the slope of the sum, and on its round-off.
    pub slope: f64,
    /// See [`Bounds::noise`].
    pub noise: f64,
}

impl Combined {
    /// In signals within these bounds.
    pub fn new<const D: usize>(
        affine: Affine,
        weights: [f64; MOST_TERMS],
        cues: &[Bounds<D>],
    ) -> Self {
        let sum = |of: fn(&Bounds<D>) -> f64| -> f64 {
            cues.iter().zip(weights).map(|(cue, weight)| weight.abs() * of(cue)).sum()
        };
        Self { affine, weights, slope: sum(|cue| cue.slope), noise: sum(|cue| cue.noise) }
    }
}

impl Affine {
    /// Whether it says anything.
    #[inline(always)]
    pub fn is_known(&self) -> bool {
        self.slack < f64::INFINITY
    }

    /// The most that |T/F| can be by it where |v·g| and |w·g′| are at most `y`.
    pub fn most(&self, y: f64) -> f64 {
        self.rate.abs() + (self.gain - self.loss) * self.sense(y)
    }

    /// The largest σ′.
    pub fn slope(&self) -> f64 {
        if self.saturation == 0.0 { 1.0 } else { self.saturation }
    }

    /// σ(y).
    #[inline(always)]
    pub fn sense(&self, y: f64) -> f64 {
        if self.saturation == 0.0 {
            return y;
        }
        let z = self.saturation * y;
        z / (1.0 + z * z).sqrt()
    }
}

/// A law P of new velocities, given the old one, that is nearer to T than F is; P(−v|−w) = P(v|w).
pub trait Proposal<const D: usize>: Sync {
    /// P(v|w)/F(v).
    fn relative_density(&self, v: &Vector<D>, w: &Vector<D>) -> f64;

    /// A velocity drawn from P(·|w).
    fn propose(&self, w: &Vector<D>, rng: &mut Stream) -> Vector<D>;
}

/// D and χ of the macroscopic limit at one point: ∂tρ = ∇·(D∇ρ − χρ∇S).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    /// D\[S\].
    pub diffusivity: f64,
    /// χ\[S\].
    pub sensitivity: f64,
}

/// What a memoryless kernel is to first order in ε where the signal is S and its gradient is g:
/// T_ε = λF(v) + (ε/μ)( gain v·g − loss w·g ) + O(ε²), turning from w to v.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response {
    /// λ > 0.
    pub rate: f64,
    /// How new velocities answer: a μ, or μ α₊ ∂₂ψ(S,S).
    pub gain: f64,
    /// How the rate of turning answers: b μ, or μ α₋ ∂₂ψ(S,S).
    pub loss: f64,
}

/// D and Γ of the limit of a kernel that may sense several signals: ∂tρ = ∇·(D∇ρ − Γρ).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit<const D: usize> {
    /// D.
    pub diffusivity: f64,
    /// Γ.
    pub drift: Vector<D>,
}

/// A memoryless kernel to first order in ε where it senses several signals:
/// T_ε = λF(v) + (ε/μ)( v·`gain` − w·`loss` ) + O(ε²), turning from w to v.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<const D: usize> {
    /// λ > 0.
    pub rate: f64,
    /// Σ gainₖ∇Sₖ.
    pub gain: Vector<D>,
    /// Σ lossₖ∇Sₖ.
    pub loss: Vector<D>,
}

/// A part of T/F as a function of the new and the old velocity.
pub type Remainder<const D: usize> = Box<dyn Fn(&Vector<D>, &Vector<D>) -> f64 + Sync>;

/// One turning kernel.
pub trait TurningKernel<const D: usize>: Sync {
    /// T_ε\[S\](x, v, w)/F(v), turning from `w` to `v`. May be negative outside the theory; NaN where
    /// an expression has a value that it must not have, of which [`TurningKernel::refused`] tells.
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64;

    /// The same of several cells at once, with the same bits; what stands in lanes that are not open is of no use.
    #[inline(always)]
    fn relative_rates<S: Sense<D>, const L: usize>(
        &self,
        signal: &S,
        turns: &Turns<D, L>,
    ) -> [f64; L] {
        match turns.count() < FEW {
            true => self.one_by_one(signal, turns),
            false => self.together(signal, turns),
        }
    }

    /// The same where there are several of them.
    #[inline(always)]
    fn together<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        self.one_by_one(signal, turns)
    }

    /// The same, one after the other.
    #[inline(always)]
    fn one_by_one<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        let (mut rates, mut open) = ([0.0; L], turns.open);
        while open != 0 {
            let l = open.trailing_zeros() as usize;
            open &= open - 1;
            let (x, v, w) = (lane(turns.at, l), lane(turns.new, l), lane(turns.old, l));
            rates[l] = self.relative_rate(signal, &x, &v, &w);
        }
        rates
    }

    /// An upper bound on T_ε/F for a signal within `bounds`: candidates come at this rate over ε².
    fn bound(&self, bounds: &Bounds<D>) -> f64;

    /// A lower bound on T_ε/F for a signal within `bounds`: below it a candidate turns unseen.
    fn floor(&self, bounds: &Bounds<D>) -> f64;

    /// A lower bound on T_ε/F that may be negative, for a term of a sum.
    fn lowest(&self, bounds: &Bounds<D>) -> f64 {
        self.floor(bounds)
    }

    /// [`TurningKernel::bound`] where each term has bounds of its own.
    fn bound_of(&self, cues: &[Bounds<D>]) -> f64 {
        self.bound(&cues[0])
    }

    /// [`TurningKernel::floor`] where each term has bounds of its own.
    fn floor_of(&self, cues: &[Bounds<D>]) -> f64 {
        self.floor(&cues[0])
    }

    /// Which expression of the kernel has a value that it must not have in a turn at `x` from `w` to
    /// `v`, if one has.
    fn refused<S: Sense<D>>(
        &self,
        _signal: &S,
        [_x, _v, _w]: [&Vector<D>; 3],
    ) -> Option<OutOfRange> {
        None
    }

    /// T_ε/F as a sum of functions of v·∇S and w·∇S for a signal within `bounds`; `None` if it is no
    /// such sum, or if that does not pay. It spares most candidates the look at the signal.
    fn affine(&self, _bounds: &Bounds<D>) -> Option<Affine> {
        None
    }

    /// The same for a kernel of several terms, each in its own signal, if one weighted sum of the signals
    /// tells T.
    fn combined(&self, cues: &[Bounds<D>]) -> Option<Combined> {
        let mut weights = [0.0; MOST_TERMS];
        weights[0] = 1.0;
        self.affine(&cues[0]).map(|affine| Combined::new(affine, weights, cues))
    }

    /// A law other than F to draw new velocities from.
    fn proposal(&self) -> Option<&dyn Proposal<D>> {
        None
    }

    /// An upper bound on T_ε/P, where there is a [`TurningKernel::proposal`] P.
    fn proposal_bound(&self, _bounds: &Bounds<D>) -> f64 {
        f64::INFINITY
    }

    /// What candidates are drawn by, tumble by tumble: the lower of the two bounds.
    fn candidate_bound(&self, cues: &[Bounds<D>]) -> f64 {
        match self.proposal() {
            Some(_) => self.proposal_bound(&cues[0]).min(self.bound_of(cues)),
            None => self.bound_of(cues),
        }
    }

    /// The memory of an unbiased turn, where T/F = λ h(v, w) + …: λ where the cell is.
    fn memory_rate<S: Sense<D>>(&self, _signal: &S, _x: &Vector<D>) -> f64 {
        0.0
    }

    /// h(v, w) less its harmonics up to `degree`; `None` where it has no others, or they are not known.
    /// A solver on ordinates that hold no more harmonics leaves them out: sampled, they would count as
    /// lower ones.
    fn beyond(&self, _degree: usize) -> Option<Remainder<D>> {
        None
    }

    /// How far from where it is a cell senses the signal.
    fn sensing_distance(&self) -> f64 {
        0.0
    }

    /// Whether bounds come from many samples of a user's function: too costly tile by tile.
    fn is_sampled(&self) -> bool {
        false
    }

    /// Whether a value of a user's function may be one that it must not have.
    fn may_refuse(&self) -> bool {
        self.is_sampled()
    }

    /// Whether new velocities depend on old ones at order zero.
    fn remembers(&self) -> bool {
        self.response(1.0, 1.0).is_none()
    }

    /// Whether it answers to ∂tS.
    fn senses_change(&self) -> bool {
        false
    }

    /// Why the theory does not hold at ε = 0 in signals within these bounds, and the remedy; for kernels that
    /// the rules of the experiment file cannot judge.
    fn leading_fault(&self, _cues: &[Bounds<D>]) -> Option<String> {
        None
    }

    /// The leading rate λ₀ = ∫T₀ dv where the signal is `s` and |∇S| is `slope`.
    fn leading_rate(&self, s: f64, slope: f64) -> f64;

    /// The kernel to first order in ε where the signal is `s` and |∇S| is `slope`; `None` if new
    /// velocities depend on old ones at order zero. Without it there is no hybrid flight.
    fn response(&self, _s: f64, _slope: f64) -> Option<Response> {
        None
    }

    /// The same for what each term feels.
    #[inline(always)]
    fn answer(&self, felt: &[Felt<D>]) -> Option<Answer<D>> {
        let Felt { value, gradient } = &felt[0];
        let r = self.response(*value, norm(gradient))?;
        Some(Answer {
            rate: r.rate,
            gain: scaled(r.gain, gradient),
            loss: scaled(r.loss, gradient),
        })
    }

    /// D and χ in closed form (model.md §3), where the signal is `s` and |∇S| is `slope`.
    fn coefficients(&self, s: f64, slope: f64) -> Coefficients;

    /// D and χ if they depend on neither S nor ∇S.
    fn constant_coefficients(&self) -> Option<Coefficients>;

    /// D and Γ for what each term feels.
    #[inline(always)]
    fn limit(&self, felt: &[Felt<D>]) -> Limit<D> {
        let Felt { value, gradient } = &felt[0];
        let c = self.coefficients(*value, norm(gradient));
        Limit { diffusivity: c.diffusivity, drift: scaled(c.sensitivity, gradient) }
    }

    /// D and the χ of every term, if none depends on a signal.
    fn constant_limit(&self) -> Option<(f64, Vec<f64>)> {
        self.constant_coefficients().map(|c| (c.diffusivity, vec![c.sensitivity]))
    }

    /// ν and P of a term of a sum, where ⟨|v|²⟩_F/d is `square`: by D = square/ν and χ = P/ν.
    fn first_order(&self, s: f64, slope: f64, square: f64) -> [f64; 2] {
        let c = self.coefficients(s, slope);
        let forgets = square / c.diffusivity;
        [forgets, forgets * c.sensitivity]
    }

    /// Whether [`TurningKernel::first_order`] depends on no signal.
    fn is_constant(&self) -> bool {
        self.constant_coefficients().is_some()
    }

    /// What is proved of (CMPS A1) for every S ≥ 0. A kernel that says nothing is searched.
    fn majorant(&self) -> Majorant<D> {
        Majorant::Unknown
    }

    /// What is proved of (CMPS 30, 31) for every S with |∇S| ≤ `slope`; `None` if nothing is. To be
    /// given for all small ε or for none, and only where T is a continuous function of S(x), ∇S(x),
    /// S(x+εv) and S(x−εv′): then (34) holds, too.
    fn symmetry(&self, _slope: f64) -> Option<Symmetry> {
        None
    }

    /// The same kernel at another ε.
    fn with_epsilon(&self, epsilon: f64) -> Self
    where
        Self: Sized;
}

/// Largest value of `f` on a grid of samples of [a₀,a₁]×[b₀,b₁], raised by the largest step
/// between neighbours: the bound on a user-given function. It is checked at every evaluation, and so
/// a sample that is no number tells nothing: not every pair of arguments need occur. NaN if none is one.
pub(super) fn sampled_bound(a: [f64; 2], b: [f64; 2], f: impl Fn(f64, f64) -> f64) -> f64 {
    const N: usize = 48;
    let at = |r: [f64; 2], i: usize| r[0] + (r[1] - r[0]) * i as f64 / N as f64;
    let (mut highest, mut step) = (None, 0.0_f64);
    let mut before = vec![None; N + 1];
    for i in 0..=N {
        let mut left: Option<f64> = None;
        for (j, up) in before.iter_mut().enumerate() {
            let value = Some(f(at(a, i), at(b, j))).filter(|value| value.is_finite());
            if let Some(value) = value {
                highest = Some(highest.map_or(value, |highest: f64| highest.max(value)));
                for neighbour in [left, *up].into_iter().flatten() {
                    step = step.max((value - neighbour).abs());
                }
            }
            (left, *up) = (value, value);
        }
    }
    highest.map_or(f64::NAN, |highest| highest + step)
}
