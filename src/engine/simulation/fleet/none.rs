//! There is no fleet in a program without the feature `gpu`: a device that it could be on is not there.

use crate::cells::Population;
use crate::device::{Adapter, DeviceError};
use crate::model::{Model, Species};
use crate::motion::Tally;
use crate::simulation::SimulationError;
use crate::simulation::flight::Flight;
use std::sync::Arc;

/// None.
pub struct Fleet<const D: usize>(Arc<Adapter>);

impl<const D: usize> Fleet<D> {
    pub fn board(
        adapter: &Arc<Adapter>,
        _of: (&Model<D>, &Species<D>),
        _cells: &Population<D>,
    ) -> Result<Self, DeviceError> {
        match **adapter {}
    }

    pub fn fly(&mut self, _flight: Flight<'_, D>) -> Result<Tally, SimulationError> {
        match *self.0 {}
    }

    pub fn land(&self, _cells: &mut Population<D>) -> Result<(), DeviceError> {
        match *self.0 {}
    }
}
