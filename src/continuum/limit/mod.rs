//! The macroscopic limit ∂tρ_i = ∇·(D\[S\]∇ρ_i − Γ\[S\]ρ_i) + r(ρ,S)ρ_i + H_i(ρ) (CMPS 23, BC 32) of all populations: it knows
//! no cells, so it is an independent check of them.

mod error;
mod field;
mod flux;
mod modes;
pub mod quadrature;
mod reactant;
mod resolution;
mod solver;
mod system;

pub use error::LimitError;
pub use flux::MacroFlux;
pub use resolution::BlowUp;
pub use solver::{Coarseness, LimitSolver};
pub use system::{Constituent, Mollifier, System};
