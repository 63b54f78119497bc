//! What the terms of the kinetic equation are: velocities, turning kernels, signals, cells, and how they move.

pub mod cells;
pub mod free_walk;
pub mod growth;
pub mod invariants;
pub mod motion;
pub mod reaction;
pub mod scaling;
pub mod signal;
pub mod turning;
pub mod velocity;
