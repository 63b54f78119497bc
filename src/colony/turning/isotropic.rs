//! The local kernel with an unbiased turn that remembers (CMPS Remarks 1, 3).

use super::local::biases;
use super::turns::lane;
use super::{
    Bounds, Coefficients, KernelModel, Local, Majorant, Proposal, Remainder, Scattering,
    ScatteringSpec, Sense, Symmetry, TurningKernel, Turns,
};
use crate::rng::Stream;
use crate::schema::{Draft, OutOfRange};
use crate::vector::Vector;
use rand::RngExt;
use std::sync::Arc;

/// What the file says.
pub(super) fn read(draft: &Draft) -> Option<KernelModel> {
    let [lambda, a, b] = biases(draft)?;
    Some(KernelModel::Isotropic { lambda, a, b, scattering: ScatteringSpec::read(draft)? })
}

/// T_ε = λ(S,|∇S|) F(v) h(v,v′) + ε( a(S) v·∇S − b(S) v′·∇S ), h symmetric.
///
/// D = `spread`/λ and χ = (bμ `spread` + a `bias`)/λ with the moments of [`Scattering`]. On a sphere
/// with mean cosine g of a turn both follow from the eigenvalue λ(1−g) of the first harmonic:
/// D = s²/(dλ(1−g)), χ = (a+b)μD.
#[derive(Clone, Debug)]
pub struct Isotropic<const D: usize> {
    /// The same without memory.
    local: Local<D>,
    scattering: Arc<Scattering<D>>,
}

/// Share of the proposals that are drawn from F: T/P stays bounded where h is small.
const FORGETFUL: f64 = 0.25;

impl<const D: usize> Isotropic<D> {
    /// `local` with h in its unbiased part.
    pub fn new(local: Local<D>, scattering: Scattering<D>) -> Self {
        Self { local, scattering: Arc::new(scattering) }
    }
}

impl<const D: usize> TurningKernel<D> for Isotropic<D> {
    #[inline(always)]
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        let memory = self.scattering.relative(v, w) - 1.0;
        self.local.relative_rate(signal, x, v, w) + memory * self.local.rate(signal, x)
    }

    #[inline(always)]
    fn together<S: Sense<D>, const L: usize>(&self, signal: &S, turns: &Turns<D, L>) -> [f64; L] {
        let mut rates = self.local.together(signal, turns);
        let lambda = self.local.rates(signal, turns.at);
        for l in 0..L {
            if turns.open >> l & 1 == 1 {
                let (v, w) = (lane(turns.new, l), lane(turns.old, l));
                rates[l] += (self.scattering.relative(&v, &w) - 1.0) * lambda[l];
            }
        }
        rates
    }

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        let [_, high] = self.scattering.extremes();
        high * self.local.highest_rate(bounds) + self.local.bias_bound(bounds)
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        let [low, _] = self.scattering.extremes();
        self.local.constant_rate().map_or(0.0, |rate| low * rate - self.local.bias_bound(bounds))
    }

    fn lowest(&self, bounds: &Bounds<D>) -> f64 {
        let [low, _] = self.scattering.extremes();
        low * self.local.constant_rate().unwrap_or(0.0) - self.local.bias_bound(bounds)
    }

    fn proposal(&self) -> Option<&dyn Proposal<D>> {
        self.scattering.is_drawn().then_some(&*self.scattering as &dyn Proposal<D>)
    }

    /// A ratio of sums lies between the ratios of their parts.
    fn proposal_bound(&self, bounds: &Bounds<D>) -> f64 {
        let remembered = self.local.highest_rate(bounds) / (1.0 - FORGETFUL);
        remembered.max(self.local.bias_bound(bounds) / FORGETFUL)
    }

    fn memory_rate<S: Sense<D>>(&self, signal: &S, x: &Vector<D>) -> f64 {
        self.local.rate(signal, x)
    }

    fn beyond(&self, degree: usize) -> Option<Remainder<D>> {
        let (law, harmonics) = (self.scattering.clone(), self.scattering.harmonics(degree)?);
        Some(Box::new(move |v, w| law.relative(v, w) - law.series(&harmonics, v, w)))
    }

    fn is_sampled(&self) -> bool {
        self.local.is_sampled()
    }

    fn refused<S: Sense<D>>(&self, signal: &S, turn: [&Vector<D>; 3]) -> Option<OutOfRange> {
        let [_, v, w] = turn;
        self.local.refused(signal, turn).or_else(|| self.scattering.refused(v, w))
    }

    fn leading_rate(&self, s: f64, slope: f64) -> f64 {
        self.local.leading_rate(s, slope) * self.scattering.moments().rate
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        let (m, lambda) = (self.scattering.moments(), self.local.leading_rate(s, slope));
        let [a, b_mu] = self.local.biases(s);
        Coefficients {
            diffusivity: m.spread / lambda,
            sensitivity: (b_mu * m.spread + a * m.bias) / lambda,
        }
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        self.local.constant_coefficients().map(|_| self.coefficients(0.0, 0.0))
    }

    fn majorant(&self) -> Majorant<D> {
        // The extremes of a given h are samples.
        let [_, high] = self.scattering.extremes();
        self.local.majorant_with(self.scattering.is_drawn().then_some(high), |t| {
            self.relative_rate(&t.signal, &[0.0; D], &t.new, &t.old)
        })
    }

    fn symmetry(&self, slope: f64) -> Option<Symmetry> {
        let [low, _] = self.scattering.extremes();
        self.scattering.is_drawn().then(|| self.local.symmetry_with(low, slope))?
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        Self { local: self.local.with_epsilon(epsilon), scattering: self.scattering.clone() }
    }
}

/// P(v|w) = F(v)( (1−θ)h(v,w) + θ ).
impl<const D: usize> Proposal<D> for Scattering<D> {
    fn relative_density(&self, v: &Vector<D>, w: &Vector<D>) -> f64 {
        (1.0 - FORGETFUL) * self.relative(v, w) + FORGETFUL
    }

    fn propose(&self, w: &Vector<D>, rng: &mut Stream) -> Vector<D> {
        if rng.random::<f64>() < FORGETFUL { self.space().sample(rng) } else { self.draw(w, rng) }
    }
}
