//! How far cells can fly in a field step.

use super::Method;

/// How far cells can fly.
pub struct FlightScale {
    /// How they fly.
    pub method: Method,
    /// Largest speed in space, s/ε.
    pub speed: f64,
    /// Largest |v|, s.
    pub max_speed: f64,
    /// ε^{q+1}: rates of the kernel are over this.
    pub tumble_time: f64,
    /// Δt.
    pub duration: f64,
    /// How many cells there are, about.
    pub cells: usize,
    /// Whether the cells of an affine kernel can fly by its tangents: tumble by tumble, to velocities that are
    /// uniform in V, and each for itself.
    pub in_rounds: bool,
}
