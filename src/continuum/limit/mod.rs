//! The macroscopic limit ∂tρ = ∇·(D\[S\]∇ρ − χ\[S\]ρ∇S) + r(ρ,S)ρ (CMPS 23): it knows no cells, so it is an
//! independent check of them.

mod flux;
mod mobility;
mod modes;
pub mod quadrature;
mod resolution;
mod solver;

pub use mobility::Mobility;
pub use resolution::BlowUp;
pub use solver::{Coarseness, LimitError, LimitSolver, LimitState, MacroFlux, Mollifier};
