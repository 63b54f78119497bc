//! One population on ordinates and grid.

use super::norm;
use super::ordinates::Ordinates;
use super::transport::add_transport;
use super::turns::Turns;
use crate::model::{Model, Species};
use crate::state::Tracked;
use crate::turning::{Kernel, TurningKernel};
use crate::vector::dot;
use crate::with_kernel;
use rayon::prelude::*;

/// Relative size of the terms of e^{Δt A} f that are left out.
const TOLERANCE: f64 = 1e-10;
/// Largest ‖A‖τ of one Taylor series: its terms grow to e^10 of f before they shrink.
const REACH: f64 = 12.0;

/// f of one population.
pub(super) struct Phase<'m, const D: usize> {
    pub species: &'m Species<D>,
    pub ordinates: Ordinates<D>,
    /// f by ordinate, nodal.
    pub f: Vec<Vec<f64>>,
    /// Coefficients of K_h * ρ.
    pub density: Vec<f64>,
    /// Those of K_h * ∫vf dv by component, where a reaction asks for them.
    pub momentum: Vec<Tracked>,
    pub memory: Memory,
}

/// Arrays of the shape of f.
pub(super) struct Memory {
    pub term: Vec<Vec<f64>>,
    pub rate: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
}

impl<'m, const D: usize> Phase<'m, D> {
    /// f⁰.
    pub fn new(
        model: &'m Model<D>,
        species: &'m Species<D>,
        angles: usize,
        needs_flux: bool,
    ) -> Self {
        let (grid, initial) = (model.grid(), &species.initial);
        let ordinates = Ordinates::new(&species.space, angles, &grid.boundary);
        let start = initial.start();
        let nodal = model.spectral.inverse(start);
        let tilt = species.space.tilt();
        let f: Vec<Vec<f64>> = (ordinates.velocities.iter().zip(&ordinates.equilibrium))
            .map(|(v, share)| {
                let factor = share * (1.0 + tilt * dot(initial.mean_velocity(), v));
                nodal.iter().map(|rho| factor * rho).collect()
            })
            .collect();
        let density = species.deposit.smooth(start);
        let memory = Memory { term: f.clone(), rate: f.clone(), slopes: f.clone() };
        let mut phase = Self { species, ordinates, f, density, momentum: Vec::new(), memory };
        if needs_flux {
            phase.momentum = phase.smoothed_momentum(model).into_iter().map(Tracked::new).collect();
        }
        phase
    }

    /// Nodal ρ, not mollified.
    pub fn nodal_density(&self) -> Vec<f64> {
        self.ordinates.moment(&self.f, |_| 1.0)
    }

    /// Nodal J, not mollified.
    pub fn flux(&self) -> [Vec<f64>; D] {
        let scale = 1.0 / self.species.scaling.epsilon();
        std::array::from_fn(|a| self.ordinates.moment(&self.f, |v| scale * v[a]))
    }

    /// Coefficients of K_h * ρ as f has it.
    pub fn smoothed(&self, model: &Model<D>) -> Vec<f64> {
        self.species.deposit.smooth(&model.spectral.forward(&self.nodal_density()))
    }

    fn smoothed_momentum(&self, model: &Model<D>) -> Vec<Vec<f64>> {
        let along = |a: usize| {
            let nodal = self.ordinates.moment(&self.f, |v| v[a]);
            self.species.deposit.smooth(&model.spectral.forward(&nodal))
        };
        (0..D).map(along).collect()
    }

    /// Takes the momentum at the end of a step.
    pub fn track_flux(&mut self, model: &Model<D>, span: [f64; 2], full: f64) {
        if self.momentum.is_empty() {
            return;
        }
        let next = self.smoothed_momentum(model);
        for (tracked, mut next) in self.momentum.iter_mut().zip(next) {
            tracked.replace(&mut next, span, full);
        }
    }

    /// How it turns in signals with these coefficients.
    pub fn turns(
        &self,
        model: &Model<D>,
        signals: &[Vec<f64>],
        change: Option<&[Vec<f64>]>,
    ) -> Turns {
        let change = change.filter(|_| self.species.kernel.senses_change());
        let velocities = &self.ordinates.velocities;
        let cues = model.nodal_cues(self.species, signals, change, velocities);
        match &self.species.kernel {
            Kernel::Sum(kernel) => Turns::new(kernel, &cues, &self.ordinates),
            kernel => with_kernel!(kernel, kernel => {
                Turns::new(kernel, &cues.all[0], &self.ordinates)
            }),
        }
    }

    /// f ← e^{dt A} f by Taylor series over equal parts of dt; how often Af was evaluated.
    pub fn advance(&mut self, model: &Model<D>, turns: &Turns, dt: f64) -> usize {
        let scaling = self.species.scaling;
        let parts = (dt * norm(model, self.species, turns.highest) / REACH).ceil();
        let Self { ordinates, f, memory: Memory { term, rate, slopes }, .. } = self;
        let mut products = 0;
        for _part in 0..parts as usize {
            term.par_iter_mut().zip(&*f).for_each(|(t, f)| t.copy_from_slice(f));
            let (size, mut small) = (largest(f), 0);
            if size == 0.0 {
                break;
            }
            for order in 1.. {
                turns.apply(ordinates, scaling.tumble_time(), term, rate);
                add_transport(&model.spectral, ordinates, scaling.epsilon(), term, slopes, rate);
                products += 1;
                let factor = dt / parts / order as f64;
                rate.par_iter_mut().for_each(|r| r.iter_mut().for_each(|r| *r *= factor));
                std::mem::swap(term, rate);
                f.par_iter_mut().zip(&*term).for_each(|(f, t)| {
                    f.iter_mut().zip(t).for_each(|(f, t)| *f += t);
                });
                small = if largest(term) < TOLERANCE * size { small + 1 } else { 0 };
                if small == 2 {
                    break;
                }
            }
        }
        products
    }
}

/// max |f|.
pub(super) fn largest(f: &[Vec<f64>]) -> f64 {
    let of = |f: &Vec<f64>| f.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    f.par_iter().map(of).reduce(|| 0.0, f64::max)
}
