//! One realisation: the model, the state and the loop.

pub mod model;
pub mod simulation;
pub mod state;
