//! Kinetic–diffusion flight: a cost per cell that does not grow as ε → 0.
//!
//! A hop of length h: the cell flies on to its next tumble; from its end back to its last tumble it
//! flies with its new velocity; what lies between is one displacement (Mortier, Baelmans & Samaey
//! 2022). Unlike there this displacement is no Gaussian but that of the free walk itself, which is
//! drawn at once ([`FreeWalk`](crate::free_walk::FreeWalk)): without a signal a hop is exact. The
//! signal enters to first order in ε, where T = λF + (ε/μ)(gain v·g − loss w·g). With Λ = λ/ε²,
//! p = gain v·g/(λμF), q = loss v·g/λ and χ_q = loss ⟨|v|²⟩_F/(dλ):
//!
//! - the first flight lasts Exp(Λ(1 − εq(v)));
//! - between tumbles a time r apart the mean displacement is χg r − 2χ_q g(1 − e^{−Λr})/Λ: flights
//!   with velocity v and length ℓ have the density F(v)Λe^{−Λℓ}(1 + εp + εq(Λℓ − 1)), and ℓ is
//!   length-biased;
//! - a last flight of length s and velocity v has the density F(v)(1 + εp)Λe^{−Λ(1−εq)s}, so that
//!   after it J = χg − D∇ρ/ρ.
//!
//! In a constant gradient these three make every mean right to first order in ε|g| for every h.
//! Where λ depends on the place, the first flight takes Λ at its middle, the last one at its start and
//! its velocity the tilt (ε/λ)v·∇D/D, and between them ∇D(r − 2(1 − e^{−Λr})/Λ + re^{−Λr}) is added:
//! then a uniform density stays uniform, without a flux. Between tumbles the coefficients change
//! along the way by [`diffusion`](super::diffusion), to weak order two in h.

use super::diffusion::{self, Noise, Point};
use super::step::Step;
use super::{BadRate, Halt};
use crate::rng::Stream;
use crate::turning::{Answer, Limit, Sense, TurningKernel};
use crate::vector::{Vector, add_scaled, dot, norm, scaled};
use rand::RngExt;
use rand_distr::{Distribution, Exp1};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// A hop in which fewer tumbles are expected is flown tumble by tumble.
const FEW: f64 = 4.0;
/// Finite differences of D reach this part of the spread of a hop.
const REACH: f64 = 0.1;

/// What makes hops.
pub(super) struct Hopper<'a, 's, const D: usize, K, S> {
    step: &'a Step<'s, D, K, S>,
    hops: u32,
    length: f64,
    constant: bool,
    /// ⟨|v|²⟩_F/d.
    square: f64,
    /// Where an expression of the kernel was no number.
    refused: Cell<Option<Vector<D>>>,
}

/// The kernel at a place.
pub(super) struct Here<const D: usize> {
    pub answer: Answer<D>,
    /// What the scaling leaves of D.
    pub diffusivity: f64,
    /// What it leaves of Γ.
    pub drift: Vector<D>,
}

/// The time between first and last tumble.
struct Between {
    /// r.
    time: f64,
    /// r − (1 − e^{−Λr})/Λ: the variance is 2D times this.
    spread: f64,
    /// 2(1 − e^{−Λr})/Λ.
    lag: f64,
    /// re^{−Λr}.
    rest: f64,
}

impl<const D: usize> Here<D> {
    /// Whether there is nothing to answer to, here and so everywhere where nothing depends on S.
    fn is_blind(&self) -> bool {
        self.answer.gain == [0.0; D] && self.answer.loss == [0.0; D]
    }
}

impl Between {
    fn new(tumbles: f64, rate: f64) -> Self {
        let untumbled = (-tumbles).exp();
        Self {
            time: tumbles / rate,
            spread: spread(tumbles) / rate,
            lag: 2.0 * (1.0 - untumbled) / rate,
            rest: tumbles * untumbled / rate,
        }
    }
}

/// y − 1 + e^{−y}.
fn spread(y: f64) -> f64 {
    if y < 1e-4 { 0.5 * y * y * (1.0 - y / 3.0) } else { y + (-y).exp_m1() }
}

impl<'a, 's, const D: usize, K: TurningKernel<D>, S: Sense<D>> Hopper<'a, 's, D, K, S> {
    pub(super) fn new(step: &'a Step<'s, D, K, S>) -> Self {
        let hops = step.hops();
        Self {
            step,
            hops,
            length: step.duration / f64::from(hops),
            constant: step.kernel.constant_limit().is_some(),
            square: step.space.mean_square_f() / D as f64,
            refused: Cell::new(None),
        }
    }

    /// Hops of one field step.
    pub(super) fn hops(&self) -> u32 {
        self.hops
    }

    /// Cost of a hop relative to one in which D is the same everywhere. Measured in the plane.
    pub(super) fn looks(&self) -> f64 {
        if self.constant { 1.0 } else { 4.0 }
    }

    /// Whether a cell at `x` hops. It does not where the first order in ε is no law of velocities,
    /// where few tumbles are expected, or where the kernel has no first order.
    pub(super) fn takes(&self, x: &Vector<D>) -> bool {
        let (step, here) = (self.step, self.look(x));
        let Some(Here { answer: r, .. }) = here else { return false };
        let unevenness = step.space.inverse_density_bound() / step.space.measure();
        let tilt = norm(&r.gain) * unevenness + norm(&r.loss);
        step.scaling.bias() * step.space.max_speed() * tilt <= r.rate
            && r.rate * self.length >= FEW * step.scaling.tumble_time()
    }

    /// The kernel at `x`, which may lie beyond the faces of the box.
    pub(super) fn look(&self, x: &Vector<D>) -> Option<Here<D>> {
        let (mut inside, mut side) = (*x, [1.0; D]);
        self.step.grid.fold(&mut inside, &mut side);
        if self.refused.get().is_some() {
            // The way ends here: nothing that is looked up will be used.
            let none = [f64::NAN; D];
            let answer = Answer { rate: f64::NAN, gain: none, loss: none };
            return Some(Here { answer, diffusivity: f64::NAN, drift: none });
        }
        let felt = self.step.signal.felt(&inside).mirrored(&side);
        let answer = self.step.kernel.answer(&felt)?;
        let Limit { diffusivity, drift } = self.step.kernel.limit(&felt);
        if !(answer.rate + diffusivity + drift.iter().sum::<f64>()).is_finite() {
            self.refused.set(Some(inside));
        }
        let scaling = self.step.scaling;
        Some(Here {
            answer,
            diffusivity: scaling.of_diffusion() * diffusivity,
            drift: scaled(scaling.of_drift(), &drift),
        })
    }

    /// A kernel has a first order in ε everywhere or nowhere, and [`takes`](Self::takes) has asked.
    pub(super) fn known(&self, x: &Vector<D>) -> Here<D> {
        self.look(x).expect("the kernel has a first order in epsilon")
    }

    /// Flies a cell through the field step; `side` is −1 for the second cell of an antithetic pair.
    ///
    /// # Errors
    /// The wish to stop, or a value that an expression of the kernel must not have on the way.
    pub(super) fn fly(
        &self,
        x: &mut Vector<D>,
        v: &mut Vector<D>,
        side: f64,
        rng: &mut Stream,
        stop: &AtomicBool,
    ) -> Result<(), Halt<D>> {
        for _ in 0..self.hops {
            if stop.load(Ordering::Relaxed) {
                return Err(Halt::Interrupted);
            }
            self.hop(x, v, side, rng);
            self.check(v)?;
            self.step.grid.fold(x, v);
        }
        Ok(())
    }

    /// Whether every expression looked up so far was a number; a cell flies at `v`.
    pub(super) fn check(&self, v: &Vector<D>) -> Result<(), Halt<D>> {
        self.refused.get().map_or(Ok(()), |at| Err(self.bad(at, v)))
    }

    #[cold]
    fn bad(&self, at: Vector<D>, v: &Vector<D>) -> Halt<D> {
        let value = self.step.kernel.refused(self.step.signal, [&at, v, v]).map(Box::new);
        let (rate, floor, bound) = (f64::NAN, 0.0, self.step.envelopes.highest);
        Halt::Rate(BadRate { cell: 0, rate, floor, bound, at, value })
    }

    fn hop(&self, x: &mut Vector<D>, v: &mut Vector<D>, side: f64, rng: &mut Stream) {
        let (epsilon, h) = (self.step.scaling.epsilon(), self.length);
        let here = self.known(x);
        let rate = here.answer.rate / self.step.scaling.tumble_time();
        let first = self.first_flight(x, v, &here, rng);
        if self.refused.get().is_some() {
            return;
        }
        if first >= h {
            *x = add_scaled(x, h / epsilon, v);
            return;
        }
        let left = h - first;
        let end = Ending {
            velocity: scaled(side, &self.step.space.sample(rng)),
            back: Exp1.sample(rng),
            toss: rng.random(),
        };
        let place = add_scaled(x, first / epsilon, v);
        let (velocity, last) = self.last_flight(&end, &here, &[0.0; D]);
        if last >= left {
            // The toss that made the flight as long is no longer even.
            let again = Ending { toss: rng.random(), ..end };
            *v = self.only_flight(&again, &here, rate * left);
            *x = add_scaled(&place, left / epsilon, v);
            return;
        }
        let (place, slope) = self.between([x, &place], &here, rate * (left - last), side, rng);
        let (velocity, last) = match self.constant && here.is_blind() {
            true => (velocity, last),
            false => self.last_flight(&end, &self.known(&place), &slope),
        };
        (*x, *v) = (add_scaled(&place, last.min(left) / epsilon, &velocity), velocity);
    }

    /// Time to the next tumble of a cell that flies at `v`.
    fn first_flight(&self, x: &Vector<D>, v: &Vector<D>, here: &Here<D>, rng: &mut Stream) -> f64 {
        let (scaling, r) = (self.step.scaling, &here.answer);
        let rate = r.rate * rest(self.tilts(v, here).1) / scaling.tumble_time();
        let flight = Distribution::<f64>::sample(&Exp1, rng) / rate;
        if self.constant {
            return flight;
        }
        let middle = add_scaled(x, 0.5 * flight.min(self.length) / scaling.epsilon(), v);
        flight * r.rate / self.known(&middle).answer.rate
    }

    /// The displacement from the first tumble at `place` to the last, between which `tumbles` more
    /// are expected: where it leads, and ∇D near there. The coefficients are taken at `x`, where the
    /// hop began and `here` holds: O(ε) away, without a direction.
    fn between(
        &self,
        [x, place]: [&Vector<D>; 2],
        here: &Here<D>,
        tumbles: f64,
        side: f64,
        rng: &mut Stream,
    ) -> (Vector<D>, Vector<D>) {
        let step = self.step;
        let between = Between::new(tumbles, here.answer.rate / step.scaling.tumble_time());
        let mut start = step.space.sample(rng);
        let mean = step.walk.advance(&mut start, tumbles, rng);
        let deviation = (2.0 * self.square * spread(tumbles)).sqrt();
        let unit = scaled(side * tumbles / deviation, &mean);
        let areas = match self.constant {
            true => [1.0; 3],
            false => std::array::from_fn(|_| if rng.random() { 1.0 } else { -1.0 }),
        };
        let point = |y: &Vector<D>| self.point(y, &self.known(y), &between);
        let from = self.point(x, here, &between);
        let noise = Noise { unit, areas };
        let (end, there) = diffusion::step(point, place, &from, between.spread, &noise);
        (end, there.slope)
    }

    /// What moves a cell at `x` between tumbles.
    fn point(&self, x: &Vector<D>, here: &Here<D>, between: &Between) -> Point<D> {
        let r = &here.answer;
        let lagging = self.step.scaling.of_drift() * self.square / r.rate * between.lag;
        let mut shift = add_scaled(&scaled(between.time, &here.drift), -lagging, &r.loss);
        let (diffusivity, mut slope, mut curvature) = (here.diffusivity, [0.0; D], 0.0);
        if !self.constant {
            let spacing = self.step.grid.spacing().into_iter().fold(f64::INFINITY, f64::min);
            let reach = (REACH * (2.0 * diffusivity * between.time).sqrt()).min(0.5 * spacing);
            for a in 0..D {
                let at = |by: f64| {
                    let mut y = *x;
                    y[a] += by;
                    self.known(&y).diffusivity
                };
                let (up, down) = (at(reach), at(-reach));
                slope[a] = (up - down) / (2.0 * reach);
                curvature += (up - 2.0 * diffusivity + down) / (reach * reach);
            }
            shift = add_scaled(&shift, between.time - between.lag + between.rest, &slope);
        }
        Point { shift, diffusivity, slope, curvature }
    }

    /// Velocity and duration of a flight that is seen from its end, where ∇D is `slope`: for any
    /// velocity the density F(v)(1 + εp)Λe^{−Λ(1−εq)s}, tilted by (ε/λ)v·∇D/D.
    fn last_flight(&self, end: &Ending<D>, here: &Here<D>, slope: &Vector<D>) -> (Vector<D>, f64) {
        let (scaling, rate) = (self.step.scaling, here.answer.rate);
        let (gain, loss) = self.tilts(&end.velocity, here);
        let tilt =
            (scaling.free_path() * dot(&end.velocity, slope) / (rate * here.diffusivity)).exp();
        let odds = |side: f64| (1.0 + side * gain).max(0.0) / rest(side * loss);
        let side = end.side(odds(1.0) * tilt, odds(-1.0) / tilt);
        let duration = end.back * scaling.tumble_time() / (rate * rest(side * loss));
        (scaled(side, &end.velocity), duration)
    }

    /// Velocity of a flight that begins with a tumble and lasts for `length` mean times between
    /// tumbles, to the end of the hop: of density F(v)(1 + εp)e^{−(1−εq)Λs}.
    fn only_flight(&self, end: &Ending<D>, here: &Here<D>, length: f64) -> Vector<D> {
        let (gain, loss) = self.tilts(&end.velocity, here);
        let odds = |side: f64| (1.0 + side * gain).max(0.0) * (side * loss * length).exp();
        scaled(end.side(odds(1.0), odds(-1.0)), &end.velocity)
    }

    /// εp and εq at `v`.
    fn tilts(&self, v: &Vector<D>, here: &Here<D>) -> (f64, f64) {
        let (step, r) = (self.step, &here.answer);
        let [gain, loss] = [&r.gain, &r.loss].map(|g| step.scaling.bias() * dot(v, g) / r.rate);
        (gain * step.space.inverse_density(v) / step.space.measure(), loss)
    }
}

/// What the last flight is drawn from.
struct Ending<const D: usize> {
    /// Drawn from F: the velocity or its opposite.
    velocity: Vector<D>,
    /// Exponential.
    back: f64,
    /// Uniform.
    toss: f64,
}

impl<const D: usize> Ending<D> {
    /// ±1 with these odds.
    fn side(&self, with: f64, against: f64) -> f64 {
        if self.toss * (with + against) < with { 1.0 } else { -1.0 }
    }
}

/// 1 − εq, kept away from 0 for a cell that has come to where the first order in ε is no rate.
fn rest(loss: f64) -> f64 {
    (1.0 - loss).max(1e-3)
}
