//! Drift–diffusion solver for all populations and signals together: spectral in space, exponential Runge–Kutta of order
//! four in time.
//!
//! With D̄ the largest D of the step, D̄Δρ and the linear part of the equation of every S are exact; what is
//! left of ρ, ∇·((D − D̄)∇ρ − G(ρ)Γ) + r(ρ,S)ρ and all reactions, and the production of S go through the four evaluations of
//! [`Step`](super::modes::Step), all at once. A signal that follows ρ, or is given, is taken at
//! the time of each evaluation. In modes that relax within a step, at rates r ≥ 1/Δt, it is W = Ŝ − Gρ̂
//! with G = α/(δr) that is advanced, ∂tW = −rW − G∂tρ̂: W is of order δ, and so is
//! what the time step makes wrong of it: the error is O(Δt⁴) + O(δΔt) for every δ.
//! Without births and deaths mass is conserved to round-off because a divergence has no mean mode.
//!
//! Nothing is done about negative values, which a start that the grid does not resolve has: whatever
//! would move them moves mass, centre and variance, which are right in the modes that there are. Nothing
//! here needs ρ ≥ 0: drift and production are linear in ρ, and rates are taken at ρ⁺.
//!
//! A constant r is part of the linear term and exact. Of other rates, steps are cut until they change ρ by
//! a quarter at most, and births stop where |ρ| is below [`FLOOR`] of its largest value.

use super::error::LimitError;
use super::field::{Feed, Field};
use super::flux::MacroFlux;
use super::modes::Classes;
use super::reactant::Reactant;
use super::resolution::BlowUp;
use super::system::System;
use crate::cells::InitialError;
use crate::clock::Clock;
use crate::growth::{FLOOR, Pace};
use crate::reaction::Network;
use crate::schedule::ticks;
use crate::schema::OutOfRange;
use crate::signal::Surroundings;
use crate::spectral::Spectral;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Largest |r|h of a step of length h.
const REACH: f64 = 0.25;
/// How often a step is halved for the sake of births, at most.
const HALVINGS: i32 = 20;

/// The macroscopic equations of one experiment on one grid.
pub struct LimitSolver<'a, const D: usize> {
    spectral: &'a Spectral<D>,
    network: &'a Network,
    classes: Classes,
    time: f64,
    /// What of the step in hand is done, and the length of the part in hand.
    within: f64,
    length: f64,
    reactants: Vec<Reactant<'a, D>>,
    fields: Vec<Field<'a, D>>,
    /// FLOOR and REACH, by these factors.
    coarseness: Coarseness,
    /// The fastest births, deaths and reactions at the start of the step, and ∫max r⁺ dt so far.
    pace: Pace,
    amplified: f64,
    /// The first value that an expression must not have.
    refused: Option<OutOfRange>,
    blow_up: Option<BlowUp>,
    steps: usize,
    loop_time: Duration,
}

/// Factors by which a solution is coarser than it has to be, to see what that changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coarseness {
    /// Of the lengths of all steps.
    pub step: f64,
    /// Of the density below which nothing is born.
    pub floor: f64,
}

impl Coarseness {
    /// As fine as it gets.
    pub const NONE: Self = Self { step: 1.0, floor: 1.0 };
}

impl<'a, const D: usize> LimitSolver<'a, D> {
    /// Starts from the initial laws.
    ///
    /// # Errors
    /// A law is none at the nodes of this grid.
    pub fn new(spectral: &'a Spectral<D>, system: &'a System<D>) -> Result<Self, InitialError> {
        let classes = Classes::new(spectral.laplacian());
        let reactants = (system.constituents.iter())
            .map(|of| Reactant::new(spectral, &classes, of, system.mobility))
            .collect::<Result<Vec<_>, _>>()?;
        let fed: Vec<Vec<f64>> = reactants.iter().map(|r| r.fed(&classes, 0)).collect();
        let start = system.signals.initial(spectral, &fed);
        let fields = (system.signals.iter().zip(start))
            .map(|(one, now)| Field::new(one, &classes, now))
            .collect();
        Ok(Self {
            spectral,
            network: &system.network,
            classes,
            time: 0.0,
            within: 0.0,
            length: 0.0,
            reactants,
            fields,
            coarseness: Coarseness::NONE,
            pace: Pace::default(),
            amplified: 0.0,
            refused: None,
            blow_up: None,
            steps: 0,
            loop_time: Duration::ZERO,
        })
    }

    /// The same, coarser than it has to be.
    pub fn coarser(self, coarseness: Coarseness) -> Self {
        Self { coarseness, ..self }
    }

    /// t.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Coefficients of ρ of a population now.
    pub fn density(&self, population: usize) -> &[f64] {
        &self.reactants[population].density
    }

    /// Coefficients of every S now.
    pub fn signals(&self) -> Vec<Vec<f64>> {
        self.fields.iter().map(|field| field.now.clone()).collect()
    }

    /// Number of populations.
    pub fn populations(&self) -> usize {
        self.reactants.len()
    }

    /// ∫max r⁺ dt, with the largest r wherever it is, if r is no constant: what is born of nothing but
    /// round-off is at most e to this power larger.
    pub fn amplified(&self) -> f64 {
        self.amplified
    }

    /// Where a ρ outgrew the grid, if one did: the run ended there.
    pub fn blow_up(&self) -> Option<&BlowUp> {
        self.blow_up.as_ref()
    }

    /// Steps taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Time spent in steps, without what is done with their results.
    pub fn loop_time(&self) -> Duration {
        self.loop_time
    }

    /// Runs through the sorted `outputs` with steps of at most `step`, calling `observe` at each, and
    /// `progress` with the fraction of the run that each step is.
    /// Returns false when `stop` was raised. Ends early, with a last call of `observe`, where ρ
    /// outgrows the grid or the time (see [`BlowUp`]).
    ///
    /// # Errors
    /// A step leads to no numbers, or would have to be far shorter.
    pub fn run(
        &mut self,
        outputs: &[f64],
        step: f64,
        stop: &AtomicBool,
        progress: &dyn Fn(f64),
        mut observe: impl FnMut(&Self),
    ) -> Result<bool, LimitError> {
        let whole = outputs.last().copied().unwrap_or(0.0);
        if outputs.first() == Some(&0.0) {
            observe(self);
        }
        for tick in ticks(outputs, step, f64::INFINITY) {
            let start = Clock::start();
            let mut lost = false;
            let mut left = tick.duration;
            while left > 0.0 && !lost {
                if stop.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                // One change of thread for a step instead of one for every transform.
                let mut taken = Ok(None);
                rayon::scope(|_| taken = self.leap(left, tick.duration));
                lost = match taken? {
                    Some(h) => {
                        progress(h / whole);
                        left -= h;
                        // What is left by round-off is no step.
                        left = if left > 1e-9 * tick.duration { left } else { 0.0 };
                        let end = if left > 0.0 { tick.end - left } else { tick.end };
                        let begin = std::mem::replace(&mut self.time, end);
                        self.is_lost([begin, end])?
                    }
                    None => true,
                };
            }
            self.loop_time += start.elapsed();
            if tick.output || lost {
                observe(self);
            }
            if lost {
                self.blow_up = self.reactants.iter().find_map(|r| r.resolution.blow_up().copied());
                break;
            }
        }
        Ok(true)
    }

    /// Whether some ρ has outgrown the grid in a step from `begin` to `end`.
    fn is_lost(&mut self, [begin, end]: [f64; 2]) -> Result<bool, LimitError> {
        if let Some(value) = self.refused.take() {
            return match self.reactants.iter_mut().any(|r| r.resolution.was_growing()) {
                true => Ok(true),
                false => Err(LimitError::Value(Box::new(value.at_time(begin)))),
            };
        }
        let mut lost = false;
        for r in &mut self.reactants {
            lost |= r.resolution.is_lost(end, &r.density)?;
        }
        Ok(lost)
    }

    /// J of a population now.
    pub fn flux(&self, population: usize) -> MacroFlux<D> {
        let (reactant, signals) = (&self.reactants[population], self.signals());
        reactant.flux.nodal(&reactant.density, &reactant.sensed(&signals))
    }

    /// A step of length `left`, or of a part of `whole` if births ask for it; returns how long it was,
    /// or nothing if births have outrun time itself. The first one is cut where all of a signal forgets
    /// S(x, 0) within it: into one that resolves how, and others that double in length.
    fn leap(&mut self, left: f64, whole: f64) -> Result<Option<f64>, LimitError> {
        self.within = 0.0;
        self.begin();
        let reach = REACH * self.coarseness.step;
        let halvings = (self.pace.fastest * whole / reach).log2().ceil().max(0.0);
        if halvings > f64::from(HALVINGS) && halvings.is_finite() {
            return match self.reactants.iter_mut().any(|r| r.resolution.is_outrun()) {
                true => Ok(None),
                false => {
                    Err(LimitError::Stiff { rate: self.pace.fastest, time: self.time, step: whole })
                }
            };
        }
        let halvings = if halvings.is_finite() { halvings as i32 } else { 0 };
        let dt = left.min(whole * 0.5_f64.powi(halvings));
        let halvings = if self.steps == 0 { self.layer(dt) } else { 0 };
        let mut part = dt * 0.5_f64.powi(halvings);
        self.step(part);
        for _ in 0..halvings {
            self.begin();
            self.step(part);
            part *= 2.0;
        }
        self.steps += 1;
        Ok(Some(dt))
    }

    /// Evaluates what a step starts from.
    fn begin(&mut self) {
        let signals = self.signals();
        self.reactants.iter_mut().for_each(|r| r.begin(&signals));
        self.pace = Pace::default();
        self.evaluate(0, &signals);
    }

    /// Finds the terms of every ρ at a point.
    fn evaluate(&mut self, point: usize, signals: &[Vec<f64>]) {
        self.reactants.iter_mut().for_each(|r| r.flow(point, signals));
        let grows = self.reactants.iter().any(|r| r.growth.is_some());
        if !grows && self.network.is_empty() {
            return;
        }
        let classes = &self.classes;
        let fed: Vec<Vec<f64>> = self.reactants.iter().map(|r| r.fed(classes, point)).collect();
        let around = Surroundings { time: self.time_at(point), densities: &fed, signals };
        let floor = FLOOR * self.coarseness.floor;
        for r in &mut self.reactants {
            let pace = r.grow(point, self.spectral, around, floor);
            if pace.fastest.is_nan() && self.refused.is_none() {
                self.refused = r.growth.and_then(|growth| growth.refused(self.spectral, around));
            }
            if point == 0 {
                let fastest = match pace.fastest.is_nan() {
                    true => f64::NAN,
                    false => self.pace.fastest.max(pace.fastest),
                };
                self.pace = Pace { fastest, births: self.pace.births.max(pace.births) };
            }
        }
        self.react(point, around);
    }

    /// Adds all reactions to the terms at a point.
    fn react(&mut self, point: usize, around: Surroundings<'_>) {
        if self.network.is_empty() {
            return;
        }
        let spectral = self.spectral;
        let nodal: Vec<Vec<f64>> =
            self.reactants.iter().map(|r| spectral.inverse(r.at(point))).collect();
        let rates = self.network.rates(spectral, around);
        if point == 0 {
            self.pace.fastest = self.pace.fastest.max(self.network.fastest(&rates));
        }
        let flows = self.network.flows(rates, &nodal);
        if !flows.is_finite() && self.refused.is_none() {
            self.refused = self.network.refused(spectral, around);
        }
        for (number, r) in self.reactants.iter_mut().enumerate() {
            let Some(mut net) = flows.net(self.network, number) else { continue };
            spectral.forward_in_place(&mut net);
            r.terms[point].iter_mut().zip(net).for_each(|(term, net)| *term += net);
        }
    }

    /// The time of a point, as far as rates are concerned.
    fn time_at(&self, point: usize) -> f64 {
        self.time + self.within + [0.0, 0.5, 0.5, 1.0][point] * self.length
    }

    /// How often a step is halved until the slowest mode of a signal decays by an eighth in it.
    fn layer(&self, dt: f64) -> i32 {
        let rates = self.fields.iter().filter_map(Field::slowest);
        let decay = rates.fold(f64::INFINITY, f64::min) * dt;
        match decay > 1.0 && decay.is_finite() {
            true => (8.0 * decay).log2().ceil() as i32,
            false => 0,
        }
    }

    /// One step of length `dt`, after [`Self::begin`].
    fn step(&mut self, dt: f64) {
        self.length = dt;
        self.reactants.iter_mut().for_each(|r| r.prepare(&self.classes, dt));
        self.fields.iter_mut().for_each(|field| field.prepare(dt));
        self.amplified += self.pace.births * dt;
        self.feed(0);
        for point in 1..4 {
            self.reactants.iter_mut().for_each(|r| r.advance(&self.classes, point));
            self.advance_fields(point, dt);
            let signals: Vec<Vec<f64>> =
                self.fields.iter().map(|field| field.at(point).clone()).collect();
            self.evaluate(point, &signals);
            self.feed(point);
        }
        self.finish();
        self.within += dt;
    }

    /// ρ at a point as it feeds a signal.
    fn fed<'r>(reactants: &'r [Reactant<'_, D>], producers: &[usize], point: usize) -> Feed<'r> {
        let of = || producers.iter().map(|number| &reactants[*number]);
        Feed {
            density: of().map(|r| &r.at(point)[..]).collect(),
            terms: of().map(|r| &r.terms[point][..]).collect(),
            sources: of().map(|r| &r.source[..]).collect(),
            laws: of().map(|r| [r.mean, r.constant]).collect(),
        }
    }

    /// Finds the source of every signal at a point.
    fn feed(&mut self, point: usize) {
        let Self { reactants, fields, classes, spectral, .. } = self;
        for field in fields.iter_mut() {
            let feed = Self::fed(reactants, &field.one.producers, point);
            field.feed(classes, point, &feed);
        }
        if fields.iter().all(|field| field.one.reaction().is_none()) {
            return;
        }
        let densities: Vec<Vec<f64>> = reactants.iter().map(|r| r.fed(classes, point)).collect();
        let signals: Vec<Vec<f64>> = fields.iter().map(|field| field.at(point).clone()).collect();
        let time = self.time + self.within + [0.0, 0.5, 0.5, 1.0][point] * self.length;
        let around = Surroundings { time, densities: &densities, signals: &signals };
        for (number, field) in fields.iter_mut().enumerate() {
            let Some(reaction) = field.one.reaction() else { continue };
            let density = field.one.feed(&densities, signals[number].len());
            let source = &mut field.sources[point];
            reaction.coefficients(spectral, around, [&density, &signals[number]], source);
            if source[0].is_nan() && self.refused.is_none() {
                self.refused = reaction.refused(spectral, around);
            }
        }
    }

    /// Finds every signal at a point after the first.
    fn advance_fields(&mut self, point: usize, dt: f64) {
        let (reactants, grid) = (&self.reactants, (self.spectral, &self.classes));
        let span = [self.time + self.within, dt];
        for field in &mut self.fields {
            let of = |point| Self::fed(reactants, &field.one.producers, point);
            let (before, feed) = (of(0), of(point));
            field.advance(grid, point, span, [&before, &feed]);
        }
    }

    /// Replaces every ρ and S by those at the end of the step.
    fn finish(&mut self) {
        self.reactants.iter_mut().for_each(|r| r.finish(&self.classes, self.spectral));
        for field in &mut self.fields {
            let feed = Self::fed(&self.reactants, &field.one.producers, 0);
            field.finish(&self.classes, &feed);
        }
    }
}
