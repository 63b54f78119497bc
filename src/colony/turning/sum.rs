//! A kernel that is a sum of others, each of which senses a signal of its own.

use super::{
    Affine, Answer, Bounds, Coefficients, Combined, Felt, Kernel, Limit, MOST_TERMS, Remainder,
    Response, Sense, TurningKernel,
};
use crate::schema::OutOfRange;
use crate::vector::{Vector, add_scaled, norm};
use crate::velocity::{VelocitySet, VelocitySpace};

/// T = Σₖ Tₖ\[Sₖ\].
///
/// Of term k let νₖ = ⟨|v|²⟩_F/(dDₖ), the rate at which it forgets a velocity, and Pₖ = χₖνₖ, by which it
/// pushes. If no Tₖ remembers (T₀ = λₖF, νₖ = λₖ), or V is a sphere, where the first harmonic is an
/// eigenfunction of every T₀, both add up: D = ⟨|v|²⟩_F/(dΣνₖ), Γ = Σ Pₖ∇Sₖ / Σνₖ. A term without T₀
/// has νₖ = 0 and Pₖ.
#[derive(Clone, Debug)]
pub struct Sum<const D: usize> {
    terms: Vec<Kernel<D>>,
    /// ⟨|v|²⟩_F/d.
    square: f64,
    is_sphere: bool,
}

impl<const D: usize> Sum<D> {
    /// Of these terms, each sensed through the cue of its number.
    pub fn new(terms: Vec<Kernel<D>>, space: &VelocitySpace<D>) -> Self {
        let is_sphere = space.set() == VelocitySet::Sphere;
        Self { terms, square: space.mean_square_f() / D as f64, is_sphere }
    }

    /// The terms.
    pub fn terms(&self) -> &[Kernel<D>] {
        &self.terms
    }

    fn total(&self, of: impl Fn(usize, &Kernel<D>) -> f64) -> f64 {
        self.terms.iter().enumerate().map(|(k, term)| of(k, term)).sum()
    }
}

impl<const D: usize> TurningKernel<D> for Sum<D> {
    #[inline(always)]
    fn relative_rate<S: Sense<D>>(
        &self,
        signal: &S,
        x: &Vector<D>,
        v: &Vector<D>,
        w: &Vector<D>,
    ) -> f64 {
        self.total(|k, term| term.relative_rate(signal.cue(k), x, v, w))
    }

    fn bound(&self, bounds: &Bounds<D>) -> f64 {
        self.total(|_, term| term.bound(bounds))
    }

    fn floor(&self, bounds: &Bounds<D>) -> f64 {
        self.total(|_, term| term.lowest(bounds)).max(0.0)
    }

    fn bound_of(&self, cues: &[Bounds<D>]) -> f64 {
        self.total(|k, term| term.bound(&cues[k]))
    }

    fn floor_of(&self, cues: &[Bounds<D>]) -> f64 {
        self.total(|k, term| term.lowest(&cues[k])).max(0.0)
    }

    fn refused<S: Sense<D>>(&self, signal: &S, turn: [&Vector<D>; 3]) -> Option<OutOfRange> {
        let mut terms = self.terms.iter().enumerate();
        terms.find_map(|(k, term)| term.refused(signal.cue(k), turn))
    }

    /// Of terms that are linear in gradients where the cell is, Σ gainₖ∇Sₖ and Σ lossₖ∇Sₖ tell T; if one is a
    /// multiple of the other, one of them does.
    fn combined(&self, cues: &[Bounds<D>]) -> Option<Combined> {
        let terms: Option<Vec<Affine>> =
            (self.terms.iter().zip(cues)).map(|(term, cue)| term.affine(cue)).collect();
        let terms = terms.filter(|all| all.iter().all(|a| a.saturation == 0.0 && a.lag == 0.0))?;
        let by_loss = terms.iter().any(|a| a.loss != 0.0);
        let of = |a: &Affine| if by_loss { -a.loss } else { a.gain };
        let first = terms.iter().find(|a| of(a) != 0.0);
        let gain = first.map_or(1.0, |a| a.gain / of(a));
        let same = |a: &Affine| (a.gain - gain * of(a)).abs() <= 1e-14 * a.gain;
        if !terms.iter().all(same) {
            return None;
        }
        let mut weights = [0.0; MOST_TERMS];
        weights.iter_mut().zip(&terms).for_each(|(weight, a)| *weight = of(a));
        let total = |of: fn(&Affine) -> f64| terms.iter().map(of).sum();
        let affine = Affine {
            rate: total(|a| a.rate),
            gain,
            loss: if by_loss { -1.0 } else { 0.0 },
            saturation: 0.0,
            lag: 0.0,
            slack: total(|a| a.slack),
        };
        Some(Combined::new(affine, weights, cues))
    }

    /// Of the one term that remembers, if one does.
    fn memory_rate<S: Sense<D>>(&self, signal: &S, x: &Vector<D>) -> f64 {
        self.total(|k, term| term.memory_rate(signal.cue(k), x))
    }

    fn beyond(&self, degree: usize) -> Option<Remainder<D>> {
        self.terms.iter().find_map(|term| term.beyond(degree))
    }

    fn sensing_distance(&self) -> f64 {
        self.terms.iter().map(Kernel::sensing_distance).fold(0.0, f64::max)
    }

    fn is_sampled(&self) -> bool {
        self.terms.iter().any(Kernel::is_sampled)
    }

    fn may_refuse(&self) -> bool {
        self.terms.iter().any(Kernel::may_refuse)
    }

    fn senses_change(&self) -> bool {
        self.terms.iter().any(Kernel::senses_change)
    }

    fn remembers(&self) -> bool {
        self.terms.iter().any(Kernel::remembers)
    }

    fn leading_fault(&self, cues: &[Bounds<D>]) -> Option<String> {
        if self.remembers() && !self.is_sphere {
            return Some(
                "a term remembers the old velocity, and so no other can be added to it where V is no \
                 sphere. Write the sum as one kernel.model = \"expression\", or set velocity.set = \"sphere\"."
                    .into(),
            );
        }
        let mut terms = self.terms.iter().enumerate();
        let fault = terms.find_map(|(k, term)| term.leading_fault(&cues[k..=k]));
        let rate = self.total(|k, term| term.leading_rate(cues[k].low, 0.0));
        let none = || {
            format!(
                "T0/F of all terms is {rate} together: no cell would ever turn. Raise a kernel.lambda."
            )
        };
        fault.or_else(|| (rate.is_nan() || rate <= 0.0).then(none))
    }

    fn leading_rate(&self, s: f64, slope: f64) -> f64 {
        self.total(|_, term| term.leading_rate(s, slope))
    }

    fn response(&self, s: f64, slope: f64) -> Option<Response> {
        let mut sum = Response { rate: 0.0, gain: 0.0, loss: 0.0 };
        for term in &self.terms {
            let r = term.response(s, slope)?;
            (sum.rate, sum.gain, sum.loss) =
                (sum.rate + r.rate, sum.gain + r.gain, sum.loss + r.loss);
        }
        Some(sum)
    }

    fn answer(&self, felt: &[Felt<D>]) -> Option<Answer<D>> {
        let mut sum = Answer { rate: 0.0, gain: [0.0; D], loss: [0.0; D] };
        for (term, felt) in self.terms.iter().zip(felt) {
            let r = term.response(felt.value, norm(&felt.gradient))?;
            sum.rate += r.rate;
            sum.gain = add_scaled(&sum.gain, r.gain, &felt.gradient);
            sum.loss = add_scaled(&sum.loss, r.loss, &felt.gradient);
        }
        Some(sum)
    }

    fn coefficients(&self, s: f64, slope: f64) -> Coefficients {
        let (mut forgets, mut pushes) = (0.0, 0.0);
        for term in &self.terms {
            let [nu, push] = term.first_order(s, slope, self.square);
            (forgets, pushes) = (forgets + nu, pushes + push);
        }
        Coefficients { diffusivity: self.square / forgets, sensitivity: pushes / forgets }
    }

    fn limit(&self, felt: &[Felt<D>]) -> Limit<D> {
        let (mut forgets, mut pushes) = (0.0, [0.0; D]);
        for (term, felt) in self.terms.iter().zip(felt) {
            let [nu, push] = term.first_order(felt.value, norm(&felt.gradient), self.square);
            forgets += nu;
            pushes = add_scaled(&pushes, push, &felt.gradient);
        }
        Limit { diffusivity: self.square / forgets, drift: pushes.map(|p| p / forgets) }
    }

    fn first_order(&self, s: f64, slope: f64, square: f64) -> [f64; 2] {
        let c = self.coefficients(s, slope);
        [square / c.diffusivity, c.sensitivity * square / c.diffusivity]
    }

    fn constant_coefficients(&self) -> Option<Coefficients> {
        self.constant_limit().map(|_| self.coefficients(0.0, 0.0))
    }

    fn constant_limit(&self) -> Option<(f64, Vec<f64>)> {
        let orders: Option<Vec<[f64; 2]>> = (self.terms.iter())
            .map(|term| term.is_constant().then(|| term.first_order(0.0, 0.0, self.square)))
            .collect();
        let orders = orders?;
        let forgets: f64 = orders.iter().map(|[nu, _]| nu).sum();
        Some((self.square / forgets, orders.iter().map(|[_, push]| push / forgets).collect()))
    }

    fn with_epsilon(&self, epsilon: f64) -> Self {
        let terms = self.terms.iter().map(|term| term.with_epsilon(epsilon)).collect();
        Self { terms, ..self.clone() }
    }
}
