//! The cells: positions and velocities of one population, and their initial laws.

mod error;
mod initial;
mod profile;
mod shared;
mod spec;
mod table;
mod vectors;

pub use error::InitialError;
pub use initial::InitialLaw;
pub(crate) use spec::KEYS;
pub use spec::{Cells, Density};
pub use vectors::{Part, Precision, Vectors, settle};

use crate::rng::Stream;
use crate::vector::Vector;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Cells per block: the unit of work, and of randomness (one stream per block and field step).
pub const BLOCK: usize = 2048;

/// Most bytes of the cells of one replicate; as they divide, there are as many again.
const MOST_BYTES: usize = 4 << 30;

/// Most cells of one replicate, of whose `D` coordinates and velocities each takes 8 bytes or less.
pub const fn most_cells<const D: usize>() -> usize {
    MOST_BYTES / (16 * D)
}

/// One population of equal cells. Its empirical density is ρ = w Σᵢ δ(x − xᵢ).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Population<const D: usize> {
    /// Positions, inside the box.
    pub positions: Vectors<D>,
    /// Velocities v ∈ V; a cell moves at v/ε.
    pub velocities: Vectors<D>,
    /// Mass w of one cell.
    pub weight: f64,
}

impl<const D: usize> Population<D> {
    /// Cells of the weight `weight`, in f64.
    pub fn new(positions: Vec<Vector<D>>, velocities: Vec<Vector<D>>, weight: f64) -> Self {
        Self { positions: positions.into(), velocities: velocities.into(), weight }
    }

    /// Every cell becomes two of half its weight: whatever is a sum over cells stays as it is.
    pub fn split(&mut self) {
        let twice = (0..self.len()).flat_map(|i| [i, i]);
        self.take(twice);
        self.weight *= 0.5;
    }

    /// Of every two cells one is left, either with the same chance. The weight rises so that the mass stays as it is; any
    /// other sum over cells does on average, but for the share of one cell.
    pub fn merge(&mut self, stream: &mut Stream) {
        let (mass, all) = (self.mass(), self.len());
        let kept: Vec<usize> = (0..all)
            .step_by(2)
            .map(|i| (i + usize::from(stream.random::<bool>())).min(all - 1))
            .collect();
        self.take(kept.into_iter());
        self.weight = mass / self.len() as f64;
    }

    /// The cells of these numbers take the place of all.
    pub(crate) fn take(&mut self, chosen: impl Iterator<Item = usize> + Clone) {
        self.positions = self.positions.chosen(chosen.clone());
        self.velocities = self.velocities.chosen(chosen);
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Total mass.
    pub fn mass(&self) -> f64 {
        self.weight * self.len() as f64
    }
}
