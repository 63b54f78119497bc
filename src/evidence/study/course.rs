//! A single run that is set down between field steps, and taken up where it was.
//!
//! What is set down is the [`State`], what has been recorded so far, and how far the run is. All else is made of the
//! experiment again, and draws are pure functions of names, so a run that was taken up ends with the same bits.

use super::checkpoint::{Checkpoints, Due};
use super::ledger::{decoded, encoded};
use super::snapshot::Snapshot;
use crate::cells::Vectors;
use crate::identities::Start;
use crate::model::Model;
use crate::simulation::{Simulation, SimulationError};
use crate::state::State;
use std::time::Duration;

/// A run on its way.
pub(super) struct Course<'m, const D: usize> {
    pub simulation: Simulation<'m, D>,
    pub snapshots: Vec<Snapshot<D>>,
    /// Of every population at t = 0.
    pub starts: Vec<Start>,
}

/// Sections before those of the cells: the state and what was recorded.
const SMALL: usize = 2;

impl<'m, const D: usize> Course<'m, D> {
    /// From the checkpoint, if there is one; else from t = 0.
    ///
    /// # Errors
    /// The cells cannot be placed, or the checkpoint is not of this run.
    pub fn begun(
        model: &'m Model<D>,
        replicate: u64,
        checkpoints: Option<&dyn Checkpoints>,
    ) -> Result<Self, SimulationError> {
        match checkpoints {
            Some(from) if from.found() => Self::taken_up(model, replicate, from),
            _ => {
                let simulation = Simulation::new(model, replicate)?;
                let all = simulation.state().populations.iter();
                let starts = all.map(|colony| Start::of(&model.crew, &colony.cells)).collect();
                Ok(Self { simulation, snapshots: Vec::new(), starts })
            }
        }
    }

    fn taken_up(
        model: &'m Model<D>,
        replicate: u64,
        from: &dyn Checkpoints,
    ) -> Result<Self, SimulationError> {
        let section = |number| from.section(number).map_err(SimulationError::Ledger);
        let small: (State<D>, usize, Vec<Start>, Duration) = decoded(&section(0)?)?;
        let (mut state, done, starts, loop_time) = small;
        for (number, colony) in state.populations.iter_mut().enumerate() {
            let precision = model.populations[number].initial.precision();
            let vectors = |k: usize| -> Result<Vectors<D>, SimulationError> {
                Vectors::of_bytes(precision, &section(SMALL + k)?)
                    .ok_or_else(|| SimulationError::Ledger("a state: half a cell".into()))
            };
            colony.cells.positions = vectors(2 * number)?;
            colony.cells.velocities = vectors(2 * number + 1)?;
        }
        let simulation = Simulation::resumed(model, replicate, state, done, loop_time);
        Ok(Self { simulation, snapshots: decoded(&section(1)?)?, starts })
    }

    /// Does what is due after a field step.
    ///
    /// # Errors
    /// [`SimulationError::Interrupted`] if that is to end; or the run cannot be set down.
    pub fn pause(&mut self, to: &dyn Checkpoints) -> Result<(), SimulationError> {
        let due = to.due();
        if due == Due::Nothing || self.is_done() {
            return Ok(());
        }
        self.simulation.land()?;
        let (simulation, state) = (&self.simulation, self.simulation.state());
        let small = (state, simulation.ticks().0, &self.starts, simulation.loop_time());
        let small = [encoded(&small)?, encoded(&self.snapshots)?];
        let mut sections: Vec<&[u8]> = small.iter().map(|bytes| &bytes[..]).collect();
        for colony in &state.populations {
            sections.push(colony.cells.positions.bytes());
            sections.push(colony.cells.velocities.bytes());
        }
        to.save(state.step, state.time, &sections).map_err(SimulationError::Ledger)?;
        if due == Due::Stop { Err(SimulationError::Interrupted) } else { Ok(()) }
    }

    /// Whether nothing is left to do but to write the results.
    fn is_done(&self) -> bool {
        let (done, all) = self.simulation.ticks();
        done == all
    }
}
