//! What is recorded: observers read the model and the state, and know no files.

mod adaptive;
mod neighbours;
mod observables;

pub use adaptive::adaptive_density;
pub use neighbours::distances_to_neighbour;
pub use observables::{BOUND, Observation, labels, names};
