//! What is recorded: observers read the model and the state, and know no files.

mod fields;
mod observables;

pub use fields::{Fields, PhaseMoments};
pub use observables::{Observation, names};
