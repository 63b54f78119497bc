//! Oracles: answers known without the engine, for the integration tests to judge it by.
//!
//! Nothing here uses the crate under test. Each part has its own tests, which plant errors and demand that they show:
//! `slab_oracle.rs`, `laws_oracle.rs`, `stats_oracle.rs`.

pub mod laws;
pub mod ordinates;
pub mod program;
pub mod slab;
pub mod stats;
pub mod trial;
