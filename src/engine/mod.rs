//! One realisation: the model, the state and the loop, the fields that they show, and what is proved of them.

pub mod fields;
pub mod identities;
pub mod model;
pub mod simulation;
pub mod state;
