//! Why an experiment cannot start.

use crate::schema::OutOfRange;
use crate::turning::Unbounded;
use thiserror::Error;

/// Share of the mass that may lie outside the box that stands for the whole space.
pub(super) const OUTSIDE: f64 = 1e-6;

/// Why cells could not be placed.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum InitialError {
    /// ρ⁰ < 0 or not finite.
    #[error("cells.density is {value} at x = {at:?}; a density is finite and not negative")]
    Negative {
        /// The value.
        value: f64,
        /// Where.
        at: Vec<f64>,
    },
    /// In the whole space, some of ρ⁰ is outside the box.
    #[error(
        "cells.density has at least {outside:.1e} of its mass outside the box, which in the whole space has \
         to hold all but {OUTSIDE:e} of it. {remedy}, or a narrower density"
    )]
    Outside {
        /// The share of the mass outside, of what is near.
        outside: f64,
        /// The nearest box that would do.
        remedy: String,
    },
    /// The kernel is none in the signal at t = 0.
    #[error("kernel.turning: {0}")]
    Kernel(String),
    /// An expression has a value at t = 0 that it must not have.
    #[error("{0}")]
    Value(Box<OutOfRange>),
    /// S(x, 0) overflows.
    #[error(
        "signal: S is not finite at t = 0. Lower signal.production and cells.mass, or what else feeds it; raise signal.diffusion and signal.decay"
    )]
    Signal,
    /// Births at a constant rate make more cells than are held.
    #[error(
        "cells.growth = {rate} makes {cells:.3e} cells by time.end = {time}, and {most:.3e} are the most. Lower it, end earlier, or start with fewer cells of a larger mass"
    )]
    Crowd {
        /// r.
        rate: f64,
        /// Cells expected at the end.
        cells: f64,
        /// The end.
        time: f64,
        /// What is held.
        most: f64,
    },
    /// No clock tells the candidates of a field step apart.
    #[error(
        "{key} = {value}: a cell would meet {candidates:.1e} candidate events in a field step of {duration}, which no clock can tell apart. {remedy}"
    )]
    Candidates {
        /// The key to blame.
        key: String,
        /// What stands there.
        value: String,
        /// What to do.
        remedy: &'static str,
        /// Candidates.
        candidates: f64,
        /// Δt.
        duration: f64,
    },
    /// T/F has no bound at t = 0.
    #[error("kernel: at t = 0 {0}")]
    Unbounded(Unbounded),
    /// ∫ρ⁰ = 0.
    #[error("cells.density has no mass on the box; check its centre, width or expression")]
    Empty,
    /// The grid from which cells are drawn does not tell where the mass is.
    #[error(
        "cells.density changes too fast for cells.density.grid: the masses of its cells are uncertain by \
         {error:.1e} of the whole. Give cells.density.grid = {cells:?} or more, or a smoother density"
    )]
    Coarse {
        /// Relative error of the masses.
        error: f64,
        /// A finer grid.
        cells: Vec<usize>,
    },
    /// The density changes too fast for the rejection bound.
    #[error(
        "cells.density rises above {bound:e} (to {value:e}) inside one grid cell near x = {at:?}; \
         refine cells.density.grid or smooth the density"
    )]
    TooSteep {
        /// The bound.
        bound: f64,
        /// The value found.
        value: f64,
        /// Where.
        at: Vec<f64>,
    },
    /// Any other of these, of one population among several.
    #[error("{path}{error}")]
    Of {
        /// Where the keys of that population are.
        path: String,
        /// What is wrong with it.
        error: Box<Self>,
    },
}

impl InitialError {
    /// The same of the population whose keys stand at `path`, which may be the top.
    pub fn of(self, path: String) -> Self {
        if path.is_empty() { self } else { Self::Of { path, error: Box::new(self) } }
    }
}
