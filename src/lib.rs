//! A particle-based stochastic simulator of kinetic chemotaxis and of its drift–diffusion limit.
#![warn(missing_docs)]
pub mod cells;
pub mod cli;
pub mod experiment;
pub mod formula;
pub mod grid;
pub mod limit;
pub mod model;
pub mod motion;
pub mod observe;
pub mod output;
pub mod pages;
pub mod quadrature;
pub mod report;
pub mod rng;
pub mod schedule;
pub mod signal;
pub mod simulation;
pub mod spectral;
pub mod spline;
pub mod state;
pub mod study;
pub mod turning;
pub mod vector;
pub mod velocity;
