//! Cells of the engine in a signal of constant gradient, and what must come of them.
//!
//! Unlike `tests/suite/common`, this folder drives the crate. Its references do not: sets of velocities and kernels are
//! written down again from the equations ([`sets`], [`kernels`]), and [`truth`] turns them into exact laws.

pub mod flight;
pub mod kernels;
pub mod motion;
pub mod sets;
pub mod slow;
pub mod truth;
pub mod verdict;
