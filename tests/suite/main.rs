//! All integration tests, one program: what they share is compiled and linked once. `cargo test --release free_walk`
//! runs the tests of one file.

mod common;
mod laboratory;

mod bad_inputs;
mod battery;
mod bounds;
mod checkpoints;
mod command_line;
mod coverage;
mod crew;
mod dependencies;
mod designed;
mod drift_diffusion;
mod experiments;
mod faults;
mod free_walk;
mod growth;
mod hybrid;
mod identities;
mod initial_law;
mod invariants;
mod kernel_laws;
mod kinetic;
mod laws_oracle;
mod ledger;
mod limit;
mod matrix;
mod mutations;
mod never_lost;
mod not_numbers;
mod outputs;
mod pages;
mod pictures;
mod plant;
mod planted_errors;
mod reactions;
mod referee;
mod replay;
mod reproducible;
mod several;
mod shown;
mod sizes;
mod slab_equation;
mod slab_oracle;
mod slab_particles;
mod stability;
mod stats_oracle;
mod structure;
mod sums;
mod sweeps;
mod typed_kernel;
mod units;
mod verify;
mod virial;
mod whole_space;

/// What arithmetic of f64 leaves of a mean, relative to it, at most.
pub const ROUND_OFF: f64 = 1e-9;
