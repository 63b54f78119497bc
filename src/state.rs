//! What changes during a run: exactly what a checkpoint has to save.

use crate::cells::Population;
use crate::motion::Tally;

/// The state of one replicate at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct State<const D: usize> {
    /// t.
    pub time: f64,
    /// Field steps done.
    pub step: u64,
    /// The cells.
    pub cells: Population<D>,
    /// Spectral coefficients of S.
    pub signal: Vec<f64>,
    /// Spectral coefficients of ρ_h = K_h * ρ.
    pub density: Vec<f64>,
    /// Rate of change of `density` since the start of the last long field step, from which the next
    /// one is predicted; zero at the start.
    pub density_slope: Vec<f64>,
    /// Time and `density` at the start of the last long field step.
    pub anchor: (f64, Vec<f64>),
    /// What happened to the cells so far.
    pub tally: Tally,
}
