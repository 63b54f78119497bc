//! Oracles: answers known without the engine, for the integration tests to judge it by.
//!
//! Nothing here uses the crate under test. Each part has its own tests, which plant errors and demand that they show:
//! `tests/slab_oracle.rs`, `tests/laws_oracle.rs`, `tests/stats_oracle.rs`.

// Each integration test compiles this folder for itself and uses only a part of it.
#![allow(dead_code)]

pub mod laws;
pub mod slab;
pub mod stats;
