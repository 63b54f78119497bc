//! The kinetic equation itself, without cells: what an ensemble of infinitely many would give.
//!
//! ε² ∂t f + ε v·∇f = ∫_V ( T_ε\[S\](x,v,v′) f(v′) − T_ε\[S\](x,v′,v) f(v) ) dv′ + ε² r(ρ,S) f (CMPS 7, HKS 7) on
//! discrete ordinates in v and the grid in x, with S answering to K_h * ρ as it does to cells. Over
//! a time step S is frozen at its middle, predicted by ∂tρ = −∇·J, which makes the scheme second
//! order in Δt; in the frozen S the equation is linear, f′ = Af, and solved to a relative 10⁻¹⁰. Nothing is
//! born of round-off (see [`growth`](crate::growth)).
//!
//! It shares the kernel, the signal equation and the way that S is sensed with the cells, and
//! nothing of how they move.

mod entropy;
mod ordinates;
mod transport;
mod turns;

pub use entropy::Entropy;

use crate::growth::{FLOOR, barren};
use crate::model::Model;
use crate::observe::{Fields, PhaseMoments};
use crate::schedule::{Tick, ticks};
use crate::turning::{Sense, TurningKernel};
use crate::vector::dot;
use crate::with_kernel;
use ordinates::Ordinates;
use rayon::prelude::*;
use std::f64::consts::PI;
use std::sync::atomic::{AtomicBool, Ordering};
use transport::add_transport;
use turns::Turns;

/// Relative size of the terms of e^{Δt A} f that are left out.
const TOLERANCE: f64 = 1e-10;
/// Largest ‖A‖τ of one Taylor series: its terms grow to e^10 of f before they shrink.
const REACH: f64 = 12.0;

/// Evaluations of Af per unit of ‖A‖t, and the work of one value of f in them beside that of a
/// tumble: as seen.
const PRODUCTS: f64 = 2.5;
const VALUE: f64 = 0.5;

/// How finely the equation is solved, besides the grid of the experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Nodes around a circle of velocities, a multiple of 4.
    pub angles: usize,
    /// Largest time step.
    pub step: f64,
}

/// Predicted work until the time `end`, in the units of [`crate::study::Cost::work`], from the
/// bound on the kernel at t = 0.
pub fn predicted_work<const D: usize>(model: &Model<D>, resolution: Resolution, end: f64) -> f64 {
    let bound = model.kernel.bound(&model.initial_signal().bounds());
    let ordinates = model.space.ordinates(resolution.angles).len();
    let products = PRODUCTS * end * norm(model, bound);
    VALUE * products * (ordinates * model.grid().len()) as f64
}

/// A bound on ‖A‖, where tumbles are no faster than `rate`/ε².
fn norm<const D: usize>(model: &Model<D>, rate: f64) -> f64 {
    let fastest = |h: &f64| PI / h * model.space.max_speed() / model.epsilon;
    let transport: f64 = model.grid().spacing().iter().map(fastest).sum();
    transport + 2.0 * rate / (model.epsilon * model.epsilon)
}

/// f on ordinates and grid, and S.
pub struct KineticSolver<'m, const D: usize> {
    model: &'m Model<D>,
    ordinates: Ordinates<D>,
    resolution: Resolution,
    /// The share of the largest |ρ| below which nothing is born.
    floor: f64,
    /// f by ordinate, nodal.
    f: Vec<Vec<f64>>,
    time: f64,
    /// Coefficients of K_h * ρ.
    density: Vec<f64>,
    /// Coefficients of S.
    signal: Vec<f64>,
    memory: Memory,
    products: usize,
    /// The entropy after every step, if it is kept.
    entropy: Option<Vec<Entropy>>,
}

/// Arrays of the shape of f.
struct Memory {
    term: Vec<Vec<f64>>,
    rate: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
}

impl<'m, const D: usize> KineticSolver<'m, D> {
    /// Starts from f⁰ of the model.
    pub fn new(model: &'m Model<D>, resolution: Resolution) -> Self {
        let (grid, initial) = (model.grid(), &model.initial);
        let ordinates = Ordinates::new(&model.space, resolution.angles, &grid.boundary);
        let start = initial.start();
        let nodal = model.spectral.inverse(start);
        let tilt = D as f64 / model.space.mean_square_f();
        let f: Vec<Vec<f64>> = (ordinates.velocities.iter().zip(&ordinates.equilibrium))
            .map(|(v, share)| {
                let factor = share * (1.0 + tilt * dot(initial.mean_velocity(), v));
                nodal.iter().map(|rho| factor * rho).collect()
            })
            .collect();
        let density = model.deposit.smooth(start);
        let signal = model.equation.initial(&model.spectral, &density);
        let memory = Memory { term: f.clone(), rate: f.clone(), slopes: f.clone() };
        Self {
            model,
            ordinates,
            resolution,
            floor: FLOOR,
            f,
            time: 0.0,
            density,
            signal,
            memory,
            products: 0,
            entropy: None,
        }
    }

    /// The same with births only above `factor` times as much as it has to be, to see what that changes.
    pub fn with_floor(self, factor: f64) -> Self {
        Self { floor: factor * FLOOR, ..self }
    }

    /// Keeps the entropy after every step from now on, at the price of four evaluations of the turns.
    pub fn keep_entropy(&mut self) {
        let entropy = entropy::entropy(&self.ordinates, &self.f, self.model.grid().cell_volume());
        let now = Entropy { time: self.time, entropy, dissipated: 0.0, produced: 0.0 };
        self.entropy = Some(vec![now]);
    }

    /// The entropy from when it was kept on.
    pub fn entropy(&self) -> &[Entropy] {
        self.entropy.as_deref().unwrap_or_default()
    }

    /// Runs to the time `end`. Returns false when `stop` was raised.
    pub fn run(&mut self, end: f64, stop: &AtomicBool, progress: &(dyn Fn(f64) + Sync)) -> bool {
        let finest = self.model.last_step();
        let ticks = ticks(&[end], self.resolution.step, finest);
        for tick in &ticks {
            if stop.load(Ordering::Relaxed) {
                return false;
            }
            self.step(tick);
            progress(tick.duration / end);
        }
        true
    }

    /// Evaluations of Af so far.
    pub fn products(&self) -> usize {
        self.products
    }

    /// K_h * ρ, S, K_h * J and the moments of K_h * r_ε now.
    pub fn fields(&self, moments: &PhaseMoments<D>) -> Fields<D> {
        let spectral = &self.model.spectral;
        let smoothed = |nodal: &[f64]| self.model.deposit.smooth(&spectral.forward(nodal));
        let scale = 1.0 / self.model.epsilon;
        Fields {
            density: self.density.clone(),
            signal: self.signal.clone(),
            flux: self.flux().map(|component| spectral.inverse(&smoothed(&component))),
            remainder: (0..moments.len())
                .map(|m| smoothed(&self.ordinates.moment(&self.f, |v| scale * moments.eval(m, v))))
                .collect(),
        }
    }

    /// Nodal ρ, not mollified.
    pub fn density(&self) -> Vec<f64> {
        self.ordinates.moment(&self.f, |_| 1.0)
    }

    /// Nodal J, not mollified.
    pub fn flux(&self) -> [Vec<f64>; D] {
        let scale = 1.0 / self.model.epsilon;
        std::array::from_fn(|a| self.ordinates.moment(&self.f, |v| scale * v[a]))
    }

    fn step(&mut self, tick: &Tick) {
        let (model, dt) = (self.model, tick.duration);
        let spectral = &model.spectral;
        let slope = self.slope();
        let after = |h: f64, next: &mut Vec<f64>| self.signal_after(h, &slope, next);
        let sense = model.nodal_step(&self.signal, dt, after, &self.ordinates.velocities);
        let turns = with_kernel!(&model.kernel, kernel => {
            Turns::new(kernel, &sense, &self.ordinates)
        });
        let growth = model.growth_rates(&self.density, &slope, dt, after);
        self.divide(growth.as_deref(), dt);
        let before = self.entropy_rates(&turns);
        self.advance(&turns, dt);
        let after = self.entropy_rates(&turns);
        self.divide(growth.as_deref(), dt);
        let density = model.deposit.smooth(&spectral.forward(&self.density()));
        let change = density.iter().zip(&self.density).map(|(now, before)| (now - before) / dt);
        let (slope, mut next) = (change.collect::<Vec<f64>>(), Vec::new());
        self.signal_after(dt, &slope, &mut next);
        (self.signal, self.density, self.time) = (next, density, tick.end);
        if let Some(rates) = before.zip(after) {
            self.note_entropy(rates, dt);
        }
    }

    /// The terms of dH/dt now, if the entropy is kept.
    fn entropy_rates(&mut self, turns: &Turns) -> Option<entropy::Rates> {
        self.entropy.as_ref()?;
        let Memory { term, rate, .. } = &mut self.memory;
        let scales = (self.model.epsilon, self.model.grid().cell_volume());
        Some(entropy::rates(turns, &self.ordinates, scales, &self.f, [term, rate]))
    }

    /// Adds a line on the step of length `dt` just made, with the rates at its ends.
    fn note_entropy(&mut self, (before, after): (entropy::Rates, entropy::Rates), dt: f64) {
        let entropy = entropy::entropy(&self.ordinates, &self.f, self.model.grid().cell_volume());
        let Some(kept) = &mut self.entropy else { return };
        let Some(last) = kept.last().copied() else { return };
        kept.push(Entropy {
            time: self.time,
            entropy,
            dissipated: last.dissipated + 0.5 * dt * (before.dissipation + after.dissipation),
            produced: last.produced + 0.5 * dt * (before.production + after.production),
        });
    }

    /// Coefficients of ∂t(K_h * ρ) = K_h * (r(K_h * ρ, S)ρ − ∇·J).
    fn slope(&self) -> Vec<f64> {
        let (model, spectral) = (self.model, &self.model.spectral);
        let mut slope = spectral.divergence(&self.flux());
        slope.iter_mut().for_each(|s| *s = -*s);
        if let Some(growth) = &model.growth {
            let density = spectral.forward(&self.density());
            growth.add_to(spectral, [&density, &self.density, &self.signal], &mut slope);
        }
        model.deposit.smooth(&slope)
    }

    /// Births and deaths of half of a step of length `dt` at these nodal rates.
    fn divide(&mut self, rates: Option<&[f64]>, dt: f64) {
        let (Some(rates), Some(growth)) = (rates, &self.model.growth) else { return };
        let mut rates = rates.to_vec();
        if growth.constant().is_none() {
            barren(self.floor, &self.density(), &mut rates);
        }
        let factors: Vec<f64> = rates.iter().map(|r| (0.5 * dt * r).exp()).collect();
        self.f.par_iter_mut().for_each(|f| f.iter_mut().zip(&factors).for_each(|(f, x)| *f *= x));
    }

    /// Coefficients of S after a time `h` in which K_h * ρ changes at the rate `slope`, into `next`.
    fn signal_after(&self, h: f64, slope: &[f64], next: &mut Vec<f64>) {
        let (equation, spectral) = (&self.model.equation, &self.model.spectral);
        equation.advance(spectral, &self.signal, &self.density, slope, self.time, h, next);
    }

    /// f ← e^{dt A} f by Taylor series over equal parts of dt.
    fn advance(&mut self, turns: &Turns, dt: f64) {
        let epsilon = self.model.epsilon;
        let parts = (dt * norm(self.model, turns.highest) / REACH).ceil();
        let Memory { term, rate, slopes } = &mut self.memory;
        for _part in 0..parts as usize {
            term.par_iter_mut().zip(&self.f).for_each(|(t, f)| t.copy_from_slice(f));
            let (size, mut small) = (largest(&self.f), 0);
            for order in 1.. {
                turns.apply(&self.ordinates, epsilon, term, rate);
                add_transport(&self.model.spectral, &self.ordinates, epsilon, term, slopes, rate);
                self.products += 1;
                let factor = dt / parts / order as f64;
                rate.par_iter_mut().for_each(|r| r.iter_mut().for_each(|r| *r *= factor));
                std::mem::swap(term, rate);
                self.f.par_iter_mut().zip(&*term).for_each(|(f, t)| {
                    f.iter_mut().zip(t).for_each(|(f, t)| *f += t);
                });
                small = if largest(term) < TOLERANCE * size { small + 1 } else { 0 };
                if small == 2 {
                    break;
                }
            }
        }
    }
}

/// max |f|.
fn largest(f: &[Vec<f64>]) -> f64 {
    let of = |f: &Vec<f64>| f.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    f.par_iter().map(of).reduce(|| 0.0, f64::max)
}
