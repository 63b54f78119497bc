//! The history of one cell through one field step, told again from its [`Scene`].

use super::{Incident, Scene, Simulation, SimulationError};
use crate::cells::BLOCK;
use crate::model::Model;
use crate::motion::{Candidate, MotionError, Trace};
use crate::rng::Streams;
use crate::signal::Cues;
use crate::turning::{Kernel, Sense, TurningKernel};
use crate::vector::Vector;
use crate::with_kernel;
use std::sync::atomic::AtomicBool;

/// What became of a cell in a field step.
#[derive(Clone, Debug)]
pub struct History<const D: usize> {
    /// Place and velocity at the start.
    pub start: [Vector<D>; 2],
    /// Its candidates.
    pub candidates: Vec<Candidate<D>>,
    /// Place and velocity at the end, or what it broke.
    pub end: Result<[Vector<D>; 2], MotionError>,
}

impl Scene {
    /// The same with the cells at the start of the field step: the replicate is run again until it ends there.
    ///
    /// # Errors
    /// It ends elsewhere, or not at all.
    pub fn met_again<const D: usize>(self, model: &Model<D>) -> Result<Self, String> {
        let mut simulation = Simulation::new(model, self.replicate).map_err(|e| e.to_string())?;
        simulation.keeps = true;
        let never = AtomicBool::new(false);
        match simulation.run(&never, &|_| {}, |_| {}) {
            Err(SimulationError::Cell(met)) if met.scene.is_of(&self) => Ok(met.scene),
            Err(other) => Err(format!("the replicate ended otherwise: {other}")),
            Ok(()) => Err("the replicate has come to its end".into()),
        }
    }

    fn is_of(&self, other: &Self) -> bool {
        (self.step, self.cell, &self.population) == (other.step, other.cell, &other.population)
    }

    /// Flies the block of the cell again, in signals that are made of the same coefficients.
    ///
    /// # Errors
    /// The model is not that of the scene, or T/F has no bound.
    pub fn replay<const D: usize>(&self, model: &Model<D>) -> Result<History<D>, String> {
        let sensed = model.sense_all(&self.middle, self.change.as_deref());
        let number = model.populations.iter().position(|one| one.name == self.population);
        let number = number.ok_or_else(|| format!("there is no population {}", self.population))?;
        let species = &model.populations[number];
        let cues = Cues::among(&sensed, &species.cues);
        match &species.kernel {
            Kernel::Sum(kernel) => self.replay_by(model, number, (kernel, &cues)),
            kernel => with_kernel!(kernel, kernel => {
                self.replay_by(model, number, (kernel, cues.first()))
            }),
        }
    }

    fn replay_by<const D: usize, K: TurningKernel<D>, S: Sense<D>>(
        &self,
        model: &Model<D>,
        number: usize,
        senses: (&K, &S),
    ) -> Result<History<D>, String> {
        let (species, [xs, vs]) = (&model.populations[number], &self.cells);
        let points = |flat: &[f64]| flat.as_chunks::<D>().0.to_vec();
        let (mut positions, mut velocities) = (points(xs), points(vs));
        let step = model.field_step(species, senses, self.duration, &points(&self.sample));
        let step = step.map_err(|unbounded| unbounded.to_string())?;
        let own = self.cell.checked_sub(self.block as usize * BLOCK);
        let own = own.filter(|i| *i < positions.len()).ok_or("there is no such cell")?;
        let streams = Streams::new(model.seed, self.replicate).of_population(&self.population);
        let (start, mut trace) = ([positions[own], velocities[own]], Trace::of(own));
        let (names, stop) = ([self.block, self.step], AtomicBool::new(false));
        let flown = step.fly_watched(
            &mut positions,
            &mut velocities,
            streams,
            names,
            &stop,
            Some(&mut trace),
        );
        let middle = self.span[0] + 0.5 * self.duration;
        let end = match flown {
            Ok(_) => Ok([positions[own], velocities[own]]),
            Err(error) => Err(error.at_time(middle)),
        };
        Ok(History { start, candidates: trace.candidates, end })
    }

    /// What a run says of an error of this cell.
    pub fn told(&self, error: MotionError) -> String {
        SimulationError::Cell(Box::new(Incident { error, scene: self.clone() })).to_string()
    }
}
