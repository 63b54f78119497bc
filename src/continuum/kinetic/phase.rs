//! One population on ordinates and grid.

use super::evenness::Evenness;
use super::norm;
use super::ordinates::Ordinates;
use super::room::Room;
use super::series;
use super::stiff::{self, Stiff};
use super::transport::Transport;
use super::turns::Turns;
use crate::model::{Model, Species};
use crate::state::Tracked;
use crate::turning::{Kernel, TurningKernel};
use crate::vector::{Vector, dot};
use crate::with_kernel;
use rayon::prelude::*;

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
    transport: Transport<D>,
    /// Made when it is asked for.
    stiff: Option<Stiff<D>>,
}

/// A model and where f lives.
pub(super) type Place<'r, 'm, const D: usize> = (&'r Model<D>, &'r Room<'m, D>);

/// Arrays of the shape of f.
pub(super) struct Memory {
    pub term: Vec<Vec<f64>>,
    pub rate: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
}

impl Memory {
    fn like(f: &[Vec<f64>]) -> Self {
        Self { term: f.to_vec(), rate: f.to_vec(), slopes: Vec::new() }
    }
}

impl<'m, const D: usize> Phase<'m, D> {
    /// f⁰.
    pub fn new(
        model: &'m Model<D>,
        species: &'m Species<D>,
        room: &Room<'m, D>,
        (angles, even): (usize, Evenness<D>),
        needs_flux: bool,
    ) -> Self {
        let (grid, initial) = (model.grid(), &species.initial);
        let ordinates = Ordinates::new(&species.space, angles, &grid.boundary).kept(even);
        let start = initial.start();
        let nodal = room.inside(model.spectral.inverse(start));
        let tilt = species.space.tilt();
        let f: Vec<Vec<f64>> = (ordinates.velocities.iter().zip(&ordinates.equilibrium))
            .map(|(v, share)| {
                let factor = share * (1.0 + tilt * dot(initial.mean_velocity(), v));
                nodal.iter().map(|rho| factor * rho).collect()
            })
            .collect();
        let density = species.deposit.smooth(start);
        let memory = Memory::like(&f);
        let transport = Transport::new(room.spectral(), &ordinates);
        let (momentum, stiff) = (Vec::new(), None);
        let mut phase = Self { species, ordinates, f, density, momentum, memory, transport, stiff };
        if needs_flux {
            phase.momentum =
                phase.smoothed_momentum(model, room).into_iter().map(Tracked::new).collect();
        }
        phase
    }

    /// Σⱼ wⱼ p(vⱼ) fⱼ at the nodes of the model's grid.
    pub fn moment(&self, room: &Room<D>, p: impl Fn(&Vector<D>) -> f64) -> Vec<f64> {
        room.extended(self.ordinates.moment(&self.f, p))
    }

    /// Nodal ρ, not mollified.
    pub fn nodal_density(&self, room: &Room<D>) -> Vec<f64> {
        self.moment(room, |_| 1.0)
    }

    /// Nodal J, not mollified.
    pub fn flux(&self, room: &Room<D>) -> [Vec<f64>; D] {
        let scale = 1.0 / self.species.scaling.epsilon();
        std::array::from_fn(|a| self.moment(room, |v| scale * v[a]))
    }

    /// Coefficients of K_h * ρ as f has it.
    pub fn smoothed(&self, model: &Model<D>, room: &Room<D>) -> Vec<f64> {
        self.species.deposit.smooth(&model.spectral.forward(&self.nodal_density(room)))
    }

    fn smoothed_momentum(&self, model: &Model<D>, room: &Room<D>) -> Vec<Vec<f64>> {
        let along = |a: usize| {
            let nodal = self.moment(room, |v| v[a]);
            self.species.deposit.smooth(&model.spectral.forward(&nodal))
        };
        (0..D).map(along).collect()
    }

    /// Brings f from one room to a larger one.
    pub fn move_to(&mut self, [from, to]: [&Room<D>; 2]) {
        self.f.par_iter_mut().for_each(|f| {
            *f = to.inside(from.extended(std::mem::take(f)));
        });
        let even = std::mem::replace(&mut self.ordinates.even, Evenness::none());
        self.ordinates.even = even.on(to.spectral().grid());
        self.renew(to);
    }

    /// Makes anew what hangs on the room or the ordinates.
    fn renew(&mut self, room: &Room<D>) {
        self.memory = Memory::like(&self.f);
        self.transport = Transport::new(room.spectral(), &self.ordinates);
        self.stiff = None;
    }

    /// Holds f at all of so many angles again, where it was even.
    pub fn unfold(&mut self, (model, room): Place<'_, 'm, D>, angles: usize) {
        let all = Ordinates::new(&self.species.space, angles, &model.grid().boundary);
        let Self { ordinates: Ordinates { velocities, even, .. }, f, .. } = &*self;
        let off = |v: &Vector<D>, w: &Vector<D>| -> f64 {
            v.iter().zip(w).map(|(v, w)| (v - w).powi(2)).sum()
        };
        let of = |v: &Vector<D>| {
            let images = (0..even.count()).flat_map(|i| (0..f.len()).map(move |j| (j, i)));
            let to = |(j, image): &(usize, usize)| off(v, &even.turned(&velocities[*j], *image));
            let nearest = images.min_by(|a, b| to(a).total_cmp(&to(b)));
            let (j, image) = nearest.expect("V has nodes");
            let mut field = f[j].clone();
            even.mirror(&mut field, image);
            field
        };
        self.f = all.velocities.iter().map(of).collect();
        self.ordinates = all;
        self.renew(room);
    }

    /// Takes the momentum at the end of a step.
    pub fn track_flux(&mut self, model: &Model<D>, room: &Room<D>, span: [f64; 2], full: f64) {
        if self.momentum.is_empty() {
            return;
        }
        let next = self.smoothed_momentum(model, room);
        for (tracked, mut next) in self.momentum.iter_mut().zip(next) {
            tracked.replace(&mut next, span, full);
        }
    }

    /// How it turns in signals with these coefficients.
    pub fn turns(
        &self,
        (model, room): (&Model<D>, &Room<D>),
        signals: &[Vec<f64>],
        change: Option<&[Vec<f64>]>,
    ) -> Turns {
        let change = change.filter(|_| self.species.kernel.senses_change());
        let looks = self.ordinates.looks();
        let cues = model.nodal_cues(self.species, signals, change, &looks);
        match &self.species.kernel {
            Kernel::Sum(kernel) => Turns::new(kernel, &cues, &self.ordinates, room),
            kernel => with_kernel!(kernel, kernel => {
                Turns::new(kernel, &cues.all[0], &self.ordinates, room)
            }),
        }
    }

    /// f ← e^{dt A} f; how often Af was evaluated.
    pub fn advance(&mut self, (model, room): Place<'_, 'm, D>, turns: &Turns, dt: f64) -> usize {
        let size = dt * norm(model, self.species, turns.highest);
        let by_series = series::products(size);
        if by_series > stiff::WORTH
            && let Some(parts) = self.parts(room, turns, dt)
            && by_series > stiff::WORTH * parts as f64
            && let Some(products) = self.advance_stiffly(room, turns, (dt, parts))
        {
            return products;
        }
        self.advance_by_series(room, turns, (dt, size))
    }

    /// In how many parts a rational function makes the step, if it can.
    pub fn parts(&self, room: &Room<D>, turns: &Turns, dt: f64) -> Option<usize> {
        if !turns.is_sum() {
            return None;
        }
        let mut density = self.ordinates.moment(&self.f, |_| 1.0);
        room.spectral().forward_in_place(&mut density);
        stiff::parts(self.species, room, turns.lowest, dt, &density)
    }

    pub fn advance_stiffly(
        &mut self,
        room: &Room<D>,
        turns: &Turns,
        step: (f64, usize),
    ) -> Option<usize> {
        let Self { species, ordinates, f, stiff, memory: Memory { term, rate, .. }, .. } = self;
        let stiff = stiff.get_or_insert_with(|| Stiff::new(room, ordinates));
        stiff.advance((species, ordinates), turns, f, step, [term, rate])
    }

    pub fn advance_by_series(
        &mut self,
        room: &Room<D>,
        turns: &Turns,
        (dt, size): (f64, f64),
    ) -> usize {
        let scaling = self.species.scaling;
        let damping = 0.5 * dt * turns.highest / scaling.tumble_time();
        let Self { ordinates, f, transport, memory: Memory { term, rate, slopes }, .. } = self;
        let apply = |f: &[Vec<f64>], rate: &mut [Vec<f64>]| {
            turns.apply(ordinates, scaling.tumble_time(), f, rate);
            transport.add(room.spectral(), ordinates, scaling.epsilon(), f, (slopes, rate));
        };
        series::advance([f, term, rate], (dt, size, damping), apply)
    }
}
