//! The kinetic equation itself, without cells: what an ensemble of infinitely many would give.
//!
//! ε^{q+1} ∂t f + ε^q v·∇f = ∫_V ( T_ε\[S\](x,v,v′) f(v′) − T_ε\[S\](x,v′,v) f(v) ) dv′ + ε^{q+1} ( r(ρ,S) f + G )
//! (CMPS 7, HKS 7, BC 6) of every population, on discrete ordinates in v and the grid in x, with signals and reactions answering
//! to K_h * ρ as they do to cells. Over
//! a time step S is frozen at its middle, predicted by ∂tρ = −∇·J, which makes the scheme second
//! order in Δt; in the frozen S the equation is linear, f′ = Af, and solved to a relative 10⁻¹⁰. Nothing is
//! born of round-off (see [`growth`](crate::growth)).
//!
//! It shares the kernel, the signal equation and the way that S is sensed with the cells, and
//! nothing of how they move.

mod entropy;
mod evenness;
mod krylov;
mod ordinates;
mod phase;
mod rational;
mod reactions;
mod room;
mod series;
mod stiff;
#[cfg(test)]
mod tests;
mod transport;
mod turns;
mod unfolded;

pub use entropy::Entropy;
pub(crate) use ordinates::Ordinates;

use crate::fields::{Fields, PhaseMoments, PopulationFields};
use crate::growth::{FLOOR, barren};
use crate::model::{Model, Species};
use crate::schedule::{Tick, ticks};
use crate::signal::{Surroundings, later};
use crate::turning::{Kernel, TurningKernel};
use evenness::Evenness;
use phase::Phase;
use rayon::prelude::*;
use reactions::Reactions;
use room::Room;
use std::f64::consts::PI;
use std::sync::atomic::{AtomicBool, Ordering};
use turns::Turns;

/// The work of one value of f in an evaluation of Af beside that of a tumble: as seen.
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
/// bounds on the kernels at t = 0.
pub fn predicted_work<const D: usize>(model: &Model<D>, resolution: Resolution, end: f64) -> f64 {
    let sensed = model.initial_signals();
    let room = Room::new(model, &model.start());
    let work = |species: &Species<D>| {
        let cues = crate::signal::Cues::among(&sensed, &species.cues);
        let bound = species.kernel.bound_of(&crate::turning::Sense::bounds_of_all(&cues));
        let images = Evenness::of(model, &room).count();
        let ordinates = species.space.ordinates(resolution.angles).len() / images;
        let ticks = ticks(&[end], resolution.step, model.last_step());
        let mut density = room.inside(model.spectral.inverse(species.initial.start()));
        room.spectral().forward_in_place(&mut density);
        let products = |tick: &Tick| {
            let by_series = series::products(tick.duration * norm(model, species, bound));
            // Others are tables as a rule.
            let parts = match species.kernel {
                Kernel::Local(_) | Kernel::NonLocal(_) => {
                    stiff::parts(species, &room, bound, tick.duration, &density)
                }
                _ => None,
            };
            parts.map_or(by_series, |parts| by_series.min(stiff::WORTH * parts as f64))
        };
        let products: f64 = ticks.iter().map(products).sum();
        VALUE * products * ordinates as f64 * room.len() as f64
    };
    model.populations.iter().map(work).sum()
}

/// How large A + λ/2ε^{q+1} is, where tumbles are no faster than λ/ε^{q+1} = `rate`/ε^{q+1}: their operator has its values
/// next to the interval from −λ to 0, that of the transport is imaginary, |v||κ|/ε at most.
fn norm<const D: usize>(model: &Model<D>, species: &Species<D>, rate: f64) -> f64 {
    let scaling = species.scaling;
    let wave: f64 = model.grid().spacing().iter().map(|h| (PI / h).powi(2)).sum();
    let transport = wave.sqrt() * species.space.max_speed() / scaling.epsilon();
    transport + 0.5 * rate / scaling.tumble_time()
}

/// f of every population on ordinates and grid, and every S.
pub struct KineticSolver<'m, const D: usize> {
    model: &'m Model<D>,
    room: Room<'m, D>,
    phases: Vec<Phase<'m, D>>,
    resolution: Resolution,
    /// The share of the largest |ρ| below which nothing is born.
    floor: f64,
    time: f64,
    /// Coefficients of every S.
    signals: Vec<Vec<f64>>,
    products: usize,
    /// The entropy after every step, if it is kept.
    entropy: Option<Vec<Entropy>>,
}

impl<'m, const D: usize> KineticSolver<'m, D> {
    /// Starts from f⁰ of the model.
    pub fn new(model: &'m Model<D>, resolution: Resolution) -> Self {
        let room = Room::new(model, &model.start());
        let even = Evenness::of(model, &room);
        let phase = |(number, species): (usize, &'m Species<D>)| {
            let needs_flux = model.network.needs_flux(number);
            Phase::new(model, species, &room, (resolution.angles, even.clone()), needs_flux)
        };
        let phases: Vec<Phase<'m, D>> = model.populations.iter().enumerate().map(phase).collect();
        let densities: Vec<Vec<f64>> = phases.iter().map(|phase| phase.density.clone()).collect();
        let signals = model.signals.initial(&model.spectral, &densities);
        let (floor, time, products) = (FLOOR, 0.0, 0);
        Self { model, room, phases, resolution, floor, time, signals, products, entropy: None }
    }

    /// The same with births only above `factor` times as much as it has to be, to see what that changes.
    pub fn with_floor(self, factor: f64) -> Self {
        Self { floor: factor * FLOOR, ..self }
    }

    /// Keeps the entropy of the first population after every step from now on, at the price of four evaluations of the
    /// turns.
    pub fn keep_entropy(&mut self) {
        let first = &self.phases[0];
        let cell = self.model.grid().cell_volume();
        let entropy = entropy::entropy(&first.ordinates, &first.f, cell);
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
    pub fn fields(&self, moments: &[PhaseMoments<D>]) -> Fields<D> {
        let spectral = &self.model.spectral;
        let of = |(phase, moments): (&Phase<'m, D>, &PhaseMoments<D>)| {
            let deposit = &phase.species.deposit;
            let smoothed = |nodal: &[f64]| deposit.smooth(&spectral.forward(nodal));
            let scale = 1.0 / self.model.epsilon;
            let moment =
                |m: usize| smoothed(&phase.moment(&self.room, |v| scale * moments.eval(m, v)));
            PopulationFields {
                density: phase.density.clone(),
                flux: phase
                    .flux(&self.room)
                    .map(|component| spectral.inverse(&smoothed(&component))),
                remainder: (0..moments.len()).map(moment).collect(),
            }
        };
        let populations = self.phases.iter().zip(moments).map(of).collect();
        Fields { populations, signals: self.signals.clone() }
    }

    /// Nodal ρ of a population, not mollified.
    pub fn density(&self, population: usize) -> Vec<f64> {
        self.phases[population].nodal_density(&self.room)
    }

    /// Nodal J of a population, not mollified.
    pub fn flux(&self, population: usize) -> [Vec<f64>; D] {
        self.phases[population].flux(&self.room)
    }

    /// K_h * ρ of every population.
    fn densities(&self) -> Vec<Vec<f64>> {
        self.phases.iter().map(|phase| phase.density.clone()).collect()
    }

    fn step(&mut self, tick: &Tick) {
        let (model, dt) = (self.model, tick.duration);
        let (densities, slopes) = (self.densities(), self.slopes());
        let before = self.signals.clone();
        let now = Surroundings { time: self.time, densities: &densities, signals: &before };
        let mut middle = Vec::new();
        let change = model.forecast(now, &slopes, dt, &mut middle);
        let turns = self.turns(&middle, change.as_deref());
        let halfway = later(&densities, &slopes, 0.5 * dt);
        let around =
            Surroundings { time: self.time + 0.5 * dt, densities: &halfway, signals: &middle };
        let rates = self.growth_rates(around);
        let reactions = Reactions::new(model, (&self.phases, &self.room), around, dt);
        self.divide(&rates, dt);
        reactions.half(&mut self.phases, 0.5 * dt);
        let rates_before = self.entropy_rates(&turns);
        for (phase, turns) in self.phases.iter_mut().zip(&turns) {
            self.products += phase.advance((model, &self.room), turns, dt);
        }
        let after = self.entropy_rates(&turns);
        reactions.half(&mut self.phases, 0.5 * dt);
        self.divide(&rates, dt);
        let next: Vec<Vec<f64>> =
            self.phases.iter().map(|phase| phase.smoothed(model, &self.room)).collect();
        let change = |(next, before): (&Vec<f64>, &Vec<f64>)| {
            next.iter().zip(before).map(|(now, before)| (now - before) / dt).collect()
        };
        let slopes: Vec<Vec<f64>> = next.iter().zip(&densities).map(change).collect();
        let mut signals = Vec::new();
        model.signals.advance(&model.spectral, now, &slopes, dt, &mut signals);
        let span = [self.time, tick.end];
        (self.signals, self.time) = (signals, tick.end);
        for (phase, next) in self.phases.iter_mut().zip(next) {
            phase.density = next;
            phase.track_flux(model, &self.room, span, self.resolution.step);
        }
        if let Some(rates) = rates_before.zip(after) {
            self.note_entropy(rates, dt);
        }
        self.make_room(dt);
    }

    /// How every population turns in these signals.
    fn turns(&mut self, middle: &[Vec<f64>], change: Option<&[Vec<f64>]>) -> Vec<Turns> {
        let (model, angles) = (self.model, self.resolution.angles);
        let grid = model.grid();
        let of = |phase: &mut Phase<'m, D>, room: &Room<'m, D>| {
            let even = &phase.ordinates.even;
            let is_even =
                even.holds_for(grid, middle) && even.holds_for(grid, change.unwrap_or_default());
            if !is_even {
                phase.unfold((model, room), angles);
            }
            let turns = phase.turns((model, room), middle, change);
            if turns.is_sum() || phase.ordinates.even.is_none() {
                return turns;
            }
            // Where T is clipped it is no sum, and a table needs all velocities.
            phase.unfold((model, room), angles);
            phase.turns((model, room), middle, change)
        };
        let room = &self.room;
        self.phases.iter_mut().map(|phase| of(phase, room)).collect()
    }

    /// Lets f live on more of the grid where a step of length `dt` may bring cells.
    fn make_room(&mut self, dt: f64) {
        let densities = self.densities();
        let flight = |phase: &Phase<'m, D>| {
            phase.species.space.max_speed() / phase.species.scaling.epsilon()
        };
        let reach = dt * self.phases.iter().map(flight).fold(0.0, f64::max);
        if let Some(larger) = self.room.grown(&densities, reach) {
            self.phases.iter_mut().for_each(|phase| phase.move_to([&self.room, &larger]));
            self.room = larger;
        }
    }

    /// The terms of dH/dt now, if the entropy is kept.
    fn entropy_rates(&mut self, turns: &[Turns]) -> Option<entropy::Rates> {
        self.entropy.as_ref()?;
        let cell = self.model.grid().cell_volume();
        let Phase { species, ordinates, f, memory, .. } = &mut self.phases[0];
        let scales = (species.scaling.tumble_time(), cell);
        Some(entropy::rates(&turns[0], ordinates, scales, f, [&mut memory.term, &mut memory.rate]))
    }

    /// Adds a line on the step of length `dt` just made, with the rates at its ends.
    fn note_entropy(&mut self, (before, after): (entropy::Rates, entropy::Rates), dt: f64) {
        let Phase { ordinates, f, .. } = &self.phases[0];
        let entropy = entropy::entropy(ordinates, f, self.model.grid().cell_volume());
        let Some(kept) = &mut self.entropy else { return };
        let Some(last) = kept.last().copied() else { return };
        kept.push(Entropy {
            time: self.time,
            entropy,
            dissipated: last.dissipated + 0.5 * dt * (before.dissipation + after.dissipation),
            produced: last.produced + 0.5 * dt * (before.production + after.production),
        });
    }

    /// Coefficients of ∂t(K_h * ρ) = K_h * (r(K_h * ρ, S)ρ + H − ∇·J) of every population.
    fn slopes(&self) -> Vec<Vec<f64>> {
        let (model, spectral) = (self.model, &self.model.spectral);
        let densities = self.densities();
        let around =
            Surroundings { time: self.time, densities: &densities, signals: &self.signals };
        let network = &model.network;
        let flows = (!network.is_empty()).then(|| {
            let nodal: Vec<_> =
                self.phases.iter().map(|phase| phase.nodal_density(&self.room)).collect();
            network.flows(network.rates(spectral, around), &nodal)
        });
        let slope = |(number, phase): (usize, &Phase<'m, D>)| {
            let mut slope = spectral.divergence(&phase.flux(&self.room));
            slope.iter_mut().for_each(|s| *s = -*s);
            if let Some(growth) = &phase.species.growth {
                let density = spectral.forward(&phase.nodal_density(&self.room));
                growth.add_to(spectral, around, &density, &mut slope);
            }
            let net = flows.as_ref().and_then(|flows| flows.net(network, number));
            if let Some(mut net) = net {
                spectral.forward_in_place(&mut net);
                slope.iter_mut().zip(net).for_each(|(slope, net)| *slope += net);
            }
            phase.species.deposit.smooth(&slope)
        };
        self.phases.iter().enumerate().map(slope).collect()
    }

    /// Nodal rates of births less deaths, where there are any.
    fn growth_rates(&self, around: Surroundings<'_>) -> Vec<Option<Vec<f64>>> {
        let spectral = &self.model.spectral;
        let rates = |phase: &Phase<'m, D>| {
            phase.species.growth.as_ref().map(|growth| growth.nodal(spectral, around))
        };
        self.phases.iter().map(rates).collect()
    }

    /// Births and deaths of half of a step of length `dt` at these nodal rates.
    fn divide(&mut self, rates: &[Option<Vec<f64>>], dt: f64) {
        for (phase, rates) in self.phases.iter_mut().zip(rates) {
            let (Some(rates), Some(growth)) = (rates, &phase.species.growth) else { continue };
            let mut rates = rates.clone();
            if growth.constant().is_none() {
                barren(self.floor, &phase.nodal_density(&self.room), &mut rates);
            }
            let rates = self.room.inside(rates);
            let factors: Vec<f64> = rates.iter().map(|r| (0.5 * dt * r).exp()).collect();
            phase
                .f
                .par_iter_mut()
                .for_each(|f| f.iter_mut().zip(&factors).for_each(|(f, x)| *f *= x));
        }
    }
}
