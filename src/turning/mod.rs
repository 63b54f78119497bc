//! Turning kernels T_ε\[S\](x, v, v′): the rate density of turning from v′ to v.
//!
//! One kernel per file. A kernel sees the signal only through [`Sense`], never a grid or the time
//! loop. A new kernel adds its file, a line to [`Kernel`] and an experiment.

mod expansion;
mod expression;
mod isotropic;
mod local;
mod nonlocal;
mod patches;
mod psi;
mod radial;
mod scattering;
mod search;

pub use expression::{Expression, VARIABLES};
pub use isotropic::Isotropic;
pub use local::Local;
pub use nonlocal::NonLocal;
pub use psi::Psi;
pub use radial::Moments;
pub use scattering::Scattering;

use crate::experiment::{self, KernelModel};
use crate::rng::Stream;
use crate::tiles::Tiles;
use crate::vector::Vector;
use crate::velocity::VelocitySpace;

/// How a cell senses the signal.
pub trait Sense<const D: usize>: Sync {
    /// S(x).
    fn value(&self, x: &Vector<D>) -> f64;
    /// S(x) and ∇S(x).
    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>);
    /// ∂tS(x), where a kernel [senses it](TurningKernel::senses_change).
    fn change(&self, _x: &Vector<D>) -> f64 {
        0.0
    }
    /// Bounds on S and |∇S| wherever a cell can be.
    fn bounds(&self) -> Bounds<D>;
    /// The same, tile by tile, and the width of a tile in grid cells.
    fn local_bounds(&self) -> (Tiles<D, Bounds<D>>, usize) {
        (Tiles::single(self.bounds()), 1)
    }
}

/// Bounds on a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<const D: usize> {
    /// S ≥ low.
    pub low: f64,
    /// S ≤ high.
    pub high: f64,
    /// |∇S| ≤ slope.
    pub slope: f64,
    /// Least and largest ∂S/∂x along each axis.
    pub gradient: [[f64; 2]; D],
    /// |∂tS| ≤ change.
    pub change: f64,
}

impl<const D: usize> Bounds<D> {
    /// Bounds that know no more of ∇S than its length.
    pub fn new(low: f64, high: f64, slope: f64) -> Self {
        Self { low, high, slope, gradient: [[-slope, slope]; D], change: 0.0 }
    }

    /// Bounds that hold wherever either do.
    pub fn join(&self, other: &Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            slope: self.slope.max(other.slope),
            gradient: std::array::from_fn(|a| {
                let ([l, h], [m, i]) = (self.gradient[a], other.gradient[a]);
                [l.min(m), h.max(i)]
            }),
            change: self.change.max(other.change),
        }
    }
}

/// |T_ε/F − (rate + gain σ(v·g) + loss σ(w·g′))| ≤ slack, where g and g′ are values that ∇S takes
/// within the sensing distance, gain ≥ 0 ≥ loss, and σ(y) = y, or κy/√(1+κ²y²) if it saturates.
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
    /// What this leaves out.
    pub slack: f64,
}

impl Affine {
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

/// One turning kernel.
pub trait TurningKernel<const D: usize>: Sync {
    /// T_ε\[S\](x, v, w)/F(v), turning from `w` to `v`. May be negative outside the theory.
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64;

    /// An upper bound on T_ε/F for a signal within `bounds`: candidates come at this rate over ε².
    fn bound(&self, bounds: &Bounds<D>) -> f64;

    /// A lower bound on T_ε/F for a signal within `bounds`: below it a candidate turns unseen.
    fn floor(&self, bounds: &Bounds<D>) -> f64;

    /// T_ε/F as a sum of functions of v·∇S and w·∇S, where |∇S| ≤ `slope`; `None` if it is no such
    /// sum, or if that does not pay. It spares most candidates the look at the signal.
    fn affine(&self, _slope: f64) -> Option<Affine> {
        None
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
    fn candidate_bound(&self, bounds: &Bounds<D>) -> f64 {
        match self.proposal() {
            Some(_) => self.proposal_bound(bounds).min(self.bound(bounds)),
            None => self.bound(bounds),
        }
    }

    /// How far from where it is a cell senses the signal.
    fn sensing_distance(&self) -> f64 {
        0.0
    }

    /// Whether bounds come from many samples of a user's function: too costly tile by tile.
    fn is_sampled(&self) -> bool {
        false
    }

    /// Whether it answers to ∂tS.
    fn senses_change(&self) -> bool {
        false
    }

    /// Why the kernel is none in the signal at t = 0, tried at `positions`, and the remedy; for kernels
    /// that the rules of the experiment file cannot judge.
    fn fault<S: Sense<D>>(&self, _signal: &S, _positions: &[Vector<D>]) -> Option<String> {
        None
    }

    /// The leading rate λ₀ = ∫T₀ dv where the signal is `s` and |∇S| is `slope`.
    fn leading_rate(&self, s: f64, slope: f64) -> f64;

    /// D and χ in closed form (model.md §3), where the signal is `s` and |∇S| is `slope`.
    fn coefficients(&self, s: f64, slope: f64) -> Coefficients;

    /// D and χ if they depend on neither S nor ∇S.
    fn constant_coefficients(&self) -> Option<Coefficients>;

    /// The same kernel at another ε.
    fn with_epsilon(&self, epsilon: f64) -> Self
    where
        Self: Sized;
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
        }
    };
}

impl<const D: usize> Kernel<D> {
    /// The kernel of an experiment, on the velocity space `space`.
    pub fn from_experiment(e: &experiment::Experiment, space: &VelocitySpace<D>) -> Self {
        let local = |lambda, a, b| Local::new(lambda, a, b, space.clone(), e.epsilon);
        match e.kernel.model.clone() {
            KernelModel::Local { lambda, a, b } => Self::Local(local(lambda, a, b)),
            KernelModel::Isotropic { lambda, a, b, scattering } => {
                let scattering = Scattering::new(scattering, space);
                Self::Isotropic(Isotropic::new(local(lambda, a, b), scattering))
            }
            KernelModel::Expression(formula) => {
                Self::Expression(Expression::new(formula, space, e.epsilon))
            }
            KernelModel::NonLocal { alpha_plus, alpha_minus, psi } => Self::NonLocal(
                NonLocal::new(alpha_plus, alpha_minus, Psi::new(psi, space), space, e.epsilon),
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

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.bound(bounds))
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.floor(bounds))
    }

    fn affine(&self, slope: f64) -> Option<Affine> {
        with_kernel!(self, k => k.affine(slope))
    }

    fn proposal(&self) -> Option<&dyn Proposal<D>> {
        with_kernel!(self, k => k.proposal())
    }

    fn proposal_bound(&self, bounds: &Bounds<D>) -> f64 {
        with_kernel!(self, k => k.proposal_bound(bounds))
    }

    fn sensing_distance(&self) -> f64 {
        with_kernel!(self, k => k.sensing_distance())
    }

    fn is_sampled(&self) -> bool {
        with_kernel!(self, k => k.is_sampled())
    }

    fn senses_change(&self) -> bool {
        with_kernel!(self, k => k.senses_change())
    }

    fn fault<S: Sense<D>>(&self, signal: &S, positions: &[Vector<D>]) -> Option<String> {
        with_kernel!(self, k => k.fault(signal, positions))
    }

    fn leading_rate(&self, s: f64, slope: f64) -> f64 {
        with_kernel!(self, k => k.leading_rate(s, slope))
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        with_kernel!(self, k => k.coefficients(s, slope))
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        with_kernel!(self, k => k.constant_coefficients())
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        match self {
            Self::Local(k) => Self::Local(k.with_epsilon(epsilon)),
            Self::NonLocal(k) => Self::NonLocal(k.with_epsilon(epsilon)),
            Self::Isotropic(k) => Self::Isotropic(k.with_epsilon(epsilon)),
            Self::Expression(k) => Self::Expression(k.with_epsilon(epsilon)),
        }
    }
}

/// Largest value of `f` on a grid of samples of [a₀,a₁]×[b₀,b₁], raised by the largest step
/// between neighbours: the bound on a user-given function. It is checked at every evaluation.
fn sampled_bound(a: [f64; 2], b: [f64; 2], f: impl Fn(f64, f64) -> f64) -> f64 {
    const N: usize = 48;
    let at = |r: [f64; 2], i: usize| r[0] + (r[1] - r[0]) * i as f64 / N as f64;
    let mut highest = f64::NEG_INFINITY;
    let mut step = 0.0_f64;
    let mut before = vec![f64::NAN; N + 1];
    for i in 0..=N {
        let mut left = f64::NAN;
        for (j, up) in before.iter_mut().enumerate() {
            let value = f(at(a, i), at(b, j));
            highest = highest.max(value);
            for neighbour in [left, *up] {
                if neighbour.is_finite() {
                    step = step.max((value - neighbour).abs());
                }
            }
            (left, *up) = (value, value);
        }
    }
    highest + step
}

/// A signal with constant gradient in the whole space: S = S₀ + g·x. Every law is tested in it.
#[derive(Clone, Copy, Debug)]
pub struct LinearSignal<const D: usize> {
    /// S(0).
    pub offset: f64,
    /// ∇S.
    pub gradient: Vector<D>,
}

impl<const D: usize> Sense<D> for LinearSignal<D> {
    fn value(&self, x: &Vector<D>) -> f64 {
        self.offset + crate::vector::dot(&self.gradient, x)
    }

    fn value_and_gradient(&self, x: &Vector<D>) -> (f64, Vector<D>) {
        (self.value(x), self.gradient)
    }

    fn bounds(&self) -> Bounds<D> {
        let slope = crate::vector::norm(&self.gradient);
        let reach = if slope > 0.0 { f64::INFINITY } else { 0.0 };
        let gradient = self.gradient.map(|g| [g, g]);
        let (low, high) = (self.offset - reach, self.offset + reach);
        Bounds { low, high, slope, gradient, change: 0.0 }
    }
}
