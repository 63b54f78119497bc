//! A cell that broke what must hold, with all that its history in the field step follows from.

use crate::motion::MotionError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// All that the history of a cell through a field step follows from: the cells whose draws are those of one
/// stream, at its start, and what they feel. The draws are a pure function of the names. A run keeps no starts, which
/// would cost it a tenth of its time; [`Scene::met_again`] finds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The name of the population.
    pub population: String,
    /// Number of the cell.
    pub cell: usize,
    /// Replicate number.
    pub replicate: u64,
    /// Field step.
    pub step: u64,
    /// When the step starts and ends.
    pub span: [f64; 2],
    /// Δt.
    pub duration: f64,
    /// Number of the block of cells that draw from one stream.
    pub block: u64,
    /// Components of their positions and velocities at the start of the step; none where they are to be found.
    pub cells: [Vec<f64>; 2],
    /// Those of the positions of the cells by which the bounds on T/F are chosen.
    pub sample: Vec<f64>,
    /// Coefficients of all signals in the middle of the step.
    pub middle: Vec<Vec<f64>>,
    /// Those of their rates of change, where cells sense these.
    pub change: Option<Vec<Vec<f64>>>,
}

/// A cell that broke what must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// What it broke; names cell, replicate and field step.
    pub error: MotionError,
    /// What its history follows from.
    pub scene: Scene,
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [start, end] = self.scene.span;
        let of = match &self.scene.population[..] {
            crate::rng::ALONE => String::new(),
            name => format!(", in the population {name}"),
        };
        write!(f, "between t = {start} and {end}{of}: {}", self.error)
    }
}
