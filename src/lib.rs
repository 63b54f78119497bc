//! A particle-based stochastic simulator of kinetic chemotaxis and of its drift–diffusion limit.
#![warn(missing_docs)]
pub mod experiment;
pub mod formula;
pub mod grid;
pub mod report;
pub mod rng;
pub mod spectral;
pub mod spline;
pub mod vector;
