//! Identities and bounds that are proved for the equations, beside which a run is written as it goes.

mod a_priori;
mod virial;

pub use a_priori::SignalBounds;
pub use virial::{Start, Virial};
