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
    /// Rate of change of `density` since `anchor`, from which the next step is predicted; zero at the
    /// start.
    pub density_slope: Vec<f64>,
    /// Time and `density` at least half a field step ago: over less, the noise of the flux would be taken for
    /// change.
    pub anchor: (f64, Vec<f64>),
    /// The next anchor, where the last steps were short.
    pub next_anchor: Option<(f64, Vec<f64>)>,
    /// ∫N dt, N the number of cells.
    pub cell_time: f64,
    /// What happened to the cells so far.
    pub tally: Tally,
}
