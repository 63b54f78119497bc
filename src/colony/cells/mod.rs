//! The cells: positions and velocities of one population, and their initial laws.

mod initial;
mod profile;
mod table;

pub use initial::{InitialError, InitialLaw};

use crate::vector::Vector;

/// Cells per block: the unit of work, and of randomness (one stream per block and field step).
pub const BLOCK: usize = 2048;

/// One population of equal cells. Its empirical density is ρ = w Σᵢ δ(x − xᵢ).
#[derive(Clone, Debug, PartialEq)]
pub struct Population<const D: usize> {
    /// Positions, inside the box.
    pub positions: Vec<Vector<D>>,
    /// Velocities v ∈ V; a cell moves at v/ε.
    pub velocities: Vec<Vector<D>>,
    /// Mass w of one cell.
    pub weight: f64,
}

impl<const D: usize> Population<D> {
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
