//! What the cells of a population share during one field step.

use super::{Envelopes, Method};
use crate::free_walk::FreeWalk;
use crate::grid::Grid;
use crate::scaling::Scaling;
use crate::velocity::VelocitySpace;

/// What all cells share during one field step.
pub struct Step<'a, const D: usize, K, S> {
    /// T_ε\[S\].
    pub kernel: &'a K,
    /// S, frozen.
    pub signal: &'a S,
    /// V and F.
    pub space: &'a VelocitySpace<D>,
    /// The free walk on V, where it is drawn at once.
    pub walk: &'a FreeWalk<D>,
    /// The box.
    pub grid: &'a Grid<D>,
    /// Speeds and rates.
    pub scaling: Scaling,
    /// Δt.
    pub duration: f64,
    /// How cells fly.
    pub method: Method,
    /// Longest step of the hybrid; Δt is cut into equal ones.
    pub hop: f64,
    /// Bounds on T/F.
    pub envelopes: Envelopes<D>,
    /// Whether T < 0 is an error.
    pub refuse_negative: bool,
    /// Whether cell 2i+1 repeats the draws of cell 2i with proposals −v. As F is even, its law is
    /// the same; both are given the wider of their envelopes, so they meet their candidates at the
    /// same times.
    pub antithetic: bool,
}

impl<const D: usize, K, S> Step<'_, D, K, S> {
    /// Hybrid steps that make up Δt.
    pub(super) fn hops(&self) -> u32 {
        // A hair of tolerance, so that 1.0/0.1 is ten steps.
        (self.duration / self.hop * (1.0 - 1e-12)).ceil().max(1.0) as u32
    }
}
