//! Drift–diffusion solver: spectral in space, exponential Runge–Kutta of order four in time.
//!
//! With D̄ the largest D of the step, D̄Δρ and the linear part of the equation of S are exact; what is
//! left of ρ, ∇·((D − D̄)∇ρ − χG(ρ)∇S) + r(ρ,S)ρ, and the production of S go through the four evaluations of
//! [`Step`](super::modes::Step), both at once. A signal that follows ρ, or is given, is taken at
//! the time of each evaluation. In modes that relax within a step, at rates r ≥ 1/Δt, it is W = Ŝ − Gρ̂
//! with G = α/(δr) that is advanced, ∂tW = −rW − G∂tρ̂: W is of order δ, and so is
//! what the time step makes wrong of it: the error is O(Δt⁴) + O(δΔt) for every δ.
//! Without births and deaths mass is conserved to round-off because a divergence has no mean mode.
//!
//! Nothing is done about negative values, which a start that the grid does not resolve has: whatever
//! would move them moves mass, centre and variance, which are right in the modes that there are. Nothing
//! here needs ρ ≥ 0: drift and production are linear in ρ, and rates are taken at ρ⁺.
//!
//! A constant r is part of the linear term and exact. Of another one, steps are cut until r changes ρ by
//! a quarter at most, and births stop where |ρ| is below [`FLOOR`] of its largest value.

use super::Mobility;
use super::flux::Flux;
use super::modes::{Classes, Step};
use super::resolution::{BlowUp, Resolution};
use crate::cells::{InitialError, InitialLaw};
use crate::experiment::OutOfRange;
use crate::growth::{FLOOR, Growth, Pace};
use crate::schedule::ticks;
use crate::signal::{Law, SignalEquation, smoothing_kernel};
use crate::spectral::Spectral;
use crate::turning::Kernel;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Largest |r|h of a step of length h.
const REACH: f64 = 0.25;
/// How often a step is halved for the sake of births, at most.
const HALVINGS: i32 = 20;

/// Why there is no limit.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LimitError {
    /// ρ⁰ is none.
    #[error(transparent)]
    Initial(#[from] InitialError),
    /// An expression has a value that it must not have.
    #[error("{0}")]
    Value(Box<OutOfRange>),
    /// A step led to no numbers, though ρ had not grown before.
    #[error(
        "the limit is no number after t = {time}: the kernel's D or chi is not finite for some S that occurs, or \
         limit.step is far too long"
    )]
    NoNumber {
        /// The last time when it was one.
        time: f64,
    },
    /// r is so large that steps would have to be far shorter.
    #[error(
        "cells.growth reaches {rate:e} at t = {time}: limit.step = {step} is more than 10⁶ times too long for \
         it. Lower cells.growth, or limit.step"
    )]
    Stiff {
        /// The largest |r|.
        rate: f64,
        /// t.
        time: f64,
        /// The step that was asked for.
        step: f64,
    },
}

/// K_h applied to ρ before it feeds S, as the deposit of cells does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mollifier {
    /// h.
    pub bandwidth: f64,
    /// Order of the kernel.
    pub order: usize,
}

/// ρ and S at one time, as spectral coefficients.
#[derive(Clone, Debug)]
pub struct LimitState {
    /// t.
    pub time: f64,
    /// Coefficients of ρ.
    pub density: Vec<f64>,
    /// Coefficients of S.
    pub signal: Vec<f64>,
}

/// Nodal values of J = −D∇ρ + χρ∇S, by component.
pub type MacroFlux<const D: usize> = [Vec<f64>; D];

/// The macroscopic equation of one experiment on one grid.
pub struct LimitSolver<'a, const D: usize> {
    spectral: &'a Spectral<D>,
    equation: &'a dyn SignalEquation<D>,
    classes: Classes,
    /// K̂_h in a class.
    source: Vec<f64>,
    /// How S answers in a class: rate, and gain times K̂_h, or the gain alone of a reaction.
    laws: Vec<[f64; 2]>,
    /// G in a class for the step that is taken; 0 where S itself is advanced.
    follow: Vec<f64>,
    kind: Kind,
    state: LimitState,
    flux: Flux<'a, D>,
    growth: Option<Growth>,
    /// r, where it is a constant.
    constant: f64,
    /// FLOOR and REACH, by these factors.
    coarseness: Coarseness,
    /// The fastest births and deaths at the start of the step, and ∫max r⁺ dt so far.
    pace: Pace,
    amplified: f64,
    /// The first value that an expression must not have.
    refused: Option<OutOfRange>,
    stages: Stages,
    density_step: Step,
    signal_step: Step,
    resolution: Resolution,
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

/// What S does at the four points of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Relaxes,
    Follows,
    Given,
    Steady,
}

/// Coefficients at the four points of a step.
struct Stages {
    /// ρ at the second, third and fourth point, and −∇·(flux beyond −D̄∇ρ) with births and deaths at all four.
    density: [Vec<f64>; 3],
    terms: [Vec<f64>; 4],
    /// ρ at the end of the step.
    next: Vec<f64>,
    /// S at the point that is next, at the second one, and at the end of the step.
    signal: Vec<f64>,
    second_signal: Vec<f64>,
    next_signal: Vec<f64>,
    /// ρ at the nodes.
    nodal: Vec<f64>,
    /// W at the start, and the source of S or W at all four points.
    start: Vec<f64>,
    sources: [Vec<f64>; 4],
    /// ρ as it feeds a reaction, or births and deaths.
    fed: Vec<f64>,
}

impl Stages {
    fn new(len: usize) -> Self {
        // Nothing is read before it is written. Zeros would be pages that the loop has to ask for.
        let empty = || vec![f64::NAN; len];
        Self {
            density: std::array::from_fn(|_| empty()),
            terms: std::array::from_fn(|_| empty()),
            next: empty(),
            signal: empty(),
            second_signal: empty(),
            next_signal: empty(),
            nodal: empty(),
            start: Vec::new(),
            sources: Default::default(),
            fed: Vec::new(),
        }
    }
}

/// The laws of all classes as (rate, gain), and their kind.
fn laws<const D: usize>(
    equation: &dyn SignalEquation<D>,
    classes: &Classes,
    source: &[f64],
) -> (Vec<[f64; 2]>, Kind) {
    let mut kind = if equation.is_steady() { Kind::Steady } else { Kind::Given };
    let is_reaction = equation.reaction().is_some();
    let laws = (classes.squares.iter().zip(source))
        .map(|(k2, source)| match equation.law(*k2) {
            Law::Relaxes { rate, gain } => {
                kind = Kind::Relaxes;
                [rate, if is_reaction { gain } else { gain * source }]
            }
            Law::Follows { gain } => {
                kind = Kind::Follows;
                [0.0, gain * source]
            }
            Law::Given => [0.0; 2],
        })
        .collect();
    (laws, kind)
}

impl<'a, const D: usize> LimitSolver<'a, D> {
    /// Starts from the initial law, with linear drift, without births and deaths.
    ///
    /// # Errors
    /// The law is none at the nodes of this grid.
    pub fn new(
        spectral: &'a Spectral<D>,
        kernel: &'a Kernel<D>,
        equation: &'a dyn SignalEquation<D>,
        initial: &InitialLaw<D>,
        mollifier: Option<Mollifier>,
    ) -> Result<Self, InitialError> {
        let classes = Classes::new(spectral.laplacian());
        let source: Vec<f64> = (classes.squares.iter())
            .map(|k2| mollifier.map_or(1.0, |m| smoothing_kernel(m.bandwidth, m.order, *k2)))
            .collect();
        let density = initial.coefficients(spectral)?;
        let mut fed = Vec::new();
        classes.multiply(|class| source[class], &density, &mut fed);
        let signal = equation.initial(spectral, &fed);
        let (laws, kind) = laws(equation, &classes, &source);
        let resolution = Resolution::new(spectral, &density);
        Ok(Self {
            spectral,
            equation,
            classes,
            source,
            laws,
            follow: Vec::new(),
            kind,
            stages: Stages::new(density.len()),
            state: LimitState { time: 0.0, density, signal },
            flux: Flux::new(spectral, kernel),
            growth: None,
            constant: 0.0,
            coarseness: Coarseness::NONE,
            pace: Pace::default(),
            amplified: 0.0,
            refused: None,
            density_step: Step::default(),
            signal_step: Step::default(),
            resolution,
            steps: 0,
            loop_time: Duration::ZERO,
        })
    }

    /// The same with another drift.
    pub fn with_mobility(self, mobility: Mobility) -> Self {
        Self { flux: self.flux.with_mobility(mobility), ..self }
    }

    /// The same with r(K_h*ρ,S)ρ added to ∂tρ.
    pub fn with_growth(self, growth: Option<Growth>) -> Self {
        match growth.as_ref().and_then(Growth::constant) {
            Some(constant) => Self { growth: None, constant, ..self },
            None => Self { growth, ..self },
        }
    }

    /// The same, coarser than it has to be.
    pub fn coarser(self, coarseness: Coarseness) -> Self {
        Self { coarseness, ..self }
    }

    /// ρ and S now.
    pub fn state(&self) -> &LimitState {
        &self.state
    }

    /// ∫max r⁺ dt, with the largest r wherever it is, if r is no constant: what is born of nothing but
    /// round-off is at most e to this power larger.
    pub fn amplified(&self) -> f64 {
        self.amplified
    }

    /// Where ρ outgrew the grid, if it did: the run ended there.
    pub fn blow_up(&self) -> Option<&BlowUp> {
        self.resolution.blow_up()
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
            let start = Instant::now();
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
                        let begin = std::mem::replace(&mut self.state.time, end);
                        match self.refused.take() {
                            Some(value) if !self.resolution.was_growing() => {
                                return Err(LimitError::Value(Box::new(value.at_time(begin))));
                            }
                            Some(_) => true,
                            None => self.resolution.is_lost(end, &self.state.density)?,
                        }
                    }
                    None => true,
                };
            }
            self.loop_time += start.elapsed();
            if tick.output || lost {
                observe(self);
            }
            if lost {
                break;
            }
        }
        Ok(true)
    }

    /// J now.
    pub fn flux(&self) -> MacroFlux<D> {
        self.flux.nodal(&self.state.density, &self.state.signal)
    }

    /// A step of length `left`, or of a part of `whole` if births ask for it; returns how long it was,
    /// or nothing if births have outrun time itself. The first one is cut where all of S forgets
    /// S(x, 0) within it: into one that resolves how, and others that double in length.
    fn leap(&mut self, left: f64, whole: f64) -> Result<Option<f64>, LimitError> {
        let mean = self.begin();
        let reach = REACH * self.coarseness.step;
        let halvings = (self.pace.fastest * whole / reach).log2().ceil().max(0.0);
        if halvings > f64::from(HALVINGS) && halvings.is_finite() {
            return match self.resolution.is_outrun() {
                true => Ok(None),
                false => Err(LimitError::Stiff {
                    rate: self.pace.fastest,
                    time: self.state.time,
                    step: whole,
                }),
            };
        }
        let halvings = if halvings.is_finite() { halvings as i32 } else { 0 };
        let dt = left.min(whole * 0.5_f64.powi(halvings));
        let halvings = if self.steps == 0 { self.layer(dt) } else { 0 };
        let mut part = dt * 0.5_f64.powi(halvings);
        self.step(mean, part);
        for _ in 0..halvings {
            let mean = self.begin();
            self.step(mean, part);
            part *= 2.0;
        }
        self.steps += 1;
        Ok(Some(dt))
    }

    /// Evaluates what a step starts from; returns D̄.
    fn begin(&mut self) -> f64 {
        let mean = self.flux.largest_diffusivity(&self.state.signal);
        let Stages { terms: [first, ..], .. } = &mut self.stages;
        self.flux.beyond(&self.state.density, &self.state.signal, mean, first);
        self.grow(0);
        mean
    }

    /// How often a step is halved until the slowest mode of S decays by an eighth in it.
    fn layer(&self, dt: f64) -> i32 {
        let rates = self.laws.iter().map(|[rate, _]| *rate).filter(|rate| *rate > 0.0);
        let decay = rates.fold(f64::INFINITY, f64::min) * dt;
        match self.kind == Kind::Relaxes && decay > 1.0 && decay.is_finite() {
            true => (8.0 * decay).log2().ceil() as i32,
            false => 0,
        }
    }

    /// One step of length `dt`, after [`Self::begin`].
    fn step(&mut self, mean: f64, dt: f64) {
        let (constant, squares) = (self.constant, self.classes.squares.iter());
        self.density_step.prepare(dt, mean, squares.map(|k2| [mean * k2 - constant, 1.0]));
        if self.kind == Kind::Relaxes {
            self.signal_step.prepare(dt, 0.0, self.laws.iter().copied());
            self.prepare_follow(dt);
        }
        self.amplified += self.pace.births * dt;
        self.feed(0, mean);
        for point in 1..4 {
            self.density_at(point);
            self.signal_at(point, dt);
            let Stages { density, terms, signal, .. } = &mut self.stages;
            let signal = if self.kind == Kind::Steady { &self.state.signal } else { &*signal };
            self.flux.beyond(&density[point - 1], signal, mean, &mut terms[point]);
            self.grow(point);
            self.feed(point, mean);
        }
        self.finish();
    }

    /// Finds ρ at a point after the first.
    fn density_at(&mut self, point: usize) {
        let (c, step) = (&self.classes, &self.density_step);
        let Stages { density: [second, third, fourth], terms: [n1, n2, n3, _], next, .. } =
            &mut self.stages;
        match point {
            1 => step.first(c, &self.state.density, n1, second, next),
            2 => step.next(c, 1.0, second, [n1, n2], third),
            _ => step.next(c, 2.0, next, [n1, n3], fourth),
        }
    }

    /// Adds births and deaths to the terms of ρ at a point.
    fn grow(&mut self, point: usize) {
        let Some(growth) = &self.growth else { return };
        let Stages { density, signal, terms, fed, .. } = &mut self.stages;
        let density = if point == 0 { &self.state.density } else { &density[point - 1] };
        let own = point == 0 || self.kind == Kind::Steady;
        let signal = if own { &self.state.signal } else { &*signal };
        self.classes.multiply(|class| self.source[class], density, fed);
        let floor = FLOOR * self.coarseness.floor;
        let pace =
            growth.add_above(floor, self.spectral, [density, fed, signal], &mut terms[point]);
        if pace.fastest.is_nan() && self.refused.is_none() {
            self.refused = growth.refused(self.spectral, [&*fed, signal]);
        }
        if point == 0 {
            self.pace = pace;
        }
    }

    /// Finds G of every class for a step of length `dt`.
    fn prepare_follow(&mut self, dt: f64) {
        let linear = self.equation.reaction().is_none();
        let follow = |[rate, gain]: &[f64; 2]| match linear && rate * dt >= 1.0 {
            true => gain / rate,
            false => 0.0,
        };
        self.follow.clear();
        self.follow.extend(self.laws.iter().map(follow));
    }

    /// Finds the source of S or W at a point, from ρ, S and ∂tρ there.
    fn feed(&mut self, point: usize, mean: f64) {
        if self.kind != Kind::Relaxes {
            return;
        }
        let Stages { density, signal, terms, fed, sources, .. } = &mut self.stages;
        let (density, signal) = match point {
            0 => (&self.state.density, &self.state.signal),
            _ => (&density[point - 1], &*signal),
        };
        let (classes, laws, constant) = (&self.classes, &self.laws, self.constant);
        if let Some(reaction) = self.equation.reaction() {
            classes.multiply(|class| self.source[class], density, fed);
            reaction.coefficients(self.spectral, fed, signal, &mut sources[point]);
            if sources[point][0].is_nan() && self.refused.is_none() {
                self.refused = reaction.refused(self.spectral, [&*fed, signal]);
            }
            return;
        }
        let source = |class: usize, rho: f64, term: f64| match self.follow[class] {
            0.0 => rho,
            _ => ((mean * classes.squares[class] - constant) * rho - term) / laws[class][0],
        };
        classes.combine(source, density, &terms[point], &mut sources[point]);
    }

    /// Finds S at a point after the first.
    fn signal_at(&mut self, point: usize, dt: f64) {
        let follow = |class: usize| self.follow[class];
        let (c, step, old) = (&self.classes, &self.signal_step, &self.state);
        let Stages { density, signal, second_signal, next_signal, sources, start, .. } =
            &mut self.stages;
        let [n1, n2, n3, _] = sources.each_ref();
        match (self.kind, point) {
            (Kind::Relaxes, 1) => {
                c.combine(
                    |class, s, rho| s - follow(class) * rho,
                    &old.signal,
                    &old.density,
                    start,
                );
                step.first(c, start, n1, second_signal, next_signal);
                signal.clone_from(second_signal);
                c.add(follow, &density[0], signal);
            }
            (Kind::Relaxes, 2) => {
                step.next(c, 1.0, second_signal, [n1, n2], signal);
                c.add(follow, &density[1], signal);
            }
            (Kind::Relaxes, _) => {
                step.next(c, 2.0, next_signal, [n1, n3], signal);
                c.add(follow, &density[2], signal);
            }
            (Kind::Follows, _) => {
                c.multiply(|class| self.laws[class][1], &density[point - 1], signal);
            }
            // The third point is at the time of the second.
            (Kind::Given, 2) | (Kind::Steady, _) => {}
            (Kind::Given, _) => {
                let h = if point == 1 { 0.5 * dt } else { dt };
                self.equation.advance(self.spectral, &old.signal, &[], &[], old.time, h, signal);
            }
        }
    }

    /// Replaces ρ and S by those at the end of the step.
    fn finish(&mut self) {
        let Self { classes, stages, state, .. } = self;
        let terms = &stages.terms;
        self.density_step.last(classes, &mut stages.next, terms.each_ref().map(Vec::as_slice));
        if self.kind == Kind::Relaxes {
            let sources = stages.sources.each_ref().map(Vec::as_slice);
            self.signal_step.last(classes, &mut stages.next_signal, sources);
        }
        std::mem::swap(&mut state.density, &mut stages.next);
        self.look();
        let Self { classes, stages, state, laws, follow, .. } = self;
        match self.kind {
            Kind::Relaxes => {
                classes.add(|class| follow[class], &state.density, &mut stages.next_signal);
                std::mem::swap(&mut state.signal, &mut stages.next_signal);
            }
            Kind::Follows => {
                classes.multiply(|class| laws[class][1], &state.density, &mut state.signal);
            }
            Kind::Given => std::mem::swap(&mut state.signal, &mut stages.signal),
            Kind::Steady => {}
        }
    }

    /// Looks at ρ at the nodes.
    fn look(&mut self) {
        let nodal = &mut self.stages.nodal;
        nodal.copy_from_slice(&self.state.density);
        self.spectral.inverse_in_place(nodal);
        self.resolution.largest = nodal.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    }
}
